package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/postgres/local"
)

// epochAndRows reads the log epoch's nonce and counts the log's rows.
func epochAndRows(t *testing.T, url string) (nonce string, rows int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(t.Context(), `SELECT (SELECT value #>> '{}' FROM settings WHERE key = 'log_epoch_nonce'),
		(SELECT count(*) FROM conversation_log)`).Scan(&nonce, &rows); err != nil {
		t.Fatal(err)
	}
	return nonce, rows
}

func TestDoctorNamesWhatFailsAndGoesOn(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	failed := report(&out, []check{
		{"good", func(context.Context) (string, error) { return "found", nil }},
		{"old", func(context.Context) (string, error) { return "", warning("a little old") }},
		{"broken", func(context.Context) (string, error) { return "", errors.New("missing: install it") }},
		{"after", func(context.Context) (string, error) { return "still asked", nil }},
	}, t.Context())
	want := "ok    good           found\nwarn  old            a little old\nFAIL  broken         missing: install it\nok    after          still asked\n"
	if failed != 1 || out.String() != want {
		t.Fatalf("failed = %d\n%s", failed, out.String())
	}
}

func TestDoctorFindsThisMachineFit(t *testing.T) {
	t.Parallel()
	cfg := defaultConfig()
	cfg.Addr, cfg.Data = "127.0.0.1:0", t.TempDir()
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func(context.Context) (string, error){
		"disk": cfg.checkDisk, "database": cfg.checkDatabase, "library": cfg.checkLibrary, "models": cfg.checkModels, "models in use": cfg.checkInUse, "port": cfg.checkPort,
	} {
		found, err := ask(t.Context())
		var warn warning
		if err != nil && !errors.As(err, &warn) {
			t.Errorf("%s: %v", name, err)
		}
		t.Log(name, found, err)
	}
}

func TestDoctorSaysWhatIsWrongWithAnExternalDatabase(t *testing.T) {
	t.Parallel()
	c, err := local.Temporary(t.Context(), local.TemporaryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	cfg := defaultConfig()
	cfg.Database.URL = c.URL()
	if found, err := cfg.checkDatabase(t.Context()); !strings.Contains(found, "PostgreSQL") {
		t.Errorf("found %q, %v", found, err)
	}
	cfg.Database.URL = "postgres://nobody@127.0.0.1:1/none?sslmode=disable&connect_timeout=2"
	if _, err := cfg.checkDatabase(t.Context()); err == nil || !strings.Contains(err.Error(), "database.url") {
		t.Errorf("got %v", err)
	}
}

func TestVectorAgeRefusesOldAndWarnsOfUnsafeVersions(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"0.7.4": "error", "0.8.0": "warning", "0.8.3": "warning", "0.8.4": "", "0.9.0": "", "1.0.0": ""} {
		err := vectorAge(version)
		var warn warning
		got := ""
		switch {
		case errors.As(err, &warn):
			got = "warning"
		case err != nil:
			got = "error"
		}
		if got != want {
			t.Errorf("%s: %q (%v), want %q", version, got, err, want)
		}
	}
}
