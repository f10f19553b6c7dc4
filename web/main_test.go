package web_test

import (
	"context"
	"flag"
	"testing"

	"go.uber.org/goleak"

	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/pgtest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	durable := flag.Lookup("test.bench").Value.String() != "" // what is measured is with fsync
	goleak.VerifyTestMain(pgtest.Wrap(m, pgtest.Config{Durable: durable, Migrate: func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	}}))
}
