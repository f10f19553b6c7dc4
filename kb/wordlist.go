package kb

import (
	"cmp"
	"maps"
	"slices"
	"sort"
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

// wordList are a site's word groups, ready to be looked up: a text costs its own
// length, however long the list is. It is never changed once made.
type wordList struct {
	words  []listed            // codes first, then the longest first
	codes  map[string]struct{} // compact, as they are compared
	byCode finder              // codes by their compact form
	byWord finder              // all others
}

// finder finds which of many keys begin at a place of a text.
type finder struct {
	keys  []string // ascending
	of    []int32  // the word of each key
	first [256]struct{ from, to int32 }
}

func newFinder(words []listed, key func(*listed) string) finder {
	var f finder
	for i := range words {
		if key(&words[i]) != "" {
			f.of = append(f.of, int32(i))
		}
	}
	slices.SortStableFunc(f.of, func(a, b int32) int { return strings.Compare(key(&words[a]), key(&words[b])) })
	for at, i := range f.of {
		k := key(&words[i])
		f.keys = append(f.keys, k)
		span := &f.first[k[0]]
		if span.to == 0 {
			span.from = int32(at)
		}
		span.to = int32(at) + 1
	}
	return f
}

// at calls yield with each word whose key begins s, one byte of it after the other;
// with blanks set, separators within s are passed over.
func (f *finder) at(s string, blanks bool, yield func(word int32)) {
	if len(f.keys) == 0 || s == "" {
		return
	}
	span := f.first[s[0]]
	keys, of := f.keys[span.from:span.to], f.of[span.from:span.to]
	for depth, i := 1, 1; len(keys) > 0; i++ {
		for len(keys) > 0 && len(keys[0]) == depth { // whole
			yield(of[0])
			keys, of = keys[1:], of[1:]
		}
		if i == len(s) {
			return
		}
		c := s[i]
		if blanks && separates(rune(c)) {
			continue
		}
		from := sort.Search(len(keys), func(k int) bool { return keys[k][depth] >= c })
		to := from + sort.Search(len(keys)-from, func(k int) bool { return keys[from+k][depth] > c })
		keys, of = keys[from:to], of[from:to]
		depth++
	}
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
	l := wordList{codes: map[string]struct{}{}}
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
				one.key = compact(w)
				if _, twice := l.codes[one.key]; twice || one.key == "" {
					continue
				}
				for at, r := range w {
					if separates(r) {
						one.gaps = append(one.gaps, len(compact(w[:at])))
					}
				}
				l.codes[one.key] = struct{}{}
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
	l.byCode = newFinder(l.words, func(w *listed) string { return w.key })
	l.byWord = newFinder(l.words, func(w *listed) string {
		if w.kind == WordCode {
			return ""
		}
		return w.word
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

// places returns where words of the list stand in s, of each word in order.
func (l *wordList) places(s string) map[int32][]place {
	var found map[int32][]place
	note := func(word int32, p place) {
		if found == nil {
			found = map[int32][]place{}
		}
		found[word] = append(found[word], p)
	}
	for at := range s {
		l.byCode.at(s[at:], true, func(word int32) {
			if p, ok := l.words[word].codeAt(s, at); ok {
				note(word, p)
			}
		})
		l.byWord.at(s[at:], false, func(word int32) {
			if p := (place{at, at + len(l.words[word].word)}); apart(s, p) {
				note(word, p)
			}
		})
	}
	return found
}

// codeAt reports whether the code stands at this place of s, however its parts are
// separated, and not within another word or number.
func (w *listed) codeAt(s string, from int) (p place, ok bool) {
	at, rest, before, gap := from, w.key, rune(0), true
	for len(rest) > 0 && at < len(s) {
		r, n := utf8.DecodeRuneInString(s[at:])
		want, m := utf8.DecodeRuneInString(rest)
		switch {
		case r == want:
			at, rest, before, gap = at+n, rest[m:], r, false
			continue
		case separates(r) && !gap && (r != ' ' || unicode.IsDigit(before) != unicode.IsDigit(want) || slices.Contains(w.gaps, len(w.key)-len(rest))):
			at, gap = at+n, true // th-0-1, th 01, and blanks where the list has a sign: 12 34 are two numbers
			continue
		}
		break
	}
	p = place{from, at}
	return p, len(rest) == 0 && apart(s, p)
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
	if len(l.codes) == 0 {
		return nil
	}
	var out []string
	for at := range s {
		l.byCode.at(s[at:], true, func(word int32) {
			w := &l.words[word]
			if _, ok := w.codeAt(s, at); ok && !slices.Contains(out, w.key) {
				out = append(out, w.key)
			}
		})
	}
	return out
}

// has reports whether a code is listed.
func (l *wordList) has(code string) bool {
	_, ok := l.codes[code]
	return ok
}

// mask puts the list's words right and hides them from the other corrections:
// codes stay whole, an alias becomes the word that it stands for, and a synonym is
// searched for as the others too, or becomes one of them where the site does not
// have it.
func (w *writer) mask(locale string) {
	s := w.current()
	if len(w.list.words) == 0 || strings.ContainsFunc(s, func(r rune) bool { return r >= maskFirst && r < maskFirst+maxMasked }) {
		return
	}
	found := w.list.places(s)
	var taken []place // with their signs, in order
	signs := map[place]string{}
	for _, i := range slices.Sorted(maps.Keys(found)) { // codes first, then the longest first
		l := &w.list.words[i]
		if l.locale != "" && locale != "" && l.locale != locale {
			continue
		}
		for _, p := range found[i] {
			overlaps := slices.ContainsFunc(taken, func(t place) bool { return p.from < t.to && t.from < p.to })
			if overlaps || len(w.masked) == maxMasked {
				continue
			}
			signs[p] = string(rune(maskFirst + len(w.masked)))
			w.masked = append(w.masked, w.listed(l, s[p.from:p.to]))
			taken = append(taken, p)
		}
	}
	if len(taken) == 0 {
		return
	}
	slices.SortFunc(taken, func(a, b place) int { return cmp.Compare(a.from, b.from) })
	var out strings.Builder
	at := 0
	for _, p := range taken {
		out.WriteString(s[at:p.from])
		out.WriteString(signs[p])
		at = p.to
	}
	out.WriteString(s[at:])
	w.text = out.String()
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
