package models

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// install writes the bundled encoder into a store under another name.
func install(t *testing.T, s *Store, name string) string {
	t.Helper()
	dir := filepath.Join(s.Root(), Folder(name))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, f := range copyDefault(t) {
		if err := os.WriteFile(filepath.Join(dir, file), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(t, dir, func(m *Manifest) { m.Name = name })
	return dir
}

// rewrite changes a manifest on disk and fingerprints it anew.
func rewrite(t *testing.T, dir string, change func(*Manifest)) {
	t.Helper()
	file := filepath.Join(dir, "manifest.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	change(&m)
	m.Fingerprint = m.ComputeFingerprint()
	if data, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := OpenStore(filepath.Join(t.TempDir(), "models"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStoreListsWhatIsCompiledInAndWhatIsInstalledBrokenOnesWithTheReason(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if all, err := s.List(t.Context()); err != nil || len(all) != 3 || all[0].Dir != "" {
		t.Fatalf("a store without a folder lists %v, %v; want the three models that are compiled in", all, err)
	}
	install(t, s, "acme/whole")
	if err := os.Truncate(filepath.Join(install(t, s, "acme/short"), "model.onnx"), 10); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(install(t, s, "acme/gone"), "tokenizer.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(install(t, s, "acme/garbled"), "manifest.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(install(t, s, "acme/moved"), filepath.Join(s.Root(), "other")); err != nil {
		t.Fatal(err)
	}
	install(t, s, "plain")
	for _, ignored := range []string{".partial-acme--half", ".lock"} {
		if err := os.MkdirAll(filepath.Join(s.Root(), ignored), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(s.Root(), "README"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]error{"acme/whole": nil, "plain": nil, "acme/short": ErrCorrupt, "acme/gone": ErrMissing, "acme/garbled": ErrManifest, "acme/moved": ErrManifest}
	for _, e := range all[3:] {
		reason, ok := want[e.Name]
		if !ok {
			t.Errorf("%s is listed", e.Name)
		}
		delete(want, e.Name)
		if !errors.Is(e.Err, reason) {
			t.Errorf("%s: error %v, want %v", e.Name, e.Err, reason)
		}
		if e.Err == nil && (e.Bytes < 5<<20 || e.Manifest.Dims != 256) {
			t.Errorf("%s: %d bytes, %d dims", e.Name, e.Bytes, e.Manifest.Dims)
		}
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
}

func TestLoadedModelOnDiskIsNamedByPathNotHeldInMemory(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	dir := install(t, s, "acme/encoder")
	b, err := s.Load("acme/encoder")
	if err != nil {
		t.Fatal(err)
	}
	if b.Model != nil || b.ModelPath != filepath.Join(dir, "model.onnx") || len(b.Golden) < 200 {
		t.Errorf("%d bytes in memory, path %q, %d golden lines", len(b.Model), b.ModelPath, len(b.Golden))
	}
	for _, name := range []string{"", "frontdesk-static-zh-en", "frontdesk-native-zh-en"} {
		b, err := s.Load(name)
		if err != nil || len(b.Model) == 0 || name != "" && b.Manifest.Name != name {
			t.Errorf("%q: %v, %d bytes; want a model that is compiled in", name, err, len(b.Model))
		}
	}
}

func TestModelThatIsNotInstalledIsNamedWithWhatToDo(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	_, err := s.Load("acme/none")
	if !errors.Is(err, ErrNotInstalled) || !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "frontdesk model pull acme/none") {
		t.Errorf("error %v", err)
	}
}

func TestNameThatWouldLeaveTheStoreIsRefused(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, name := range []string{
		"..", ".", "../x", "a/../b", "a/b/c", "/etc", "a/", "/b", ".hidden", "a/.b", "a--b", "a\\b", "a b", "a\x00b", "名", "-x", "x.",
		strings.Repeat("x", 97),
	} {
		if _, err := s.Dir(name); !errors.Is(err, ErrName) {
			t.Errorf("Dir(%q): error %v, want ErrName", name, err)
		}
		if _, err := s.Load(name); !errors.Is(err, ErrName) {
			t.Errorf("Load(%q): error %v, want ErrName", name, err)
		}
	}
	for name, want := range map[string]string{
		"BAAI/bge-small-zh-v1.5": "BAAI--bge-small-zh-v1.5", "gpt2": "gpt2", "a/b": "a--b", "_x/y_": "_x--y_",
	} {
		if dir, err := s.Dir(name); err != nil || dir != filepath.Join(s.Root(), want) {
			t.Errorf("Dir(%q) = %q, %v; want %s", name, dir, err, want)
		}
	}
}

func TestVerifyNamesEveryFileThatDiffersAndReportsProgress(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	dir := install(t, s, "acme/encoder")
	seen := map[string]int64{}
	m, err := s.Verify(t.Context(), "acme/encoder", func(file string, done, total int64) {
		if done < seen[file] || done > total {
			t.Errorf("%s: %d of %d after %d", file, done, total, seen[file])
		}
		seen[file] = done
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Files {
		if seen[f.Path] != f.Size {
			t.Errorf("%s: %d of %d bytes reported", f.Path, seen[f.Path], f.Size)
		}
	}
	for _, name := range []string{"model.onnx", "golden.jsonl"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.Verify(t.Context(), "acme/encoder", nil)
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "model.onnx") || !strings.Contains(err.Error(), "golden.jsonl") {
		t.Errorf("error %v does not name both files", err)
	}
}

func TestFileOutsideTheFolderIsNeverReadNotThroughALinkEither(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	dir := install(t, s, "acme/linked")
	outside := filepath.Join(t.TempDir(), "model.onnx")
	if err := os.Rename(filepath.Join(dir, "model.onnx"), outside); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "model.onnx")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load("acme/linked"); err == nil || !strings.Contains(err.Error(), "model.onnx") {
		t.Errorf("error %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "model.onnx")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "model.onnx"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load("acme/linked"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a folder in place of the model: error %v, want ErrCorrupt", err)
	}
}

func TestExternalDataMustBeDeclaredAndWhole(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	dir := install(t, s, "acme/apart")
	graph := onnxWith("weights.bin")
	weights := []byte("weights")
	for name, data := range map[string][]byte{"model.onnx": graph, "weights.bin": weights} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(t, dir, func(m *Manifest) { m.Files[FileModel] = fileOf("model.onnx", graph) })
	if _, err := s.Load("acme/apart"); !errors.Is(err, ErrManifest) || !strings.Contains(err.Error(), "weights.bin") {
		t.Errorf("undeclared: error %v, want ErrManifest that names weights.bin", err)
	}
	rewrite(t, dir, func(m *Manifest) { m.Files[FileData+"/weights.bin"] = fileOf("weights.bin", weights) })
	if _, err := s.Load("acme/apart"); err != nil {
		t.Errorf("declared: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "weights.bin"), []byte("Weights"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load("acme/apart"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("changed: error %v, want ErrCorrupt", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "weights.bin"), weights, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, location := range []string{"../weights.bin", "/etc/passwd", "a/../../b", "C:\\x", "..\\x", "", ".", "a\x00b"} {
		graph := onnxWith(location)
		if err := os.WriteFile(filepath.Join(dir, "model.onnx"), graph, 0o600); err != nil {
			t.Fatal(err)
		}
		rewrite(t, dir, func(m *Manifest) { m.Files[FileModel] = fileOf("model.onnx", graph) })
		if _, err := s.Load("acme/apart"); !errors.Is(err, ErrManifest) {
			t.Errorf("location %q: error %v, want ErrManifest", location, err)
		}
	}
}

func fileOf(path string, data []byte) File {
	sum := sha256.Sum256(data)
	return File{Path: path, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data))}
}

func TestHalfRoundTripsEveryFiniteValue(t *testing.T) {
	t.Parallel()
	for h := range 1 << 16 {
		if exp := h >> 10 & 31; exp == 31 {
			continue
		}
		if got := ToHalf(FromHalf(uint16(h))); got != uint16(h) {
			t.Fatalf("ToHalf(half(%#04x)) = %#04x", h, got)
		}
	}
}

func TestGoldenLinesRoundTrip(t *testing.T) {
	t.Parallel()
	want := []Golden{{Text: "a<b", IDs: []int32{1, 2}, Vector: []float32{0.5, -1}}, {Text: "退款", IDs: []int32{3}, Vector: []float32{1, 0}}}
	data, err := MarshalGolden(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseGolden(data, Manifest{Task: TaskEmbed, Dims: 2})
	if err != nil || len(got) != 2 || got[0].Text != "a<b" || !slices.Equal(got[0].Vector, want[0].Vector) || !slices.Equal(got[1].IDs, want[1].IDs) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parseGolden(data, Manifest{Task: TaskRerank}); err == nil {
		t.Error("vectors pass for scores")
	}
}

func TestFolderNamedLikeACompiledInModelIsListedAsHidden(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "frontdesk-native-zh-en")
	if err := os.CopyFS(dir, os.DirFS("default/static")); err != nil {
		t.Fatal(err)
	}
	s, err := OpenStore(root)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := all[len(all)-1]
	if last.Dir != dir || last.Err == nil || !strings.Contains(last.Err.Error(), "compiled in and hides this folder") {
		t.Errorf("%+v", last)
	}
}
