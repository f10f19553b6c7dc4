package bot

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// unsupportedError says that a rewording says something that its source does
// not, or cannot be shown to; reason is one word for the trace.
type unsupportedError struct{ reason, detail string }

// Error implements error.
func (e *unsupportedError) Error() string {
	return "the rewording is not supported by its source: " + e.reason
}

// Vectors embeds texts; kb.Embedder has it.
type Vectors interface {
	EmbedPassages(ctx context.Context, texts []string) (vectors [][]float32, fingerprint string, err error)
}

// support checks that a text says nothing but what its source says. It is made
// to refuse: a good rewording that is refused costs nothing, the source is said
// verbatim; a bad one that passes is a false answer. It is safe for concurrent use.
type support struct {
	vectors    Vectors
	quantities *text.Quantities
}

func newSupport(v Vectors) *support {
	return &support{vectors: v, quantities: text.NewQuantities()}
}

// Thresholds, measured on bot/testdata/support.tsv (TestSupportCheckIsMeasured).
const (
	// mostLonger is how much longer than its source a rewording may be.
	mostLonger = 1.2
	// leastCovered is how much of a clause one sentence of the source must cover.
	leastCovered = 0.9
	// leastAlike is the least cosine of a sentence with the nearest sentences of the source.
	leastAlike = 0.5
)

// check returns nil if out says nothing that source does not say. Not even the
// visitor's own words may be taken up: "a gift card", put before what the article
// says of other goods, is a false answer.
func (s *support) check(ctx context.Context, source, out string) error {
	out = strings.TrimSpace(out)
	fail := func(reason, detail string) error { return &unsupportedError{reason, detail} }
	switch {
	case !text.HasWord(out) || !plainText(out):
		return fail("empty", "")
	case float64(utf8.RuneCountInString(out)) > mostLonger*float64(utf8.RuneCountInString(source)):
		return fail("length", "")
	case !sameLanguage(source, out):
		return fail("language", "")
	case foreignMarkup(out):
		return fail("markup", "")
	}
	whole, said := text.Normalize(source), text.Normalize(out)
	if t := newToken(source, out); t != "" {
		return fail("token", t)
	}
	if w := newPromise(whole, said); w != "" {
		return fail("promise", w)
	}
	if d := s.newQuantity(whole, said); d != "" {
		return fail("number", d)
	}
	from := sentences(source)
	for _, sentence := range sentences(out) {
		if reason := s.sentence(sentence, from); reason != "" {
			return fail(reason, sentence)
		}
	}
	return s.alike(ctx, from, sentences(out))
}

// sameLanguage reports that out is written in source's language, for the most part.
func sameLanguage(source, out string) bool {
	x, y := hanShare(source), hanShare(out)
	if x < 0.1 {
		return y <= x+0.02
	}
	return y >= 0.6*x
}

// hanShare is the share of letters that are Chinese; a Latin word counts as two, as it says about as much.
func hanShare(s string) float64 {
	han, other, inside := 0, 0, false
	for _, r := range s {
		switch {
		case text.IsCJK(r):
			han++
			inside = false
		case unicode.IsLetter(r):
			if !inside {
				other += 2
			}
			inside = true
		default:
			inside = false
		}
	}
	if han+other == 0 {
		return 0
	}
	return float64(han) / float64(han+other)
}

// markup that no answer of ours has: tags, entities, headings, tables, images, fences, rules, quotes.
var markup = regexp.MustCompile("(?m)<[a-zA-Z/!?]|&[a-zA-Z#][a-zA-Z0-9]{1,8};|```|!\\[|^\\s{0,3}#{1,6}\\s|^\\s*\\|.*\\||^\\s{0,3}(?:-{3,}|={3,}|\\*{3,})\\s*$|^\\s{0,3}>|\\x1b|javascript:|data:")

func foreignMarkup(s string) bool { return markup.MatchString(s) }

var (
	linkLike  = regexp.MustCompile(`(?i)(?:https?://|www\.)[^\s)）>，。]+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|cn|io|co|de|uk|info|shop|xyz|top|ru)\b[^\s)）>，。]*|[a-z0-9._%+-]+@[a-z0-9.-]+`)
	figure    = regexp.MustCompile(`[0-9]+(?:[.,:][0-9]+)*%?`)
	mixedCode = regexp.MustCompile(`(?i)\b[a-z]+[-_]?[0-9][a-z0-9_-]*\b|\b[0-9]+[-_]?[a-z][a-z0-9_-]*\b`)
	capital   = regexp.MustCompile(`\b[A-Z][\p{L}\p{N}'&-]*`)
	latinWord = regexp.MustCompile(`[A-Za-z][A-Za-z0-9'-]+`)
	titled    = regexp.MustCompile(`[《“「『"]([^》”」』"]{1,40})[》”」』"]`)
)

// newToken returns something that stands for one thing only (a link, an
// address, a figure, a code, a name) and is not in the source; "" if there is none.
func newToken(source, out string) string {
	has := text.Normalize(source)
	flat := strings.ReplaceAll(has, ",", "")
	for _, l := range linkLike.FindAllString(text.Normalize(out), -1) {
		if !strings.Contains(has, strings.TrimRight(l, ".,;:!?")) {
			return l
		}
	}
	figures := map[string]bool{}
	for _, f := range figure.FindAllString(flat, -1) {
		figures[strings.TrimSuffix(f, "%")] = true
	}
	for _, f := range figure.FindAllString(strings.ReplaceAll(text.Normalize(out), ",", ""), -1) {
		if !figures[strings.TrimSuffix(f, "%")] {
			return f
		}
	}
	for _, c := range mixedCode.FindAllString(text.Normalize(out), -1) {
		if !hasWord(has, c) && !strings.Contains(strings.ReplaceAll(has, " ", ""), c) {
			return c
		}
	}
	return newName(source, out, has)
}

