package tokenizer

import (
	"bytes"
	"regexp"
	"unicode/utf8"
)

// matcher finds delimiters, or words, in text.
type matcher interface {
	// next returns the first match at or after byte at; it is never empty.
	next(text []byte, at int) (from, to int, ok bool)
}

// behavior says what becomes of a match (SplitDelimiterBehavior of Hugging Face's tokenizers).
type behavior uint8

const (
	removed behavior = iota
	isolated
	mergedWithPrevious
	mergedWithNext
	contiguous
)

// splitter cuts text at the matches of a matcher.
type splitter struct {
	matcher  matcher
	behavior behavior
	invert   bool // matches are the words, not what lies between them
}

// cut appends the words of text to dst, as ranges that begin at base.
func (p *splitter) cut(dst []extent, text []byte, base int32) []extent {
	c := cutter{dst: dst, first: len(dst), base: base, behavior: p.behavior}
	done := 0
	for done < len(text) {
		from, to, ok := p.matcher.next(text, done)
		if !ok {
			break
		}
		if from > done {
			c.add(done, from, p.invert)
		}
		c.add(from, to, !p.invert)
		done = to
	}
	if done < len(text) {
		c.add(done, len(text), p.invert)
	}
	return c.flush()
}

// cutter turns matches and what lies between them into words.
type cutter struct {
	dst      []extent
	waiting  extent // a match that may merge with what follows it
	first    int    // where this text's words begin in dst
	base     int32
	behavior behavior
	waits    bool
	previous bool // the last part was a match
}

func (c *cutter) add(from, to int, match bool) {
	e := extent{c.base + int32(from), c.base + int32(to)}
	join := false
	switch c.behavior {
	case removed:
		if match {
			return
		}
	case isolated:
	case contiguous:
		join = match == c.previous
	case mergedWithPrevious:
		join = match && !c.previous
	case mergedWithNext:
		if c.waits {
			c.waits = false
			if match {
				c.dst = append(c.dst, c.waiting)
			} else {
				e.from = c.waiting.from
			}
		}
		if match {
			c.waiting, c.waits = e, true
			return
		}
	}
	c.previous = match
	if join && len(c.dst) > c.first {
		c.dst[len(c.dst)-1].to = e.to
		return
	}
	c.dst = append(c.dst, e)
}

func (c *cutter) flush() []extent {
	if c.waits {
		c.dst = append(c.dst, c.waiting)
	}
	return c.dst
}

// charMatcher matches each character of a kind by itself.
type charMatcher struct {
	classes *charClasses
	bits    uint8
}

func (m charMatcher) next(text []byte, at int) (from, to int, ok bool) {
	for at < len(text) {
		r, n := rune(text[at]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[at:])
		}
		if m.classes.of(r)&m.bits != 0 {
			return at, at + n, true
		}
		at += n
	}
	return 0, 0, false
}

// stringMatcher matches one string.
type stringMatcher struct{ s []byte }

func (m stringMatcher) next(text []byte, at int) (from, to int, ok bool) {
	i := bytes.Index(text[at:], m.s)
	if i < 0 {
		return 0, 0, false
	}
	return at + i, at + i + len(m.s), true
}

// regexMatcher matches a regular expression. It is the one matcher that allocates.
type regexMatcher struct{ re *regexp.Regexp }

func (m regexMatcher) next(text []byte, at int) (from, to int, ok bool) {
	loc := m.re.FindIndex(text[at:])
	if loc == nil {
		return 0, 0, false
	}
	return at + loc[0], at + loc[1], true
}

// wordMatcher is \w+|[^\w\s]+, the Whitespace pre-tokenizer's expression.
type wordMatcher struct{ classes *charClasses }

func (m wordMatcher) next(text []byte, at int) (from, to int, ok bool) {
	from = at
	kind := uint8(0) // 0 = none yet, charWord, or charSpace for the third kind: neither
	for at < len(text) {
		r, n := utf8.DecodeRune(text[at:])
		b := m.classes.of(r)
		k := charOther
		if b&charWord != 0 {
			k = charWord
		} else if b&charSpace != 0 {
			k = 0
		}
		if kind != 0 && k != kind {
			return from, at, true
		}
		if kind == 0 {
			from, kind = at, k
		}
		at += n
	}
	return from, at, kind != 0
}
