package kb

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// Limits of a word list as a search uses it; what is beyond them is not applied.
const (
	maxListed = 10_000 // words
	maxMasked = 64     // places of one question
)

// maskFirst is the first of the private characters that stand for listed words
// while a question is rewritten: nothing takes them for letters. A question that
// has some of its own is rewritten without the list.
const maskFirst = 0xF0000

// wordList are a site's word groups, ready to be looked up. It is never changed once made.
type wordList struct {
	words []listed // longest first
	codes []string // compact, as they are compared
}

// listed is one word of the list.
type listed struct {
	word   string // normalised
	kind   WordKind
	locale string
	others []string // of an alias the word it stands for, of a synonym the others
	key    string   // of a code, compact
	gaps   []int    // of a code, where in key the list has a separator
}

func newWordList(groups []WordGroup) wordList {
	var l wordList
	seen := map[string]bool{}
	for _, g := range groups {
		words := make([]string, 0, len(g.Words))
		for _, w := range g.Words {
			if n := text.Normalize(w); text.HasWord(n) {
				words = append(words, n)
			}
		}
		for i, w := range words {
			if len(l.words) == maxListed {
				break
			}
			one := listed{word: w, kind: g.Kind, locale: g.Locale}
			switch g.Kind {
			case WordCode:
				if one.key = compact(w); seen[one.key] || one.key == "" {
					continue
				}
				for at, r := range w {
					if separates(r) {
						one.gaps = append(one.gaps, len(compact(w[:at])))
					}
				}
				seen[one.key] = true
				l.codes = append(l.codes, one.key)
			case WordAlias:
				if i == 0 {
					continue
				}
				one.others = words[:1]
			case WordSynonym:
				for j, other := range words {
					if j != i && other != w {
						one.others = append(one.others, other)
					}
				}
			default: // of a newer server
				continue
			}
			l.words = append(l.words, one)
		}
	}
	// The longest first: 保修卡 is no 保修. Codes before all: nothing else is made of them.
	slices.SortStableFunc(l.words, func(a, b listed) int {
		return cmp.Or(cmp.Compare(indicator(b.kind == WordCode), indicator(a.kind == WordCode)), cmp.Compare(len(b.word), len(a.word)))
	})
	return l
}

// compact is a code as it is compared: without what separates its parts.
func compact(code string) string {
	return strings.Map(func(r rune) rune {
		if separates(r) {
			return -1
		}
		return r
	}, code)
}

func separates(r rune) bool { return r == ' ' || r == '-' || r == '_' || r == '.' || r == '/' }

// place is where a listed word stands in a text.
type place struct{ from, to int }

// find returns where w stands first in s at or after from.
func (w *listed) find(s string, from int) (p place, ok bool) {
	if w.kind == WordCode {
		return findCode(s, w.key, w.gaps, from)
	}
	for from < len(s) {
		i := strings.Index(s[from:], w.word)
		if i < 0 {
			return place{}, false
		}
		p = place{from + i, from + i + len(w.word)}
		if apart(s, p) {
			return p, true
		}
		_, size := utf8.DecodeRuneInString(s[p.from:])
		from = p.from + size
	}
	return place{}, false
}

// findCode finds a code however its parts are separated, never within another word or number.
func findCode(s, key string, gaps []int, from int) (p place, ok bool) {
	first, size := utf8.DecodeRuneInString(key)
	for from < len(s) {
		i := strings.IndexRune(s[from:], first)
		if i < 0 {
			return place{}, false
		}
		at, rest, before := from+i+size, key[size:], first
		gap := false
		for len(rest) > 0 && at < len(s) {
			r, n := utf8.DecodeRuneInString(s[at:])
			want, m := utf8.DecodeRuneInString(rest)
			switch {
			case r == want:
				at, rest, before, gap = at+n, rest[m:], r, false
				continue
			case separates(r) && !gap && (r != ' ' || unicode.IsDigit(before) != unicode.IsDigit(want) || slices.Contains(gaps, len(key)-len(rest))):
				at, gap = at+n, true // th-0-1, th 01, and blanks where the list has a sign: 12 34 are two numbers
				continue
			}
			break
		}
		if p = (place{from + i, at}); len(rest) == 0 && apart(s, p) {
			return p, true
		}
		from += i + size
	}
	return place{}, false
}

