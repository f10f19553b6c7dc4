package tokenizer

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// perChar is what each common character becomes when a text has none but common ones: one look-up a character instead
// of a pass over the text for each step.
//
// A character is common when no step lets it act on its neighbours: it never joins what stands before it in any form of
// normalisation, so the steps over a text of common characters give the steps over each, one after the other.
type perChar struct {
	pages   [256]*[pageSize]uint16 // of the basic plane; 0 = not common
	results []string               // results[v-firstResult]
}

// What the pages hold besides indexes of results.
const (
	becomesItself uint16 = iota + 1
	becomesWord          // itself between spaces
	firstResult
)

// commonSpans are the characters that are looked at: Latin, Greek, Cyrillic, punctuation, kana, ideographs and the
// full-width forms. Looking at more costs time at load.
func commonSpans() []span {
	return []span{
		{0x80, 0x4FF},
		{0x1E00, 0x1EFF},
		{0x2010, 0x206F},
		{0x20A0, 0x214F},
		{0x2190, 0x21FF},
		{0x2460, 0x24FF},
		{0x3000, 0x30FF},
		{0xFF00, 0xFFEF},
	}
}

// newPerChar runs the steps over each common character.
func newPerChar(t *Tokenizer) *perChar {
	p := &perChar{}
	known := make(map[string]uint16)
	s := &scratch{}
	for _, c := range commonSpans() {
		for r := c.lo; r <= c.hi; r++ {
			if t.classes.of(r)&isLate != 0 || !startsAnew([]byte(string(r))) {
				continue
			}
			if result, ok := t.alone(s, r); ok {
				p.put(r, result, known)
			}
		}
	}
	// Ideographs are alike: none of them decomposes.
	if result, ok := t.alone(s, 0x4E00); ok {
		for r := rune(0x4E00); r <= 0x9FEF; r++ {
			switch result {
			case "\u4E00":
				p.put(r, string(r), known)
			case " \u4E00 ":
				p.put(r, " "+string(r)+" ", known)
			}
		}
	}
	return p
}

// startsAnew reports whether text begins with a character that joins nothing before it.
func startsAnew(text []byte) bool {
	c, k := norm.NFC.Properties(text), norm.NFKD.Properties(text)
	return c.BoundaryBefore() && k.BoundaryBefore() && c.CCC() == 0
}

// alone returns what the steps make of one character; ok is false when a result on the way could join what stands
// before it.
func (t *Tokenizer) alone(s *scratch, r rune) (string, bool) {
	text := []byte(string(r))
	for _, f := range t.steps {
		if len(text) == 0 {
			return "", true
		}
		if !startsAnew(text) {
			return "", false
		}
		text = append([]byte(nil), f.bytes(s, nil, text)...)
	}
	return string(text), len(text) == 0 || startsAnew(text)
}

func (p *perChar) put(r rune, result string, known map[string]uint16) {
	page := p.pages[r>>pageBits]
	if page == nil {
		page = new([pageSize]uint16)
		p.pages[r>>pageBits] = page
	}
	v, ok := known[result]
	switch {
	case result == string(r):
		v = becomesItself
	case result == " "+string(r)+" ":
		v = becomesWord
	case !ok:
		v = firstResult + uint16(len(p.results))
		known[result] = v
		p.results = append(p.results, result)
	}
	page[r&(pageSize-1)] = v
}

// normalizeCommon writes the normalised text to s.a if all of its characters are common.
func (t *Tokenizer) normalizeCommon(s *scratch, text string) bool {
	dst := s.a[:0]
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c == 0 { // 0 means nothing below
				return false
			}
			if o := t.ascii[c]; o != 0 {
				dst = append(dst, o)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if r > 0xFFFF {
			return false
		}
		page := t.common.pages[r>>pageBits]
		if page == nil {
			return false
		}
		switch v := page[r&(pageSize-1)]; v {
		case 0:
			return false
		case becomesItself:
			dst = append(dst, text[i:i+n]...)
		case becomesWord:
			dst = append(dst, ' ')
			dst = append(dst, text[i:i+n]...)
			dst = append(dst, ' ')
		default:
			dst = append(dst, t.common.results[v-firstResult]...)
		}
		i += n
	}
	s.a = dst
	return true
}
