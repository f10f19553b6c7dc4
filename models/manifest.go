// Package models knows what a model bundle is: a folder with a manifest and the files that it names.
//
// It reads and verifies bundles and carries the default one inside the binary, so that Frontdesk answers without
// fetching anything. It runs no model, starts no goroutine and never touches the network. The folder training holds
// the recipe that made the default bundle; README.md names the data and their licences.
package models

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Tasks and runtimes that a manifest may name.
const (
	TaskEmbed   = "embed"
	RuntimeONNX = "onnx"
)

// Roles of the files of a bundle.
const (
	FileModel     = "model"
	FileTokenizer = "tokenizer"
	FileGolden    = "golden"
)

// maxDims bounds a vector's length; a manifest that asks for more is damaged or hostile.
const maxDims = 8192

// ErrManifest is wrapped by errors about a manifest that is missing, malformed or contradicts itself.
var ErrManifest = errors.New("invalid model manifest")

// Manifest describes a bundle: manifest.json.
type Manifest struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Task says what the model does; only TaskEmbed exists yet.
	Task string `json:"task"`
	// Runtime says what runs it; only RuntimeONNX exists yet.
	Runtime string `json:"runtime"`
	// Dims is the length of a vector.
	Dims int `json:"dims"`
	// MaxTokens is where texts are cut, special tokens included.
	MaxTokens Lengths `json:"max_tokens"`
	// Pooling is a note for people.
	Pooling string `json:"pooling"`
	// Prefixes are put before a text of each kind.
	Prefixes Prefixes `json:"prefixes"`
	// Languages are BCP 47 tags that the model was trained for.
	Languages []string `json:"languages"`
	// License is an SPDX expression for the weights.
	License string `json:"license"`
	// Graph names the inputs and the output of the ONNX graph.
	Graph Graph `json:"graph"`
	// Files maps roles (FileModel …) to files.
	Files map[string]File `json:"files"`
	// Fingerprint names the vector space: vectors compare only with vectors of the same fingerprint.
	Fingerprint string `json:"fingerprint"`
}

// Lengths are limits in tokens.
type Lengths struct {
	Question int `json:"question"`
	Passage  int `json:"passage"`
}

// Prefixes are texts that some encoders want before their input.
type Prefixes struct {
	Question string `json:"question"`
	Passage  string `json:"passage"`
}

// Graph names what an encoder's graph takes (int64, [batch, seq] each) and gives (float32, [batch, dims]).
type Graph struct {
	IDs    string `json:"ids"`
	Mask   string `json:"mask"`
	Output string `json:"output"`
}

// File is one file of a bundle.
type File struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	// Size is in bytes.
	Size int64 `json:"size"`
}

// parseManifest reads and checks manifest.json.
func parseManifest(data []byte) (Manifest, error) {
	var m Manifest
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	bad := func(field, why string) (Manifest, error) {
		return Manifest{}, fmt.Errorf("%w: %s %s", ErrManifest, field, why)
	}
	switch {
	case m.Name == "":
		return bad("name", "is empty")
	case m.Version == "":
		return bad("version", "is empty")
	case m.Task != TaskEmbed:
		return bad("task", fmt.Sprintf("is %q; this version knows %q", m.Task, TaskEmbed))
	case m.Runtime != RuntimeONNX:
		return bad("runtime", fmt.Sprintf("is %q; this version knows %q", m.Runtime, RuntimeONNX))
	case m.Dims < 1 || m.Dims > maxDims:
		return bad("dims", fmt.Sprintf("is %d; it must be 1 to %d", m.Dims, maxDims))
	case m.MaxTokens.Question < 2 || m.MaxTokens.Passage < 2:
		return bad("max_tokens", "must be at least 2 for question and passage")
	case m.Graph.IDs == "" || m.Graph.Mask == "" || m.Graph.Output == "":
		return bad("graph", "must name ids, mask and output")
	}
	for _, role := range []string{FileModel, FileTokenizer, FileGolden} {
		f, ok := m.Files[role]
		if !ok {
			return bad("files."+role, "is missing")
		}
		if !fs.ValidPath(f.Path) {
			return bad("files."+role+".path", fmt.Sprintf("%q leaves the bundle", f.Path))
		}
	}
	if want := m.fingerprint(); m.Fingerprint != want {
		return bad("fingerprint", fmt.Sprintf("is %q, but its contents give %q", m.Fingerprint, want))
	}
	return m, nil
}

// fingerprint hashes everything that changes a vector. training/export.py computes the same.
func (m *Manifest) fingerprint() string {
	quote := func(s string) string { // as Python's json.dumps does for the prefixes in use
		b, err := json.Marshal(s)
		if err != nil {
			return ""
		}
		return string(b)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{
		"frontdesk-model-1", m.Name, m.Version, m.Task, strconv.Itoa(m.Dims),
		strconv.Itoa(m.MaxTokens.Question), strconv.Itoa(m.MaxTokens.Passage),
		quote(m.Prefixes.Question), quote(m.Prefixes.Passage),
		m.Files[FileTokenizer].SHA256, m.Files[FileModel].SHA256,
	}, "\n")))
	return hex.EncodeToString(sum[:])[:32]
}
