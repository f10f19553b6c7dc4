package main

import (
	"context"
	"time"
)

// schedule is an open loop: message i is due at start + i/rate whatever became
// of the ones before it, and its latency counts from that moment. A server that
// stalls therefore shows the whole wait of everything that was due meanwhile
// (no coordinated omission).
type schedule struct {
	start time.Time
	rate  float64 // messages a second, > 0
}

func (s schedule) at(i int) time.Time {
	return s.start.Add(time.Duration(float64(i) / s.rate * float64(time.Second)))
}

// run calls emit for i = 0, 1, … not before each is due, until limit messages
// are out, the next one would be due at or after start+span, or ctx ends.
func (s schedule) run(ctx context.Context, limit int, span time.Duration, emit func(i int, due time.Time)) {
	end := s.start.Add(span)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i := range limit {
		due := s.at(i)
		if !due.Before(end) || ctx.Err() != nil {
			return
		}
		if wait := time.Until(due); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
				return
			}
		}
		emit(i, due)
	}
}

// shared reports whether the i-th of a series belongs to the given share of it,
// spread evenly.
func shared(i int, share float64) bool {
	return int(float64(i+1)*share) > int(float64(i)*share)
}
