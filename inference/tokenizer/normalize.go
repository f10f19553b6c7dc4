package tokenizer

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// normalizer is one step of normalisation, in its two forms.
type normalizer interface {
	// bytes is the form for the path of ids: it returns src itself when nothing changes, or dst with the result.
	bytes(s *scratch, dst, src []byte) []byte
	// align is the form that keeps the alignment.
	align(a *aligned)
}

// clean is BertNormalizer's clean_text and handle_chinese_chars.
type clean struct {
	classes   *classes
	text, han bool
}

func (m clean) bytes(_ *scratch, dst, src []byte) []byte {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		b := m.classes.of(r)
		switch {
		case m.text && b&isBlank != 0:
			dst = append(dst, ' ')
		case m.text && b&isControl != 0:
		case m.han && b&isHan != 0:
			dst = append(dst, ' ')
			dst = append(dst, src[i:i+n]...)
			dst = append(dst, ' ')
		default:
			dst = append(dst, src[i:i+n]...)
		}
		i += n
	}
	return dst
}

func (m clean) align(a *aligned) {
	if m.text {
		a.filter(func(r rune) bool { return m.classes.of(r)&isControl == 0 })
		a.replaceEach(func(r rune) rune {
			if m.classes.of(r)&isBlank != 0 {
				return ' '
			}
			return r
		})
	}
	if m.han {
		var changes []change
		for _, r := range string(a.text) {
			if m.classes.of(r)&isHan != 0 {
				changes = append(changes, change{r: ' '}, change{r: r, delta: 1}, change{r: ' ', delta: 1})
			} else {
				changes = append(changes, change{r: r})
			}
		}
		a.transform(changes, 0)
	}
}

// dropRunes removes characters.
type dropRunes struct{ drop func(r rune) bool }

func (m dropRunes) bytes(_ *scratch, dst, src []byte) []byte {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		if !m.drop(r) {
			dst = append(dst, src[i:i+n]...)
		}
		i += n
	}
	return dst
}

func (m dropRunes) align(a *aligned) { a.filter(func(r rune) bool { return !m.drop(r) }) }

// lower maps one character; İ is the caller's.
func lower(r rune) rune {
	if l := unicode.ToLower(r); l != r {
		return l
	}
	if l := lowerOf(r); l != noRune {
		return l
	}
	return r
}

// lowercase maps each character by itself, as Rust's char::to_lowercase does: no final sigma, and İ becomes i + dot above.
type lowercase struct{}

func (lowercase) bytes(_ *scratch, dst, src []byte) []byte {
	for i := 0; i < len(src); {
		if c := src[i]; c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(src[i:])
		if r == 'İ' {
			dst = append(dst, "i\u0307"...)
		} else {
			dst = utf8.AppendRune(dst, lower(r))
		}
		i += n
	}
	return dst
}

func (lowercase) align(a *aligned) {
	changes := make([]change, 0, len(a.text))
	for _, r := range string(a.text) {
		if r == 'İ' {
			changes = append(changes, change{r: 'i'}, change{r: '\u0307', delta: 1})
		} else {
			changes = append(changes, change{r: lower(r)})
		}
	}
	a.transform(changes, 0)
}

func (m *former) align(a *aligned) { a.transform(m.changes(nil, a.text), 0) }

// replace writes content instead of what a pattern matches.
type replace struct {
	pattern matcher
	content string
}

func (m replace) bytes(_ *scratch, dst, src []byte) []byte {
	from, to, ok := m.pattern.next(src, 0)
	if !ok {
		return src
	}
	done := 0
	for ok {
		dst = append(dst, src[done:from]...)
		dst = append(dst, m.content...)
		done = to
		from, to, ok = m.pattern.next(src, done)
	}
	return append(dst, src[done:]...)
}

func (m replace) align(a *aligned) { a.replace(m.pattern, m.content) }

// prepend puts a string before text that is not empty.
type prepend struct{ s string }

func (m prepend) bytes(_ *scratch, dst, src []byte) []byte {
	if len(src) == 0 {
		return src
	}
	return append(append(dst, m.s...), src...)
}

func (m prepend) align(a *aligned) { a.prepend(m.s) }

// strip removes white space at the ends.
type strip struct{ left, right bool }

// ends returns what remains of text.
func (m strip) ends(text []byte) (from, to int) {
	to = len(text)
	if m.left {
		from = to - len(bytes.TrimLeftFunc(text, unicode.IsSpace))
	}
	if m.right {
		to = from + len(bytes.TrimRightFunc(text[from:], unicode.IsSpace))
	}
	return from, to
}

func (m strip) bytes(_ *scratch, dst, src []byte) []byte {
	from, to := m.ends(src)
	if from == 0 && to == len(src) {
		return src
	}
	return append(dst, src[from:to]...)
}

func (m strip) align(a *aligned) {
	from, to := m.ends(a.text)
	if from == 0 && to == len(a.text) {
		return
	}
	var changes []change
	for _, r := range string(a.text[from:to]) {
		changes = append(changes, change{r: r})
	}
	a.transform(changes, utf8.RuneCount(a.text[:from]))
}

// replaceEach maps each character to one other.
func (a *aligned) replaceEach(f func(r rune) rune) {
	changes := make([]change, 0, len(a.text))
	for _, r := range string(a.text) {
		changes = append(changes, change{r: f(r)})
	}
	a.transform(changes, 0)
}

// normalize runs all steps over text. The result lives in s until s is used again.
func (t *Tokenizer) normalize(s *scratch, text string) []byte {
	if t.common != nil && t.normalizeCommon(s, text) {
		return s.a
	}
	s.a = s.a[:0]
	if utf8.ValidString(text) {
		s.a = append(s.a, text...)
		return t.run(s)
	}
	for len(text) > 0 { // not ToValidUTF8: that allocates
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			s.a = append(s.a, "\uFFFD"...)
		} else {
			s.a = append(s.a, text[:n]...)
		}
		text = text[n:]
	}
	return t.run(s)
}

// run applies the steps to s.a, writing to the two buffers in turn.
func (t *Tokenizer) run(s *scratch) []byte {
	for _, f := range t.steps {
		if len(s.a) == 0 {
			break // nothing is left; and the comparison below needs a first byte
		}
		out := f.bytes(s, s.b[:0], s.a)
		if len(out) > 0 && &out[0] == &s.a[0] {
			continue
		}
		s.a, s.b = out, s.a
	}
	return s.a
}
