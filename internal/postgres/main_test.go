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
	if err := flag.Set("rapid.checks", "20"); err != nil { // before Parse: the command line's holds
		panic(err)
	}
	flag.Parse()
	durable := flag.Lookup("test.bench").Value.String() != "" // what is measured is with fsync
	goleak.VerifyTestMain(pgtest.Wrap(m, pgtest.Config{MaxConnections: 600, Durable: durable, Migrate: func(ctx context.Context, url string) error {
		_, err := Migrate(ctx, url)
		return err
	}}))
}
