package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// countTransactions begins to count what the database commits; count returns how
// many it was since, nil without a database. PostgreSQL's statistics are up to a
// second late (documentation, "The Cumulative Statistics System"), which the
// settling of a long run hides.
func countTransactions(ctx context.Context, url string) (count func(context.Context) (*int64, error), err error) {
	if url == "" {
		return func(context.Context) (*int64, error) { return nil, nil }, nil //nolint:nilnil // nothing was counted
	}
	before, err := committed(ctx, url)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (*int64, error) {
		after, err := committed(ctx, url)
		return new(after - before), err
	}, nil
}

func committed(ctx context.Context, url string) (n int64, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, fmt.Errorf("--database: %w", err)
	}
	defer conn.Close(ctx)
	// Sessions flush what they counted when they are idle for a second.
	const query = "SELECT pg_sleep(1.2), xact_commit FROM pg_stat_database WHERE datname = current_database()"
	if err := conn.QueryRow(ctx, query).Scan(nil, &n); err != nil {
		return 0, fmt.Errorf("--database: %w", err)
	}
	return n, nil
}
