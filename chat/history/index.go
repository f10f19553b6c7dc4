package history

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"frontdesk/chat"
)

// IndexerConfig of an [Indexer].
type IndexerConfig struct {
	// Store is read and written. Required.
	Store IndexStore
	// Every is how often the log is looked at. Defaults to 3 seconds.
	Every time.Duration
	// Logger receives warnings: ids, never content. Defaults to slog.Default().
	Logger *slog.Logger
	// Clock measures how long rounds take. Defaults to time.Now.
	Clock func() time.Time
	// Busy says that the log is written as fast as it can be: the index waits then, for at most five minutes. Called
	// before each round. Defaults to never.
	Busy func() bool
}

const (
	indexLease   = 30 * time.Second
	indexSettle  = 30 * time.Second // rows are stamped before they are committed: so long they are looked for again
	indexOverlap = 3 * time.Second  // and so far back in each round
	indexBatch   = 100              // parts a transaction
	indexIdle    = 4                // times as long as a round took nothing is done after it: a fifth of the time at most, and under load more rows of a part come together
	indexWindow  = 20_000           // dirty parts in a window, above which the next one is shorter
	indexPatient = 5 * time.Minute  // how long a busy log goes first
)

// Indexer writes the search's index behind the log: one node at a time, by
// lease, from where it stopped. It works at most a fifth of the time, and for some
// minutes not at all while the log is written at full speed, so that what people do
// comes first.
type Indexer struct {
	store  IndexStore
	every  time.Duration
	log    *slog.Logger
	clock  func() time.Time
	busy   func() bool
	holder string

	fresh  time.Time     // this node has looked at everything up to here; zero = begin at read_to
	settle time.Time     // when the settled end was last moved
	window time.Duration // of the log that is looked at in one go while catching up

	behind  atomic.Int64 // nanoseconds; -1 = another node indexes
	indexed atomic.Uint64
	failed  atomic.Uint64
}

// NewIndexer checks cfg and returns an indexer that waits for Run.
func NewIndexer(cfg IndexerConfig) (*Indexer, error) {
	if cfg.Store == nil {
		return nil, errors.New("history indexer: a store is required")
	}
	if cfg.Every < 0 {
		return nil, errors.New("history indexer: Every must not be negative")
	}
	x := &Indexer{store: cfg.Store, every: cfg.Every, log: cfg.Logger, clock: cfg.Clock, busy: cfg.Busy, window: time.Hour}
	if x.every == 0 {
		x.every = 3 * time.Second
	}
	if x.log == nil {
		x.log = slog.Default()
	}
	if x.clock == nil {
		x.clock = time.Now
	}
	if x.busy == nil {
		x.busy = func() bool { return false }
	}
	x.holder = chat.NewID(x.clock())
	x.behind.Store(-1)
	return x, nil
}

// IndexCounts says what an indexer did.
type IndexCounts struct {
	Indexed uint64        // parts written
	Failed  uint64        // rounds that ended with an error
	Behind  time.Duration // age of the first row that may not be in; negative = another node indexes
}

// Counts returns what was done since the start.
func (x *Indexer) Counts() IndexCounts {
	return IndexCounts{Indexed: x.indexed.Load(), Failed: x.failed.Load(), Behind: time.Duration(x.behind.Load())}
}

// Run indexes until ctx ends.
func (x *Indexer) Run(ctx context.Context) error {
	timer := time.NewTimer(x.every)
	defer timer.Stop()
	worked := x.clock()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		began := x.clock()
		if x.busy() && began.Sub(worked) < indexPatient { // meanwhile the lease may go to a node with less to do
			timer.Reset(x.every)
			if x.behind.Load() >= 0 {
				x.behind.Store(int64(began.Sub(worked)))
			}
			continue
		}
		worked = began
		more, err := x.round(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrLease):
			x.fresh = time.Time{}
			x.behind.Store(-1)
		case err != nil:
			x.failed.Add(1)
			x.fresh = time.Time{} // look again from the settled end
			x.log.WarnContext(ctx, "cannot index conversations", "error", err)
		}
		pause := min(indexIdle*x.clock().Sub(began), indexLease/2) // the lease is renewed in time
		if !more || err != nil {
			pause = max(pause, x.every)
		}
		pause = max(pause, 10*time.Millisecond)
		timer.Reset(pause)
	}
}

// Catch indexes everything that there is, as [Indexer.Run] does little by
// little. [ErrLease] when another node is at it.
func (x *Indexer) Catch(ctx context.Context) error {
	for {
		more, err := x.round(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// round looks at one window of the log. more says that the next one waits.
func (x *Indexer) round(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Minute, errors.New("indexing took too long"))
	defer cancel()
	settled, now, err := x.store.Lease(ctx, "index", x.holder, indexLease)
	if err != nil {
		return false, err
	}
	if settled.IsZero() {
		if settled, err = x.store.Begin(ctx); err != nil {
			return false, fmt.Errorf("look for the log's beginning: %w", err)
		}
		if settled.IsZero() { // nobody has written yet
			x.behind.Store(0)
			return false, nil
		}
	}
	from := settled
	if x.fresh.After(settled) {
		from = x.fresh.Add(-indexOverlap)
	}
	if x.fresh.IsZero() {
		x.settle = now
	}
	if now.Sub(x.settle) >= indexSettle { // once in a while look at all that was not settled: late commits
		from, x.settle = settled, now
	}
	to := now.Add(time.Second) // other nodes' clocks do not matter: rows are stamped by the database
	more = to.Sub(from) > 2*indexSettle+x.window
	if more {
		to = from.Add(x.window)
	}
	x.behind.Store(int64(max(0, now.Sub(from)-indexOverlap)))
	n, err := x.index(ctx, from, to)
	if err != nil {
		return false, err
	}
	readTo := to
	if limit := now.Add(-indexSettle); readTo.After(limit) {
		readTo = limit
	}
	if readTo.After(settled) && (more || from.Equal(settled)) {
		if err := x.store.Save(ctx, x.holder, nil, readTo); err != nil {
			return false, err
		}
	}
	x.fresh = to
	switch {
	case n > indexWindow:
		x.window = max(x.window/4, time.Second)
	case n < indexWindow/10:
		x.window = min(2*x.window, 30*24*time.Hour)
	}
	if !more {
		x.fresh = now
		x.behind.Store(0)
	}
	return more, nil
}

// index brings the parts with rows of this time up to date.
func (x *Indexer) index(ctx context.Context, from, to time.Time) (int, error) {
	dirty, err := x.store.Dirty(ctx, from, to)
	if err != nil {
		return 0, fmt.Errorf("look for news in the log: %w", err)
	}
	renewed := x.clock()
	for at := 0; at < len(dirty); at += indexBatch {
		parts, err := x.store.Parts(ctx, dirty[at:min(at+indexBatch, len(dirty))])
		if err != nil {
			return at, fmt.Errorf("read what is to be indexed: %w", err)
		}
		if err := x.store.Save(ctx, x.holder, parts, time.Time{}); err != nil {
			return at, fmt.Errorf("write the index: %w", err)
		}
		x.indexed.Add(uint64(len(parts)))
		if x.clock().Sub(renewed) > indexLease/3 {
			if _, _, err := x.store.Lease(ctx, "index", x.holder, indexLease); err != nil {
				return at, err
			}
			renewed = x.clock()
		}
	}
	return len(dirty), nil
}
