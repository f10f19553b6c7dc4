package client

import (
	"testing"
	"time"
)

func TestBackoffStaysInItsSpanAndDoublesUpToTheMaximum(t *testing.T) {
	t.Parallel()
	b := backoff{min: 100 * time.Millisecond, max: time.Second}
	for range 1000 {
		for i := range 40 {
			span := min(time.Second, 100*time.Millisecond<<min(i, 20))
			if d := b.next(time.Minute); d < time.Minute || d > time.Minute+span {
				t.Fatalf("attempt %d: pause %s outside [1m, 1m+%s]", i, d, span)
			}
		}
		b.reset()
	}
}

func TestAStreamDeliversOnlyTheNextRow(t *testing.T) {
	t.Parallel()
	s := stream{}
	for i, c := range []struct {
		seq  uint32
		want place
	}{{1, placeNext}, {1, placeOld}, {3, placeHole}, {2, placeNext}, {3, placeNext}, {9, placeHole}} {
		if got := s.accept(c.seq); got != c.want {
			t.Errorf("step %d, seq %d: got %d, want %d", i, c.seq, got, c.want)
		}
	}
	if !s.resumed(3) {
		t.Error("row 9 was seen and dropped, but no other resume is asked for")
	}
}
