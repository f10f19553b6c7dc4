package text

import (
	"strings"
	"unicode"
)

// maxTermRunes bounds a term: what is longer is cut, so that a pasted megabyte
// without blanks cannot make an index entry of that size.
const maxTermRunes = 48

// maxTerms bounds the terms of one text; the rest is not indexed.
const maxTerms = 4000

// Terms returns the terms of s for the lexical index, in order and with
// repeats: Latin words lightly stemmed, Chinese as single characters and
// pairs, codes whole and split (TH01: th01, th, 01; 传感器-温度-TH01 also as one
// term), numbers as they stand.
func Terms(s string) []string { return TermsOf(Normalize(s)) }

// TermsOf is [Terms] of a text that is normalised already.
func TermsOf(normalized string) []string {
	t := termer{out: make([]string, 0, len(normalized)/2+4)}
	t.run(normalized)
	return t.out
}

// termer collects terms. A chunk is what stands between blanks and signs,
// joined by - _ . / or #; a piece is one script within it.
type termer struct {
	out   []string
	chunk []rune
}

func (t *termer) run(s string) {
	for _, r := range s {
		switch {
		case word(r):
			t.chunk = append(t.chunk, r)
		case connects(r) && len(t.chunk) > 0:
			t.chunk = append(t.chunk, r)
		default:
			t.flush()
		}
		if len(t.chunk) >= 2048 { // a text without blanks: index it in slices
			t.flush()
		}
		if len(t.out) >= maxTerms {
			return
		}
	}
	t.flush()
}

func word(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.M, r)
}

func connects(r rune) bool {
	return r == '-' || r == '_' || r == '.' || r == '/' || r == '#' || r == '\''
}

// flush emits the terms of the current chunk.
func (t *termer) flush() {
	c := t.chunk
	for len(c) > 0 && connects(c[len(c)-1]) {
		c = c[:len(c)-1]
	}
	t.chunk = t.chunk[:0]
	if len(c) == 0 {
		return
	}
	digits, links := 0, 0
	for _, r := range c {
		if unicode.IsDigit(r) {
			digits++
		} else if connects(r) && r != '\'' {
			links++
		}
	}
	if links > 0 && digits > 0 && len(c) <= maxTermRunes {
		t.emit(string(c)) // a code or a number with signs, whole
		t.joined(c)
	}
	for i := 0; i < len(c); {
		j := i + 1
		switch {
		case IsCJK(c[i]):
			for j < len(c) && IsCJK(c[j]) {
				j++
			}
			t.chinese(c[i:j])
		case connects(c[i]):
		default:
			for j < len(c) && !IsCJK(c[j]) && (!connects(c[j]) || c[j] == '\'') {
				j++
			}
			t.latinWord(c[i:j])
		}
		i = j
	}
}

// joined emits TH-02 as th02 too, the way it is written elsewhere: Latin letters
// and digits on both sides of a hyphen or underscore.
func (t *termer) joined(c []rune) {
	for i := 0; i < len(c); i++ {
		if connects(c[i]) {
			continue
		}
		start, links, letters, digits := i, 0, 0, 0
		for ; i < len(c) && !IsCJK(c[i]) && c[i] != '.' && c[i] != '/' && c[i] != '\'' && c[i] != '#'; i++ {
			switch {
			case connects(c[i]):
				links++
			case unicode.IsDigit(c[i]):
				digits++
			default:
				letters++
			}
		}
		if links > 0 && letters > 0 && digits > 0 {
			t.emit(strings.Map(func(r rune) rune {
				if connects(r) {
					return -1
				}
				return r
			}, string(c[start:i])))
		}
	}
}

func (t *termer) chinese(run []rune) {
	for i := range run {
		t.emit(string(run[i : i+1]))
		if i+1 < len(run) {
			t.emit(string(run[i : i+2]))
		}
	}
}

// latinWord emits one word, number or code of Latin letters and digits.
func (t *termer) latinWord(w []rune) {
	if len(w) > maxTermRunes {
		w = w[:maxTermRunes]
	}
	letters, digits := false, false
	for _, r := range w {
		if unicode.IsNumber(r) {
			digits = true
		} else if r != '\'' {
			letters = true
		}
	}
	s := string(w)
	switch {
	case letters && digits:
		t.emit(s)
		for i := 0; i < len(w); {
			j := i + 1
			for j < len(w) && unicode.IsNumber(w[j]) == unicode.IsNumber(w[i]) {
				j++
			}
			t.emit(string(w[i:j]))
			i = j
		}
	case digits:
		t.emit(strings.Trim(s, "'"))
	case letters:
		t.english(s)
	}
}

// english emits a word without its apostrophe parts; a contracted "not" becomes
// a term of its own, because it turns the meaning round.
func (t *termer) english(s string) {
	head, tail, cut := strings.Cut(s, "'")
	switch {
	case !cut:
		t.emit(Stem(s))
	case tail == "t" && strings.HasSuffix(head, "n") && len(head) > 1:
		if head == "can" { // can't, not ca+n't
			t.emit("can")
		} else {
			t.emit(Stem(strings.TrimSuffix(head, "n")))
		}
		t.emit("not")
	default: // what's, I'm, customer's
		t.emit(Stem(head))
	}
}

func (t *termer) emit(term string) {
	if term != "" {
		t.out = append(t.out, term)
	}
}

// Stem removes the commonest English endings: plural s, -ing, -ed, -ly. It is
// lighter than Porter's algorithm on purpose: codes, names and short words stay
// what they are.
func Stem(w string) string {
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return w
		}
	}
	switch n := len(w); {
	case n <= 3:
		return w
	case strings.HasSuffix(w, "sses"):
		w = w[:n-2]
	case strings.HasSuffix(w, "ies") && n > 4:
		w = w[:n-3] + "y"
	case strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "xes"):
		w = w[:n-2]
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"), strings.HasSuffix(w, "is"):
	case w[n-1] == 's':
		w = w[:n-1]
	}
	switch n := len(w); {
	case strings.HasSuffix(w, "ing") && n > 5 && vowel(w[:n-3]):
		w = undouble(w[:n-3])
	case strings.HasSuffix(w, "ied") && n > 4:
		w = w[:n-3] + "y"
	case strings.HasSuffix(w, "ed") && n > 4 && vowel(w[:n-2]):
		w = undouble(w[:n-2])
	case strings.HasSuffix(w, "ly") && n > 5:
		w = w[:n-2]
	}
	if n := len(w); n > 4 && w[n-1] == 'e' { // change, changing, changed
		w = w[:n-1]
	}
	return w
}

func vowel(s string) bool { return strings.ContainsAny(s, "aeiouy") }

// undouble turns cancell and stopp into cancel and stop, but leaves call, add and miss.
func undouble(w string) string {
	n := len(w)
	if n > 4 && w[n-1] == w[n-2] && !strings.ContainsRune("aeious", rune(w[n-1])) {
		return w[:n-1]
	}
	return w
}
