package models

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// ErrCorrupt is wrapped by Load's error when a file is not the one that the manifest describes.
var ErrCorrupt = errors.New("model file differs from its manifest")

// ErrMissing is wrapped by Load's error when a file that the manifest names is not there.
var ErrMissing = errors.New("model file is missing")

// Bundle is a verified model: every byte in it has the sha256 that its manifest names.
type Bundle struct {
	Manifest Manifest
	// Model is the graph or table, in the format of Manifest.Runtime. Nil when ModelPath is set.
	Model []byte
	// ModelPath is the absolute path of the graph of a bundle on disk, which the runtime maps or reads by itself.
	ModelPath string
	// Tokenizer is a tokenizer.json.
	Tokenizer []byte
	// Golden says what the training side computed; a runtime that disagrees must not serve.
	Golden []Golden
}

// Golden is one text with the ids and the vector that training computed for it as a question, without prefix; or, for
// models that score, a text or pair with its ids and raw scores.
type Golden struct {
	Text string
	// Pair is the second text. Empty = none.
	Pair string
	IDs  []int32
	// Vector is L2-normalised; stored as fp16, so equal to about 1e-7 in cosine. TaskEmbed only.
	Vector []float32
	// Scores are the graph's, before the activation. TaskRerank and TaskClassify only.
	Scores []float32
}

// Load reads the bundle at the root of fsys, all of it into memory, and verifies it. Errors wrap ErrManifest, ErrMissing
// or ErrCorrupt.
func Load(fsys fs.FS) (Bundle, error) {
	b, err := open(fsys)
	if err != nil {
		return Bundle{}, err
	}
	if b.Model, err = verified(fsys, b.Manifest, FileModel); err != nil {
		return Bundle{}, err
	}
	return b, nil
}

// LoadDir reads the bundle in a folder and verifies it. A graph is hashed but not kept in memory: ModelPath names it.
// No file may lie outside the folder, not through a link either. Errors are those of Load.
func LoadDir(dir string) (Bundle, error) { return loadDir(context.Background(), dir) }

func loadDir(ctx context.Context, dir string) (Bundle, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Bundle{}, fmt.Errorf("open model folder: %w", err)
	}
	root, err := os.OpenRoot(dir) // refuses what leads out of the folder
	if err != nil {
		return Bundle{}, fmt.Errorf("%w: open model folder: %w", ErrMissing, err)
	}
	defer root.Close()
	b, err := open(root.FS())
	if err != nil {
		return Bundle{}, err
	}
	m := b.Manifest
	if m.Runtime != RuntimeONNX {
		b.Model, err = verified(root.FS(), m, FileModel)
		return b, err
	}
	for role := range m.Files {
		if role == FileModel || strings.HasPrefix(role, FileData+"/") {
			if err := rehash(ctx, root.FS(), m, m.Files[role], func(int64) {}); err != nil {
				return Bundle{}, err
			}
		}
	}
	if err := declared(root.FS(), m); err != nil {
		return Bundle{}, err
	}
	b.ModelPath = filepath.Join(dir, filepath.FromSlash(m.Files[FileModel].Path))
	return b, nil
}

// open reads everything but the model file.
func open(fsys fs.FS) (Bundle, error) {
	data, err := fs.ReadFile(fsys, "manifest.json")
	if err != nil {
		return Bundle{}, fmt.Errorf("%w: read manifest.json: %w", ErrManifest, err)
	}
	m, err := parseManifest(data)
	if err != nil {
		return Bundle{}, err
	}
	b := Bundle{Manifest: m}
	if b.Tokenizer, err = verified(fsys, m, FileTokenizer); err != nil {
		return Bundle{}, err
	}
	golden, err := verified(fsys, m, FileGolden)
	if err != nil {
		return Bundle{}, err
	}
	if b.Golden, err = parseGolden(golden, m); err != nil {
		return Bundle{}, fmt.Errorf("%w: %s: %w", ErrCorrupt, m.Files[FileGolden].Path, err)
	}
	return b, nil
}

// mend is what a damaged bundle's error advises.
const mend = "restore the model folder from the release, or fetch the model again"

// verified reads one file of the bundle and compares it with the manifest.
func verified(fsys fs.FS, m Manifest, role string) ([]byte, error) {
	f := m.Files[role]
	if err := regular(fsys, m, f); err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(fsys, f.Path)
	if err != nil {
		return nil, unreadable(err, m, f)
	}
	return data, compare(m, f, sha256.Sum256(data), int64(len(data)))
}

