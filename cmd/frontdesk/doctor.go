package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"frontdesk/inference"
	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/local"
	"frontdesk/models"
)

func newDoctor(opts *options) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check database, extension, library, models and port, and say what to do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeoutCause(cmd.Context(), time.Minute, errors.New("a check took over a minute"))
			defer cancel()
			failed := report(cmd.OutOrStdout(), []check{
				{"configuration", func(context.Context) (string, error) { return "valid", nil }},
				{"disk", cfg.checkDisk},
				{"database", cfg.checkDatabase},
				{"library", cfg.checkLibrary},
				{"models", cfg.checkModels},
				{"models in use", cfg.checkInUse},
				{"port", cfg.checkPort},
			}, ctx)
			if failed > 0 {
				return fmt.Errorf("%d of the checks failed; each line says what to do", failed)
			}
			return nil
		},
	}
}

// check is one question to the machine. It returns what was found, or an error
// that says what to do; a warning is an error too, marked as [warning].
type check struct {
	name string
	ask  func(context.Context) (string, error)
}

// warning is a finding that does not stop the server.
type warning string

func (w warning) Error() string { return string(w) }

// report runs the checks, prints a line each, and returns how many failed.
func report(w io.Writer, checks []check, ctx context.Context) (failed int) { //nolint:revive // ctx last: the table reads better
	for _, c := range checks {
		found, err := c.ask(ctx)
		var warn warning
		switch {
		case err == nil:
			fmt.Fprintf(w, "ok    %-14s %s\n", c.name, found)
		case errors.As(err, &warn):
			fmt.Fprintf(w, "warn  %-14s %s\n", c.name, warn)
		default:
			failed++
			fmt.Fprintf(w, "FAIL  %-14s %v\n", c.name, err)
		}
	}
	return failed
}

func (c Config) checkDisk(context.Context) (string, error) {
	dir := c.Data
	if _, err := os.Stat(dir); err != nil {
		dir = "."
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return "", fmt.Errorf("look at %s: %w", dir, err)
	}
	free := fs.Bavail * uint64(fs.Bsize)
	if free < 1<<30 {
		return "", fmt.Errorf("%d MiB free at %s: free at least 1 GiB, or point --data to another disk", free>>20, dir)
	}
	return fmt.Sprintf("%d GiB free at %s", free>>30, dir), nil
}

