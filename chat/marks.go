package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"frontdesk/internal/identity"
)

const (
	// markEvery is how often risen watermarks are stored: one statement for all conversations.
	markEvery = 2 * time.Second
	// markKeep is how long one that is stored stays in memory, to know what does not rise.
	markKeep = 10 * time.Minute
	// maxMarks bounds the watermarks in memory. Beyond it those that are stored give way; then new ones are dropped,
	// which clients make good with their next one.
	maxMarks = 200_000
	// markBatch bounds one statement.
	markBatch = 2000
)

// Progress is how far somebody has a conversation's log.
type Progress struct {
	Delivered uint32 // reached a client
	Read      uint32 // was before a person
}

// rise raises p to q, and reports whether anything rose.
func (p *Progress) rise(q Progress) bool {
	before := *p
	p.Delivered, p.Read = max(p.Delivered, q.Delivered, q.Read), max(p.Read, q.Read)
	return *p != before
}

// StoredMark is one watermark on its way to the database.
type StoredMark struct {
	Conversation string
	User         string // the agent; empty: the visitor
	Progress
}

// Marks is how far the sides have a conversation's log.
type Marks struct {
	Visitor Progress
	Agents  Progress // the furthest of all agents
	Own     uint32   // what the calling agent has read
}

// MarkStore keeps watermarks. They are stored lazily and only rise.
type MarkStore interface {
	// RaiseMarks raises what is stored, never beyond the logs' ends; lower ones change nothing. For the process itself:
	// whoever set a mark was within scope.
	RaiseMarks(ctx context.Context, marks []StoredMark) error
	// Marks returns what is stored for a conversation, with the agent user's own position; [ErrNotFound].
	Marks(ctx context.Context, scope identity.Scope, user, conv string) (Marks, error)
}

// markKey names whose watermark: an agent's, or with an empty user the visitor's.
type markKey struct{ conv, user string }

type markEntry struct {
	Progress
	dirty   bool
	touched time.Time
}

// markBook holds the watermarks that rose lately, until they are stored.
type markBook struct {
	mu    sync.Mutex // guards what follows
	marks map[markKey]*markEntry
	dirty int
}

func newMarkBook() *markBook { return &markBook{marks: make(map[markKey]*markEntry)} }

// raise notes a watermark, and returns it if it rose.
func (b *markBook) raise(k markKey, p Progress, now time.Time) (Progress, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.marks[k]
	if e == nil {
		if len(b.marks) >= maxMarks {
			b.forget(now)
		}
		if len(b.marks) >= maxMarks {
			return p, false
		}
		e = &markEntry{}
		b.marks[k] = e
	}
	e.touched = now
	if !e.rise(p) {
		return e.Progress, false
	}
	if !e.dirty {
		e.dirty = true
		b.dirty++
	}
	return e.Progress, true
}

// forget drops what is stored and was not touched since before. The caller holds mu.
func (b *markBook) forget(before time.Time) {
	for k, e := range b.marks {
		if !e.dirty && !e.touched.After(before) {
			delete(b.marks, k)
		}
	}
}

// take returns up to markBatch marks that are to be stored, of one user or of
// all, and takes them for stored.
func (b *markBook) take(of func(markKey) bool) []StoredMark {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dirty == 0 {
		return nil
	}
	var out []StoredMark
	for k, e := range b.marks {
		if len(out) == markBatch {
			break
		}
		if e.dirty && of(k) {
			e.dirty = false
			b.dirty--
			out = append(out, StoredMark{Conversation: k.conv, User: k.user, Progress: e.Progress})
		}
	}
	return out
}

// putBack makes marks due again that could not be stored.
func (b *markBook) putBack(marks []StoredMark) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range marks {
		if e := b.marks[markKey{m.Conversation, m.User}]; e != nil && !e.dirty {
			e.dirty = true
			b.dirty++
		}
	}
}

func (b *markBook) flush(ctx context.Context, store MarkStore, of func(markKey) bool) error {
	for {
		marks := b.take(of)
		if len(marks) == 0 {
			return nil
		}
		if err := store.RaiseMarks(ctx, marks); err != nil {
			b.putBack(marks)
			return fmt.Errorf("store watermarks: %w", err)
		}
	}
}

