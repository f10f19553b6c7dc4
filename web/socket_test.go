package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/web"
	"frontdesk/web/frame"
)

// wire is one side of a socket.
type wire struct {
	t      testing.TB
	conn   *websocket.Conn
	binary bool
}

func (b *browser) dial(path string, subprotocols ...string) *wire {
	b.h.t.Helper()
	if subprotocols == nil {
		subprotocols = []string{frame.SubprotocolJSON}
	}
	header := b.header.Clone()
	conn, _, err := websocket.Dial(b.h.t.Context(), strings.Replace(b.h.url, "http", "ws", 1)+path, &websocket.DialOptions{ //nolint:bodyclose // coder/websocket: never needed
		HTTPClient: b.client, HTTPHeader: header, Subprotocols: subprotocols,
	})
	if err != nil {
		b.h.t.Fatalf("dial: %v", err)
	}
	conn.SetReadLimit(16 << 20)
	b.h.t.Cleanup(func() { _ = conn.CloseNow() })
	return &wire{t: b.h.t, conn: conn, binary: conn.Subprotocol() == frame.SubprotocolProto}
}

// visitorWire is a visitor's socket after hello.
func (b *browser) visitorWire(subprotocols ...string) (*wire, *frame.ServerHello) {
	b.h.t.Helper()
	w := b.dial("/ws/visitor", subprotocols...)
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Hello{Hello: &frame.ClientHello{Token: b.bearer}}})
	return w, w.hello()
}

// agentWire is an agent's socket after hello.
func (b *browser) agentWire() *wire {
	b.h.t.Helper()
	w := b.dial("/ws/agent")
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Hello{Hello: &frame.ClientHello{Csrf: b.csrf}}})
	w.hello()
	return w
}

func (w *wire) put(f *frame.ClientFrame) {
	w.t.Helper()
	kind, marshal := websocket.MessageText, protojson.MarshalOptions{UseProtoNames: true}.Marshal
	if w.binary {
		kind, marshal = websocket.MessageBinary, proto.Marshal
	}
	b, err := marshal(f)
	if err != nil {
		w.t.Fatal(err)
	}
	w.raw(kind, b)
}

func (w *wire) raw(kind websocket.MessageType, b []byte) {
	w.t.Helper()
	if err := w.conn.Write(w.t.Context(), kind, b); err != nil {
		w.t.Fatalf("write: %v", err)
	}
}

func (w *wire) next() *frame.ServerFrame {
	w.t.Helper()
	f, err := w.read()
	if err != nil {
		w.t.Fatalf("read: %v", err)
	}
	return f
}

func (w *wire) read() (*frame.ServerFrame, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	_, b, err := w.conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	f := &frame.ServerFrame{}
	if w.binary {
		return f, proto.Unmarshal(b, f)
	}
	return f, protojson.Unmarshal(b, f)
}

func (w *wire) hello() *frame.ServerHello {
	w.t.Helper()
	f := w.next()
	if f.GetHello() == nil {
		w.t.Fatalf("want hello, got %v", f)
	}
	return f.GetHello()
}

func (w *wire) event() *frame.Event {
	w.t.Helper()
	f := w.next()
	if f.GetEvent() == nil {
		w.t.Fatalf("want an event, got %v", f)
	}
	return f.GetEvent()
}

func (w *wire) fails(code string) *frame.Error {
	w.t.Helper()
	f := w.next()
	if f.GetError().GetCode() != code {
		w.t.Fatalf("want error %s, got %v", code, f)
	}
	return f.GetError()
}

// ends expects a close frame with this code, whatever comes before it.
func (w *wire) ends(code websocket.StatusCode) {
	w.t.Helper()
	for {
		if _, err := w.read(); err != nil {
			if got := websocket.CloseStatus(err); got != code {
				w.t.Fatalf("closed with %d (%v), want %d", got, err, code)
			}
			return
		}
	}
}

func (w *wire) say(conv, cid, content, kind string) {
	w.t.Helper()
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Send{Send: &frame.Send{Conv: conv, Cid: cid, Content: content, Type: kind}}})
}

