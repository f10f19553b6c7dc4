package client

import (
	"time"

	"frontdesk/web/frame"
)

// entry is one message or edit on its way to an answer.
type entry struct {
	cid    string
	frame  *frame.ClientFrame // Send or Edit
	epoch  string             // the log that an edit's seq belongs to; empty: the next one heard of
	lane   *lane
	sentAt time.Time // when it last went out; zero before
	done   chan result
}

type result struct {
	ack *frame.Ack
	err error
}

// lane holds one conversation's unanswered messages in the order as enqueued:
// entries[:next] are under way, entries[next:] wait.
type lane struct {
	conv    string
	entries []*entry
	next    int
	hold    time.Time // the server asked not to send before
	queued  bool      // stands in outbox.ready
}

// outbox keeps what the server has not answered yet. It is bounded: when max
// entries wait, add refuses and the caller decides. Not safe for concurrent use.
type outbox struct {
	max, window int
	flight      int // how many messages may be under way at once in all
	flying      int // how many are
	lanes       map[string]*lane
	byCID       map[string]*entry
	ready       []*lane // lanes that may have something to send, each at most once
	held        []*lane // lanes that wait for their hold to pass
}

func newOutbox(maxEntries, window, flight int) *outbox {
	return &outbox{max: maxEntries, window: window, flight: flight, lanes: map[string]*lane{}, byCID: map[string]*entry{}}
}

// add queues a message or an edit, or returns the entry that already carries its cid.
func (o *outbox) add(f *frame.ClientFrame) (e *entry, fresh bool, err error) {
	conv, cid := addressOf(f)
	if e, ok := o.byCID[cid]; ok {
		return e, false, nil
	}
	if len(o.byCID) >= o.max {
		return nil, false, ErrOutboxFull
	}
	l := o.lanes[conv]
	if l == nil {
		l = &lane{conv: conv}
		o.lanes[conv] = l
	}
	e = &entry{cid: cid, frame: f, lane: l}
	l.entries = append(l.entries, e)
	o.byCID[cid] = e
	o.wake(l)
	return e, true, nil
}

// addressOf returns the conversation and cid of a message or an edit.
func addressOf(f *frame.ClientFrame) (conv, cid string) {
	if e := f.GetEdit(); e != nil {
		return e.GetConv(), e.GetCid()
	}
	return f.GetSend().GetConv(), f.GetSend().GetCid()
}

// take returns the next message to write, or how long until one may be due
// (0: only a new event can make one due).
func (o *outbox) take(now time.Time) (*entry, time.Duration) {
	var wait time.Duration
	held := o.held[:0]
	for _, l := range o.held {
		if d := l.hold.Sub(now); d > 0 {
			held = append(held, l)
			if wait == 0 || d < wait {
				wait = d
			}
			continue
		}
		l.hold = time.Time{}
		o.wake(l)
	}
	o.held = held
	for len(o.ready) > 0 && o.flying < o.flight {
		l := o.ready[0]
		if l.hold.IsZero() && l.next < len(l.entries) && l.next < o.window {
			e := l.entries[l.next]
			l.next++
			o.flying++
			e.sentAt = now
			// Round robin: one long conversation must not starve the others.
			o.ready = append(o.ready[1:], l)
			return e, 0
		}
		l.queued = false
		o.ready = o.ready[1:]
		if len(l.entries) == 0 && l.hold.IsZero() {
			delete(o.lanes, l.conv)
		}
	}
	return nil, wait
}

// oldest returns when the longest unanswered message went out; zero if none is under way.
func (o *outbox) oldest() time.Time {
	var t time.Time
	for _, l := range o.lanes {
		for _, e := range l.entries[:l.next] {
			if t.IsZero() || e.sentAt.Before(t) {
				t = e.sentAt
			}
		}
	}
	return t
}

// settle removes an answered message. It returns nil when the cid is unknown,
// as for the second acknowledgement of a message that was sent twice.
func (o *outbox) settle(cid string) *entry {
	e, ok := o.byCID[cid]
	if !ok {
		return nil
	}
	delete(o.byCID, cid)
	l := e.lane
	for i, x := range l.entries {
		if x != e {
			continue
		}
		l.entries = append(l.entries[:i], l.entries[i+1:]...)
		if i < l.next {
			l.next--
			o.flying--
		}
		break
	}
	if len(l.entries) == 0 && !l.queued && l.hold.IsZero() {
		delete(o.lanes, l.conv)
		return e
	}
	o.wake(l)
	return e
}

// postpone sends a message and all after it in its conversation again, not before at.
func (o *outbox) postpone(cid string, at time.Time) bool {
	e, ok := o.byCID[cid]
	if !ok {
		return false
	}
	l := e.lane
	for i, x := range l.entries[:l.next] {
		if x == e {
			o.flying -= l.next - i
			l.next = i
			break
		}
	}
	if l.hold.IsZero() {
		o.held = append(o.held, l)
	}
	l.hold = at
	return true
}

// rewind makes everything due again, for a new connection. It returns how many messages had been under way.
func (o *outbox) rewind() int {
	again := 0
	o.held = nil
	o.flying = 0
	for _, l := range o.lanes {
		again += l.next
		l.next = 0
		l.hold = time.Time{}
		o.wake(l)
	}
	return again
}

func (o *outbox) wake(l *lane) {
	if !l.queued {
		l.queued = true
		o.ready = append(o.ready, l)
	}
}

// kept returns all that has no answer, in the order as enqueued within each conversation.
func (o *outbox) kept() []kept {
	var all []kept
	for _, l := range o.lanes {
		for _, e := range l.entries {
			all = append(all, kept{frame: e.frame, epoch: e.epoch})
		}
	}
	return all
}

// outdated returns the edits that speak of rows of another log.
func (o *outbox) outdated(epoch string) []*entry {
	var out []*entry
	for _, e := range o.byCID {
		if e.frame.GetEdit() == nil {
			continue
		}
		if e.epoch == "" {
			e.epoch = epoch
		}
		if e.epoch != epoch {
			out = append(out, e)
		}
	}
	return out
}