// flushUser stores what one agent has read, before their unread messages are counted.
func (b *markBook) flushUser(ctx context.Context, store MarkStore, user string) error {
	return b.flush(ctx, store, func(k markKey) bool { return k.user == user })
}

// run stores what rose each markEvery until ctx ends, and then what is left.
func (b *markBook) run(ctx context.Context, store MarkStore, clock func() time.Time, log *slog.Logger) {
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	everybody := func(markKey) bool { return true }
	for {
		select {
		case <-tick.C:
			work, cancel := context.WithTimeoutCause(ctx, batchTimeout, errors.New("the database did not answer within 10 s"))
			err := b.flush(work, store, everybody)
			cancel()
			if err != nil && ctx.Err() == nil {
				log.Warn("watermarks are not stored", "error", err)
			}
			b.mu.Lock()
			b.forget(clock().Add(-markKeep))
			b.mu.Unlock()
		case <-ctx.Done():
			work, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
			defer cancel()
			if err := b.flush(work, store, everybody); err != nil {
				log.Warn("watermarks are not stored", "error", err)
			}
			return
		}
	}
}

// Mark notes how far the caller has a conversation's log, never beyond its end,
// and tells the others. It only rises: a lower one changes nothing and is no
// error. It is stored within a few seconds. [ErrNotFound] outside the scope.
func (s *Service) Mark(ctx context.Context, actor identity.Actor, conv string, p Progress) error {
	if err := permit(actor, readPermission(actor)); err != nil {
		return err
	}
	if actor.Kind != identity.KindVisitor && actor.Kind != identity.KindAgent {
		return fmt.Errorf("%w: only visitors and agents read", identity.ErrForbidden)
	}
	conv, ok := CanonicalID(conv)
	if !ok {
		return ErrNotFound
	}
	to, last, err := s.whereabouts(ctx, actor.Scope, conv, max(p.Delivered, p.Read))
	if err != nil {
		return err
	}
	k := markKey{conv: conv}
	if actor.Kind == identity.KindAgent {
		k.user = actor.ID
	}
	p.Read = min(p.Read, last)
	p.Delivered = min(max(p.Delivered, p.Read), last)
	if p, ok = s.marks.raise(k, p, s.clock()); ok {
		s.Signal(&Signal{To: to, Mark: &MarkSignal{Conversation: conv, Author: author(actor), Delivered: p.Delivered, Read: p.Read}})
	}
	return nil
}

// whereabouts returns who may see signals about a conversation, and the end of
// its log: from memory while somebody here watches it and the row `want` was shown.
func (s *Service) whereabouts(ctx context.Context, scope identity.Scope, conv string, want uint32) (to Audience, last uint32, err error) {
	if to, ok := s.hub.audience(scope, conv); ok {
		if last, ok := s.hub.seen(conv); ok && want <= last {
			return to, last, nil
		}
	}
	head, err := s.store.Conversation(ctx, scope, conv)
	if err != nil {
		return Audience{}, 0, err
	}
	return Audience{Site: head.Site, Department: head.Department, Contact: head.Contact.ID}, head.LastSeq, nil
}

// Marks returns how far the sides have a conversation's log: what is stored and
// what was signalled since.
func (s *Service) Marks(ctx context.Context, actor identity.Actor, conv string) (Marks, error) {
	if err := permit(actor, readPermission(actor)); err != nil {
		return Marks{}, err
	}
	conv, ok := CanonicalID(conv)
	if !ok {
		return Marks{}, ErrNotFound
	}
	user := ""
	if actor.Kind == identity.KindAgent {
		user = actor.ID
	}
	m, err := s.store.Marks(ctx, actor.Scope, user, conv)
	if err != nil {
		return Marks{}, fmt.Errorf("read watermarks: %w", err)
	}
	live := s.hub.marksOf(conv)
	m.Visitor.rise(live.Visitor)
	m.Agents.rise(live.Agents)
	m.Own = max(m.Own, s.marks.read(markKey{conv, user}))
	return m, nil
}

// read returns how far one reader's watermark is known to have risen.
func (b *markBook) read(k markKey) uint32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.marks[k]; e != nil {
		return e.Read
	}
	return 0
}
