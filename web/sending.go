package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"frontdesk/chat"
	"frontdesk/web/frame"
)

const (
	// maxSends and maxSendsBytes bound the messages of one socket that are not stored yet. A reader that
	// reaches them waits, and so does, through TCP, its client.
	maxSends      = 256
	maxSendsBytes = 2 * maxFrameBytes
)

// sends are the messages of one socket on their way to the log: those of one
// conversation one after another, as they came; those of different ones at once.
type sends struct {
	mu    sync.Mutex // guards what follows; never held while calling out
	busy  []*sending // one for each conversation that has any
	count int        // of all, waiting or being stored
	bytes int
	room  *sync.Cond // of a reader that waits; nil without
}

// sending is one conversation's.
type sending struct {
	conv string
	cid  string        // of the one that is being stored
	next []*frame.Send // behind it
	size int           // of the one that is being stored
}

// add takes a message in, after waiting for room. It returns the conversation's
// queue when the message is its first, and is to be stored now.
func (s *sends) add(conv string, m *frame.Send) *sending {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := len(m.GetContent())
	for s.count > 0 && (s.count >= maxSends || s.bytes+size > maxSendsBytes) {
		if s.room == nil {
			s.room = sync.NewCond(&s.mu)
		}
		s.room.Wait()
	}
	s.count++
	s.bytes += size
	for _, q := range s.busy {
		if q.conv == conv {
			q.next = append(q.next, m)
			return nil
		}
	}
	q := &sending{conv: conv}
	q.takes(m)
	s.busy = append(s.busy, q)
	return q
}

func (q *sending) takes(m *frame.Send) {
	cid, _ := chat.CanonicalID(m.GetCid())
	q.cid, q.size = cid, len(m.GetContent())
}

// advance ends q's message and returns the one behind it, or nil.
func (s *sends) advance(q *sending) *frame.Send {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count--
	s.bytes -= q.size
	if s.room != nil {
		s.room.Signal()
	}
	if len(q.next) > 0 {
		m := q.next[0]
		q.next = q.next[1:]
		q.takes(m)
		return m
	}
	if s.busy = slices.DeleteFunc(s.busy, func(b *sending) bool { return b == q }); len(s.busy) == 0 {
		s.busy, s.room = nil, nil // an idle socket keeps nothing
	}
	return nil
}

// drop lets go of a conversation's messages, so that a reader who waits for room does not wait for them.
func (s *sends) drop(q *sending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.busy)
	if s.busy = slices.DeleteFunc(s.busy, func(b *sending) bool { return b == q }); len(s.busy) == before {
		return // its last message was over
	}
	s.count -= 1 + len(q.next)
	s.bytes -= q.size
	for _, m := range q.next {
		s.bytes -= len(m.GetContent())
	}
	if s.room != nil {
		s.room.Broadcast()
	}
}

// storing reports whether a message with this cid is being stored: its answer is to come.
func (s *sends) storing(cid string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.busy, func(q *sending) bool { return q.cid == cid })
}

// take is the reader's: it starts to store a message, and does not wait for that.
func (k *socket) take(m *frame.Send) {
	conv := "" // a visitor's messages all come one after another: they may not know their conversation yet
	if k.kind == kindAgent {
		conv, _ = chat.CanonicalID(m.GetConv())
	}
	if q := k.sends.add(conv, m); q != nil {
		k.store(q, m)
	}
}

// store stores a message and those behind it, as far as that needs no waiting.
func (k *socket) store(q *sending, m *frame.Send) {
	for ; m != nil; m = k.sends.advance(q) {
		out, err := k.admit(m)
		if err != nil {
			k.fail(err, m.GetConv(), m.GetCid())
			continue
		}
		began := time.Now()
		if !k.post(out, func(row chat.Row, err error) { k.posted(q, m, out, row, err, began) }) {
			k.storeApart(q, m, out, began)
		}
		return
	}
}

// post keeps the server until the log has answered.
func (k *socket) post(out chat.Send, done func(chat.Row, error)) (posted bool) {
	k.server.sockets.wg.Add(1)
	defer func() {
		if !posted {
			k.server.sockets.wg.Done()
		}
	}()
	return k.server.cfg.Chat.Post(k.self, out, done)
}

// posted is called by the log's writer.
func (k *socket) posted(q *sending, m *frame.Send, out chat.Send, row chat.Row, err error, began time.Time) {
	defer k.server.sockets.wg.Done()
	if errors.Is(err, chat.ErrStale) || errors.Is(err, chat.ErrNotFound) { // what follows may read the database
		k.storeApart(q, m, out, began)
		return
	}
	defer k.onward(q)
	defer k.rescue()
	k.acknowledge(m, row, err, began)
}

// onward ends q's message and stores those behind it. A panic there ends the
// socket, not the log's writer, whose goroutine this may be; what still stood
// behind is let go then.
func (k *socket) onward(q *sending) {
	done := false
	defer k.rescue()
	defer func() {
		if !done {
			k.sends.drop(q)
		}
	}()
	k.store(q, k.sends.advance(q))
	done = true
}

// storeApart stores a message that takes more than one plain row, on a goroutine of its own.
func (k *socket) storeApart(q *sending, m *frame.Send, out chat.Send, began time.Time) {
	k.server.sockets.wg.Go(func() {
		defer k.onward(q)
		defer k.rescue()
		ctx, cancel := context.WithTimeout(k.ctx, frameTimeout)
		defer cancel()
		row, _, err := k.server.cfg.Chat.Send(ctx, k.self, out)
		k.acknowledge(m, row, k.server.orGone(ctx, k.visitor(), err), began)
	})
}

// admit checks what a message must pass before it is stored. It does not block:
// the log's writer may call it.
func (k *socket) admit(m *frame.Send) (chat.Send, error) {
	if err := k.permit(k.ctx, &frame.ClientFrame{Frame: &frame.ClientFrame_Send{Send: m}}); err != nil {
		return chat.Send{}, err
	}
	kind := chat.KindMessage
	switch {
	case m.GetType() == "note" && k.kind == kindAgent:
		kind = chat.KindNote
	case m.GetType() != "" && m.GetType() != "text":
		return chat.Send{}, fmt.Errorf("%w: type must be text, or note from an agent", chat.ErrInvalid)
	}
	if k.kind == kindVisitor {
		if err := k.server.admitMessage(k.site(), k.self.ID, k.addr); err != nil {
			return chat.Send{}, err
		}
	}
	return chat.Send{
		Conversation: m.GetConv(), CID: m.GetCid(), Kind: kind, Content: m.GetContent(), Button: m.GetButton(), Suggestion: m.GetSuggestion(),
		Mentions: m.GetMentions(), BaseSeq: m.GetBaseSeq(),
	}, nil
}

// acknowledge answers a message: with an ack, only after the durable commit, or
// with what went wrong.
func (k *socket) acknowledge(m *frame.Send, row chat.Row, err error, began time.Time) {
	if err != nil {
		k.fail(err, m.GetConv(), m.GetCid())
		return
	}
	ack := &frame.Ack{Conv: m.GetConv(), Cid: m.GetCid(), Seq: row.Seq, Time: timestamppb.New(row.Time)}
	switch {
	case ack.GetConv() == "":
		ack.Conv = row.Conversation
	case row.Conversation != m.GetConv():
		ack.MovedTo = row.Conversation
	}
	k.send("ack", &frame.ServerFrame{Frame: &frame.ServerFrame_Ack{Ack: ack}})
	k.server.metrics.ackDelay.Observe(time.Since(began).Seconds())
}
