package main

import (
	"log/slog"
	"testing"
	"time"
)

func TestAServersClockIsTheMachinesUnlessATestShiftsIt(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{"": 0, "1h": time.Hour, "-90m": -90 * time.Minute} {
		clock, err := serverClock([]string{"PATH=/bin", clockVariable + "=" + value}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if off := time.Until(clock()) - want; off < -time.Minute || off > time.Minute {
			t.Errorf("%q shifts by %v", value, off+want)
		}
	}
	if _, err := serverClock([]string{clockVariable + "=tomorrow"}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a shift that is none is taken")
	}
}
