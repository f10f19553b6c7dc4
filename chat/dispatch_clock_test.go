package chat

import (
	"testing"
	"time"
)

func TestTheDatabasesTimeIsToldWhateverTheNodesClockSays(t *testing.T) {
	t.Parallel()
	real := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	skew := time.Hour
	c := newDatabaseClock(func() time.Time { return real.Add(skew) })
	ask := func(took time.Duration) {
		then := c.node()
		database := real.Add(took / 2)
		real = real.Add(took)
		c.learn(then, database)
	}
	off := func() time.Duration { return c.now().Sub(real).Abs() }
	if ask(10 * time.Millisecond); off() > 10*time.Millisecond {
		t.Fatalf("off by %v", off())
	}
	if real = real.Add(time.Hour); off() > 10*time.Millisecond {
		t.Fatalf("off by %v an hour later", off())
	}
	// A reading that took long says little: what is known better stays.
	before := off()
	if ask(20 * time.Second); off() != before {
		t.Errorf("off by %v, was %v", off(), before)
	}
	if ask(time.Millisecond); off() > time.Millisecond {
		t.Errorf("off by %v after a quick reading", off())
	}
	// A clock that jumps is found by the next reading.
	skew -= 3 * time.Hour
	if ask(time.Millisecond); off() > time.Millisecond {
		t.Errorf("off by %v after a jump", off())
	}
	c.learn(c.node(), time.Time{}) // a store that does not tell
	if c.now().IsZero() {
		t.Error("no time")
	}
}
