package chat

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
)

// slowRecall is a memory in which reading what a bus missed never ends in time.
type slowRecall struct{ *memory }

func (slowRecall) RowsSince(ctx context.Context, _ time.Duration, _ string, _ int) ([]Row, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// With the bus cut on a very large desk there is more to read than a tick has
// time for: who watches a conversation still sees its rows within a tick.
func TestWatchersDoNotWaitForWhatTheBusMissed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := startService(t, m, func(c *Config) { c.Store, c.Reconcile = slowRecall{m}, time.Second })
		s.noteLease("self", Lease{Living: 1, Recent: true}) // it lives, and is not heard
		conv := testID()
		m.write(conv, 1)
		var sink list
		_, stop, err := s.Follow(t.Context(), identity.Bot(), conv, 0, &sink)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		for _, want := range []string{"[1 2]", "[1 2 3]"} {
			m.write(conv, 1)
			elapse(1100 * time.Millisecond)
			if sink.seqs() != want {
				t.Errorf("shown %s, want %s", sink.seqs(), want)
			}
			elapse(10 * time.Second)
		}
	})
}
