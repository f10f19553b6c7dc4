package history

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// step is one term of a phrase, its place counted from the phrase's beginning.
type step struct {
	term   string
	at     int
	prefix bool // the beginning of a word is enough
}

// word is what a person asks for at one point: any of some phrases.
type word struct {
	phrases [][]step
	not     bool
	quoted  bool // exactly so
}

// match is a search as it was read: every word must be there, in any order.
type match struct {
	words []word
}

// maxWords bounds a search; the rest is left out.
const maxWords = 16

// readQuery reads what a person typed: words (all must be there), "phrases", and
// -words that must not. The last word may be the beginning of one.
func readQuery(q string) match {
	var m match
	quoted := false
	for i, part := range strings.Split(strings.NewReplacer("“", `"`, "”", `"`, "「", `"`, "」", `"`, "＂", `"`).Replace(q), `"`) {
		quoted = i%2 == 1
		if quoted {
			if n := len(m.words); m.add(part, false, false) {
				m.words[n].quoted = true
			}
			continue
		}
		fields := strings.Fields(part)
		for j, field := range fields {
			rest, not := strings.CutPrefix(field, "-")
			first, _ := utf8.DecodeRuneInString(rest)
			not = not && wordRune(first)
			if !not {
				rest = field
			}
			last := j == len(fields)-1 && strings.HasSuffix(q, field)
			m.add(rest, not, last && !not)
		}
	}
	return m
}

// add adds one word or phrase; false when there is nothing in it, or no more room.
func (m *match) add(s string, not, open bool) bool {
	found, _ := tokens([]rune(text.Normalize(s)), 0)
	if len(found) == 0 || len(m.words) == maxWords {
		return false
	}
	m.words = append(m.words, word{phrases: phrasesOf(found, open), not: not})
	return true
}

// phrasesOf returns the ways in which a text of the tokens may be written.
func phrasesOf(found []token, open bool) [][]step {
	var plain, whole []token
	for _, t := range found {
		if t.whole {
			whole = append(whole, t)
		} else {
			plain = append(plain, t)
		}
	}
	if len(plain) == 0 {
		return [][]step{{{term: found[0].term}}}
	}
	first, last := plain[0], plain[len(plain)-1]
	var phrase []step
	for i := 0; i < len(plain); {
		j := i
		for j < len(plain) && plain[j].at == plain[i].at {
			j++
		}
		phrase = append(phrase, stepsAt(plain[i:j], plain, open && plain[i].at == last.at)...)
		i = j
	}
	out := [][]step{phrase}
	for _, t := range whole { // TH-01 and TH01 are the same
		if t.start == first.start && t.end == last.end {
			out = append(out, []step{{term: t.term}})
		}
	}
	return out
}

// stepsAt returns what must stand at one place: of Chinese the pair that begins
// there, of a word its main term.
func stepsAt(here, all []token, open bool) []step {
	at := here[0].at
	pair, single := "", ""
	var words []step
	for i := range here {
		t := &here[i]
		n := utf8.RuneCountInString(t.term)
		switch {
		case n == 2 && t.end-t.start == 2 && text.HasCJK(t.term):
			pair = t.term
		case n == 1 && text.HasCJK(t.term):
			single = t.term
		case len(words) == 0: // the others are its pieces
			words = append(words, step{term: t.term, at: at})
		}
	}
	switch {
	case pair != "":
		return []step{{term: pair, at: at}}
	case single != "":
		for i := range all { // the end of a run: the pair before has it
			if t := &all[i]; t.at == at-1 && t.end == here[0].end && text.HasCJK(t.term) {
				return nil
			}
		}
		return []step{{term: single, at: at}}
	}
	if open && len(words) == 1 && openable(words[0].term) {
		words[0].prefix = true
	}
	return words
}

// openable reports whether a term may be the beginning of a longer word: three
// letters at least, and letters only.
func openable(term string) bool {
	return len(term) >= 3 && !strings.ContainsFunc(term, func(r rune) bool { return !unicode.IsLetter(r) })
}

// empty reports whether nothing is asked for.
func (m *match) empty() bool {
	for i := range m.words {
		if !m.words[i].not {
			return false
		}
	}
	return true
}

// queries returns the words to be ranked by, each as a tsquery.
func (m *match) queries() []string {
	var out []string
	for i := range m.words {
		if !m.words[i].not {
			out = append(out, m.words[i].query())
		}
	}
	return out
}

// all returns the tsquery that asks for every word.
func (m *match) all() string {
	parts := make([]string, len(m.words))
	for i := range m.words {
		parts[i] = m.words[i].query()
		if m.words[i].not {
			parts[i] = "!" + parts[i]
		}
	}
	return strings.Join(parts, " & ")
}

