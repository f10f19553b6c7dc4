package postgres

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

// desk is a running chat service on a database of its own.
type desk struct {
	*chat.Service
	t     testing.TB
	pool  *pgxpool.Pool
	store *Chat
	hub   *chat.Hub

	mu    sync.Mutex // guards ahead
	ahead time.Duration
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	return openDesk(t, pgtest.New(t), func(*chat.Config) {})
}

// openDesk starts a service, one node, on the database at url.
func openDesk(t testing.TB, url string, adjust func(*chat.Config)) *desk {
	t.Helper()
	pool, err := Open(t.Context(), url, 10)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, pool: pool, store: NewChat(pool), hub: chat.NewHub()}
	cfg := chat.Config{
		Store: d.store, Hub: d.hub, Clock: d.now, Logger: slog.New(slog.DiscardHandler),
		Reconcile: 20 * time.Millisecond,
	}
	adjust(&cfg)
	if d.Service, err = chat.NewService(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	ctx, stop := contextOf(t)
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("service ended with %v", err)
		}
		pool.Close()
	})
	return d
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Now().Add(d.ahead)
}

// advance moves the service's clock.
func (d *desk) advance(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ahead += by
}

// visitor starts a new visitor at the default site.
func (d *desk) visitor() (identity.Actor, chat.Conversation) {
	d.t.Helper()
	contact, conv, err := d.StartVisitor(d.t.Context(), chat.StartRequest{Site: "default", Locale: "en"})
	if err != nil {
		d.t.Fatal(err)
	}
	return identity.Actor{
		Kind: identity.KindVisitor, Role: identity.RoleVisitor, ID: contact.ID,
		Scope: identity.Scope{Sites: []int32{contact.Site}, AllDepartments: true, Contact: contact.ID},
	}, conv
}

// agent adds an agent of the default site who may see every department.
func (d *desk) agent(name string) identity.Actor {
	d.t.Helper()
	u, err := NewAccounts(d.pool).AddUser(d.t.Context(), identity.User{
		ID: newID(), Email: name + "@example.test", Name: name, Role: identity.RoleAgent, Locale: "en",
		Sites: []int32{1}, AllDepartments: true, PasswordHash: "$argon2id$x",
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return u.Actor()
}

func newID() string { return chat.NewID(time.Now()) }

// say sends one message and expects it stored.
func (d *desk) say(actor identity.Actor, conv, content string) (chat.Row, chat.Conversation) {
	d.t.Helper()
	row, head, err := d.Send(d.t.Context(), actor, chat.Send{Conversation: conv, CID: newID(), Content: content})
	if err != nil {
		d.t.Fatalf("send %q: %v", content, err)
	}
	return row, head
}

// log returns the whole log and fails on a gap.
func (d *desk) log(conv string) []chat.Row {
	d.t.Helper()
	var all []chat.Row
	for {
		rows, err := d.History(d.t.Context(), identity.System(), conv, uint32(len(all)), 0, chat.MaxHistory)
		if err != nil {
			d.t.Fatal(err)
		}
		if len(rows) == 0 {
			break
		}
		all = append(all, rows...)
	}
	for i, r := range all {
		if r.Seq != uint32(i+1) {
			d.t.Fatalf("row %d has seq %d", i+1, r.Seq)
		}
	}
	head, err := d.Conversation(d.t.Context(), identity.System(), conv)
	if err != nil {
		d.t.Fatal(err)
	}
	if head.LastSeq != uint32(len(all)) {
		d.t.Fatalf("last_seq is %d, the log has %d rows", head.LastSeq, len(all))
	}
	return all
}

// load returns an agent's count of open conversations.
func (d *desk) load(agent identity.Actor) (active int) {
	d.t.Helper()
	if err := d.pool.QueryRow(d.t.Context(), "SELECT coalesce((SELECT active FROM agents WHERE user_id = $1), 0)", agent.ID).Scan(&active); err != nil {
		d.t.Fatal(err)
	}
	return active
}

// exec runs a statement that a test needs to make a situation.
func (d *desk) exec(sql string, args ...any) {
	d.t.Helper()
	if _, err := d.pool.Exec(d.t.Context(), sql, args...); err != nil {
		d.t.Fatal(err)
	}
}

// want fails unless err is target.
func want(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want %v", err, target)
	}
}

// contextOf returns a context that outlives t.Context, for what a cleanup stops.
func contextOf(t testing.TB) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(context.WithoutCancel(t.Context()))
}
