package local

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMachineHasAPostgresWithVector(t *testing.T) {
	t.Parallel()
	found, err := Installations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !found[0].HasVector() {
		t.Errorf("%+v has no usable pgvector: run make pgvector", found[0])
	}
}

func TestMajorVersionIsReadFromEveryForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 17.2 (Homebrew)":                  17,
		"postgres (PostgreSQL) 19devel":                          19,
		"postgres (PostgreSQL) 18beta1":                          18,
	} {
		got, err := majorOf(text)
		if err != nil || got != want {
			t.Errorf("majorOf(%q) = %d, %v", text, got, err)
		}
	}
	if _, err := majorOf("no version here"); err == nil {
		t.Error("a text without a version was read")
	}
}

func TestOldOrMissingVectorIsNotUsable(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"": false, "0.6.0": false, "0.7.4": false, "0.8.0": true, "0.8.2": true, "0.10.0": true, "1.0": true, "new": false,
	} {
		if vectorUsable(version) != want {
			t.Errorf("vectorUsable(%q) = %v", version, !want)
		}
	}
	if got := vectorIn("comment = 'vector'\ndefault_version = '0.8.0'\ntrusted = true\n"); got != "0.8.0" {
		t.Errorf("vectorIn = %q", got)
	}
}

func TestChooseSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	without := []Installation{{BinDir: "/pg/15/bin", Major: 15}}
	_, err := choose(without, data)
	if !errors.Is(err, ErrNoVector) || !strings.Contains(err.Error(), "make pgvector") {
		t.Errorf("no pgvector: %v", err)
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = choose([]Installation{{BinDir: "/pg/17/bin", Major: 17, Vector: "0.8.0"}}, data)
	if !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), "PostgreSQL 15") {
		t.Errorf("data of another version: %v", err)
	}
	inst, err := choose([]Installation{{Major: 17, Vector: "0.8.0"}, {Major: 15, Vector: "0.8.0"}}, data)
	if err != nil || inst.Major != 15 {
		t.Errorf("choose = %+v, %v: only 15 can read this cluster", inst, err)
	}
	if _, err := choose(without, data); !errors.Is(err, ErrNoVector) {
		t.Errorf("existing cluster, pgvector gone: %v", err)
	}
}

func TestFullDiskIsRecognizedInAProgramsOutput(t *testing.T) {
	t.Parallel()
	ended := errors.New("exit status 1")
	err := outputError("initdb", ended, "fixing permissions ... ok\ninitdb: error: could not write: No space left on device\n")
	if !errors.Is(err, ErrDiskFull) || !errors.Is(err, ended) {
		t.Errorf("err = %v", err)
	}
	err = outputError("initdb", ended, "1\n2\n3\n4\n5\n6\n7")
	if errors.Is(err, ErrDiskFull) || !strings.HasSuffix(err.Error(), "3 | 4 | 5 | 6 | 7") {
		t.Errorf("err = %v", err)
	}
}
