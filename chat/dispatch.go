package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"frontdesk/chat/routing"
)

// DispatcherConfig of a [Dispatcher].
type DispatcherConfig struct {
	// Store is what it reads. Required.
	Store DispatchStore
	// Offers keeps what agents are asked to take. Required.
	Offers OfferStore
	// Loads is compared too, by one of the nodes that live. Nil: it is not.
	Loads LoadStore
	// Chat stores assignments, and shows them. Required.
	Chat *Service
	// Node is this process's id, as its lease has it. Required: nodes share the work by it.
	Node string
	// Room is where queue positions are read by others. Required.
	Room *WaitingRoom
	// WatchOnly keeps positions and explains, but gives nothing to anybody: agents claim by hand.
	WatchOnly bool
	// Strategies are those that sites' configurations may name: the store's and the pages' own. Nil = routing.BuiltIn.
	Strategies *routing.Strategies
	// Logger defaults to slog.Default().
	Logger *slog.Logger
	// Clock defaults to time.Now.
	Clock func() time.Time
	// Claims is how many assignments are committed at once. Defaults to 8.
	Claims int
	// Reconcile is how often memory is compared with the database. Defaults to 5 s.
	Reconcile time.Duration
	// Late is how long a node waits for another, whose turn it is, before it assigns itself. Defaults to 250 ms.
	Late time.Duration
	// Settle is how long a comparison lets rows that are on their way arrive. Defaults to 500 ms.
	Settle time.Duration
}

// Dispatcher gives what waits to agents, as package routing decides. One runs on
// every node: each keeps queue and desks in memory, told by the rows and signals of
// all nodes, and decides the same; the node that a conversation falls to commits,
// another only when that one is late. Whatever memory says, the commit is guarded:
// what it refuses is read again.
//
// Run's goroutine decides; a bounded number of others commit, which Run waits for.
type Dispatcher struct {
	cfg    DispatcherConfig
	chat   *Service
	log    *slog.Logger
	time   *databaseClock
	clock  func() time.Time // the database's time: time.now
	inbox  *inbox
	now    chan struct{} // 1: compare with the database now
	counts dispatchCounters

	mu        sync.Mutex // guards what follows
	engine    *routing.Engine
	loaded    bool
	convs     map[string]*known
	given     map[string]*given     // decided, not yet seen in the log
	offers    map[string]*Offer     // by conversation
	early     map[string]earlyOffer // bounded by what other nodes offer within earlyFor
	nodes     []string
	agentsAt  map[string]time.Time // when an agent was last read
	fetch     map[string]bool      // conversations to read
	refresh   map[string]bool      // agents to read; true: their presence changed here, colleagues are told
	refreshed bool                 // all agents and settings are to be read
	later     map[string]time.Time // conversations to read then
	retryAt   time.Time            // nothing is read before, after a failure
	loads     map[string]bool      // agents whose load changed here
	misplaced []string             // conversations whose place lists show wrongly
	moved     bool                 // positions are to be told
	toldAt    time.Time            // when they were last
}

// known is what is known of a conversation that waits or is in hand, and for a
// while of one that no longer is.
type known struct {
	seq     uint32 // of the last row that counted
	waits   bool
	over    bool      // neither waits nor is in hand
	learned time.Time // when it was last told
	queued  Queued    // while it waits
}

// given is a decision that is not yet seen in the log.
type given struct {
	queued  Queued
	agent   string
	name    string
	record  routing.Record
	reserve time.Duration // the agent is asked first
	at      time.Time
	due     time.Time // another node's turn: this node's from then on; zero = this node's
	busy    bool      // it is being committed
}

// NewDispatcher returns a dispatcher that does nothing before Run.
func NewDispatcher(cfg DispatcherConfig) (*Dispatcher, error) {
	if cfg.Store == nil || cfg.Offers == nil || cfg.Chat == nil || cfg.Room == nil || cfg.Node == "" {
		return nil, errors.New("dispatcher: Store, Offers, Chat, Room and Node are required")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	defaultTo(&cfg.Claims, 8)
	defaultTo(&cfg.Reconcile, 5*time.Second)
	defaultTo(&cfg.Late, 250*time.Millisecond)
	defaultTo(&cfg.Settle, 500*time.Millisecond)
	if cfg.Claims < 1 || cfg.Reconcile < 0 || cfg.Late < 0 || cfg.Settle < 0 {
		return nil, errors.New("dispatcher: Claims must be at least 1, Reconcile, Late and Settle not negative")
	}
	engine, err := routing.NewEngine(cfg.Strategies)
	if err != nil {
		return nil, fmt.Errorf("dispatcher: %w", err)
	}
	dbTime := newDatabaseClock(cfg.Clock)
	return &Dispatcher{
		cfg: cfg, chat: cfg.Chat, log: cfg.Logger, time: dbTime, clock: dbTime.now, inbox: newInbox(), now: make(chan struct{}, 1), engine: engine,
		convs: make(map[string]*known), given: make(map[string]*given), offers: make(map[string]*Offer), early: make(map[string]earlyOffer), fetch: make(map[string]bool),
		agentsAt: make(map[string]time.Time), refresh: make(map[string]bool), later: make(map[string]time.Time), loads: make(map[string]bool),
	}, nil
}

// Run decides until ctx ends; then it waits for what is being committed.
func (d *Dispatcher) Run(ctx context.Context) error {
	stop := d.chat.Hub().WatchAll(d.inbox)
	defer stop()
	w := &dispatchWork{d: d, results: make(chan func(), d.cfg.Claims), compared: make(chan comparison, 1)}
	defer w.wait.Wait()
	if !d.start(ctx) {
		return nil
	}
	tick := time.NewTicker(d.cfg.Reconcile)
	defer tick.Stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.inbox.wake:
		case <-timer.C:
		case done := <-w.results:
			done()
		case c := <-w.compared:
			d.settle(ctx, w, c)
		case <-d.now:
			w.compare(ctx)
		case <-tick.C:
			w.compare(ctx)
		}
		for again := true; again && ctx.Err() == nil; { // what came while the database was read is not left for later
			d.take()
			again = d.read(ctx)
		}
		d.decide(ctx, w)
		timer.Reset(d.next())
	}
}

