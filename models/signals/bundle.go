package signals

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
)

// Manifest describes a signals model: manifest.json. It is smaller than that of a bundle that the engine runs: there is
// no tokenizer and no graph.
type Manifest struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Labels are those of Labels, in their order: a file for other labels is refused.
	Labels []string `json:"labels"`
	// License is an SPDX expression for the weights.
	License string `json:"license"`
	// Model and Golden are the files.
	Model  File `json:"model"`
	Golden File `json:"golden"`
}

// File is one file of the bundle.
type File struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"` // in bytes
}

// Load reads the bundle at the root of fsys, compares its files with the manifest and proves the model by its golden
// texts. Errors wrap ErrModel, or are the file system's.
func Load(fsys fs.FS) (*Model, error) {
	data, err := fs.ReadFile(fsys, "manifest.json")
	if err != nil {
		return nil, fmt.Errorf("load signals model: %w", err)
	}
	var m Manifest
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, fmt.Errorf("%w: manifest.json: %w", ErrModel, err)
	}
	if !slices.Equal(m.Labels, Labels()) {
		return nil, fmt.Errorf("%w: manifest.json: labels are %q, want %q", ErrModel, m.Labels, Labels())
	}
	raw, err := m.Model.read(fsys)
	if err != nil {
		return nil, err
	}
	lines, err := m.Golden.read(fsys)
	if err != nil {
		return nil, err
	}
	golden, err := parseGolden(lines)
	if err != nil {
		return nil, err
	}
	model, err := Parse(raw)
	if err != nil {
		return nil, err
	}
	return model, model.Prove(golden)
}

func (f File) read(fsys fs.FS) ([]byte, error) {
	data, err := fs.ReadFile(fsys, f.Path)
	if err != nil {
		return nil, fmt.Errorf("load signals model: %w", err)
	}
	if FileOf(f.Path, data) != f {
		return nil, fmt.Errorf("%w: %s is not the file that the manifest describes; restore it from the release", ErrModel, f.Path)
	}
	return data, nil
}

// FileOf describes a file with the contents data.
func FileOf(path string, data []byte) File {
	sum := sha256.Sum256(data)
	return File{Path: path, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data))}
}

// goldenRow is a line of golden.jsonl.
type goldenRow struct {
	Text     string    `json:"text"`
	Features []uint32  `json:"features"`
	Logits   []float64 `json:"logits"`
}

func parseGolden(data []byte) ([]Golden, error) {
	var all []Golden
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var row goldenRow
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("%w: golden line %d: %w", ErrModel, n, err)
		}
		all = append(all, Golden(row))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: golden lines: %w", ErrModel, err)
	}
	return all, nil
}

// MarshalGolden returns what Load reads: the texts with the features and logits that the model gives them.
func (m *Model) MarshalGolden(texts []string) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, s := range texts {
		features := Features(s)
		if len(features) == 0 {
			continue // it has no finite score
		}
		logits := m.Logits(features)
		if err := enc.Encode(goldenRow{Text: s, Features: features, Logits: logits[:]}); err != nil {
			return nil, fmt.Errorf("write golden line: %w", err)
		}
	}
	return out.Bytes(), nil
}
