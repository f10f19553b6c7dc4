package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"frontdesk/internal/identity"
)

// changeTimeout bounds a state change, its wait for a turn included.
const changeTimeout = 5 * time.Second

// OverloadedError is [ErrUnavailable] with a time after which to try again.
type OverloadedError struct{ after time.Duration }

// Error says so.
func (e *OverloadedError) Error() string { return ErrUnavailable.Error() + ": too many wait" }

// Is makes the error an [ErrUnavailable].
func (e *OverloadedError) Is(target error) bool { return target == ErrUnavailable }

// RetryAfter returns when to try again.
func (e *OverloadedError) RetryAfter() time.Duration { return e.after }

// Append stores one row, durably, and shows it to whoever watches: the one
// primitive of the log. A cid that stands in the conversation already returns
// its row, or [ErrCIDTaken] when that says something else. [ErrStale] comes with
// the conversation as it is now. When ctx ends first the row may be stored or
// not; the same cid may be sent again.
func (s *Service) Append(ctx context.Context, scope identity.Scope, e Entry) (Row, Conversation, error) {
	if err := e.normalize(); err != nil {
		return Row{}, Conversation{}, err
	}
	if e.Change != nil {
		return s.change(ctx, Scoped{Scope: scope, Entry: e})
	}
	out, err := s.writerOf(e.Conversation).append(ctx, Scoped{Scope: scope, Entry: e})
	if err != nil {
		return Row{}, Conversation{}, fmt.Errorf("append row: %w", err)
	}
	return s.settle(&e, out)
}

// settle turns an outcome into Append's results.
func (s *Service) settle(e *Entry, out Outcome) (Row, Conversation, error) {
	switch out.Verdict {
	case Stored:
		return out.Row, out.Head, nil
	case Repeated:
		if !e.same(&out.Row) {
			return Row{}, Conversation{}, ErrCIDTaken
		}
		return out.Row, out.Head, nil
	case Stale:
		return Row{}, out.Head, ErrStale
	case Held:
		return Row{}, Conversation{}, &OverloadedError{after: time.Second}
	}
	return Row{}, Conversation{}, ErrNotFound
}

// Send stores a visitor's or an agent's message, once for each cid.
//
// A visitor's message wakes a snoozed conversation, reopens one resolved within
// [ReopenWindow] with the bot as owner, and after that lands in a new one: then
// Row.Conversation differs from m.Conversation. An agent's message in a
// conversation that the bot or the queue owns takes it over in the same
// transaction; a note does not, and may be added to a resolved one. Rows that
// change the state carry it in Data.State.
func (s *Service) Send(ctx context.Context, actor identity.Actor, m Send) (Row, Conversation, error) {
	e := Entry{
		Conversation: m.Conversation, CID: m.CID, Author: author(actor), Kind: m.Kind, Content: m.Content,
		Data: Data{Button: m.Button},
	}
	if e.Kind == "" {
		e.Kind = KindMessage
	}
	switch actor.Kind {
	case identity.KindVisitor:
		if err := permit(actor, identity.PermVisitorChat); err != nil {
			return Row{}, Conversation{}, err
		}
		if e.Kind != KindMessage {
			return Row{}, Conversation{}, fmt.Errorf("%w: visitors send messages only", ErrInvalid)
		}
		return s.receive(ctx, actor, e)
	case identity.KindAgent:
		if err := permit(actor, identity.PermChatReply); err != nil {
			return Row{}, Conversation{}, err
		}
		if err := checkText("suggestion", m.Suggestion, 200); err != nil {
			return Row{}, Conversation{}, err
		}
		e.Data.Suggestion = m.Suggestion
		if len(m.Mentions) > 0 && e.Kind != KindNote {
			return Row{}, Conversation{}, fmt.Errorf("%w: mentions: only notes mention colleagues", ErrInvalid)
		}
		var err error
		if e.Data.Mentions, err = s.mentions(ctx, actor, e.Conversation, m.Mentions); err != nil {
			return Row{}, Conversation{}, err
		}
		return s.reply(ctx, actor, e, m.BaseSeq)
	}
	return Row{}, Conversation{}, fmt.Errorf("%w: only visitors and agents send", identity.ErrForbidden)
}

