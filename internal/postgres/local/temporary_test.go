package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestTemporaryClusterIsRemovedAtClose(t *testing.T) {
	t.Parallel()
	c, err := Temporary(t.Context(), TemporaryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	if got := value(t, c, "SHOW fsync"); got != "off" {
		t.Errorf("fsync = %s: a throw-away cluster waits for the disk", got)
	}
	exec1(t, c, "CREATE EXTENSION vector")
	stop(t, c)
	if _, err := os.Stat(filepath.Dir(c.layout.home)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s was left: %v", filepath.Dir(c.layout.home), err)
	}
}

func TestTemporaryClusterMayBeDurable(t *testing.T) {
	t.Parallel()
	c, err := Temporary(t.Context(), TemporaryConfig{Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	if got := value(t, c, "SHOW fsync"); got != "on" {
		t.Errorf("fsync = %s", got)
	}
}

func TestTemporaryClusterOfAKilledProcessIsSwept(t *testing.T) {
	t.Parallel()
	pid, home, kill := killedServer(t, "temporary", "")
	kill()
	c, err := Temporary(t.Context(), TemporaryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	awaitEnd(t, pid)
	if _, err := os.Stat(filepath.Dir(home)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s was left: %v", filepath.Dir(home), err)
	}
}
