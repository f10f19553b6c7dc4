package models

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"math"
	"strings"
	"testing"
	"testing/fstest"
)

// copyDefault returns the bundled model as a file system that a test may change.
func copyDefault(t *testing.T) fstest.MapFS {
	t.Helper()
	sub, err := fs.Sub(bundled, "default/encoder")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range []string{"manifest.json", "model.onnx", "tokenizer.json", "golden.jsonl"} {
		data, err := fs.ReadFile(sub, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

func TestDefaultBundleIsWhatItsManifestSays(t *testing.T) {
	t.Parallel()
	b, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if b.Manifest.Dims != 256 || len(b.Golden) < 200 {
		t.Errorf("dims %d, %d golden lines", b.Manifest.Dims, len(b.Golden))
	}
	if size := len(b.Model) + len(b.Tokenizer); size > 12<<20 {
		t.Errorf("the bundle takes %d bytes", size)
	}
	for _, g := range b.Golden {
		var sum float64
		for _, x := range g.Vector {
			sum += float64(x) * float64(x)
		}
		if math.Abs(sum-1) > 1e-3 {
			t.Errorf("golden vector of %q has squared norm %v", g.Text, sum)
		}
	}
}

func TestChangedByteInAnyFileIsNamedWithBothSums(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"model.onnx", "tokenizer.json", "golden.jsonl"} {
		files := copyDefault(t)
		data := append([]byte(nil), files[name].Data...)
		data[len(data)/2] ^= 1
		files[name] = &fstest.MapFile{Data: data}
		_, err := Load(files)
		if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("%s: error %v, want ErrCorrupt", name, err)
		}
		for _, part := range []string{name, "has sha256", "want", "restore"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", name, err, part)
			}
		}
	}
}

func TestTruncatedAndMissingFilesAreErrors(t *testing.T) {
	t.Parallel()
	files := copyDefault(t)
	files["model.onnx"] = &fstest.MapFile{Data: files["model.onnx"].Data[:1000]}
	if _, err := Load(files); !errors.Is(err, ErrCorrupt) {
		t.Errorf("truncated: %v", err)
	}
	delete(files, "model.onnx")
	if _, err := Load(files); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "model.onnx") {
		t.Errorf("missing: %v", err)
	}
	delete(files, "manifest.json")
	if _, err := Load(files); !errors.Is(err, ErrManifest) {
		t.Errorf("no manifest: %v", err)
	}
}

func TestManifestWithAWrongFieldIsRefusedByName(t *testing.T) {
	t.Parallel()
	cases := []struct {
		field  string
		change func(m map[string]any)
	}{
		{"name", func(m map[string]any) { m["name"] = "" }},
		{"version", func(m map[string]any) { m["version"] = "" }},
		{"task", func(m map[string]any) { m["task"] = "paint" }},
		{"runtime", func(m map[string]any) { m["runtime"] = "abacus" }},
		{"dims", func(m map[string]any) { m["dims"] = 1 << 30 }},
		{"max_tokens", func(m map[string]any) { m["max_tokens"] = map[string]any{"question": 0, "passage": 8} }},
		{"graph", func(m map[string]any) { m["graph"] = map[string]any{} }},
		{"files.golden", func(m map[string]any) { delete(m["files"].(map[string]any), "golden") }},
		{"leaves the bundle", func(m map[string]any) {
			m["files"].(map[string]any)["model"].(map[string]any)["path"] = "../../etc/passwd"
		}},
		{"fingerprint", func(m map[string]any) { m["version"] = "other" }},
		{"surprise", func(m map[string]any) { m["surprise"] = 1 }},
	}
	base := copyDefault(t)
	for _, c := range cases {
		t.Run(c.field, func(t *testing.T) {
			t.Parallel()
			var m map[string]any
			if err := json.Unmarshal(base["manifest.json"].Data, &m); err != nil {
				t.Fatal(err)
			}
			c.change(m)
			data, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			files := maps.Clone(base)
			files["manifest.json"] = &fstest.MapFile{Data: data}
			if _, err := Load(files); !errors.Is(err, ErrManifest) || !strings.Contains(err.Error(), c.field) {
				t.Errorf("error %v does not name %q", err, c.field)
			}
		})
	}
}

func TestHalfConvertsTheExtremes(t *testing.T) {
	t.Parallel()
	for h, want := range map[uint16]float32{
		0: 0, 0x3C00: 1, 0xBC00: -1, 0x7BFF: 65504, 0x0001: 1.0 / (1 << 24), 0x0400: 1.0 / (1 << 14),
		0x3555: 0.333251953125, 0x7C00: float32(math.Inf(1)), 0xFC00: float32(math.Inf(-1)),
	} {
		if got := FromHalf(h); got != want {
			t.Errorf("half(%#04x) = %v, want %v", h, got, want)
		}
	}
	if got := FromHalf(0x7E00); !math.IsNaN(float64(got)) {
		t.Errorf("FromHalf(0x7E00) = %v, want NaN", got)
	}
}
