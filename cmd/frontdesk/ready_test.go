package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestReadinessTellsFailedAndHangingProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var broken, hanging atomic.Bool
		boom := errors.New("boom")
		r := newReadiness(slog.New(slog.DiscardHandler), map[string]func(context.Context) error{
			"good": func(context.Context) error { return nil },
			"breaks": func(context.Context) error {
				if broken.Load() {
					return boom
				}
				return nil
			},
			"hangs": func(ctx context.Context) error {
				if hanging.Load() {
					<-ctx.Done()
					return context.Cause(ctx)
				}
				return nil
			},
		})
		if got := r.Checks()["good"]; !errors.Is(got, errNoProbe) {
			t.Fatalf("before the first probe: %v, want errNoProbe", got)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = r.Run(ctx) }()

		synctest.Wait()
		for name, err := range r.Checks() {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		broken.Store(true)
		hanging.Store(true)
		<-time.After(4500 * time.Millisecond)
		synctest.Wait()
		checks := r.Checks()
		if checks["good"] != nil || !errors.Is(checks["breaks"], boom) || checks["hangs"] == nil {
			t.Fatalf("checks = %v", checks)
		}
		broken.Store(false)
		hanging.Store(false)
		<-time.After(4 * time.Second)
		synctest.Wait()
		for name, err := range r.Checks() {
			if err != nil {
				t.Errorf("after recovery %s: %v", name, err)
			}
		}
		stop()
		<-ended
	})
}
