package bot

import (
	"regexp"
	"strings"
)

// productCode is a code as people type it: th01, TH-02, kt 200.
var productCode = regexp.MustCompile(`(?i)\b[a-z]{1,4}[- ]?[0-9]{1,5}[a-z]?\b`)

// besideCode is what may stand around a code in a message that only puts another
// one in the place of the last question's: 那TH02呢, and the TH02?
var besideCode = regexp.MustCompile(`(?i)那么?|还有|换成|如果是|要是|的话|呢|呀|吗|[?？,，.。!！\s]|\b(?:and|or|what|how|about|for|the|a|if|it|is|it's|with|then)\b`)

// inItsPlace returns the question before with the code that this message names in
// place of its own; ok is false if the message says more than a code, or the
// question before had not exactly one, or the same.
func inItsPlace(before, message string) (question string, ok bool) {
	now, was := productCode.FindAllString(message, 2), productCode.FindAllString(before, 2)
	if len(now) != 1 || len(was) != 1 || strings.EqualFold(now[0], was[0]) {
		return "", false
	}
	if besideCode.ReplaceAllString(strings.Replace(message, now[0], "", 1), "") != "" {
		return "", false
	}
	return strings.Replace(before, was[0], now[0], 1), true
}
