package tokenizer

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// wholeCluster is below how many bytes a grapheme cluster is looked up as a whole (Hugging Face's precompiled.rs).
const wholeCluster = 6

// charsmap is SentencePiece's precompiled normalisation: a double-array trie (darts-clone) from texts to their
// replacements.
//
// As Hugging Face does it, a grapheme cluster of less than six bytes is looked up first, then each of its characters;
// and a look-up takes the shortest entry that the text begins with, and replaces all of the text by it, whatever
// follows. That is odd, but ids depend on it.
type charsmap struct {
	units        []uint32
	replacements []byte // each ends with NUL
	// plain[r] says that no entry begins with an ASCII character.
	plain [utf8.RuneSelf]bool
}

// newCharsmap reads precompiled_charsmap: the trie's size in bytes, the trie and the replacements, in base64. Errors
// wrap ErrInvalid.
func newCharsmap(encoded string) (*charsmap, error) {
	bad := func(why string) (*charsmap, error) {
		return nil, fmt.Errorf("%w: normalizer Precompiled: precompiled_charsmap %s", ErrInvalid, why)
	}
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return bad("is no base64")
	}
	if len(data) < 4 {
		return bad("is too short")
	}
	size := binary.LittleEndian.Uint32(data)
	data = data[4:]
	if size%4 != 0 || size == 0 || uint64(size) > uint64(len(data)) {
		return bad("has a trie of impossible size")
	}
	c := &charsmap{units: make([]uint32, size/4), replacements: data[size:]}
	for i := range c.units {
		c.units[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	if !utf8.Valid(c.replacements) {
		return bad("has replacements that are no UTF-8")
	}
	for b := range c.plain {
		state, ok := c.enter(unitOffset(c.units[0]), byte(b))
		c.plain[b] = !ok || state == 0 && b != 0
	}
	return c, nil
}

// A unit of the trie: label in the lowest byte, a leaf's flag in bit 8, the offset to its children above; or a leaf's
// value in 31 bits (darts-clone, Susumu Yata).

func unitOffset(unit uint32) uint32 { return (unit >> 10) << ((unit & (1 << 9)) >> 6) }
func unitLabel(unit uint32) uint32  { return unit & (1<<31 | 0xFF) }
func unitIsLeaf(unit uint32) bool   { return unit>>8&1 == 1 }
func unitValue(unit uint32) uint32  { return unit & (1<<31 - 1) }

// enter goes from the children at base to the one over byte b.
func (c *charsmap) enter(base uint32, b byte) (at uint32, ok bool) {
	at = base ^ uint32(b)
	if b == 0 || uint64(at) >= uint64(len(c.units)) || unitLabel(c.units[at]) != uint32(b) {
		return 0, false
	}
	return at, true
}

// lookup returns what replaces text: the replacement of the shortest entry that it begins with.
func (c *charsmap) lookup(text []byte) (replacement []byte, ok bool) {
	base := unitOffset(c.units[0])
	for _, b := range text {
		at, ok := c.enter(base, b)
		if !ok {
			return nil, false
		}
		unit := c.units[at]
		base = at ^ unitOffset(unit)
		if !unitIsLeaf(unit) {
			continue
		}
		if uint64(base) >= uint64(len(c.units)) {
			return nil, false
		}
		from := int(unitValue(c.units[base]))
		if from > len(c.replacements) {
			return nil, false
		}
		to := from
		for to < len(c.replacements) && c.replacements[to] != 0 {
			to++
		}
		return c.replacements[from:to], true
	}
	return nil, false
}

// normalize appends src, which is UTF-8, with everything replaced.
func (c *charsmap) normalize(dst, src []byte) []byte {
	c.each(src, func(from, to int, replacement []byte, replaced bool) {
		if replaced {
			dst = append(dst, replacement...)
		} else {
			dst = append(dst, src[from:to]...)
		}
	})
	return dst
}

// each yields src in ranges, each with its replacement; a range that stays as it is may have several characters.
func (c *charsmap) each(src []byte, yield func(from, to int, replacement []byte, replaced bool)) {
	for at := 0; at < len(src); {
		end := at
		for end < len(src) && c.alone(src, end) && c.plain[src[end]] {
			end++
		}
		if end > at {
			yield(at, end, nil, false)
			at = end
			continue
		}
		end = at + clusterLen(src[at:])
		if end-at < wholeCluster {
			if r, ok := c.lookup(src[at:end]); ok {
				yield(at, end, r, true)
				at = end
				continue
			}
		}
		for at < end {
			_, n := utf8.DecodeRune(src[at:])
			r, ok := c.lookup(src[at : at+n])
			yield(at, at+n, r, ok)
			at += n
		}
	}
}

// alone reports whether the byte at is an ASCII character and a grapheme cluster by itself.
func (c *charsmap) alone(src []byte, at int) bool {
	return src[at] < utf8.RuneSelf && (at+1 == len(src) || src[at+1] < utf8.RuneSelf) && src[at] != '\r'
}

// clusterLen returns the length in bytes of the grapheme cluster that src begins with (UAX #29).
func clusterLen(src []byte) int {
	r, n := utf8.DecodeRune(src)
	if n == len(src) {
		return n
	}
	next, _ := utf8.DecodeRune(src[n:])
	if single(r) && single(next) {
		return n
	}
	cluster, _, _, _ := uniseg.FirstGraphemeCluster(src, -1)
	return len(cluster)
}

// single reports characters that neither join the one before nor the one behind them: the common ones of Latin text and
// of Chinese, so that they cost no look-up.
func single(r rune) bool {
	switch {
	case r < 0x300:
		return r != '\r' && r != '\n' && r != 0xA9 && r != 0xAE
	case r >= 0x3001 && r <= 0x9FFF:
		return (r < 0x302A || r > 0x302F) && r != 0x3030 && r != 0x303D && r != 0x3099 && r != 0x309A && r != 0x3297 && r != 0x3299
	case r >= 0xFF01 && r <= 0xFF9D: // full-width forms
		return true
	}
	return false
}
