package chat

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
)

func ascending(n int) string {
	seqs := make([]string, n)
	for i := range seqs {
		seqs[i] = fmt.Sprint(i + 1)
	}
	return "[" + strings.Join(seqs, " ") + "]"
}

func TestFollowDeliversWhatIsStoredAndThenWhatComes(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := startService(t, m, func(*Config) {})
	conv := testID()
	m.write(conv, followPage+3)
	sink := &list{}
	last, stop, err := s.Follow(t.Context(), identity.System(), conv, 0, sink)
	if err != nil || last != followPage+3 {
		t.Fatalf("last %d, %v", last, err)
	}
	if _, _, err := s.Append(t.Context(), identity.Everything(), message(conv, "live")); err != nil {
		t.Fatal(err)
	}
	if got := sink.seqs(); got != ascending(followPage+4) {
		t.Fatalf("delivered %s", got)
	}
	stop()
	if _, _, err := s.Append(t.Context(), identity.Everything(), message(conv, "gone")); err != nil {
		t.Fatal(err)
	}
	if got := sink.seqs(); got != ascending(followPage+4) {
		t.Fatalf("delivered after stop: %s", got)
	}
}

func TestAClientThatIsUpToDateCostsNoReadOfTheLog(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := startService(t, m, func(*Config) {})
	conv := testID()
	m.write(conv, 5)
	for _, after := range []uint32{5, 9} { // 9: ahead of the server, after a restore
		last, stop, err := s.Follow(t.Context(), identity.System(), conv, after, &list{})
		if err != nil || last != 5 {
			t.Fatalf("last %d, %v", last, err)
		}
		stop()
	}
	if m.reads != 0 {
		t.Fatalf("%d reads", m.reads)
	}
}

func TestFollowingWhatOneMayNotSeeLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := startService(t, newMemory(), func(*Config) {})
	visitor := identity.Actor{Kind: identity.KindVisitor, Role: identity.RoleVisitor, ID: "v"}
	_, _, err := s.Follow(t.Context(), visitor, testID(), 0, &list{})
	is(t, err, ErrNotFound)
	_, _, err = s.Follow(t.Context(), identity.Actor{Kind: identity.KindAgent}, testID(), 0, &list{})
	is(t, err, identity.ErrForbidden)
	if n := s.Metrics(); n.Watched != 0 || n.Visitors != 0 {
		t.Fatalf("%+v", n)
	}
}

// EXPECTATIONS C, Chat 6: a row lands between the read and going live.
func TestChat06ARowThatLandsWhileReadingIsDeliveredOnceInItsPlace(t *testing.T) {
	t.Parallel()
	m := newMemory()
	conv := testID()
	m.write(conv, 3)
	hub := NewHub()
	f := &follower{conv: conv, scope: identity.Everything(), sink: &list{}, behind: newCatchUp(), reading: true}
	stop := hub.Watch(conv, f)
	defer stop()
	// Read up to 3; meanwhile 4, 5 and 6 are published, 6 first.
	m.write(conv, 3)
	for _, seq := range []uint32{6, 5, 4, 5, 2} {
		hub.Publish(m.row(conv, seq))
	}
	if err := f.catchUp(t.Context(), m, 3); err != nil {
		t.Fatal(err)
	}
	hub.Publish(m.row(conv, 6))
	if got := f.sink.(*list).seqs(); got != ascending(6) {
		t.Fatalf("delivered %s", got)
	}
}

func TestMoreLiveRowsThanTheBufferHoldsAreReadAgain(t *testing.T) {
	t.Parallel()
	m := newMemory()
	conv := testID()
	n := 3 * followBuffer
	m.write(conv, n)
	f := &follower{conv: conv, scope: identity.Everything(), sink: &list{}, behind: newCatchUp(), reading: true}
	for seq := uint32(2); seq <= uint32(n); seq++ {
		f.Deliver(&Update{Row: m.row(conv, seq)})
	}
	if err := f.catchUp(t.Context(), m, 1); err != nil {
		t.Fatal(err)
	}
	if got := f.sink.(*list).seqs(); got != ascending(n) {
		t.Fatalf("delivered %s", got)
	}
}

func TestAHoleIsFetched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := startService(t, m, func(*Config) {})
		conv := testID()
		m.write(conv, 1)
		sink := &list{}
		_, stop, err := s.Follow(t.Context(), identity.System(), conv, 0, sink)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		m.write(conv, 4)
		s.Hub().Publish(m.row(conv, 5)) // 2, 3 and 4 were never published here
		synctest.Wait()
		s.Hub().Publish(m.row(conv, 3))
		if sink.seqs() != ascending(5) {
			t.Errorf("delivered %s", sink.seqs())
		}
		if n := s.Metrics(); n.Holes != 1 {
			t.Errorf("%+v", n)
		}
	})
}

