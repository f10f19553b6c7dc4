package tokenizer

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// step is one normalisation of valid UTF-8: it returns src itself when nothing changes, or dst with the result.
type step func(s *scratch, dst, src []byte) []byte

// normalize runs all steps over text. The result lives in s until s is used again.
func (t *Tokenizer) normalize(s *scratch, text string) []byte {
	s.a = s.a[:0]
	plain := true
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			plain = false
			break
		}
		if o := t.ascii[c]; o != 0 {
			s.a = append(s.a, o)
		}
	}
	if plain {
		return s.a
	}
	s.a = s.a[:0]
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
		out := f(s, s.b[:0], s.a)
		if len(out) > 0 && &out[0] == &s.a[0] {
			continue
		}
		s.a, s.b = out, s.a
	}
	return s.a
}

// form is one of Unicode's normalisation forms. Text that already is in the form is not copied.
func form(f norm.Form, c *classes) step {
	return func(s *scratch, dst, src []byte) []byte {
		n := f.QuickSpan(src)
		if n == len(src) {
			return src
		}
		dst = append(dst, src[:n]...)
		for from := n; from < len(src); {
			to, next := from, from // [from, to) is to be normalised, [to, next) is a late character
			for to < len(src) {
				r, width := utf8.DecodeRune(src[to:])
				if c.of(r)&isLate != 0 {
					next = to + width
					break
				}
				to += width
				next = to
			}
			// Form.Append would allocate a buffer a call; the iterator keeps its own in s.
			for s.iter.Init(f, src[from:to]); !s.iter.Done(); {
				dst = append(dst, s.iter.Next()...)
			}
			dst = append(dst, src[to:next]...)
			from = next
		}
		return dst
	}
}

// clean is BertNormalizer's clean_text and handle_chinese_chars.
func clean(c *classes, text, han bool) step {
	return func(_ *scratch, dst, src []byte) []byte {
		for i := 0; i < len(src); {
			r, n := utf8.DecodeRune(src[i:])
			b := c.of(r)
			switch {
			case text && b&isBlank != 0:
				dst = append(dst, ' ')
			case text && b&isControl != 0:
			case han && b&isHan != 0:
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
}

// stripMarks removes nonspacing marks; the text must be decomposed.
func stripMarks(c *classes) step {
	return func(_ *scratch, dst, src []byte) []byte {
		for i := 0; i < len(src); {
			r, n := utf8.DecodeRune(src[i:])
			if c.of(r)&isMark == 0 {
				dst = append(dst, src[i:i+n]...)
			}
			i += n
		}
		return dst
	}
}

// lower maps each character by itself, as Rust's char::to_lowercase does: no final sigma, and İ becomes i + dot above.
func lower(_ *scratch, dst, src []byte) []byte {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		if r == 'İ' {
			dst = append(dst, "i\u0307"...)
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		i += n
	}
	return dst
}
