package history

import (
	"strings"
	"unicode"

	"frontdesk/internal/text"
)

// token is one term at one place. Terms of the same word share a place; the
// characters of Chinese text have one each. start and end are the runes it
// stands for.
type token struct {
	term       string
	at         int
	start, end int
	whole      bool // a code with all its pieces
}

// gap separates texts, so that no phrase reaches from one into the next.
const gap = 8

// tokens returns the terms of a normalised text, places from at on. It is the
// one way from text to terms, for index, query and highlight alike.
func tokens(runes []rune, at int) (out []token, next int) {
	for i := 0; i < len(runes); {
		if !wordRune(runes[i]) {
			i++
			continue
		}
		j := i + 1
		for j < len(runes) && j-i < maxChunk && (wordRune(runes[j]) || linkRune(runes[j])) {
			j++
		}
		end := j
		for end > i && !wordRune(runes[end-1]) {
			end--
		}
		out, at = chunk(out, runes, i, end, at)
		i = j
	}
	return out, at
}

// maxChunk bounds what stands together without a blank.
const maxChunk = 1024

// chunk adds the terms of runes[from:to], which has no blanks: piece by piece,
// and codes as a whole (TH-01) at the place of their first piece.
func chunk(out []token, runes []rune, from, to, at int) ([]token, int) {
	first := len(out)
	start, digits, links := at, false, false
	for i := from; i < to; {
		r := runes[i]
		if !wordRune(r) {
			links = links || r != '\''
			i++
			continue
		}
		j := i + 1
		if text.IsCJK(r) {
			for ; i < to && text.IsCJK(runes[i]); i++ {
				out = append(out, token{term: string(runes[i : i+1]), at: at, start: i, end: i + 1})
				if i+1 < to && text.IsCJK(runes[i+1]) {
					out = append(out, token{term: string(runes[i : i+2]), at: at, start: i, end: i + 2})
				}
				at++
			}
			continue
		}
		for j < to && !text.IsCJK(runes[j]) && (wordRune(runes[j]) || runes[j] == '\'') {
			j++
		}
		for _, term := range text.TermsOf(string(runes[i:j])) {
			out = append(out, token{term: term, at: at, start: i, end: j})
		}
		for _, r := range runes[i:j] {
			digits = digits || unicode.IsNumber(r)
		}
		at++
		i = j
	}
	if links && digits {
		for _, term := range text.TermsOf(string(runes[from:to])) {
			if !hasTerm(out[first:], term) {
				out = append(out, token{term: term, at: start, start: from, end: to, whole: true})
			}
		}
	}
	return out, at
}

func hasTerm(list []token, term string) bool {
	for i := range list {
		if list[i].term == term {
			return true
		}
	}
	return false
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.M, r)
}

func linkRune(r rune) bool { return strings.ContainsRune("-_./#'", r) }

// mapped is a text in its normal form, each rune with the byte of the original
// that it comes from.
type mapped struct {
	runes []rune
	from  []int // of each rune; one more at the end: the original's length
}

// mapNormal normalises rune by rune, so that places in the original are known.
// Where the normal form depends on the neighbours it may differ from
// text.Normalize; a highlight is lost then, never a hit.
func mapNormal(s string) mapped {
	m := mapped{runes: make([]rune, 0, len(s)), from: make([]int, 0, len(s)+1)}
	for i, r := range s {
		if r < 0x80 {
			m.runes, m.from = append(m.runes, unicode.ToLower(r)), append(m.from, i)
			continue
		}
		if unicode.IsSpace(r) {
			m.runes, m.from = append(m.runes, ' '), append(m.from, i)
			continue
		}
		for _, n := range text.Normalize(string(r)) {
			m.runes, m.from = append(m.runes, n), append(m.from, i)
		}
	}
	m.from = append(m.from, len(s))
	return m
}