func (c Config) checkDatabase(ctx context.Context) (string, error) {
	if c.Database.URL == "" {
		return checkPrivate(ctx, c)
	}
	conn, err := pgx.Connect(ctx, c.Database.URL)
	if err != nil {
		return "", fmt.Errorf("connect to database.url: %w: check host, user, password and that PostgreSQL runs", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return checkServer(ctx, conn)
}

func checkPrivate(ctx context.Context, c Config) (string, error) {
	installs, err := local.Installations(ctx)
	if err != nil {
		return "", err
	}
	if !installs[0].HasVector() {
		return "", local.ErrNoVector
	}
	found := fmt.Sprintf("PostgreSQL %d in %s, pgvector %s", installs[0].Major, installs[0].BinDir, installs[0].Vector)
	if url, err := local.Attach(ctx, c.Data); err == nil {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return "", fmt.Errorf("connect to the private cluster: %w", err)
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		running, err := checkServer(ctx, conn)
		return "private cluster running: " + running, err
	}
	return found + "; private cluster not running", vectorAge(installs[0].Vector)
}

// checkServer asks a running PostgreSQL for its and pgvector's versions and the schema's.
func checkServer(ctx context.Context, conn *pgx.Conn) (string, error) {
	var number int
	var name, vector string
	if err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version'),
		coalesce((SELECT default_version FROM pg_available_extensions WHERE name = 'vector'), '')`).Scan(&number, &name, &vector); err != nil {
		return "", fmt.Errorf("ask PostgreSQL for its version: %w", err)
	}
	if number < 150000 {
		return "", fmt.Errorf("PostgreSQL %s is too old: version 15 or newer is needed", name)
	}
	if vector == "" {
		return "", errors.New("PostgreSQL has no pgvector: install it on the database's machine (apt install postgresql-NN-pgvector; on Debian 12: sudo make pgvector)")
	}
	var schema *int
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT to_regclass('public.schema_migrations') IS NOT NULL").Scan(&exists); err != nil {
		return "", fmt.Errorf("read schema version: %w", err)
	}
	if exists {
		if err := conn.QueryRow(ctx, "SELECT max(version) FROM schema_migrations").Scan(&schema); err != nil {
			return "", fmt.Errorf("read schema version: %w", err)
		}
	}
	found := fmt.Sprintf("PostgreSQL %s, pgvector %s, schema empty", name, vector)
	if schema != nil {
		found = fmt.Sprintf("PostgreSQL %s, pgvector %s, schema version %d", name, vector, *schema)
	}
	return found, vectorAge(vector)
}

// vectorAge refuses a pgvector below 0.8 and warns below 0.8.4 (DESIGN 6: parallel HNSW builds before 0.8.2 are unsafe).
func vectorAge(version string) error {
	var part [3]int
	for i, s := range strings.SplitN(version, ".", 3) {
		part[i], _ = strconv.Atoi(s)
	}
	switch {
	case part[0] == 0 && part[1] < 8:
		return fmt.Errorf("pgvector %s is too old: 0.8 or newer is needed (on Debian 12: sudo make pgvector)", version)
	case part[0] == 0 && part[1] == 8 && part[2] < 4:
		return warning("pgvector " + version + " works; 0.8.4 or newer is better: its HNSW index builds are safer")
	}
	return nil
}

func (c Config) checkLibrary(context.Context) (string, error) {
	path, err := inference.LoadLibrary(c.Inference.Library)
	if err != nil {
		return "", err
	}
	return path + ", version " + inference.LibraryVersion, nil
}

// checkModels verifies every model that is compiled in or installed.
func (c Config) checkModels(ctx context.Context) (string, error) {
	store, err := models.OpenStore(c.Models.Dir)
	if err != nil {
		return "", err
	}
	entries, err := store.List(ctx)
	if err != nil {
		return "", err
	}
	var names []string
	var bad []error
	for _, e := range entries {
		if e.Err == nil {
			_, e.Err = store.Verify(ctx, e.Name, nil)
		}
		if e.Err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", e.Name, e.Err))
			continue
		}
		names = append(names, e.Name+" "+e.Manifest.Version)
	}
	if err := errors.Join(bad...); err != nil {
		return "", err
	}
	return strings.Join(names, ", ") + "; checksums match", nil
}

// checkInUse asks the database, if it runs, for the models in use and loads them.
func (c Config) checkInUse(ctx context.Context) (string, error) {
	url := c.Database.URL
	if url == "" {
		attached, err := local.Attach(ctx, c.Data)
		if errors.Is(err, local.ErrNotRunning) {
			return "not known: the private cluster does not run", nil
		}
		if err != nil {
			return "", err
		}
		url = attached
	}
	pool, err := postgres.Open(ctx, url, 2)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	var exists bool
	if err := pool.QueryRow(ctx, "SELECT to_regclass('public.model_uses') IS NOT NULL").Scan(&exists); err != nil {
		return "", fmt.Errorf("look for the models in use: %w", err)
	}
	if !exists {
		return "none yet: the schema is older", nil
	}
	bundles, err := bundlesInUse(ctx, c, postgres.NewModels(pool))
	if err != nil {
		return "", err
	}
	var names []string
	for _, b := range bundles {
		names = append(names, b.Manifest.Task+": "+b.Manifest.Name+" "+b.Manifest.Version)
	}
	slices.Sort(names)
	return strings.Join(names, ", "), nil
}

func (c Config) checkPort(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.Addr)
	if err != nil {
		if _, attachErr := local.Attach(ctx, c.Data); c.Database.URL == "" && attachErr == nil {
			return "", warning(c.Addr + " is in use: by the server that runs on this data directory, it seems")
		}
		return "", portError(c.Addr, err)
	}
	return c.Addr + " is free", l.Close()
}

// portError says what to do about an address that cannot be listened on.
func portError(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("address %s is in use by another program: stop it, or choose another with --addr, for example --addr :8090", addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("address %s needs more rights: choose a port above 1023 with --addr, or put a proxy in front", addr)
	}
	return fmt.Errorf("listen on %s: %w", addr, err)
}
