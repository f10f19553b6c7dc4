package kb

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// WarningCode names what is odd about an article.
type WarningCode string

// The codes. None keeps anybody from publishing.
const (
	WarnDuplicate   WarningCode = "near_duplicate"      // another article says nearly the same
	WarnTaken       WarningCode = "question_taken"      // the question is another article's own
	WarnStolen      WarningCode = "question_stolen"     // search answers it with another article today
	WarnNumbers     WarningCode = "numbers_contradict"  // another article on the same matter names another number
	WarnTranslation WarningCode = "translation_numbers" // the other language names another number
	WarnMissing     WarningCode = "translation_missing"
	WarnOutdated    WarningCode = "translation_outdated"
	WarnLongAnswer  WarningCode = "answer_long"
	WarnLongAsked   WarningCode = "question_long"
	WarnFew         WarningCode = "questions_few"
	WarnCode        WarningCode = "code_unknown" // a code that is not in the site's code list
	WarnNext        WarningCode = "next_broken"  // a next step that is not published, or not for all who read this
	WarnLink        WarningCode = "link_broken"  // a link that cannot work as it is written
)

// Limits above or below which something is odd. A bubble in a chat, not a page:
// the longest answer of the demo shop has 324 Chinese and 625 Latin characters.
const (
	longAnswerChinese = 500 // characters
	longAnswerLatin   = 1000
	longAskedChinese  = 40
	longAskedLatin    = 140
	fewQuestions      = 3
)

// Warning is one thing that is odd, and where.
type Warning struct {
	Code    WarningCode
	Field   string // "title", "questions", "answer", "next"; empty = the article as a whole
	Entry   int    // of a list, from 1; 0 = all of the field
	Excerpt string // the text meant, as it stands there
	// Article and Locale are the other one that it is about, Other what stands there.
	Article string
	Locale  string
	Other   string
}

// Taken is a question that is another article's own, or that search gives to it.
type Taken struct {
	Entry      int // from 1
	Article    string
	Locale     string
	Confidence float64 // of the search; 0 = the texts are the same
}

// Neighbour is an article near the one that is looked at.
type Neighbour struct {
	Article
	Near float64 // share of the questions to which it is near, 0–1
}

// LintFacts is what [Lint] compares an article with.
type LintFacts struct {
	Translations []Article           // of the article in other languages, as they are published or being written
	Outdated     bool                // another translation was changed since
	Locales      []string            // of the site
	Taken        []Taken             // by entry
	Stolen       []Taken             // by entry
	Neighbours   []Neighbour         // nearest first
	Next         map[string]Audience // of the articles that Next names and that are published
	Codes        map[string]bool     // the site's code list, normalised; empty = it has none
	// Alike is how much two sentences without their numbers say the same, 0–1. Nil: by their characters alone.
	Alike func(a, b string) float64
}

// Lint looks for what is odd about an article, most serious first. It changes nothing and asks nobody.
func Lint(a Article, f LintFacts) []Warning {
	l := linter{a: a, f: f, quantities: text.NewQuantities()}
	l.duplicates()
	l.questions()
	l.numbers()
	l.translations()
	l.lengths()
	l.codes()
	l.next()
	l.links()
	return l.found
}

type linter struct {
	a          Article
	f          LintFacts
	quantities *text.Quantities
	found      []Warning
}

func (l *linter) warn(w Warning) {
	w.Excerpt, w.Other = excerpt(w.Excerpt), excerpt(w.Other)
	l.found = append(l.found, w)
}

