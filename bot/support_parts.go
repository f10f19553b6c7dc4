package bot

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// maxSentences bounds how much of a text is compared; a rewording of more is refused by its length.
const maxSentences = 60

var listMark = regexp.MustCompile(`(?m)^\s*(?:[-*+•]|[0-9]{1,2}[.)、])\s+`)

// sentences cuts at the ends of sentences and lines, without list marks.
func sentences(s string) []string {
	s = listMark.ReplaceAllString(strings.ReplaceAll(s, "**", ""), "")
	var out []string
	start := 0
	flush := func(end int) {
		if part := strings.TrimSpace(s[start:end]); text.HasWord(part) && len(out) < maxSentences {
			out = append(out, part)
		}
		start = end
	}
	for i, r := range s {
		end := i + utf8.RuneLen(max(r, 0))
		switch r {
		case '。', '！', '？', '；', '!', '?', ';', '\n':
			flush(end)
		case '.':
			if end == len(s) || s[end] == ' ' || s[end] == '\n' {
				flush(end)
			}
		}
	}
	flush(len(s))
	return out
}

var clauseBound = regexp.MustCompile(`[,，:：()（）]|\b(?:but|while|whereas)\b|而且|但是|但|并且|同时`)

// cut returns the normalised clauses of all sentences of s. What holds nothing
// telling goes with the clause before it.
func cut(s string) []string {
	var out []string
	for _, sentence := range sentences(s) {
		n := text.Normalize(sentence)
		start, fresh := 0, true
		add := func(part string) {
			part = strings.TrimSpace(part)
			switch {
			case part == "":
			case !fresh && len(tellingTerms(part)) < 2:
				out[len(out)-1] += " " + part
			default:
				out, fresh = append(out, part), false
			}
		}
		for _, at := range clauseBound.FindAllStringIndex(n, -1) {
			if at[0] > 0 && at[1] < len(n) && n[at[0]] == ',' && digit(n[at[0]-1]) && digit(n[at[1]]) { // 1,000
				continue
			}
			add(n[start:at[0]])
			start = at[1]
		}
		add(n[start:])
	}
	return out
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

// supportFillers are terms that carry no claim, beside those of questions.
const supportFillers = " will be been being just also then there here when than them they he she his her which these those such into about over up out off no yes please note once after before during per via we'll you'll i'll sure hi hello okay ok thanks thank happy glad help let know question ask order " +
	"的 了 是 在 有 和 与 及 或 也 就 都 会 可 能 要 请 您 你 我 们 这 那 其 为 于 对 将 把 被 由 从 到 等 后 前 中 上 下 里 时 个 一 不 "

// tellingTerms are the terms of s that carry what it claims: stems, codes, figures, pairs of Chinese characters.
func tellingTerms(s string) map[string]bool {
	set := map[string]bool{}
	for _, t := range text.Terms(s) {
		if filler(t) || strings.Contains(supportFillers, " "+t+" ") || utf8.RuneCountInString(t) < 2 && !digit(t[0]) {
			continue
		}
		set[t] = true
	}
	return set
}

// overlap is the share of terms that has has.
func overlap(terms, has map[string]bool) float64 {
	if len(terms) == 0 {
		return 1
	}
	n := 0
	for t := range terms {
		if has[t] {
			n++
		}
	}
	return float64(n) / float64(len(terms))
}

// covers is how much of what a clause claims a sentence of the source says: the
// share of its telling terms, and for Chinese the smaller of that, with leeway
// for pairs that only a changed order makes, and the share of its characters.
func covers(sentence, clause string) float64 {
	terms, has := tellingTerms(clause), termSet(sentence)
	if !text.HasCJK(clause) { // one new word is one new fact
		return math.Floor(overlap(terms, has))
	}
	chars, known := 0, 0
	for _, r := range text.Normalize(clause) {
		if !text.IsCJK(r) || strings.Contains(supportFillers, " "+string(r)+" ") {
			continue
		}
		chars++
		if has[string(r)] {
			known++
		}
	}
	single := 1.0
	if chars > 0 {
		single = float64(known) / float64(chars)
	}
	return min(single, overlap(terms, has)+orderLeeway)
}

// orderLeeway is how many of a clause's pairs of characters may be new because parts of it changed places.
const orderLeeway = 0.3

// nearestSentence returns the sentence of the source that covers the clause best, and how well.
func nearestSentence(clause string, from []string) (near string, share float64) {
	for _, f := range from {
		if v := covers(f, clause); v > share {
			near, share = f, v
		}
	}
	return near, share
}

// nearestClause returns the clause of a sentence that shares most with the given
// one, figures aside: those are what is compared. Ties go to the one whose length is nearer.
func nearestClause(clause, sentence string) string {
	terms := withoutFigures(tellingTerms(clause))
	best, most := text.Normalize(sentence), 0.0
	for _, f := range cut(sentence) {
		has := tellingTerms(f)
		both := 0.0
		for t := range terms {
			if has[t] {
				both++
			}
		}
		if v := 2 * both / float64(len(terms)+len(withoutFigures(has))+1); v > most {
			best, most = f, v
		}
	}
	return best
}

// turned reports that a clause affirms what the sentence only denies, or denies
// what it only affirms: 可以恢复 of 积分清零，不可恢复.
func turned(clause, sentence string) bool {
	denies := denialsIn(clause) > 0
	parts := cut(sentence)
	agree := false
	for t := range withoutFigures(tellingTerms(clause)) {
		same, other := 0, 0
		for _, p := range parts {
			if !termSet(p)[t] {
				continue
			}
			if (denialsIn(p) > 0) == denies {
				same++
			} else {
				other++
			}
		}
		if !denies && same == 0 && other > 0 {
			return true
		}
		agree = agree || same > 0
	}
	return denies && !agree
}

func withoutFigures(terms map[string]bool) map[string]bool {
	out := map[string]bool{}
	for t := range terms {
		if strings.Trim(t, "0123456789.,:%") != "" {
			out[t] = true
		}
	}
	return out
}

// anchors are what is bound to what is said of it: figures and codes.
func anchors(sentence string) map[string]bool {
	out := map[string]bool{}
	n := strings.ReplaceAll(text.Normalize(sentence), ",", "")
	for _, f := range figure.FindAllString(n, -1) {
		out[f] = true
	}
	for _, c := range mixedCode.FindAllString(n, -1) {
		out[c] = true
	}
	return out
}

// places are words that place a thing in time or order: one that the source's own clause does not have makes it another claim.
var places = regexp.MustCompile(`\b(?:before|after|until|since|during|within|over|under|above|below|from|instead|without|except|unless|only)\b|前|后|内|外|以上|以下|满|不满|只|仅|除|起|止`)

// placed returns a word of that kind which clause has and source has not; "" if there is none.
func placed(clause, source string) string {
	has := places.FindAllString(source, -1)
	for _, w := range places.FindAllString(clause, -1) {
		if !slices.Contains(has, w) {
			return w
		}
	}
	return ""
}

// The bounds that a quantity may stand under: they are part of what is said.
var (
	atMost    = regexp.MustCompile(`(?:\bwithin|\bup to|\bat most|\bno more than|\bnot more than|\bno later than|\bless than|\bunder|\bbelow|\bmaximum(?: of)?|不超过|不多于|最多|至多|少于|低于|不满) ?$`)
	atMostZH  = regexp.MustCompile(`^ ?(?:以内|之内|内|以下)`)
	atLeast   = regexp.MustCompile(`(?:\bat least|\bmore than|\bover|\babove|\bminimum(?: of)?|\bfrom|\bno less than|至少|超过|最少|不少于|高于|满) ?$`)
	atLeastZH = regexp.MustCompile(`^ ?(?:以上|起|\+)`)
	approx    = regexp.MustCompile(`(?:\babout|\baround|\bapproximately|\broughly|约|大约|大概) ?$`)
	working   = regexp.MustCompile(`工作日|working|business`)
)

// bound names how a quantity is limited: "<", ">" or "".
func bound(s string, at, end int) string {
	before, after := s[max(0, at-24):at], s[end:]
	switch {
	case atMost.MatchString(before), atMostZH.MatchString(after):
		return "<"
	case atLeast.MatchString(before), atLeastZH.MatchString(after):
		return ">"
	}
	return ""
}

type amount struct {
	text.Quantity
	bound   string
	working bool
}

func (s *support) amounts(normal string) []amount {
	var out []amount
	for _, q := range s.quantities.Find(normal) {
		if approx.MatchString(normal[max(0, q.At-16):q.At]) {
			continue // a figure that is not exact binds nobody
		}
		b := bound(normal, q.At, q.End)
		out = append(out, amount{q, b, working.MatchString(normal[q.At:min(len(normal), q.End+18)])})
	}
	return out
}

// newQuantity returns an amount of out that the source has nowhere, or has under
// another bound only, or in other days.
func (s *support) newQuantity(source, out string) string {
	var has []amount
	for _, part := range sentences(source) {
		has = append(has, s.amounts(part)...)
	}
	for _, part := range sentences(out) {
		for _, a := range s.amounts(part) {
			if !slices.ContainsFunc(has, func(h amount) bool { return a.is(h) }) {
				return part[a.At:a.End]
			}
		}
	}
	return ""
}

// is reports that both say the same amount under the same bound; a bound may be
// taken from "at most" to none by "in", as in "within 7 days" and "in 7 days".
func (a amount) is(h amount) bool {
	return a.Unit == h.Unit && a.Value == h.Value && a.working == h.working && (a.bound == h.bound || a.bound == "" && h.bound == "<" && a.Unit == "time")
}

// otherAmount reports that a clause names amounts that could stand in the other clause, and none does.
func (s *support) otherAmount(clause, source string) bool {
	has := s.amounts(source)
	for _, a := range s.amounts(clause) {
		comparable, same := false, false
		for _, h := range has {
			comparable = comparable || a.Comparable(h.Quantity)
			same = same || a.Value == h.Value && a.Unit == h.Unit
		}
		if comparable && !same {
			return true
		}
	}
	return false
}
