package main

import (
	"context"
	"os"
	"testing"

	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/pgtest"
)

// asServer has the test binary run as frontdesk itself: a node that a test can kill, and replace by a successor.
const asServer = "FRONTDESK_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		main() // it reads os.Args, as frontdesk does
		return
	}
	pgtest.Main(m, pgtest.Config{Migrate: func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	}})
}
