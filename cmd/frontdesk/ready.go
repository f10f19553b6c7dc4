package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	// probeEvery is how often each probe runs.
	probeEvery = time.Second
	// probeStale is the age at which a result counts no longer (DESIGN 5: older than 3 s = unready).
	probeStale = 3 * time.Second
)

// errNoProbe says that no probe has succeeded recently.
var errNoProbe = errors.New("no result within 3 s")

// readiness runs a real query and a real inference each second, so that
// /readyz answers at once and tells the truth: a probe that hangs goes stale.
type readiness struct {
	probes map[string]func(context.Context) error
	clock  func() time.Time
	logger *slog.Logger

	mu      sync.Mutex // guards results
	results map[string]probeResult

	once  sync.Once
	first chan struct{} // closed when every probe has succeeded for the first time
}

type probeResult struct {
	at  time.Time
	err error
}

func newReadiness(logger *slog.Logger, probes map[string]func(context.Context) error) *readiness {
	return &readiness{probes: probes, clock: time.Now, logger: logger, results: map[string]probeResult{}, first: make(chan struct{})}
}

// Run probes until ctx ends. Each probe has a goroutine of its own, so that one
// that hangs does not make the others look stale; Run waits for all of them.
func (r *readiness) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for name, probe := range r.probes {
		wg.Go(func() { r.watch(ctx, name, probe) })
	}
	wg.Wait()
	return nil
}

func (r *readiness) watch(ctx context.Context, name string, probe func(context.Context) error) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	healthy := true
	for {
		began := r.clock()
		probing, cancel := context.WithTimeoutCause(ctx, probeStale, errNoProbe)
		err := probe(probing)
		cancel()
		if ctx.Err() != nil {
			return
		}
		r.mu.Lock()
		r.results[name] = probeResult{at: began, err: err}
		r.mu.Unlock()
		r.announce()
		if (err == nil) != healthy {
			healthy = err == nil
			r.logger.WarnContext(ctx, "readiness changed", "probe", name, "ready", healthy, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Checks returns the state of each probe: nil, or why it does not count as
// ready. The errors are for logs; clients see the names only.
func (r *readiness) Checks() map[string]error {
	now := r.clock()
	r.mu.Lock()
	defer r.mu.Unlock()
	checks := make(map[string]error, len(r.probes))
	for name := range r.probes {
		switch result, ok := r.results[name]; {
		case !ok || now.Sub(result.at) > probeStale:
			checks[name] = errNoProbe
		default:
			checks[name] = result.err
		}
	}
	return checks
}

// First returns a channel that is closed when every probe has succeeded for the first time.
func (r *readiness) First() <-chan struct{} { return r.first }

func (r *readiness) announce() {
	for _, err := range r.Checks() {
		if err != nil {
			return
		}
	}
	r.once.Do(func() { close(r.first) })
}
