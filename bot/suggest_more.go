package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// ForgetSolved takes a past answer out of the suggestions for good. Errors:
// [ErrNoSuggestion], identity.ErrForbidden.
func (s *Suggester) ForgetSolved(ctx context.Context, actor identity.Actor, id int64) error {
	if !actor.Can(identity.PermSuggest) {
		return fmt.Errorf("forget a past answer: %w", identity.ErrForbidden)
	}
	if err := s.store.DropSolved(ctx, actor.Scope, id); err != nil {
		return fmt.Errorf("forget a past answer: %w", err)
	}
	s.Forget()
	return nil
}

// Fill returns, of canned replies, those of the conversation's site and
// department, with what is known of it in place of the variables. Errors: those of package chat.
func (s *Suggester) Fill(ctx context.Context, actor identity.Actor, conv string, replies []Canned) ([]Canned, error) {
	head, err := s.chat.Conversation(ctx, actor, conv)
	if err != nil {
		return nil, err
	}
	vars := variables(head, actor)
	var out []Canned
	for _, c := range replies {
		if c.Site != head.Site || c.Department != 0 && c.Department != head.Department {
			continue
		}
		texts := make(map[string]string, len(c.Texts))
		for locale, t := range c.Texts {
			texts[locale] = fillVariables(t, vars)
		}
		c.Texts = texts
		out = append(out, c)
	}
	return out, nil
}

// Summary is what a conversation is about.
type Summary struct {
	Sentences []string // the visitor's own
	Reworded  string   // the same in other words, checked against them; empty = none
}

// Summaries says what conversations are about. It is safe for concurrent use.
type Summaries struct {
	chat     Log
	reworder *Reworder // nil = none
}

// NewSummaries returns it; a nil reworder leaves the visitor's words alone.
func NewSummaries(log Log, reworder *Reworder) (*Summaries, error) {
	if log == nil {
		return nil, errors.New("bot: summaries need the conversations")
	}
	return &Summaries{chat: log, reworder: reworder}, nil
}

// Summary returns what the visitor said since a person last had the
// conversation, in at most three sentences. Errors: those of package chat, identity.ErrForbidden.
func (s *Summaries) Summary(ctx context.Context, actor identity.Actor, conv string) (Summary, error) {
	if !actor.Can(identity.PermSuggest) {
		return Summary{}, fmt.Errorf("summarize: %w", identity.ErrForbidden)
	}
	head, rows, err := s.chat.Thread(ctx, actor, conv, historyRows)
	if err != nil {
		return Summary{}, err
	}
	out := Summary{Sentences: Summarize(chat.VisitorTexts(rows))}
	if s.reworder != nil && len(out.Sentences) > 1 {
		if text, _, ok := s.reworder.Summary(ctx, head.Site, slices.Clone(out.Sentences)); ok {
			out.Reworded = text
		}
	}
	return out, nil
}
