package tokenizer

import "unicode/utf8"

// The expressions of byte-level files that RE2 cannot express (they look ahead), as the files spell them.
const (
	gpt2Regex  = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	cl100Regex = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Regex = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// gptMatcher scans what one of these expressions matches; between them its alternatives cover every character.
type gptMatcher struct {
	classes *charClasses
	digits  int  // numbers a match has at most; 0 = GPT-2's expression
	newest  bool // the newer expressions: cl100k of Llama 3 and others, Qwen 2
}

func (m gptMatcher) next(text []byte, at int) (from, to int, ok bool) {
	if at >= len(text) {
		return 0, 0, false
	}
	if m.newest {
		return at, m.newer(text, at), true
	}
	return at, m.gpt2(text, at), true
}

// look returns the classes and length of the character at byte at; at the end both are 0.
func (m gptMatcher) look(text []byte, at int) (bits uint8, n int) {
	if at >= len(text) {
		return 0, 0
	}
	r, n := rune(text[at]), 1
	if r >= utf8.RuneSelf {
		r, n = utf8.DecodeRune(text[at:])
	}
	return m.classes.of(r), n
}

// run returns where the characters with one of the bits end; without is true for those that have none of them.
func (m gptMatcher) run(text []byte, at int, bits uint8, without bool) int {
	for at < len(text) {
		b, n := m.look(text, at)
		if (b&bits == 0) != without {
			break
		}
		at += n
	}
	return at
}

func (m gptMatcher) gpt2(text []byte, at int) int {
	if n := contraction(text[at:], false); n > 0 {
		return at + n
	}
	start := at
	if text[at] == ' ' {
		start++
	}
	switch b, n := m.look(text, start); {
	case n == 0:
	case b&charLetter != 0:
		return m.run(text, start, charLetter, false)
	case b&charNumber != 0:
		return m.run(text, start, charNumber, false)
	case b&charSpace == 0:
		return m.run(text, start, charLetter|charNumber|charSpace, true)
	}
	return m.spaces(text, at)
}

func (m gptMatcher) newer(text []byte, at int) int {
	if n := contraction(text[at:], true); n > 0 {
		return at + n
	}
	b, n := m.look(text, at)
	switch {
	case b&charLetter != 0:
		return m.run(text, at, charLetter, false)
	case b&charNumber != 0:
		end := at + n
		for k := 1; k < m.digits; k++ {
			if b, n = m.look(text, end); b&charNumber == 0 {
				break
			}
			end += n
		}
		return end
	case b&charBreak == 0:
		if after, _ := m.look(text, at+n); after&charLetter != 0 {
			return m.run(text, at+n, charLetter, false)
		}
	}
	start := at
	if text[at] == ' ' {
		start++
	}
	if b, n := m.look(text, start); n > 0 && b&(charLetter|charNumber|charSpace) == 0 {
		end := m.run(text, start, charLetter|charNumber|charSpace, true)
		return m.run(text, end, charBreak, false)
	}
	end := m.run(text, at, charSpace, false)
	for i := end; i > at; i-- {
		if c := text[i-1]; c == '\r' || c == '\n' {
			return i
		}
	}
	return m.spaces(text, at)
}

// spaces is \s+(?!\S)|\s+: white space up to the last one before a word, or that last one.
func (m gptMatcher) spaces(text []byte, at int) int {
	end := m.run(text, at, charSpace, false)
	if end == len(text) {
		return end
	}
	_, n := utf8.DecodeLastRune(text[at:end])
	if end-n > at {
		return end - n
	}
	return end
}

// contraction returns the length of 's, 't, 're, 've, 'm, 'll or 'd at the beginning of text, or 0.
func contraction(text []byte, fold bool) int {
	if len(text) < 2 || text[0] != '\'' {
		return 0
	}
	lower := func(c byte) byte {
		if fold && c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c
	}
	switch lower(text[1]) {
	case 's', 't', 'm', 'd':
		return 2
	case 'r', 'v':
		if len(text) > 2 && lower(text[2]) == 'e' {
			return 3
		}
	case 'l':
		if len(text) > 2 && lower(text[2]) == 'l' {
			return 3
		}
	}
	if fold && len(text) > 2 && string(text[1:3]) == "ſ" { // folds to s
		return 3
	}
	return 0
}
