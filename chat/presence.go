package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"frontdesk/internal/identity"
)

// The presences an agent can have. Only online agents are given conversations;
// whatever they choose, they keep those in hand.
const (
	Online    = "online"
	Away      = "away"
	Invisible = "invisible" // signed in and given nothing; colleagues see them away
	Offline   = "offline"
)

// Lost is an agent whose last node is gone, or who was never seen again.
type Lost struct {
	User string
	Node string // empty: none
}

// PresenceStore keeps who is there.
type PresenceStore interface {
	// RenewLease says that the node lives, for the given time, and what it is. Agents with a socket on it whose own node died are its from then on.
	RenewLease(ctx context.Context, node Node, lease time.Duration) (Lease, error)
	// SetPresence stores the presence that an agent chose and returns it; one who
	// is with another living node stays there. "" brings them to this node and
	// keeps what they chose, online at first. reason is why they are away. identity.ErrNotFound.
	SetPresence(ctx context.Context, user, node, presence, reason string) (string, error)
	// Leave takes the agent offline, unless another node than lost.Node has them by now or a socket of theirs. What they chose is kept.
	Leave(ctx context.Context, lost Lost) error
	// Lost returns agents who did not leave and whose node's lease ended more than grace ago.
	Lost(ctx context.Context, grace time.Duration) ([]Lost, error)
	// HeldBy returns the open conversations that the agent holds; none if another node than lost.Node has them by now or a socket of theirs.
	HeldBy(ctx context.Context, lost Lost) ([]string, error)
}

// PresenceConfig of a [Presence].
type PresenceConfig struct {
	// Store keeps presence. Required.
	Store PresenceStore
	// Chat releases the conversations of an agent who is gone. Required.
	Chat *Service
	// Node is this process's id, a UUID. Defaults to a new one.
	Node string
	// Name, Address and Version are what people see of this node. Default to "".
	Name, Address, Version string
	// Logger defaults to slog.Default().
	Logger *slog.Logger
	// Clock defaults to time.Now.
	Clock func() time.Time
	// Renew is how often the lease is renewed; it lasts three times as long. Defaults to 2 s.
	Renew time.Duration
	// Changed is told whose presence was stored, on this node; it must not block. Nil: nobody asks.
	Changed func(user string)
	// Grace is how long a disconnected agent keeps presence and conversations. Defaults to 30 s.
	Grace time.Duration
}

// Presence knows which agents have a socket on this node, and puts the
// conversations of one who is gone back to the head of the queue.
type Presence struct {
	cfg     PresenceConfig
	started time.Time

	mu     sync.Mutex // guards agents
	agents map[string]*attendance
}

// attendance is one agent's sockets on this node.
type attendance struct {
	sockets int
	leftAt  time.Time // when the last one closed; zero while there is one
	owed    bool      // they came back while they were taken offline: to be stored again
}

// NewPresence takes this node's first lease.
func NewPresence(ctx context.Context, cfg PresenceConfig) (*Presence, error) {
	if cfg.Store == nil || cfg.Chat == nil {
		return nil, errors.New("presence: Store and Chat are required")
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Node == "" {
		cfg.Node = NewID(cfg.Clock())
	}
	if cfg.Changed == nil {
		cfg.Changed = func(string) {}
	}
	defaultTo(&cfg.Renew, 2*time.Second)
	defaultTo(&cfg.Grace, 30*time.Second)
	if cfg.Renew < 0 || cfg.Grace < 0 {
		return nil, errors.New("presence: Renew and Grace must not be negative")
	}
	p := &Presence{cfg: cfg, started: cfg.Clock(), agents: make(map[string]*attendance)}
	if err := p.renew(ctx); err != nil {
		return nil, fmt.Errorf("take node lease: %w", err)
	}
	return p, nil
}

// Run renews the lease and looks for agents who are gone until ctx ends; then
// the lease ends too, so that other nodes need not wait.
func (p *Presence) Run(ctx context.Context) error {
	t := time.NewTicker(p.cfg.Renew)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if err := p.tick(ctx); err != nil && ctx.Err() == nil {
				p.cfg.Logger.Warn("presence is not up to date", "error", err)
			}
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.cfg.Renew)
			defer cancel()
			if _, err := p.cfg.Store.RenewLease(end, p.node(), 0); err != nil {
				p.cfg.Logger.Warn("cannot end the node's lease", "error", err)
			}
			return nil
		}
	}
}

// Connect counts a socket of the agent in, and returns their presence: the one
// they chose, on any node and however long ago, or online if they never chose.
func (p *Presence) Connect(ctx context.Context, agent identity.Actor) (string, error) {
	p.mu.Lock()
	a := p.agents[agent.ID]
	if a == nil {
		a = &attendance{}
		p.agents[agent.ID] = a
	}
	a.sockets++
	a.leftAt = time.Time{}
	p.mu.Unlock()
	presence, err := p.cfg.Store.SetPresence(ctx, agent.ID, p.cfg.Node, "", "")
	if err != nil {
		p.Disconnect(agent)
		return "", fmt.Errorf("connect agent: %w", err)
	}
	p.cfg.Changed(agent.ID)
	return presence, nil
}

// Disconnect counts a socket of the agent out. After the grace without any they
// are offline and their conversations wait for somebody else.
func (p *Presence) Disconnect(agent identity.Actor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.agents[agent.ID]; a != nil && a.sockets > 0 {
		if a.sockets--; a.sockets == 0 {
			a.leftAt = p.cfg.Clock()
		}
	}
}

