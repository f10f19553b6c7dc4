package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"frontdesk/kb"
)

func TestAFolderIsPackedAsAnUploadOfItWouldBe(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret.md")
	for name, content := range map[string]string{"en/refund.md": "# R\n\nthree days", "退款.zh-CN.MARKDOWN": "# 退\n\n三天", "note.txt": "no", outside: "secret"} {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.md")); err != nil {
		t.Fatal(err)
	}
	raw, err := packFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range archive.File {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"en/refund.md", "退款.zh-CN.MARKDOWN"}) {
		t.Errorf("packed %q: a link leads out, and text is no article", names)
	}
}

func TestAnExportsFormatIsToldByItsName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked, file string
		want        kb.Format
	}{
		{"", "a.jsonl", kb.FormatJSONL}, {"", "-", kb.FormatJSONL}, {"", "A.XLSX", kb.FormatXLSX}, {"", "a.csv", kb.FormatCSV}, {"", "a.zip", kb.FormatMarkdown}, {"md", "a.csv", kb.FormatMarkdown},
	} {
		if got, err := exportFormat(c.asked, c.file); err != nil || got != c.want {
			t.Errorf("%q %q: %s, %v", c.asked, c.file, got, err)
		}
	}
	for _, asked := range []string{"pdf", "doc", "html"} {
		if _, err := exportFormat(asked, "a"); err == nil {
			t.Errorf("%s can be written", asked)
		}
	}
}
