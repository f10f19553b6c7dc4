package tokenizer

import "unicode/utf8"

// Classes of a code point, as bits.
const (
	isControl uint8 = 1 << iota // clean_text removes it
	isBlank                     // clean_text writes a space instead
	isSpace                     // the pre-tokenizer splits at it
	isPunct                     // a word of its own
	isMark                      // accent stripping removes it
	isHan                       // gets spaces around it
	isLate                      // decomposes, or has a combining class, in newer versions of Unicode than Hugging Face knows
)

const (
	pageBits = 8
	pageSize = 1 << pageBits
)

// classes is a two-stage table: code point → page → bits. Equal pages are stored once.
type classes struct {
	index [(utf8.MaxRune >> pageBits) + 1]uint16
	pages [][pageSize]uint8
}

func newClasses() *classes {
	flat := make([]uint8, utf8.MaxRune+1)
	set := func(spans []span, bit uint8) {
		for _, s := range spans {
			for r := s.lo; r <= s.hi; r++ {
				flat[r] |= bit
			}
		}
	}
	spaces := []span{
		{0x20, 0x20},
		{0xA0, 0xA0},
		{0x1680, 0x1680},
		{0x2000, 0x200A},
		{0x2028, 0x2029},
		{0x202F, 0x202F},
		{0x205F, 0x205F},
		{0x3000, 0x3000},
		{'\t', '\n'},
		{'\r', '\r'},
	}
	set(spaces, isBlank|isSpace)
	set([]span{{0x0B, 0x0C}, {0x85, 0x85}}, isSpace) // controls first: clean_text removes these three
	set(controlSpans(), isControl)
	set(markSpans(), isMark)
	set(punctSpans(), isPunct)
	// BERT's list of CJK blocks. 0x2B920 is a slip for 0x2B820 in Hugging Face's code; the ids follow it.
	set([]span{
		{0x3400, 0x4DBF},
		{0x4E00, 0x9FFF},
		{0xF900, 0xFAFF},
		{0x20000, 0x2A6DF},
		{0x2A700, 0x2B73F},
		{0x2B740, 0x2B81F},
		{0x2B920, 0x2CEAF},
		{0x2F800, 0x2FA1F},
	}, isHan)

	// Decompositions that x/text (Unicode 15) has and Hugging Face's tables (Unicode 11) have not.
	set([]span{
		{0x32FF, 0x32FF},
		{0xA7F2, 0xA7F4},
		{0xAB69, 0xAB69},
		{0x10781, 0x107BA},
		{0x11938, 0x11938},
		{0x1E030, 0x1E06D},
		{0x1F16C, 0x1F16C},
		{0x1FBF0, 0x1FBF9},
	}, isLate)

	set(lateMarkSpans(), isLate)

	c := &classes{}
	c.index, c.pages = pack(flat)
	return c
}

// of returns the bits of r, which must be a valid code point or U+FFFD.
func (c *classes) of(r rune) uint8 {
	return c.pages[c.index[r>>pageBits]][r&(pageSize-1)]
}