// Set stores the presence that the agent chose: [Online], [Away], [Invisible] or
// [Offline], with a reason for colleagues where they are away. Conversations in
// hand stay. Without a socket it lasts for the grace, as after a disconnect.
func (p *Presence) Set(ctx context.Context, agent identity.Actor, presence, reason string) error {
	if err := permit(agent, identity.PermPresence); err != nil {
		return err
	}
	switch presence {
	case Away:
		if err := checkText("reason", reason, 200); err != nil {
			return err
		}
	case Online, Invisible, Offline:
		reason = ""
	default:
		return fmt.Errorf("%w: presence must be online, away, invisible or offline", ErrInvalid)
	}
	p.mu.Lock()
	if a := p.agents[agent.ID]; a == nil {
		p.agents[agent.ID] = &attendance{leftAt: p.cfg.Clock()}
	} else if a.sockets == 0 {
		a.leftAt = p.cfg.Clock()
	}
	p.mu.Unlock()
	if _, err := p.cfg.Store.SetPresence(ctx, agent.ID, p.cfg.Node, presence, reason); err != nil {
		return fmt.Errorf("set presence: %w", err)
	}
	p.cfg.Changed(agent.ID)
	return nil
}

func (p *Presence) renew(ctx context.Context) error {
	lease, err := p.cfg.Store.RenewLease(ctx, p.node(), 3*p.cfg.Renew)
	if err != nil {
		return err
	}
	p.cfg.Chat.noteLease(p.cfg.Node, lease)
	if lease.Lapsed { // cut off from the database for so long that others may have taken our agents for gone
		p.mu.Lock()
		for _, a := range p.agents {
			a.owed = a.sockets > 0
		}
		p.mu.Unlock()
	}
	return nil
}

// node is what this node says of itself now.
func (p *Presence) node() Node {
	agents := 0
	p.mu.Lock()
	for _, a := range p.agents {
		if a.sockets > 0 {
			agents++
		}
	}
	p.mu.Unlock()
	return Node{
		ID: p.cfg.Node, Name: p.cfg.Name, Address: p.cfg.Address, Version: p.cfg.Version, Up: p.cfg.Clock().Sub(p.started),
		Visitors: int(p.cfg.Chat.counts.visitors.Load()), Agents: agents, Reached: int(p.cfg.Chat.hub.lookout.reached.Load()),
	}
}

// tick is one round. Agents of dead nodes are looked for only after this node
// has lived for the grace: when all nodes were down, agents get the time to come back.
func (p *Presence) tick(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*p.cfg.Renew)
	defer cancel()
	if err := p.renew(ctx); err != nil {
		return err
	}
	gone := p.gone()
	if p.cfg.Clock().Sub(p.started) >= p.cfg.Grace {
		lost, err := p.cfg.Store.Lost(ctx, p.cfg.Grace)
		if err != nil {
			return err
		}
		for _, l := range lost {
			if !p.here(l.User) {
				gone = append(gone, l)
			}
		}
	}
	for _, l := range gone {
		if err := p.release(ctx, l); err != nil {
			return err
		}
	}
	return p.restore(ctx)
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
// with a visible line, and takes the agent offline. A round that fails midway is
// repeated by the next.
func (p *Presence) release(ctx context.Context, l Lost) error {
	held, err := p.cfg.Store.HeldBy(ctx, l)
	if err != nil {
		return fmt.Errorf("read conversations of a lost agent: %w", err)
	}
	const reason = "agent_gone"
	for _, conv := range held {
		if p.connected(l.User) {
			return nil
		}
		_, _, err := p.cfg.Chat.Append(ctx, identity.Everything(), Entry{
			Conversation: conv, CID: NewID(p.cfg.Clock()), Author: Author{Kind: AuthorSystem}, Kind: KindReleased,
			Data:   Data{Reason: reason},
			Change: &Change{Act: ActRelease, From: l.User, Head: true, Reason: reason},
		})
		if err != nil && !errors.Is(err, ErrStale) && !errors.Is(err, ErrResolved) {
			return fmt.Errorf("release conversation of a lost agent: %w", err)
		}
	}
	if p.connected(l.User) {
		return nil
	}
	err = p.cfg.Store.Leave(ctx, l)
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.agents[l.User]
	if a != nil && a.sockets > 0 { // they came back meanwhile: which of the two was stored last, nobody knows
		a.owed = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("take agent offline: %w", err)
	}
	if a != nil && p.cfg.Clock().Sub(a.leftAt) >= p.cfg.Grace { // not one who came and went, or chose, just now
		delete(p.agents, l.User)
	}
	p.cfg.Changed(l.User)
	p.cfg.Logger.Info("agent is gone", "agent", l.User, "released", len(held))
	return nil
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
		if a.owed {
			a.owed = false
			owed = append(owed, user)
		}
	}
	p.mu.Unlock()
	for i, user := range owed {
		if _, err := p.cfg.Store.SetPresence(ctx, user, p.cfg.Node, "", ""); err != nil {
			p.mu.Lock()
			for _, u := range owed[i:] {
				if a := p.agents[u]; a != nil {
					a.owed = true
				}
			}
			p.mu.Unlock()
			return fmt.Errorf("bring agent back online: %w", err)
		}
		p.cfg.Changed(user)
	}
	return nil
}
