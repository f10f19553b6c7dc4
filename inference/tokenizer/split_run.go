package tokenizer

import (
	"bytes"
	"strconv"
	"strings"
)

// runMatcher matches runs of one byte. Files of the SentencePiece kind join spaces with " {2,}", and package regexp
// would allocate for each match.
type runMatcher struct {
	c       byte
	atLeast int
}

// newRunMatcher reads "c+" and "c{n,}" for a character c of ASCII that means itself in an expression.
func newRunMatcher(expr string) (runMatcher, bool) {
	if len(expr) < 2 || expr[0] < ' ' || expr[0] > '~' || strings.IndexByte(`\.+*?()|[]{}^$`, expr[0]) >= 0 {
		return runMatcher{}, false
	}
	if expr[1:] == "+" {
		return runMatcher{expr[0], 1}, true
	}
	number, ok := strings.CutSuffix(expr[1:], ",}")
	if !ok || number == "" || number[0] != '{' {
		return runMatcher{}, false
	}
	n, err := strconv.Atoi(number[1:])
	return runMatcher{expr[0], n}, err == nil && n > 0
}

func (m runMatcher) next(text []byte, at int) (from, to int, ok bool) {
	for {
		n := bytes.IndexByte(text[at:], m.c)
		if n < 0 {
			return 0, 0, false
		}
		from = at + n
		to = from
		for to < len(text) && text[to] == m.c {
			to++
		}
		if to-from >= m.atLeast {
			return from, to, true
		}
		at = to
	}
}
