package kb

import (
	"math"
	"strings"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// BM25's constants (Robertson and Zaragoza 2009, section 3.4). Questions are so
// short that their length says little, hence the small b. The mean lengths are
// fixed, not measured: a weight then never depends on other articles, and one
// article can be published without touching the postings of the rest.
const (
	bm25K1             = 1.2
	bm25B              = 0.3
	meanQuestionLength = 9
	meanPassageLength  = 60
)

// Passages are cut at about this many code points; Chinese says more with fewer.
const (
	passageRunesLatin   = 320
	passageRunesChinese = 120
	maxPassages         = 12
)

// variants returns the texts that a is found by, with their terms, not yet embedded.
func variants(a Article) []IndexedVariant {
	out := make([]IndexedVariant, 0, len(a.Questions)+2)
	add := func(kind Kind, s string) {
		content := text.Normalize(s)
		if !text.HasWord(content) {
			return
		}
		v := IndexedVariant{Kind: kind, Content: content}
		v.Terms, v.Weights = weigh(kind, text.TermsOf(content))
		out = append(out, v)
	}
	for _, q := range a.Questions {
		add(KindQuestion, q)
	}
	add(KindTitle, a.Title)
	for _, p := range passages(linkPattern.ReplaceAllString(a.Answer, "$1")) { // addresses are no words
		add(KindPassage, p)
	}
	return out
}

// weigh returns the distinct terms and their saturated frequencies.
func weigh(kind Kind, terms []string) ([]string, []float32) {
	count := make(map[string]int, len(terms))
	distinct := make([]string, 0, len(terms))
	for _, t := range terms {
		if count[t]++; count[t] == 1 {
			distinct = append(distinct, t)
		}
	}
	mean := float64(meanQuestionLength)
	if kind == KindPassage {
		mean = meanPassageLength
	}
	norm := bm25K1 * (1 - bm25B + bm25B*float64(len(terms))/mean)
	weights := make([]float32, len(distinct))
	for i, t := range distinct {
		tf := float64(count[t])
		weights[i] = float32(tf * (bm25K1 + 1) / (tf + norm))
	}
	return distinct, weights
}

// passages cuts an answer at paragraphs and sentences into pieces that a
// question can be compared with.
func passages(answer string) []string {
	limit := passageRunesLatin
	if text.HasCJK(answer) {
		limit = passageRunesChinese
	}
	var out []string
	var piece strings.Builder
	runes := 0
	flush := func() {
		if s := strings.TrimSpace(piece.String()); s != "" {
			out = append(out, s)
		}
		piece.Reset()
		runes = 0
	}
	for _, sentence := range sentences(answer) {
		n := utf8.RuneCountInString(sentence)
		if runes > 0 && runes+n > limit {
			flush()
		}
		if len(out) == maxPassages {
			return out
		}
		piece.WriteString(sentence)
		runes += n
	}
	flush()
	return out[:min(len(out), maxPassages)]
}

// sentences splits after a line break and after the end of a sentence, losing nothing.
func sentences(s string) []string {
	var out []string
	start := 0
	for i, r := range s {
		switch r {
		case '\n', '。', '！', '？', '!', '?', '；':
		case '.':
			if i+1 < len(s) && s[i+1] != ' ' {
				continue
			}
		default:
			continue
		}
		end := i + utf8.RuneLen(r)
		out = append(out, s[start:end])
		start = end
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// unit returns v at length 1, or v itself if it has no length.
func unit(v []float32) []float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) || math.Abs(sum-1) < 1e-6 {
		return v
	}
	scale := float32(1 / math.Sqrt(sum))
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = x * scale
	}
	return out
}
