package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// superuser is the role that owns a private cluster and everything in it.
const superuser = "frontdesk"

// makeCluster runs initdb unless the cluster exists. It works in a folder beside
// the final one and renames it, so that one cut short is never taken for whole.
func makeCluster(ctx context.Context, inst Installation, l layout, who owner, sync bool) error {
	if _, err := os.Stat(filepath.Join(l.data, "PG_VERSION")); err == nil {
		return nil
	}
	next := l.data + ".new"
	if err := os.RemoveAll(next); err != nil {
		return fmt.Errorf("make cluster: %w", err)
	}
	args := []string{
		"--pgdata", next, "--username", superuser, "--auth", "trust", // the socket's folder is closed to others
		"--encoding", "UTF8", "--data-checksums",
	}
	if runtime.GOOS == "linux" {
		args = append(args, "--locale", "C.UTF-8")
	} else { // no C.UTF-8 there, but the same order and character classes
		args = append(args, "--locale", "C", "--lc-ctype", "UTF-8")
	}
	if !sync {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(inst.BinDir, "initdb"), args...)
	cmd.Dir = l.home
	cmd.Env = environment()
	cmd.SysProcAttr = childAttributes(who, false)
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(outputError("initdb", err, string(out)), os.RemoveAll(next))
	}
	if err := os.Rename(next, l.data); err != nil {
		return fmt.Errorf("make cluster: %w", err)
	}
	return nil
}

// choose returns the installation that runs the cluster in data: for a new one
// the best, for an existing one that of its own major version, which alone can
// read it.
func choose(installations []Installation, data string) (Installation, error) {
	raw, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		best := installations[0]
		if !best.HasVector() {
			return best, fmt.Errorf("%w (PostgreSQL %d in %s has %s)", ErrNoVector, best.Major, best.BinDir, orNone(best.Vector))
		}
		return best, nil
	}
	if err != nil {
		return Installation{}, fmt.Errorf("read version of cluster: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return Installation{}, fmt.Errorf("read version of cluster: %w", err)
	}
	for _, inst := range installations {
		if inst.Major != major {
			continue
		}
		if !inst.HasVector() {
			return inst, fmt.Errorf("%w (PostgreSQL %d in %s has %s)", ErrNoVector, inst.Major, inst.BinDir, orNone(inst.Vector))
		}
		return inst, nil
	}
	return Installation{}, fmt.Errorf("%w: the data was made by PostgreSQL %d: install that version, and move to a newer one with `frontdesk backup` and `frontdesk restore`",
		ErrNoPostgres, major)
}

func orNone(version string) string {
	if version == "" {
		return "no pgvector"
	}
	return "pgvector " + version
}

// settings of a private cluster, as name=value. It shares a small machine with
// the server itself and keeps what it was told: fsync, full_page_writes and
// synchronous_commit stay on unless the cluster is a throw-away.
func settings(name string, durable bool, maxConnections int) []string {
	s := []string{
		"cluster_name=" + name,
		"listen_addresses=",
		"port=5432", // only names the socket
		"unix_socket_permissions=0700",
		"max_connections=" + strconv.Itoa(maxConnections),
		"shared_buffers=128MB",
		"work_mem=8MB",
		"maintenance_work_mem=128MB",
		"effective_cache_size=1GB",
		"random_page_cost=1.1", // flash, not disks
		"jit=off",              // costs more than these queries take
		"wal_compression=on",
		"min_wal_size=128MB",
		"max_wal_size=1GB",
		"timezone=UTC",
		"log_timezone=UTC",
		"lc_messages=C",
		// What people wrote stays out of the log: no failing statements, no key values.
		"log_min_messages=log",
		"log_min_error_statement=panic",
		"log_error_verbosity=terse",
		"log_checkpoints=off",
	}
	if !durable {
		s = append(s, "fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum_naptime=1h")
	}
	return s
}