// receive stores a visitor's message: batched while the conversation is open,
// by a state change otherwise, in another conversation when it is over.
func (s *Service) receive(ctx context.Context, actor identity.Actor, e Entry) (Row, Conversation, error) {
	if err := checkText("button", e.Data.Button, 200); err != nil {
		return Row{}, Conversation{}, err
	}
	var err error
	if e.Conversation == "" {
		if e.Conversation, err = s.current(ctx, actor); err != nil {
			return Row{}, Conversation{}, err
		}
	}
	for range 3 { // it may be resolved, reopened or replaced by others meanwhile
		var row Row
		var head Conversation
		plain := e
		plain.Expect.Open = true
		if row, head, err = s.Append(ctx, actor.Scope, plain); !errors.Is(err, ErrStale) {
			return row, head, err
		}
		waking := e
		waking.Change = &Change{Act: ActReceive}
		row, head, err = s.Append(ctx, actor.Scope, waking)
		// ErrConflict: the visitor has another open conversation by now.
		if !errors.Is(err, errExpired) && !errors.Is(err, ErrConflict) {
			return row, head, err
		}
		if row, head, err = s.found(ctx, actor, &e); !errors.Is(err, ErrNotFound) {
			return row, head, err
		}
		if e.Conversation, err = s.current(ctx, actor); err != nil {
			return Row{}, Conversation{}, err
		}
	}
	return Row{}, Conversation{}, &OverloadedError{after: time.Second}
}

// found returns the row that e's cid has in any of the visitor's conversations:
// a stale client repeats what already landed in a newer one.
func (s *Service) found(ctx context.Context, actor identity.Actor, e *Entry) (Row, Conversation, error) {
	cid, ok := CanonicalID(e.CID)
	if !ok {
		return Row{}, Conversation{}, ErrNotFound
	}
	row, err := s.store.FindRow(ctx, actor.Scope, cid)
	if err != nil {
		return Row{}, Conversation{}, err
	}
	if !e.same(&row) {
		return Row{}, Conversation{}, ErrCIDTaken
	}
	head, err := s.store.Conversation(ctx, actor.Scope, row.Conversation)
	return row, head, err
}

// current returns the visitor's current conversation, made if there is none.
func (s *Service) current(ctx context.Context, actor identity.Actor) (string, error) {
	now := s.clock()
	_, conv, err := s.store.Start(ctx, StartRequest{Contact: actor.ID, Existing: true}, "", NewID(now), now)
	if err != nil {
		return "", fmt.Errorf("start conversation: %w", err)
	}
	return conv.ID, nil
}

// reply stores an agent's message or note. With base, a message is stored only if
// no other agent has replied after that row.
func (s *Service) reply(ctx context.Context, actor identity.Actor, e Entry, base uint32) (Row, Conversation, error) {
	switch e.Kind {
	case KindNote:
		return s.Append(ctx, actor.Scope, e)
	case KindMessage:
	default:
		return Row{}, Conversation{}, fmt.Errorf("%w: agents send messages and notes", ErrInvalid)
	}
	if base == 0 {
		return s.replyNow(ctx, actor, e)
	}
	// As a rule nothing was written since: the commit itself checks that, and no row is read.
	for range 5 {
		e.Expect.LastSeq = &base
		row, head, err := s.replyNow(ctx, actor, e)
		if !errors.Is(err, ErrStale) || head.LastSeq <= base {
			return row, head, err
		}
		last, err := s.unanswered(ctx, actor, &e, base)
		if err != nil {
			return Row{}, head, err
		}
		base = last
	}
	return Row{}, Conversation{}, &OverloadedError{after: time.Second} // written to as fast as it is read
}

// unanswered returns the log's end when no other agent has replied after base,
// else [ErrNewerReply]. Visitors, the bot and notes are no reply.
func (s *Service) unanswered(ctx context.Context, actor identity.Actor, e *Entry, base uint32) (last uint32, err error) {
	cid, _ := CanonicalID(e.CID)
	for last = base; ; {
		rows, err := s.store.Rows(ctx, actor.Scope, e.Conversation, last, 0, MaxHistory)
		if err != nil {
			return 0, fmt.Errorf("look for a newer reply: %w", err)
		}
		for i := range rows {
			r := &rows[i]
			if r.CID == cid { // it is stored already: the append says so
				return r.Seq, nil
			}
			if r.Kind == KindMessage && r.Author.Kind == AuthorAgent && r.Author.ID != actor.ID && r.Data.Deleted == nil {
				return 0, ErrNewerReply
			}
			last = r.Seq
		}
		if len(rows) < MaxHistory {
			return last, nil
		}
	}
}

// replyNow stores an agent's message, and takes the conversation over if no agent holds it.
func (s *Service) replyNow(ctx context.Context, actor identity.Actor, e Entry) (Row, Conversation, error) {
	plain, human := e, OwnerHuman
	plain.Expect.Owner, plain.Expect.Open = &human, true
	row, head, err := s.Append(ctx, actor.Scope, plain)
	if !errors.Is(err, ErrStale) || e.Expect.LastSeq != nil && head.LastSeq > *e.Expect.LastSeq {
		return row, head, err
	}
	e.Change = &Change{Act: ActReply, Assignee: e.Author}
	return s.Append(ctx, actor.Scope, e)
}
