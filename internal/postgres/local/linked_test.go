package local

import (
	"os"
	"path/filepath"
	"testing"
)

// linked is setup with a symbolic link on the way to the cluster of root.
func linked(t *testing.T) Config {
	t.Helper()
	cfg := setup(t)
	real := filepath.Join(cfg.home, "real")
	if err := os.Mkdir(real, 0o711); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(cfg.home, "link")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	cfg.home = link
	return cfg
}

func TestClusterBehindALinkIsAttachedToAndAdopted(t *testing.T) {
	t.Parallel()
	cfg := linked(t)
	pid, home, kill := killedServer(t, cfg.DataDir, cfg.home)
	file := filepath.Join(home, "data", "postmaster.pid")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := attach(t.Context(), cfg.DataDir, cfg.home); err != nil {
		t.Errorf("attach: %v", err)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("pid file touched: %v", err)
	}
	kill()
	c := start(t, cfg)
	if !c.Adopted() || c.PID() != pid {
		t.Errorf("adopted=%v pid=%d want %d", c.Adopted(), c.PID(), pid)
	}
}
