package kb

import (
	"regexp"

	"frontdesk/internal/text"
)

// Product codes are names: an article about TH01 does not answer for TH02, in
// whatever words, and none answers for a TH03 that no article knows.
const (
	// factorOtherCode is what remains of the score of an article that names codes, but none of the question's.
	factorOtherCode = 0.4
	// maxConfidenceOtherCode is the most that such an article, in first place, is trusted with:
	// enough to ask back, not to answer.
	maxConfidenceOtherCode = 0.4
)

// codePattern is a product code as a term of package text has it: letters, then digits (th02, kt200, hp30).
var codePattern = regexp.MustCompile(`^[a-z]{1,4}[0-9]{1,5}[a-z]?$`)

// codesOf returns the codes among terms.
func codesOf(terms []string) []string {
	var codes []string
	for _, t := range terms {
		if codePattern.MatchString(t) {
			codes = append(codes, t)
		}
	}
	return codes
}

// collectCodes returns the codes that each article names in its questions and
// titles; what an answer mentions beside does not count.
func collectCodes(variants []Variant) map[string]map[string]bool {
	found := map[string]map[string]bool{}
	for _, v := range variants {
		if v.Kind == KindPassage {
			continue
		}
		for _, code := range codesOf(text.Terms(v.Content)) {
			if found[v.Article] == nil {
				found[v.Article] = map[string]bool{}
			}
			found[v.Article][code] = true
		}
	}
	return found
}

// otherCode reports whether the article names codes, but none of asked.
func (s *siteStats) otherCode(article string, asked []string) bool {
	names := s.codes[article]
	if len(asked) == 0 || len(names) == 0 {
		return false
	}
	for _, code := range asked {
		if names[code] {
			return false
		}
	}
	return true
}
