package kb

import (
	"context"
	"fmt"
	"slices"

	"frontdesk/internal/text"
)

// rehearsal asks a corpus questions whose answers are known.
type rehearsal struct {
	service  *Service
	embedder *oneModel
	stats    *siteStats
	index    *corpusIndex
	head     *head
	held     *heldOut
	share    float64 // of the questions that were found without themselves
}

// calibrate fits the confidence and chooses the thresholds.
func (r *rehearsal) calibrate(ctx context.Context, questions []Variant) (*Adaptation, error) {
	vectors := make([][]float32, len(questions))
	nearest := make([]float64, 0, len(questions))
	for i, q := range questions {
		v, _, err := r.embedder.EmbedQuestion(ctx, q.Content)
		if err != nil {
			return nil, fmt.Errorf("embed question: %w: %w", ErrEmbedding, err)
		}
		vectors[i] = unit(v)
		r.index.ask(SearchQuery{Vector: vectors[i]})
		nearest = append(nearest, r.index.nearest(itself(q)))
	}
	slices.Sort(nearest)
	a := &Adaptation{Nearest: nearest[len(nearest)/20], PairWeight: defaultPairWeight}
	r.stats.own = &learnt{Adaptation: *a, head: r.head}
	inside, without, outside, err := r.askAll(ctx, questions, vectors)
	if err != nil {
		return nil, err
	}
	for _, q := range slices.Concat(inside, without, outside) {
		q.weighHead()
		if err := r.service.readPairs(ctx, &q.Result); err != nil {
			return nil, err
		}
	}
	if r.service.pairs != nil {
		a.PairWeight = fitWeight(pairWeights(), defaultPairWeight, inside, func(c *Candidate, w float64) (float64, bool) { return c.withPair(w), c.paired })
	}
	var samples, others []Sample
	right := 0.0
	for _, q := range inside {
		features, found := q.settle(r.stats, a.PairWeight)
		samples = append(samples, Sample{Features: features, Right: found, Weight: 1})
		right += indicator(found)
	}
	for _, q := range without {
		features, _ := q.settle(r.stats, a.PairWeight)
		samples = append(samples, Sample{Features: features, Weight: withoutArticle * outsideWeight})
	}
	for _, q := range outside {
		if features, _ := q.settle(r.stats, a.PairWeight); features.Cosine < nearestOutside {
			others = append(others, Sample{Features: features})
		}
	}
	r.share = right / max(1, float64(len(inside)))
	if r.share > 0 && r.share < leastRight {
		for i := range samples {
			switch {
			case samples[i].Right:
				samples[i].Weight *= leastRight / r.share
			case samples[i].Weight == 1:
				samples[i].Weight *= (1 - leastRight) / (1 - r.share)
			}
		}
	}
	for i := range others {
		others[i].Weight = outsideWeight * float64(len(inside)) / float64(len(others))
	}
	samples = append(samples, others...)
	a.Calibration = Fit(samples, defaultCalibration(), calibrationRidge)
	a.Answer = answerThreshold(samples, a.Calibration)
	return a, nil
}

// itself says which variants a question must not be found by: its own, and the
// same words in the same article.
func itself(q Variant) func(Variant) bool {
	return func(v Variant) bool { return v.ID == q.ID || (v.Article == q.Article && v.Content == q.Content) }
}

// rehearsed is a ranking before what is still to be learnt of it.
type rehearsed struct {
	Result
	opinion *opinion
	article string // the right one; empty = none
}

// settle ranks with the pair model's weight and returns the features, and
// whether the right article stands first.
func (q *rehearsed) settle(stats *siteStats, pairWeight float64) (Features, bool) {
	q.weighPairs(pairWeight)
	q.judge(stats, q.opinion, nil)
	return q.Features, q.article != "" && len(q.Candidates) > 0 && q.Candidates[0].Article == q.article
}

// askAll ranks every question without itself, which shows how sure a right or
// wrong ranking looks here; some without their whole article, which shows how a
// question looks that nothing should answer; and some from outside.
func (r *rehearsal) askAll(ctx context.Context, questions []Variant, vectors [][]float32) (inside, without, outside []*rehearsed, err error) {
	for i, q := range questions {
		if r.head != nil && r.held.decision[i] == nil {
			continue // it stands in the article twice: no head has not seen it
		}
		if err := ctx.Err(); err != nil {
			return nil, nil, nil, context.Cause(ctx)
		}
		inside = append(inside, r.ask(i, q, vectors[i], itself(q), q.Article))
		if i%withoutArticle == 0 {
			without = append(without, r.ask(i, q, vectors[i], func(v Variant) bool { return v.Article == q.Article }, ""))
		}
	}
	outside, err = r.outside(ctx)
	return inside, without, outside, err
}

// ask ranks the i-th question as if the variants that skip names were not there;
// article is the right one, empty if that is among them. The head's opinion is
// of a head that has not seen the question.
func (r *rehearsal) ask(i int, q Variant, vector []float32, skip func(Variant) bool, article string) *rehearsed {
	one := &rehearsed{article: article, Result: Result{Query: q.Content, Locale: text.Language(q.Content, q.Locale), Fingerprint: r.embedder.fingerprint}}
	one.Terms = r.terms(one.Result, skip)
	if r.head != nil {
		absent := -1
		if article == "" {
			absent = r.held.class[i]
		}
		one.opinion = newOpinion(r.head.class, r.held.decision[i], r.head.slope, absent)
	}
	r.find(one, vector, skip)
	return one
}

// find searches and fuses.
func (r *rehearsal) find(one *rehearsed, vector []float32, skip func(Variant) bool) {
	r.index.ask(searchQuery(r.stats, 0, vector, "", one.Terms, r.service.candidates))
	one.fuse(r.stats, r.index.hits(r.service.candidates, skip), one.opinion, codesOf(text.Terms(one.Query)))
}

// terms weighs the question's terms as if the variants that skip names were not there.
func (r *rehearsal) terms(asked Result, skip func(Variant) bool) []QueryTerm {
	terms := distinct(text.Terms(asked.Query))
	out := weighTerms(r.stats, terms, asked.Locale)
	for i := range out {
		if out[i].Known && !r.index.has(out[i].Term, skip) {
			out[i] = QueryTerm{Term: out[i].Term, IDF: bm25IDF(r.stats.variants, 0)}
		}
	}
	return out
}

// outside ranks questions that hardly a knowledge base answers.
func (r *rehearsal) outside(ctx context.Context) ([]*rehearsed, error) {
	var out []*rehearsed
	for _, locale := range []string{text.Chinese, text.English} {
		if r.stats.locales[locale] == nil {
			continue
		}
		for _, q := range outsideQuestions(locale) {
			one := &rehearsed{Result: Result{Query: text.Normalize(q), Fingerprint: r.embedder.fingerprint}}
			one.Locale = text.Language(one.Query, locale)
			v, _, err := r.embedder.EmbedQuestion(ctx, one.Query)
			if err != nil {
				return nil, fmt.Errorf("embed question: %w: %w", ErrEmbedding, err)
			}
			v = unit(v)
			one.Terms = weighTerms(r.stats, distinct(text.Terms(one.Query)), one.Locale)
			one.opinion = r.head.ask(one.Query, v)
			r.find(one, v, func(Variant) bool { return false })
			out = append(out, one)
		}
	}
	return out, nil
}
