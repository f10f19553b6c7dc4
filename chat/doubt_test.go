package chat

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
)

func (d *doubts) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.all)
}

// looked returns how often rows were looked for.
func (m *memory) looked() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.looks
}

// put stores an entry, as a commit of which nobody hears.
func (m *memory) put(e *Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.append(e, true)
}

// lostOnce is what hides the first commit, and then does what more says.
func lostOnce(more func()) func() error {
	var lost atomic.Bool
	return func() error {
		if !lost.CompareAndSwap(false, true) {
			return nil
		}
		more()
		return ErrUnavailable
	}
}

// The backend whose connection broke holds the conversation while its commit is
// flushed: the repetition finds it held, and then finds the row stored. It is that
// lost commit's, and nobody was shown it.
func TestARowOfALostCommitThatIsHeldAtTheSecondAttemptIsShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		conv := testID()
		m.after = lostOnce(func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.held[conv] = true // for those who do not wait
		})
		s := startService(t, m, func(*Config) {})
		var sink list
		defer s.Hub().WatchAll(&sink)()
		row, err := appendLater(t, s, message(conv, "once"))()
		if err != nil || row.Seq != 1 || sink.seqs() != "[1]" {
			t.Errorf("seq %d, %v, shown %s", row.Seq, err, sink.seqs())
		}
		if n := s.Metrics(); n.Held != 1 || n.Repeated != 1 {
			t.Errorf("held %d, repeated %d: not what is tested", n.Held, n.Repeated)
		}
	})
}

// A state change and an edit wait for who holds the conversation, for a while: if
// that is the backend of their own lost commit, their row is shown once it is there.
func TestAChangeOfALostCommitThatStaysHeldIsShownAtTheNextLook(t *testing.T) {
	t.Parallel()
	acts := map[string]func(context.Context, *Service, string) error{
		"change": func(ctx context.Context, s *Service, conv string) error {
			_, _, err := s.Append(ctx, identity.Everything(), resolve(conv))
			return err
		},
		"edit": func(ctx context.Context, s *Service, conv string) error {
			return removes(ctx, s, conv, 1)
		},
	}
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				m.answers = []*Outcome{nil, {Verdict: Held}} // stored, and then held
				m.after = lostOnce(func() {})
				s := startService(t, m, func(c *Config) { c.Reconcile = time.Second })
				var sink list
				defer s.Hub().WatchAll(&sink)()
				is(t, act(t.Context(), s, testID()), ErrUnavailable)
				elapse(1500 * time.Millisecond)
				if sink.seqs() != "[1]" {
					t.Errorf("shown %s", sink.seqs())
				}
			})
		})
	}
}

// removes removes a visitor's message.
func removes(ctx context.Context, s *Service, conv string, seq uint32) error {
	visitor := identity.Actor{Kind: identity.KindVisitor, Role: identity.RoleVisitor, ID: "v", Scope: identity.Everything()}
	_, err := s.Edit(ctx, visitor, Edit{Conversation: conv, CID: testID(), Seq: seq, Remove: true})
	return err
}

// A backend without its client may commit long after the sender was told that
// nothing is known, and after the first look.
func TestARowThatIsCommittedAfterTheFirstLookIsShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.before = func([]Scoped, bool) error { return ErrUnavailable }
		s := startService(t, m, func(c *Config) { c.Reconcile = time.Second })
		s.noteLease("self", Lease{}) // alone: nothing else looks
		var sink list
		defer s.Hub().WatchAll(&sink)()
		e := message(testID(), "late")
		_, err := appendLater(t, s, e)()
		is(t, err, ErrUnavailable)
		elapse(20 * time.Second)
		m.put(&e)
		elapse(40 * time.Second)
		if sink.seqs() != "[1]" {
			t.Errorf("shown %s", sink.seqs())
		}
		elapse(time.Hour)
		if sink.seqs() != "[1]" || m.looked() > doubtLooks {
			t.Errorf("shown %s, %d looks", sink.seqs(), m.looked())
		}
	})
}

