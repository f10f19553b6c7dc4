package chat

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"frontdesk/internal/identity"
)

// Config of a [Service].
type Config struct {
	// Store keeps the conversations. Required.
	Store Store
	// Hub shows stored rows. Required.
	Hub *Hub
	// Relay carries them to other nodes. Nil: there is one node.
	Relay Relay
	// Room knows the queue's positions, kept by a [Dispatcher]. Nil: they are read from the store.
	Room *WaitingRoom
	// Digest chooses, of what a visitor wrote (oldest first), the sentences that tell an agent most. Nil: a hand-over that the
	// visitor asks for comes without a summary.
	Digest func(messages []string) []string
	// Logger receives warnings and errors: ids, never content. Defaults to slog.Default().
	Logger *slog.Logger
	// Clock is asked for the reopen window and new ids; rows are stamped by the database. Defaults to time.Now.
	Clock func() time.Time
	// Writers is over how many batching writers conversations are spread, 1–16. Each uses up to three database connections. Defaults to 2.
	Writers int
	// MaxPending is how many rows may wait per writer before Send is refused as overloaded. Defaults to 8192.
	MaxPending int
	// MaxChanges is how many state changes run at once; more wait for their turn. Defaults to 4.
	MaxChanges int
	// Fault is called at each of [FaultPoints]; an error is taken as the database's going away there. For tests of faults
	// only: nil, the default, costs nothing.
	Fault func(point string) error
	// Reconcile is how often watched conversations are compared with the database. Defaults to one second.
	Reconcile time.Duration
}

// Service is the one way to write conversations, and to read them within the
// caller's rights. Methods return ErrX of this package, identity.ErrForbidden
// and identity.ErrNotFound.
type Service struct {
	store   Store
	hub     *Hub
	relay   Relay
	company company
	log     *slog.Logger
	clock   func() time.Time
	tick    time.Duration
	epoch   string
	writers []*writer
	changes chan struct{} // semaphore of running state changes
	turns   changing      // of state changes, at most cap(changes) at once
	behind  *catchUp
	marks   *markBook
	fault   func(point string) error // nil in service
	counts  counters
	digest  func(messages []string) []string // nil = none
	room    *WaitingRoom                     // nil = none
}

// NewService returns a service whose writes wait for [Service.Run]. It reads the
// log epoch from the store.
func NewService(ctx context.Context, cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Hub == nil {
		return nil, errors.New("chat service: Store and Hub are required")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	defaultTo(&cfg.Writers, 2)
	defaultTo(&cfg.MaxPending, 8192)
	defaultTo(&cfg.MaxChanges, 4)
	defaultTo(&cfg.Reconcile, time.Second)
	if cfg.Writers < 1 || cfg.Writers > 16 || cfg.MaxPending < 1 || cfg.MaxChanges < 1 || cfg.Reconcile < 0 {
		return nil, errors.New("chat service: Writers must be 1–16, MaxPending and MaxChanges at least 1, Reconcile not negative")
	}
	if cfg.Relay == nil {
		cfg.Relay = noRelay{}
	}
	epoch, err := cfg.Store.LogEpoch(ctx)
	if err != nil {
		return nil, fmt.Errorf("read log epoch: %w", err)
	}
	s := &Service{
		store: cfg.Store, hub: cfg.Hub, relay: cfg.Relay, log: cfg.Logger, digest: cfg.Digest, room: cfg.Room, clock: cfg.Clock, tick: cfg.Reconcile, epoch: epoch,
		changes: make(chan struct{}, cfg.MaxChanges),
		behind:  newCatchUp(),
		marks:   newMarkBook(),
		fault:   cfg.Fault,
	}
	for range cfg.Writers {
		w := newWriter(cfg.Store, cfg.MaxPending, cfg.Logger, s.publish, &s.counts)
		w.fault = cfg.Fault
		s.writers = append(s.writers, w)
	}
	return s, nil
}

func defaultTo[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// Run writes, repairs and reconciles until ctx ends; what was accepted by then
// is still written, for at most a few seconds.
func (s *Service) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, w := range s.writers {
		wg.Go(func() { w.run(ctx) })
	}
	for range catchUpWorkers {
		wg.Go(func() { s.repair(ctx) })
	}
	wg.Go(func() { s.reconcile(ctx) })
	wg.Go(func() { s.marks.run(ctx, s.store, s.clock, s.log) })
	wg.Go(func() { s.repeatViewers(ctx) })
	wg.Wait()
	return nil
}

// LogEpoch identifies the history that sequence numbers belong to. When it
// differs from what a client has stored, the client reloads.
func (s *Service) LogEpoch() string { return s.epoch }

// Hub returns the hub that the service publishes to.
func (s *Service) Hub() *Hub { return s.hub }

// permit returns identity.ErrForbidden unless the actor holds p.
func permit(actor identity.Actor, p identity.Permission) error {
	if !actor.Can(p) {
		return fmt.Errorf("%s: %w", p, identity.ErrForbidden)
	}
	return nil
}

// readPermission is what reading a conversation takes.
func readPermission(actor identity.Actor) identity.Permission {
	if actor.Kind == identity.KindVisitor {
		return identity.PermVisitorChat
	}
	return identity.PermChatRead
}

// author returns the actor as the author of a row.
func author(actor identity.Actor) Author {
	switch actor.Kind {
	case identity.KindVisitor:
		return Author{Kind: AuthorVisitor, ID: actor.ID, Name: actor.Name}
	case identity.KindAgent:
		return Author{Kind: AuthorAgent, ID: actor.ID, Name: actor.Name}
	case identity.KindBot:
		return Author{Kind: AuthorBot}
	}
	return Author{Kind: AuthorSystem}
}

// writerOf returns the writer of a conversation: always the same one, so that
// one node's rows of a conversation do not compete for its lock.
func (s *Service) writerOf(conv string) *writer {
	h := fnv.New32a()
	_, _ = h.Write([]byte(conv))
	return s.writers[h.Sum32()%uint32(len(s.writers))]
}
