package main

import (
	"context"
	"syscall"
	"time"
)

// schedule is an open loop: message i is due at start + i/rate whatever became
// of the ones before it, and its latency counts from that moment. A server that
// stalls therefore shows the whole wait of everything that was due meanwhile
// (no coordinated omission).
type schedule struct {
	start time.Time
	rate  float64 // messages a second, > 0
	// nap sleeps for up to about fineWait, exactly. Nil: timers alone, which the run time rounds to a millisecond.
	nap func(time.Duration)
}

// fineWait is the last part of a wait, which nap takes over from the timer.
const fineWait = 2 * time.Millisecond

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
		if !s.wait(ctx, timer, due) {
			return
		}
		emit(i, due)
	}
}

// wait returns at the due time, or false when ctx ends first.
func (s schedule) wait(ctx context.Context, timer *time.Timer, due time.Time) bool {
	coarse := time.Until(due)
	if s.nap != nil {
		coarse -= fineWait
	}
	if coarse > 0 {
		timer.Reset(coarse)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	for s.nap != nil {
		rest := time.Until(due)
		if rest <= 0 {
			break
		}
		s.nap(rest)
	}
	return true
}

// napExactly asks the kernel, whose timers are exact to some 50 µs; the
// run time's poller counts in milliseconds. It returns early at a signal.
func napExactly(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&ts, nil) // EINTR: the caller looks at the clock again
}

// shared reports whether the i-th of a series belongs to the given share of it,
// spread evenly.
func shared(i int, share float64) bool {
	return int(float64(i+1)*share) > int(float64(i)*share)
}
