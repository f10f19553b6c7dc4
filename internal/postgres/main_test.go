package postgres

import (
	"context"
	"flag"
	"testing"

	"go.uber.org/goleak"

	"frontdesk/internal/postgres/pgtest"
)

func TestMain(m *testing.M) {
	// A property here takes a hundred transactions a check: 20 checks by default, -rapid.checks for more.
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(pgtest.Wrap(m, pgtest.Config{MaxConnections: 600, Migrate: func(ctx context.Context, url string) error {
		_, err := Migrate(ctx, url)
		return err
	}}))
}
