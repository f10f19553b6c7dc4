package demo_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"frontdesk/kb/demo"
)

const (
	minArticles = 100 // with both locales; issue 2 asks for 60
	minVariants = 8   // in each locale; issue 2 asks for 5
	maxAnswer   = 800 // characters; longer ones stop fitting a chat bubble
)

// line is one line of the import format.
type line struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Locale    string   `json:"locale"`
	Questions []string `json:"questions"`
	Answer    string   `json:"answer"`
	Tags      []string `json:"tags"`
	Next      []string `json:"next"` // read under the answer as buttons
}

// setup parses the file strictly and returns its lines in order.
func setup(t *testing.T) []line {
	t.Helper()
	var lines []line
	in := bufio.NewScanner(bytes.NewReader(demo.JSONL()))
	for in.Scan() {
		var l line
		dec := json.NewDecoder(bytes.NewReader(in.Bytes()))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&l); err != nil {
			t.Fatalf("line %d: %v", len(lines)+1, err)
		}
		if dec.More() {
			t.Fatalf("line %d: more than one JSON value", len(lines)+1)
		}
		lines = append(lines, l)
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// pairs returns the zh-CN and the en line of every article.
func pairs(t *testing.T) [][2]line {
	t.Helper()
	lines := setup(t)
	if len(lines)%2 != 0 {
		t.Fatalf("%d lines: an article lacks a locale", len(lines))
	}
	var out [][2]line
	for zhEn := range slices.Chunk(lines, 2) {
		zh, en := zhEn[0], zhEn[1]
		if zh.ID != en.ID || zh.Locale != "zh-CN" || en.Locale != "en" {
			t.Fatalf("want zh-CN and en of one article, got %s/%s and %s/%s", zh.ID, zh.Locale, en.ID, en.Locale)
		}
		out = append(out, [2]line{zh, en})
	}
	return out
}

func TestEveryArticleExistsOnceInBothLocales(t *testing.T) {
	t.Parallel()
	all := pairs(t)
	if len(all) < minArticles {
		t.Errorf("got %d articles, want at least %d", len(all), minArticles)
	}
	slug := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, p := range all {
		id := p[0].ID
		if !slug.MatchString(id) {
			t.Errorf("%q is not a kebab-case slug", id)
		}
		if seen[id] {
			t.Errorf("%s occurs twice", id)
		}
		seen[id] = true
		if len(p[0].Tags) == 0 || !slices.Equal(p[0].Tags, p[1].Tags) {
			t.Errorf("%s: tags %v and %v: want the same ones in both locales", id, p[0].Tags, p[1].Tags)
		}
	}
}

func TestQuestionVariantsAreManyAndUniqueInTheirLocale(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	for _, l := range setup(t) {
		if len(l.Questions) < minVariants {
			t.Errorf("%s/%s: got %d variants, want at least %d", l.ID, l.Locale, len(l.Questions), minVariants)
		}
		for _, q := range l.Questions {
			key := l.Locale + "\x00" + fold(q)
			if fold(q) == "" || q != strings.TrimSpace(q) {
				t.Errorf("%s/%s: variant %q is empty or has outer spaces", l.ID, l.Locale, q)
			}
			if other, dup := owner[key]; dup {
				t.Errorf("%s/%s: variant %q already belongs to %s", l.ID, l.Locale, q, other)
			}
			owner[key] = l.ID
		}
	}
}

// fold drops what doesn't make two questions different: case, spaces and
// punctuation.
func fold(q string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, q)
}

func TestAnswersAreShortPlainMarkdown(t *testing.T) {
	t.Parallel()
	// The widget's Markdown knows paragraphs, lists, bold and links.
	forbidden := regexp.MustCompile(`(?m)^\||^#|<[a-z/]|!\[`)
	for _, l := range setup(t) {
		if strings.TrimSpace(l.Title) == "" || strings.TrimSpace(l.Answer) == "" {
			t.Errorf("%s/%s: title or answer is empty", l.ID, l.Locale)
		}
		if n := utf8.RuneCountInString(l.Answer); n > maxAnswer {
			t.Errorf("%s/%s: answer has %d characters, want at most %d", l.ID, l.Locale, n, maxAnswer)
		}
		if m := forbidden.FindString(l.Answer); m != "" {
			t.Errorf("%s/%s: answer contains %q", l.ID, l.Locale, m)
		}
		if strings.Count(l.Answer, "**")%2 != 0 {
			t.Errorf("%s/%s: bold is left open", l.ID, l.Locale)
		}
	}
}

