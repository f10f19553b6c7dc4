package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/demo"
)

// demoAccount is an account of the demo, as the accounts file holds it.
type demoAccount struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

// demoAccounts is the content of demo-accounts.json; deskload reads it too.
type demoAccounts struct {
	Admin  demoAccount   `json:"admin"`
	Agents []demoAccount `json:"agents"`
}

// demoSetting is the settings key that marks a database as the demo's.
const demoSetting = "demo"

// errNotDemo refuses to put the demo into a database that people work with.
var errNotDemo = errors.New("this database has accounts that are not the demo's: start without --demo, or with another --data or --database-url")

// seedDemo puts the demo shop into an empty database: site, accounts, articles.
// It is safe to repeat after a crash anywhere: the accounts file is written
// first and believed from then on. The articles are imported once, so that what
// a person edits in the demo stays.
func seedDemo(ctx context.Context, s *stack, dataDir string, out io.Writer) (path string, err error) {
	path = filepath.Join(dataDir, "demo-accounts.json")
	var done bool
	if err := s.accounts.Setting(ctx, demoSetting, &done); err != nil && !errors.Is(err, identity.ErrNotFound) {
		return "", err
	}
	if done {
		return path, nil
	}
	accounts, err := readDemoAccounts(path)
	if err != nil {
		return "", err
	}
	if err := refuseForeign(ctx, s, accounts); err != nil {
		return "", err
	}
	site, err := s.accounts.EnsureSite(ctx, "shop", "Lantern & Loom · 灯织", "en")
	if err != nil {
		return "", err
	}
	if err := addDemoAccounts(ctx, s, accounts); err != nil {
		return "", err
	}
	if _, err := s.knowledge.Import(ctx, identity.System(), bytes.NewReader(demo.JSONL()), kb.ImportOptions{Site: site.ID}); err != nil {
		return "", fmt.Errorf("import the demo's articles: %w", err)
	}
	if err := seedCanned(ctx, s, site.ID); err != nil {
		return "", err
	}
	if err := s.accounts.PutSetting(ctx, demoSetting, true); err != nil {
		return "", err
	}
	return path, printDemoAccounts(out, accounts)
}

// readDemoAccounts returns the accounts of the file, which it makes with new
// passwords when there is none.
func readDemoAccounts(path string) (demoAccounts, error) {
	var accounts demoAccounts
	raw, err := os.ReadFile(path)
	if err == nil {
		if err := json.Unmarshal(raw, &accounts); err != nil {
			return accounts, fmt.Errorf("read demo accounts: %s: %w: delete the file and start again", path, err)
		}
		return accounts, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return accounts, fmt.Errorf("read demo accounts: %w", err)
	}
	accounts = demoAccounts{
		Admin: demoAccount{"Ada", "admin@demo.example", newPassword()},
		Agents: []demoAccount{
			{"Mei 小梅", "mei@demo.example", newPassword()},
			{"Sam", "sam@demo.example", newPassword()},
		},
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return accounts, fmt.Errorf("write demo accounts: %w", err)
	}
	return accounts, writeWhole(path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(accounts)
	})
}

// refuseForeign returns errNotDemo when there are accounts other than the demo's.
func refuseForeign(ctx context.Context, s *stack, accounts demoAccounts) error {
	users, err := s.accounts.ListUsers(ctx)
	if err != nil {
		return err
	}
	ours := map[string]bool{accounts.Admin.Email: true}
	for _, a := range accounts.Agents {
		ours[a.Email] = true
	}
	for _, u := range users {
		if !ours[u.Email] {
			return errNotDemo
		}
	}
	return nil
}

func addDemoAccounts(ctx context.Context, s *stack, accounts demoAccounts) error {
	add := func(a demoAccount, role identity.Role, locale string) error {
		_, err := addUser(ctx, s.accounts, identity.User{Email: a.Email, Name: a.Name, Role: role, Locale: locale, AllDepartments: true}, a.Password)
		if errors.Is(err, identity.ErrEmailTaken) {
			return nil // an earlier start was cut off after this one
		}
		return err
	}
	if err := add(accounts.Admin, identity.RoleAdmin, "en"); err != nil {
		return fmt.Errorf("add demo accounts: %w", err)
	}
	for i, a := range accounts.Agents {
		locale := "en"
		if i == 0 {
			locale = "zh-CN"
		}
		if err := add(a, identity.RoleAgent, locale); err != nil {
			return fmt.Errorf("add demo accounts: %w", err)
		}
	}
	return nil
}

func printDemoAccounts(w io.Writer, accounts demoAccounts) error {
	var b strings.Builder
	b.WriteString("\nDemo accounts (passwords are shown this once and saved in the file named below):\n")
	fmt.Fprintf(&b, "  admin  %-22s %s\n", accounts.Admin.Email, accounts.Admin.Password)
	for _, a := range accounts.Agents {
		fmt.Fprintf(&b, "  agent  %-22s %s\n", a.Email, a.Password)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
