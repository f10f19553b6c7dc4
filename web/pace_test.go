package web

import (
	"testing"
	"time"
)

func TestPaceLetsABurstThroughAndThenTheRate(t *testing.T) {
	t.Parallel()
	var p pace
	now := time.Unix(1_700_000_000, 0)
	for i := range 60 {
		if _, ok := p.take(now, 10, 60); !ok {
			t.Fatalf("event %d of the burst was refused", i+1)
		}
	}
	wait, ok := p.take(now, 10, 60)
	if ok || wait != 100*time.Millisecond {
		t.Fatalf("after the burst: ok %v, wait %v; want refused, 100ms", ok, wait)
	}
	if _, ok := p.take(now.Add(wait), 10, 60); !ok {
		t.Fatal("refused after the wait that it asked for")
	}
	if _, ok := p.take(now.Add(wait), 10, 60); ok {
		t.Fatal("a second event passed on one event's wait")
	}
	passed := 0
	for range 100 {
		if _, ok := p.take(now.Add(time.Hour), 10, 60); ok {
			passed++
		}
	}
	if passed != 60 {
		t.Fatalf("after an hour's rest %d passed at once, want the burst of 60", passed)
	}
}
