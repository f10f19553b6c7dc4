package inference

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// touch makes an empty file with its folders.
func touch(t *testing.T, path string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLibraryIsLookedForInOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	touch(t, filepath.Join(dir, "checkout", "go.mod"))
	exe := touch(t, filepath.Join(dir, "checkout", "bin", "frontdesk"))
	wd := filepath.Join(dir, "checkout", "web")
	all := candidates(exe, wd)
	checkout := touch(t, all[2]) // beside the executable come two
	if !strings.HasPrefix(checkout, filepath.Join(dir, "checkout", "web", "ui", "node_modules")) {
		t.Fatalf("third candidate is %s", checkout)
	}
	expect := func(explicit, env, want string) {
		t.Helper()
		if got, err := search(explicit, env, exe, wd); err != nil || got != want {
			t.Errorf("found %s, %v; want %s", got, err, want)
		}
	}
	expect("", "", checkout)
	beside := touch(t, filepath.Join(dir, "checkout", "bin", filepath.Base(checkout)))
	expect("", "", beside)
	lib := touch(t, filepath.Join(dir, "checkout", "bin", "lib", filepath.Base(checkout)))
	expect("", "", lib)
	env := touch(t, filepath.Join(dir, "env.so"))
	expect("", env, env)
	explicit := touch(t, filepath.Join(dir, "explicit.so"))
	expect(explicit, env, explicit)
}

func TestMissingLibrarySaysWhatWasTriedAndWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := search("", "", filepath.Join(dir, "bin", "frontdesk"), dir)
	if err == nil {
		return // this machine has the library installed for everybody
	}
	if !errors.Is(err, ErrNoLibrary) {
		t.Fatal(err)
	}
	for _, part := range []string{"make build", LibraryEnv, filepath.Join(dir, "bin", "lib")} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	for _, given := range [][2]string{{filepath.Join(dir, "no.so"), ""}, {"", filepath.Join(dir, "no.so")}} {
		if _, err := search(given[0], given[1], "", dir); !errors.Is(err, ErrNoLibrary) || !strings.Contains(err.Error(), "no.so") {
			t.Errorf("a given path that does not exist: %v", err)
		}
	}
}
