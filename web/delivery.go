package web

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/web/frame"
)

// maxViews bounds the conversations that one socket says it has on the screen.
const maxViews = 50

// agentSide is what an agent's socket has beyond a visitor's.
type agentSide struct {
	desk  func()            // stops the desk's signals
	views map[string]func() // conversation → stops viewing it; guarded by the socket's mu
}

// release ends what the agent's side began. A nil one is a visitor's.
func (a *agentSide) release() {
	if a == nil {
		return
	}
	a.desk()
	for _, stop := range a.views {
		stop()
	}
}

// sitDown begins an agent's side of a socket: signals, and the offers that are
// still open from an earlier connection.
func (k *socket) sitDown(ctx context.Context) {
	s := k.server
	if s.cfg.Inboxes != nil {
		side := &agentSide{desk: s.cfg.Inboxes.WatchDesk(k.self, deskSink{k}), views: make(map[string]func())}
		k.mu.Lock()
		k.agent = side
		k.mu.Unlock()
	}
	if s.cfg.Offers == nil {
		return
	}
	open, err := s.cfg.Offers.Offers(ctx, k.self)
	if err != nil {
		s.log.WarnContext(ctx, "open offers are not shown", "agent", k.self.ID, "error", err)
		return
	}
	for i := range open {
		k.send("offer", offerFrame(&open[i]))
	}
}

// mark notes how far the client has a conversation's log.
func (k *socket) mark(ctx context.Context, m *frame.Watermark) error {
	return k.server.cfg.Chat.Mark(ctx, k.self, m.GetConv(), chat.Progress{Delivered: m.GetDelivered(), Read: m.GetRead()})
}

// marks returns how far the sides have a conversation's log, for resumed.
func (k *socket) marks(ctx context.Context, conv string) []*frame.Watermark {
	m, err := k.server.cfg.Chat.Marks(ctx, k.self, conv)
	if err != nil { // the rows are there: what is missing comes with the next mark
		if ctx.Err() != nil {
			return nil
		}
		k.server.log.WarnContext(ctx, "watermarks are not shown", "conversation", conv, "error", err)
		return nil
	}
	var out []*frame.Watermark
	add := func(kind chat.AuthorKind, id string, p chat.Progress) {
		if p != (chat.Progress{}) {
			out = append(out, &frame.Watermark{Author: &frame.Author{Kind: string(kind), Id: id}, Delivered: p.Delivered, Read: p.Read})
		}
	}
	add(chat.AuthorVisitor, "", m.Visitor)
	add(chat.AuthorAgent, "", m.Agents)
	if k.kind == kindAgent {
		add(chat.AuthorAgent, k.self.ID, chat.Progress{Delivered: m.Own, Read: m.Own})
	}
	return out
}

// edit changes or removes an own message, and acknowledges it after the commit.
func (k *socket) edit(ctx context.Context, e *frame.Edit) error {
	s := k.server
	if k.kind == kindVisitor {
		if err := s.sendLimit.take(k.self.ID); err != nil {
			s.metrics.rateLimited.WithLabelValues("edit").Inc()
			return err
		}
	}
	row, err := s.cfg.Chat.Edit(ctx, k.self, chat.Edit{
		Conversation: e.GetConv(), CID: e.GetCid(), Seq: e.GetSeq(), Content: e.GetContent(), Remove: e.GetRemove(),
	})
	if err != nil {
		return s.orGone(ctx, k.visitor(), err)
	}
	k.send("ack", &frame.ServerFrame{Frame: &frame.ServerFrame_Ack{Ack: &frame.Ack{
		Conv: e.GetConv(), Cid: e.GetCid(), Seq: row.Seq, Time: timestamppb.New(row.Time),
	}}})
	return nil
}

// viewing notes that the agent has a conversation on the screen, or no more.
func (k *socket) viewing(ctx context.Context, v *frame.Viewing) error {
	id, ok := chat.CanonicalID(v.GetConv())
	if !ok {
		return chat.ErrNotFound
	}
	k.mu.Lock()
	if k.agent == nil { // no hub: nobody to tell
		k.mu.Unlock()
		return nil
	}
	stop := k.agent.views[id]
	delete(k.agent.views, id)
	full := len(k.agent.views) >= maxViews
	k.mu.Unlock()
	if !v.GetOn() {
		if stop != nil {
			stop()
		}
		return nil
	}
	if full {
		if stop != nil {
			stop()
		}
		return fmt.Errorf("%w: viewing: at most %d conversations", chat.ErrInvalid, maxViews)
	}
	next, err := k.server.cfg.Chat.View(ctx, k.self, id)
	if stop != nil { // after the new one: who says it again is not seen to leave
		stop()
	}
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.agent.views[id] = next // the side is there until this frame is handled
	k.mu.Unlock()
	return nil
}

// showViewers tells an inbox who has what open.
func (k *socket) showViewers() {
	for conv, agents := range k.server.cfg.Inboxes.Viewing(k.self.Scope) {
		k.send("viewing", viewingFrame(conv, agents))
	}
}

// answer passes an agent's answer to an offer on.
func (k *socket) answer(ctx context.Context, a *frame.Answer) error {
	if k.server.cfg.Offers == nil {
		return fmt.Errorf("offer: %w", identity.ErrNotFound)
	}
	end, err := k.server.cfg.Offers.Answer(ctx, k.self, a.GetOffer(), a.GetAccept())
	if err != nil {
		return err
	}
	f := signalFrame(&chat.Signal{OfferEnd: &end})
	k.send("offer_end", f)
	return nil
}

// setPresence stores the presence that the agent chose, and says how it is now.
func (k *socket) setPresence(ctx context.Context, p *frame.SetPresence) error {
	if err := k.server.cfg.Presence.Set(ctx, k.self, p.GetPresence(), p.GetReason()); err != nil {
		return err
	}
	stand, err := k.server.cfg.Accounts.Standing(ctx, k.self.ID)
	if err != nil {
		return fmt.Errorf("read how the agent stands: %w", err)
	}
	f := signalFrame(&chat.Signal{Presence: &chat.PresenceSignal{
		Agent: chat.Author{Kind: chat.AuthorAgent, ID: k.self.ID, Name: k.self.Name}, Presence: stand.Presence, Reason: stand.Reason,
		Active: stand.Active, Cap: stand.Cap,
	}})
	k.send("presence", f)
	return nil
}

// showQueue tells a visitor who waits where they stand: later changes come by themselves.
func (k *socket) showQueue(ctx context.Context, conv string) {
	q, err := k.server.cfg.Chat.QueuePosition(ctx, k.self, conv)
	if err != nil {
		if !errors.Is(err, chat.ErrNotFound) {
			k.server.log.WarnContext(ctx, "queue position is not shown", "conversation", conv, "error", err)
		}
		return
	}
	sig := &chat.QueueSignal{Conversation: conv, Position: q.Position, Waiting: q.Waiting}
	if q.Expected != nil {
		sig.Expected = *q.Expected
	}
	f := signalFrame(&chat.Signal{Queue: sig})
	k.send("queue", f)
}
