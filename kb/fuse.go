package kb

import (
	"cmp"
	"context"
	"math"
	"slices"
	"unicode"

	"frontdesk/internal/text"
)

// The fusion's weights, from the feasibility study (linear fusion beat
// reciprocal ranks nearly everywhere: those drag the dense ranking down).
const (
	weightBM25  = 0.2
	weightChar  = 0.2
	weightDense = 0.6
)

// A title or a passage speaks for its article a little less than a question
// that somebody wrote for it, and so does a variant in another language.
const (
	factorTitle   = 0.97
	factorPassage = 0.85
	factorForeign = 0.97
)

// An article's score is half its best variant's and half the mean of its best
// three (every article has as many texts: question, title, passage). One odd
// variant then no longer outranks an article of which several variants fit:
// +2 to +7 points hit@1 on training intents at 1, 3 and 10 questions each.
const (
	pooled       = 3
	factorAbsent = 0.9 // of the best, for each variant that an article has not
	weightPool   = 0.5
	weightFirst  = 1 - weightPool
)

// weightHead is the head's share of the score where it has learnt the article:
// fused score + 0.4 × decision value, both brought to 0–1. Between 0.3 and 0.8 it hardly
// matters (Banking77 and CLINC150 at 5 and 10 questions: within 0.4 points hit@1 of each
// other, +2 to +4 over the fused score alone); learnt out of fold for each knowledge base it gained nothing.
const weightHead = 0.545

// shortText is the length in bytes up to which a sign more or less moves the
// n-gram cosine so far that it says nothing of an exact match.
const shortText = 24

// headScore brings a decision value to 0–1.
func headScore(decision float64) float64 { return min(1, max(0, (1.25+decision)/3)) }

// rank fuses the hits into r.Candidates, with the head's opinion o (nil = none)
// and the pair model's, and computes features and confidence. Errors: the pair model's.
func (s *Service) rank(ctx context.Context, r *Result, stats *siteStats, hits []Hit, o *opinion) error {
	asked := stats.words.codesIn(r.asked())
	learnt := stats.adaptation(r.Fingerprint)
	r.fuse(stats, hits, o, asked)
	r.weighHead()
	if err := s.readPairs(ctx, r); err != nil {
		return err
	}
	r.weighPairs(learnt.PairWeight)
	r.judge(stats, o, asked)
	r.place()
	return nil
}

// fuse fills r.Candidates, in no order, with their fused scores and the head's opinion.
func (r *Result) fuse(stats *siteStats, hits []Hit, o *opinion, asked []string) {
	maxBM25 := 0.0
	for _, h := range hits {
		maxBM25 = max(maxBM25, h.BM25)
	}
	key := text.Key(r.Query)
	query := newGramQuery(r.asked(), stats.gramWeights)
	veto := newVeto(r.asked(), stats.words)
	byArticle := make(map[string]int, len(hits))
	r.Candidates = make([]Candidate, 0, len(hits))
	for _, h := range hits {
		c := Candidate{Article: h.Article, Cosine: h.Cosine, Variant: h.Content, Locale: h.Locale, Kind: h.Kind}
		if maxBM25 > 0 {
			c.BM25 = h.BM25 / maxBM25
		}
		c.Char = query.cosine(h.Content, stats.gramWeights)
		c.Score = weightBM25*c.BM25 + weightChar*c.Char + weightDense*max(0, c.Cosine)
		switch h.Kind {
		case KindTitle:
			c.Score *= factorTitle
		case KindPassage:
			c.Score *= factorPassage
		}
		if h.Locale != r.Locale {
			c.Score *= factorForeign
		}
		c.vetoed = veto.factor(h.Content)
		if stats.otherCode(h.Article, asked) {
			c.vetoed *= factorOtherCode
		}
		c.Score *= c.vetoed
		if h.Kind != KindPassage && (c.Char > 0.5 || len(h.Content) <= shortText) && key != "" && text.Key(h.Content) == key {
			c.Exact = true
			c.Score++
		}
		r.pool(byArticle, c)
	}
	for i := range r.Candidates {
		c := &r.Candidates[i]
		c.Base = weightFirst*min(1, c.Score-indicator(c.Exact)) + weightPool*c.mean(stats.texts[c.Article])
		c.decision, c.Head, c.known = o.of(c.Article)
	}
}

