package kb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"frontdesk/internal/text"
)

// Adaptation is what was learnt from a site's articles for the vectors of one
// model: how to rank them, how sure a ranking is, and how sure is sure enough.
type Adaptation struct {
	Calibration Calibration `json:"calibration"`
	// Answer is the least confidence at which, by simulation, at most
	// [riskTarget] of the answers are wrong; 0 = not chosen.
	Answer float64 `json:"answer"`
	// Nearest is the cosine that 19 in 20 answerable questions reach with their nearest text.
	Nearest float64 `json:"nearest"`
	Head    []byte  `json:"-"` // encoded; empty = none
}

// Learnt is an adaptation that belongs to what is published with it.
type Learnt struct {
	Epoch       int64 // of the corpus that it was made of, together with the change it is published with
	Fingerprint string
	Adaptation  *Adaptation // nil = the articles are too few to learn from
}

// learnt is an adaptation in use.
type learnt struct {
	Adaptation
	head *head
}

// newLearnt decodes. A damaged head, or one of another version, is none, and so is
// the rest: the confidence was fitted to its ranking.
func newLearnt(a Adaptation) (*learnt, error) {
	l := &learnt{Adaptation: a}
	if len(a.Head) == 0 {
		return l, nil
	}
	h, err := decodeHead(a.Head)
	if err != nil {
		return nil, err
	}
	l.head, l.Head = h, nil
	return l, nil
}

// change is what a publication or an archiving does to a corpus.
type change struct {
	goes  func(Variant) bool
	comes []Variant // with negative ids
}

// learnBudget is the work (see [workToLearn]) that is done before a publication
// is committed: about 5 s of one core. What needs more is published with the
// former adaptation and learnt at once afterwards.
const learnBudget = 5e9

// learnFor learns from the site's articles as they will be after c. It returns
// nil if that takes too long to wait for, or failed: the change is then
// published with the former adaptation, and [Service.Run] learns afterwards.
func (s *Service) learnFor(ctx context.Context, site int32, fingerprint string, c change) (*Learnt, error) {
	corpus, err := s.store.Corpus(ctx, site, fingerprint)
	if err != nil {
		return nil, fmt.Errorf("read the articles to learn from: %w", err)
	}
	corpus.Variants = append(slices.DeleteFunc(corpus.Variants, c.goes), c.comes...)
	if workToLearn(corpus.Variants) > learnBudget {
		return nil, nil
	}
	return s.learnOrLog(ctx, site, corpus, fingerprint)
}

// learnOrLog returns nil where learning failed for another reason than ctx.
func (s *Service) learnOrLog(ctx context.Context, site int32, corpus Corpus, fingerprint string) (*Learnt, error) {
	a, err := s.learn(ctx, &oneModel{Embedder: s.embedder, fingerprint: fingerprint}, corpus)
	switch {
	case err == nil:
		return &Learnt{Epoch: corpus.Epoch, Fingerprint: fingerprint, Adaptation: a}, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	s.log.WarnContext(ctx, "cannot learn from the knowledge base", "site", site, "error", err)
	return nil, nil
}

// learn makes an adaptation of a corpus that has the vectors of e's model. It
// returns nil where there is too little to learn from. The same corpus gives
// the same adaptation. Errors: [ErrEmbedding], [*ModelError], the pair model's.
func (s *Service) learn(ctx context.Context, e *oneModel, corpus Corpus) (*Adaptation, error) {
	variants := slices.DeleteFunc(slices.Clone(corpus.Variants), func(v Variant) bool { return len(v.Vector) == 0 })
	questions := calibrationSample(variants)
	if len(questions) < calibrationLeast {
		return nil, nil
	}
	start := time.Now()
	h, held, err := learnHead(ctx, variants, questions)
	if err != nil {
		return nil, fmt.Errorf("fit the head: %w", err)
	}
	fitted := time.Since(start)
	corpus.Adaptations = nil
	stats := newSiteStats(corpus)
	r := rehearsal{service: s, embedder: e, stats: stats, index: newCorpusIndex(variants, stats), head: h, held: held}
	a, err := r.calibrate(ctx, questions)
	if err != nil {
		return nil, err
	}
	if h != nil {
		a.Head = h.encode()
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "learnt from the knowledge base",
		slog.String("model", e.fingerprint), slog.Int("texts", len(variants)), slog.Int("questions", len(questions)),
		slog.Float64("found_without_themselves", r.share), slog.Float64("answer_at", a.Answer), slog.Int("head_bytes", len(a.Head)),
		slog.Duration("head", fitted), slog.Duration("all", time.Since(start)))
	return a, nil
}

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
	a := &Adaptation{Nearest: nearest[len(nearest)/20]}
	r.stats.own = &learnt{Adaptation: *a, head: r.head}
	var samples []Sample
	right, questionsAsked := 0.0, 0.0
	for i, q := range questions {
		asked, err := r.ask(ctx, i, q, vectors[i])
		if err != nil {
			return nil, err
		}
		if len(asked) == 0 {
			continue
		}
		samples = append(samples, asked...)
		right += indicator(asked[0].Right)
		questionsAsked++
	}
	outside, err := r.outside(ctx)
	if err != nil {
		return nil, err
	}
	r.share = right / max(1, questionsAsked)
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
	for i := range outside {
		outside[i].Weight = outsideWeight * questionsAsked / float64(len(outside))
	}
	samples = append(samples, outside...)
	a.Calibration = Fit(samples, defaultCalibration(), calibrationRidge)
	a.Answer = answerThreshold(samples, a.Calibration)
	return a, nil
}

