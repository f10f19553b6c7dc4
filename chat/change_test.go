package chat

import (
	"context"
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
