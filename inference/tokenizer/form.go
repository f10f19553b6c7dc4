package tokenizer

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// former brings text to one of Unicode's normalisation forms. The tables are x/text's; the procedure is our own, because
// x/text inserts U+034F into long runs of marks (UAX 15, stream-safe text) and Hugging Face's tokenizers do not, and
// because the alignment of offsets needs to know which character came from which.
type former struct {
	form      norm.Form
	tables    norm.Form // the form whose table decomposes: NFD or NFKD
	classes   *classes
	composite map[[2]rune]rune // primary composites; nil for the decomposed forms
}

// change is one character of the result and what happened to the source, in the terms of Hugging Face's
// NormalizedString: 0 = it stands for one character, 1 = it is new, -n = n further characters went away after it.
type change struct {
	r     rune
	delta int
	class uint8 // canonical combining class
}

func newFormer(f norm.Form, c *classes) *former {
	m := &former{form: f, tables: norm.NFD, classes: c}
	if f == norm.NFKC || f == norm.NFKD {
		m.tables = norm.NFKD
	}
	if f == norm.NFC || f == norm.NFKC {
		m.composite = composites(c)
	}
	return m
}

// composites derives the primary composites from the decompositions of x/text, which exports no table of pairs.
func composites(c *classes) map[[2]rune]rune {
	pairs := make(map[[2]rune]rune, 1024)
	var buf [utf8.UTFMax]byte
	for r := rune(0xC0); r < 0x20000; r++ {
		if r >= 0x3400 && r < 0xA000 || r >= 0xAC00 && r < 0xF900 || c.of(r)&isLate != 0 {
			continue // ideographs and Hangul have no table entry; surrogates and private use neither
		}
		src := buf[:utf8.EncodeRune(buf[:], r)]
		d := norm.NFD.Properties(src).Decomposition()
		if d == nil || !norm.NFC.IsNormal(src) {
			continue // no decomposition, or excluded from composition
		}
		last, n := utf8.DecodeLastRune(d)
		first := norm.NFC.Bytes(d[:len(d)-n])
		if f, n := utf8.DecodeRune(first); n == len(first) && n > 0 {
			pairs[[2]rune{f, last}] = r
		}
	}
	return pairs
}

// Hangul, composed by arithmetic (Unicode, section 3.12).
const (
	hangulBase             = 0xAC00
	leadBase               = 0x1100
	vowelBase              = 0x1161
	tailBase               = 0x11A7
	leads, vowels, tails   = 19, 21, 28
	hangulEnd              = hangulBase + leads*vowels*tails
	vowelsTails            = vowels * tails
	lastHangulWithoutTails = hangulEnd - tails
)

// bytes is the form for the path of ids; src itself is returned when it already is in the form.
func (m *former) bytes(s *scratch, dst, src []byte) []byte {
	n := m.form.QuickSpan(src)
	if n == len(src) {
		return src
	}
	dst = append(dst, src[:n]...)
	for n < len(src) {
		end := m.segment(src, n)
		s.changes = m.changes(s.changes[:0], src[n:end])
		for _, c := range s.changes {
			dst = utf8.AppendRune(dst, c.r)
		}
		span := m.form.QuickSpan(src[end:])
		dst = append(dst, src[end:end+span]...)
		n = end + span
	}
	return dst
}

// segment returns where the text from at on may be cut: before a character that nothing before it can change.
func (m *former) segment(src []byte, at int) int {
	_, n := utf8.DecodeRune(src[at:])
	for at += n; at < len(src); {
		if c := src[at]; c < utf8.RuneSelf {
			return at
		}
		if m.form.Properties(src[at:]).BoundaryBefore() {
			return at
		}
		_, n := utf8.DecodeRune(src[at:])
		at += n
	}
	return at
}

// changes appends the form of src, character by character.
func (m *former) changes(dst []change, src []byte) []change {
	start := len(dst)
	pending := start // from here on the order of marks is open
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		dst, pending = m.decompose(dst, pending, r, src[i:i+n])
		i += n
	}
	sortMarks(dst[pending:])
	if m.composite == nil {
		return dst
	}
	return dst[:start+m.compose(dst[start:])]
}

func (m *former) decompose(dst []change, pending int, r rune, src []byte) ([]change, int) {
	push := func(r rune, delta int, class uint8) {
		if class == 0 {
			sortMarks(dst[pending:])
			pending = len(dst) + 1
		}
		dst = append(dst, change{r, delta, class})
	}
	if r < utf8.RuneSelf || m.classes.of(r)&isLate != 0 {
		push(r, 0, 0)
		return dst, pending
	}
	if r >= hangulBase && r < hangulEnd {
		at := r - hangulBase
		push(leadBase+at/vowelsTails, 0, 0)
		push(vowelBase+at%vowelsTails/tails, 1, 0)
		if at%tails != 0 {
			push(tailBase+at%tails, 1, 0)
		}
		return dst, pending
	}
	p := m.tables.Properties(src)
	d := p.Decomposition()
	if d == nil {
		push(r, 0, p.CCC())
		return dst, pending
	}
	for i := 0; i < len(d); {
		r, n := utf8.DecodeRune(d[i:])
		push(r, min(i, 1), m.tables.Properties(d[i:]).CCC())
		i += n
	}
	return dst, pending
}

func sortMarks(marks []change) {
	if len(marks) > 1 {
		slices.SortStableFunc(marks, func(a, b change) int { return int(a.class) - int(b.class) })
	}
}

// compose joins decomposed characters in place and returns how many are left.
func (m *former) compose(c []change) int {
	out := 0
	starter, last := -1, -1 // index of what marks may join; class of the mark kept after it, -1 = none
	for _, next := range c {
		if starter >= 0 && last < int(next.class) && (last < 0 || next.class != 0) {
			if r, ok := m.pair(c[starter].r, next.r); ok {
				c[starter].r = r
				c[starter].delta += next.delta - 1
				continue
			}
		}
		switch {
		case next.class == 0:
			starter, last = out, -1
		case starter >= 0:
			last = int(next.class)
		}
		c[out] = next
		out++
	}
	return out
}

func (m *former) pair(a, b rune) (rune, bool) {
	if a >= leadBase && a < leadBase+leads && b >= vowelBase && b < vowelBase+vowels {
		return hangulBase + (a-leadBase)*vowelsTails + (b-vowelBase)*tails, true
	}
	if a >= hangulBase && a <= lastHangulWithoutTails && (a-hangulBase)%tails == 0 && b > tailBase && b < tailBase+tails {
		return a + b - tailBase, true
	}
	r, ok := m.composite[[2]rune{a, b}]
	return r, ok
}