func TestEachLocaleIsWrittenInItsOwnLanguage(t *testing.T) {
	t.Parallel()
	halfWidth := regexp.MustCompile(`\p{Han}[,;:?!]`)
	for _, l := range setup(t) {
		for _, s := range append([]string{l.Title, l.Answer}, l.Questions...) {
			han := 0
			for _, r := range s {
				if unicode.Is(unicode.Han, r) {
					han++
				}
			}
			switch {
			case l.Locale == "zh-CN" && han == 0:
				t.Errorf("%s/%s: %q has no Chinese", l.ID, l.Locale, s)
			case l.Locale == "zh-CN" && halfWidth.MatchString(s):
				t.Errorf("%s/%s: %q has half-width punctuation", l.ID, l.Locale, s)
			case l.Locale == "en" && han > 14: // names and terms to copy: 灯织, 个人, the account holder
				t.Errorf("%s/%s: %q is not English", l.ID, l.Locale, s)
			}
		}
	}
}

// Prices, deadlines and model codes must not drift apart when one locale is
// edited.
func TestBothLocalesStateTheSameNumbers(t *testing.T) {
	t.Parallel()
	for _, p := range pairs(t) {
		zh, en := chineseNumbers(p[0].Answer), numbers(p[1].Answer)
		for n := range zh {
			if !en[n] && !spelledOut(p[1].Answer, n) {
				t.Errorf("%s: %s is in the zh-CN answer only", p[0].ID, n)
			}
		}
		for n := range en {
			if !zh[n] {
				t.Errorf("%s: %s is in the en answer only", p[0].ID, n)
			}
		}
	}
}

var (
	digits   = regexp.MustCompile(`\d+(\.\d+)?`)
	discount = regexp.MustCompile(`(\d+) ?折`)
)

// numbers returns the numbers of s; 1,000 is 1000.
func numbers(s string) map[string]bool {
	found := map[string]bool{}
	for _, n := range digits.FindAllString(strings.ReplaceAll(s, ",", ""), -1) {
		found[n] = true
	}
	return found
}

// chineseNumbers is numbers with discounts turned round: 95 折 and 9 折 are
// prices of 95 % and 90 %, in English 5% and 10% off.
func chineseNumbers(s string) map[string]bool {
	return numbers(discount.ReplaceAllStringFunc(s, func(m string) string {
		d := digits.FindString(m)
		price, err := strconv.Atoi((d + "0")[:2])
		if err != nil {
			return m
		}
		return strconv.Itoa(100 - price)
	}))
}

// spelledOut reports whether English text gives n as a word.
func spelledOut(en, n string) bool {
	words := map[string]string{"1": "one|once", "2": "two|twice|second", "12": "December"}[n]
	return words != "" && regexp.MustCompile(`(?i)\b(`+words+`)\b`).MatchString(en)
}

func TestCallersCannotChangeTheData(t *testing.T) {
	t.Parallel()
	first := demo.JSONL()
	clear(first)
	if again := demo.JSONL(); len(again) == 0 || again[0] != '{' {
		t.Error("a caller's change reached the next caller")
	}
}

func TestNextStepsNameOtherArticles(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, l := range setup(t) {
		ids[l.ID] = true
	}
	for _, p := range pairs(t) {
		if !slices.Equal(p[0].Next, p[1].Next) {
			t.Errorf("%s: the next steps differ between the languages", p[0].ID)
		}
		for i, id := range p[0].Next {
			if !ids[id] || id == p[0].ID || slices.Contains(p[0].Next[:i], id) {
				t.Errorf("%s: next step %q is unknown, itself or said twice", p[0].ID, id)
			}
		}
	}
}
