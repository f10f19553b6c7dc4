package web

import (
	"context"
	"errors"
	"fmt"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/web/frame"
)

const (
	// maxFollows bounds the conversations one socket follows: a visitor's few, an agent's day.
	maxVisitorFollows = 20
	maxAgentFollows   = 10_000
	// resumePage is how many rows of a backlog are read at once.
	resumePage = 500
)

// handle answers one frame.
func (k *socket) handle(f *frame.ClientFrame) {
	ctx, cancel := context.WithTimeout(k.ctx, frameTimeout)
	defer cancel()
	about := subject(f)
	if err := k.permit(ctx, f); err != nil {
		k.failFor(err, about)
		if errors.Is(err, errFirstFrame) {
			k.end(closeUnauthenticated)
		}
		return
	}
	var err error
	switch body := f.GetFrame().(type) {
	case *frame.ClientFrame_Hello:
		k.hello(ctx, body.Hello)
		return
	case *frame.ClientFrame_Resume:
		if err = k.within(); err == nil {
			err = k.resume(ctx, body.Resume)
		}
	case *frame.ClientFrame_Typing:
		if k.within() == nil { // one signal too many is dropped: it is never certain to arrive
			err = k.typing(ctx, body.Typing)
		}
	case *frame.ClientFrame_Mark:
		if k.within() == nil { // likewise: the next one says more
			err = k.mark(ctx, body.Mark)
		}
	case *frame.ClientFrame_Edit:
		err = k.edit(ctx, body.Edit)
	case *frame.ClientFrame_Viewing:
		if err = k.within(); err == nil {
			err = k.viewing(ctx, body.Viewing)
		}
	case *frame.ClientFrame_Answer:
		if err = k.within(); err == nil {
			err = k.answer(ctx, body.Answer)
		}
	case *frame.ClientFrame_Presence:
		if err = k.within(); err == nil {
			err = k.setPresence(ctx, body.Presence)
		}
	}
	if err != nil {
		k.failFor(err, about)
	}
}

// about is what an error names of the frame that it answers.
type about struct{ conv, cid, offer string }

func subject(f *frame.ClientFrame) about {
	switch body := f.GetFrame().(type) {
	case *frame.ClientFrame_Send:
		return about{conv: body.Send.GetConv(), cid: body.Send.GetCid()}
	case *frame.ClientFrame_Resume:
		return about{conv: body.Resume.GetConv()}
	case *frame.ClientFrame_Typing:
		return about{conv: body.Typing.GetConv()}
	case *frame.ClientFrame_Mark:
		return about{conv: body.Mark.GetConv()}
	case *frame.ClientFrame_Edit:
		return about{conv: body.Edit.GetConv(), cid: body.Edit.GetCid()}
	case *frame.ClientFrame_Viewing:
		return about{conv: body.Viewing.GetConv()}
	case *frame.ClientFrame_Answer:
		return about{offer: body.Answer.GetOffer()}
	}
	return about{}
}

// permit is the one place where a frame's permission is enforced.
func (k *socket) permit(ctx context.Context, f *frame.ClientFrame) error {
	p, ok := framePermission(k.kind, f)
	if !ok {
		return fmt.Errorf("a frame for agents: %w", identity.ErrForbidden)
	}
	if p == identity.PermPublic {
		return nil
	}
	if !k.isReady() {
		return errFirstFrame
	}
	return k.server.cfg.Authorizer.Authorize(ctx, k.self, p)
}

