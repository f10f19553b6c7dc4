package kb

import (
	"regexp"
	"slices"
	"strings"

	"frontdesk/internal/text"
)

// Twins tells questions apart that look alike to an encoder but must not be taken
// for one: other codes, numbers and amounts, opposites, a request and its denial.
// It knows no knowledge base, so every code and number counts, except those that
// are a visitor's own (an order, a telephone). Make one with [NewTwins]; it is safe
// for concurrent use.
type Twins struct{ quantities *text.Quantities }

// NewTwins returns the comparison.
func NewTwins() *Twins { return &Twins{quantities: text.NewQuantities()} }

var (
	// ownNumber is a number that names a visitor's own matter: six digits or more, letters among them.
	ownNumber = regexp.MustCompile(`\b[a-z]{0,4}[-#]?[0-9][0-9-]{4,}[0-9][a-z0-9]*\b`)
	// bareNumber is a short number without a unit: error 404, floor 3.
	bareNumber = regexp.MustCompile(`\b[0-9]{1,5}\b`)
)

// Masked returns the normalised question without the numbers that are the
// visitor's own, which say nothing about what is asked.
func Masked(question string) string {
	return strings.Join(strings.Fields(ownNumber.ReplaceAllString(question, " ")), " ")
}

// Apart reports whether two normalised questions must not be taken for one.
func (t *Twins) Apart(a, b string) bool {
	a, b = Masked(a), Masked(b)
	if hasDigit(a) && hasDigit(b) || t.amounts(a, b) {
		if t.codes(a, b) || t.amounts(a, b) || t.numbers(a, b) {
			return true
		}
	}
	if da, db := directionOf(a), directionOf(b); da != "" && db != "" && da != db {
		return true
	}
	for _, pair := range opposites() {
		if turns(a, b, pair[0], pair[1]) || turns(a, b, pair[1], pair[0]) {
			return true
		}
	}
	return deniesWhatItAsks(a, b) || deniesWhatItAsks(b, a)
}

// turns reports whether a says only w and b only its opposite, neither of them denied.
func turns(a, b, w, opposite string) bool {
	return says(a, w) && !says(a, opposite) && says(b, opposite) && !says(b, w) && !negated(a, w) && !negated(b, opposite)
}

// codes reports whether both name product codes, and none in common.
func (t *Twins) codes(a, b string) bool {
	return disjoint(namedCodes(a), namedCodes(b))
}

func namedCodes(s string) []string {
	codes := codesOf(text.Terms(s))
	for _, m := range codeApart.FindAllStringSubmatch(s, 8) {
		codes = append(codes, m[1]+m[2])
	}
	return codes
}

// amounts reports whether both name amounts of one kind, and none the same.
func (t *Twins) amounts(a, b string) bool {
	as, bs := t.quantities.Find(a), t.quantities.Find(b)
	for _, x := range as {
		if elapsed(a, x) {
			continue
		}
		comparable, same := false, false
		for _, y := range bs {
			if elapsed(b, y) {
				continue
			}
			comparable, same = comparable || x.Comparable(y), same || x.Same(y)
		}
		if comparable && !same {
			return true
		}
	}
	return false
}

// numbers reports whether both name numbers without a unit, and none in common.
func (t *Twins) numbers(a, b string) bool {
	return disjoint(t.bare(a), t.bare(b))
}

func (t *Twins) bare(s string) []string {
	for _, q := range slices.Backward(t.quantities.Find(s)) { // those have been compared by their units
		s = s[:q.At] + " " + s[q.End:]
	}
	return bareNumber.FindAllString(s, 8)
}

// disjoint reports whether both have elements, and none in common.
func disjoint(a, b []string) bool {
	return len(a) > 0 && len(b) > 0 && !slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
