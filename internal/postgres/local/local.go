package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// database is the one that Frontdesk uses in its private cluster.
const database = "frontdesk"

// Config says which cluster to run.
type Config struct {
	// DataDir is the server's data directory; it is made when it is missing. Required.
	DataDir string
	// Logger hears of starts and stops. Defaults to silence.
	Logger *slog.Logger
	// MaxConnections is PostgreSQL's max_connections. Defaults to 100.
	MaxConnections int
	// StartTimeout bounds the whole start, recovery after a crash included.
	// Defaults to 2 minutes.
	StartTimeout time.Duration

	// For tests.
	free func(path string) (uint64, error) // defaults to freeBytes
	home string                            // defaults to rootHome
}

// Cluster is a running PostgreSQL cluster. Its methods are safe for concurrent use.
type Cluster struct {
	inst    Installation
	layout  layout
	server  *postmaster
	adopted bool
	logger  *slog.Logger
	release func() error  // gives back what Start took: the lock, temporary files
	unwatch chan struct{} // closed to stop watching an adopted postmaster

	closing sync.Once
	closed  error
}

// Start makes the cluster of a data directory if there is none, starts it, or
// adopts the one that a killed server left running, and returns when it takes
// connections and holds an (empty) database. The caller must Close it.
//
// It returns [ErrInUse], [ErrOtherUser], [ErrNoPostgres], [ErrNoVector],
// [ErrDiskFull], [ErrSocketPath] or [ErrStartTimeout] for what an operator can
// mend.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	if cfg.DataDir == "" {
		return nil, errors.New("start database: no data directory")
	}
	cfg = cfg.withDefaults()
	dir, err := dataDirectory(cfg.DataDir)
	if err != nil {
		return nil, fmt.Errorf("start database: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, fmt.Errorf("start database: %w", err)
	}
	c, err := startIn(ctx, cfg, dir)
	if err != nil {
		return nil, fmt.Errorf("start database: %w", errors.Join(err, lock.release()))
	}
	c.release = lock.release
	return c, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxConnections <= 0 {
		cfg.MaxConnections = 100
	}
	if cfg.StartTimeout <= 0 {
		cfg.StartTimeout = 2 * time.Minute
	}
	if cfg.free == nil {
		cfg.free = freeBytes
	}
	if cfg.home == "" {
		cfg.home = rootHome
	}
	return cfg
}

// dataDirectory makes the directory and returns its one true path: a cluster is
// found again whichever way it is spelled.
func dataDirectory(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return "", spaceError("make data directory", err)
	}
	return filepath.EvalSymlinks(abs)
}

func startIn(ctx context.Context, cfg Config, dir string) (*Cluster, error) {
	who, err := findOwner()
	if err != nil {
		return nil, err
	}
	installations, err := Installations(ctx)
	if err != nil {
		return nil, err
	}
	if err := requireSpace(dir, spaceToStart, cfg.free); err != nil {
		return nil, err
	}
	l, err := newLayout(dir, cfg.home, who)
	if err != nil {
		return nil, err
	}
	c, err := run(ctx, cfg, installations, l, who, mode{durable: true})
	if err != nil && l.shared {
		err = errors.Join(err, os.RemoveAll(l.socket))
	}
	return c, err
}

// mode is what a cluster is for.
type mode struct {
	durable   bool // what it was told survives a crash of the machine
	temporary bool // it ends with this process
}

// run brings the cluster of l up, however it finds it.
func run(ctx context.Context, cfg Config, installations []Installation, l layout, who owner, m mode) (*Cluster, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.StartTimeout, ErrStartTimeout)
	defer cancel()

	inst, err := choose(installations, l.data)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(l.data, "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		if err := requireSpace(l.home, spaceToMake, cfg.free); err != nil {
			return nil, err
		}
	}
	if err := makeCluster(ctx, inst, l, who, m.durable); err != nil {
		return nil, err
	}
	c := &Cluster{inst: inst, layout: l, logger: cfg.Logger, unwatch: make(chan struct{})}
	if err := c.bringUp(ctx, who, settings(l.name, m.durable, cfg.MaxConnections), m.temporary); err != nil {
		return nil, err
	}
	if err := c.prepare(ctx); err != nil {
		return nil, errors.Join(err, c.shutDown(context.WithoutCancel(ctx)))
	}
	c.logger.InfoContext(ctx, "database started", "cluster", l.name, "pid", c.server.pid, "adopted", c.adopted,
		"postgres", inst.Major, "pgvector", inst.Vector, "seconds", time.Since(began).Seconds())
	return c, nil
}