// itself says which variants a question must not be found by: its own, and the
// same words in the same article.
func itself(q Variant) func(Variant) bool {
	return func(v Variant) bool { return v.ID == q.ID || (v.Article == q.Article && v.Content == q.Content) }
}

// ask ranks the i-th question without itself, which shows how sure a right or
// wrong ranking looks here, and without its whole article, which shows how a
// question looks that nothing should answer. The head's opinion is of a head
// that has not seen the question.
func (r *rehearsal) ask(ctx context.Context, i int, q Variant, vector []float32) (samples []Sample, err error) {
	inside := Result{Query: q.Content, Locale: text.Language(q.Content, q.Locale), Fingerprint: r.embedder.fingerprint}
	without, itsArticle := inside, func(v Variant) bool { return v.Article == q.Article }
	inside.Terms, without.Terms = r.terms(inside, itself(q)), r.terms(inside, itsArticle)
	var of, others *opinion
	if r.head != nil {
		if r.held.decision[i] == nil { // it stands in the article twice: no head has not seen it
			return nil, nil
		}
		d, class := r.held.decision[i], r.held.class[i]
		of, others = newOpinion(r.head.class, d, r.head.slope, -1), newOpinion(r.head.class, d, r.head.slope, class)
	}
	r.index.ask(searchQuery(r.stats, 0, vector, "", inside.Terms, r.service.candidates))
	if err := r.service.rank(ctx, &inside, r.stats, r.index.hits(r.service.candidates, itself(q)), of); err != nil {
		return nil, err
	}
	samples = append(samples, Sample{
		Features: inside.Features, Right: len(inside.Candidates) > 0 && inside.Candidates[0].Article == q.Article, Weight: 1,
	})
	if i%withoutArticle != 0 {
		return samples, nil
	}
	r.index.ask(searchQuery(r.stats, 0, vector, "", without.Terms, r.service.candidates))
	if err := r.service.rank(ctx, &without, r.stats, r.index.hits(r.service.candidates, itsArticle), others); err != nil {
		return nil, err
	}
	return append(samples, Sample{Features: without.Features, Weight: withoutArticle * outsideWeight}), nil
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
func (r *rehearsal) outside(ctx context.Context) ([]Sample, error) {
	var out []Sample
	for _, locale := range []string{text.Chinese, text.English} {
		if r.stats.locales[locale] == nil {
			continue
		}
		for _, q := range outsideQuestions(locale) {
			asked := Result{Query: text.Normalize(q), Fingerprint: r.embedder.fingerprint}
			asked.Locale = text.Language(asked.Query, locale)
			v, _, err := r.embedder.EmbedQuestion(ctx, asked.Query)
			if err != nil {
				return nil, fmt.Errorf("embed question: %w: %w", ErrEmbedding, err)
			}
			v = unit(v)
			asked.Terms = weighTerms(r.stats, distinct(text.Terms(asked.Query)), asked.Locale)
			r.index.ask(searchQuery(r.stats, 0, v, "", asked.Terms, r.service.candidates))
			hits := r.index.hits(r.service.candidates, func(Variant) bool { return false })
			if err := r.service.rank(ctx, &asked, r.stats, hits, r.head.ask(asked.Query, v)); err != nil {
				return nil, err
			}
			if asked.Features.Cosine < nearestOutside {
				out = append(out, Sample{Features: asked.Features})
			}
		}
	}
	return out, nil
}

// Calibrate learns from the site's published articles and stores the result.
// Too few articles keep the defaults; articles that were published to meanwhile
// are left for the next call. It takes seconds. Errors: [ErrEmbedding] and those
// of the store.
func (s *Service) Calibrate(ctx context.Context, site int32) error {
	s.mu.Lock()
	delete(s.stale, site)
	s.mu.Unlock()
	_, fingerprint, err := embed(ctx, s.embedder, []string{"frontdesk"})
	if err != nil {
		return fmt.Errorf("ask the model for its fingerprint: %w", err)
	}
	err = s.calibrate(ctx, site, &oneModel{Embedder: s.embedder, fingerprint: fingerprint})
	if errors.Is(err, ErrModel) || errors.Is(err, ErrMoved) { // switched or published underway
		s.markStale(site)
		return nil
	}
	return err
}

// calibrate learns for the vectors of e's model. It returns [ErrMoved] if others
// publish faster than it learns.
func (s *Service) calibrate(ctx context.Context, site int32, e *oneModel) error {
	for attempt := 1; ; attempt++ {
		corpus, err := s.store.Corpus(ctx, site, e.fingerprint)
		if err != nil {
			return fmt.Errorf("calibrate: %w", err)
		}
		a, err := s.learn(ctx, e, corpus)
		if err != nil {
			return fmt.Errorf("calibrate: %w", err)
		}
		if _, has := corpus.Adaptations[e.fingerprint]; a == nil && !has {
			return nil // nothing learnt, nothing to forget
		}
		err = s.store.Adapt(ctx, site, Learnt{Epoch: corpus.Epoch, Fingerprint: e.fingerprint, Adaptation: a})
		if err == nil || !errors.Is(err, ErrMoved) || attempt == learnAttempts {
			if err != nil {
				err = fmt.Errorf("calibrate: %w", err)
			}
			return err
		}
	}
}
