package chat

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"frontdesk/internal/identity"
)

const (
	// roundTimeout bounds a look for agents who are gone: what it did not reach is the next one's.
	roundTimeout = 20 * time.Second
	// releaseRounds is how often an agent's conversations are read and released in one go.
	releaseRounds = 3
)

// attend looks for agents who left until ctx ends.
func (p *Presence) attend(ctx context.Context) {
	t := time.NewTicker(p.cfg.Look)
	defer t.Stop()
	for {
		look := p.news
		select {
		case <-p.wake:
		case <-t.C:
			look = p.tick
		case <-ctx.Done():
			return
		}
		if err := look(ctx); err != nil && ctx.Err() == nil {
			p.cfg.Logger.Warn("presence is not up to date", "error", err)
		}
	}
}

// tick is one round. Agents of dead nodes are looked for only after this node
// has lived for the grace: when all nodes were down, agents get the time to come back.
// Every living node looks for them, each in an order of its own; one whose
// conversations cannot be released holds up none of the others.
func (p *Presence) tick(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	errs := []error{p.sayLeft(ctx)}
	gone := p.gone()
	if p.cfg.Clock().Sub(p.started) >= p.cfg.Grace {
		lost, err := p.cfg.Store.Lost(ctx, p.cfg.Node, p.cfg.Grace)
		errs = append(errs, err)
		for _, l := range lost {
			if l.Chose || !p.here(l.User) {
				gone = append(gone, l)
			}
		}
	}
	rand.Shuffle(len(gone), func(i, j int) { gone[i], gone[j] = gone[j], gone[i] }) //nolint:gosec // an order, no secret
	for _, l := range gone {
		if ctx.Err() != nil { // the rest next time
			break
		}
		if err := p.release(ctx, l); err != nil {
			errs = append(errs, fmt.Errorf("agent %s: %w", l.User, err))
		}
	}
	return errors.Join(append(errs, p.restore(ctx))...)
}

// news stores who left and who came back.
func (p *Presence) news(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	return errors.Join(p.sayLeft(ctx), p.restore(ctx))
}

// sayLeft stores who has no socket on this node any more, all at once. Those who
// came while it did are owed: which of the two was stored last, nobody knows.
func (p *Presence) sayLeft(ctx context.Context) error {
	var users []string
	p.mu.Lock()
	for user, a := range p.agents {
		if a.unsaid {
			a.unsaid = false
			users = append(users, user)
		}
	}
	p.mu.Unlock()
	if len(users) == 0 {
		return nil
	}
	err := p.cfg.Store.Leaving(ctx, p.cfg.Node, users)
	p.mu.Lock()
	for _, user := range users {
		switch a := p.agents[user]; {
		case a == nil:
		case a.sockets > 0:
			a.owed = true
		case err != nil: // said again by the next round
			a.unsaid = true
		}
	}
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("store who left: %w", err)
	}
	for _, user := range users {
		p.cfg.Changed(user)
	}
	return nil
}

// gone returns the agents whose grace is over.
func (p *Presence) gone() (gone []Lost) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.cfg.Clock()
	for user, a := range p.agents {
		if a.sockets == 0 && now.Sub(a.leftAt) >= p.cfg.Grace {
			gone = append(gone, Lost{User: user, Node: p.cfg.Node})
		}
	}
	return gone
}

// here reports whether the agent has a socket on this node, or had within the grace.
func (p *Presence) here(user string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.agents[user] != nil
}

// release puts the agent's conversations back to the head of the queue, each
// with a visible line, and takes the agent offline: first they are given nothing
// more, and nobody forgets them before they hold nothing. A round that fails midway
// is repeated by the next.
func (p *Presence) release(ctx context.Context, l Lost) error {
	if l.Node == p.cfg.Node && !l.Chose {
		if p.came(l.User) {
			return nil
		}
		err := p.cfg.Store.Leaving(ctx, l.Node, []string{l.User})
		if p.came(l.User) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("give nothing more to a lost agent: %w", err)
		}
		p.cfg.Changed(l.User)
	}
	released := 0
	for round := 0; ; round++ { // what was being committed to them is seen by the second
		held, err := p.cfg.Store.HeldBy(ctx, l)
		if err != nil {
			return fmt.Errorf("read conversations of a lost agent: %w", err)
		}
		if len(held) == 0 {
			break
		}
		if round == releaseRounds {
			return fmt.Errorf("a lost agent still holds %d conversations", len(held))
		}
		for _, conv := range held {
			if !l.Chose && p.connected(l.User) {
				return nil
			}
			if err := p.toQueue(ctx, l.User, conv); err != nil {
				return err
			}
			released++
		}
	}
	if l.Chose {
		p.cfg.Logger.Info("agent is offline", "agent", l.User, "released", released)
		return nil
	}
	if p.connected(l.User) {
		return nil
	}
	err := p.cfg.Store.Leave(ctx, l)
	if p.came(l.User) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take agent offline: %w", err)
	}
	p.mu.Lock()
	if a := p.agents[l.User]; a != nil && a.sockets == 0 && p.cfg.Clock().Sub(a.leftAt) >= p.cfg.Grace { // not one who came and went, or chose, just now
		delete(p.agents, l.User)
	}
	p.mu.Unlock()
	p.cfg.Changed(l.User)
	p.cfg.Logger.Info("agent is gone", "agent", l.User, "released", released)
	return nil
}

// toQueue puts one conversation of a lost agent back to the head of the queue.
func (p *Presence) toQueue(ctx context.Context, user, conv string) error {
	const reason = "agent_gone"
	_, _, err := p.cfg.Chat.Append(ctx, identity.Everything(), Entry{
		Conversation: conv, CID: NewID(p.cfg.Clock()), Author: Author{Kind: AuthorSystem}, Kind: KindReleased,
		Data:   Data{Reason: reason},
		Change: &Change{Act: ActRelease, From: user, Head: true, Reason: reason},
	})
	if err != nil && !errors.Is(err, ErrStale) && !errors.Is(err, ErrResolved) {
		return fmt.Errorf("release conversation of a lost agent: %w", err)
	}
	return nil
}

// came reports whether the agent has a socket on this node by now; they are then
// stored again: which of the two was stored last, nobody knows.
func (p *Presence) came(user string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.agents[user]
	if a == nil || a.sockets == 0 {
		return false
	}
	a.owed = true
	return true
}

// connected reports whether the agent has a socket on this node.
func (p *Presence) connected(user string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.agents[user]
	return a != nil && a.sockets > 0
}

// restore brings back those who came back while they were taken offline. What
// fails is repeated by the next round.
func (p *Presence) restore(ctx context.Context) error {
	var owed []string
	p.mu.Lock()
	for user, a := range p.agents {
		if a.owed && a.sockets > 0 {
			owed = append(owed, user)
		}
		a.owed = false // who has left again is stored as that
	}
	p.mu.Unlock()
	var errs []error
	for _, user := range owed {
		_, err := p.cfg.Store.SetPresence(ctx, user, p.cfg.Node, "", "")
		switch {
		case err == nil:
			p.cfg.Changed(user)
		case errors.Is(err, identity.ErrNotFound): // the account is gone
		default:
			errs = append(errs, fmt.Errorf("bring agent %s back online: %w", user, err))
			p.mu.Lock()
			if a := p.agents[user]; a != nil {
				a.owed = true
			}
			p.mu.Unlock()
		}
	}
	return errors.Join(errs...)
}