// bringUp adopts the postmaster that runs on the cluster, or starts one.
func (c *Cluster) bringUp(ctx context.Context, who owner, settings []string, dieWithUs bool) error {
	for {
		pid, err := runningPID(c.layout.data)
		if err != nil {
			return err
		}
		if pid != 0 {
			err := c.awaitAdoption(ctx, pid)
			if errors.Is(err, errGone) {
				continue
			}
			return err
		}
		if err := removeStalePID(c.layout.data); err != nil {
			return err
		}
		from := logSize(c.layout.log)
		server, err := spawn(c.inst, c.layout, who, settings, dieWithUs)
		if err != nil {
			return err
		}
		err = c.awaitReady(ctx, server.ended)
		if err == nil {
			err = c.verifyOurs(ctx, server.pid)
		}
		if err == nil {
			c.server = server
			return nil
		}
		if !errors.Is(err, errGone) {
			return errors.Join(err, server.stop(canceled(ctx)))
		}
		output := logSince(c.layout.log, from)
		// The children of a killed postmaster need a moment to notice.
		if strings.Contains(output, "pre-existing shared memory block") && pause(ctx) == nil {
			continue
		}
		return outputError("postgres", server.err, output)
	}
}

// errGone means that the process which was waited for has ended.
var errGone = errors.New("process is gone")

// awaitAdoption waits until the live postmaster takes connections and makes
// sure that it is ours.
func (c *Cluster) awaitAdoption(ctx context.Context, pid int) error {
	stop := make(chan struct{})
	server := adopt(pid, stop)
	err := c.awaitReady(ctx, server.ended)
	if err == nil {
		err = c.verify(ctx)
	}
	if err != nil {
		close(stop)
		return err
	}
	c.server, c.unwatch, c.adopted = server, stop, true
	return nil
}

