package chat

import (
	"context"
	"fmt"

	"frontdesk/internal/identity"
)

// MaxHistory is the most rows that one History returns.
const MaxHistory = 500

// StartVisitor returns the visitor's contact and current conversation: the open
// one, else the one resolved within [ReopenWindow] (the next message reopens it),
// else a new one. Without a contact id, or with one that the site does not have,
// a new visitor is made. Any number of concurrent starts of one contact return
// the same conversation. identity.ErrNotFound when there is no such site.
func (s *Service) StartVisitor(ctx context.Context, req StartRequest) (Contact, Conversation, error) {
	if err := checkText("page", req.Page, 2000); err != nil {
		return Contact{}, Conversation{}, err
	}
	if req.Locale != "zh-CN" && req.Locale != "en" {
		req.Locale = ""
	}
	if req.Contact != "" {
		id, ok := CanonicalID(req.Contact)
		if !ok {
			return Contact{}, Conversation{}, fmt.Errorf("%w: contact must be a UUID", ErrInvalid)
		}
		req.Contact = id
	}
	now := s.clock()
	contact, conv, err := s.store.Start(ctx, req, NewID(now), NewID(now), now)
	if err != nil {
		return Contact{}, Conversation{}, fmt.Errorf("start visitor: %w", err)
	}
	return contact, conv, nil
}

// Conversation returns one conversation, or [ErrNotFound].
func (s *Service) Conversation(ctx context.Context, actor identity.Actor, id string) (Conversation, error) {
	if err := permit(actor, readPermission(actor)); err != nil {
		return Conversation{}, err
	}
	id, ok := CanonicalID(id)
	if !ok {
		return Conversation{}, ErrNotFound
	}
	return s.store.Conversation(ctx, actor.Scope, id)
}

// History returns rows in ascending order: the first limit rows after `after`
// or, with before > 0, the last limit rows with after < seq < before (use
// math.MaxInt32 for the newest). limit is at most [MaxHistory], 0 = 100. Visitors
// get [Row.ForVisitor].
func (s *Service) History(ctx context.Context, actor identity.Actor, id string, after, before uint32, limit int) ([]Row, error) {
	if err := permit(actor, readPermission(actor)); err != nil {
		return nil, err
	}
	id, ok := CanonicalID(id)
	if !ok {
		return nil, ErrNotFound
	}
	if limit <= 0 {
		limit = 100
	}
	rows, err := s.store.Rows(ctx, actor.Scope, id, after, before, min(limit, MaxHistory))
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	if actor.Kind == identity.KindVisitor {
		for i := range rows {
			rows[i] = *rows[i].ForVisitor()
		}
	}
	return rows, nil
}

// Thread returns a conversation with the newest limit rows of its log, in
// ascending order and without [Data.Extra], in one round trip: what the bot reads
// before each turn. The rows are as new as the head, or newer. limit is at most
// [MaxHistory].
func (s *Service) Thread(ctx context.Context, actor identity.Actor, id string, limit int) (Conversation, []Row, error) {
	if err := permit(actor, readPermission(actor)); err != nil {
		return Conversation{}, nil, err
	}
	id, ok := CanonicalID(id)
	if !ok {
		return Conversation{}, nil, ErrNotFound
	}
	head, rows, err := s.store.Thread(ctx, actor.Scope, id, max(1, min(limit, MaxHistory)))
	if err != nil {
		return Conversation{}, nil, fmt.Errorf("read conversation: %w", err)
	}
	if actor.Kind == identity.KindVisitor {
		for i := range rows {
			rows[i] = *rows[i].ForVisitor()
		}
	}
	return head, rows, nil
}

// Inbox returns one page of a view, with the counts of all views.
func (s *Service) Inbox(ctx context.Context, actor identity.Actor, q InboxQuery) (InboxPage, error) {
	if err := permit(actor, identity.PermChatRead); err != nil {
		return InboxPage{}, err
	}
	switch q.View {
	case "":
		q.View = ViewAll
	case ViewQueue, ViewMine, ViewBot, ViewHuman, ViewResolved, ViewAll:
	default:
		return InboxPage{}, fmt.Errorf("%w: unknown view", ErrInvalid)
	}
	if err := checkText("search", q.Search, 200); err != nil {
		return InboxPage{}, err
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 200)
	if err := s.marks.flushUser(ctx, s.store, actor.ID); err != nil {
		return InboxPage{}, err
	}
	page, err := s.store.Inbox(ctx, actor.Scope, actor.ID, q)
	if err != nil {
		return InboxPage{}, fmt.Errorf("read inbox: %w", err)
	}
	return page, nil
}