// weighHead makes the scores from the fused ones and the head's decision values,
// and orders the candidates.
func (r *Result) weighHead() {
	for i := range r.Candidates {
		r.Candidates[i].Score = r.Candidates[i].withHead()
	}
	r.order()
}

// withHead is the score with the head's decision value: 0–1, and
// above 1 for an exact match, whatever else the article says.
func (c *Candidate) withHead() float64 {
	score := c.Base
	if c.known {
		score = (1-weightHead)*c.Base + weightHead*headScore(c.decision)*c.vetoed
	}
	return score + indicator(c.Exact)
}

// order sorts the candidates by score.
func (r *Result) order() {
	slices.SortStableFunc(r.Candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Article, b.Article))
	})
}

// judge computes features and confidence of the ranking.
func (r *Result) judge(stats *siteStats, o *opinion, asked []string) {
	learnt := stats.adaptation(r.Fingerprint)
	r.Features = r.features(o)
	r.Confidence, r.Answer = learnt.Calibration.Confidence(r.Features), learnt.Answer
	r.Answerable, r.Refuse = learnt.Calibration.Answerable(r.Features), learnt.Refuse
	if len(r.Candidates) > 0 && stats.otherCode(r.Candidates[0].Article, asked) {
		r.Confidence = min(r.Confidence, maxConfidenceOtherCode)
	}
	if len(r.Candidates) > 0 && deniesWhatItAsks(r.asked(), r.Candidates[0].Variant) {
		r.Confidence = min(r.Confidence, maxConfidenceNegated)
	}
}

// pool merges a variant into its article: the best variant speaks, and each
// leg's best is kept for the trace.
func (r *Result) pool(byArticle map[string]int, c Candidate) {
	at, ok := byArticle[c.Article]
	score := min(1, c.Score-indicator(c.Exact))
	if !ok {
		c.best[0], c.said[0] = score, c.Variant
		byArticle[c.Article] = len(r.Candidates)
		r.Candidates = append(r.Candidates, c)
		return
	}
	have := &r.Candidates[at]
	c.best, c.said = have.best, have.said
	said := c.Variant
	for i := range c.best {
		if score > c.best[i] || c.said[i] == "" {
			score, c.best[i] = c.best[i], score
			said, c.said[i] = c.said[i], said
		}
	}
	have.best, have.said = c.best, c.said
	best, other := *have, c
	if c.Score > have.Score {
		best, other = c, *have
	}
	best.Cosine = max(best.Cosine, other.Cosine)
	best.BM25 = max(best.BM25, other.BM25)
	best.Char = max(best.Char, other.Char)
	*have = best
}

// mean is that of the best variants' scores; texts is how many variants the
// article has at all: one with fewer than [pooled] loses nothing by that.
func (c *Candidate) mean(texts int) float64 {
	sum := 0.0
	for i, x := range c.best {
		if i > 0 && i >= texts {
			x = factorAbsent * c.best[0]
		}
		sum += x
	}
	return sum / pooled
}

// gramQuery is the question's side of the n-gram cosine. It is used by one goroutine.
type gramQuery struct {
	has   []uint64 // bit set over buckets
	norm  float64
	grams []uint32 // of the present text
}

func newGramQuery(s string, weights []float32) *gramQuery {
	q := &gramQuery{has: make([]uint64, text.GramBuckets/64), grams: make([]uint32, 0, 2048)}
	sum := 0.0
	q.grams = text.AppendGrams(q.grams, s)
	for _, b := range q.grams {
		q.has[b/64] |= 1 << (b % 64)
		sum += float64(weights[b])
	}
	q.norm = math.Sqrt(sum)
	return q
}

// cosine is that of the TF-IDF vectors, repeats within a text counted one by one.
func (q *gramQuery) cosine(s string, weights []float32) float64 {
	dot, sum := 0.0, 0.0
	q.grams = text.AppendGrams(q.grams[:0], s)
	for _, b := range q.grams {
		w := float64(weights[b])
		sum += w
		if q.has[b/64]&(1<<(b%64)) != 0 {
			dot += w
		}
	}
	if dot == 0 || q.norm == 0 {
		return 0
	}
	return min(1, dot/(q.norm*math.Sqrt(sum)))
}

