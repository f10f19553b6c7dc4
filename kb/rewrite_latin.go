package kb

import (
	"strings"

	"frontdesk/internal/text"
)

// token is a Latin word, a number or code, or what stands between.
type token struct {
	s    string
	word bool // made of letters, digits, apostrophes
}

func tokens(s string) []token {
	var out []token
	for i := 0; i < len(s); {
		start, latin := i, latinSize(s[i]) > 0
		for i < len(s) && (latinSize(s[i]) > 0) == latin {
			_, size := decode(s[i:])
			i += size
		}
		out = append(out, token{s[start:i], latin})
	}
	return out
}

// latinSize returns the length of the Latin letter, digit or apostrophe that c begins; 0 if it begins none.
func latinSize(c byte) int {
	switch {
	case alnum(c):
		return 1
	case c >= 0xC3 && c <= 0xC9: // é and the like: U+00C0 to U+027F
		return 2
	}
	return 0
}

// latin puts the Latin words right: codes typed apart, words typed together or
// apart, letters held down, short forms, the other shore's spelling, slips.
func (w *writer) latin() {
	all := tokens(w.current())
	changed := false
	for i := 0; i < len(all); i++ {
		if !all[i].word {
			continue
		}
		if i+2 < len(all) && all[i+2].word && (all[i+1].s == " " || all[i+1].s == "-") {
			if joined := w.joined(all[i].s, all[i+2].s, all[i+1].s); joined != "" {
				w.replaced(joined, all[i].s+all[i+1].s+all[i+2].s)
				all[i].s, all[i+1].s, all[i+2] = joined, "", token{}
				changed, i = true, i+2
				continue
			}
		}
		if better := w.correct(all[i].s); better != all[i].s {
			w.replaced(better, all[i].s)
			all[i].s, changed = better, true
		}
	}
	if changed {
		var out strings.Builder
		for _, t := range all {
			out.WriteString(t.s)
		}
		w.text = out.String()
	}
}

// joined returns two words as one where only that is what the site has: "th 01", "re
// fund", and "log in" for a site that writes login.
func (w *writer) joined(a, b, between string) string {
	both := a + b
	if codePattern.MatchString(both) {
		if _, ok := w.codes[both]; ok && letters(a) && !letters(b) && between == " " {
			return both
		}
		return ""
	}
	if !letters(a) || !letters(b) || strings.Contains(both, "'") || w.adjoin(a, b) || w.words[both] == 0 {
		return ""
	}
	if len(a) == 1 {
		return ""
	}
	if text.IsWord(a) && text.IsWord(b) && !prefix(a) { // they may mean what they say: the joined one is found beside them
		if len(a) > 2 && (len(b) > 2 || particle(b)) {
			w.add(both, a+" "+b)
		}
		return ""
	}
	return both
}

// add has the terms of a word searched beside what the question says.
func (w *writer) add(word, from string) {
	for _, t := range text.Terms(word) {
		if r, size := decode(t); size < len(t) || !text.IsCJK(r) { // not single characters
			w.added = append(w.added, QueryTerm{Term: t, From: from, Added: true})
		}
	}
}

// correct returns what word was meant to be, or word itself.
func (w *writer) correct(word string) string {
	switch {
	case w.words[word] > 0:
		return word
	case word == "b4":
		return "before"
	case !letters(word):
		return w.correctCode(word)
	}
	if short := chatWord(word); short != "" && (len(word) > 1 || !strings.Contains(w.query, word+".")) { // u, not U.S.
		return short
	}
	if w.knows(word) || strings.Contains(word, "'") {
		return word
	}
	if apart := w.apart(word); apart != "" {
		return apart
	}
	known := func(s string) bool { return w.words[s] > 0 }
	if other := otherSpelling(word, known); other != "" {
		return other
	}
	if text.IsWord(word) {
		return word
	}
	if short := held(word, func(s string) bool { return w.knows(s) || text.IsWord(s) }); short != "" {
		return short
	}
	if right, cost := w.speller.Correct(word); right != "" && (len(word) > 4 || cost < 0.95) {
		return right
	}
	return word
}

// correctCode reads the letter o for a nought and l or i for a one where that makes a
// code of the site of what is none: tho1 is th01. A digit never becomes another.
func (w *writer) correctCode(word string) string {
	if _, ok := w.codes[word]; ok || len(w.codes) == 0 || len(word) > 10 {
		return word
	}
	b := []byte(word)
	for i := len(b) - 1; i > 0; i-- {
		switch b[i] {
		case 'o':
			b[i] = '0'
		case 'l', 'i':
			b[i] = '1'
		default:
			if b[i] < '0' || b[i] > '9' {
				return word
			}
			continue
		}
		if _, ok := w.codes[string(b)]; ok {
			return string(b)
		}
	}
	return word
}

// apart returns a word as the two that the site writes side by side: login as log in.
func (w *writer) apart(word string) string {
	if len(word) < 5 || len(word) > 20 {
		return ""
	}
	for i := 2; i+2 <= len(word); i++ {
		a, b := word[:i], word[i:]
		if w.words[a] > 0 && w.words[b] > 0 && w.adjoin(a, b) && (particle(b) || !text.IsWord(word)) {
			return a + " " + b
		}
	}
	return ""
}

// particle reports whether w makes one verb with the word before: log in, check out.
func particle(w string) bool {
	switch w {
	case "in", "out", "up", "off", "on", "down", "back", "over":
		return true
	}
	return false
}

// prefix reports whether w is typed apart from its word more often than meant as one: re fund.
func prefix(w string) bool {
	switch w {
	case "re", "un", "de", "pre", "non", "dis":
		return true
	}
	return false
}

// held returns a word whose letters were held down (pleeease) as the known one it is; "" if there is none.
func held(word string, known func(string) bool) string {
	runs := false
	for i := 2; i < len(word); i++ {
		runs = runs || word[i] == word[i-1] && word[i] == word[i-2]
	}
	if !runs {
		return ""
	}
	var double, single []byte
	for i := range len(word) {
		if i == 0 || word[i] != word[i-1] {
			single = append(single, word[i])
		}
		if i < 2 || word[i] != word[i-1] || word[i] != word[i-2] {
			double = append(double, word[i])
		}
	}
	if known(string(double)) {
		return string(double)
	}
	if known(string(single)) {
		return string(single)
	}
	return ""
}

// regional finds a thing by the word that the site has for it: where it has none
// of the question's, that is replaced, else the others are searched beside.
func (w *writer) regional() {
	s := w.current()
	if len(w.pairs) == 0 || !text.HasCJK(s) {
		return
	}
	groups := append(wordings(), dialect()...)
	asks := len(groups) - len(dialect())
	for i, group := range groups {
		for _, word := range group {
			if !strings.Contains(s, word) || within(s, word, group) {
				continue
			}
			here := w.has(word)
			for _, other := range group {
				switch {
				case other == word || !w.has(other) || strings.Contains(s, other):
				case here && i < asks:
					w.add(other, word)
				case here:
				default:
					s = strings.ReplaceAll(s, word, other)
					w.text = s
					w.replaced(other, word)
					here = true
				}
			}
			break
		}
	}
}

// within reports whether word stands in s only as part of a longer one of its group.
func within(s, word string, group []string) bool {
	for _, other := range group {
		if len(other) > len(word) && strings.Contains(other, word) && strings.Contains(s, other) {
			return true
		}
	}
	return false
}
