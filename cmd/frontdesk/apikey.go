package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"frontdesk/internal/auth"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
)

func newAPIKey(opts *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "apikey",
		Short: "Make, list and revoke the keys with which programs use the models",
	}

	var site string
	var requests, tokens int
	var expires time.Duration
	create := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a key; its secret is printed once and kept nowhere",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withKeys(cmd, opts, func(a *postgres.Accounts, keys *auth.APIKeys) error {
				s, err := a.SiteByKey(cmd.Context(), site)
				if errors.Is(err, identity.ErrNotFound) {
					return fmt.Errorf("there is no site %q", site)
				}
				if err != nil {
					return err
				}
				k := identity.APIKey{
					Site: s.ID, Name: args[0], Permissions: []identity.Permission{identity.PermInference},
					RequestsPerMinute: requests, TokensPerMinute: tokens,
				}
				if expires != 0 {
					k.ExpiresAt = time.Now().Add(expires)
				}
				secret, made, err := keys.Create(cmd.Context(), identity.System(), k)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "made key %s %q for site %s\nsecret: %s (shown once)\n", made.ID, made.Name, s.Key, secret)
				return err
			})
		},
	}
	create.Flags().StringVar(&site, "site", "", "key of the site it belongs to (default: the oldest)")
	create.Flags().IntVar(&requests, "requests-per-minute", 0, "its own limit of requests (default: inference.requests_per_minute)")
	create.Flags().IntVar(&tokens, "tokens-per-minute", 0, "its own limit of tokens (default: inference.tokens_per_minute)")
	create.Flags().DurationVar(&expires, "expires", 0, "for how long it is good, such as 720h (default: for ever)")

	var asJSON bool
	list := &cobra.Command{
		Use:   "list",
		Short: "List all keys, revoked and expired ones too, newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withKeys(cmd, opts, func(_ *postgres.Accounts, keys *auth.APIKeys) error {
				all, err := keys.List(cmd.Context(), identity.System())
				if err != nil {
					return err
				}
				return printKeys(cmd.OutOrStdout(), all, time.Now(), asJSON)
			})
		},
	}
	list.Flags().BoolVar(&asJSON, "json", false, "print JSON")

	revoke := &cobra.Command{
		Use:   "revoke ID",
		Short: "End a key for good; a running server refuses it within seconds",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withKeys(cmd, opts, func(_ *postgres.Accounts, keys *auth.APIKeys) error {
				k, err := keys.Revoke(cmd.Context(), identity.System(), args[0])
				if errors.Is(err, identity.ErrNotFound) {
					return fmt.Errorf("there is no key %s; frontdesk apikey list shows those there are", args[0])
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "revoked key %s %q\n", k.ID, k.Name)
				return err
			})
		},
	}
	cmd.AddCommand(create, list, revoke)
	return cmd
}

// withKeys runs fn on the API keys of the configured database; it needs no model.
func withKeys(cmd *cobra.Command, opts *options, fn func(*postgres.Accounts, *auth.APIKeys) error) error {
	return withAccounts(cmd, opts, func(a *postgres.Accounts) error {
		keys, err := auth.NewAPIKeys(a, nil, nil)
		if err != nil {
			return err
		}
		return fn(a, keys)
	})
}

// listedKey is a key in the output of apikey list --json.
type listedKey struct {
	ID                string     `json:"id"`
	Name              string     `json:"name"`
	Prefix            string     `json:"prefix"`
	State             string     `json:"state"` // live, expired or revoked
	RequestsPerMinute int        `json:"requests_per_minute"`
	TokensPerMinute   int        `json:"tokens_per_minute"`
	CreatedAt         time.Time  `json:"created_at"`
	ExpiresAt         *time.Time `json:"expires_at"`
	LastUsedAt        *time.Time `json:"last_used_at"`
}

func printKeys(w io.Writer, keys []identity.APIKey, now time.Time, asJSON bool) error {
	rows := make([]listedKey, len(keys))
	for i, k := range keys {
		rows[i] = listedKey{
			ID: k.ID, Name: k.Name, Prefix: k.Prefix, State: keyState(k, now), RequestsPerMinute: k.RequestsPerMinute,
			TokensPerMinute: k.TokensPerMinute, CreatedAt: k.CreatedAt,
		}
		if !k.ExpiresAt.IsZero() {
			rows[i].ExpiresAt = &k.ExpiresAt
		}
		if !k.LastUsedAt.IsZero() {
			rows[i].LastUsedAt = &k.LastUsedAt
		}
	}
	if asJSON {
		return json.NewEncoder(w).Encode(rows)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tPREFIX\tSTATE\tLAST USED\tNAME")
	for _, r := range rows {
		used := "never"
		if r.LastUsedAt != nil {
			used = r.LastUsedAt.Format("2006-01-02 15:04")
		}
		fmt.Fprintf(table, "%s\t%s…\t%s\t%s\t%s\n", r.ID, r.Prefix, r.State, used, r.Name)
	}
	return table.Flush()
}

func keyState(k identity.APIKey, now time.Time) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "revoked"
	case !k.Live(now):
		return "expired"
	}
	return "live"
}
