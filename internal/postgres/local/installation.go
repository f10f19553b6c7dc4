package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// minMajor is the oldest PostgreSQL that Frontdesk works with.
const minMajor = 15

// Installation is a PostgreSQL server on this machine.
type Installation struct {
	// BinDir holds postgres, initdb, pg_dump and the like.
	BinDir string
	// Major is the major version, 15 or more.
	Major int
	// Vector is the version of pgvector that CREATE EXTENSION would install,
	// empty when there is none.
	Vector string
}

// HasVector reports whether pgvector is there and new enough (0.8).
func (i Installation) HasVector() bool { return vectorUsable(i.Vector) }

// Installations lists the usable PostgreSQL servers of this machine: those with
// pgvector first, newer before older. It returns [ErrNoPostgres] when there is none.
func Installations(ctx context.Context) ([]Installation, error) {
	var found []Installation
	seen := map[string]bool{}
	for _, dir := range binDirs(ctx) {
		program, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres")) // a link into another folder is that folder's
		real := filepath.Dir(program)
		if err != nil || seen[real] {
			continue
		}
		seen[real] = true
		inst, err := inspect(ctx, real)
		if err != nil {
			return nil, fmt.Errorf("inspect PostgreSQL in %s: %w", real, err)
		}
		if inst.Major >= minMajor {
			found = append(found, inst)
		}
	}
	if len(found) == 0 {
		return nil, ErrNoPostgres
	}
	slices.SortStableFunc(found, func(a, b Installation) int {
		if a.HasVector() != b.HasVector() {
			if a.HasVector() {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Major, a.Major)
	})
	return found, nil
}

// binDirs lists the folders that hold a server, wherever packages put them.
func binDirs(ctx context.Context) []string {
	var candidates []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",              // Debian, Ubuntu
		"/usr/pgsql-*/bin",                       // PostgreSQL's own RPMs
		"/opt/homebrew/opt/postgresql@*/bin",     // Homebrew, Apple silicon
		"/usr/local/opt/postgresql@*/bin",        // Homebrew, Intel
		"/home/linuxbrew/.linuxbrew/opt/pg*/bin", // Homebrew, Linux
	} {
		dirs, err := filepath.Glob(pattern)
		if err == nil { // only a malformed pattern errs
			candidates = append(candidates, dirs...)
		}
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		candidates = append(candidates, filepath.Dir(path))
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(out)))
	}
	return slices.DeleteFunc(candidates, func(dir string) bool {
		for _, program := range []string{"postgres", "initdb"} {
			if info, err := os.Stat(filepath.Join(dir, program)); err != nil || info.IsDir() {
				return true
			}
		}
		return false
	})
}

// inspect asks the programs in dir what they are.
func inspect(ctx context.Context, dir string) (Installation, error) {
	inst := Installation{BinDir: dir}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return inst, err
	}
	inst.Major, err = majorOf(string(out))
	if err != nil {
		return inst, err
	}
	// Without pg_config (a client package of some systems) the database itself
	// says later whether it has pgvector.
	out, err = exec.CommandContext(ctx, filepath.Join(dir, "pg_config"), "--sharedir").Output()
	if err != nil {
		return inst, nil //nolint:nilerr // see above: a missing pg_config is no failure
	}
	control, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "extension", "vector.control"))
	if errors.Is(err, os.ErrNotExist) {
		return inst, nil
	}
	if err != nil {
		return inst, err
	}
	inst.Vector = vectorIn(string(control))
	return inst, nil
}

// majorOf reads "postgres (PostgreSQL) 15.18 (Debian …)"; a version that is not
// released yet reads "19devel" or "18beta1".
func majorOf(version string) (int, error) {
	match := regexp.MustCompile(`\s(\d+)[.\s\pL]`).FindStringSubmatch(version + " ")
	if match == nil {
		return 0, fmt.Errorf("no version in %q", version)
	}
	return strconv.Atoi(match[1])
}

// vectorIn reads default_version from vector.control.
func vectorIn(control string) string {
	match := regexp.MustCompile(`(?m)^default_version\s*=\s*'([^']+)'`).FindStringSubmatch(control)
	if match == nil {
		return ""
	}
	return match[1]
}

// vectorUsable reports whether version, as in "0.8.0", is 0.8 or newer.
func vectorUsable(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	x, errX := strconv.Atoi(major)
	y, errY := strconv.Atoi(minor)
	return errX == nil && errY == nil && (x > 0 || y >= 8)
}
