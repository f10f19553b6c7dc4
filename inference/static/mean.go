package static

import (
	"fmt"
	"slices"
)

// block is how many tokens are added up at once in integers: 256 × 255 × 65,535 fits 32 bits.
const block = 256

// AppendEmbedding appends the mean of the weighted rows of ids to dst, Width values, not normalised, and returns the
// extended slice. No ids give zeros. It allocates nothing when dst has room.
//
// The weights are multiplied, not divided by their sum: mean(weightᵢ × rowᵢ), as Model2Vec does. An id outside the table
// is an error that wraps ErrID, and dst is returned as it was.
func (t *Table) AppendEmbedding(dst []float32, ids []int32) ([]float32, error) {
	for _, id := range ids {
		if id < 0 || int(id) >= t.vocab {
			return dst, fmt.Errorf("%w: %d; it has %d rows", ErrID, id, t.vocab)
		}
	}
	n := len(dst)
	dst = slices.Grow(dst, t.width)[:n+t.width]
	out := dst[n:]
	clear(out)
	share := 1 / float32(max(len(ids), 1))
	for ; len(ids) > block; ids = ids[block:] {
		t.add(out, ids[:block], share)
	}
	t.add(out, ids, share)
	return dst, nil
}

// add adds share × the rows of at most block ids to out.
func (t *Table) add(out []float32, ids []int32, share float32) {
	if t.quantised != nil {
		t.addQuantised(out, ids, share)
		return
	}
	t.addFloats(out, ids, share)
}

// addFloats takes four rows at a time, which saves three of four stores.
func (t *Table) addFloats(out []float32, ids []int32, share float32) {
	row := func(id int32) []float32 { return t.floats[int(id)*t.width:][:len(out)] }
	for ; len(ids) >= 4; ids = ids[4:] {
		a, b, c, d := row(ids[0]), row(ids[1]), row(ids[2]), row(ids[3])
		for i := range out {
			out[i] += ((a[i] + b[i]) + (c[i] + d[i])) * share
		}
	}
	for _, id := range ids {
		for i, v := range row(id) {
			out[i] += v * share
		}
	}
}

// term is a row of the text: where its words begin, and its weight as a 16-bit integer.
type term struct {
	at     int
	weight uint64
}

// lanes selects two of the eight bytes of a word, 32 bits apart.
const lanes = 0x000000FF000000FF

// addQuantised adds rows of int8 in integers, two products a multiplication: each 64-bit word holds two lanes of 32 bits.
// Weights are rounded to 1/65,535 of the text's largest, an error far below that of int8; the sum is exact and does not
// depend on the order of the tokens. The values carry 128 too much, so that lanes never borrow; bias takes it back.
func (t *Table) addQuantised(out []float32, ids []int32, share float32) {
	var largest float32
	for _, id := range ids {
		largest = max(largest, t.factors[id])
	}
	if largest == 0 {
		return
	}
	perRow := (t.width + 7) / 8
	var buffer [block]term
	terms := buffer[:0]
	fine := 65535 / largest
	var total uint64
	for _, id := range ids {
		w := uint64(t.factors[id]*fine + 0.5)
		total += w
		terms = append(terms, term{at: int(id) * perRow, weight: w})
	}
	bias, unit := int64(128*total), share/fine
	words := t.quantised
	for w := range perRow {
		var a, b, c, d uint64
		for _, t := range terms {
			x := words[t.at+w]
			a += (x & lanes) * t.weight
			b += (x >> 8 & lanes) * t.weight
			c += (x >> 16 & lanes) * t.weight
			d += (x >> 24 & lanes) * t.weight
		}
		if len(out) < 8 { // the last word of a width that is no multiple of eight
			for i := range out {
				lane := [4]uint64{a, b, c, d}[i%4] >> (i / 4 * 32)
				out[i] += float32(int64(lane&0xFFFFFFFF)-bias) * unit
			}
			return
		}
		o := out[:8]
		o[0] += float32(int64(a&0xFFFFFFFF)-bias) * unit
		o[1] += float32(int64(b&0xFFFFFFFF)-bias) * unit
		o[2] += float32(int64(c&0xFFFFFFFF)-bias) * unit
		o[3] += float32(int64(d&0xFFFFFFFF)-bias) * unit
		o[4] += float32(int64(a>>32)-bias) * unit
		o[5] += float32(int64(b>>32)-bias) * unit
		o[6] += float32(int64(c>>32)-bias) * unit
		o[7] += float32(int64(d>>32)-bias) * unit
		out = out[8:]
	}
}
