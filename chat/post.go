package chat

import (
	"fmt"

	"frontdesk/internal/identity"
)

// Post is [Service.Send] for a socket's plain messages: it returns at once, and
// calls done once, from the goroutine of the log's writer, which done must not
// hold up. It reports false, and done is never called, when the message is not
// plain (the conversation is not named, colleagues are mentioned, something is
// wrong with it): then Send does it, or says why not.
//
// An [ErrStale] given to done means that more than a row is to be written, or
// read: the same message is to be passed to Send.
func (s *Service) Post(actor identity.Actor, m Send, done func(Row, error)) bool {
	if m.Conversation == "" || len(m.Mentions) > 0 || (m.Kind != "" && m.Kind != KindMessage) {
		return false
	}
	e := Entry{
		Conversation: m.Conversation, CID: m.CID, Author: author(actor), Kind: KindMessage, Content: m.Content,
		Data: Data{Button: m.Button, Suggestion: m.Suggestion}, Expect: Expect{Open: true},
	}
	switch actor.Kind {
	case identity.KindVisitor:
		if !actor.Can(identity.PermVisitorChat) || m.Suggestion != "" || checkText("button", m.Button, 200) != nil {
			return false
		}
	case identity.KindAgent:
		if !actor.Can(identity.PermChatReply) || m.Button != "" || checkText("suggestion", m.Suggestion, 200) != nil {
			return false
		}
		human := OwnerHuman
		e.Expect.Owner = &human
		if m.BaseSeq > 0 {
			e.Expect.LastSeq = &m.BaseSeq
		}
	default:
		return false
	}
	if e.normalize() != nil {
		return false
	}
	j := &job{entry: Scoped{Scope: actor.Scope, Entry: e, NoHead: true}}
	j.call = func(r result) {
		if r.err != nil {
			done(Row{}, fmt.Errorf("append row: %w", r.err))
			return
		}
		row, _, err := s.settle(&e, r.out)
		done(row, err)
	}
	return s.writerOf(e.Conversation).enqueue(j) == nil
}
