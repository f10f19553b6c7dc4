package chat

import (
	"context"
	"fmt"

	"frontdesk/internal/identity"
)

// Feedback is a visitor's vote on one answer of the bot. Of several votes on the
// same answer the last one counts.
type Feedback struct {
	Seq     uint32 `json:"seq"` // the bot's row
	Helpful bool   `json:"helpful"`
}

// same reports whether both say the same; nil says nothing.
func (f *Feedback) same(o *Feedback) bool {
	if f == nil || o == nil {
		return f == o
	}
	return *f == *o
}

// maxVotes is how often a visitor may change their mind about one answer; a
// log that grows with each click serves nobody.
const maxVotes = 20

// Vote stores what the calling visitor thinks of an answer of the bot in their
// own conversation, open or not: once for each cid, and once if they said the
// same before. It is no message: nobody is notified, and neither owner nor status
// changes. Errors: [ErrNotFound] when the conversation is not theirs,
// [ErrInvalid] when the row is no answer from an article, or when they changed
// their mind 20 times already.
func (s *Service) Vote(ctx context.Context, actor identity.Actor, conv, cid string, f Feedback) (Row, error) {
	if err := permit(actor, identity.PermVisitorChat); err != nil {
		return Row{}, err
	}
	if actor.Kind != identity.KindVisitor {
		return Row{}, fmt.Errorf("%w: only visitors vote on answers", identity.ErrForbidden)
	}
	var err error
	if conv == "" {
		if conv, err = s.current(ctx, actor); err != nil {
			return Row{}, err
		}
	}
	e := Entry{Conversation: conv, CID: cid, Author: author(actor), Kind: KindFeedback, Data: Data{Feedback: &f}}
	if err := e.normalize(); err != nil {
		return Row{}, err
	}
	before, err := s.votes(ctx, actor.Scope, &e)
	if err != nil {
		return Row{}, err
	}
	for i := range before {
		if before[i].CID == e.CID {
			if !e.same(&before[i]) {
				return Row{}, ErrCIDTaken
			}
			return before[i], nil
		}
	}
	switch n := len(before); {
	case n > 0 && before[n-1].Data.Feedback.same(&f):
		return before[n-1], nil
	case n >= maxVotes:
		return Row{}, fmt.Errorf("%w: seq: this answer was voted on %d times already", ErrInvalid, maxVotes)
	}
	row, _, err := s.Append(ctx, actor.Scope, e)
	return row, err
}

// votes returns the earlier votes on the answer that e votes on, oldest first.
func (s *Service) votes(ctx context.Context, scope identity.Scope, e *Entry) ([]Row, error) {
	target := e.Data.Feedback.Seq
	if target == 0 {
		return nil, fmt.Errorf("%w: seq must be that of an answer of the bot", ErrInvalid)
	}
	var votes []Row
	for after := target - 1; ; {
		rows, err := s.store.Rows(ctx, scope, e.Conversation, after, 0, MaxHistory)
		if err != nil {
			return nil, fmt.Errorf("read the answer: %w", err)
		}
		if after == target-1 && (len(rows) == 0 || !rows[0].answers(target)) {
			return nil, fmt.Errorf("%w: seq must be that of an answer of the bot with a source", ErrInvalid)
		}
		for i := range rows {
			if v := rows[i].Data.Feedback; rows[i].Kind == KindFeedback && v != nil && v.Seq == target {
				votes = append(votes, rows[i])
			}
		}
		if len(rows) < MaxHistory {
			return votes, nil
		}
		after = rows[len(rows)-1].Seq
	}
}

// answers reports whether r is the bot's answer with the number seq, from an article.
func (r *Row) answers(seq uint32) bool {
	return r.Seq == seq && r.Kind == KindMessage && r.Author.Kind == AuthorBot && r.Data.Source != nil
}