func (w *wire) resume(conv string, after uint32) {
	w.t.Helper()
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: &frame.Resume{Conv: conv, AfterSeq: after}}})
}

func TestVisitorAndAgentTalkOverSockets(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	for _, protocol := range []string{frame.SubprotocolJSON, frame.SubprotocolProto} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w, hello := v.visitorWire(protocol)
			if hello.GetConv() != v.conv || hello.GetLogEpoch() == "" || hello.GetSelf().GetKind() != "visitor" || hello.GetPingS() == 0 {
				t.Fatalf("hello: %v", hello)
			}
			_ = w.conn.Close(websocket.StatusNormalClosure, "")
		})
	}
	w, _ := v.visitorWire()
	w.resume(v.conv, 0)
	if r := w.next().GetResumed(); r.GetConv() != v.conv || r.GetLastSeq() != 0 {
		t.Fatalf("resumed: %v", r)
	}
	agent := h.signIn(h.user("alice", identity.RoleAgent)).agentWire()
	agent.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: &frame.Resume{Inbox: true}}})
	if !agent.next().GetResumed().GetInbox() {
		t.Fatal("the inbox was not resumed")
	}
	cid := newID()
	w.say(v.conv, cid, "is anybody there?", "")
	var ack *frame.Ack
	var event *frame.Event
	for ack == nil || event == nil { // event and ack may come in either order
		f := w.next()
		if f.GetAck() != nil {
			ack = f.GetAck()
		} else {
			event = f.GetEvent()
		}
	}
	if ack.GetCid() != cid || ack.GetSeq() != 1 || ack.GetMovedTo() != "" || event.GetCid() != cid || event.GetSeq() != 1 || event.GetContent() != "is anybody there?" {
		t.Fatalf("ack %v, event %v", ack, event)
	}
	if e := agent.event(); e.GetConv() != v.conv || e.GetAuthor().GetId() != v.contact {
		t.Fatalf("the inbox shows %v", e)
	}
	agent.resume(v.conv, 0)
	if e := agent.event(); e.GetSeq() != 1 {
		t.Fatalf("the agent's first event is %v", e)
	}
	if agent.next().GetResumed().GetLastSeq() != 1 {
		t.Fatal("not resumed at 1")
	}
	agent.say(v.conv, newID(), "for us only", "note")
	if e := w.event(); e.GetKind() != "hidden" || e.GetSeq() != 2 || e.GetContent() != "" || e.GetAuthor().GetName() != "" || e.GetCid() != "" {
		t.Fatalf("the visitor sees of a note: %v", e)
	}
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Typing{Typing: &frame.Typing{Conv: v.conv, On: true}}})
	for typed := false; !typed; { // the agent's own event and ack come first
		typed = agent.next().GetTyping().GetOn()
	}
	agent.say(v.conv, newID(), "hello!", "text")
	if e := w.event(); e.GetContent() != "hello!" || e.GetState().GetOwner() != "human" || e.GetState().GetAssignee().GetName() != "alice" {
		t.Fatalf("the visitor sees %v", e)
	}
}

