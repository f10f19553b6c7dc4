package chat

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"frontdesk/internal/identity"
)

func resolve(conv string) Entry {
	return Entry{Conversation: conv, CID: testID(), Author: Author{Kind: AuthorSystem}, Kind: KindResolved, Change: &Change{Act: ActResolve}}
}

// The socket of whoever asked for a change closes in the middle: the change is
// finished and shown, for it may be committed already.
func TestAChangeThatHasBegunIsFinishedAndShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, commit, s := startGated(t)
		sink := &list{}
		defer s.Hub().WatchAll(sink)()
		ctx, leave := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, _, err := s.Append(ctx, identity.Everything(), resolve(testID()))
			done <- err
		}()
		synctest.Wait()
		leave()
		synctest.Wait()
		close(commit)
		is(t, <-done, nil)
		if sink.seqs() != "[1]" {
			t.Errorf("shown %s", sink.seqs())
		}
	})
}

func TestAChangeWhoseCommitWasLostIsRepeatedAndShownOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		var lost atomic.Bool
		m.after = func() error {
			if lost.CompareAndSwap(false, true) {
				return ErrUnavailable
			}
			return nil
		}
		s := startService(t, m, func(*Config) {})
		sink := &list{}
		defer s.Hub().WatchAll(sink)()
		row, _, err := s.Append(t.Context(), identity.Everything(), resolve(testID()))
		if err != nil || row.Seq != 1 || sink.seqs() != "[1]" {
			t.Errorf("seq %d, %v, shown %s", row.Seq, err, sink.seqs())
		}
	})
}

// More changes than run at once wait for their turn, and are overloaded after
// five seconds.
func TestChangesWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		commit := make(chan struct{})
		m.before = func([]Scoped, bool) error { <-commit; return nil }
		s := startService(t, m, func(c *Config) { c.MaxChanges = 1 })
		first := appendLater(t, s, resolve(testID()))
		synctest.Wait()
		second := appendLater(t, s, resolve(testID()))
		_, err := second()
		is(t, err, ErrUnavailable)
		close(commit)
		if _, err := first(); err != nil {
			t.Error(err)
		}
	})
}

// A sink that panics ends the turn of whoever has it: those whose changes went
// into the same transaction get an answer, and the turn is not lost.
func TestAPanicInAGroupOfChangesStrandsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		commit := make(chan struct{})
		m.before = func([]Scoped, bool) error { <-commit; return nil }
		s := startService(t, m, func(c *Config) { c.MaxChanges = 1 })
		sink := &fragile{}
		stop := s.Hub().WatchAll(sink)
		first := appendLater(t, s, resolve(testID()))
		synctest.Wait()
		errs := make(chan error, 5)
		for range cap(errs) { // one transaction: they wait for the turn
			go func() {
				var err error
				defer func() {
					if v := recover(); v != nil { // as a socket's reader does
						err = errPanicked
					}
					errs <- err
				}()
				_, _, err = s.Append(t.Context(), identity.Everything(), resolve(testID()))
			}()
			synctest.Wait()
		}
		sink.breaks.Store(2) // the first change's row, and then one of theirs
		close(commit)
		if _, err := first(); err != nil {
			t.Error(err)
		}
		panicked := 0
		for range cap(errs) {
			switch err := <-errs; {
			case errors.Is(err, errPanicked):
				panicked++
			case !errors.Is(err, ErrUnavailable):
				t.Errorf("stranded: %v", err)
			}
		}
		stop()
		if _, err := appendLater(t, s, resolve(testID()))(); err != nil || panicked != 1 {
			t.Errorf("afterwards: %v, %d panicked", err, panicked)
		}
		synctest.Wait()
		s.turns.mu.Lock()
		defer s.turns.mu.Unlock()
		if s.turns.turns != 0 || len(s.turns.waiting) != 0 {
			t.Errorf("%d turns are taken, %d wait", s.turns.turns, len(s.turns.waiting))
		}
	})
}

var errPanicked = errors.New("panicked")

// fragile is a sink that panics at the given delivery, from 1; 0 never.
type fragile struct{ breaks atomic.Int64 }

func (f *fragile) Deliver(*Update) {
	if f.breaks.Load() > 0 && f.breaks.Add(-1) == 0 {
		panic("a sink's mistake")
	}
}
