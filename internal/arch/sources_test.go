package arch

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "frontdesk/"
	root   = "../.."
)

// source is one hand-written or generated file below the root.
type source struct {
	path    string // slash-separated, relative to the root
	pkg     string // folder of path
	test    bool
	imports []string // Go only
}

// sources reads the tree itself, whatever the build tags: what a `go list` child
// reads is invisible to the test cache, and a broken arrow would pass as "(cached)".
func sources(t *testing.T, endings ...string) []source {
	t.Helper()
	var found []source
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipped(d.Name()) && file != root {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		for _, ending := range endings {
			if strings.HasSuffix(rel, ending) {
				s := source{path: rel, pkg: path.Dir(rel), test: strings.HasSuffix(rel, "_test.go")}
				if ending == ".go" {
					s.imports, err = importsOf(file)
				}
				found = append(found, s)
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("no source with %v: is the root still %s?", endings, root)
	}
	return found
}

// skipped folders hold nothing of ours: packages, what is built, what runs.
func skipped(name string) bool {
	switch name {
	case "node_modules", "dist", "bin", "data", "frontdesk-data", "testdata":
		return true
	}
	return strings.HasPrefix(name, ".") && name != "." && name != ".ci"
}

func importsOf(file string) ([]string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var imports []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		imports = append(imports, name)
	}
	return imports, nil
}

// generated reports whether the file says that a program wrote it.
func generated(t *testing.T, s source) bool {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(s.path)))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(s.path, ".go") {
		parsed, err := parser.ParseFile(token.NewFileSet(), s.path, raw, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		return ast.IsGenerated(parsed)
	}
	head, _, _ := bytes.Cut(raw, []byte("\n"))
	return bytes.Contains(head, []byte("generated")) || bytes.Contains(head, []byte("Generated"))
}
