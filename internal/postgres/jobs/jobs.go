// Package jobs runs what is to be done in the background with River, whose
// tables lie beside ours: imports of the knowledge base, and the collection of
// files that nothing shows any more.
//
// [Client.Run] owns River's goroutines and returns when they have ended. River
// polls (PollOnly): its NOTIFY would serialise every commit of the chat. What a
// job does is a domain's; this package knows when. A job carries ids only, the
// work itself is rows, so that a job run twice, late or never loses nothing:
// [Client.Run] also looks for work whose worker is gone, which River's own rescue
// would find only after hours.
//
// It never does chat's work: dispatch and clocks need less than River's second.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

const (
	// importQueue is apart, so that a long import keeps no other job waiting.
	importQueue = "kb_imports"
	// importWorkers is how many sites' imports one node works on at once; the others wait in the table.
	importWorkers = 2
	// jobTimeout ends a job that hangs; a site's queue of imports may be long.
	jobTimeout = 6 * time.Hour
	// stopTimeout bounds how long a stop waits for jobs to give back what they hold.
	stopTimeout = 15 * time.Second
)

// Config is what a [Client] needs. Imports, Adopt and Collect are required.
type Config struct {
	// Imports does a site's waiting imports.
	Imports func(ctx context.Context, site int32) error
	// Adopt puts a job in for imports whose worker is gone; postgres.Imports has one.
	Adopt func(ctx context.Context) (adopted int, err error)
	// Collect deletes files that nothing uses.
	Collect func(ctx context.Context) (deleted int64, err error)
	// AdoptEvery is how often Adopt is called. Defaults to 10 s.
	AdoptEvery time.Duration
	// Poll is how often River looks for jobs. Defaults to 500 ms.
	Poll   time.Duration
	Logger *slog.Logger // Defaults to one that discards.
}

// Client puts jobs in and runs them.
type Client struct {
	river *river.Client[pgx.Tx]
	cfg   Config
}

// importArgs is the job that does a site's waiting imports.
type importArgs struct {
	Site int32 `json:"site"`
}

// Kind implements river.JobArgs.
func (importArgs) Kind() string { return "kb_imports" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (importArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: importQueue, MaxAttempts: 12}
}

// collectArgs is the job that deletes files that nothing uses.
type collectArgs struct{}

// Kind implements river.JobArgs.
func (collectArgs) Kind() string { return "kb_collect_files" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (collectArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByPeriod: time.Hour}}
}

// New checks cfg and returns a client over pool, which stays the caller's to close.
func New(pool *pgxpool.Pool, cfg Config) (*Client, error) {
	if pool == nil || cfg.Imports == nil || cfg.Adopt == nil || cfg.Collect == nil {
		return nil, errors.New("jobs: pool, Config.Imports, Adopt and Collect are required")
	}
	if cfg.AdoptEvery < 0 || cfg.Poll < 0 {
		return nil, errors.New("jobs: Config.AdoptEvery and Poll must not be negative")
	}
	if cfg.AdoptEvery == 0 {
		cfg.AdoptEvery = 10 * time.Second
	}
	if cfg.Poll == 0 {
		cfg.Poll = 500 * time.Millisecond
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	workers := river.NewWorkers()
	err := errors.Join(
		river.AddWorkerSafely(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[importArgs]) error {
			return cfg.Imports(ctx, job.Args.Site)
		})),
		river.AddWorkerSafely(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[collectArgs]) error {
			deleted, err := cfg.Collect(ctx)
			if err == nil && deleted > 0 {
				cfg.Logger.InfoContext(ctx, "deleted files that nothing shows", "files", deleted)
			}
			return err
		})),
	)
	if err != nil {
		return nil, fmt.Errorf("register workers: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}, importQueue: {MaxWorkers: importWorkers}},
		Workers:              workers,
		PollOnly:             true,
		FetchPollInterval:    cfg.Poll,
		FetchCooldown:        min(cfg.Poll, 100*time.Millisecond),
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: jobTimeout + time.Hour,
		Logger:               slog.New(quiet{cfg.Logger.Handler()}),
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(time.Hour),
			func() (river.JobArgs, *river.InsertOpts) { return collectArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})},
	})
	if err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	return &Client{river: client, cfg: cfg}, nil
}

// EnqueueImports puts a job into tx that does the site's waiting imports.
func (c *Client) EnqueueImports(ctx context.Context, tx pgx.Tx, site int32) error {
	if _, err := c.river.InsertTx(ctx, tx, importArgs{Site: site}, nil); err != nil {
		return fmt.Errorf("put a job in: %w", err)
	}
	return nil
}

// Run works until ctx ends. Jobs in work are then told to give back what they
// hold, and waited for.
func (c *Client) Run(ctx context.Context) error {
	if err := c.river.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	tick := time.NewTicker(c.cfg.AdoptEvery)
	defer tick.Stop()
	for {
		if adopted, err := c.cfg.Adopt(ctx); err != nil && ctx.Err() == nil {
			c.cfg.Logger.ErrorContext(ctx, "look for abandoned imports", "error", err)
		} else if adopted > 0 {
			c.cfg.Logger.WarnContext(ctx, "took up abandoned imports", "sites", adopted)
		}
		select {
		case <-ctx.Done():
			stopping, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), stopTimeout, errors.New("jobs did not end in time"))
			defer cancel()
			if err := c.river.StopAndCancel(stopping); err != nil {
				return fmt.Errorf("stop the job queue: %w", context.Cause(stopping))
			}
			return nil
		case <-tick.C:
		}
	}
}

// quiet lets only River's warnings through: its info lines tell of its own start and stop.
type quiet struct{ slog.Handler }

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

// WithAttrs implements slog.Handler.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
