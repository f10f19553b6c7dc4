package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/web/frame"
)

// stopwatch is told when a row that queues a conversation is shown, and when the agent's
// own socket reads the row that gives it to them.
type stopwatch struct {
	mu     sync.Mutex // guards queued
	queued map[string]time.Time
	took   chan time.Duration
}

// Deliver implements chat.Sink.
func (s *stopwatch) Deliver(u *chat.Update) {
	if u.Row != nil && u.Row.Data.State != nil && u.Row.Data.State.Owner == chat.OwnerQueue {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.queued[u.Row.Conversation] = time.Now()
	}
}

// read reads an agent's socket until it ends.
func (s *stopwatch) read(w *wire, agent string) {
	for {
		f, err := w.read()
		if err != nil {
			return
		}
		if e := f.GetEvent(); e.GetState().GetOwner() == "human" && e.GetState().GetAssignee().GetId() == agent {
			now := time.Now()
			s.mu.Lock()
			at := s.queued[e.GetConv()]
			s.mu.Unlock()
			s.took <- now.Sub(at)
		}
	}
}

// From the moment a conversation is in the queue (its row is committed and shown) to
// the one at which the WebSocket of the agent who gets it has read the row that says
// so: reading the item, the decision, the guarded commit, and the row's way through the
// server and TCP to 20 agents' sockets, each with an inbox. One conversation at a time.
func BenchmarkQueuedToTheAgentsSocket(b *testing.B) {
	h := open(b)
	var node string
	if err := h.pool.QueryRow(b.Context(), "SELECT id::text FROM nodes").Scan(&node); err != nil {
		b.Fatal(err)
	}
	store := postgres.NewChat(h.pool)
	d, err := chat.NewDispatcher(chat.DispatcherConfig{
		Store: store, Offers: store, Loads: store, Chat: h.chat, Node: node, Room: chat.NewWaitingRoom(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	watch := &stopwatch{queued: make(map[string]time.Time), took: make(chan time.Duration, 1)}
	var readers sync.WaitGroup
	for i := range 20 {
		u := h.user(fmt.Sprint("agent", i), identity.RoleAgent)
		if _, err := h.pool.Exec(b.Context(), "INSERT INTO agents (user_id, cap, own_cap) VALUES ($1, 1000, true)", u.ID); err != nil {
			b.Fatal(err)
		}
		w := h.signIn(u).agentWire()
		w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: &frame.Resume{Inbox: true}}})
		d.AgentChanged(u.ID)
		readers.Go(func() { watch.read(w, u.ID) })
		b.Cleanup(func() { _ = w.conn.CloseNow() })
	}
	defer h.chat.Hub().WatchInbox(identity.Everything(), watch)()
	var took []time.Duration
	for b.Loop() {
		b.StopTimer()
		contact, conv, err := h.chat.StartVisitor(b.Context(), chat.StartRequest{Site: "default", Locale: "en"})
		if err != nil {
			b.Fatal(err)
		}
		visitor := identity.Actor{
			Kind: identity.KindVisitor, Role: identity.RoleVisitor, ID: contact.ID,
			Scope: identity.Scope{Sites: []int32{contact.Site}, AllDepartments: true, Contact: contact.ID},
		}
		b.StartTimer()
		if _, err := h.chat.RequestHuman(b.Context(), visitor, conv.ID, ""); err != nil {
			b.Fatal(err)
		}
		took = append(took, <-watch.took)
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Fprintf(os.Stdout, "bench router.dispatch_p50_ms %.3g ms\nbench router.dispatch_p99_ms %.3g ms\n", ms(took[len(took)/2]), ms(took[len(took)*99/100]))
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
