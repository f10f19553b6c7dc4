package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Open connects to url and returns a pool of at most maxConns connections
// (0 = pgx's default). It checks that the server answers within 10 s; one that
// starts up or recovers is waited for.
func Open(ctx context.Context, url string, maxConns int32) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read database url: %w", redact(err))
	}
	if maxConns > 0 {
		cfg.MaxConns = maxConns
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = "frontdesk"
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	err = onceUp(ctx, func() error {
		probe, cancel := context.WithTimeoutCause(ctx, 10*time.Second, errors.New("database did not answer within 10 s"))
		defer cancel()
		return pool.Ping(probe) //nolint:wrapcheck // below
	})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	return pool, nil
}

const (
	// cannotConnectNow is PostgreSQL's answer while it starts, recovers or stops (57P03, Appendix A of its manual).
	cannotConnectNow = "57P03"
	// startWait is how long a recovery is waited for.
	startWait, startPause = time.Minute, 200 * time.Millisecond
)

// onceUp repeats connect while the database is starting up or recovers from a
// crash, for a minute at most: a machine that comes back starts both at once.
func onceUp(ctx context.Context, connect func() error) error {
	end := time.NewTimer(startWait)
	defer end.Stop()
	for {
		err := connect()
		if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || refused.Code != cannotConnectNow {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-end.C:
			return err
		case <-time.After(startPause):
		}
	}
}

// redact keeps a password in the URL out of messages: pgx already masks it, but
// only where it could parse it.
func redact(err error) error {
	if _, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
		return errors.New("not a PostgreSQL URL; write postgres://user:password@host:5432/database")
	}
	return err
}
