package kb

import (
	"net/url"
	"regexp"
	"strings"
)

// linkPattern is a Markdown link or image as far as it is well formed.
var linkPattern = regexp.MustCompile(`!?\[([^\]\n]*)\]\(([^)\n]*)\)`)

// brokenLink is the beginning of a link that ends nowhere, or an address that misses a sign: [text](address without an
// end, [text] (address), http:/example, https//example, http:///, ](address) without a text.
var brokenLink = regexp.MustCompile(`\[[^\]\n]*\]\([^)\n]*$|\[[^\]\n]*\][ \t]+\((?:https?:|/|www\.)|\bhttps?:/[^/]|\bhttps?//|\bhttps?:///|(?:^|\s)\]\(`)

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
		if found := brokenLink.FindString(line); found != "" {
			l.warn(Warning{Code: WarnLink, Field: "answer", Excerpt: strings.TrimSpace(found)})
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
