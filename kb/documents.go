package kb

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	pathpkg "path"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// leastSection is how many characters a section needs to become an article:
// shorter ones are labels, not answers.
const leastSection = 20

// addDocument makes drafts of a document's sections: the heading becomes title
// and first question, what stands under it the answer. The text of a document is
// only ever text: nothing in it is obeyed, and a curator reads it before anybody is told it.
func (c *collector) addDocument(d Document) {
	title := oneLine(d.Title)
	if title == "" {
		title = oneLine(strings.TrimSuffix(pathpkg.Base(d.Source), pathpkg.Ext(d.Source)))
	}
	locale := d.Locale
	if locale != text.Chinese && locale != text.English {
		var all strings.Builder
		for _, s := range d.Sections[:min(len(d.Sections), 50)] {
			all.WriteString(s.Text)
		}
		locale = mostly(title + all.String())
	}
	keys := map[string]int{}
	for _, s := range d.Sections {
		body := strings.TrimSpace(cleanText(s.Text))
		if utf8.RuneCountInString(body) < leastSection {
			continue
		}
		heads := make([]string, 0, len(s.Path))
		for _, h := range s.Path {
			if h = oneLine(h); h != "" {
				heads = append(heads, h)
			}
		}
		key := d.Source + "\x00" + strings.Join(heads, "\x00")
		keys[key]++
		parts := cutText(body, MaxAnswerRunes-700) // the source's line goes under it
		for i, part := range parts {
			a := Article{Locale: locale, Answer: part + sourceLine(d, s, title)}
			a.Title, a.Questions = questionsOf(heads, title, i)
			a.ID = documentID(d.Source, a.Title, fmt.Sprintf("%s\x00%d\x00%d", key, keys[key], i))
			c.add(strings.Trim(d.Source+", "+s.Where, ", "), a, 0)
		}
	}
}

// questionsOf derives a title and what a visitor may ask from the headings above a section.
func questionsOf(heads []string, title string, part int) (string, []string) {
	name := title
	if len(heads) > 0 {
		name = heads[len(heads)-1]
	}
	questions := []string{name}
	for _, above := range append([]string{title}, heads[:max(0, len(heads)-1)]...) {
		if above != "" && !strings.Contains(strings.ToLower(name), strings.ToLower(above)) {
			questions = append(questions, above+" "+name)
		}
	}
	if part > 0 {
		suffix := fmt.Sprintf(" (%d)", part+1)
		name = cutRunes(name, MaxTitleRunes-len(suffix)) + suffix
		for i := range questions {
			questions[i] = cutRunes(questions[i], MaxQuestionRunes-len(suffix)) + suffix
		}
	}
	for i := range questions {
		questions[i] = cutRunes(questions[i], MaxQuestionRunes)
	}
	return cutRunes(name, MaxTitleRunes), slices.Compact(questions)
}

// documentID is the same whenever the same section is read again.
func documentID(source, title, key string) string {
	sum := sha256.Sum256([]byte(key))
	stem := slug(title)
	if stem == "" {
		stem = slug(strings.TrimSuffix(pathpkg.Base(source), pathpkg.Ext(source)))
	}
	if stem == "" {
		stem = "document"
	}
	return stem + "-" + hex.EncodeToString(sum[:5])
}

// slug keeps the letters and digits of ASCII.
func slug(s string) string {
	var out strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			out.WriteRune(r)
		case out.Len() > 0 && !strings.HasSuffix(out.String(), "-"):
			out.WriteByte('-')
		}
		if out.Len() >= 48 {
			break
		}
	}
	return strings.Trim(out.String(), "-")
}

// sourceLine leads back to the page that a section was read from.
func sourceLine(d Document, s Section, title string) string {
	u, err := url.Parse(d.Source)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	u.Fragment = s.Anchor
	address := strings.NewReplacer("(", "%28", ")", "%29", " ", "%20").Replace(u.String())
	if len(address) > 500 {
		return ""
	}
	return "\n\n[" + cutRunes(strings.NewReplacer("[", "(", "]", ")").Replace(title), 120) + "](" + address + ")"
}

// cutText cuts a long text at paragraphs, or else at lines, or else anywhere.
func cutText(s string, limit int) []string {
	var parts []string
	for utf8.RuneCountInString(s) > limit {
		head := cutRunes(s, limit)
		at := -1
		for _, mark := range []string{"\n\n", "\n", "。", ". ", " "} {
			if i := strings.LastIndex(head, mark); i > len(head)/2 {
				at = i + len(mark)
				break
			}
		}
		if at < 0 {
			at = len(head)
		}
		parts = append(parts, strings.TrimSpace(s[:at]))
		s = strings.TrimSpace(s[at:])
	}
	return append(parts, s)
}

func cutRunes(s string, limit int) string {
	n := 0
	for i := range s {
		if n == limit {
			return strings.TrimSpace(s[:i])
		}
		n++
	}
	return s
}

// oneLine folds blanks and drops what is no text.
func oneLine(s string) string { return strings.Join(strings.Fields(cleanText(s)), " ") }

// cleanText drops what a reader of documents may leave behind: control characters and broken UTF-8.
func cleanText(s string) string {
	return strings.Map(func(r rune) rune {
		if (r < ' ' && r != '\n' && r != '\t') || (r >= 0x7f && r < 0xa0) || r == utf8.RuneError || r == 0xfeff {
			return -1
		}
		return r
	}, lineEnds(s))
}

// mostly guesses a document's language: Chinese characters weigh as much as a word.
func mostly(s string) string {
	han, latin := 0, 0
	for _, r := range s {
		switch {
		case text.IsCJK(r):
			han++
		case r < utf8.RuneSelf && (r|0x20) >= 'a' && (r|0x20) <= 'z':
			latin++
		}
	}
	if han*5 > latin {
		return text.Chinese
	}
	return text.English
}
