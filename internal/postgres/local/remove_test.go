package local

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"
)

func TestRemoveDeletesAStoppedClusterOnly(t *testing.T) {
	t.Parallel()
	cfg := setup(t)
	if err := remove(cfg.DataDir, cfg.home); err != nil {
		t.Fatalf("with nothing there: %v", err)
	}
	c := start(t, cfg)
	home := c.layout.home
	if err := remove(cfg.DataDir, cfg.home); !errors.Is(err, ErrInUse) {
		t.Fatalf("of a running server: %v, want ErrInUse", err)
	}
	stop(t, c)

	pid, _, kill := killedServer(t, cfg.DataDir, cfg.home)
	kill()
	if err := remove(cfg.DataDir, cfg.home); !errors.Is(err, ErrInUse) {
		t.Fatalf("of a killed server's database: %v, want ErrInUse", err)
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, pid)

	if err := remove(cfg.DataDir, cfg.home); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(home); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s was left: %v", home, err)
	}
	exec1(t, start(t, cfg), "CREATE TABLE anew ()")
}
