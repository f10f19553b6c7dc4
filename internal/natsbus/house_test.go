package natsbus_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/chat"
	"frontdesk/internal/fault"
	"frontdesk/internal/identity"
	"frontdesk/internal/natsbus"
	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/pgtest"
)

// house is some nodes of one database, each with all that a process has of chat.
type house struct {
	t     *testing.T
	nodes []*node
}

// node is what one process has.
type node struct {
	*chat.Service
	t        *testing.T
	id       string
	hub      *chat.Hub
	bus      *natsbus.Bus
	presence *chat.Presence
	store    *postgres.Chat
	pool     *pgxpool.Pool
	toBus    *fault.Proxy // not on the first node, which has the server
	toDB     *fault.Proxy
}

// options change one node of a house.
type options struct {
	clock    func() time.Time
	receiver func(*chat.Hub) natsbus.Receiver
}

// openHouse starts n nodes on a database of their own. The first one's embedded
// server serves the others, each through a proxy; each reaches PostgreSQL through another.
func openHouse(t *testing.T, n int, change func(i int, o *options)) *house {
	t.Helper()
	h := &house{t: t}
	database := pgtest.New(t)
	for i := range n {
		o := options{clock: time.Now, receiver: func(hub *chat.Hub) natsbus.Receiver { return hub }}
		change(i, &o)
		h.nodes = append(h.nodes, h.open(i, database, o))
	}
	for _, v := range h.nodes {
		until(t, "every node hears the others, and sees their leases", func() bool {
			return v.bus.Stats().Peers == n-1 && v.OtherNodes() == n-1
		})
	}
	return h
}

func (h *house) open(i int, database string, o options) *node {
	t := h.t
	t.Helper()
	v := &node{t: t, id: chat.NewID(time.Now()), hub: chat.NewHub()}
	socket, dsn := throughTCP(t, database)
	v.toDB = proxy(t, "unix:"+socket)
	var err error
	if v.pool, err = postgres.Open(t.Context(), dsn(v.toDB.Addr()), 8); err != nil {
		t.Fatal(err)
	}
	v.store = postgres.NewChat(v.pool)
	quiet := slog.New(slog.DiscardHandler)
	epoch, err := v.store.LogEpoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	topic, err := v.store.Topic(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cfg := natsbus.Config{Node: v.id, Topic: topic, Epoch: epoch, Receiver: o.receiver(v.hub), Logger: quiet, Beat: 200 * time.Millisecond}
	if i == 0 {
		cfg.Listen = "127.0.0.1:0"
	} else {
		v.toBus = proxy(t, h.nodes[0].bus.Addr())
		cfg.URL = "nats://" + v.toBus.Addr()
	}
	if v.bus, err = natsbus.New(cfg); err != nil {
		t.Fatal(err)
	}
	v.Service, err = chat.NewService(t.Context(), chat.Config{Store: v.store, Hub: v.hub, Relay: v.bus, Logger: quiet, Clock: o.clock, Reconcile: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	v.presence, err = chat.NewPresence(t.Context(), chat.PresenceConfig{
		Store: v.store, Chat: v.Service, Node: v.id, Logger: quiet, Clock: o.clock, Renew: 200 * time.Millisecond, Grace: 2 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{v.bus.Run, v.Run, v.presence.Run} {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		v.toDB.Heal()
		stop()
		wg.Wait()
		v.pool.Close()
	})
	return v
}

func proxy(t *testing.T, target string) *fault.Proxy {
	t.Helper()
	p, err := fault.NewProxy(target, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// throughTCP returns the socket of a private cluster's connection string, and the string for a proxy before it.
func throughTCP(t *testing.T, dsn string) (socket string, through func(addr string) string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	return filepath.Join(q.Get("host"), ".s.PGSQL."+q.Get("port")), func(addr string) string {
		host, port, _ := strings.Cut(addr, ":")
		next := *u
		changed := u.Query()
		changed.Set("host", host)
		changed.Set("port", port)
		changed.Set("connect_timeout", "2")
		next.RawQuery = changed.Encode()
		return next.String()
	}
}

// until waits for a state that nothing announces.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-late.C:
			t.Fatalf("still not: %s", what)
		}
	}
}

// visitor starts a visitor at node v.
func (v *node) visitor() (identity.Actor, chat.Conversation) {
	v.t.Helper()
	contact, conv, err := v.StartVisitor(v.t.Context(), chat.StartRequest{Site: "default", Locale: "en"})
	if err != nil {
		v.t.Fatal(err)
	}
	return asVisitor(contact), conv
}

func asVisitor(contact chat.Contact) identity.Actor {
	return identity.Actor{
		Kind: identity.KindVisitor, Role: identity.RoleVisitor, ID: contact.ID,
		Scope: identity.Scope{Sites: []int32{contact.Site}, AllDepartments: true, Contact: contact.ID},
	}
}

// agent adds an agent of the default site.
func (v *node) agent(name string) identity.Actor {
	v.t.Helper()
	u, err := postgres.NewAccounts(v.pool).AddUser(v.t.Context(), identity.User{
		ID: chat.NewID(time.Now()), Email: name + "@example.test", Name: name, Role: identity.RoleAgent, Locale: "en",
		Sites: []int32{1}, AllDepartments: true, PasswordHash: "$argon2id$x",
	})
	if err != nil {
		v.t.Fatal(err)
	}
	return u.Actor()
}

// say sends one message through node v.
func (v *node) say(actor identity.Actor, conv, content string) chat.Row {
	v.t.Helper()
	row, _, err := v.Send(v.t.Context(), actor, chat.Send{Conversation: conv, CID: chat.NewID(time.Now()), Content: content})
	if err != nil {
		v.t.Fatalf("send %q: %v", content, err)
	}
	return row
}

// view is what somebody sees: every row, in the order that it came.
type view struct {
	mu      sync.Mutex
	rows    []chat.Row
	times   []time.Time
	signals []*chat.Signal
}

// Deliver implements chat.Sink.
func (s *view) Deliver(u *chat.Update) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Row == nil {
		s.signals = append(s.signals, u.Signal)
		return
	}
	s.rows, s.times = append(s.rows, *u.Row), append(s.times, time.Now())
}

func (s *view) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rows)
}

// all returns what was seen.
func (s *view) all() []chat.Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.rows)
}

// whole fails unless the rows 1–n were seen once each, in order.
func (s *view) whole(t *testing.T, who string, n int) {
	t.Helper()
	t.Helper()
	until(t, fmt.Sprintf("%s sees %d rows", who, n), func() bool { return s.count() >= n })
	for i, r := range s.all() {
		if r.Seq != uint32(i+1) {
			t.Fatalf("%s: row %d has seq %d", who, i+1, r.Seq)
		}
	}
}

// follow shows a conversation at node v until the test ends.
func (v *node) follow(actor identity.Actor, conv string) *view {
	v.t.Helper()
	s := &view{}
	_, stop, err := v.Follow(v.t.Context(), actor, conv, 0, s)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(stop)
	return s
}

// inbox shows an agent's inbox at node v until the test ends.
func (v *node) inbox(actor identity.Actor) *view {
	s := &view{}
	v.t.Cleanup(v.hub.WatchInbox(actor.Scope, s))
	return s
}

// seqs returns which rows of a conversation an inbox has seen.
func (s *view) seqs(conv string) map[uint32]bool {
	seen := map[uint32]bool{}
	for _, r := range s.all() {
		if r.Conversation == conv {
			seen[r.Seq] = true
		}
	}
	return seen
}