func (w *word) query() string {
	var b strings.Builder
	b.WriteByte('(')
	for i, phrase := range w.phrases {
		if i > 0 {
			b.WriteString(" | ")
		}
		for j, s := range phrase {
			if j > 0 {
				b.WriteString(" <" + strconv.Itoa(s.at-phrase[j-1].at) + "> ")
			}
			writeLexeme(&b, s.term)
			if s.prefix {
				b.WriteString(":*")
			}
		}
	}
	b.WriteByte(')')
	return b.String()
}

// loosen returns the same search for those who found nothing: a Chinese sentence
// falls into pairs of characters, and any two neighbours of what was asked for
// are enough. What stands in quotes stays as it is. ok is false when there is
// nothing to loosen.
func (m *match) loosen() (loose match, query string, ok bool) {
	var fixed []string
	var kept, parts []word
	for i := range m.words {
		w := m.words[i]
		switch {
		case w.not:
			fixed = append(fixed, "!"+w.query())
		case w.quoted:
			fixed, kept = append(fixed, w.query()), append(kept, w)
		default:
			for _, s := range w.phrases[0] {
				if len(parts) < maxWords {
					parts = append(parts, word{phrases: [][]step{{{term: s.term, prefix: s.prefix}}}})
				}
			}
		}
	}
	n := len(parts)
	if n < 2 {
		return loose, "", false
	}
	var pairs []string
	for i := range parts {
		switch {
		case n == 2:
			pairs = append(pairs, parts[i].query())
		case i > 0:
			pairs = append(pairs, "("+parts[i-1].query()+" & "+parts[i].query()+")")
		}
	}
	loose.words = append(kept, parts...)
	return loose, strings.Join(append([]string{"(" + strings.Join(pairs, " | ") + ")"}, fixed...), " & "), true
}

// span is a piece of a text, in runes of its normal form.
type span struct{ from, to int }

// findSteps bounds what is compared in one text: a visitor may write ten thousand
// characters that begin like what is looked for, each of them. Beyond it a
// highlight is lost, never a hit.
const findSteps = 1 << 18

// find returns where the words stand in a text, and how many of them do.
func (m *match) find(runes []rune) (spans []span, hits int) {
	f := newFinder(runes)
	for i := range m.words {
		if m.words[i].not {
			continue
		}
		before := len(f.spans)
		for _, phrase := range m.words[i].phrases {
			f.phrase(phrase)
		}
		if len(f.spans) > before {
			hits++
		}
	}
	return f.spans, hits
}

// finder looks for phrases in the tokens of one text.
type finder struct {
	found  []token            // by place
	first  []int32            // of each place, the index of its first token; one more at the end
	places map[string][]int32 // the tokens of a term
	spans  []span
	steps  int // comparisons so far
}

func newFinder(runes []rune) *finder {
	found, next := tokens(runes, 0)
	slices.SortStableFunc(found, func(a, b token) int { return cmp.Compare(a.at, b.at) })
	f := &finder{found: found, first: make([]int32, next+1), places: map[string][]int32{}}
	at := 0
	for i := range found {
		for ; at <= found[i].at; at++ {
			f.first[at] = int32(i)
		}
		f.places[found[i].term] = append(f.places[found[i].term], int32(i))
	}
	for ; at < len(f.first); at++ {
		f.first[at] = int32(len(found))
	}
	return f
}

// phrase adds the spans where a phrase stands.
func (f *finder) phrase(phrase []step) {
	if !phrase[0].prefix {
		for _, i := range f.places[phrase[0].term] {
			f.begin(phrase, &f.found[i])
		}
		return
	}
	for i := range f.found {
		if f.is(&f.found[i], phrase[0]) {
			f.begin(phrase, &f.found[i])
		}
	}
}

// begin adds the span of a phrase whose first step stands at a token, if the others follow.
func (f *finder) begin(phrase []step, first *token) {
	s := span{first.start, first.end}
	for _, next := range phrase[1:] {
		t := f.standsAt(next, first.at+next.at-phrase[0].at)
		if t == nil {
			return
		}
		s.from, s.to = min(s.from, t.start), max(s.to, t.end)
	}
	f.spans = append(f.spans, s)
}

// standsAt returns a token that is the step, at one place.
func (f *finder) standsAt(s step, at int) *token {
	if at < 0 || at >= len(f.first)-1 {
		return nil
	}
	for i := f.first[at]; i < f.first[at+1]; i++ {
		if f.is(&f.found[i], s) {
			return &f.found[i]
		}
	}
	return nil
}

// is reports whether a token is what a step asks for. Nothing is, when too much was compared.
func (f *finder) is(t *token, s step) bool {
	if f.steps++; f.steps > findSteps {
		return false
	}
	return t.term == s.term || s.prefix && strings.HasPrefix(t.term, s.term)
}
