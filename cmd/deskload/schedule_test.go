package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestMessagesAreDueAtTheirTimesHoweverLateTheLoopIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := schedule{start: start, rate: 100}
		var due, out []time.Duration
		s.run(t.Context(), 1000, time.Second, func(i int, at time.Time) {
			due = append(due, at.Sub(start))
			out = append(out, time.Since(start))
			if i == 20 {
				stall := time.NewTimer(300 * time.Millisecond)
				<-stall.C
			}
		})
		if len(due) != 100 {
			t.Fatalf("%d messages in a second at 100/s", len(due))
		}
		for i := range due {
			want := time.Duration(i) * 10 * time.Millisecond
			if due[i] != want {
				t.Errorf("message %d is due at %s, want %s", i, due[i], want)
			}
			late := out[i] - due[i]
			// The stall at message 20 makes 21 to 50 late, each by less than the one before, and no other.
			switch {
			case i > 20 && i <= 50:
				if want := time.Duration(50-i) * 10 * time.Millisecond; late != want {
					t.Errorf("message %d went out %s late, want %s", i, late, want)
				}
			case late != 0:
				t.Errorf("message %d went out %s late", i, late)
			}
		}
	})
}

func TestTheLoopEndsByNumberByTimeAndByContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		count := func(ctx context.Context, limit int, span time.Duration) (n int) {
			schedule{start: time.Now(), rate: 10}.run(ctx, limit, span, func(int, time.Time) { n++ })
			return n
		}
		if n := count(t.Context(), 7, time.Hour); n != 7 {
			t.Errorf("by number: %d", n)
		}
		if n := count(t.Context(), 1000, 2*time.Second); n != 20 {
			t.Errorf("by time: %d", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1050*time.Millisecond)
		defer cancel()
		if n := count(ctx, 1000, time.Hour); n != 11 {
			t.Errorf("by context: %d", n)
		}
	})
}

func TestNapsTakeOverTheEndOfEachWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		naps := 0
		nap := func(d time.Duration) {
			naps++
			if d <= 0 || d > fineWait {
				t.Errorf("nap of %s", d)
			}
			half := time.NewTimer(d/2 + 1) // woken early, as by a signal
			<-half.C
		}
		schedule{start: start, rate: 100, nap: nap}.run(t.Context(), 20, time.Hour, func(i int, due time.Time) {
			if late := time.Since(due); late < 0 || late > time.Microsecond {
				t.Errorf("message %d is %s late", i, late)
			}
		})
		if naps < 19 {
			t.Errorf("%d naps", naps)
		}
	})
}

func TestASharedSeriesIsSpreadEvenly(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{0, .1, .3, .5, 1} {
		n := 0
		for i := range 1000 {
			if shared(i, share) {
				n++
			}
			if want := float64(i+1) * share; float64(n) > want || float64(n) < want-1 {
				t.Fatalf("share %g: %d of the first %d", share, n, i+1)
			}
		}
	}
}