// apart reports whether what stands at p is no part of a longer Latin word or number.
func apart(s string, p place) bool {
	latin := func(r rune) bool { return !text.IsCJK(r) && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	first, _ := utf8.DecodeRuneInString(s[p.from:])
	last, _ := utf8.DecodeLastRuneInString(s[:p.to])
	before, _ := utf8.DecodeLastRuneInString(s[:p.from])
	after, _ := utf8.DecodeRuneInString(s[p.to:])
	goesOn := latin(last) && p.to < len(s) && latin(after)
	return !goesOn && (p.from == 0 || !latin(first) || !latin(before))
}

// codesIn returns the listed codes that a normalised text names, compact.
func (l *wordList) codesIn(s string) []string {
	var out []string
	for i := range l.words {
		w := &l.words[i]
		if w.kind != WordCode {
			break // they stand first
		}
		if _, ok := w.find(s, 0); ok {
			out = append(out, w.key)
		}
	}
	return out
}

// has reports whether a code is listed.
func (l *wordList) has(code string) bool { return slices.Contains(l.codes, code) }

// mask puts the list's words right and hides them from the other corrections:
// codes stay whole, an alias becomes the word that it stands for, and a synonym is
// searched for as the others too, or becomes one of them where the site does not
// have it.
func (w *writer) mask(locale string) {
	s := w.current()
	if len(w.list.words) == 0 || strings.ContainsFunc(s, func(r rune) bool { return r >= maskFirst && r < maskFirst+maxMasked }) {
		return
	}
	for i := range w.list.words {
		l := &w.list.words[i]
		if l.locale != "" && locale != "" && l.locale != locale {
			continue
		}
		for from := 0; len(w.masked) < maxMasked; {
			p, ok := l.find(s, from)
			if !ok {
				break
			}
			was := s[p.from:p.to]
			now := w.listed(l, was)
			sign := string(rune(maskFirst + len(w.masked)))
			w.masked = append(w.masked, now)
			s = s[:p.from] + sign + s[p.to:]
			from = p.from + len(sign)
		}
	}
	if len(w.masked) > 0 {
		w.text = s
	}
}

// listed returns what a word of the list becomes in the question, and notes what is searched beside it.
func (w *writer) listed(l *listed, was string) string {
	switch l.kind {
	case WordCode:
		if was != l.word {
			w.replaced(l.word, was)
		}
		w.kept = append(w.kept, l.word)
		return l.word
	case WordAlias:
		w.replaced(l.others[0], was)
		return l.others[0]
	case WordSynonym:
		known := func(s string) bool { return w.hasAll(s) }
		if !known(was) {
			if i := slices.IndexFunc(l.others, known); i >= 0 {
				w.replaced(l.others[i], was)
				return l.others[i]
			}
		}
		for _, other := range l.others {
			if known(other) {
				w.beside(other, was)
			}
		}
	}
	return was
}

// beside has the terms of a synonym searched beside the word itself, for as much.
func (w *writer) beside(word, from string) {
	terms := text.Terms(word)
	for _, t := range terms {
		if r, size := decode(t); size < len(t) || !text.IsCJK(r) || len(terms) == 1 { // of longer words no single characters
			w.added = append(w.added, QueryTerm{Term: t, From: from, Added: true, IDF: weightSynonym})
		}
	}
}

// weightSynonym is what a listed synonym weighs beside the word that was typed.
const weightSynonym = 1

// hasAll reports whether the site has every term of s.
func (v *vocabulary) hasAll(s string) bool {
	terms := text.Terms(s)
	for _, t := range terms {
		if !v.terms(t) {
			return false
		}
	}
	return len(terms) > 0
}

// unmask puts the words back where they were hidden.
func (w *writer) unmask() {
	if len(w.masked) == 0 {
		return
	}
	var out strings.Builder
	for _, r := range w.current() {
		if at := int(r) - maskFirst; at >= 0 && at < len(w.masked) {
			out.WriteString(w.masked[at])
			continue
		}
		out.WriteRune(r)
	}
	w.text = out.String()
}

// withoutPieces returns the terms of a text in which codes stand: of those that the
// index has whole, not their pieces, which other codes share.
func withoutPieces(s string, codes []string) []string {
	if len(codes) == 0 {
		return text.Terms(s)
	}
	var whole []string
	for _, code := range codes {
		key, kept := compact(code), []string(nil)
		for _, t := range text.Terms(code) {
			if compact(t) == key {
				kept = append(kept, t)
			}
		}
		if len(kept) == 0 { // of several words, or without a digit: the index has only its pieces
			continue
		}
		s = strings.ReplaceAll(s, code, " ")
		whole = append(whole, kept...)
	}
	return append(text.Terms(s), whole...)
}