// hello finds out who the client is. Without that the socket ends.
func (k *socket) hello(ctx context.Context, h *frame.ClientHello) {
	if k.isReady() {
		k.fail(errBadFrame, "", "")
		return
	}
	var answer *frame.ServerHello
	var err error
	waits := false
	if k.kind == kindVisitor {
		answer, waits, err = k.helloVisitor(ctx, h)
	} else {
		answer, err = k.helloAgent(ctx, h)
	}
	if err != nil {
		k.fail(err, "", "")
		switch {
		case errors.Is(err, identity.ErrUnauthenticated), errors.Is(err, identity.ErrCSRF):
			k.end(closeUnauthenticated)
		case errors.Is(err, identity.ErrForbidden):
			k.end(closeForbidden)
		default:
			k.end(closeUnavailable)
		}
		return
	}
	answer.LogEpoch = k.server.cfg.Chat.LogEpoch()
	answer.PingS = uint32(max(k.server.cfg.PingEvery/time.Second, 1))
	k.send("hello", &frame.ServerFrame{Frame: &frame.ServerFrame_Hello{Hello: answer}})
	if k.kind == kindAgent {
		k.sitDown(ctx)
	}
	k.resumeAll(ctx, h.GetResume())
	if waits {
		k.showQueue(ctx, answer.GetConv())
	}
}

// resumeAll answers a hello's resumes. Each counts as a frame of its own would:
// made-up ids cost reads as well.
func (k *socket) resumeAll(ctx context.Context, all []*frame.Resume) {
	for i, r := range all {
		err := k.within()
		if err == nil && k.kind == kindVisitor && i >= maxVisitorFollows {
			err = errManyFollows
		}
		if err == nil {
			err = k.resume(ctx, r)
		}
		if err != nil {
			k.fail(err, r.GetConv(), "")
		}
	}
}

func (k *socket) helloVisitor(ctx context.Context, h *frame.ClientHello) (answer *frame.ServerHello, waits bool, err error) {
	s := k.server
	claims, err := s.cfg.Visitors.Verify(h.GetToken())
	if err != nil {
		return nil, false, err
	}
	contact, conv, err := s.cfg.Chat.StartVisitor(ctx, chat.StartRequest{Site: s.siteKey(ctx, claims.Site), Contact: claims.Contact, Existing: true})
	if errors.Is(err, identity.ErrNotFound) || errors.Is(err, chat.ErrNotFound) || (err == nil && (contact.ID != claims.Contact || contact.Identified && !claims.Identified)) {
		err = identity.ErrTokenInvalid // the site or the visitor was erased, or the visitor has moved into another contact
	}
	if err != nil {
		return nil, false, err
	}
	online, err := s.cfg.Chat.AgentsOnline(ctx, conv.Site, conv.Department)
	if err != nil {
		return nil, false, fmt.Errorf("count agents: %w", err)
	}
	actor := claims.Actor()
	actor.Name = contact.Name
	k.accept(actor, claims.ExpiresAt)
	return &frame.ServerHello{
		Conv: conv.ID, Self: &frame.Author{Kind: string(chat.AuthorVisitor), Id: contact.ID, Name: contact.Name}, AgentsOnline: online > 0,
	}, conv.Owner == chat.OwnerQueue && conv.Status == chat.StatusOpen, nil
}

func (k *socket) helloAgent(ctx context.Context, h *frame.ClientHello) (*frame.ServerHello, error) {
	s := k.server
	session, err := s.cfg.Sessions.Open(ctx, k.cookie)
	if err != nil {
		return nil, err
	}
	if !sameText(h.GetCsrf(), session.CSRF) {
		return nil, identity.ErrCSRF
	}
	actor := session.User.Actor()
	if err := s.cfg.Authorizer.Authorize(ctx, actor, identity.PermChatRead); err != nil {
		return nil, err
	}
	if _, err := s.cfg.Presence.Connect(ctx, actor); err != nil {
		return nil, fmt.Errorf("note presence: %w", err)
	}
	k.accept(actor, session.ExpiresAt)
	return &frame.ServerHello{Self: &frame.Author{Kind: string(chat.AuthorAgent), Id: actor.ID, Name: actor.Name}}, nil
}

func (k *socket) accept(actor identity.Actor, expires time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.self, k.expires, k.ready = actor, expires, true
}