// newName returns a name that the source does not have: in English a capital
// within a sentence, in Chinese any Latin word, in both what stands in quotes.
func newName(source, out, has string) string {
	known := termSet(source)
	if text.HasCJK(out) {
		for _, w := range latinWord.FindAllString(out, -1) {
			if !strings.Contains(has, text.Normalize(w)) {
				return w
			}
		}
	} else {
		for _, sentence := range sentences(out) {
			for i, at := range capital.FindAllStringIndex(sentence, -1) {
				w := sentence[at[0]:at[1]]
				if (i == 0 && at[0] <= 3) || w == "I" || strings.HasPrefix(w, "I'") {
					continue // begins the sentence
				}
				for _, t := range text.Terms(w) {
					if !known[t] {
						return w
					}
				}
			}
		}
	}
	for _, m := range titled.FindAllStringSubmatch(out, -1) {
		if !strings.Contains(text.Key(source), text.Key(m[1])) {
			return m[1]
		}
	}
	return ""
}

// promises are words that promise or generalise: each must stand in the source, in one of its forms.
func promises() [][]string {
	return [][]string{
		{"always"},
		{"never"},
		{"guarantee", "guaranteed", "guarantees"},
		{"free", "free of charge", "no charge", "at no cost", "no cost"},
		{"immediately", "instantly", "at once", "right away", "straight away", "same day", "same-day"},
		{"unlimited"},
		{"lifetime", "forever", "permanent", "permanently"},
		{"everyone", "everybody", "anyone", "anybody"},
		{"everything", "anything"},
		{"everywhere", "anywhere", "worldwide"},
		{"anytime", "any time", "24/7", "around the clock"},
		{"automatically", "automatic"},
		{"full", "fully", "in full"},
		{"all"},
		{"any"},
		{"every", "each"},
		{"only", "just", "solely"},
		{"definitely", "certainly", "surely"},
		{"both"},
		{"double", "twice"},
		{"half"},
		{"cash"},
		{"voucher", "coupon", "discount"},
		{"compensation", "compensate"},
		{"extra", "additional"},
		{"today", "tomorrow", "tonight"},
		{"免费", "免运费", "包邮", "不收费", "无需付费", "免收"},
		{"保证", "承诺", "确保"},
		{"立即", "马上", "立刻", "即时", "当天", "当日", "实时"},
		{"永久", "终身", "终生", "永远"},
		{"无限", "不限"},
		{"所有", "全部", "一切", "都"},
		{"任何", "任意"},
		{"随时"},
		{"一定", "肯定", "必定", "绝对"},
		{"自动"},
		{"全额"},
		{"仅", "只", "只有", "仅限"},
		{"双倍", "加倍"},
		{"优惠券", "折扣", "代金券", "红包"},
		{"赔偿", "补偿"},
		{"额外"},
		{"现金"},
		{"今天", "明天"},
		{"无条件"},
		{"全国", "全球"},
	}
}

func newPromise(source, out string) string {
	for _, forms := range promises() {
		if saysAny(out, forms, nil) && !saysAny(source, forms, nil) {
			return forms[0]
		}
	}
	return ""
}

// sentence names what is wrong with a sentence of a rewording, "" if nothing: all
// its figures and codes must stand together in one sentence of the source, and
// each of its clauses must be covered by one, deny as that does, put nothing in
// another place or time, and name no other amount.
func (s *support) sentence(sentence string, from []string) string {
	bind := anchors(sentence)
	if len(bind) > 1 && !slices.ContainsFunc(from, func(f string) bool { return overlap(bind, anchors(f)) == 1 }) {
		return "figures"
	}
	for _, c := range cut(sentence) {
		near, share := nearestSentence(c, from)
		if share < leastCovered {
			return "uncovered"
		}
		own := nearestClause(c, near)
		switch {
		case (denialsIn(c) > 0) != (denialsIn(own) > 0), turned(c, near):
			return "denial"
		case opposed(c, own):
			return "opposite"
		case s.otherAmount(c, own):
			return "number"
		case placed(c, own) != "":
			return "order"
		}
	}
	return ""
}

// alike reports texts whose meaning, by the encoder, lies away from every sentence of the source.
func (s *support) alike(ctx context.Context, from, said []string) error {
	pairs := slices.Clone(from)
	for i := 1; i < len(from); i++ {
		pairs = append(pairs, from[i-1]+" "+from[i])
	}
	texts := make([]string, 0, len(pairs)+len(said))
	for _, t := range slices.Concat(pairs, said) {
		texts = append(texts, text.Normalize(t))
	}
	vectors, _, err := s.vectors.EmbedPassages(ctx, texts)
	if err != nil || len(vectors) != len(texts) {
		return fmt.Errorf("embed a rewording: %w", err)
	}
	for i := range said {
		v := vectors[len(pairs)+i]
		best := -1.0
		for j := range pairs {
			best = max(best, cosineOf(v, vectors[j]))
		}
		if best < leastAlike {
			return &unsupportedError{"unlike", said[i]}
		}
	}
	return nil
}

func cosineOf(a, b []float32) float64 {
	if len(a) != len(b) {
		return -1
	}
	var dot, x, y float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		x += float64(a[i]) * float64(a[i])
		y += float64(b[i]) * float64(b[i])
	}
	if x == 0 || y == 0 {
		return -1
	}
	return dot / math.Sqrt(x*y)
}
