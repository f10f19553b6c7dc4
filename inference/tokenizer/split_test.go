package tokenizer

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRunsAreWhatTheExpressionMatches(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{" {2,}", " +", "a{1,}", "a{3,}", "/+"} {
		m, ok := newRunMatcher(expr)
		if !ok {
			t.Fatalf("%q is no run", expr)
		}
		re := regexMatcher{regexp.MustCompile(expr)}
		for _, text := range []string{"", " ", "  ", "a b  c   d", "aaa a aa aaaa", "//x/ ", strings.Repeat(" ", 9)} {
			for at := range len(text) + 1 {
				f1, t1, ok1 := m.next([]byte(text), at)
				f2, t2, ok2 := re.next([]byte(text), at)
				if f1 != f2 || t1 != t2 || ok1 != ok2 {
					t.Fatalf("%q in %q at %d: %d %d %v, want %d %d %v", expr, text, at, f1, t1, ok1, f2, t2, ok2)
				}
			}
		}
	}
	for _, expr := range []string{"", " ", ".+", "+", "a{2}", "a{0,}", "a{x,}", "ab+", "a++", `\s+`, "é+", "a,}", "[+"} {
		if _, ok := newRunMatcher(expr); ok {
			t.Errorf("%q was taken for a run", expr)
		}
	}
}

func TestDelimitersGoWhereTheBehaviourSays(t *testing.T) {
	t.Parallel()
	for b, want := range map[behavior][]string{ // the example of SplitDelimiterBehavior's documentation
		removed:            {"the", "final", "countdown"},
		isolated:           {"the", "-", "final", "-", "-", "countdown"},
		mergedWithPrevious: {"the-", "final-", "-", "countdown"},
		mergedWithNext:     {"the", "-final", "-", "-countdown"},
		contiguous:         {"the", "-", "final", "--", "countdown"},
	} {
		s := splitter{matcher: stringMatcher{[]byte("-")}, behavior: b}
		text := "the-final--countdown"
		var got []string
		for _, w := range s.cut(nil, []byte(text), 0) {
			got = append(got, text[w.from:w.to])
		}
		if !slices.Equal(got, want) {
			t.Errorf("behaviour %d: %q, want %q", b, got, want)
		}
	}
}

func TestRegularExpressionsOfByteLevelFilesAreScanned(t *testing.T) {
	t.Parallel()
	c := newCharClasses()
	for _, x := range []struct {
		m    gptMatcher
		text string
		want []string
	}{
		{gptMatcher{classes: c}, "I'll  don't  12³ x!!\n\n y ", []string{"I", "'ll", " ", " don", "'t", " ", " 12³", " x", "!!", "\n\n", " y", " "}},
		{gptMatcher{classes: c, newest: true, digits: 3}, "I'LL x12345!?\n \n  a\tb", []string{"I", "'LL", " x", "123", "45", "!?\n", " \n", " ", " a", "\tb"}},
		{gptMatcher{classes: c, newest: true, digits: 1}, "(a) 12'ſ", []string{"(a", ")", " ", "1", "2", "'ſ"}},
	} {
		s := splitter{matcher: x.m, behavior: isolated}
		var got []string
		for _, w := range s.cut(nil, []byte(x.text), 0) {
			got = append(got, x.text[w.from:w.to])
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%q: %q, want %q", x.text, got, x.want)
		}
	}
}
