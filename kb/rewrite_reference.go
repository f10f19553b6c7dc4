package kb

import (
	"regexp"
	"strings"
	"unicode"

	"frontdesk/internal/text"
)

// reference is an order, parcel or telephone number as a normalised text has it: six
// digits or more, perhaps with a prefix (sf1234567890, #12345678). It names a thing
// of the visitor's own, of which no article can know, and would only move the
// ranking: "我的订单12345678到哪了" asks what "我的订单到哪了" asks.
var reference = regexp.MustCompile(`(?:#|no\.? ?)?\b[a-z]{0,4}-?[0-9]{6,}(?:-[0-9]+)*\b`)

// measured are the words after a number that make it an amount; a round number is
// one too.
const measured = "元块毛角万千百亿个件次天年月日号点度米克升瓦伏人岁页字倍折%"

// referenced takes numbers out that nothing here knows. A question that is nothing
// else stays as it is.
func (w *writer) referenced() {
	s := w.current()
	found := reference.FindAllStringIndex(s, 8)
	if len(found) == 0 {
		return
	}
	var kept strings.Builder
	from := 0
	for _, at := range found {
		if next, _ := decode(s[at[1]:]); at[1] < len(s) && strings.ContainsRune(measured, next) || strings.HasSuffix(s[:at[1]], "000") || w.hasNumber(s[at[0]:at[1]]) { // an amount, or one of ours
			continue
		}
		kept.WriteString(strings.TrimRight(s[from:at[0]], " "))
		from = len(s) - len(strings.TrimLeft(s[at[1]:], " "))
		if next, _ := decode(s[from:]); unicode.IsLetter(next) && !text.IsCJK(next) {
			kept.WriteByte(' ')
		}
	}
	kept.WriteString(s[from:])
	if left := strings.TrimSpace(kept.String()); from > 0 && content(left) > 0 {
		w.text = left
	}
}

// hasNumber reports whether some text of the site's holds the number.
func (w *writer) hasNumber(s string) bool {
	for _, term := range text.TermsOf(s) {
		if letters(term) {
			continue
		}
		for _, df := range w.df {
			if df[term] > 0 {
				return true
			}
		}
	}
	return false
}
