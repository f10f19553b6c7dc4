package kb

import (
	"regexp"
	"slices"
	"strings"

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

// codesIn returns the codes that a normalised text names: what looks like one, and
// what the site's list has.
func (v *vocabulary) codesIn(s string) []string {
	codes := codesOf(text.TermsOf(s))
	for _, c := range v.list.codesIn(s) {
		if !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	return codes
}

// codeApart is a code typed in two, or two other words: th 01, top 10.
var codeApart = regexp.MustCompile(`\b([a-z]{1,4}) ([0-9]{1,5}[a-z]?)\b`)

// collectCodes returns the codes that each article names in its questions and
// titles; what an answer mentions beside does not count. "th 01" counts where the
// code is written in one somewhere.
func collectCodes(variants []Variant, words *vocabulary) map[string]map[string]bool {
	found, all := map[string]map[string]bool{}, map[string]bool{}
	add := func(article, code string) {
		if found[article] == nil {
			found[article] = map[string]bool{}
		}
		found[article][code], all[code] = true, true
	}
	var apart []int
	for i, v := range variants {
		if v.Kind == KindPassage {
			continue
		}
		for _, code := range words.list.codesIn(v.Content) {
			add(v.Article, code)
			words.codes[code] = struct{}{}
		}
		if !hasDigit(v.Content) {
			continue
		}
		for _, code := range codesOf(text.TermsOf(v.Content)) {
			add(v.Article, code)
		}
		if codeApart.MatchString(v.Content) {
			apart = append(apart, i)
		}
	}
	for _, i := range apart {
		for _, m := range codeApart.FindAllStringSubmatch(variants[i].Content, -1) {
			if all[m[1]+m[2]] {
				add(variants[i].Article, m[1]+m[2])
			}
		}
	}
	return found
}

// otherCode reports whether the article names codes, but none of asked; and
// whether it names none where asked holds a sister of the codes known here (TH03 beside
// TH01 and TH02) or a listed code, of which nobody here knows.
func (s *siteStats) otherCode(article string, asked []string) bool {
	if len(asked) == 0 {
		return false
	}
	names := s.codes[article]
	if len(names) == 0 {
		return s.words.stranger(asked)
	}
	for _, code := range asked {
		if names[code] {
			return false
		}
	}
	return true
}

// stranger reports whether codes are unknown to the site, all of them, and one
// of them is listed or named like those that it knows: the same letters with other figures.
func (v *vocabulary) stranger(codes []string) bool {
	sister := false
	for _, c := range codes {
		if _, known := v.codes[c]; known {
			return false
		}
		_, ok := v.series[strings.TrimRight(c, "0123456789")]
		sister = sister || ok || v.list.has(c)
	}
	return sister
}
