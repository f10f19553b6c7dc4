package main

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
)

// runner is anything long-lived. Run blocks until ctx is cancelled and every
// goroutine it started has ended; it returns nil on a clean stop.
type runner interface {
	Run(ctx context.Context) error
}

// supervise runs front (what accepts visitors) and back (what front relies on).
// Front stops first and drains; only then is back stopped. A failure on either
// side stops both, and is returned.
func supervise(ctx context.Context, front, back []runner) error {
	serving, stopServing := context.WithCancel(ctx)
	defer stopServing()
	working, stopWorking := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWorking()

	backGroup, backCtx := errgroup.WithContext(working)
	for _, r := range back {
		backGroup.Go(func() error { return r.Run(backCtx) })
	}
	context.AfterFunc(backCtx, stopServing) // a dead engine must not keep serving

	frontGroup, frontCtx := errgroup.WithContext(serving)
	for _, r := range front {
		frontGroup.Go(func() error { return r.Run(frontCtx) })
	}

	err := frontGroup.Wait()
	stopWorking()
	return errors.Join(err, backGroup.Wait())
}
