package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"frontdesk/internal/postgres/local"
)

// database is where a command finds PostgreSQL.
type database struct {
	url    string
	local  *local.Config // of the private cluster; nil for an external database
	alive  *os.File      // not nil: the predecessor keeps the cluster until this reads its end
	logger *slog.Logger

	mu      sync.Mutex     // guards what follows
	cluster *local.Cluster // nil for an external database and for one that another server keeps
	left    bool           // the successor takes the cluster over
}

// openDatabase finds the database for a one-off command: the external one, the
// private cluster of a running server, or the private cluster started for the
// command's time. The caller closes it.
func openDatabase(ctx context.Context, cfg Config, logger *slog.Logger) (*database, error) {
	db, err := startDatabase(ctx, cfg, logger)
	if !errors.Is(err, local.ErrInUse) {
		return db, err
	}
	url, attachErr := local.Attach(ctx, cfg.Data)
	if attachErr != nil {
		return nil, errors.Join(err, attachErr)
	}
	return &database{url: url, logger: logger}, nil
}

// startDatabase finds the database for a server: the external one, or the
// private cluster, which it starts and owns; it refuses one that another
// server keeps.
func startDatabase(ctx context.Context, cfg Config, logger *slog.Logger) (*database, error) {
	if cfg.Database.URL != "" {
		d := &database{url: cfg.Database.URL, logger: logger}
		if cfg.inherited.succeeds() {
			d.alive = cfg.inherited.alive
		}
		return d, nil
	}
	// +20: backup, psql and a server that is being replaced come on top of the pool.
	private := local.Config{DataDir: cfg.Data, Logger: logger, MaxConnections: cfg.Database.MaxConns + 20}
	if cfg.inherited.succeeds() {
		url, err := local.Attach(ctx, cfg.Data)
		if err != nil {
			return nil, fmt.Errorf("reach the database of the server that is replaced: %w", err)
		}
		return &database{url: url, local: &private, alive: cfg.inherited.alive, logger: logger}, nil
	}
	cluster, err := local.Start(ctx, private)
	if err != nil {
		return nil, err
	}
	return &database{url: cluster.URL(), local: &private, cluster: cluster, logger: logger}, nil
}

// leave says that a successor takes the private cluster over: close then leaves it running.
func (d *database) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left = true
}

// held returns the cluster that this process keeps, if it does.
func (d *database) held() (cluster *local.Cluster, left bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cluster, d.left
}

// close stops what was started, also when ctx has ended.
func (d *database) close(ctx context.Context) {
	cluster, left := d.held()
	switch {
	case cluster == nil:
		return
	case left:
		if err := cluster.Leave(); err != nil {
			d.logger.ErrorContext(ctx, "leave the database to the successor", "error", err)
		}
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 30*time.Second, errors.New("database did not stop within 30 s"))
	defer cancel()
	if err := cluster.Close(ctx); err != nil {
		d.logger.ErrorContext(ctx, "stop database", "error", err)
	}
}

// Run takes the private cluster over from a predecessor, and waits until ctx ends
// or the cluster dies, which stops the server: nothing can be stored any more.
func (d *database) Run(ctx context.Context) error {
	if d.alive != nil {
		if err := d.takeOver(ctx); err != nil || ctx.Err() != nil {
			return err
		}
	}
	cluster, _ := d.held()
	if cluster == nil {
		<-ctx.Done()
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-cluster.Ended():
		return errors.New("the private database ended unexpectedly: its log is postgres.log in the cluster's folder")
	}
}

// takeOverTimeout bounds how long the lock of a server that has ended may be held.
const takeOverTimeout = 30 * time.Second

// takeOver waits for the predecessor's end, however it comes, and becomes the one
// that keeps the private cluster.
func (d *database) takeOver(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = d.alive.SetReadDeadline(time.Now()) })
	_, _ = io.Copy(io.Discard, d.alive) // nothing is ever written: it returns at the predecessor's end, or at ours
	stop()
	if err := d.alive.Close(); err != nil {
		d.logger.WarnContext(ctx, "close the pipe of the server that was replaced", "error", err)
	}
	if d.local == nil || ctx.Err() != nil {
		return nil
	}
	starting, cancel := context.WithTimeoutCause(ctx, takeOverTimeout, errors.New("the server that was replaced does not give its database back"))
	defer cancel()
	for {
		cluster, err := local.Start(starting, *d.local)
		if err == nil {
			d.mu.Lock()
			d.cluster = cluster
			d.mu.Unlock()
			d.logger.InfoContext(ctx, "the database is this server's now")
			return nil
		}
		if !errors.Is(err, local.ErrInUse) {
			return fmt.Errorf("take the database over: %w", err)
		}
		select {
		case <-starting.Done():
			if ctx.Err() != nil {
				return nil // told to stop: whoever starts next adopts the cluster
			}
			return fmt.Errorf("take the database over: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
