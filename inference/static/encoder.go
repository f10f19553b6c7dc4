// Package static is an encoder in pure Go: a text's vector is the weighted mean of its tokens' rows in a table.
//
// It reads the table from a safetensors file that it does not trust, and tokenises and embeds a short question in about a
// microsecond, without cgo, locks or allocations. Everything is immutable after loading and safe for concurrent use. The
// package starts no goroutine, queues nothing and never reads files itself; which texts are worth a vector, how many may
// come at once and what a vector means is the business of package inference.
package static

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"unicode/utf8"

	"frontdesk/inference/tokenizer"
)

// Errors about texts.
var (
	// ErrEmptyText says that no token of the text has a vector: it is empty, or of white space and invisible characters.
	ErrEmptyText = errors.New("text has no token with a vector")
	// ErrInvalidText says that the text is not UTF-8.
	ErrInvalidText = errors.New("text is not valid UTF-8")
	// ErrNotFinite says that the sum of the rows left float32's range.
	ErrNotFinite = errors.New("vector is not finite")
)

// Options say what EncodeInto makes of a mean.
type Options struct {
	// Dims cuts vectors to their first values. Defaults to the table's width.
	Dims int
	// Normalize brings them to length 1, after the cut.
	Normalize bool
}

// Encoder turns texts into vectors. Make one with New.
type Encoder struct {
	table   *Table
	tok     *tokenizer.Tokenizer
	options Options
	buffers sync.Pool // of *buffer
}

// buffer is what one call needs beside its result.
type buffer struct {
	ids []int32
	row []float32
}

// keepIDs is the largest buffer of ids that is kept: a rare long text must not pin memory.
const keepIDs = 4096

// New puts an encoder together. Errors wrap ErrModel.
func New(table *Table, tok *tokenizer.Tokenizer, o Options) (*Encoder, error) {
	if n := tok.VocabSize(); n > table.vocab {
		return nil, fmt.Errorf("%w: the tokenizer has %d ids, the table only %d rows", ErrModel, n, table.vocab)
	}
	if o.Dims == 0 {
		o.Dims = table.width
	}
	if o.Dims < 0 || o.Dims > table.width {
		return nil, fmt.Errorf("%w: %d values were asked for, the table's rows have %d", ErrModel, o.Dims, table.width)
	}
	return &Encoder{table: table, tok: tok, options: o}, nil
}

// Dims returns the length of a vector.
func (e *Encoder) Dims() int { return e.options.Dims }

// Table returns the table.
func (e *Encoder) Table() *Table { return e.table }

// EncodeInto tokenises text, cut to limit tokens (≤ 0 = all), writes its vector to dst[:Dims] and returns the number of
// tokens, special ones included. It allocates nothing once its buffers have grown.
//
// Errors wrap ErrEmptyText, ErrInvalidText or ErrNotFinite, or say that dst is too short; dst is then as it was.
func (e *Encoder) EncodeInto(dst []float32, text string, limit int) (tokens int, err error) {
	if len(dst) < e.options.Dims {
		return 0, fmt.Errorf("encode: room for %d values, %d are needed", len(dst), e.options.Dims)
	}
	if !utf8.ValidString(text) {
		return 0, ErrInvalidText
	}
	b, ok := e.buffers.Get().(*buffer)
	if !ok {
		b = &buffer{row: make([]float32, 0, e.table.width)}
	}
	defer e.keep(b)
	b.ids = e.tok.AppendIDs(b.ids[:0], text, limit)
	if len(b.ids) <= e.tok.Specials() {
		return 0, ErrEmptyText
	}
	b.row, err = e.table.AppendEmbedding(b.row[:0], b.ids)
	if err != nil {
		return 0, fmt.Errorf("encode: %w", err)
	}
	row := b.row[:e.options.Dims]
	scale := float32(1)
	if e.options.Normalize {
		sum := squares(row)
		if sum == 0 {
			return 0, ErrEmptyText
		}
		if math.IsInf(sum, 0) || math.IsNaN(sum) {
			return 0, ErrNotFinite
		}
		scale = float32(1 / math.Sqrt(sum))
	}
	dst = dst[:len(row)]
	for i, v := range row {
		dst[i] = v * scale
	}
	return len(b.ids), nil
}

func (e *Encoder) keep(b *buffer) {
	if cap(b.ids) <= keepIDs {
		e.buffers.Put(b)
	}
}

// squares returns |v|².
func squares(v []float32) float64 {
	var a, b, c, d float32 // four sums do not wait for each other
	rest := v
	for ; len(rest) >= 4; rest = rest[4:] {
		a += rest[0] * rest[0]
		b += rest[1] * rest[1]
		c += rest[2] * rest[2]
		d += rest[3] * rest[3]
	}
	sum := float64(a) + float64(b) + float64(c) + float64(d)
	for _, x := range rest {
		sum += float64(x) * float64(x)
	}
	if sum > 1e-30 && sum < 1e30 {
		return sum
	}
	sum = 0 // the squares may have left float32's range where the values have not
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return sum
}
