package postgres

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
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
	report("router.queued_to_sink_p50_ms", ms(watch.took[len(watch.took)/2]), "ms")
	report("router.queued_to_sink_p99_ms", ms(watch.took[len(watch.took)*99/100]), "ms")
	f.healthy()
}

// Three nodes on PostgreSQL, 60 agents with three slots each and more conversations
// than slots: each assignment is released at once, so that all three nodes decide at
// once about whoever has room, from what they heard of each other. ROUTER_ITEMS is
// how many assignments are stored (2,000); whether anybody ever had more than they
// may, and whether a conversation was given to two, is read from all stored rows.
func BenchmarkAssignmentsOnThreeNodes(b *testing.B) {
	want := 2000
	if n, err := strconv.Atoi(os.Getenv("ROUTER_ITEMS")); err == nil {
		want = n
	}
	for b.Loop() {
		r := &relayRace{floors: newFloors(b, 3, func(c *chat.DispatcherConfig) { c.Claims = 32 }), want: int64(want), claimed: make(chan *chat.Row, 256), ended: make(chan struct{})}
		for _, f := range r.floors { // each hears both others, as over a bus that is up
			f.hub.Reached(len(r.floors) - 1)
		}
		took := r.run(b)
		found := r.replay(b)
		report("router.assigned_stored", float64(found.assigned), "count")
		report("router.assigned_stored_per_s", float64(found.assigned)/took.Seconds(), "per s")
		report("router.doubles_stored", float64(found.doubles), "count")
		report("router.overcapacity_stored", float64(found.over), "count")
		report("router.most_in_hand_stored", float64(found.most), "of 3")
		report("router.refused_by_guard", float64(found.refused), "count")
		if found.doubles > 0 || found.over > 0 || found.leaked > 0 || found.assigned < want || found.most != raceCap {
			b.Errorf("%+v", found)
		}
	}
}

const (
	raceAgents, raceCap = 60, 3
	raceConversations   = 240 // at once: some always wait
	raceTurns           = 40  // of a conversation, before a new one takes its place: its log stays short
)

// relayRace keeps conversations going from the queue to an agent and back.
type relayRace struct {
	floors  []*floor
	want    int64
	claimed chan *chat.Row // agents hold at most 180: the hub never waits for it
	got     atomic.Int64
	ended   chan struct{} // once all are stored
}

func (r *relayRace) run(b *testing.B) time.Duration {
	b.Helper()
	f := r.floors[0]
	stop := f.hub.WatchInbox(identity.Everything(), rowsTo(r.claimed))
	var wait sync.WaitGroup
	for i := range raceConversations / 8 {
		wait.Go(func() {
			for range 8 {
				r.waits(b, r.floors[i%3])
			}
		})
	}
	wait.Wait()
	began := time.Now()
	for i := range raceAgents {
		r.floors[i%3].online(fmt.Sprint("agent", i), raceCap)
	}
	var mu sync.Mutex // guards turns
	turns := make(map[string]int)
	var releasers sync.WaitGroup
	for i := range 96 {
		releasers.Go(func() {
			for {
				select {
				case row := <-r.claimed:
					if r.got.Add(1) == r.want {
						close(r.ended)
					}
					mu.Lock()
					turns[row.Conversation]++
					over := turns[row.Conversation] == raceTurns
					mu.Unlock()
					r.back(b, r.floors[i%3], row, over)
				case <-r.ended:
					return
				}
			}
		})
	}
	releasers.Wait()
	took := time.Since(began)
	stop()
	for _, f := range r.floors {
		f.stop()
	}
	return took
}