// regular looks at a file before it is opened: a pipe would never end, and one of another size need not be read.
func regular(fsys fs.FS, m Manifest, f File) error {
	info, err := fs.Stat(fsys, f.Path)
	if err != nil {
		return unreadable(err, m, f)
	}
	if !info.Mode().IsRegular() || info.Size() != f.Size {
		return fmt.Errorf("%w: model %s: %s is no file or has %d bytes, want %d; %s", ErrCorrupt, m.Name, f.Path, info.Size(), f.Size, mend)
	}
	return nil
}

func unreadable(err error, m Manifest, f File) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: model %s: %s; %s", ErrMissing, m.Name, f.Path, mend)
	}
	return fmt.Errorf("read model file %s: %w", f.Path, err)
}

func compare(m Manifest, f File, sum [sha256.Size]byte, size int64) error {
	if got := hex.EncodeToString(sum[:]); got != f.SHA256 || size != f.Size {
		return fmt.Errorf("%w: model %s: %s has sha256 %s (%d bytes), want %s (%d bytes); %s",
			ErrCorrupt, m.Name, f.Path, got, size, f.SHA256, f.Size, mend)
	}
	return nil
}

// parseGolden reads JSON lines of text, pair, ids and either a vector of little-endian fp16 in base64 or scores.
func parseGolden(data []byte, m Manifest) ([]Golden, error) {
	var all []Golden
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var row struct {
			Text   string    `json:"text"`
			Pair   string    `json:"pair"`
			IDs    []int32   `json:"ids"`
			Vector string    `json:"vector"`
			Scores []float32 `json:"scores"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		g := Golden{Text: row.Text, Pair: row.Pair, IDs: row.IDs, Scores: row.Scores}
		if m.Task == TaskEmbed {
			v, err := halves(row.Vector, m.Dims)
			if err != nil {
				return nil, fmt.Errorf("line %d: vector %w", n, err)
			}
			g.Vector = v
		} else if want := m.Outputs(); len(g.Scores) != want {
			return nil, fmt.Errorf("line %d: %d scores, want %d", n, len(g.Scores), want)
		}
		all = append(all, g)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	if len(all) == 0 {
		return nil, errors.New("no golden lines")
	}
	return all, nil
}

// MarshalGolden is what parseGolden reads.
func MarshalGolden(all []Golden) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, g := range all {
		row := struct {
			Text   string    `json:"text"`
			Pair   string    `json:"pair,omitempty"`
			IDs    []int32   `json:"ids"`
			Vector string    `json:"vector,omitempty"`
			Scores []float32 `json:"scores,omitempty"`
		}{Text: g.Text, Pair: g.Pair, IDs: g.IDs, Scores: g.Scores}
		if len(g.Vector) > 0 {
			raw := make([]byte, 0, 2*len(g.Vector))
			for _, x := range g.Vector {
				raw = binary.LittleEndian.AppendUint16(raw, ToHalf(x))
			}
			row.Vector = base64.StdEncoding.EncodeToString(raw)
		}
		if err := enc.Encode(row); err != nil {
			return nil, fmt.Errorf("write golden line: %w", err)
		}
	}
	return out.Bytes(), nil
}

// halves decodes dims values of little-endian fp16 in base64.
func halves(text string, dims int) ([]float32, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("is no base64: %w", err)
	}
	if len(raw) != 2*dims {
		return nil, fmt.Errorf("has %d bytes, want %d", len(raw), 2*dims)
	}
	v := make([]float32, dims)
	for i := range v {
		v[i] = FromHalf(binary.LittleEndian.Uint16(raw[2*i:]))
	}
	return v, nil
}

// FromHalf converts an IEEE 754 binary16; every value has a float32.
func FromHalf(h uint16) float32 {
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

// ToHalf rounds to the nearest IEEE 754 binary16, ties to even; what is beyond 65,504 becomes an infinity.
func ToHalf(f float32) uint16 {
	b := math.Float32bits(f)
	sign, abs := uint16(b>>16)&0x8000, b&0x7FFF_FFFF
	switch {
	case abs > 0x7F80_0000:
		return sign | 0x7E00 // NaN
	case abs >= 0x477F_F000: // rounds to 65,536 or more
		return sign | 0x7C00
	case abs < 0x3880_0000: // below 2⁻¹⁴: a multiple of 2⁻²⁴
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(abs))*(1<<24)))
	}
	abs += 0xFFF + abs>>13&1
	return sign | uint16(abs>>13-112<<10)
}
