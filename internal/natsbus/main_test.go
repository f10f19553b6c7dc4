package natsbus

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/pgtest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(pgtest.Wrap(m, pgtest.Config{Migrate: func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	}}))
}
