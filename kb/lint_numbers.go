package kb

import (
	"fmt"
	"slices"
	"strings"

	"frontdesk/internal/text"
)

// claim is a sentence of an answer with the quantities that it names.
type claim struct {
	sentence   string // as it stands
	masked     string // normalised, numbers and units taken out
	quantities []text.Quantity
}

// claims returns the sentences of an answer that name quantities with a unit.
// Places in a list ("1." to "9.") and bare numbers are none: nothing says what they count.
func (l *linter) claims(answer string) []claim {
	var out []claim
	for _, s := range sentences(answer) {
		for _, part := range clauses(s) {
			n := text.Normalize(part)
			var c claim
			at := 0
			var masked strings.Builder
			for _, q := range l.quantities.Find(n) {
				if q.Unit == "" || q.Unit == "turn" || ordinal(n, q.At) || indefinite(n[q.At:q.End]) {
					continue
				}
				c.quantities = append(c.quantities, q)
				masked.WriteString(n[at:q.At])
				at = q.End
			}
			if len(c.quantities) == 0 {
				continue
			}
			masked.WriteString(n[at:])
			c.sentence, c.masked = strings.TrimSpace(part), strings.Join(strings.Fields(masked.String()), " ")
			out = append(out, c)
		}
	}
	return out
}

// hollow reports whether c says too little to be compared: 约 12 个月.
func (c claim) hollow() bool {
	n := len([]rune(text.Key(c.masked)))
	if text.HasCJK(c.masked) {
		return n < leastHan
	}
	return n < leastLatin
}

// ordinal reports whether the number at i is a place in an order: 第二天.
func ordinal(s string, i int) bool { return strings.HasSuffix(s[:i], "第") }

// indefinite reports whether a quantity is rather an article: "a second device", "once a month".
func indefinite(s string) bool {
	return strings.HasPrefix(s, "a ") || strings.HasPrefix(s, "an ") || strings.HasPrefix(s, "a-")
}

// numbersOf returns every number that a text names, whatever it counts.
func (l *linter) numbersOf(answer string) map[float64]bool {
	out := map[float64]bool{}
	for _, s := range sentences(answer) {
		for _, q := range l.quantities.Find(text.Normalize(s)) {
			out[q.Number], out[q.Value] = true, true
		}
	}
	return out
}

// sameCodes reports whether two articles are about the same products, as far as their titles and questions name any.
func sameCodes(a, b Article) bool {
	codes := func(a Article) []string {
		found := codesOf(text.Terms(text.Normalize(a.Title)))
		for _, q := range a.Questions {
			found = append(found, codesOf(text.Terms(text.Normalize(q)))...)
		}
		slices.Sort(found)
		return slices.Compact(found)
	}
	return slices.Equal(codes(a), codes(b))
}

// clauses splits a sentence where a new thing is said of, so that two numbers in it do not stand for each other.
func clauses(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("，；;：、", r) })
}

// maxClaims bounds the pairs of sentences that are compared.
const maxClaims = 40

// How much two sentences must say the same, numbers aside, for their numbers to contradict each other: half what their
// vectors say and half how many character groups they share, each alone is fooled too easily. Of two articles that
// are asked for alike less suffices. A few words say nothing.
const (
	alikeClaims = 0.6
	alikeNear   = 0.5 // where nearQuestions holds
	leastHan    = 6   // Chinese characters
	leastLatin  = 12  // letters
)

