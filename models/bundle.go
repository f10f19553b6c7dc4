package models

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
)

// ErrCorrupt is wrapped by Load's error when a file is not the one that the manifest describes.
var ErrCorrupt = errors.New("model file differs from its manifest")

// ErrMissing is wrapped by Load's error when a file that the manifest names is not there.
var ErrMissing = errors.New("model file is missing")

// Bundle is a verified model: every byte in it has the sha256 that its manifest names.
type Bundle struct {
	Manifest Manifest
	// Model is the graph, in the format of Manifest.Runtime.
	Model []byte
	// Tokenizer is a tokenizer.json.
	Tokenizer []byte
	// Golden says what the training side computed; a runtime that disagrees must not serve.
	Golden []Golden
}

// Golden is one text with the ids and the vector that training computed for it as a question, without prefix.
type Golden struct {
	Text   string
	IDs    []int32
	Vector []float32 // L2-normalised; stored as fp16, so equal to about 1e-7 in cosine
}

// Load reads the bundle at the root of fsys and verifies it. Errors wrap ErrManifest, ErrMissing or ErrCorrupt.
func Load(fsys fs.FS) (Bundle, error) {
	data, err := fs.ReadFile(fsys, "manifest.json")
	if err != nil {
		return Bundle{}, fmt.Errorf("%w: read manifest.json: %w", ErrManifest, err)
	}
	m, err := parseManifest(data)
	if err != nil {
		return Bundle{}, err
	}
	b := Bundle{Manifest: m}
	var golden []byte
	for _, f := range []struct {
		role string
		to   *[]byte
	}{{FileModel, &b.Model}, {FileTokenizer, &b.Tokenizer}, {FileGolden, &golden}} {
		if *f.to, err = verified(fsys, m, f.role); err != nil {
			return Bundle{}, err
		}
	}
	if b.Golden, err = parseGolden(golden, m.Dims); err != nil {
		return Bundle{}, fmt.Errorf("%w: %s: %w", ErrCorrupt, m.Files[FileGolden].Path, err)
	}
	return b, nil
}

// verified reads one file of the bundle and compares it with the manifest.
func verified(fsys fs.FS, m Manifest, role string) ([]byte, error) {
	f := m.Files[role]
	const mend = "restore the model folder from the release, or fetch the model again"
	data, err := fs.ReadFile(fsys, f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: model %s: %s; %s", ErrMissing, m.Name, f.Path, mend)
	}
	if err != nil {
		return nil, fmt.Errorf("read model file %s: %w", f.Path, err)
	}
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); got != f.SHA256 || int64(len(data)) != f.Size {
		return nil, fmt.Errorf("%w: model %s: %s has sha256 %s (%d bytes), want %s (%d bytes); %s",
			ErrCorrupt, m.Name, f.Path, got, len(data), f.SHA256, f.Size, mend)
	}
	return data, nil
}

// parseGolden reads JSON lines of text, ids and a vector of little-endian fp16 in base64.
func parseGolden(data []byte, dims int) ([]Golden, error) {
	var all []Golden
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var row struct {
			Text   string  `json:"text"`
			IDs    []int32 `json:"ids"`
			Vector string  `json:"vector"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		raw, err := base64.StdEncoding.DecodeString(row.Vector)
		if err != nil {
			return nil, fmt.Errorf("line %d: vector: %w", n, err)
		}
		if len(raw) != 2*dims {
			return nil, fmt.Errorf("line %d: vector has %d bytes, want %d", n, len(raw), 2*dims)
		}
		v := make([]float32, dims)
		for i := range v {
			v[i] = half(uint16(raw[2*i]) | uint16(raw[2*i+1])<<8)
		}
		all = append(all, Golden{Text: row.Text, IDs: row.IDs, Vector: v})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	if len(all) == 0 {
		return nil, errors.New("no golden lines")
	}
	return all, nil
}

// half converts an IEEE 754 binary16.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&0x1F, uint32(h)&0x3FF
	switch exp {
	case 0: // zero or subnormal: frac × 2⁻²⁴
		v := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0xFF<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
