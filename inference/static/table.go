package static

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"frontdesk/models"
)

// Bounds of a table; a file that asks for more is damaged or hostile.
const (
	maxRows  = 1 << 24
	maxWidth = 8192
)

// ErrID says that a token id has no row in the table.
var ErrID = errors.New("token id is outside the table")

// Table holds a vector a token. It is immutable and safe for concurrent use.
//
// Rows of int8 stay int8 (a quarter of the memory, so more of them in the processor's caches: measured 0.85 µs a question
// of ten tokens × 256, against 1.2 µs for float32 rows); all others become float32 with their weight multiplied in.
type Table struct {
	vocab, width int
	quantised    []uint64  // rows of value + 128, eight a word, padded to whole words; nil = floats are used
	factors      []float32 // scale × weight of a quantised row, none negative
	floats       []float32
}

// ReadTable takes the tensors that names names out of a safetensors file. It keeps no reference to file. Errors wrap
// ErrModel and name the tensor.
func ReadTable(file []byte, names models.Table) (*Table, error) {
	tensors, err := readTensors(file)
	if err != nil {
		return nil, err
	}
	rows, ok := tensors[names.Rows]
	if !ok {
		return nil, fmt.Errorf("%w: tensor %q (table.rows) is not in the file", ErrModel, names.Rows)
	}
	if len(rows.shape) != 2 || rows.shape[0] < 1 || rows.shape[1] < 1 || rows.shape[0] > maxRows || rows.shape[1] > maxWidth {
		return nil, fmt.Errorf("%w: tensor %q has the shape %v; want [vocabulary, width], at most [%d, %d]",
			ErrModel, names.Rows, rows.shape, maxRows, maxWidth)
	}
	t := &Table{vocab: rows.shape[0], width: rows.shape[1]}
	factors := make([]float32, t.vocab)
	for i := range factors {
		factors[i] = 1
	}
	if (rows.kind == "I8") != (names.Scales != "") {
		return nil, fmt.Errorf("%w: tensor %q is %s; table.scales must be named for I8 and only then", ErrModel, names.Rows, rows.kind)
	}
	for _, name := range []string{names.Scales, names.Weights} {
		if name == "" {
			continue
		}
		if err := multiply(factors, tensors, name); err != nil {
			return nil, err
		}
	}
	if rows.kind == "I8" && !anyNegative(factors) {
		t.factors, t.quantised = factors, quantised(rows.data, t.width)
		return t, nil
	}
	if t.floats, err = floats(rows); err != nil {
		return nil, fmt.Errorf("%w: tensor %q: %w", ErrModel, names.Rows, err)
	}
	for i, f := range factors {
		row := t.floats[i*t.width:][:t.width]
		for d := range row {
			if row[d] *= f; !finite(row[d]) {
				return nil, fmt.Errorf("%w: tensor %q: row %d is too large for its weight", ErrModel, names.Rows, i)
			}
		}
	}
	return t, nil
}

// multiply multiplies each factor with the value of the named tensor.
func multiply(factors []float32, tensors map[string]tensor, name string) error {
	x, ok := tensors[name]
	if !ok {
		return fmt.Errorf("%w: tensor %q is not in the file", ErrModel, name)
	}
	if len(x.shape) == 2 && x.shape[1] == 1 {
		x.shape = x.shape[:1] // [vocabulary, 1] is written too
	}
	if len(x.shape) != 1 || x.shape[0] != len(factors) {
		return fmt.Errorf("%w: tensor %q has the shape %v, want [%d]", ErrModel, name, x.shape, len(factors))
	}
	values, err := floats(x)
	if err != nil {
		return fmt.Errorf("%w: tensor %q: %w", ErrModel, name, err)
	}
	for i, v := range values {
		factors[i] *= v
		if !finite(factors[i]) {
			return fmt.Errorf("%w: tensor %q: value %d is too large", ErrModel, name, i)
		}
	}
	return nil
}

func anyNegative(values []float32) bool {
	for _, v := range values {
		if v < 0 {
			return true
		}
	}
	return false
}

// quantised copies rows of int8, each padded to whole words of eight values with 128 added.
func quantised(data []byte, width int) []uint64 {
	perRow := (width + 7) / 8
	words := make([]uint64, 0, len(data)/width*perRow)
	for ; len(data) > 0; data = data[width:] {
		row := data[:width]
		for ; len(row) >= 8; row = row[8:] {
			words = append(words, binary.LittleEndian.Uint64(row)^0x8080808080808080)
		}
		if len(row) > 0 {
			var last [8]byte
			copy(last[:], row)
			words = append(words, binary.LittleEndian.Uint64(last[:])^0x8080808080808080)
		}
	}
	return words
}

// floats converts a tensor's values; NaN and infinities are errors.
func floats(t tensor) ([]float32, error) {
	var out []float32
	switch t.kind {
	case "F32":
		out = make([]float32, len(t.data)/4)
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.data[4*i:]))
		}
	case "F16":
		out = make([]float32, len(t.data)/2)
		for i := range out {
			out[i] = models.FromHalf(binary.LittleEndian.Uint16(t.data[2*i:]))
		}
	case "BF16": // the upper half of a float32
		out = make([]float32, len(t.data)/2)
		for i := range out {
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(t.data[2*i:])) << 16)
		}
	case "I8":
		out = make([]float32, len(t.data))
		for i, b := range t.data {
			out[i] = float32(int8(b))
		}
	default:
		return nil, fmt.Errorf("dtype %s is not supported; F32, F16, BF16 and I8 are", t.kind)
	}
	for i, v := range out {
		if !finite(v) {
			return nil, fmt.Errorf("value %d is %v", i, v)
		}
	}
	return out, nil
}

func finite(v float32) bool { return math.Float32bits(v)&0x7F800000 != 0x7F800000 }

// Vocab returns the number of rows: ids are 0 to Vocab-1.
func (t *Table) Vocab() int { return t.vocab }

// Width returns the length of a row.
func (t *Table) Width() int { return t.width }