// back gives a conversation back to the queue, or ends it and lets a new one wait.
func (r *relayRace) back(b *testing.B, f *floor, row *chat.Row, over bool) {
	b.Helper()
	if over {
		persist(b, func() error {
			_, err := f.Resolve(b.Context(), identity.System(), row.Conversation)
			if errors.Is(err, chat.ErrResolved) { // by the try before, whose answer came too late
				return nil
			}
			return err
		})
		r.waits(b, f)
		return
	}
	release := chat.Entry{
		Conversation: row.Conversation, CID: newID(), Author: chat.Author{Kind: chat.AuthorSystem}, Kind: chat.KindReleased,
		Change: &chat.Change{Act: chat.ActRelease, From: row.Data.State.Assignee.ID, Head: true, Reason: "bench"},
	}
	persist(b, func() error {
		_, _, err := f.Append(b.Context(), identity.Everything(), release)
		return err
	})
}

// waits lets a new conversation wait.
func (r *relayRace) waits(b *testing.B, f *floor) {
	b.Helper()
	var contact chat.Contact
	var conv chat.Conversation
	persist(b, func() (err error) {
		contact, conv, err = f.StartVisitor(b.Context(), chat.StartRequest{Site: "default", Locale: "en"})
		return err
	})
	visitor := identity.Actor{
		Kind: identity.KindVisitor, Role: identity.RoleVisitor, ID: contact.ID,
		Scope: identity.Scope{Sites: []int32{contact.Site}, AllDepartments: true, Contact: contact.ID},
	}
	persist(b, func() error {
		_, err := f.RequestHuman(b.Context(), visitor, conv.ID, "")
		return err
	})
}

// persist does something again while the database does not come to it.
func persist(b *testing.B, do func() error) {
	b.Helper()
	for range 30 {
		err := do()
		if errors.Is(err, chat.ErrUnavailable) {
			continue
		}
		if err != nil {
			b.Error(err)
		}
		return
	}
	b.Error("the database did not come to it")
}

// replayed is what the stored rows say.
type replayed struct {
	assigned, doubles, over, most, leaked int
	refused                               int64
}

// replay goes through all rows of the log. An agent's row is locked from before a row
// that changes their load is written until it is committed, so that the rows' times are
// their order; of two of one moment the assignment counts first, against it.
func (r *relayRace) replay(b *testing.B) (found replayed) {
	b.Helper()
	f := r.floors[0]
	for _, sql := range []string{
		`CREATE UNLOGGED TABLE acts AS SELECT conversation_id, created_at, kind,
			CASE kind WHEN 'claimed' THEN data #>> '{state,assignee,ID}' ELSE lag(data #>> '{state,assignee,ID}') OVER w END AS who, lag(kind) OVER w AS before
		FROM conversation_log WHERE kind IN ('claimed', 'released', 'resolved') WINDOW w AS (PARTITION BY conversation_id ORDER BY seq)`,
		`CREATE UNLOGGED TABLE loads AS SELECT who, sum(CASE kind WHEN 'claimed' THEN 1 ELSE -1 END) OVER (PARTITION BY who ORDER BY created_at, kind
			ROWS UNBOUNDED PRECEDING) AS load FROM acts WHERE who IS NOT NULL`,
	} {
		if _, err := f.pool.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.pool.QueryRow(b.Context(), `SELECT
		(SELECT count(*) FROM acts WHERE kind = 'claimed'),
		(SELECT count(*) FROM acts WHERE kind = 'claimed' AND before = 'claimed' OR kind <> 'claimed' AND before <> 'claimed'),
		(SELECT count(*) FROM loads l JOIN agents a ON a.user_id = l.who::uuid WHERE l.load > a.cap OR l.load < 0),
		(SELECT coalesce(max(load), 0) FROM loads),
		(SELECT count(*) FROM agents a WHERE a.active <> (SELECT count(*) FROM conversations c WHERE c.assignee_id = a.user_id AND c.owner = 'human' AND c.status <> 'resolved'))`).
		Scan(&found.assigned, &found.doubles, &found.over, &found.most, &found.leaked); err != nil {
		b.Fatal(err)
	}
	for _, f := range r.floors {
		for _, n := range f.dispatcher.Metrics().Refused {
			found.refused += n
		}
	}
	return found
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
