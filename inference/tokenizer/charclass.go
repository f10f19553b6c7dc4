package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// Kinds of characters that pre-tokenizers split by, as bits.
const (
	charLetter uint8 = 1 << iota // \p{L}
	charNumber                   // \p{N}
	charSpace                    // \s, White_Space
	charWord                     // \w of the Rust crate regex: Alphabetic, M, Nd, Pc, Join_Control
	charPunct                    // ASCII punctuation and P, as Hugging Face's tokenizers classify
	charBreak                    // CR and LF
	charDigit                    // char::is_numeric of Rust: N, and what is newer
	charOther  uint8 = 1 << 7    // no class of its own: used for what is neither word nor space
)

// charClasses is a two-stage table like classes.
type charClasses struct {
	index [(utf8.MaxRune >> pageBits) + 1]uint16
	pages [][pageSize]uint8
}

func newCharClasses() *charClasses {
	flat := make([]uint8, utf8.MaxRune+1)
	table := func(bit uint8, tables ...*unicode.RangeTable) {
		for _, t := range tables {
			for _, r := range t.R16 {
				for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
					flat[c] |= bit
				}
			}
			for _, r := range t.R32 {
				for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
					flat[c] |= bit
				}
			}
		}
	}
	table(charLetter, unicode.L)
	table(charNumber, unicode.N)
	table(charSpace, unicode.White_Space)
	table(charWord, unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control)
	table(charDigit, unicode.N)
	more := func(bits uint8, spans []span) {
		for _, s := range spans {
			for c := s.lo; c <= s.hi; c++ {
				flat[c] |= bits
			}
		}
	}
	more(charPunct, punctSpans())
	more(charLetter, newLetterSpans())
	more(charNumber|charDigit, newNumberSpans())
	more(charDigit, newestNumberSpans())
	more(charWord, newWordSpans())
	flat['\r'] |= charBreak
	flat['\n'] |= charBreak

	c := &charClasses{}
	c.index, c.pages = pack(flat)
	return c
}

// of returns the bits of r, which must be a valid code point or U+FFFD.
func (c *charClasses) of(r rune) uint8 {
	return c.pages[c.index[r>>pageBits]][r&(pageSize-1)]
}

// pack makes a two-stage table: equal pages are stored once.
func pack(flat []uint8) (index [(utf8.MaxRune >> pageBits) + 1]uint16, pages [][pageSize]uint8) {
	known := make(map[[pageSize]uint8]uint16)
	for p := range index {
		var page [pageSize]uint8
		copy(page[:], flat[p<<pageBits:])
		at, ok := known[page]
		if !ok {
			at = uint16(len(pages))
			known[page] = at
			pages = append(pages, page)
		}
		index[p] = at
	}
	return index, pages
}
