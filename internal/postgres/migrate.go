package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock that lets one node migrate at a time ("fdmg").
const migrationLock = 0x66646d67

// ErrNoPGVector says that the server has no pgvector extension to create.
var ErrNoPGVector = errors.New("PostgreSQL has no pgvector extension: install it on the database's machine (Debian 13/Ubuntu: apt install postgresql-NN-pgvector; Debian 12: sudo make pgvector) and start again")

// ErrNewerSchema says that the database was migrated by a newer Frontdesk.
var ErrNewerSchema = errors.New("the database belongs to a newer version of Frontdesk: start that version, or restore a backup made by this one")

// Migrate brings the schema of the database at url up to this binary's, each
// migration in a transaction of its own under an advisory lock. It is safe to
// call from several nodes at once. It returns the number of migrations applied.
func Migrate(ctx context.Context, url string) (applied int, err error) {
	var conn *pgx.Conn
	err = onceUp(ctx, func() (err error) {
		conn, err = pgx.Connect(ctx, url)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("connect to database: %w", redact(err))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return 0, fmt.Errorf("take the migration lock: %w", err)
	}
	if err := createExtension(ctx, conn); err != nil {
		return 0, err
	}
	if _, err := conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations (
		version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`); err != nil {
		return 0, fmt.Errorf("create schema_migrations: %w", err)
	}
	var current int
	if err := conn.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM schema_migrations").Scan(&current); err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	steps, err := readMigrations()
	if err != nil {
		return 0, err
	}
	if last := steps[len(steps)-1].version; current > last {
		return 0, fmt.Errorf("schema version %d, this binary knows %d: %w", current, last, ErrNewerSchema)
	}
	for _, m := range steps {
		if m.version <= current {
			continue
		}
		if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, m.sql); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)", m.version, m.name)
			return err
		}); err != nil {
			return applied, fmt.Errorf("apply migration %04d_%s: %w", m.version, m.name, err)
		}
		applied++
	}
	return applied, migrateJobs(ctx, url)
}

// migrateJobs brings River's own tables up to date; the caller holds the migration lock.
func migrateJobs(ctx context.Context, url string) error {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("read database url: %w", redact(err))
	}
	cfg.MaxConns, cfg.MinConns = 1, 0
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

func createExtension(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS vector")
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code {
		case "58P01", "0A000": // undefined_file, feature_not_supported: no such extension on this server
			return fmt.Errorf("create extension vector: %w", ErrNoPGVector)
		case "42501": // insufficient_privilege
			return errors.New("create extension vector: the database user may not create it; let a superuser run CREATE EXTENSION vector in this database once")
		}
	}
	if err != nil {
		return fmt.Errorf("create extension vector: %w", err)
	}
	return nil
}

type migration struct {
	version   int
	name, sql string
}

func readMigrations() ([]migration, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	var steps []migration
	for _, file := range files {
		number, name, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(file, "migrations/"), ".sql"), "_")
		version, err := strconv.Atoi(number)
		if err != nil || !ok {
			return nil, fmt.Errorf("migration %s is not named NNNN_name.sql", file)
		}
		sql, err := migrations.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		steps = append(steps, migration{version: version, name: name, sql: string(sql)})
	}
	slices.SortFunc(steps, func(a, b migration) int { return a.version - b.version })
	return steps, nil
}
