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
// whatever they choose, they keep those in hand, but for offline: after the grace
// theirs go back to the queue.
const (
	Online    = "online"
	Away      = "away"
	Invisible = "invisible" // signed in and given nothing; colleagues see them away
	Offline   = "offline"
)

// Lost is an agent whose last node is gone, or who was never seen again, or who chose to be offline.
type Lost struct {
	User  string
	Node  string // empty: none
	Chose bool   // they are there, and chose to be offline
}

// LeaseStore keeps which nodes live.
type LeaseStore interface {
	// RenewLease says that the node lives, for the given time, and what it is. Agents with a socket on it whose own node died are its from then on.
	RenewLease(ctx context.Context, node Node, lease time.Duration) (Lease, error)
}

// PresenceStore keeps who is there.
type PresenceStore interface {
	LeaseStore
	// SetPresence stores the presence that an agent chose and returns it; one who
	// is with another living node stays there. "" brings them to this node and
	// keeps what they chose, online at first. reason is why they are away. identity.ErrNotFound.
	SetPresence(ctx context.Context, user, node, presence, reason string) (string, error)
	// Leaving says that these agents have no socket on the node any more: from its commit on they are given nothing, unless
	// another living node has a socket of theirs, whose they are then. They keep what they chose and have in hand.
	Leaving(ctx context.Context, node string, users []string) error
	// Leave takes the agent offline, unless another node than lost.Node has them by now or a socket of theirs. What they chose is kept.
	Leave(ctx context.Context, lost Lost) error
	// Lost returns agents who did not leave and whose node's lease ended more than grace ago, and those of this node who
	// chose to be offline more than grace ago and have held what they hold for as long.
	Lost(ctx context.Context, node string, grace time.Duration) ([]Lost, error)
	// HeldBy returns the conversations that the agent holds, those that waited longest last; none if another node than lost.Node has them by
	// now or a socket of theirs, or if they chose otherwise.
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
	// Look is how often agents who are gone are looked for. Defaults to Renew.
	Look time.Duration
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
	wake    chan struct{} // 1: somebody left, or is to be brought back

	mu     sync.Mutex // guards agents
	agents map[string]*attendance
}

// attendance is one agent's sockets on this node.
type attendance struct {
	sockets int
	leftAt  time.Time // when the last one closed; zero while there is one
	unsaid  bool      // the store does not know yet that they have none
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
	defaultTo(&cfg.Look, cfg.Renew)
	defaultTo(&cfg.Grace, 30*time.Second)
	if cfg.Renew < 0 || cfg.Look < 0 || cfg.Grace < 0 {
		return nil, errors.New("presence: Renew, Look and Grace must not be negative")
	}
	p := &Presence{cfg: cfg, started: cfg.Clock(), wake: make(chan struct{}, 1), agents: make(map[string]*attendance)}
	if err := p.renew(ctx); err != nil {
		return nil, fmt.Errorf("take node lease: %w", err)
	}
	return p, nil
}

// Run renews the lease and looks for agents who are gone until ctx ends; then
// the lease ends too, so that other nodes need not wait. The two go on beside each
// other: however many agents are gone, the lease is renewed in time.
func (p *Presence) Run(ctx context.Context) error {
	var wait sync.WaitGroup
	wait.Go(func() { p.attend(ctx) })
	t := time.NewTicker(p.cfg.Renew)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if err := p.renew(ctx); err != nil && ctx.Err() == nil {
				p.cfg.Logger.Warn("cannot renew the node's lease", "error", err)
			}
		case <-ctx.Done():
			wait.Wait()
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
	a.leftAt, a.unsaid = time.Time{}, false
	p.mu.Unlock()
	presence, err := p.cfg.Store.SetPresence(ctx, agent.ID, p.cfg.Node, "", "")
	if err != nil {
		p.Disconnect(agent)
		return "", fmt.Errorf("connect agent: %w", err)
	}
	p.cfg.Changed(agent.ID)
	return presence, nil
}

// Disconnect counts a socket of the agent out. Without any they are given nothing
// new; after the grace they are offline and their conversations wait for somebody else.
func (p *Presence) Disconnect(agent identity.Actor) { p.countOut(agent, p.cfg.Clock()) }

// SignOut is Disconnect for an agent who said that they go: nobody waits for the
// grace. With another socket on this or another node they are still there.
func (p *Presence) SignOut(agent identity.Actor) { p.countOut(agent, p.cfg.Clock().Add(-p.cfg.Grace)) }

func (p *Presence) countOut(agent identity.Actor, leftAt time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.agents[agent.ID]; a != nil && a.sockets > 0 {
		if a.sockets--; a.sockets == 0 {
			a.leftAt, a.unsaid = leftAt, true
			signal(p.wake)
		}
	}
}

// Set stores the presence that the agent chose: [Online], [Away], [Invisible] or
// [Offline], with a reason for colleagues where they are away. Conversations in
// hand stay, for the grace where it is offline. Without a socket it lasts for the
// grace, as after a disconnect.
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
	ctx, cancel := context.WithTimeout(ctx, 3*p.cfg.Renew)
	defer cancel()
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
		signal(p.wake)
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
