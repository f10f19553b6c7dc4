package kb

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

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
	share    float64  // of the questions that were found without themselves
	answers  []answer // of the fit, for [Service.Curve]

	questions int           // that are rehearsed
	fitting   time.Duration // what the head took

	pairModel atomic.Pointer[string] // fingerprint; nil = not asked
}

// calibrate fits the confidence and chooses the thresholds.
func (r *rehearsal) calibrate(ctx context.Context, questions []Variant) (*Adaptation, error) {
	vectors := make([][]float32, len(questions))
	for i, q := range questions {
		v, _, err := r.embedder.EmbedQuestion(ctx, q.Content)
		if err != nil {
			return nil, fmt.Errorf("embed question: %w: %w", ErrEmbedding, err)
		}
		vectors[i] = unit(v)
	}
	a := &Adaptation{Version: adaptationVersion, PairWeight: defaultPairWeight}
	r.stats.own = &learnt{Adaptation: *a, head: r.head}
	inside, without, outside, err := r.askAll(ctx, questions, vectors)
	if err != nil {
		return nil, err
	}
	if err := r.readAll(ctx, slices.Concat(inside, without, outside)); err != nil {
		return nil, err
	}
	if r.service.pairs != nil {
		a.PairWeight = fitWeight(pairWeights(), defaultPairWeight, inside, func(c *Candidate, w float64) (float64, bool) { return c.withPair(w), c.paired })
	}
	if model := r.pairModel.Load(); model != nil {
		a.PairModel = *model
	}
	r.fit(a, inside, without, outside)
	return a, nil
}

// told is a rehearsed question that the features decide.
type told struct {
	features          Features
	answerable, right bool
	weight            float64
}

// settleAll ranks finally and gives all that counts together the weight. Exact
// matches do not count: no feature decides them.
func (r *rehearsal) settleAll(list []*rehearsed, pairWeight, weight float64, counts func(Features) bool) []told {
	out := make([]told, 0, len(list))
	for _, q := range list {
		if f, right := q.settle(r.stats, pairWeight); !f.Exact && f.Candidates > 0 && counts(f) {
			out = append(out, told{features: f, answerable: q.article != "", right: right})
		}
	}
	for i := range out {
		out[i].weight = weight / float64(len(out))
	}
	return out
}

// fit fits the two probabilities to the rehearsal, and the thresholds to them.
func (r *rehearsal) fit(a *Adaptation, inside, without, outside []*rehearsed) {
	always := func(Features) bool { return true }
	n := float64(len(inside))
	here := r.settleAll(inside, a.PairWeight, n, always)
	others := slices.Concat(r.settleAll(without, a.PairWeight, withoutWeight*n, always),
		r.settleAll(outside, a.PairWeight, outsideWeight*n, func(f Features) bool { return f.Cosine < nearestOutside }))
	prior := defaultCalibration()
	a.Calibration = Calibration{Scope: fitScope(here, others)}
	a.Refuse = refusal(here, a.Calibration)
	right := 0.0
	for _, t := range here {
		right += indicator(t.right)
	}
	r.share = right / max(1, float64(len(here)))
	soften(here, r.share)
	samples := make([]Sample, len(here))
	for i, t := range here {
		samples[i] = Sample{Input: t.features.choice(), Yes: t.right, Weight: t.weight}
	}
	a.Calibration.Choice = Fit(samples, prior.Choice, calibrationRidge)
	share := unanswerable / (1 - unanswerable) / (withoutWeight + outsideWeight)
	answers := make([]answer, 0, len(here)+len(others))
	for _, t := range here {
		answers = append(answers, answer{a.Calibration.Confidence(t.features), t.weight, t.right})
	}
	for _, t := range others {
		answers = append(answers, answer{a.Calibration.Confidence(t.features), share * t.weight, false})
	}
	r.answers = answers
	a.Answer = answerThreshold(answers)
}

// fitScope tells the answerable from the others, and supposes that of 20 questions one is unanswerable.
func fitScope(here, others []told) Logistic {
	samples := make([]Sample, 0, len(here)+len(others))
	var yes, no float64
	for _, t := range slices.Concat(here, others) {
		samples = append(samples, Sample{Input: t.features.scope(), Yes: t.answerable, Weight: t.weight})
		if t.answerable {
			yes += t.weight
		} else {
			no += t.weight
		}
	}
	if yes == 0 || no == 0 {
		return defaultCalibration().Scope
	}
	out := Fit(samples, make(Logistic, len(samples[0].Input)), calibrationRidge)
	out[0] += math.Log((1-unanswerable)/unanswerable) - math.Log(yes/no)
	return out
}

