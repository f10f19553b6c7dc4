package chat

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"frontdesk/internal/identity"
)

// Whatever comes at once, is held by others, loses its commit or its caller:
// every state change is answered once, is one row if it was accepted, and no turn is lost.
func TestChangesThatShareTransactionsAreEachAnsweredOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed")
		turns := rapid.IntRange(1, 3).Draw(r, "turns")
		changes := rapid.IntRange(1, 60).Draw(r, "changes")
		synctest.Test(t, func(t *testing.T) { shareTransactions(t, seed, turns, changes) })
		if t.Failed() {
			r.Fatalf("seed %d, %d turns, %d changes", seed, turns, changes)
		}
	})
}

func shareTransactions(t *testing.T, seed uint64, turns, changes int) {
	t.Helper()
	dice := rand.New(rand.NewPCG(seed, 1))
	m := newMemory()
	var mu sync.Mutex // guards roll
	roll := func(n int) int { mu.Lock(); defer mu.Unlock(); return dice.IntN(n) }
	m.before = func([]Scoped, bool) error {
		pause(t.Context(), time.Duration(roll(20))*time.Millisecond) // of the bubble's clock: a commit takes that long
		if roll(8) == 0 {
			return fmt.Errorf("refused: %w", ErrConflict)
		}
		return nil
	}
	m.after = func() error {
		if roll(8) == 0 {
			return fmt.Errorf("lost: %w", ErrUnavailable)
		}
		return nil
	}
	s := startService(t, m, func(c *Config) { c.MaxChanges = turns })
	sink := &list{}
	defer s.Hub().WatchAll(sink)()
	convs := []string{testID(), testID(), testID(), testID()}
	m.held[convs[3]] = true // passed over by groups, waited for alone
	type answer struct {
		row Row
		err error
	}
	entries, answers := make([]Entry, changes), make([]answer, changes)
	var wg sync.WaitGroup
	for i := range changes {
		entries[i] = resolve(convs[roll(len(convs))])
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		if roll(6) == 0 {
			after := time.Duration(roll(60)) * time.Millisecond
			wg.Go(func() { pause(t.Context(), after); leave() })
		}
		wg.Go(func() {
			answers[i].row, _, answers[i].err = s.Append(ctx, identity.Everything(), entries[i])
		})
	}
	wg.Wait()
	stored := make(map[string]uint32)
	for conv, rows := range m.logs {
		for i, row := range rows {
			if row.Seq != uint32(i+1) {
				t.Errorf("%s: row %d has seq %d", conv, i+1, row.Seq)
			}
			if stored[row.CID] != 0 {
				t.Errorf("cid %s stands twice", row.CID)
			}
			stored[row.CID] = row.Seq
		}
	}
	for i, a := range answers {
		switch seq := stored[entries[i].CID]; {
		case a.err == nil && seq != a.row.Seq:
			t.Errorf("change %d was accepted as %d, stored as %d", i, a.row.Seq, seq)
		case a.err != nil && !errors.Is(a.err, ErrUnavailable) && !errors.Is(a.err, ErrConflict) && !errors.Is(a.err, context.Canceled):
			t.Errorf("change %d: %v", i, a.err)
		case errors.Is(a.err, context.Canceled) && seq != 0:
			t.Errorf("change %d was withdrawn, and is stored", i)
		}
	}
	if n := s.turns.turns; n != 0 || len(s.turns.waiting) != 0 {
		t.Errorf("%d turns are taken, %d changes wait", n, len(s.turns.waiting))
	}
}