// resume sends what a conversation has after a seq, and then follows it.
func (k *socket) resume(ctx context.Context, r *frame.Resume) error {
	if r.GetInbox() {
		return k.watchInbox()
	}
	id, ok := chat.CanonicalID(r.GetConv())
	if !ok {
		return chat.ErrNotFound
	}
	if err := k.makeRoom(id); err != nil {
		return err
	}
	k.follow(id, func() {}) // from now on the inbox leaves it alone
	last, stop, err := k.server.cfg.Chat.FollowEnd(ctx, k.self, id, r.GetAfterSeq(), follower{k})
	if errors.Is(err, chat.ErrBehind) {
		var after uint32
		if after, err = k.catchUp(ctx, id, r.GetAfterSeq()); err == nil {
			last, stop, err = k.server.cfg.Chat.Follow(ctx, k.self, id, after, follower{k})
		}
	}
	if err != nil {
		k.unfollow(id)
		return k.server.orGone(ctx, k.visitor(), err)
	}
	if !k.keep(id, stop) { // it left the scope just now
		stop()
		return chat.ErrNotFound
	}
	resumed := &frame.Resumed{Conv: r.GetConv(), LastSeq: last}
	if last > 0 { // of an empty log nobody has anything
		resumed.Marks = k.marks(ctx, id)
	}
	k.send("resumed", &frame.ServerFrame{Frame: &frame.ServerFrame_Resumed{Resumed: resumed}})
	return nil
}

func (k *socket) follow(id string, stop func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.follows[id] = stop
}

// keep is follow for a conversation that is followed already. It reports whether it still is.
func (k *socket) keep(id string, stop func()) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, ok := k.follows[id]
	if ok {
		k.follows[id] = stop
	}
	return ok
}

func (k *socket) unfollow(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.follows, id)
}

// makeRoom ends an earlier resume of the conversation, and keeps the number of
// conversations bounded.
func (k *socket) makeRoom(id string) error {
	k.mu.Lock()
	stops := append(k.left, k.follows[id])
	k.left = nil
	delete(k.follows, id)
	limit := maxAgentFollows
	if k.kind == kindVisitor {
		limit = maxVisitorFollows
	}
	full := len(k.follows) >= limit
	k.mu.Unlock()
	for _, stop := range stops {
		if stop != nil {
			stop()
		}
	}
	if full {
		return errManyFollows
	}
	return nil
}

// catchUp sends what the log has after a seq as fast as the client takes it.
// Only what is written meanwhile is left to Follow, which does not wait: a
// backlog beyond the socket's budget would end it as slow.
func (k *socket) catchUp(ctx context.Context, conv string, after uint32) (last uint32, err error) {
	for {
		rows, err := k.server.cfg.Chat.History(ctx, k.self, conv, after, 0, resumePage)
		if err != nil {
			return 0, err
		}
		for i := range rows {
			f := &frame.ServerFrame{Frame: &frame.ServerFrame_Event{Event: eventOf(&rows[i])}}
			k.send("event", f)
			after = rows[i].Seq
			if err := k.waitForRoom(ctx); err != nil {
				return 0, err
			}
		}
		if len(rows) < resumePage {
			return after, nil
		}
	}
}

// waitForRoom waits while more than half of the budget is taken.
func (k *socket) waitForRoom(ctx context.Context) error {
	if k.out.backlog() <= k.out.budget/2 {
		return nil
	}
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for k.out.backlog() > k.out.budget/2 {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the client to read: %w", context.Cause(ctx))
		case <-poll.C:
		}
	}
	return nil
}

func (k *socket) watchInbox() error {
	if k.kind != kindAgent || k.server.cfg.Inboxes == nil {
		return fmt.Errorf("inbox: %w", identity.ErrForbidden)
	}
	k.mu.Lock()
	watching := k.inbox != nil
	if !watching {
		k.seen = newRecent()
	}
	k.mu.Unlock()
	if !watching {
		stop := k.server.cfg.Inboxes.WatchInbox(k.self.Scope, inboxSink{k})
		k.mu.Lock()
		k.inbox = stop
		k.mu.Unlock()
	}
	k.send("resumed", &frame.ServerFrame{Frame: &frame.ServerFrame_Resumed{Resumed: &frame.Resumed{Inbox: true}}})
	if !watching {
		k.showViewers()
	}
	return nil
}