// start reads everything, again each second until it succeeds; false when ctx ended first.
func (d *Dispatcher) start(ctx context.Context) bool {
	for {
		c := d.look(ctx)
		if c.err == nil {
			d.mu.Lock()
			d.adopt(c, true)
			d.loaded, d.moved = true, true
			d.mu.Unlock()
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		d.log.Warn("cannot read the queue, trying again", "error", c.err)
		pause(ctx, time.Second)
	}
}

// Reconcile has memory compared with the database now: after the bus was away.
func (d *Dispatcher) Reconcile() { signal(d.now) }

// AgentChanged says that an agent's presence was stored on this node. It does not block.
func (d *Dispatcher) AgentChanged(user string) { d.inbox.add(event{agent: user, told: true}) }

// Changed says that settings, skills or teams of a site were saved on this node:
// they are read again, here and on the other nodes.
func (d *Dispatcher) Changed(site int32) {
	d.chat.Signal(&Signal{Wake: &WakeSignal{About: WakeRouting, Key: fmt.Sprint(site)}})
	d.inbox.add(event{all: true})
}

// decide hands out what can be, and starts the commits that are this node's.
func (d *Dispatcher) decide(ctx context.Context, w *dispatchWork) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock()
	d.engine.Advance(now)
	if !d.cfg.WatchOnly {
		d.engine.Decide(now, func(c *routing.Decision) bool {
			d.give(c, now)
			return true
		})
		d.begin(ctx, w, now)
	}
	d.expireOffers(ctx, w, now)
	d.tell(now)
	d.relist(ctx, w)
}

// relist stores the places that rules and steps gave to what still waits.
func (d *Dispatcher) relist(ctx context.Context, w *dispatchWork) {
	for len(d.misplaced) > 0 && w.running < d.cfg.Claims {
		conv := d.misplaced[0]
		d.misplaced = d.misplaced[1:]
		k := d.convs[conv]
		if _, waits := d.engine.Waiting(conv); k == nil || !waits {
			continue
		}
		epoch, place := k.queued.Epoch, k.queued.Listed
		w.start(func() func() {
			call, cancel := context.WithTimeout(ctx, readTimeout)
			defer cancel()
			err := d.cfg.Store.PlaceQueued(call, conv, epoch, place)
			return func() {
				if err != nil && ctx.Err() == nil { // lists show the old order: nothing depends on it
					d.log.Warn("cannot store a place in the queue", "conversation", conv, "error", err)
				}
			}
		})
	}
}

// give notes a decision of the engine.
func (d *Dispatcher) give(c *routing.Decision, now time.Time) {
	conv := c.Item.Conversation
	began := d.clock()
	g := &given{
		agent: c.Agent.ID, name: c.Agent.Name, record: d.engine.Record(c, now), at: now,
		reserve: time.Duration(d.engine.Config(c.Item.Site).ReservationSeconds) * time.Second,
	}
	if k := d.convs[conv]; k != nil {
		g.queued = k.queued
	}
	g.record.Reserved = g.reserve > 0
	if !d.mine(conv) {
		g.due = now.Add(d.cfg.Late)
	}
	d.given[conv] = g
	d.moved = true
	d.counts.decisions.Add(1)
	d.counts.recordNS.Add(int64(d.clock().Sub(began)))
}

// begin starts the commits whose turn it is, as many at once as may run.
func (d *Dispatcher) begin(ctx context.Context, w *dispatchWork, now time.Time) {
	for conv, g := range d.given {
		if w.running >= d.cfg.Claims {
			return
		}
		if g.busy || g.due.After(now) || d.offers[conv] != nil {
			continue
		}
		if !g.due.IsZero() {
			d.counts.late.Add(1)
		}
		g.busy = true
		w.start(func() func() {
			if g.reserve > 0 {
				return d.offer(ctx, conv, g)
			}
			return d.claim(ctx, conv, g)
		})
	}
}

// next is how long nothing happens unless somebody says something.
func (d *Dispatcher) next() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock()
	at := now.Add(d.cfg.Reconcile)
	sooner := func(t time.Time) { // what is due already waits for something else, which wakes by itself
		if t.After(now) && t.Before(at) {
			at = t
		}
	}
	if !d.retryAt.After(now) {
		d.retryAt = time.Time{}
	}
	sooner(d.engine.Next(now))
	for _, g := range d.given {
		sooner(g.due)
	}
	for _, o := range d.offers {
		sooner(d.offerEnds(o, now))
	}
	for _, t := range d.later {
		sooner(t)
	}
	sooner(d.retryAt)
	if d.moved || len(d.loads) > 0 {
		sooner(d.toldAt.Add(tellEvery))
	}
	return max(time.Millisecond, at.Sub(now))
}

// dispatchWork is what Run has started and waits for.
type dispatchWork struct {
	d         *Dispatcher
	wait      sync.WaitGroup
	results   chan func() // holds one for each that runs: no sender waits
	compared  chan comparison
	running   int
	comparing bool
}

// start runs work beside Run's goroutine, and what it returns in it. Run's goroutine only.
func (w *dispatchWork) start(work func() func()) {
	w.running++
	w.wait.Go(func() {
		done := work()
		w.results <- func() {
			w.running--
			done()
		}
	})
}
