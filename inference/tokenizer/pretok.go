package tokenizer

import (
	"bytes"
	"unicode/utf8"
)

// preStep is one pre-tokenizer: it may replace spaces and put a prefix before each piece, and then cuts it into words.
type preStep struct {
	spaces string    // written instead of each space; "" = spaces stay
	prefix string    // put before a piece that does not begin with it; "" = none
	first  bool      // only before the piece at the beginning of the text
	split  *splitter // nil = the piece is one word
}

// rewrites reports whether the step changes the text.
func (p *preStep) rewrites() bool { return p.spaces != "" || p.prefix != "" }

// pieces applies the step with alignment.
func (p *preStep) pieces(in []part) []part {
	out := make([]part, 0, len(in))
	var words []extent
	for _, x := range in {
		if x.token >= 0 {
			out = append(out, x)
			continue
		}
		if p.spaces != "" {
			x.text.replace(stringMatcher{[]byte{' '}}, p.spaces)
		}
		if p.prefix != "" && !bytes.HasPrefix(x.text.text, []byte(p.prefix)) && (!p.first || x.text.shift == 0) {
			x.text.prepend(p.prefix)
		}
		if p.split == nil {
			if len(x.text.text) > 0 {
				out = append(out, x)
			}
			continue
		}
		words = p.split.cut(words[:0], x.text.text, 0)
		for _, w := range words {
			if w.from < w.to {
				out = append(out, part{text: x.text.slice(w.from, w.to), token: -1})
			}
		}
	}
	return out
}

// words applies the step to the words of s, which are ranges of s.a. atStart says that the first of them begins the text.
func (p *preStep) words(s *scratch, atStart bool) {
	out := s.spare[:0]
	if !p.rewrites() {
		if p.split == nil {
			return
		}
		for _, w := range s.words {
			out = p.split.cut(out, s.a[w.from:w.to], w.from)
		}
		s.words, s.spare = out, s.words
		return
	}
	b := s.b[:0]
	for i, w := range s.words {
		from := len(b)
		word := s.a[w.from:w.to]
		if p.prefix != "" && len(word) > 0 && (!p.first || atStart && i == 0) {
			begins := bytes.HasPrefix(word, []byte(p.prefix)) || p.spaces == p.prefix && word[0] == ' '
			if !begins {
				b = append(b, p.prefix...)
			}
		}
		if p.spaces == "" {
			b = append(b, word...)
		} else {
			for {
				n := bytes.IndexByte(word, ' ')
				if n < 0 {
					b = append(b, word...)
					break
				}
				b = append(append(b, word[:n]...), p.spaces...)
				word = word[n+1:]
			}
		}
		if p.split == nil {
			out = append(out, extent{int32(from), int32(len(b))})
		} else {
			out = p.split.cut(out, b[from:], int32(from))
		}
	}
	s.a, s.b = b, s.a
	s.words, s.spare = out, s.words
}

// appendPlain appends the ids of a stretch of text that holds no added token, at most room of them (-1 = all).
func (t *Tokenizer) appendPlain(dst []int32, s *scratch, room int, atStart bool) []int32 {
	start := len(dst)
	s.words = append(s.words[:0], extent{0, int32(len(s.a))})
	if len(s.a) == 0 {
		return dst
	}
	for i := range t.pre {
		t.pre[i].words(s, atStart)
		atStart = atStart && len(s.words) > 0 && s.words[0].from == 0
	}
	for _, w := range s.words {
		if w.from == w.to {
			continue
		}
		dst = t.model.appendIDs(dst, s.a[w.from:w.to], s)
		if room >= 0 && len(dst)-start >= room {
			break
		}
	}
	return dst
}

// appendGeneral appends the ids of text through the whole pipeline.
func (t *Tokenizer) appendGeneral(dst []int32, s *scratch, text string, room int) []int32 {
	start := len(dst)
	full := func() bool { return room >= 0 && len(dst)-start >= room }
	if t.exact {
		for _, p := range t.tokenize(text, false) {
			dst = append(dst, p.id)
		}
		return dst
	}
	if !t.raw.plain && !t.normalised.plain {
		t.normalize(s, text)
		return t.appendPlain(dst, s, room, true)
	}
	s.source = append(s.source[:0], toValid(text)...)
	s.raw = t.raw.split(s.raw[:0], s.source, true)
	for _, f := range s.raw {
		if full() {
			break
		}
		if f.token >= 0 {
			dst = append(dst, t.raw.tokens[f.token].ID)
			continue
		}
		s.a = append(s.a[:0], s.source[f.from:f.to]...)
		normal := t.run(s)
		if !t.normalised.plain {
			dst = t.appendPlain(dst, s, room, f.from == 0)
			continue
		}
		s.normal = append(s.normal[:0], normal...)
		s.found = t.normalised.split(s.found[:0], s.normal, true)
		for _, g := range s.found {
			if g.token >= 0 {
				dst = append(dst, t.normalised.tokens[g.token].ID)
				continue
			}
			s.a = append(s.a[:0], s.normal[g.from:g.to]...)
			dst = t.appendPlain(dst, s, room, f.from == 0 && g.from == 0)
		}
	}
	return dst
}

// toValid writes U+FFFD for each byte that is no UTF-8.
func toValid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text))
}
