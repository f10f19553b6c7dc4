// Package pgtest gives each test a PostgreSQL database of its own, migrated and
// empty. A test process starts one temporary cluster when the first test asks,
// migrates one template, and copies that for each test; the cluster ends with
// the process, however it ends (internal/postgres/local).
//
// A package that wants databases calls [Main] in its TestMain, or hands [Wrap]'s
// suite to goleak. The package is for tests only, and imports no store: the
// migrations come from the caller.
package pgtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/postgres/local"
)

const (
	template = "frontdesk_template"
	// stopTimeout bounds the stop of the cluster and each database's end.
	stopTimeout = 30 * time.Second
)

// Config says what the databases are like.
type Config struct {
	// Migrate brings the empty database at url up to date. It must close what it
	// opens: a template in use cannot be copied. Nil leaves databases empty.
	Migrate func(ctx context.Context, url string) error
	// Durable keeps fsync on, for tests that kill the database. Defaults to false.
	Durable bool
	// MaxConnections is for all tests of the package together. Defaults to 200.
	MaxConnections int
}

// Suite is a package's tests with the cluster they share. Its Run makes it a
// goleak.TestingM.
type Suite struct {
	tests interface{ Run() int }
	cfg   Config

	start   sync.Once
	cluster *local.Cluster // nil until a test asks
	failed  error
	count   atomic.Int64
}

// current is the suite of this process: testing.M leaves no other way from
// TestMain to a test.
//
//nolint:gochecknoglobals // see above
var current atomic.Pointer[Suite]

// Main runs the package's tests and exits. Call it from TestMain.
func Main(m *testing.M, cfg Config) { os.Exit(Wrap(m, cfg).Run()) }

// Wrap returns the package's tests as a suite, for goleak.VerifyTestMain(pgtest.Wrap(m, cfg)).
func Wrap(m interface{ Run() int }, cfg Config) *Suite { return &Suite{tests: m, cfg: cfg} }

// Run runs the tests, stops the cluster and returns the exit code.
func (s *Suite) Run() int {
	current.Store(s)
	defer current.Store(nil)
	code := s.tests.Run()
	if s.cluster == nil {
		return code
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := s.cluster.Close(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return max(code, 1)
	}
	return code
}

// New returns the connection string of a database that is the test's alone. It
// is dropped when the test ends, with whatever still uses it.
func New(t testing.TB) string {
	t.Helper()
	cluster := Cluster(t)
	s := current.Load()
	name := fmt.Sprintf("test_%d_%s", s.count.Add(1), identifier(t.Name()))
	if err := maintain(t.Context(), cluster, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatalf("pgtest: make database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		if err := maintain(ctx, cluster, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: drop database: %v", err)
		}
	})
	return cluster.URLOf(name)
}

// Cluster returns the cluster that the package's tests share, for those that
// need its process or its programs. It stays the suite's: do not close it.
func Cluster(t testing.TB) *local.Cluster {
	t.Helper()
	s := current.Load()
	if s == nil {
		t.Fatal("pgtest: TestMain must call pgtest.Main")
	}
	s.start.Do(func() { s.cluster, s.failed = s.open() })
	if s.failed != nil {
		t.Fatalf("pgtest: %v", s.failed)
	}
	return s.cluster
}

// open starts the cluster and makes the template. It has a context of its own:
// the test that happens to be first may end first.
func (s *Suite) open() (*local.Cluster, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cluster, err := local.Temporary(ctx, local.TemporaryConfig{
		Config:  local.Config{MaxConnections: cmp.Or(s.cfg.MaxConnections, 200)},
		Durable: s.cfg.Durable,
	})
	if err != nil {
		return nil, err
	}
	if err := s.makeTemplate(ctx, cluster); err != nil {
		return nil, errors.Join(err, cluster.Close(ctx))
	}
	return cluster, nil
}

func (s *Suite) makeTemplate(ctx context.Context, cluster *local.Cluster) error {
	if err := maintain(ctx, cluster, "CREATE DATABASE "+template); err != nil {
		return fmt.Errorf("make template: %w", err)
	}
	if s.cfg.Migrate == nil {
		return nil
	}
	if err := s.cfg.Migrate(ctx, cluster.URLOf(template)); err != nil {
		return fmt.Errorf("migrate template: %w", err)
	}
	return nil
}

// maintain runs one statement outside the tests' databases.
func maintain(ctx context.Context, cluster *local.Cluster, sql string) error {
	conn, err := pgx.Connect(ctx, cluster.URLOf("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}

// identifier makes a test's name part of a database's: it shows in
// pg_stat_activity. PostgreSQL cuts names at 63 bytes.
func identifier(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}, name)
	return clean[:min(len(clean), 40)]
}