// awaitReady connects until it succeeds. It returns errGone when ended is
// closed first, and the context's cause when that ends first.
func (c *Cluster) awaitReady(ctx context.Context, ended <-chan struct{}) error {
	for {
		conn, err := pgx.Connect(ctx, c.URLOf("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if code := sqlState(err); code != "" && code != cannotConnectNow && code != tooManyConnections {
			return fmt.Errorf("connect to database: %w", err)
		}
		select {
		case <-ended:
			return errGone
		default:
		}
		if waitErr := pause(ctx); waitErr != nil {
			return fmt.Errorf("%w (last: %w)", waitErr, err)
		}
	}
}

// verify makes sure that what answers on the socket is this cluster.
func (c *Cluster) verify(ctx context.Context) error {
	var name, data string
	err := c.query(ctx, "SELECT current_setting('cluster_name'), current_setting('data_directory')", &name, &data)
	if err != nil {
		return err
	}
	if name != c.layout.name || data != c.layout.data {
		return fmt.Errorf("%w: the database that runs on %s is %q in %s", ErrInUse, c.layout.socket, name, data)
	}
	return nil
}

// verifyOurs makes sure that what answers on the socket is the postmaster just
// started, and not one left over that the pid file did not tell of: a backend's
// parent is its postmaster, whose id stands in the file's first line.
func (c *Cluster) verifyOurs(ctx context.Context, pid int) error {
	if err := c.verify(ctx); err != nil {
		return err
	}
	var file string
	if err := c.query(ctx, "SELECT pg_read_file('postmaster.pid')", &file); err != nil {
		return err
	}
	if first, _, _ := strings.Cut(file, "\n"); strings.TrimSpace(first) != strconv.Itoa(pid) {
		return fmt.Errorf("%w: PostgreSQL process %s answers on %s, not the one just started (%d): stop it first",
			ErrInUse, strings.TrimSpace(first), c.layout.socket, pid)
	}
	return nil
}

// prepare checks the extension and makes the database.
func (c *Cluster) prepare(ctx context.Context) error {
	var vector string
	var exists bool
	err := c.query(ctx, `SELECT
		coalesce((SELECT default_version FROM pg_available_extensions WHERE name = 'vector'), ''),
		EXISTS (SELECT FROM pg_database WHERE datname = '`+database+`')`, &vector, &exists)
	if err != nil {
		return err
	}
	if !vectorUsable(vector) {
		return fmt.Errorf("%w (PostgreSQL %d in %s has %s)", ErrNoVector, c.inst.Major, c.inst.BinDir, orNone(vector))
	}
	if exists {
		return nil
	}
	return c.query(ctx, "CREATE DATABASE "+database)
}

// query runs one statement in the maintenance database.
func (c *Cluster) query(ctx context.Context, sql string, into ...any) (err error) {
	conn, err := pgx.Connect(ctx, c.URLOf("postgres"))
	if err != nil {
		return fmt.Errorf("connect to database: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if len(into) == 0 {
		_, err = conn.Exec(ctx, sql)
	} else {
		err = conn.QueryRow(ctx, sql).Scan(into...)
	}
	return err
}

// URL returns the connection string of the database for Frontdesk.
func (c *Cluster) URL() string { return c.URLOf(database) }

// URLOf returns the connection string of another database of the cluster.
func (c *Cluster) URLOf(name string) string {
	query := url.Values{"host": {c.layout.socket}, "port": {"5432"}, "user": {superuser}, "sslmode": {"disable"}}
	return "postgres:///" + url.PathEscape(name) + "?" + query.Encode()
}

// Installation returns the PostgreSQL that runs the cluster; its BinDir holds
// the pg_dump and pg_restore that fit.
func (c *Cluster) Installation() Installation { return c.inst }

// PID returns the process id of the postmaster.
func (c *Cluster) PID() int { return c.server.pid }

// Adopted reports whether the cluster already ran when it was started.
func (c *Cluster) Adopted() bool { return c.adopted }

// Ended is closed when the postmaster is gone, whether by Close or by itself.
func (c *Cluster) Ended() <-chan struct{} { return c.server.ended }

// Close stops the cluster and gives the data directory back. It waits for a
// clean shutdown until ctx ends, and then cuts it short, which costs nothing but
// a recovery at the next start. Further calls return what the first returned.
func (c *Cluster) Close(ctx context.Context) error {
	c.closing.Do(func() {
		c.closed = errors.Join(c.shutDown(ctx), c.release())
		c.logger.InfoContext(ctx, "database stopped", "cluster", c.layout.name)
	})
	return c.closed
}

// Leave gives the data directory back and leaves the cluster running, for the
// process that takes it over: its [Start] adopts it. Close does nothing then.
func (c *Cluster) Leave() error {
	c.closing.Do(func() {
		close(c.unwatch)
		c.closed = c.release()
		c.logger.Info("database left to another process", "cluster", c.layout.name)
	})
	return c.closed
}

func (c *Cluster) shutDown(ctx context.Context) error {
	err := c.server.stop(ctx)
	close(c.unwatch)
	if c.layout.shared {
		err = errors.Join(err, os.RemoveAll(c.layout.socket))
	}
	return err
}

// SQLSTATEs that pass by themselves.
const (
	cannotConnectNow   = "57P03" // the server starts, recovers or stops
	tooManyConnections = "53300" // those of a killed server are still being noticed
)

// sqlState returns the code of a server's refusal, empty when none was heard.
func sqlState(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Code
	}
	return ""
}

// pause waits for one beat, or returns the cause for which ctx ended.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(pollEvery):
		return nil
	}
}

// canceled returns a context that has ended: what is stopped under it is cut short.
func canceled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}