// The sender repeats a message that is in doubt before the next look: it is shown
// then, and not once more.
func TestARepetitionSettlesADoubtAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		var back atomic.Bool
		m.after = func() error {
			if back.Load() {
				return nil
			}
			return ErrUnavailable
		}
		s := startService(t, m, func(c *Config) { c.Reconcile = time.Minute })
		var sink list
		defer s.Hub().WatchAll(&sink)()
		for i, e := range []Entry{message(testID(), "plain"), resolve(testID())} {
			back.Store(false)
			_, err := appendLater(t, s, e)()
			is(t, err, ErrUnavailable)
			back.Store(true)
			row, err := appendLater(t, s, e)()
			if want := []string{"[1]", "[1 1]"}[i]; err != nil || row.Seq != 1 || sink.seqs() != want {
				t.Errorf("entry %d: seq %d, %v, shown %s", i, row.Seq, err, sink.seqs())
			}
		}
		elapse(time.Hour)
		if sink.seqs() != "[1 1]" || m.looked() != 0 {
			t.Errorf("shown %s, %d looks", sink.seqs(), m.looked())
		}
	})
}

// One conversation that does not exist does not keep the others' rows from being shown.
func TestADoubtAboutAConversationThatIsGoneEndsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := startService(t, m, func(c *Config) { c.Reconcile = time.Second })
		var sink list
		defer s.Hub().WatchAll(&sink)()
		known := message(testID(), "stored")
		m.put(&known)
		for range 20 {
			gone := message(testID(), "made up")
			s.doubtsOf(&gone).unlessKnown(&gone, 0, ErrUnavailable, false)
		}
		s.doubtsOf(&known).unlessKnown(&known, 0, ErrUnavailable, false)
		elapse(1500 * time.Millisecond)
		if sink.seqs() != "[1]" {
			t.Errorf("shown %s", sink.seqs())
		}
		elapse(time.Hour)
		if n := s.writers[0].doubts.count(); n != 0 {
			t.Errorf("%d doubts are left", n)
		}
	})
}

func TestDoubtsAreBoundedAndStandOnceEach(t *testing.T) {
	t.Parallel()
	var d doubts
	note := func(cid int) { d.add(doubt{conv: "c", cid: fmt.Sprint(cid), wait: 1}) }
	for cid := range maxDoubts + 10 {
		note(cid)
		note(cid)
	}
	if len(d.all) != maxDoubts || len(d.known) != maxDoubts || d.all[0].cid != "10" {
		t.Errorf("%d doubts, %d known, the first is %s", len(d.all), len(d.known), d.all[0].cid)
	}
	if d.settle("c", "3") || !d.settle("c", "11") || d.settle("c", "11") {
		t.Error("settled wrongly")
	}
	due := d.due()
	if len(due) != maxDoubts-1 || len(d.all) != 0 || len(d.known) != 0 {
		t.Errorf("%d are due, %d and %d are left", len(due), len(d.all), len(d.known))
	}
	for looks := 1; ; looks++ {
		d.again(due[0])
		if len(d.all) == 0 {
			if looks != doubtLooks {
				t.Errorf("given up after %d looks", looks)
			}
			return
		}
		for due = nil; len(due) == 0; {
			due = d.due()
		}
	}
}

// Doubts stay while the database is away: a look that failed is none.
func TestALookThatFailsIsRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		away := &awayRows{memory: m}
		away.away.Store(true)
		s := startService(t, m, func(c *Config) { c.Store, c.Reconcile = away, time.Second })
		var sink list
		defer s.Hub().WatchAll(&sink)()
		e := message(testID(), "stored")
		m.put(&e)
		s.doubtsOf(&e).unlessKnown(&e, 0, ErrUnavailable, false)
		elapse(10 * time.Minute)
		away.away.Store(false)
		elapse(1500 * time.Millisecond)
		if sink.seqs() != "[1]" {
			t.Errorf("shown %s", sink.seqs())
		}
	})
}

// awayRows is a memory whose rows cannot be looked for.
type awayRows struct {
	*memory

	away atomic.Bool
}

func (m *awayRows) RowsOf(ctx context.Context, scope identity.Scope, keys []RowKey) ([]Row, error) {
	if m.away.Load() {
		return nil, ErrUnavailable
	}
	return m.memory.RowsOf(ctx, scope, keys)
}