// features describes how sure the ranking looks.
func (r *Result) features(o *opinion) Features {
	if len(r.Candidates) == 0 {
		return Features{}
	}
	top := r.Candidates[0]
	f := Features{
		Score: min(1, top.Score), Cosine: max(0, top.Cosine), Char: top.Char, Exact: top.Exact, Candidates: len(r.Candidates),
		Foreign: top.Locale != r.Locale,
	}
	// Alone, an article leads by nothing: there was no other to be mistaken for.
	if len(r.Candidates) > 1 {
		f.Margin, f.CosineMargin = f.Score, f.Cosine
	}
	bestCosine, bestBM25 := r.Candidates[0], r.Candidates[0]
	for i, c := range r.Candidates {
		if c.Cosine > bestCosine.Cosine {
			bestCosine = c
		}
		if c.BM25 > bestBM25.BM25 {
			bestBM25 = c
		}
		if i == 1 {
			f.Margin = top.Score - c.Score
			f.Ambiguous = top.Exact && c.Exact
		}
		if i > 0 {
			f.CosineMargin = min(f.CosineMargin, top.Cosine-c.Cosine)
		}
	}
	f.AgreeDense = bestCosine.Article == top.Article
	f.AgreeLexical = bestBM25.Article == top.Article && top.BM25 > 0
	inVariant := map[string]bool{}
	for _, t := range text.TermsOf(top.Variant) {
		inVariant[t] = true
	}
	var all, covered, unknown float64
	for _, t := range r.Terms {
		if t.Added {
			continue
		}
		all += t.IDF
		if inVariant[t.Term] {
			covered += t.IDF
		} else if hasDigit(t.Term) {
			f.NumberMiss = true
		}
		if !t.Known {
			unknown += t.IDF
		}
	}
	if all > 0 {
		f.Coverage, f.Unknown = covered/all, unknown/all
	}
	f.Terms = len(r.Terms)
	f.Contested = r.contested()
	f.opinions(r, o)
	return f
}

// opinions fills in what head and pair model say of the first candidate.
func (f *Features) opinions(r *Result, o *opinion) {
	top := r.Candidates[0]
	f.Near = o.nearest()
	if decision, chance, known := o.of(top.Article); known {
		f.Head, f.HeadMargin, f.Decision = chance, chance, max(-1, min(1, decision))
		f.AgreeHead = o.class[top.Article] == o.best
		for c, other := range o.chance {
			if c != o.class[top.Article] && c != o.absent {
				f.HeadMargin = min(f.HeadMargin, chance-other)
			}
		}
	}
	if !top.paired {
		return
	}
	f.Pair, f.PairMargin = top.Pair, top.Pair
	for _, c := range r.Candidates[1:] {
		if c.paired {
			f.PairMargin = min(f.PairMargin, top.Pair-c.Pair)
		}
	}
}

// contested reports whether the question is no more than words that the first
// article shares with another one close behind it: 电池 (battery) where two devices
// have one. Their order then says which text is worded more like a lone word, not
// which was meant.
func (r *Result) contested() bool {
	const near = 0.9 // share of the first's score
	top := r.Candidates[0]
	if !r.covers(top.Variant) {
		return false
	}
	for _, c := range r.Candidates[1:] {
		if c.Score < near*top.Score {
			break
		}
		if r.covers(c.Variant) {
			return true
		}
	}
	return false
}

// covers reports whether the variant has every term of the question.
func (r *Result) covers(variant string) bool {
	has := map[string]bool{}
	for _, t := range text.TermsOf(variant) {
		has[t] = true
	}
	for _, t := range r.Terms {
		if !has[t.Term] && !t.Added {
			return false
		}
	}
	return len(r.Terms) > 0
}

func hasDigit(s string) bool {
	for _, r := range s {
		if unicode.IsDigit(r) {
			return true
		}
	}
	return false
}
