package static

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// ErrModel is wrapped by errors about a file or table that cannot be used; the message names the part.
var ErrModel = errors.New("unusable token table")

// maxHeaderBytes bounds the header. The reference implementation allows 100 MB; a static encoder names a few tensors.
const maxHeaderBytes = 1 << 20

// tensor is one tensor of a file: the bytes are the file's own.
type tensor struct {
	kind  string
	shape []int
	data  []byte
}

// readTensors parses a safetensors file: 8 bytes of length, a JSON header, and the tensors' bytes. As the format asks,
// tensors must cover the bytes after the header exactly once, and each must have the size that its shape gives.
func readTensors(file []byte) (map[string]tensor, error) {
	if len(file) < 8 {
		return nil, fmt.Errorf("%w: %d bytes are no safetensors file", ErrModel, len(file))
	}
	n := binary.LittleEndian.Uint64(file)
	body := file[8:]
	if n > maxHeaderBytes || n > uint64(len(body)) {
		return nil, fmt.Errorf("%w: header of %d bytes in a file of %d; at most %d are allowed", ErrModel, n, len(file), maxHeaderBytes)
	}
	head, body := body[:n], body[n:]
	entries, err := readHeader(head)
	if err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrModel, err)
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return slices.Compare(a.Offsets, b.Offsets)
	})
	found := make(map[string]tensor, len(entries))
	var end uint64
	for _, e := range entries {
		from, to := e.Offsets[0], e.Offsets[1]
		if from != end || to < from || to > uint64(len(body)) {
			return nil, fmt.Errorf("%w: tensor %q lies at %d to %d, but %d of %d bytes are taken before it",
				ErrModel, e.name, from, to, end, len(body))
		}
		end = to
		size, err := e.bytes()
		if err != nil {
			return nil, err
		}
		if size != to-from {
			return nil, fmt.Errorf("%w: tensor %q, %s %v, needs %d bytes and has %d", ErrModel, e.name, e.Kind, e.Shape, size, to-from)
		}
		t := tensor{kind: e.Kind, data: body[from:to]}
		for _, d := range e.Shape {
			t.shape = append(t.shape, int(d)) // no more than the file's length: see bytes
		}
		found[e.name] = t
	}
	if end != uint64(len(body)) {
		return nil, fmt.Errorf("%w: %d bytes belong to no tensor", ErrModel, uint64(len(body))-end)
	}
	return found, nil
}

// entry is a tensor as the header describes it.
type entry struct {
	name    string
	Kind    string   `json:"dtype"`
	Shape   []uint64 `json:"shape"`
	Offsets []uint64 `json:"data_offsets"` // begin and end, after the header
}

// readHeader reads the JSON object of the header. A name that comes twice is an error: readers would disagree on it.
func readHeader(head []byte) ([]entry, error) {
	if !utf8.Valid(head) {
		return nil, errors.New("is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(head))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("is no JSON object")
	}
	var entries []entry
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("read name: %w", err)
		}
		name, _ := key.(string)
		if seen[name] {
			return nil, fmt.Errorf("tensor %q comes twice", name)
		}
		seen[name] = true
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		if name == "__metadata__" {
			continue
		}
		e := entry{name: name}
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		if len(e.Offsets) != 2 {
			return nil, fmt.Errorf("tensor %q: data_offsets has %d values, want 2", name, len(e.Offsets))
		}
		entries = append(entries, e)
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("read end: %w", err)
	}
	rest := head[dec.InputOffset():]
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("something follows the JSON object")
	}
	return entries, nil
}

// bytes returns the size that dtype and shape give.
func (e *entry) bytes() (uint64, error) {
	size := map[string]uint64{
		"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
		"I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
	}[e.Kind]
	if size == 0 {
		return 0, fmt.Errorf("%w: tensor %q has the unknown dtype %q", ErrModel, e.name, e.Kind)
	}
	if len(e.Shape) > 8 {
		return 0, fmt.Errorf("%w: tensor %q has %d dimensions", ErrModel, e.name, len(e.Shape))
	}
	for _, d := range e.Shape {
		over, low := bits.Mul64(size, d)
		if over != 0 || d > 1<<40 {
			return 0, fmt.Errorf("%w: tensor %q is too large: %v", ErrModel, e.name, e.Shape)
		}
		size = low
	}
	return size, nil
}