// refusal returns the probability that all but [refusedShare] of the answerable reach.
func refusal(here []told, c Calibration) float64 {
	if len(here) == 0 {
		return defaultRefusal
	}
	reached := make([]float64, len(here))
	for i, t := range here {
		reached[i] = c.Answerable(t.features)
	}
	slices.Sort(reached)
	return min(mostRefusal, max(lowestRefusal, reached[int(refusedShare*float64(len(reached)))]))
}

// soften weighs the answerable so that at least [leastRight] of them count as found.
func soften(here []told, found float64) {
	if found == 0 || found >= leastRight {
		return
	}
	for i := range here {
		if here[i].right {
			here[i].weight *= leastRight / found
		} else {
			here[i].weight *= (1 - leastRight) / (1 - found)
		}
	}
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
	asked := make([][2]*rehearsed, len(questions)) // without itself, and without its article
	if err := r.everyOf(ctx, len(questions), func(index *corpusIndex, i int) {
		if r.head != nil && r.held.decision[i] == nil {
			return // it stands in the article twice: no head has not seen it
		}
		q := questions[i]
		asked[i][0] = r.ask(index, i, q, vectors[i], itself(q), q.Article)
		if i%withoutArticle == 0 {
			asked[i][1] = r.ask(index, i, q, vectors[i], func(v Variant) bool { return v.Article == q.Article }, "")
		}
	}); err != nil {
		return nil, nil, nil, err
	}
	for _, both := range asked {
		if both[0] != nil {
			inside = append(inside, both[0])
		}
		if both[1] != nil {
			without = append(without, both[1])
		}
	}
	outside, err = r.outside(ctx)
	return inside, without, outside, err
}

// everyOf calls one for each of n questions on [learners] workers, with an index of
// each worker's own. It returns the cause of ctx's end if that cut it off.
func (r *rehearsal) everyOf(ctx context.Context, n int, one func(index *corpusIndex, i int)) error {
	var next atomic.Int32
	return learners(ctx, n, func(ctx context.Context) error {
		index := r.index.beside()
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				return nil
			}
			one(index, i)
		}
		return nil
	})
}

// ask ranks the i-th question as if the variants that skip names were not there;
// article is the right one, empty if that is among them. The head's opinion is
// of a head that has not seen the question.
func (r *rehearsal) ask(index *corpusIndex, i int, q Variant, vector []float32, skip func(Variant) bool, article string) *rehearsed {
	one := &rehearsed{article: article, Result: Result{Query: q.Content, Locale: text.Language(q.Content, q.Locale), Fingerprint: r.embedder.fingerprint}}
	one.Terms = r.terms(index, one.Result, skip)
	if r.head != nil {
		absent := -1
		if article == "" {
			absent = r.held.class[i]
		}
		one.opinion = newOpinion(r.head.class, r.held.decision[i], r.head.slope, absent)
		one.opinion.near = r.held.near[i]
	}
	r.find(index, one, vector, skip)
	return one
}

// find searches and fuses.
func (r *rehearsal) find(index *corpusIndex, one *rehearsed, vector []float32, skip func(Variant) bool) {
	index.ask(searchQuery(r.stats, 0, vector, "", one.Terms, r.service.candidates))
	one.fuse(r.stats, index.hits(r.service.candidates, skip), one.opinion, r.stats.words.codesIn(one.Query))
}

// terms weighs the question's terms as if the variants that skip names were not there.
func (r *rehearsal) terms(index *corpusIndex, asked Result, skip func(Variant) bool) []QueryTerm {
	terms := distinct(text.TermsOf(asked.Query))
	out := weighTerms(r.stats, terms, asked.Locale)
	for i := range out {
		if out[i].Known && !index.has(out[i].Term, skip) {
			out[i] = QueryTerm{Term: out[i].Term, IDF: bm25IDF(r.stats.variants, 0)}
		}
	}
	return out
}

// outside ranks questions that hardly a knowledge base answers.
func (r *rehearsal) outside(ctx context.Context) ([]*rehearsed, error) {
	var out []*rehearsed
	var vectors [][]float32
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
			out, vectors = append(out, one), append(vectors, unit(v))
		}
	}
	err := r.everyOf(ctx, len(out), func(index *corpusIndex, i int) {
		one := out[i]
		one.Terms = weighTerms(r.stats, distinct(text.TermsOf(one.Query)), one.Locale)
		one.opinion = r.head.ask(one.Query, vectors[i])
		r.find(index, one, vectors[i], func(Variant) bool { return false })
	})
	return out, err
}
