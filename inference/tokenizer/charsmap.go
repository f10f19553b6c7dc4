package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// wholeCluster is below how many bytes a grapheme cluster is looked up as a whole (Hugging Face's precompiled.rs).
const wholeCluster = 6

// maxReplacementBytes bounds what a malicious file can make of a text; NFKC makes at most 33 bytes of a character.
const maxReplacementBytes = 1 << 10

// charsmap is SentencePiece's precompiled normalisation: a double-array trie (darts-clone) from texts to their
// replacements.
//
// As Hugging Face does it, a grapheme cluster of less than six bytes is looked up first, then each of its characters;
// and a look-up takes the shortest entry that the text begins with, and replaces all of the text by it, whatever
// follows. That is odd, but ids depend on it.
type charsmap struct {
	units        []uint32
	replacements []byte // each ends with NUL
	kinds        [bmp]charKind
}

// charKind is what is known of a character of the basic plane, so that text of most languages needs neither a search for
// clusters nor a look-up.
type charKind uint8

const (
	loner charKind = 1 << iota // no cluster joins it to another loner
	stays                      // no entry begins with it or a part of it
)

const bmp = 1 << 16

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
	for i, unit := range c.units {
		if unit>>31 == 0 && unitIsLeaf(unit) && !c.replaces(uint32(i)^unitOffset(unit)) {
			return bad("has an entry without a replacement")
		}
	}
	for r := range rune(bmp) {
		c.kinds[r] = c.kindOf(r)
	}
	return c, nil
}

// replaces reports whether the unit at a place is a leaf's value, the place of a replacement of possible length.
func (c *charsmap) replaces(at uint32) bool {
	if uint64(at) >= uint64(len(c.units)) {
		return false
	}
	from := uint64(unitValue(c.units[at]))
	if from >= uint64(len(c.replacements)) || !utf8.RuneStart(c.replacements[from]) {
		return false
	}
	rest := c.replacements[from:]
	return bytes.IndexByte(rest[:min(len(rest), maxReplacementBytes+1)], 0) >= 0
}

// kindOf finds out with one neighbour that joins nothing, and with the character itself: the rules of UAX #29 join others
// only by characters that join one of these, but for CR LF.
func (c *charsmap) kindOf(r rune) charKind {
	if utf16.IsSurrogate(r) {
		return 0
	}
	var kind charKind
	char := string(r)
	breaks := func(text string, at int) bool {
		first, _, _, _ := uniseg.FirstGraphemeClusterInString(text, -1)
		return len(first) == at
	}
	switch {
	case r == '\r' || r == '\n' || r == pepet:
	case r >= 0x3400 && r <= 0x9FFF, r >= 0xAC00 && r <= 0xD7A3: // ideographs, syllables of Hangul: most of the plane, so asking would take long
		kind |= loner
	case breaks("a"+char, 1) && breaks(char+"a", len(char)) && breaks(char+char, len(char)):
		kind |= loner
	}
	if _, ok := c.lookup([]byte(char)); !ok {
		kind |= stays
	}
	return kind
}

// kind returns what is known of a character: nothing beyond the basic plane.
func (c *charsmap) kind(r rune) charKind {
	if uint32(r) < bmp {
		return c.kinds[r]
	}
	return 0
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
		if n := c.untouched(src[at:]); n > 0 {
			yield(at, at+n, nil, false)
			at += n
			continue
		}
		end := at + c.clusterLen(src[at:])
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

// untouched returns how much of src, which begins with a cluster, are characters that stay, each a cluster by itself.
func (c *charsmap) untouched(src []byte) int {
	end := 0 // of the characters that stay
	for i := 0; i < len(src); {
		r, n := rune(src[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(src[i:])
		}
		kind := c.kind(r)
		if kind&loner == 0 {
			return end // and the one before may belong to its cluster
		}
		end = i
		if kind&stays == 0 {
			return end
		}
		i += n
	}
	return len(src)
}

// clusterLen returns the length in bytes of the grapheme cluster that src begins with (UAX #29).
func (c *charsmap) clusterLen(src []byte) int {
	r, n := utf8.DecodeRune(src)
	if n == len(src) {
		return n
	}
	if next, _ := utf8.DecodeRune(src[n:]); c.kind(r)&c.kind(next)&loner != 0 {
		return n
	}
	n = clusterOf15(src)
	for bytes.HasPrefix(src[n:], []byte(string(pepet))) && takesMarks(src[:n]) {
		n += clusterOf15(src[n:])
	}
	return n
}

// pepet is the one mark of Unicode 16, which the Rust implementation has, that makes a difference to uniseg's Unicode 15:
// the others are above the basic plane, and clusters with one of them are too long to be looked up as a whole.
const pepet = '\u0897'

// clusterOf15 returns the length of the cluster by Unicode 15.
func clusterOf15(src []byte) int {
	cluster, _, _, _ := uniseg.FirstGraphemeCluster(src, -1)
	return len(cluster)
}

// takesMarks reports whether a mark would belong to the cluster: not to one that is a control character.
func takesMarks(cluster []byte) bool {
	_, n := utf8.DecodeLastRune(cluster)
	var text [utf8.UTFMax + 2]byte
	all := append(append(text[:0], cluster[len(cluster)-n:]...), "\u0300"...)
	return clusterOf15(all) == len(all)
}
