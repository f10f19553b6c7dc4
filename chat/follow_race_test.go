package chat

import (
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
)

// landing lets one more row be stored and published right after the nth read of
// the log, before the reader has what it read.
func landing(m *memory, h *Hub, conv string, nth int) {
	m.read = func() {
		if nth--; nth == 0 {
			m.write(conv, 1)
			m.mu.Lock()
			n := uint32(len(m.logs[conv]))
			m.mu.Unlock()
			h.Publish(m.row(conv, n))
		}
	}
}

func TestAClientAheadOfTheLogLosesNoRowThatLandsMeanwhile(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := startService(t, m, func(*Config) {})
	conv := testID()
	m.write(conv, 10)
	landing(m, s.Hub(), conv, 1) // during the read of the head
	sink := &list{}
	last, stop, err := s.Follow(t.Context(), identity.System(), conv, 100, sink)
	if err != nil || last != 11 || sink.seqs() != "[11]" {
		t.Fatalf("last %d, delivered %s, %v", last, sink.seqs(), err)
	}
	stop()
}

func TestARowThatLandsAfterAnEmptyReadIsKept(t *testing.T) {
	t.Parallel()
	m := newMemory()
	hub := NewHub()
	conv := testID()
	m.write(conv, 1)
	f := &follower{conv: conv, scope: identity.Everything(), sink: &list{}, behind: newCatchUp(), last: 1, reading: true}
	stop := hub.Watch(conv, f)
	defer stop()
	landing(m, hub, conv, 1)
	if err := f.catchUp(t.Context(), m, 9); err != nil { // 9: what a restored log no longer has
		t.Fatal(err)
	}
	if got := f.sink.(*list).seqs(); got != "[2]" {
		t.Fatalf("delivered %s", got)
	}
}

func TestASecondFollowerDoesNotHideALostTailFromTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := startService(t, m, func(c *Config) { c.Reconcile = time.Second })
		conv := testID()
		m.write(conv, 1)
		var sinks [2]list
		for i := range sinks {
			_, stop, err := s.Follow(t.Context(), identity.System(), conv, 0, &sinks[i])
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			if i == 0 {
				m.write(conv, 2) // committed by a node that died before it told
			}
		}
		elapse(2 * time.Second)
		synctest.Wait()
		for i := range sinks {
			if got := sinks[i].seqs(); got != ascending(3) {
				t.Errorf("follower %d got %s", i+1, got)
			}
		}
	})
}

func TestAFollowerWhoseHoleIsNoLongerTheirsToReadEnds(t *testing.T) {
	t.Parallel()
	scope := identity.Scope{Sites: []int32{1}, Departments: []int32{2}}
	sink := &list{}
	f := &follower{scope: scope, sink: sink, behind: newCatchUp(), last: 1}
	f.Deliver(&Update{Row: &Row{Seq: 3, Site: 1, Department: 3}})
	f.Deliver(&Update{Row: &Row{Seq: 2, Site: 1, Department: 2}})
	if !f.stopped || sink.seqs() != "[]" || f.behind.take() != nil {
		t.Errorf("goes on with %s", sink.seqs())
	}
}
