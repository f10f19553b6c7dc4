package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// tempPrefix begins the folder name of a temporary cluster.
const tempPrefix = "frontdesk-tmp-"

// TemporaryConfig says what a temporary cluster is for.
type TemporaryConfig struct {
	// Config is as for Start, without a DataDir.
	Config
	// Durable keeps fsync and its kin on, for tests that kill the server.
	// Defaults to false: the cluster is a throw-away and fast.
	Durable bool
}

// Temporary starts a new cluster in a temporary folder, which Close removes. On
// Linux the kernel stops it when this process is killed; the folder that is left
// then, and the server elsewhere, are swept by the next Temporary.
func Temporary(ctx context.Context, cfg TemporaryConfig) (*Cluster, error) {
	cfg.Config = cfg.withDefaults()
	c, err := startTemporary(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("start temporary database: %w", err)
	}
	return c, nil
}

func startTemporary(ctx context.Context, cfg TemporaryConfig) (*Cluster, error) {
	who, err := findOwner()
	if err != nil {
		return nil, err
	}
	installations, err := Installations(ctx)
	if err != nil {
		return nil, err
	}
	base := tempBase(who)
	sweep(base)
	dir, lock, err := makeTemp(base)
	if err != nil {
		return nil, err
	}
	release := func() error { return errors.Join(os.RemoveAll(dir), lock.release()) }

	id := make([]byte, 6)
	_, _ = rand.Read(id) // never fails (crypto/rand)
	l, err := layoutIn(filepath.Join(dir, "pg"), hex.EncodeToString(id), who)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	c, err := run(ctx, cfg.Config, installations, l, who, mode{durable: cfg.Durable, temporary: true})
	if err != nil {
		return nil, errors.Join(err, release())
	}
	c.release = release
	return c, nil
}

// makeTemp makes a folder for a temporary cluster and locks it.
func makeTemp(base string) (string, *dirLock, error) {
	dir, err := os.MkdirTemp(base, tempPrefix)
	if err != nil {
		return "", nil, spaceError("make temporary folder", err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // G302: the user postgres walks through it to its own folder
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	lock, err := lockDir(dir)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return dir, lock, nil
}

// tempBase returns TMPDIR, or /tmp when PostgreSQL's user could not reach that.
func tempBase(who owner) string {
	base := os.TempDir()
	if !who.switched {
		return base
	}
	for dir := base; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return "/tmp"
		}
		if dir == filepath.Dir(dir) {
			return base
		}
	}
}

// sweep removes what temporary clusters of killed processes left in base: the
// folders whose lock nobody holds any more. It is a courtesy and reports nothing.
func sweep(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, entry := range entries {
		dir := filepath.Join(base, entry.Name())
		if !strings.HasPrefix(entry.Name(), tempPrefix) || !entry.IsDir() {
			continue
		}
		// A folder without its lock file is one that is being made right now.
		if _, err := os.Stat(filepath.Join(dir, lockName)); err != nil {
			continue
		}
		lock, err := lockDir(dir)
		if err != nil {
			continue // held, or another user's
		}
		if pid, err := runningPID(filepath.Join(dir, "pg", "data")); err == nil && pid != 0 {
			_ = syscall.Kill(pid, syscall.SIGQUIT) // it may end by itself meanwhile
		}
		_ = os.RemoveAll(dir) // the next sweep tries again
		_ = lock.release()    // read above
	}
}