// Unread returns the agent's unread messages: in the conversations they hold and
// in those that wait for a human, at most 200 of them. Own messages do not count.
func (s *Service) Unread(ctx context.Context, actor identity.Actor) (total int, items []InboxItem, err error) {
	if err := permit(actor, identity.PermChatRead); err != nil {
		return 0, nil, err
	}
	if err := s.marks.flushUser(ctx, s.store, actor.ID); err != nil {
		return 0, nil, err
	}
	items, err = s.store.Unread(ctx, actor.Scope, actor.ID)
	if err != nil {
		return 0, nil, fmt.Errorf("read unread: %w", err)
	}
	for _, item := range items {
		total += item.Unread
	}
	return total, items, nil
}

// MarkRead is [Service.Mark] of what was read, stored at once for an agent whose
// unread messages are counted by it. It never falls.
func (s *Service) MarkRead(ctx context.Context, actor identity.Actor, conv string, seq uint32) error {
	if err := s.Mark(ctx, actor, conv, Progress{Delivered: seq, Read: seq}); err != nil || actor.Kind == identity.KindVisitor {
		return err
	}
	return s.marks.flushUser(ctx, s.store, actor.ID)
}

// QueuePosition returns where a conversation waits; Position 0 when it does not.
func (s *Service) QueuePosition(ctx context.Context, actor identity.Actor, conv string) (QueuePosition, error) {
	if err := permit(actor, readPermission(actor)); err != nil {
		return QueuePosition{}, err
	}
	conv, ok := CanonicalID(conv)
	if !ok {
		return QueuePosition{}, ErrNotFound
	}
	if q, known := s.room.position(actor.Scope, conv); known {
		return q, nil
	}
	q, err := s.store.QueuePosition(ctx, actor.Scope, conv)
	if err == nil && q.Position == 0 { // it does not wait: there is no wait to expect
		q = QueuePosition{}
	}
	return q, err
}

// AgentsOnline counts the agents who are online now, on any node, and may take
// conversations of the department.
func (s *Service) AgentsOnline(ctx context.Context, site, department int32) (int, error) {
	return s.store.AgentsOnline(ctx, site, department)
}

// Stats returns the state of the desk within the caller's scope.
func (s *Service) Stats(ctx context.Context, actor identity.Actor) (Stats, error) {
	if err := permit(actor, identity.PermStatsRead); err != nil {
		return Stats{}, err
	}
	stats, err := s.store.Stats(ctx, actor.Scope, s.clock())
	if err != nil {
		return Stats{}, fmt.Errorf("read stats: %w", err)
	}
	if stats.Nodes, err = s.store.Nodes(ctx); err != nil {
		return Stats{}, fmt.Errorf("read nodes: %w", err)
	}
	stats.VisitorsOnline = int(s.counts.visitors.Load())
	for i := range stats.Nodes {
		if n := &stats.Nodes[i]; n.Living && n.ID != s.company.self() {
			stats.VisitorsOnline += n.Visitors
		}
	}
	return stats, nil
}

// UnansweredByBot returns the conversations, at most 1000, in which the bot owes
// an answer: it picks them up after a crash.
func (s *Service) UnansweredByBot(ctx context.Context) ([]Conversation, error) {
	return s.store.UnansweredByBot(ctx, 1000)
}

// Typing shows to the conversation's watchers that the actor writes. Nothing is
// stored. [ErrNotFound] when nobody watches it, or it lies outside the actor's scope.
func (s *Service) Typing(_ context.Context, actor identity.Actor, conv string, on bool) error {
	p := identity.PermChatReply
	if actor.Kind == identity.KindVisitor {
		p = identity.PermVisitorChat
	}
	if err := permit(actor, p); err != nil {
		return err
	}
	conv, ok := CanonicalID(conv)
	if !ok {
		return ErrNotFound
	}
	to, ok := s.hub.audience(actor.Scope, conv)
	if !ok {
		return ErrNotFound
	}
	s.Signal(&Signal{To: to, Typing: &TypingSignal{Conversation: conv, Author: author(actor), On: on}})
	return nil
}