func TestResumeSendsWhatWasMissedAndNothingTwice(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.SendsPerSecond = -1 })
	v := h.visitor()
	for range 7 {
		v.send(newID(), "missed").status(200)
	}
	w := v.dial("/ws/visitor")
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Hello{Hello: &frame.ClientHello{
		Token: v.bearer, Resume: []*frame.Resume{{Conv: v.conv, AfterSeq: 3}},
	}}})
	w.hello()
	for want := uint32(4); want <= 7; want++ {
		if e := w.event(); e.GetSeq() != want {
			t.Fatalf("event %d, want %d", e.GetSeq(), want)
		}
	}
	if r := w.next().GetResumed(); r.GetLastSeq() != 7 {
		t.Fatalf("resumed: %v", r)
	}
	w.resume(v.conv, 99) // ahead of the server: it says where it is
	if r := w.next().GetResumed(); r.GetLastSeq() != 7 {
		t.Fatalf("resumed ahead: %v", r)
	}
	v.send(newID(), "live").status(200)
	if e := w.event(); e.GetSeq() != 8 {
		t.Fatalf("live event %d", e.GetSeq())
	}
	w.resume(v.conv, 7)
	if e := w.event(); e.GetSeq() != 8 {
		t.Fatalf("again after 7: %d", e.GetSeq())
	}
	w.next()
	v.send(newID(), "live").status(200)
	if e := w.event(); e.GetSeq() != 9 {
		t.Fatalf("followed twice: event %d, want 9 once", e.GetSeq())
	}
	other := h.visitor()
	w.resume(other.conv, 0)
	if e := w.fails("not_found"); e.GetConv() != other.conv {
		t.Fatalf("error: %v", e)
	}
	w.resume("nonsense", 0)
	w.fails("not_found")
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: &frame.Resume{Inbox: true}}})
	w.fails("forbidden")
}

func TestALongLogArrivesWholeThoughItExceedsTheSocketsBudget(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.SendsPerSecond, c.SocketBudgetBytes = -1, 64<<10 })
	v := h.visitor()
	const messages = 30
	for range messages {
		v.send(newID(), strings.Repeat("长", 2000)).status(200)
	}
	w, _ := v.visitorWire()
	w.resume(v.conv, 0)
	for want := uint32(1); want <= messages; want++ {
		if e := w.event(); e.GetSeq() != want {
			t.Fatalf("event %d, want %d", e.GetSeq(), want)
		}
	}
}

func TestBadFramesAreAnsweredAndTheSocketLives(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	w, _ := v.visitorWire()
	for _, bad := range []string{``, `{`, `[]`, `"x"`, `{}`, `{"unknown":{}}`, `{"send":5}`, `{"send":{"conv":{}}}`, "\xff\xfe", strings.Repeat(`{"send":`, 5000)} {
		w.raw(websocket.MessageText, []byte(bad))
		w.fails("bad_frame")
	}
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Hello{Hello: &frame.ClientHello{Token: v.bearer}}})
	w.fails("bad_frame") // said already
	cid := newID()
	for content, code := range map[string]string{strings.Repeat("a", 10_001): "invalid", " ": "invalid"} {
		w.say(v.conv, cid, content, "")
		if e := w.fails(code); e.GetCid() != cid || e.GetConv() != v.conv || e.GetRetryAfterMs() != 0 {
			t.Fatalf("error: %v", e)
		}
	}
	w.say(v.conv, cid, "hi", "note")
	w.fails("invalid")
	w.say(h.visitor().conv, cid, "hi", "")
	w.fails("not_found")
	w.raw(websocket.MessageText, []byte(`{"send":{"conv":"`+v.conv+`","cid":"`+cid+`","content":"hi","from_the_future":1}}`))
	if a := w.next().GetAck(); a.GetSeq() != 1 {
		t.Fatalf("a newer client's field is not ignored: %v", a)
	}
}

// A browser's string that was cut within an emoji: its client keeps it in an
// outbox and would repeat a refused one for ever.
func TestHalfACharacterIsStoredAsOneThatIsMissing(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	w, _ := v.visitorWire()
	w.resume(v.conv, 0)
	w.resumed()
	cid := newID()
	w.raw(websocket.MessageText, []byte(`{"send":{"conv":"`+v.conv+`","cid":"`+cid+`","content":"cut \ud83d"}}`))
	if e := w.event(); e.GetCid() != cid || e.GetContent() != "cut \uFFFD" {
		t.Fatalf("event: %v", e)
	}
	w.ack(cid)
	// What stays unreadable names its message.
	w.raw(websocket.MessageText, []byte(`{"send":{"conv":"`+v.conv+`","cid":"`+cid+`","content":5}}`))
	if e := w.fails("bad_frame"); e.GetCid() != cid || e.GetConv() != v.conv {
		t.Fatalf("error: %v", e)
	}
	w.raw(websocket.MessageText, []byte(`{"send":{"cid":"`+strings.Repeat("x", 1000)+`","content":5}}`))
	if e := w.fails("bad_frame"); e.GetCid() != "" {
		t.Fatalf("error: %v", e)
	}
}

