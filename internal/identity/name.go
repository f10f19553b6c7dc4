package identity

import (
	"strings"
	"unicode"
)

const (
	zwnj = '\u200C' // zero width non-joiner
	zwj  = '\u200D' // zero width joiner
)

// VisibleName returns a name without the characters that nobody sees, and without
// space around: zero widths, overrides of the writing direction, fillers
// (categories Cf and Default_Ignorable_Code_Point, UAX #44). A name of nothing
// else is empty. What a script or an emoji is written with stays: joiners after
// letters of scripts that need them (RFC 5892, appendix A, is stricter) and within
// emoji (UTS #51, sections 1.4.6 and 2.3), selectors of a glyph after it, the marks
// that stand before Arabic digits.
func VisibleName(s string) string {
	in := []rune(s)
	out := make([]rune, 0, len(in))
	for i, r := range in {
		if !hidden(r) || keeps(out, in[i+1:], r) {
			out = append(out, r)
		}
	}
	name := strings.TrimSpace(string(out))
	if !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !hidden(r) }) {
		return ""
	}
	return name
}

// hidden reports whether a character shows nothing by itself.
func hidden(r rune) bool {
	if unicode.Is(unicode.Prepended_Concatenation_Mark, r) {
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == '\u2800' // a Braille pattern without dots
}

// keeps reports whether a hidden character belongs to what is written before and after it.
func keeps(before, after []rune, r rune) bool {
	if len(before) == 0 {
		return false
	}
	last := before[len(before)-1]
	switch {
	case r == zwj && len(after) > 0 && pictured(last) && unicode.Is(unicode.So, after[0]):
		return true
	case r == zwj || r == zwnj:
		return unicode.In(last, unicode.L, unicode.M) && unicode.In(last, joined()...)
	case unicode.Is(unicode.Variation_Selector, r):
		return !hidden(last) && !unicode.IsSpace(last)
	case r >= 0xE0020 && r <= 0xE007F: // tags: a flag of a region
		flag := len(before) - 1
		for flag > 0 && before[flag] >= 0xE0020 && before[flag] < 0xE007F {
			flag--
		}
		return before[flag] == '\U0001F3F4'
	}
	return false
}

// pictured reports whether an emoji may end with this character.
func pictured(r rune) bool {
	return unicode.In(r, unicode.So, unicode.Sk) || r == '\uFE0F' || r == '\u20E3'
}

// joined are the scripts whose letters join, and that are written with joiners.
func joined() []*unicode.RangeTable {
	return []*unicode.RangeTable{
		unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Adlam, unicode.Hanifi_Rohingya, unicode.Thaana,
		unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada,
		unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Balinese, unicode.Javanese,
	}
}
