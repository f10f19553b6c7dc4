package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"frontdesk/internal/identity"
)

// The kinds of row that say that an earlier one has changed: Data.Target is its
// seq. The earlier row is changed in the same transaction, so that whoever reads
// the log from its beginning, searches or exports it finds what counts now.
const (
	KindEdited  Kind = "edited"  // Content is the new text; empty once a later row has replaced it again
	KindDeleted Kind = "deleted" // the target has no content any more
)

// maxEdits is how often one row may be changed: its history is kept with it.
const maxEdits = 20

// Amendment is the part of [Data] that tells of changes after a row was written.
type Amendment struct {
	// Target is the row that a row of [KindEdited] or [KindDeleted] changes; 0 on others.
	Target uint32 `json:"target,omitempty"`
	// OfNote says that the target is a note: then this row is for staff only, too.
	OfNote bool `json:"of_note,omitempty"`
	// Edited and Deleted are when this row's content was last changed, or removed; nil if never.
	Edited  *time.Time `json:"edited,omitempty"`
	Deleted *time.Time `json:"deleted,omitempty"`
	// History is what stood here before, oldest first; not sent to visitors.
	History []Former `json:"history,omitempty"`
}

// Former is a content that was replaced.
type Former struct {
	Content string    `json:"content"`
	Time    time.Time `json:"time"` // when it was replaced
}

// Edit changes or removes the content of the caller's own message.
type Edit struct {
	Conversation string
	CID          string // UUID made by the client
	Seq          uint32 // the row to change
	Content      string // the new text; empty with Remove
	Remove       bool
}

// EditStore changes rows that stand in the log.
type EditStore interface {
	// Rewrite appends e, at now, of [KindEdited] or [KindDeleted], and changes its target by [Amend], in one transaction. The
	// conversation's excerpt follows, texts of earlier edits of the target go, and what was learnt from it is
	// forgotten. Errors: those of Amend and of LogStore.Change, [ErrNotFound] without such a row.
	Rewrite(ctx context.Context, e Scoped, now time.Time) (Outcome, error)
}

// Internal reports whether the row is hidden from visitors.
func (r *Row) Internal() bool { return r.Kind.Internal() || r.Data.OfNote }

// Original returns the content as it was first written.
func (r *Row) Original() string {
	if len(r.Data.History) > 0 {
		return r.Data.History[0].Content
	}
	return r.Content
}

// Amend returns the target as the entry e leaves it at now, and e completed. It
// is pure: the store calls it with the conversation locked. Errors are
// [ErrInvalid] and identity.ErrForbidden.
func Amend(target Row, e Entry, now time.Time) (Row, Entry, error) {
	switch {
	case target.Kind != KindMessage && target.Kind != KindNote:
		return target, e, fmt.Errorf("%w: seq: only messages and notes can be changed", ErrInvalid)
	case target.Author.Kind != e.Author.Kind || target.Author.ID != e.Author.ID || target.Author.ID == "":
		return target, e, fmt.Errorf("somebody else's message: %w", identity.ErrForbidden)
	case target.Data.Deleted != nil:
		return target, e, fmt.Errorf("%w: seq: this message was removed already", ErrInvalid)
	case e.Kind == KindEdited && len(target.Data.History) >= maxEdits:
		return target, e, fmt.Errorf("%w: seq: this message was changed %d times already", ErrInvalid, maxEdits)
	case e.Kind == KindEdited && target.Content == e.Content:
		return target, e, fmt.Errorf("%w: content: is what the message says already", ErrInvalid)
	}
	now = now.UTC().Truncate(time.Microsecond)
	target.Data.History = append(slices.Clone(target.Data.History), Former{Content: target.Content, Time: now})
	target.Content = e.Content
	if e.Kind == KindDeleted {
		target.Content, target.Data.Deleted = "", &now
		target.Data.Button, target.Data.Suggestion, target.Data.Mentions = "", "", nil
	} else {
		target.Data.Edited = &now
	}
	e.Data.OfNote = target.Kind == KindNote
	return target, e, nil
}

// Edit changes or removes an own message, once for each cid: a visitor may remove
// theirs, an agent also change theirs, notes included, whatever the conversation's
// state. The row that says so is returned. Errors: [ErrNotFound] without such a
// row, identity.ErrForbidden when it is somebody else's, [ErrInvalid].
func (s *Service) Edit(ctx context.Context, actor identity.Actor, edit Edit) (Row, error) {
	p := identity.PermChatReply
	if actor.Kind == identity.KindVisitor {
		p = identity.PermVisitorChat
	}
	if err := permit(actor, p); err != nil {
		return Row{}, err
	}
	if actor.Kind == identity.KindVisitor && !edit.Remove {
		return Row{}, fmt.Errorf("%w: remove: visitors can remove a message, not change it", ErrInvalid)
	}
	e := Entry{
		Conversation: edit.Conversation, CID: edit.CID, Author: author(actor), Kind: KindEdited, Content: edit.Content,
		Data: Data{Amendment: Amendment{Target: edit.Seq}},
	}
	switch {
	case edit.Seq == 0:
		return Row{}, fmt.Errorf("%w: seq must be that of an own message", ErrInvalid)
	case edit.Remove && edit.Content != "":
		return Row{}, fmt.Errorf("%w: content must be empty when the message is removed", ErrInvalid)
	case edit.Remove:
		e.Kind = KindDeleted
	case strings.TrimSpace(edit.Content) == "":
		return Row{}, fmt.Errorf("%w: content is blank; remove the message instead", ErrInvalid)
	}
	if err := e.normalize(); err != nil {
		return Row{}, err
	}
	return s.rewrite(ctx, actor.Scope, e)
}

// rewrite runs an edit in a transaction of its own; like a state change it is not
// given up with its caller.
func (s *Service) rewrite(ctx context.Context, scope identity.Scope, e Entry) (Row, error) {
	work, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), changeTimeout, errors.New("an edit took longer than 5 s"))
	defer cancel()
	select {
	case s.changes <- struct{}{}:
		defer func() { <-s.changes }()
	case <-ctx.Done():
		return Row{}, ctx.Err()
	case <-work.Done():
		return Row{}, &OverloadedError{after: time.Second}
	}
	var out Outcome
	var err error
	again := false
	for range 3 { // a lost connection or a conflict is safe to repeat, through the cid
		out, err = s.sendEdit(work, Scoped{Scope: scope, Entry: e})
		if err == nil || work.Err() != nil || !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrConflict) {
			break
		}
		s.counts.retries.Add(1)
		again = true
	}
	s.doubtsOf(&e).unlessKnown(&e, out.Verdict, err, again)
	if err != nil {
		return Row{}, fmt.Errorf("change message: %w", err)
	}
	if out.Verdict == Stored {
		s.counts.rows.Add(1)
	}
	if s.doubtsOf(&e).isNews(&e, out.Verdict, again) {
		s.publish(&out.Row)
	}
	_ = at(s.fault, PointEditPublished)
	row, _, err := s.settle(&e, out)
	return row, err
}

// sendEdit is one transaction, between its points.
func (s *Service) sendEdit(ctx context.Context, e Scoped) (Outcome, error) {
	if err := at(s.fault, PointEditBefore); err != nil {
		return Outcome{}, err
	}
	out, err := s.store.Rewrite(ctx, e, s.clock())
	if lost := at(s.fault, PointEditCommitted); lost != nil && err == nil {
		return Outcome{}, lost
	}
	return out, err
}
