package chat

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"frontdesk/internal/identity"
)

// ErrBehind means that rows are stored which the follower has not got. Between [Service.FollowEnd] and its caller only.
var ErrBehind = errors.New("rows are missing before the end of the log")

const (
	// followPage is how many rows a follower reads at once.
	followPage = 500
	// followBuffer is how many live rows a follower keeps while it reads; more are read again.
	followBuffer = 256
)

// Leaver is a sink of [Service.Follow] that is told when nothing more will come
// although nobody called stop: the conversation is no longer in the actor's scope,
// or is no longer. row is the one that showed it, delivered or not; nil where a
// read did. Left is called once, under the follower's lock, as Deliver is; also
// while Follow itself reads, which then returns [ErrNotFound].
type Leaver interface {
	Left(conv string, row *Row)
}

// Follow delivers every row of a conversation after `after` to sink, in order,
// each exactly once, first the stored ones and then the live ones, until stop is
// called. It returns when everything up to lastSeq has been delivered. Visitors
// get [Update.ForVisitor]. A client whose rows are all there costs no read of the
// log. An `after` beyond the log's end counts as its end: lastSeq tells. When the
// conversation leaves the actor's scope, the row that says so is the last one.
//
// sink.Deliver is called under the follower's lock: it must not block, nor call stop.
func (s *Service) Follow(ctx context.Context, actor identity.Actor, conv string, after uint32, sink Sink) (lastSeq uint32, stop func(), err error) {
	return s.follow(ctx, actor, conv, after, sink, false)
}

// FollowEnd is [Service.Follow] for who has every row: [ErrBehind] to who has not,
// and may wish to read what is missing at their own pace first. It reads the head only.
func (s *Service) FollowEnd(ctx context.Context, actor identity.Actor, conv string, after uint32, sink Sink) (lastSeq uint32, stop func(), err error) {
	return s.follow(ctx, actor, conv, after, sink, true)
}

func (s *Service) follow(ctx context.Context, actor identity.Actor, conv string, after uint32, sink Sink, end bool) (lastSeq uint32, stop func(), err error) {
	if err := permit(actor, readPermission(actor)); err != nil {
		return 0, nil, err
	}
	conv, ok := CanonicalID(conv)
	if !ok {
		return 0, nil, ErrNotFound
	}
	f := &follower{
		conv: conv, scope: actor.Scope, visitor: actor.Kind == identity.KindVisitor,
		sink: sink, behind: s.behind, reading: true, // live rows wait: only the head tells where to begin
	}
	unwatch := s.hub.Watch(conv, f)
	stop = sync.OnceFunc(func() {
		unwatch()
		f.stop()
		if f.visitor {
			s.counts.visitors.Add(-1)
		}
	})
	if f.visitor {
		s.counts.visitors.Add(1)
	}
	head, err := s.store.Conversation(ctx, actor.Scope, conv)
	if err != nil {
		stop()
		return 0, nil, fmt.Errorf("follow: %w", err)
	}
	if end && after < head.LastSeq {
		stop()
		return 0, nil, ErrBehind
	}
	shown := s.hub.learn(&head)
	f.begin(min(after, head.LastSeq))
	if err := f.catchUp(ctx, s.store, max(head.LastSeq, shown)); err != nil {
		stop()
		return 0, nil, fmt.Errorf("follow: %w", err)
	}
	if lastSeq = f.position(); lastSeq == math.MaxUint32 { // transferred out of the actor's scope meanwhile
		stop()
		return 0, nil, fmt.Errorf("follow: %w", ErrNotFound)
	}
	return lastSeq, stop, nil
}

// follower puts a conversation's rows into order for one sink.
type follower struct {
	conv    string
	scope   identity.Scope
	visitor bool
	sink    Sink
	behind  *catchUp

	mu      sync.Mutex // guards what follows; held while the sink is called
	last    uint32     // delivered up to here
	reading bool       // rows come from the store; live ones go to buffer
	buffer  []*Update  // at most followBuffer
	spilled uint32     // the highest row that a full buffer dropped: there is that much to read; 0 if none
	stopped bool
}

