package main

import (
	"context"
	"testing"

	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.Main(m, pgtest.Config{Migrate: func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	}})
}
