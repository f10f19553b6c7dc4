package web_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/web"
	"frontdesk/web/frame"
)

// Messages are under way at once, yet those of one conversation are stored in the
// order in which their socket sent them, whichever way each takes.
func TestMessagesOfOneConversationKeepTheirOrderOnASocket(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.SendsPerSecond = -1 })
	agent := h.signIn(h.user("Mei", identity.RoleAgent)).agentWire()
	var convs []string
	for range 3 {
		v := h.visitor()
		v.send(newID(), "hello").status(200)
		convs = append(convs, v.conv)
	}
	const each = 20
	cids := map[string]string{} // cid → conversation and place
	for i := range each {
		for _, conv := range convs { // the first takes the conversation over: a state change, behind which plain rows must wait
			cid, kind := newID(), ""
			if i%5 == 3 {
				kind = "note"
			}
			cids[cid] = fmt.Sprint(conv, i)
			agent.say(conv, cid, fmt.Sprintf("%d", i), kind)
		}
	}
	place, last := map[string]int{}, map[string]uint32{}
	for range each * len(convs) {
		ack := agent.next().GetAck()
		if ack == nil {
			t.Fatal("want an ack")
		}
		conv := ack.GetConv()
		if cids[ack.GetCid()] != fmt.Sprint(conv, place[conv]) || ack.GetSeq() <= last[conv] {
			t.Fatalf("ack %v is out of order: place %d, after seq %d", ack, place[conv], last[conv])
		}
		place[conv]++
		last[conv] = ack.GetSeq()
	}
}

// A visitor's messages come one after another even before they know their conversation.
func TestAVisitorsMessagesKeepTheirOrderThroughReopening(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.SendsPerSecond = -1 })
	v := h.visitor()
	v.send(newID(), "hello").status(200)
	agent := h.actor(h.signIn(h.user("Mei", identity.RoleAgent)))
	if _, err := h.chat.Resolve(t.Context(), agent, v.conv); err != nil {
		t.Fatal(err)
	}
	w, _ := v.visitorWire()
	for i := range 10 { // the first reopens it
		conv := v.conv
		if i%2 == 0 {
			conv = ""
		}
		w.say(conv, newID(), fmt.Sprint(i), "")
	}
	for i := range 10 {
		if ack := w.next().GetAck(); ack.GetSeq() != uint32(3+i) {
			t.Fatalf("message %d: %v", i, ack)
		}
	}
}

// counting counts reads of the log.
type counting struct {
	web.Chat
	reads *atomic.Int64
}

func (c counting) History(ctx context.Context, actor identity.Actor, id string, after, before uint32, limit int) ([]chat.Row, error) {
	c.reads.Add(1)
	return c.Chat.History(ctx, actor, id, after, before, limit)
}

func (c counting) Follow(ctx context.Context, actor identity.Actor, conv string, after uint32, sink chat.Sink) (uint32, func(), error) {
	c.reads.Add(1)
	return c.Chat.Follow(ctx, actor, conv, after, sink)
}

func TestAClientThatIsUpToDateCostsNoReadOfTheLog(t *testing.T) {
	t.Parallel()
	var reads atomic.Int64
	h := open(t, func(c *web.Config) { c.Chat = counting{c.Chat, &reads} })
	v := h.visitor()
	v.send(newID(), "hello").status(200)
	w, _ := v.visitorWire()
	w.resume(v.conv, 1)
	if r := w.next().GetResumed(); r.GetLastSeq() != 1 || reads.Load() != 0 {
		t.Fatalf("resumed %v after %d reads", r, reads.Load())
	}
	v.send(newID(), "again").status(200)
	if e := w.event(); e.GetSeq() != 2 {
		t.Fatalf("live: %v", e)
	}
	behind, _ := v.again().visitorWire()
	behind.resume(v.conv, 0)
	for seq := uint32(1); seq <= 2; seq++ {
		if e := behind.event(); e.GetSeq() != seq {
			t.Fatalf("resumed: %v", e)
		}
	}
	if reads.Load() == 0 {
		t.Error("the count counts nothing")
	}
}

// What is compressed is read whole, and only who asks for it gets it.
func TestFramesAreCompressedOnlyWhereBothSidesWishIt(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		h := open(t, func(c *web.Config) { c.Compression = on })
		v := h.visitor()
		text := strings.Repeat("很长的一句话。", 400)
		v.send(newID(), text).status(200)
		for _, offers := range []bool{false, true} {
			mode := websocket.CompressionDisabled
			if offers {
				mode = websocket.CompressionNoContextTakeover
			}
			conn, res, err := websocket.Dial(t.Context(), strings.Replace(h.url, "http", "ws", 1)+"/ws/visitor", &websocket.DialOptions{ //nolint:bodyclose // coder/websocket: never needed
				HTTPClient: v.client, Subprotocols: []string{frame.SubprotocolJSON}, CompressionMode: mode,
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.CloseNow() })
			if agreed := res.Header.Get("Sec-WebSocket-Extensions") != ""; agreed != (on && offers) {
				t.Fatalf("server %v, client %v: agreed %v", on, offers, agreed)
			}
			w := &wire{t: t, conn: conn}
			w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Hello{Hello: &frame.ClientHello{Token: v.bearer}}})
			w.hello()
			w.resume(v.conv, 0)
			if e := w.event(); e.GetContent() != text {
				t.Fatalf("server %v, client %v: %d bytes came", on, offers, len(e.GetContent()))
			}
			for w.next().GetResumed() == nil { // what the rounds before wrote
			}
			w.say(v.conv, newID(), text, "")
			for range 2 { // its event and its ack, in this order
				if f := w.next(); f.GetError() != nil {
					t.Fatal(f)
				}
			}
		}
	}
}

// brittle accepts messages that say "wait", and panics at those that say "break".
type brittle struct {
	web.Chat
	waiting chan func(chat.Row, error) // 1: the message's done
}

func (c brittle) Post(actor identity.Actor, m chat.Send, done func(chat.Row, error)) bool {
	switch m.Content {
	case "wait":
		c.waiting <- done
		return true
	case "break":
		panic("a mistake in Post")
	}
	return c.Chat.Post(actor, m, done)
}

// The log's writer answers one message and stores the next of its socket: what
// breaks there ends that socket, not the writer, and its reader waits for no room.
func TestAPanicBehindAStoredMessageEndsItsSocketOnly(t *testing.T) {
	t.Parallel()
	waiting := make(chan func(chat.Row, error), 1)
	h := open(t, func(c *web.Config) { c.Chat, c.SendsPerSecond = brittle{c.Chat, waiting}, -1 })
	v := h.visitor()
	v.send(newID(), "hello").status(200)
	w, _ := v.visitorWire()
	w.say(v.conv, newID(), "wait", "")
	w.say(v.conv, newID(), "break", "") // behind it
	w.resume(v.conv, 1)                 // its answer says that both were read
	if r := w.next().GetResumed(); r == nil {
		t.Fatal("not resumed")
	}
	for range 300 { // more than a socket may have under way
		w.say(v.conv, newID(), "break", "")
	}
	done := <-waiting
	func() { // as the writer calls it
		defer func() {
			if broke := recover(); broke != nil {
				t.Errorf("the panic reaches the log's writer: %v", broke)
			}
		}()
		done(chat.Row{Conversation: v.conv, Seq: 2}, nil)
	}()
	w.ends(websocket.StatusInternalError)
	other := h.visitor()
	other.send(newID(), "somebody else").status(200)
	h.stop() // waits for the sockets' readers
}