// typing passes a signal on. One that reaches nobody is no error: it is never
// certain to arrive.
func (k *socket) typing(ctx context.Context, t *frame.Typing) error {
	id, ok := chat.CanonicalID(t.GetConv())
	if !ok {
		return chat.ErrNotFound
	}
	err := k.server.cfg.Chat.Typing(ctx, k.self, id, t.GetOn())
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	return err
}

// follower is the sink of a followed conversation. It is called under the
// follower's lock and must not block: the outbox decides.
type follower struct{ k *socket }

var _ chat.Leaver = follower{}

// Deliver implements chat.Sink.
func (f follower) Deliver(u *chat.Update) { f.k.deliver(u) }

// Left implements chat.Leaver. An agent's conversation comes by the inbox again,
// should it come back. A visitor's is another contact's now, and their token no
// longer good; or it was deleted, which takes a read to know.
func (f follower) Left(conv string, row *chat.Row) {
	k := f.k
	k.mu.Lock()
	stop, followed := k.follows[conv]
	if !followed { // the socket has ended
		k.mu.Unlock()
		return
	}
	delete(k.follows, conv)
	k.left = append(k.left, stop) // not now: the follower holds its lock
	if row != nil && k.seen != nil {
		k.seen.first(conv, row.Seq) // it came this way
	}
	if row == nil && k.kind == kindVisitor { // under mu: the reader has not ended, and the group has not been waited for
		k.server.sockets.wg.Go(func() {
			defer k.rescue()
			ctx, cancel := context.WithTimeout(k.ctx, frameTimeout)
			defer cancel()
			k.fail(k.server.orGone(ctx, k.self.ID, chat.ErrNotFound), conv, "")
		})
	}
	k.mu.Unlock()
	if row != nil {
		k.leftBy(row)
	}
}

// inboxSink is the sink of an agent's inbox. What the socket follows by itself
// comes only that way.
type inboxSink struct{ k *socket }

// Deliver implements chat.Sink.
func (i inboxSink) Deliver(u *chat.Update) {
	if u.Row == nil && !forInbox(u.Signal, i.k.self) {
		return
	}
	conv := ""
	if u.Row != nil {
		conv = u.Row.Conversation
	} else {
		conv = u.Signal.Conversation()
	}
	i.k.mu.Lock()
	_, followed := i.k.follows[conv]
	fresh := !followed && (u.Row == nil || i.k.seen.first(conv, u.Row.Seq))
	i.k.mu.Unlock()
	if fresh {
		i.k.deliver(u)
	}
}

func (k *socket) deliver(u *chat.Update) {
	if u.Row == nil {
		k.show(u)
		return
	}
	if k.leftBy(u.Row) {
		return
	}
	if b := encodeUpdate(k.format, u); len(b) > 0 {
		own := u.Row.Author.ID == k.self.ID && k.sends.storing(u.Row.CID)
		k.queue("event", b, own) // its ack follows at once: one write for both
	}
}

// tend is the wheel's turn at a socket: it ends when its credential does, and is
// pinged otherwise.
func (s *Server) tend(k *socket) {
	k.mu.Lock()
	ready, expires := k.ready, k.expires
	k.mu.Unlock()
	if !ready { // the hello timer has it
		return
	}
	if !s.clock().Before(expires) {
		k.fail(identity.ErrTokenExpired, "", "")
		k.end(closeExpired)
		return
	}
	s.sockets.wg.Go(k.ping)
}

// ping asks whether the peer is there, and whether an agent is still signed in
// with the same rights.
func (k *socket) ping() {
	s := k.server
	ctx, cancel := context.WithTimeout(k.ctx, min(s.cfg.PingEvery, 10*time.Second))
	defer cancel()
	if k.kind == kindAgent && !k.stillSignedIn(ctx) {
		return
	}
	began := time.Now()
	if err := k.conn.Ping(ctx); err != nil {
		if k.ctx.Err() == nil {
			k.end(closeSilent)
		}
		return
	}
	s.metrics.pingRTT.Observe(time.Since(began).Seconds())
}