func TestBadClientsAreClosedWithTheirCode(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.HelloTimeout = 200 * time.Millisecond })
	v := h.visitor()
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	hello := func(b *browser, path string, f *frame.ClientHello) *wire {
		w := b.dial(path)
		w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Hello{Hello: f}})
		return w
	}
	for name, c := range map[string]struct {
		code websocket.StatusCode
		run  func() *wire
	}{
		"no hello":     {4408, func() *wire { return v.dial("/ws/visitor") }},
		"no token":     {4401, func() *wire { return hello(v, "/ws/visitor", &frame.ClientHello{}) }},
		"forged token": {4401, func() *wire { return hello(v, "/ws/visitor", &frame.ClientHello{Token: v.bearer + "x"}) }},
		"send first": {4401, func() *wire {
			w := v.dial("/ws/visitor")
			w.say(v.conv, newID(), "hi", "")
			return w
		}},
		"agent without cookie":         {4401, func() *wire { return hello(h.browser(), "/ws/agent", &frame.ClientHello{Csrf: agent.csrf}) }},
		"agent without csrf":           {4401, func() *wire { return hello(agent, "/ws/agent", &frame.ClientHello{}) }},
		"visitor's token for an agent": {4401, func() *wire { return hello(v, "/ws/agent", &frame.ClientHello{Token: v.bearer}) }},
		"binary on a JSON socket": {websocket.StatusUnsupportedData, func() *wire {
			w, _ := v.visitorWire()
			w.raw(websocket.MessageBinary, []byte{1})
			return w
		}},
		"oversized": {websocket.StatusMessageTooBig, func() *wire {
			w, _ := v.visitorWire()
			_ = w.conn.Write(t.Context(), websocket.MessageText, []byte(strings.Repeat("x", 200<<10)))
			return w
		}},
		"noise": {websocket.StatusPolicyViolation, func() *wire {
			w, _ := v.visitorWire()
			for range 20 {
				_ = w.conn.Write(t.Context(), websocket.MessageText, []byte("noise"))
			}
			return w
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := c.run()
			w.t = t
			w.ends(c.code)
		})
	}
}

func TestUpgradesFromOtherOriginsAndUnknownSubprotocolsAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	dial := func(header http.Header, protocols ...string) int {
		conn, res, err := websocket.Dial(t.Context(), strings.Replace(h.url, "http", "ws", 1)+"/ws/visitor", //nolint:bodyclose // coder/websocket: never needed
			&websocket.DialOptions{HTTPClient: v.client, HTTPHeader: header, Subprotocols: protocols})
		if err == nil {
			_ = conn.CloseNow()
		}
		return res.StatusCode
	}
	if got := dial(http.Header{"Origin": {"https://evil.example"}}); got != http.StatusForbidden {
		t.Errorf("foreign origin: %d", got)
	}
	if got := dial(http.Header{"Origin": {h.url}}); got != http.StatusSwitchingProtocols {
		t.Errorf("own origin: %d", got)
	}
	if got := dial(nil, "something.else"); got != http.StatusBadRequest {
		t.Errorf("unknown subprotocol: %d", got)
	}
	if got := dial(nil); got != http.StatusSwitchingProtocols {
		t.Errorf("no subprotocol: %d", got)
	}
}

func TestAnExpiredTokenEndsTheSocket(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.PingEvery = 250 * time.Millisecond })
	w, _ := h.visitor().visitorWire()
	h.advance(31 * 24 * time.Hour)
	w.fails("unauthenticated")
	w.ends(4401)
}

func TestSigningOutEndsTheAgentsSockets(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(h.user("alice", identity.RoleAgent))
	w := b.agentWire()
	b.post("/api/agent/logout", "").status(204)
	w.ends(4401)
	b.get("/api/agent/me").problem(401, "unauthenticated")
}

