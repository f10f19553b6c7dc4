package chat

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
)

// RowsSince implements NodeStore: in memory every row is young.
func (m *memory) RowsSince(_ context.Context, age time.Duration, after string, limit int) ([]Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recalls = append(m.recalls, age)
	if m.recallFails > 0 {
		m.recallFails--
		return nil, ErrUnavailable
	}
	ids := make([]string, 0, len(m.logs))
	for id := range m.logs {
		if id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	var rows []Row
	for _, id := range ids[:min(limit, len(ids))] {
		rows = append(rows, m.logs[id]...)
	}
	return rows, nil
}

// Nodes implements NodeStore.
func (m *memory) Nodes(context.Context) ([]Node, error) { return m.nodes, nil }

// asked returns how far back rows were asked for, each time.
func (m *memory) asked() []time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.recalls)
}

func TestWhatTheBusMissedIsShownToAnInbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := startService(t, m, func(c *Config) { c.Reconcile = time.Second })
		var inbox, all list
		s.Hub().WatchInbox(identity.Scope{All: true}, &inbox)
		s.Hub().WatchAll(&all)
		conv := NewID(time.Now())
		m.mu.Lock()
		m.logs[conv] = []Row{{Conversation: conv, Seq: 1}, {Conversation: conv, Seq: 2}} // another node stored them
		m.recallFails = 1
		m.mu.Unlock()
		elapse(10 * time.Second)
		if len(m.asked()) != 0 {
			t.Errorf("a node that misses nothing asks: %v", m.asked())
		}
		s.Hub().Missed(30 * time.Second)
		elapse(5 * time.Second)
		if got := inbox.seqs(); got != "[1 2]" {
			t.Errorf("shown %s", got)
		}
		if asked := m.asked(); len(asked) != 2 || asked[0] < 30*time.Second || asked[1] < asked[0] {
			t.Errorf("asked for %v: the failed read is repeated, further back", asked)
		}
	})
}

func TestANodeThatIsNotHeardIsReadEachTick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := startService(t, m, func(c *Config) { c.Reconcile = time.Second })
		s.noteLease("self", Lease{Living: 2, Recent: true})
		s.Hub().Reached(2)
		elapse(5 * time.Second)
		if n := len(m.asked()); n != 0 {
			t.Errorf("both others are heard, and yet %d reads", n)
		}
		s.Hub().Reached(1)
		elapse(5 * time.Second)
		if n := len(m.asked()); n < 4 || n > 6 {
			t.Errorf("%d reads in five seconds while a node is not heard", n)
		}
	})
}

func TestANodeThatIsAloneComparesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := startService(t, m, func(c *Config) { c.Reconcile = time.Second })
		conv := NewID(time.Now())
		m.mu.Lock()
		m.logs[conv] = []Row{{Conversation: conv, Seq: 1}}
		m.mu.Unlock()
		var sink list
		_, stop, err := s.Follow(t.Context(), identity.Bot(), conv, 0, &sink)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		s.noteLease("self", Lease{})
		m.mu.Lock()
		m.logs[conv] = append(m.logs[conv], Row{Conversation: conv, Seq: 2})
		m.mu.Unlock()
		elapse(5 * time.Second)
		if got := sink.seqs(); got != "[1]" {
			t.Errorf("alone, and yet it compared: %s", got)
		}
		s.noteLease("self", Lease{Recent: true}) // another node lived a moment ago
		elapse(2 * time.Second)
		if got := sink.seqs(); got != "[1 2]" {
			t.Errorf("what the dead node stored is not shown: %s", got)
		}
	})
}

func TestANodeThatWasCutOffBringsItsAgentsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{online: map[string]string{}}
		p := startPresence(t, d)
		agent := identity.Actor{Kind: identity.KindAgent, ID: "a", Role: identity.RoleAgent}
		if _, err := p.Connect(t.Context(), agent); err != nil {
			t.Fatal(err)
		}
		d.mu.Lock()
		delete(d.online, "a") // another node took them for gone
		d.company.Lapsed = true
		d.mu.Unlock()
		elapse(3 * time.Second)
		d.mu.Lock()
		d.company.Lapsed = false
		back := d.online["a"]
		d.mu.Unlock()
		if back != Online {
			t.Errorf("presence %q", back)
		}
	})
}
