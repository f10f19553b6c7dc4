package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"frontdesk/internal/postgres/local"
)

// database is where a command finds PostgreSQL.
type database struct {
	url     string
	cluster *local.Cluster // nil for an external database and for one that a running server keeps
	logger  *slog.Logger
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
		return &database{url: cfg.Database.URL, logger: logger}, nil
	}
	// +20: backup, psql and a server that is being replaced come on top of the pool.
	cluster, err := local.Start(ctx, local.Config{DataDir: cfg.Data, Logger: logger, MaxConnections: cfg.Database.MaxConns + 20})
	if err != nil {
		return nil, err
	}
	return &database{url: cluster.URL(), cluster: cluster, logger: logger}, nil
}

// close stops what was started, also when ctx has ended.
func (d *database) close(ctx context.Context) {
	if d.cluster == nil {
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 30*time.Second, errors.New("database did not stop within 30 s"))
	defer cancel()
	if err := d.cluster.Close(ctx); err != nil {
		d.logger.ErrorContext(ctx, "stop database", "error", err)
	}
}

// Run waits until ctx ends or the private cluster dies, which stops the server:
// nothing can be stored any more.
func (d *database) Run(ctx context.Context) error {
	if d.cluster == nil {
		<-ctx.Done()
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-d.cluster.Ended():
		return errors.New("the private database ended unexpectedly: its log is postgres.log in the cluster's folder")
	}
}