// Deliver implements [Sink].
func (f *follower) Deliver(u *Update) {
	if f.visitor {
		if u = u.ForVisitor(); u == nil { // a signal that is the staff's
			return
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.stopped:
	case u.Row == nil && u.Signal.Gone != nil: // also while it reads: nothing comes after it
		f.sink.Deliver(u)
		f.leave(nil)
	case u.Row == nil:
		if !f.reading { // class B is dropped first
			f.sink.Deliver(u)
		}
	case u.Row.Seq <= f.last:
	case f.reading:
		f.keep(u)
	case u.Row.Seq == f.last+1:
		f.pass(u)
	case !u.Row.Visible(f.scope): // what lies between is no longer theirs to read
		f.leave(u.Row)
	default: // a hole
		f.reading = true
		f.keep(u)
		f.behind.add(f)
	}
}

func (f *follower) keep(u *Update) {
	if len(f.buffer) >= followBuffer {
		for _, dropped := range f.buffer {
			f.spilled = max(f.spilled, dropped.Row.Seq)
		}
		f.buffer = nil
	}
	f.buffer = append(f.buffer, u)
}

// pass delivers the next row, and nothing after one that takes the conversation
// out of the scope: a transfer that follows what was in scope is that row, even
// as the reconciling read shows it, without Left.
func (f *follower) pass(u *Update) {
	if u.Row.Kind != KindTransferred && !u.Row.Visible(f.scope) {
		f.leave(u.Row)
		return
	}
	f.last++
	f.sink.Deliver(u)
	if !f.scope.Allows(u.Row.Site, u.Row.Department, u.Row.Contact) {
		f.leave(u.Row)
	}
}

// catchUp reads rows until at least target is delivered, and then goes live.
func (f *follower) catchUp(ctx context.Context, store ReadStore, target uint32) error {
	for {
		last, known := f.progress()
		if last >= target {
			if f.goLive() {
				return nil
			}
			target = last + 1 // what was buffered does not join on
		}
		rows, err := store.Rows(ctx, f.scope, f.conv, last, 0, followPage)
		if err != nil {
			return err
		}
		f.deliverRead(rows)
		if len(rows) == 0 { // the log ended here when it was read
			target = last
			f.forget(known)
		}
	}
}

// deliverRead passes rows from the store on.
func (f *follower) deliverRead(rows []Row) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range rows {
		if r := &rows[i]; !f.stopped && r.Seq == f.last+1 {
			u := &Update{Row: r}
			if f.visitor {
				u = u.ForVisitor()
			}
			f.pass(u)
		}
	}
}

// goLive merges the buffer, and reports whether that leaves no hole.
func (f *follower) goLive() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.SortFunc(f.buffer, func(a, b *Update) int { return int(int64(a.Row.Seq) - int64(b.Row.Seq)) })
	for len(f.buffer) > 0 && f.buffer[0].Row.Seq <= f.last+1 {
		u := f.buffer[0]
		f.buffer = f.buffer[1:]
		if u.Row.Seq == f.last+1 && !f.stopped {
			f.pass(u)
		}
	}
	if f.stopped {
		f.buffer, f.spilled = nil, 0
	}
	if len(f.buffer) > 0 || f.spilled > f.last {
		return false
	}
	f.buffer, f.spilled, f.reading = nil, 0, false
	return true
}

// forget drops the rows up to known, which an empty read did not find. What
// arrived since that read began stays.
func (f *follower) forget(known uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.buffer = slices.DeleteFunc(f.buffer, func(u *Update) bool { return u.Row.Seq <= known })
	if f.spilled <= known {
		f.spilled = 0
	}
}

// begin notes what the client has already.
func (f *follower) begin(last uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = last
}

// progress returns the position, and the highest live row that came so far.
func (f *follower) progress() (last, known uint32) {
	last = f.position()
	f.mu.Lock()
	defer f.mu.Unlock()
	known = f.spilled
	for _, u := range f.buffer {
		known = max(known, u.Row.Seq)
	}
	return last, known
}

func (f *follower) position() uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		return math.MaxUint32 // nothing more to deliver
	}
	return f.last
}

func (f *follower) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end()
}

// end is stop for who holds the lock.
func (f *follower) end() { f.stopped, f.buffer = true, nil }

// gone ends a follower whose conversation cannot be read any more.
func (f *follower) gone() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leave(nil)
}

// leave ends a follower that nobody stopped; the caller holds the lock.
func (f *follower) leave(row *Row) {
	if f.stopped {
		return
	}
	f.end()
	if l, ok := f.sink.(Leaver); ok {
		l.Left(f.conv, row)
	}
}
