package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/local"
)

func newBackup(opts *options) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write everything to FILE, also while the server runs",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			db, err := openDatabase(cmd.Context(), cfg, cfg.logger())
			if err != nil {
				return err
			}
			defer db.close(cmd.Context())
			size, err := backup(cmd.Context(), db.url, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "wrote %s (%d bytes)\n", args[0], size)
			return err
		},
	}
}

func newRestore(opts *options) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Replace everything by what FILE holds; the server must be stopped",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes {
				return errors.New("restore replaces everything in the database: add --yes to say that you mean it")
			}
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			db, err := startDatabase(cmd.Context(), cfg, cfg.logger()) // holds the lock: no server may start meanwhile
			if err != nil {
				return err
			}
			defer db.close(cmd.Context())
			if err := restore(cmd.Context(), db.url, args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "restored from %s\n", args[0])
			return err
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "replace the database's content")
	return cmd
}

// backup writes a pg_dump archive of the database to file, which appears only
// when it is complete. It returns the archive's size in bytes.
func backup(ctx context.Context, dbURL, file string) (int64, error) {
	partial := file + ".partial"
	defer os.Remove(partial)
	if err := runTool(ctx, dbURL, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file="+partial); err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	out, err := os.OpenFile(partial, os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	defer out.Close()
	if err := errors.Join(out.Chmod(0o600), out.Sync()); err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	info, err := out.Stat()
	if err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	if err := os.Rename(partial, file); err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	return info.Size(), nil
}

// afterRestoreSQL gives the log a new epoch and ends the leases of the servers that ran when the backup was made.
const afterRestoreSQL = `UPDATE public.settings SET value = to_jsonb(gen_random_uuid()::text), updated_at = now() WHERE key = 'log_epoch_nonce';
UPDATE public.nodes SET lease_until = now();
`

// restore replaces the database's content by the archive's in one transaction
// and gives the log a new epoch, so that clients drop what they had stored.
func restore(ctx context.Context, dbURL, file string) error {
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := refuseWhileServed(ctx, dbURL); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "frontdesk-restore-")
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(dir)
	script := filepath.Join(dir, "content.sql")
	if err := runTool(ctx, "", "pg_restore", "--no-owner", "--no-privileges", "--file="+script, file); err != nil {
		return fmt.Errorf("restore: %s is not a backup made by `frontdesk backup`: %w", file, err)
	}
	before, after := filepath.Join(dir, "before.sql"), filepath.Join(dir, "after.sql")
	if err := errors.Join(
		os.WriteFile(before, []byte("DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"), 0o600),
		os.WriteFile(after, []byte(afterRestoreSQL), 0o600),
	); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := runTool(ctx, dbURL, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--output=/dev/null",
		"--set=ON_ERROR_STOP=1", "--file="+before, "--file="+script, "--file="+after); err != nil {
		return fmt.Errorf("restore: nothing was changed: %w", err)
	}
	if _, err := postgres.Migrate(ctx, dbURL); err != nil {
		return fmt.Errorf("restore: the content is in place, bringing its schema up to date: %w", err)
	}
	return nil
}

// refuseWhileServed returns an error while a server's lease on the database lasts.
func refuseWhileServed(ctx context.Context, dbURL string) error {
	conn, err := pgx.Connect(ctx, dbURL)
	if err != nil {
		return fmt.Errorf("connect to database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT to_regclass('public.nodes') IS NOT NULL").Scan(&exists); err != nil {
		return fmt.Errorf("look for running servers: %w", err)
	}
	if !exists {
		return nil
	}
	var left *time.Duration
	if err := conn.QueryRow(ctx, "SELECT max(lease_until) - now() FROM nodes WHERE lease_until > now()").Scan(&left); err != nil {
		return fmt.Errorf("look for running servers: %w", err)
	}
	if left != nil {
		return fmt.Errorf("a server is running on this database: stop it first (a killed one counts as running for another %v)", left.Round(time.Second))
	}
	return nil
}

// runTool runs one of PostgreSQL's programs against dbURL (or none); the
// password travels in the environment, not on the command line.
func runTool(ctx context.Context, dbURL, name string, args ...string) error {
	installs, err := local.Installations(ctx)
	if err != nil {
		return err
	}
	environ := os.Environ()
	if dbURL != "" {
		if u, err := url.Parse(dbURL); err == nil && u.User != nil {
			if password, ok := u.User.Password(); ok {
				environ = append(environ, "PGPASSWORD="+password)
				u.User = url.User(u.User.Username())
				dbURL = u.String()
			}
		}
		args = append(args, "--dbname="+dbURL)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(installs[0].BinDir, name), args...)
	cmd.Env = append(environ, "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}
