package kb

import (
	"net/url"
	"regexp"
	"strings"
)

// linkPattern is a Markdown link or image as far as it is well formed.
var linkPattern = regexp.MustCompile(`!?\[([^\]\n]*)\]\(([^)\n]*)\)`)

// brokenLinks are the beginnings of links that end nowhere, and addresses that miss a sign.
var brokenLinks = []*regexp.Regexp{
	regexp.MustCompile(`\[[^\]\n]*\]\([^)\n]*$`),                  // [text](address without an end
	regexp.MustCompile(`\[[^\]\n]*\][ \t]+\((?:https?:|/|www\.)`), // [text] (address)
	regexp.MustCompile(`\bhttps?:/[^/]`),                          // http:/example
	regexp.MustCompile(`\bhttps?//`),                              // https//example
	regexp.MustCompile(`\bhttps?:///`),
	regexp.MustCompile(`(?:^|\s)\]\(`), // ](address) without a text
}

// links looks for links that cannot work as they are written. Whether the page is there is not asked.
func (l *linter) links() {
	rest := l.a.Answer
	for _, m := range linkPattern.FindAllStringSubmatch(l.a.Answer, -1) {
		if !workingLink(m[1], m[2], strings.HasPrefix(m[0], "!")) {
			l.warn(Warning{Code: WarnLink, Field: "answer", Excerpt: m[0]})
		}
		rest = strings.Replace(rest, m[0], " ", 1)
	}
	for line := range strings.SplitSeq(rest, "\n") {
		for _, p := range brokenLinks {
			if found := p.FindString(line); found != "" {
				l.warn(Warning{Code: WarnLink, Field: "answer", Excerpt: strings.TrimSpace(found)})
				break
			}
		}
	}
}

// workingLink reports whether a link has a text, and an address that a browser opens.
func workingLink(label, address string, image bool) bool {
	address = strings.TrimSpace(address)
	if i := strings.IndexAny(address, " \t"); i > 0 { // a title after the address
		title := strings.TrimSpace(address[i:])
		if len(title) < 2 || !strings.ContainsRune(`"'(`, rune(title[0])) {
			return false
		}
		address = address[:i]
	}
	if address == "" || (strings.TrimSpace(label) == "" && !image) {
		return false
	}
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "http", "https":
		return u.Host != "" && (strings.Contains(u.Hostname(), ".") || u.Hostname() == "localhost" || strings.Contains(u.Host, ":"))
	case "mailto", "tel":
		return u.Opaque != ""
	case "":
		return strings.HasPrefix(address, "/") || strings.HasPrefix(address, "#")
	}
	return false
}
