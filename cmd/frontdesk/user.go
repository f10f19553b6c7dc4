package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"frontdesk/internal/auth"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
)

func newUser(opts *options) *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Add accounts and set passwords"}

	var name, role, locale string
	var fromStdin bool
	add := &cobra.Command{
		Use:   "add EMAIL",
		Short: "Add an agent or admin; prints a generated password unless --password-stdin is given",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withAccounts(cmd, opts, func(a *postgres.Accounts) error {
				password, generated, err := choosePassword(cmd.InOrStdin(), fromStdin)
				if err != nil {
					return err
				}
				if name == "" {
					name, _, _ = strings.Cut(args[0], "@")
				}
				u := identity.User{Email: args[0], Name: name, Role: identity.Role(role), Locale: locale, AllDepartments: true}
				if u, err = addUser(cmd.Context(), a, u, password); err != nil {
					return err
				}
				return printAccount(cmd.OutOrStdout(), "added "+string(u.Role), u.Email, password, generated)
			})
		},
	}
	add.Flags().StringVar(&name, "name", "", "display name (default: the address's first part)")
	add.Flags().StringVar(&role, "role", "agent", "agent or admin")
	add.Flags().StringVar(&locale, "locale", "en", "language of the console: en or zh-CN")
	add.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input (its first line)")

	var passwdStdin bool
	passwd := &cobra.Command{
		Use:   "passwd EMAIL",
		Short: "Set a new password, which ends the account's sessions; prints a generated one unless --password-stdin is given",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withAccounts(cmd, opts, func(a *postgres.Accounts) error {
				email, err := identity.NormalizeEmail(args[0])
				if err != nil {
					return err
				}
				u, err := a.UserByEmail(cmd.Context(), email)
				if errors.Is(err, identity.ErrNotFound) {
					return fmt.Errorf("there is no account %s; add one with: frontdesk user add %s", email, email)
				}
				if err != nil {
					return err
				}
				password, generated, err := choosePassword(cmd.InOrStdin(), passwdStdin)
				if err != nil {
					return err
				}
				hash, err := hashPassword(cmd.Context(), password)
				if err != nil {
					return err
				}
				if err := a.SetPassword(cmd.Context(), u.ID, hash); err != nil {
					return err
				}
				return printAccount(cmd.OutOrStdout(), "new password for", u.Email, password, generated)
			})
		},
	}
	passwd.Flags().BoolVar(&passwdStdin, "password-stdin", false, "read the password from standard input (its first line)")
	cmd.AddCommand(add, passwd)
	return cmd
}

// withAccounts runs fn on the accounts of the configured database; it needs no model.
func withAccounts(cmd *cobra.Command, opts *options, fn func(*postgres.Accounts) error) error {
	cfg, err := opts.load(os.Environ())
	if err != nil {
		return err
	}
	db, err := openDatabase(cmd.Context(), cfg, cfg.logger())
	if err != nil {
		return err
	}
	defer db.close(cmd.Context())
	if _, err := postgres.Migrate(cmd.Context(), db.url); err != nil {
		return err
	}
	pool, err := postgres.Open(cmd.Context(), db.url, 2)
	if err != nil {
		return err
	}
	defer pool.Close()
	return fn(postgres.NewAccounts(pool))
}

// addUser adds u, who may work at every site and joins its first team.
func addUser(ctx context.Context, a *postgres.Accounts, u identity.User, password string) (identity.User, error) {
	var err error
	if u.PasswordHash, err = hashPassword(ctx, password); err != nil {
		return u, err
	}
	added, err := a.AddUser(ctx, u)
	if errors.Is(err, identity.ErrEmailTaken) {
		return u, fmt.Errorf("%w; set its password with: frontdesk user passwd %s", err, u.Email)
	}
	return added, err
}

func hashPassword(ctx context.Context, password string) (string, error) {
	if err := identity.CheckPassword(password); err != nil {
		return "", err
	}
	hasher, err := auth.NewHasher(1) //nolint:contextcheck // hashes once, at once
	if err != nil {
		return "", err
	}
	return hasher.Hash(ctx, password)
}

// choosePassword reads the first line of in, or makes a password up.
func choosePassword(in io.Reader, fromStdin bool) (password string, generated bool, err error) {
	if !fromStdin {
		return newPassword(), true, nil
	}
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, fmt.Errorf("read password from standard input: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), false, nil
}

// newPassword returns 16 characters of base32, 80 random bits, in groups that can be read aloud.
func newPassword() string {
	s := strings.ToLower(rand.Text())
	return s[0:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16]
}

func printAccount(w io.Writer, did, email, password string, generated bool) error {
	if !generated {
		_, err := fmt.Fprintf(w, "%s %s\n", did, email)
		return err
	}
	_, err := fmt.Fprintf(w, "%s %s\npassword: %s (shown once)\n", did, email, password)
	return err
}
