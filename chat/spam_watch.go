package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// spamQueue bounds what waits to be scored; when it is full a message is not scored, and counted.
	spamQueue = 4096
	// spamKept bounds how many contacts' last messages are remembered; when it is full it starts anew.
	spamKept = 20_000
	// spamPerSecond bounds the scoring of a node: about a hundredth of a core. Beyond it messages are not scored.
	spamPerSecond = 1000
	// spamStep is how much a score must rise to be stored again.
	spamStep = 0.1
)

// SpamNotes stores scores.
type SpamNotes interface {
	// NoteSpam stores a score that is higher than the stored one, unless a person cleared the contact.
	NoteSpam(ctx context.Context, contact string, s Spam) error
}

// SpamWatch scores what visitors write, after it was stored and shown: it never
// delays a message, and refuses none. It is a [Sink]; hang it on the hub with
// WatchAll before calling Run, which owns the one goroutine.
type SpamWatch struct {
	rules *SpamRules
	notes SpamNotes
	log   *slog.Logger
	queue chan spoken

	mu      sync.Mutex // guards what follows
	dropped uint64
	second  int64 // Unix time that taken counts for
	taken   int
}

type spoken struct {
	contact string
	Spoken
}

// remembered is one contact's last messages. Touched by Run only.
type remembered struct {
	spamTrail
	stored float64 // the highest score that was stored
}

var _ Sink = (*SpamWatch)(nil)

// NewSpamWatch returns a watch that waits for Run. A nil logger is slog.Default().
func NewSpamWatch(notes SpamNotes, logger *slog.Logger) (*SpamWatch, error) {
	if notes == nil {
		return nil, errors.New("spam watch: notes are required")
	}
	if logger == nil {
		logger = slog.Default()
	}
	return &SpamWatch{rules: NewSpamRules(), notes: notes, log: logger, queue: make(chan spoken, spamQueue)}, nil
}

// Deliver implements [Sink]. It never waits.
func (w *SpamWatch) Deliver(u *Update) {
	if u.Remote || u.Row == nil || u.Row.Kind != KindMessage || u.Row.Author.Kind != AuthorVisitor || u.Row.Data.Button != "" || u.Row.Contact == "" {
		return // the storing node scores; a button's words are ours
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := u.Row.Time.Unix(); now != w.second {
		w.second, w.taken = now, 0
	}
	if w.taken++; w.taken > spamPerSecond {
		w.dropped++
		return
	}
	select {
	case w.queue <- spoken{u.Row.Contact, Spoken{u.Row.Content, u.Row.Time}}:
	default:
		w.dropped++
	}
}

// Dropped returns how many messages were not scored: they found the queue full, or the second spent.
func (w *SpamWatch) Dropped() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dropped
}

// Run scores until ctx ends.
func (w *SpamWatch) Run(ctx context.Context) error {
	contacts := map[string]*remembered{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-w.queue:
			if len(contacts) >= spamKept {
				clear(contacts)
			}
			if err := w.take(ctx, contacts, m); err != nil && ctx.Err() == nil {
				w.log.Warn("spam score is not stored", "contact", m.contact, "error", err)
			}
		}
	}
}

func (w *SpamWatch) take(ctx context.Context, contacts map[string]*remembered, m spoken) error {
	r := contacts[m.contact]
	if r == nil {
		r = &remembered{}
		contacts[m.contact] = r
	}
	w.rules.follow(&r.spamTrail, m.Spoken)
	s := r.spam()
	if s.Score < r.stored+spamStep {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 5*time.Second, errors.New("storing a spam score took longer than 5 s"))
	defer cancel()
	if err := w.notes.NoteSpam(ctx, m.contact, s); err != nil {
		return fmt.Errorf("note spam: %w", err)
	}
	r.stored = s.Score
	return nil
}