func TestALostTailIsFoundWithinATick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := startService(t, m, func(c *Config) { c.Reconcile = 0 })
		conv := testID()
		m.write(conv, 1)
		sink := &list{}
		_, stop, err := s.Follow(t.Context(), identity.System(), conv, 0, sink)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		m.write(conv, 2)
		elapse(time.Second)
		synctest.Wait()
		if sink.seqs() != ascending(3) {
			t.Errorf("delivered %s", sink.seqs())
		}
		reads := m.reads
		elapse(time.Minute)
		synctest.Wait()
		if n := s.Metrics(); n.ReconciledRows != 2 || m.reads != reads {
			t.Errorf("a quiet minute read the log %d times, %+v", m.reads-reads, n)
		}
	})
}

// EXPECTATIONS C, Chat 10: whatever the order, each row once and in order.
func TestShuffledAndRepeatedRowsAreDeliveredOnceInOrder(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := startService(t, m, func(c *Config) { c.Reconcile = 5 * time.Millisecond })
	conv := testID()
	m.write(conv, 0)
	sinks := make([]*list, 4)
	for i := range sinks {
		sinks[i] = &list{}
		_, stop, err := s.Follow(t.Context(), identity.System(), conv, 0, sinks[i])
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
	}
	const n = 200
	m.write(conv, n)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 7))
			for range n {
				s.Hub().Publish(m.row(conv, 1+random.Uint32N(n)))
			}
		})
	}
	wg.Wait()
	s.Hub().Publish(m.row(conv, n))
	for _, sink := range sinks {
		for deadline := time.Now().Add(time.Minute); sink.seqs() != ascending(n); {
			if time.Now().After(deadline) {
				t.Fatalf("delivered %s", sink.seqs())
			}
		}
	}
}

// leaver is a list that notes when its conversation left.
type leaver struct {
	list
	left []*Row // guarded by list's mu
}

// Left implements [Leaver].
func (l *leaver) Left(_ string, row *Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = append(l.left, row)
}

// farewell returns the rows that Left was called with.
func (l *leaver) farewell() []*Row {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.left)
}

// walled is a memory whose logs are out of everybody's scope.
type walled struct{ *memory }

func (w walled) Rows(context.Context, identity.Scope, string, uint32, uint32, int) ([]Row, error) {
	return nil, ErrNotFound
}

func TestASinkIsToldWhenItsConversationLeavesTheScope(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := startService(t, m, func(c *Config) { c.Store = walled{m} })
		conv := testID()
		m.write(conv, 1)
		agent := identity.Actor{Kind: identity.KindAgent, ID: "a", Role: identity.RoleAgent, Scope: identity.Scope{Sites: []int32{1}, Departments: []int32{1}}}
		row := func(seq uint32, kind Kind, dept, left int32) *Row {
			return &Row{Conversation: conv, Seq: seq, Site: 1, Department: dept, Left: left, Contact: "c", Kind: kind}
		}
		for name, c := range map[string]struct {
			rows []*Row
			seqs string // what is delivered
			last int    // which of rows Left brings, from 1; 0: none, a read found out; -1: it is not called
		}{
			"a transfer":            {[]*Row{row(2, KindTransferred, 2, 1), row(3, KindMessage, 2, 0), row(4, KindTransferred, 1, 2)}, "[2]", 1},
			"a hole before it":      {[]*Row{row(4, KindMessage, 2, 0), row(5, KindMessage, 2, 0)}, "[]", 1},
			"a hole, then the wall": {[]*Row{row(4, KindMessage, 1, 0)}, "[]", 0},
			"stopped before":        {[]*Row{row(2, KindMessage, 1, 0), nil, row(3, KindTransferred, 2, 1)}, "[2]", -1},
		} {
			sink := &leaver{}
			_, stop, err := s.Follow(t.Context(), agent, conv, 1, sink)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range c.rows {
				if r == nil {
					stop()
					continue
				}
				s.Hub().Publish(r)
			}
			synctest.Wait()
			stop()
			if got := sink.seqs(); got != c.seqs {
				t.Errorf("%s: delivered %s", name, got)
			}
			left := sink.farewell()
			switch {
			case c.last < 0 && len(left) == 0:
			case c.last == 0 && len(left) == 1 && left[0] == nil:
			case c.last > 0 && len(left) == 1 && left[0] == c.rows[c.last-1]:
			default:
				t.Errorf("%s: told %v", name, left)
			}
		}
	})
}
