package local

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestAttachReachesTheClusterOfARunningServer(t *testing.T) {
	t.Parallel()
	cfg := setup(t)
	if _, err := attach(t.Context(), cfg.DataDir, cfg.home); !errors.Is(err, ErrNotRunning) {
		t.Fatalf("before the start: %v, want ErrNotRunning", err)
	}
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	url, err := attach(t.Context(), cfg.DataDir, cfg.home)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(conn.Close(t.Context()), c.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, err := attach(t.Context(), cfg.DataDir, cfg.home); !errors.Is(err, ErrNotRunning) {
		t.Fatalf("after the stop: %v, want ErrNotRunning", err)
	}
}