func TestAnAgentWhoseAccountChangedComesBackUnderTheNewRights(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.PingEvery = 250 * time.Millisecond })
	u := h.user("alice", identity.RoleAgent)
	b := h.signIn(u)
	w := b.agentWire()
	if err := h.accounts.UpdateProfile(t.Context(), u.ID, "Alice B.", ""); err != nil {
		t.Fatal(err)
	}
	w.ends(websocket.StatusGoingAway)
	b.agentWire() // the same sign-in still holds
}

func TestAStopClosesSocketsWithGoingAway(t *testing.T) {
	t.Parallel()
	h := open(t)
	var wires []*wire
	for range 5 {
		w, _ := h.visitor().visitorWire()
		wires = append(wires, w)
	}
	v := h.visitor()
	stopped := make(chan struct{})
	go func() { defer close(stopped); h.stop() }()
	for _, w := range wires {
		w.ends(websocket.StatusGoingAway)
	}
	<-stopped
	v.get("/readyz").status(503).has("stopping")
	_, res, err := websocket.Dial(t.Context(), strings.Replace(h.url, "http", "ws", 1)+"/ws/visitor", &websocket.DialOptions{HTTPClient: v.client}) //nolint:bodyclose // coder/websocket: never needed
	if err == nil || res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Fatalf("a socket during the stop: %v", err)
	}
}

// EXPECTATIONS C Chat 11: a reader whose window is zero.
func TestChat11AReaderThatFallsBehindIsClosedAsSlowAndLosesNothing(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.SendsPerSecond, c.SocketBudgetBytes = -1, 128<<10 })
	v := h.visitor()
	v.narrow() // a small window, or the kernel would take megabytes
	w, _ := v.visitorWire()
	w.resume(v.conv, 0)
	w.next()
	actor := identity.VisitorClaims{Site: 1, Contact: v.contact}.Actor()
	text := strings.Repeat("长", 10_000)
	var sent uint32
	for slow := false; !slow && sent < 2000; sent++ {
		if _, _, err := h.chat.Send(t.Context(), actor, chat.Send{CID: newID(), Kind: chat.KindMessage, Content: text}); err != nil {
			t.Fatal(err)
		}
		slow = strings.Contains(h.log.String(), "too slow")
	}
	last := uint32(0)
	for f, err := w.read(); err == nil; f, err = w.read() {
		if e := f.GetEvent(); e != nil {
			if e.GetSeq() != last+1 {
				t.Fatalf("event %d after %d", e.GetSeq(), last)
			}
			last = e.GetSeq()
		}
	}
	if last == 0 || last >= sent {
		t.Fatalf("got %d of %d: the reader was not cut off midway", last, sent)
	}
	again, _ := v.again().visitorWire()
	again.resume(v.conv, last)
	for want := last + 1; want <= sent; want++ {
		if e := again.event(); e.GetSeq() != want {
			t.Fatalf("after coming back: %d, want %d", e.GetSeq(), want)
		}
	}
}

// panicky is a chat service with a fault.
type panicky struct{ web.Chat }

func (panicky) Post(identity.Actor, chat.Send, func(chat.Row, error)) bool { panic("secret") }

func (panicky) Send(context.Context, identity.Actor, chat.Send) (chat.Row, chat.Conversation, error) {
	panic("secret internals")
}

func TestAPanicInOneSocketEndsThatSocketOnly(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.Chat = panicky{c.Chat} })
	v := h.visitor()
	one, _ := v.visitorWire()
	other, _ := v.visitorWire()
	one.say(v.conv, newID(), "hi", "")
	one.ends(websocket.StatusInternalError)
	other.resume(v.conv, 0)
	if other.next().GetResumed() == nil {
		t.Fatal("the other socket does not work")
	}
	v.send(newID(), "hi").problem(500, "internal").without("secret")
	if !strings.Contains(v.get("/metrics").status(200).body, "frontdesk_panics_total 2") {
		t.Error("the panics are not counted")
	}
}