func (l *linter) numbers() {
	own := l.claims(l.a.Answer)
	own = own[:min(len(own), maxClaims)]
	for _, t := range l.f.Translations {
		if t.ID == l.a.ID && t.Locale != l.a.Locale && t.Answer != "" {
			l.translated(own, t)
		}
	}
	alike := l.f.Alike
	if alike == nil {
		alike = Overlap
	}
	for _, n := range l.f.Neighbours {
		if n.ID == l.a.ID {
			continue
		}
		if !sameCodes(l.a, n.Article) {
			continue // what holds for one product says nothing of another
		}
		theirs := l.claims(n.Answer)
		theirs = theirs[:min(len(theirs), maxClaims)]
		said := map[string]bool{}
		for _, a := range own {
			for _, b := range theirs {
				if !contradict(a, b) || said[a.sentence] || a.hollow() || b.hollow() {
					continue
				}
				least := alikeClaims
				if n.Near >= nearQuestions {
					least = alikeNear
				}
				score := (alike(a.masked, b.masked) + Overlap(a.masked, b.masked)) / 2
				if score < least {
					continue
				}
				said[a.sentence] = true
				l.warn(Warning{Code: WarnNumbers, Field: "answer", Excerpt: a.sentence, Article: n.ID, Locale: n.Locale, Other: b.sentence})
			}
		}
	}
}

// contradict reports whether two sentences name quantities of one unit, and none of it the same.
func contradict(a, b claim) bool {
	shared := false
	for _, x := range a.quantities {
		for _, y := range b.quantities {
			if x.Unit != y.Unit {
				continue
			}
			if sameAmount(x, y) {
				return false
			}
			shared = true
		}
	}
	return shared
}

// sameAmount reports whether two quantities are the same, a month as 30 days and a year as 365.
func sameAmount(x, y text.Quantity) bool {
	if x.Unit == y.Unit {
		return x.Value == y.Value
	}
	if x.Unit == "month" {
		x, y = y, x
	}
	if x.Unit != "time" || y.Unit != "month" {
		return x.Same(y)
	}
	return x.Value == y.Value*30*24 || (int(y.Value)%12 == 0 && x.Value == y.Value/12*365*24)
}

// translated compares the amounts of a translation with those of the article: of a
// unit that both name, each amount of one must be one of the other.
func (l *linter) translated(own []claim, t Article) {
	mine, theirs := amounts(own), amounts(l.claims(t.Answer))
	missing := func(of, in []namedAmount, numbers map[float64]bool) (out []namedAmount) {
		for _, x := range of {
			// "100、200 or 500 元" names the unit once: the bare number is enough.
			if numbers[x.Number] || numbers[x.Value] {
				continue
			}
			if !slices.ContainsFunc(in, func(y namedAmount) bool { return sameAmount(x.Quantity, y.Quantity) }) {
				out = append(out, x)
			}
		}
		return out
	}
	sameUnit := func(in []namedAmount, unit string) int {
		return slices.IndexFunc(in, func(y namedAmount) bool { return y.Unit == unit })
	}
	onlyMine, onlyTheirs := missing(mine, theirs, l.numbersOf(t.Answer)), missing(theirs, mine, l.numbersOf(l.a.Answer))
	for _, x := range onlyMine {
		at := sameUnit(onlyTheirs, x.Unit)
		other := ""
		if at >= 0 {
			other = onlyTheirs[at].sentence
			onlyTheirs = slices.Delete(onlyTheirs, at, at+1)
		} else if at = sameUnit(theirs, x.Unit); at >= 0 {
			other = theirs[at].sentence
		} else {
			continue
		}
		l.warn(Warning{Code: WarnTranslation, Field: "answer", Excerpt: x.sentence, Article: t.ID, Locale: t.Locale, Other: other})
	}
	for _, y := range onlyTheirs {
		if at := sameUnit(mine, y.Unit); at >= 0 {
			l.warn(Warning{Code: WarnTranslation, Field: "answer", Excerpt: mine[at].sentence, Article: t.ID, Locale: t.Locale, Other: y.sentence})
		}
	}
}

// namedAmount is a quantity with the sentence that names it.
type namedAmount struct {
	text.Quantity

	sentence string
}

func amounts(claims []claim) []namedAmount {
	var out []namedAmount
	seen := map[string]bool{}
	for _, c := range claims {
		for _, q := range c.quantities {
			if key := fmt.Sprint(q.Unit, q.Value); !seen[key] {
				seen[key] = true
				out = append(out, namedAmount{q, c.sentence})
			}
		}
	}
	return out
}
