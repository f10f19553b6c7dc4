package bot

import (
	"regexp"
	"slices"

	"frontdesk/internal/text"
)

var (
	codeShape = regexp.MustCompile(`^[a-z]{1,4}[0-9]{1,5}[a-z]?$`)
	figures   = regexp.MustCompile(`[0-9]+(?:[.,][0-9]+)*`)
)

// otherMatter reports that two questions name different things: codes or
// figures, none of which they share, or one says the opposite of the other. A
// vector cannot tell TH01 from TH02, nor opening an account from closing one.
func otherMatter(a, b string) bool {
	if x, y := codesIn(a), codesIn(b); len(x) > 0 && len(y) > 0 && !common(x, y) {
		return true
	}
	if x, y := figures.FindAllString(a, -1), figures.FindAllString(b, -1); len(x) > 0 && len(y) > 0 && !common(x, y) {
		return true
	}
	return opposed(a, b)
}

func codesIn(s string) []string {
	return slices.DeleteFunc(text.Terms(s), func(t string) bool { return !codeShape.MatchString(t) })
}

func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
