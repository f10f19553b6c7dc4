package postgres

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// stopwatch is an agent's inbox that notes when a conversation is queued and when
// it is the agent's.
type stopwatch struct {
	mu     sync.Mutex // guards what follows
	queued map[string]time.Time
	took   []time.Duration
	more   chan struct{}
}

func (s *stopwatch) Deliver(u *chat.Update) {
	if u.Row == nil || u.Row.Data.State == nil {
		return
	}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch u.Row.Data.State.Owner {
	case chat.OwnerQueue:
		s.queued[u.Row.Conversation] = now
	case chat.OwnerHuman:
		if at, ok := s.queued[u.Row.Conversation]; ok {
			s.took = append(s.took, now.Sub(at))
			delete(s.queued, u.Row.Conversation)
			s.more <- struct{}{}
		}
	case chat.OwnerBot:
	}
}

// From the moment at which agents' sockets are given the row that put a
// conversation into the queue to the one at which they are given the row that
// assigns it: reading the item, deciding among 50 agents, the guarded commit on a
// real PostgreSQL (fsync on). One conversation at a time on an idle node.
func BenchmarkQueuedToAssigned(b *testing.B) {
	f := newFloor(b, asIs)
	for i := range 50 {
		f.online(string(rune('a'+i/26))+string(rune('a'+i%26)), 1000)
	}
	watch := &stopwatch{queued: make(map[string]time.Time), more: make(chan struct{}, 1)}
	defer f.hub.WatchInbox(identity.Everything(), watch)()
	for b.Loop() {
		b.StopTimer()
		v, conv := f.visitor()
		f.say(v, conv.ID, "hello")
		b.StartTimer()
		if _, err := f.RequestHuman(b.Context(), v, conv.ID, ""); err != nil {
			b.Fatal(err)
		}
		<-watch.more
	}
	slices.Sort(watch.took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	report("router.dispatch_p50_ms", ms(watch.took[len(watch.took)/2]), "ms")
	report("router.dispatch_p99_ms", ms(watch.took[len(watch.took)*99/100]), "ms")
	f.healthy()
}

// Three nodes, agents with few slots, conversations that end as fast as they are
// given: over-capacity and doubles by the database after all of it.
func BenchmarkAssignmentsOnThreeNodes(b *testing.B) {
	floors := newFloors(b, 3, asIs)
	people := make([]identity.Actor, 20)
	for i := range people {
		people[i] = floors[i%3].online(string(rune('a'+i)), 2)
	}
	f := floors[0]
	claimed := make(chan *chat.Row, 1024)
	defer f.hub.WatchInbox(identity.Everything(), rowsTo(claimed))()
	var resolvers sync.WaitGroup
	stop := make(chan struct{})
	doubles, over, given := 0, 0, 0
	for range 4 {
		resolvers.Go(func() {
			for {
				select {
				case row := <-claimed:
					_, _ = f.Resolve(b.Context(), identity.System(), row.Conversation)
				case <-stop:
					return
				}
			}
		})
	}
	for b.Loop() {
		var asks sync.WaitGroup
		for i := range 16 {
			asks.Go(func() { floors[i%3].asks() })
		}
		asks.Wait()
		given += 16
	}
	f.until("all are given", func() bool {
		var n int
		err := f.pool.QueryRow(b.Context(), "SELECT count(*) FROM queue_waits").Scan(&n)
		return err == nil && n >= given
	})
	close(stop)
	resolvers.Wait()
	// By the log: an agent's conversations at any moment, and claims of what was held.
	if err := f.pool.QueryRow(b.Context(), `WITH acts AS (
			SELECT conversation_id, created_at, seq, kind, data #>> '{state,assignee,ID}' AS agent FROM conversation_log WHERE kind IN ('claimed', 'resolved')
		), told AS (
			SELECT a.*, lag(kind) OVER (PARTITION BY conversation_id ORDER BY seq) AS before,
				coalesce(agent, first_value(agent) OVER (PARTITION BY conversation_id ORDER BY seq)) AS who FROM acts a
		), loads AS (
			SELECT sum(CASE WHEN kind = 'claimed' THEN 1 ELSE -1 END) OVER (PARTITION BY who ORDER BY created_at, kind DESC) AS load, kind, before FROM told
		) SELECT count(*) FILTER (WHERE kind = 'claimed' AND before = 'claimed'), count(*) FILTER (WHERE load > 2) FROM loads`).Scan(&doubles, &over); err != nil {
		b.Fatal(err)
	}
	report("router.assigned", float64(given), "count")
	report("router.doubles_stored", float64(doubles), "count")
	report("router.overcapacity_stored", float64(over), "count")
}

// rowsTo passes rows of automatic assignments on, as long as somebody takes them.
type rowsTo chan *chat.Row

func (c rowsTo) Deliver(u *chat.Update) {
	if u.Row != nil && u.Row.Kind == chat.KindClaimed {
		c <- u.Row
	}
}

// report prints a figure by its name in the table of goals.
func report(name string, value float64, unit string) {
	fmt.Fprintf(os.Stdout, "bench %s %.4g %s\n", name, value, unit)
}
