package bot

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// What stands where personal data stood. Agents fill it in; a test keeps the
// console's list equal.
const (
	blankEmail  = "[e-mail]"
	blankPhone  = "[phone]"
	blankNumber = "[number]"
	blankLink   = "[link]"
	blankName   = "[name]"
)

func hasBlank(s string) bool {
	for _, b := range []string{blankEmail, blankPhone, blankNumber, blankLink, blankName} {
		if strings.Contains(s, b) {
			return true
		}
	}
	return false
}

// scrubber takes personal data out of texts that are kept: addresses, telephone,
// order, card and identity numbers, links that carry keys, and the contact's
// name. It would rather take too much. Make it once.
type scrubber struct {
	email, link, phone, code, digits, called *regexp.Regexp
}

func newScrubber() scrubber {
	return scrubber{
		email: regexp.MustCompile(`(?i)[\p{L}0-9._%+'-]+\s?(?:@|＠|\(at\)|\[at\]|\s+at\s+(?:gmail|outlook|hotmail|yahoo|qq|163)\s+dot)\s?[\p{L}0-9.-]+(?:\.\p{L}{2,})?`),
		// Anything with a query, a fragment or a long path may name an order or sign somebody in.
		link:  regexp.MustCompile(`(?i)\bhttps?://[^\s<>"'）)]+[?#][^\s<>"'）)]*|\bhttps?://[^\s<>"'）)]*[0-9]{5,}[^\s<>"'）)]*`),
		phone: regexp.MustCompile(`(?:\+|00)[0-9][0-9 ()./-]{6,18}[0-9]|\(?\b0[0-9]{1,4}\)?[ ./-]?[0-9]{3,4}[ ./-]?[0-9]{3,5}\b|\b1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}\b|\b[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{4}\b`),
		// Letters and digits mixed, of six signs or more with at least three digits: FD20261121, 1Z999AA10123456784, AB-12345.
		code:   regexp.MustCompile(`(?i)(?:#|№|no\.? ?)?[a-z0-9]+(?:[-_/][a-z0-9]+)*`),
		digits: regexp.MustCompile(`[0-9](?:[ -]?[0-9]){5,}`),
		// 我叫张伟, 我是李雷, my name is Jane Doe, I'm called …
		called: regexp.MustCompile(`((?:我叫|我的名字(?:是|叫)|我姓|收件人(?:是|：|:)?|联系人(?:是|：|:)?|姓名(?:是|：|:)?)\s?)([\p{Han}]{1,4}|[A-Za-z]+(?: [A-Za-z]+){0,2})|(?i:(my name is|i am called|this is mr\.?|this is mrs\.?|this is ms\.?|dear mr\.?|dear mrs\.?|dear ms\.?|dear) )([A-Z][\p{L}'-]+(?: [A-Z][\p{L}'-]+){0,2})`),
	}
}

// clean returns s without personal data; names are those of the people in the conversation.
func (c scrubber) clean(s string, names ...string) string {
	s = c.email.ReplaceAllString(s, blankEmail)
	s = c.link.ReplaceAllString(s, blankLink)
	s = c.called.ReplaceAllString(s, "${1}${3} "+blankName)
	for _, n := range names {
		s = withoutName(s, n)
	}
	s = c.phone.ReplaceAllStringFunc(s, func(m string) string {
		if digitsIn(m) < 7 || date(m) {
			return m
		}
		return blankPhone
	})
	s = c.digits.ReplaceAllStringFunc(s, func(m string) string {
		if date(m) {
			return m
		}
		return blankNumber
	})
	return c.code.ReplaceAllStringFunc(s, func(m string) string {
		n := digitsIn(m)
		if n < 3 || utf8.RuneCountInString(m) < 6 || date(m) || (n == len(m) && n < 6) || measure(m) {
			return m
		}
		return blankNumber
	})
}

// datePattern and measurePattern are what may look like a number of somebody's and is none.
var (
	datePattern    = regexp.MustCompile(`^(?:19|20)[0-9]{2}[-/.](?:0?[1-9]|1[0-2])(?:[-/.](?:0?[1-9]|[12][0-9]|3[01]))?$`)
	measurePattern = regexp.MustCompile(`(?i)^[0-9]+(?:[a-z]{1,3})?(?:[-/][0-9]+)?(?:ml|kg|mah|gb|mb|hz|mm|cm|km|days?|hours?|mins?|minutes?|usd|rmb|cny|eur|gbp)$`)
)

func date(s string) bool { return datePattern.MatchString(s) }

func measure(s string) bool { return measurePattern.MatchString(s) }

func digitsIn(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// withoutName blanks a person's name, and of a name of several words each one
// that is long enough not to be a word by chance.
func withoutName(s, name string) string {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) < 2 {
		return s
	}
	parts := append([]string{name}, strings.Fields(name)...)
	for _, p := range parts {
		least := 3
		if text.HasCJK(p) {
			least = 2
		}
		if utf8.RuneCountInString(p) < least {
			continue
		}
		pattern := `(?i)` + regexp.QuoteMeta(p)
		if !text.HasCJK(p) {
			pattern = `(?i)\b` + regexp.QuoteMeta(p) + `\b`
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			continue
		}
		s = re.ReplaceAllLiteralString(s, blankName)
	}
	return s
}
