package postgres

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

// bus carries rows and signals between the nodes of a test.
type bus struct {
	mu    sync.Mutex // guards hubs and cut
	hubs  []*chat.Hub
	cut   bool
	queue chan func()
}

func newBus(t testing.TB) *bus {
	t.Helper()
	b := &bus{queue: make(chan func(), 1<<16)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for deliver := range b.queue {
			deliver()
		}
	}()
	t.Cleanup(func() {
		close(b.queue)
		<-done
	})
	return b
}

// relay is one node's end of a bus.
type relay struct {
	bus  *bus
	node int
}

func (r relay) each(deliver func(*chat.Hub)) {
	r.bus.mu.Lock()
	defer r.bus.mu.Unlock()
	if r.bus.cut {
		return
	}
	for i, h := range r.bus.hubs {
		if i != r.node {
			r.bus.queue <- func() { deliver(h) }
		}
	}
}

func (r relay) Publish(rows ...*chat.Row) { r.each(func(h *chat.Hub) { h.PublishRemote(rows...) }) }
func (r relay) Signal(s *chat.Signal)     { r.each(func(h *chat.Hub) { h.PublishRemoteSignal(s) }) }

// floor is a desk with its dispatcher and presence: a node.
type floor struct {
	*desk
	id         string
	dispatcher *chat.Dispatcher
	presence   *chat.Presence
	stop       func()
}

// newFloor starts one node; newFloors several, joined by a bus.
func newFloor(t testing.TB, adjust func(*chat.DispatcherConfig)) *floor {
	t.Helper()
	return newFloors(t, 1, adjust)[0]
}

func newFloors(t testing.TB, n int, adjust func(*chat.DispatcherConfig)) []*floor {
	t.Helper()
	url, b := pgtest.New(t), newBus(t)
	b.hubs = make([]*chat.Hub, n)
	floors := make([]*floor, n)
	for i := range floors {
		f := &floor{id: newID()}
		room := chat.NewWaitingRoom()
		f.desk = openDesk(t, url, func(c *chat.Config) {
			c.Relay, c.Room = relay{b, i}, room
			b.mu.Lock()
			b.hubs[i] = c.Hub
			b.mu.Unlock()
		})
		var err error
		cfg := chat.DispatcherConfig{
			Store: f.store, Offers: f.store, Loads: f.store, Chat: f.Service, Node: f.id, Room: room, Clock: f.now, Logger: slog.New(slog.DiscardHandler),
			Reconcile: time.Hour, // nothing is found by comparing: what works without it works by events
		}
		adjust(&cfg)
		if f.dispatcher, err = chat.NewDispatcher(cfg); err != nil {
			t.Fatal(err)
		}
		f.presence, err = chat.NewPresence(t.Context(), chat.PresenceConfig{
			Store: f.store, Chat: f.Service, Node: f.id, Logger: slog.New(slog.DiscardHandler), Renew: time.Hour / 4, Grace: time.Hour,
			Changed: f.dispatcher.AgentChanged,
		})
		if err != nil {
			t.Fatal(err)
		}
		floors[i] = f
	}
	for _, f := range floors {
		f.run(t)
	}
	return floors
}

// run runs the node's dispatcher until the test ends or stop is called.
func (f *floor) run(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- f.dispatcher.Run(ctx) }()
	f.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(f.stop)
}

// online adds an agent who is there, with room for most conversations.
func (f *floor) online(name string, most int) identity.Actor {
	f.t.Helper()
	a := f.agent(name)
	f.exec("INSERT INTO agents (user_id, cap, own_cap) VALUES ($1, $2, true)", a.ID, most)
	f.comes(a)
	return a
}

func (f *floor) comes(a identity.Actor) {
	f.t.Helper()
	if _, err := f.presence.Connect(f.t.Context(), a); err != nil {
		f.t.Fatal(err)
	}
	f.set(a, chat.Online)
}

func (f *floor) set(a identity.Actor, presence string) {
	f.t.Helper()
	if err := f.presence.Set(f.t.Context(), a, presence, ""); err != nil {
		f.t.Fatal(err)
	}
}

// asks starts a visitor who asks for a person.
func (f *floor) asks() (identity.Actor, string) {
	f.t.Helper()
	v, conv := f.visitor()
	f.say(v, conv.ID, "hello")
	if _, err := f.RequestHuman(f.t.Context(), v, conv.ID, ""); err != nil {
		f.t.Fatal(err)
	}
	return v, conv.ID
}

