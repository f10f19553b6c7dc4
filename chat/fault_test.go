package chat

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"frontdesk/internal/identity"
)

// At every boundary of a commit the database may go away once: the row is stored
// once, shown, and acknowledged.
func TestAFaultAtAnyBoundaryOfACommitIsMended(t *testing.T) {
	t.Parallel()
	for _, point := range FaultPoints() {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				var hit atomic.Bool
				s := startService(t, m, func(c *Config) {
					c.Fault = func(at string) error {
						if at == point && hit.CompareAndSwap(false, true) {
							return errors.New("injected")
						}
						return nil
					}
				})
				sink := &list{}
				defer s.Hub().WatchAll(sink)()
				conv := testID()
				for i, e := range []Entry{message(conv, "hello"), resolve(conv)} {
					row, _, err := s.Append(t.Context(), identity.Everything(), e)
					if err != nil || row.Seq != uint32(i+1) {
						t.Errorf("entry %d: seq %d, %v", i, row.Seq, err)
					}
				}
				if err := removes(t.Context(), s, conv, 1); err != nil {
					t.Errorf("edit: %v", err)
				}
				if got := sink.seqs(); got != "[1 2 3]" {
					t.Errorf("shown %s", got)
				}
				inside := []string{PointChangeLocked, PointChangeWritten, PointEditLocked, PointEditWritten} // of the store: not in memory
				people := strings.HasPrefix(point, "identify.") || strings.HasPrefix(point, "merge.")        // no conversation's: on PostgreSQL as well
				if !hit.Load() && !people && !slices.Contains(inside, point) {
					t.Error("the point was not passed")
				}
			})
		})
	}
}
