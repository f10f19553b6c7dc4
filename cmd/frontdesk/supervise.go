package main

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"
)

// runner is anything long-lived. Run blocks until ctx is cancelled and every
// goroutine it started has ended; it returns nil on a clean stop.
type runner interface {
	Run(ctx context.Context) error
}

// supervise runs ranks of runners until ctx ends. The first rank is what accepts
// visitors; each later one is what those before it rely on. They stop in that
// order: a rank is told to stop when the one before it has ended. A failure
// anywhere stops all in the same order, and is returned.
func supervise(ctx context.Context, ranks ...[]runner) error {
	ending, end := context.WithCancel(ctx)
	defer end()
	groups := make([]*errgroup.Group, len(ranks))
	stops := make([]context.CancelFunc, len(ranks))
	for i, rank := range slices.Backward(ranks) { // what others rely on is there first
		var working context.Context
		working, stops[i] = context.WithCancel(context.WithoutCancel(ctx))
		defer stops[i]()
		var failed context.Context
		groups[i], failed = errgroup.WithContext(working)
		context.AfterFunc(failed, end) // a dead engine must not keep serving
		for _, r := range rank {
			groups[i].Go(func() error { return r.Run(failed) })
		}
	}
	<-ending.Done()
	var errs []error
	for i := range ranks {
		stops[i]()
		errs = append(errs, groups[i].Wait())
	}
	return errors.Join(errs...)
}