// until waits for a condition, with a bound that only a broken thing reaches.
func (f *floor) until(what string, holds func() bool) {
	f.t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			f.t.Fatalf("still not: %s; %+v", what, f.dispatcher.Metrics())
		}
	}
}

// holder returns who has the conversation in hand, by the database.
func (f *floor) holder(conv string) string {
	f.t.Helper()
	c, err := f.Conversation(f.t.Context(), identity.System(), conv)
	if err != nil {
		f.t.Fatal(err)
	}
	return c.Assignee.ID
}

// settled waits until the dispatcher has nothing to do: what waits by the database waits in memory, and nothing is on its way.
func (f *floor) settled() {
	f.t.Helper()
	f.until("settled", func() bool {
		d, err := f.store.RoutingDigest(f.t.Context())
		if err != nil {
			f.t.Fatal(err)
		}
		m := f.dispatcher.Metrics()
		return m.Waiting == len(d.Waiting)-len(d.Offers) && m.Held == len(d.Held)+len(d.Offers)
	})
}

// healthy fails if comparing finds anything, or if events were lost.
func (f *floor) healthy() {
	f.t.Helper()
	for kind, n := range f.dispatcher.Metrics().Found {
		if n > 0 {
			f.t.Errorf("comparing found %d %s", n, kind)
		}
	}
}

func asIs(*chat.DispatcherConfig) {}

func TestWhatWaitsIsAssignedAtOnceWithItsReasons(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	alice := f.online("alice", 5)
	bob := f.online("bob", 5)
	_, first := f.asks()
	f.until("the first is assigned", func() bool { return f.holder(first) != "" })
	_, second := f.asks()
	f.until("the second is assigned", func() bool { return f.holder(second) != "" })
	if a, b := f.holder(first), f.holder(second); a == b || (a != alice.ID && a != bob.ID) {
		t.Errorf("%s and %s: not one each", a, b)
	}
	rows := f.log(second)
	row := rows[len(rows)-1]
	rec := row.Data.Routing
	if row.Kind != chat.KindClaimed || row.Author.Kind != chat.AuthorSystem || rec == nil || rec.Strategy != routing.StrategyLoad || rec.Candidates != 2 || len(rec.Rejected) != 1 {
		t.Fatalf("%+v %+v", row, rec)
	}
	if hidden := row.ForVisitor(); hidden.Data.Routing != nil {
		t.Error("the visitor sees why")
	}
	f.settled()
	f.healthy()
}

func TestAnItemThatCameBeforeAnybodyGoesToTheFirstWhoComes(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	var convs []string
	for range 3 {
		_, conv := f.asks()
		convs = append(convs, conv)
	}
	alice := f.online("alice", 2)
	f.until("the two oldest are hers", func() bool { return f.holder(convs[0]) == alice.ID && f.holder(convs[1]) == alice.ID })
	f.settled()
	if f.holder(convs[2]) != "" {
		t.Error("over the cap")
	}
	f.healthy()
}

// EXPECTATIONS C Routing: one slot, 100 chats, 3 nodes → exactly 1.
func TestOneSlotAHundredChatsThreeNodesGivesExactlyOne(t *testing.T) {
	t.Parallel()
	floors := newFloors(t, 3, asIs)
	alice := floors[1].online("alice", 1)
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() { floors[i%3].asks() })
	}
	wg.Wait()
	floors[0].until("somebody is assigned", func() bool { return floors[0].load(alice) == 1 })
	for _, f := range floors {
		f.settled()
	}
	var held int
	if err := floors[0].pool.QueryRow(t.Context(), "SELECT count(*) FROM conversations WHERE owner = 'human'").Scan(&held); err != nil || held != 1 {
		t.Fatalf("%d in hand, %v", held, err)
	}
}

func TestNothingIsAssignedByADispatcherThatOnlyWatches(t *testing.T) {
	t.Parallel()
	f := newFloor(t, func(c *chat.DispatcherConfig) { c.WatchOnly = true })
	f.online("alice", 5)
	v, conv := f.asks()
	f.until("the position is known", func() bool {
		q, err := f.QueuePosition(t.Context(), v, conv)
		return err == nil && q.Position == 1 && q.Waiting == 1 && f.dispatcher.Metrics().Waiting == 1
	})
	if f.holder(conv) != "" {
		t.Error("it was assigned")
	}
	x, err := f.dispatcher.Explain(t.Context(), identity.System(), conv)
	if err != nil || len(x.Candidates) != 1 {
		t.Errorf("%+v, %v", x, err)
	}
}