// excerpt cuts a text to what fits beside a field.
func excerpt(s string) string {
	const most = 120
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// How near another article must be to count as said twice: by the answers, or because most of the questions have
// its answer today already. Between articles of the demo shop that are not about the same thing
// the answers share at most a third of their character groups.
const (
	sameAnswer    = 0.6  // of the answers' character groups: by itself
	likeAnswer    = 0.35 // … and
	nearQuestions = 0.6  // of the questions near the other article's
)

func (l *linter) duplicates() {
	asked := map[string]map[int]bool{} // questions that are another's or that search gives to it
	for _, t := range slices.Concat(l.f.Taken, l.f.Stolen) {
		if asked[t.Article] == nil {
			asked[t.Article] = map[int]bool{}
		}
		asked[t.Article][t.Entry] = true
	}
	for _, n := range l.f.Neighbours {
		if n.ID == l.a.ID {
			continue
		}
		share := Overlap(l.a.Answer, n.Answer)
		answers := len(asked[n.ID])
		if share >= sameAnswer || (share >= likeAnswer && n.Near >= nearQuestions) ||
			(answers > 1 && float64(answers) >= nearQuestions*float64(len(l.a.Questions))) {
			l.warn(Warning{Code: WarnDuplicate, Field: "answer", Article: n.ID, Locale: n.Locale, Other: n.Title})
		}
	}
}

func (l *linter) questions() {
	for _, t := range l.f.Taken {
		if t.Entry >= 1 && t.Entry <= len(l.a.Questions) {
			l.warn(Warning{Code: WarnTaken, Field: "questions", Entry: t.Entry, Excerpt: l.a.Questions[t.Entry-1], Article: t.Article, Locale: t.Locale})
		}
	}
	for _, t := range l.f.Stolen {
		same := func(o Taken) bool { return o.Entry == t.Entry }
		if t.Entry >= 1 && t.Entry <= len(l.a.Questions) && !slices.ContainsFunc(l.f.Taken, same) {
			l.warn(Warning{Code: WarnStolen, Field: "questions", Entry: t.Entry, Excerpt: l.a.Questions[t.Entry-1], Article: t.Article, Locale: t.Locale})
		}
	}
}

func (l *linter) translations() {
	if l.f.Outdated {
		l.warn(Warning{Code: WarnOutdated, Locale: l.a.Locale})
	}
	for _, locale := range l.f.Locales {
		have := func(t Article) bool { return t.Locale == locale }
		if locale != l.a.Locale && !slices.ContainsFunc(l.f.Translations, have) {
			l.warn(Warning{Code: WarnMissing, Locale: locale})
		}
	}
}

func (l *linter) lengths() {
	long := func(s string, chinese, latin int) bool {
		if text.HasCJK(s) {
			return utf8.RuneCountInString(s) > chinese
		}
		return utf8.RuneCountInString(s) > latin
	}
	if long(l.a.Answer, longAnswerChinese, longAnswerLatin) {
		l.warn(Warning{Code: WarnLongAnswer, Field: "answer"})
	}
	for i, q := range l.a.Questions {
		if long(q, longAskedChinese, longAskedLatin) {
			l.warn(Warning{Code: WarnLongAsked, Field: "questions", Entry: i + 1, Excerpt: q})
		}
	}
	if len(l.a.Questions) < fewQuestions {
		l.warn(Warning{Code: WarnFew, Field: "questions"})
	}
}

// codes looks for codes that the site's list does not have, once each. Without a list nothing is unknown.
func (l *linter) codes() {
	if len(l.f.Codes) == 0 {
		return
	}
	seen := map[string]bool{}
	look := func(field string, entry int, s string) {
		for _, code := range codesOf(text.Terms(text.Normalize(s))) {
			if !l.f.Codes[code] && !seen[code] {
				seen[code] = true
				l.warn(Warning{Code: WarnCode, Field: field, Entry: entry, Excerpt: code})
			}
		}
	}
	look("title", 0, l.a.Title)
	for i, q := range l.a.Questions {
		look("questions", i+1, q)
	}
	look("answer", 0, l.a.Answer)
}

func (l *linter) next() {
	for i, id := range l.a.Next {
		audience, published := l.f.Next[id]
		if !published || audience > l.a.Audience {
			l.warn(Warning{Code: WarnNext, Field: "next", Entry: i + 1, Excerpt: id, Article: id})
		}
	}
}

// Overlap is how much of their character groups two texts share, 0–1: the shared
// ones by those of the shorter text, so that a text with another added stays the same.
func Overlap(a, b string) float64 {
	x, y := gramSet(a), gramSet(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) == 0 {
		return 0
	}
	shared := 0
	for g := range x {
		if y[g] {
			shared++
		}
	}
	// A short text is easily part of a long one: beyond three times its size that says less.
	return float64(shared) / max(float64(len(x)), float64(len(y))/3)
}

// gramSet returns the runs of three characters of a text, blanks and signs aside; of Chinese runs of two.
func gramSet(s string) map[string]bool {
	runes := []rune(text.Key(s))
	size := 3
	if text.HasCJK(s) {
		size = 2
	}
	if size == 3 {
		size = 5
	}
	out := map[string]bool{}
	for i := 0; i+size <= len(runes); i++ {
		out[string(runes[i:i+size])] = true
	}
	return out
}

// byEntry orders what was found on the way.
func byEntry(a, b Taken) int {
	return cmp.Or(cmp.Compare(a.Entry, b.Entry), strings.Compare(a.Article, b.Article))
}
