package arch

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// maxLines is the length of the longest hand-written file, tests included.
// Linters for complexity are not used; in practice this is the one that bites.
const maxLines = 800

func TestNoFileIsLongerThan800Lines(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, ".go", ".ts", ".vue", ".mjs", ".sql", ".css", ".sh", ".py", ".proto") {
		raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(s.path)))
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(raw, []byte("\n")); lines > maxLines && !generated(t, s) {
			t.Errorf("%s has %d lines, %d are the limit: split it by noun", s.path, lines, maxLines)
		}
	}
}
