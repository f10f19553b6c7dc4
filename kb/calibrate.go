package kb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/internal/text"
)

// How a knowledge base's own confidence is fitted. Every sampled question is
// searched once and ranked twice: without itself, which shows how sure a right
// or wrong ranking looks here, and without its whole article, which shows how a
// question looks that nothing should answer.
const (
	calibrationQuestions = 400  // at most, spread over all articles
	calibrationLeast     = 40   // fewer say too little: the default stays
	calibrationArticles  = 8    // likewise
	calibrationVariants  = 3    // an article with fewer looks nothing like itself without one of them
	outsideWeight        = 0.05 // of the unanswerable, against 1 of the answerable
	// A good writer's variants differ more from each other than visitors' questions
	// differ from them: of what is found without itself counts at least this share as right.
	leastRight       = 0.75
	nearestOutside   = 0.9 // cosine above which an outside question is not so outside here
	calibrationRidge = 1   // how much evidence the default counts for
)

const (
	settleTime       = 2 * time.Second // after a publish, for the next one to join
	calibrateTimeout = 2 * time.Minute // of one site
)

// Run keeps the confidence fitted: some seconds after a site was published to,
// its fit is renewed. It blocks until ctx ends. Only the node that published
// does it; all take the result with the next epoch.
func (s *Service) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(settleTime):
		}
		for site := range s.takeStale() {
			if err := s.calibrateWithin(ctx, site); err != nil && ctx.Err() == nil { // the present fit stays until the next publish
				s.log.WarnContext(ctx, "cannot fit the confidence to the knowledge base", "site", site, "error", err)
			}
		}
	}
}

func (s *Service) calibrateWithin(ctx context.Context, site int32) error {
	ctx, cancel := context.WithTimeoutCause(ctx, calibrateTimeout, errors.New("fitting the confidence took too long"))
	defer cancel()
	return s.Calibrate(ctx, site)
}

// markStale asks Run for a new fit.
func (s *Service) markStale(site int32) {
	s.mu.Lock()
	s.stale[site] = true
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (s *Service) takeStale() map[int32]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.stale
	s.stale = map[int32]bool{}
	return taken
}

// Calibrate fits the confidence to the site's published articles and stores it.
// A knowledge base that is too small keeps the default; one that was published
// to meanwhile is left for the next call. It runs as long as some hundred
// searches. Errors: [ErrEmbedding] and those of the store.
func (s *Service) Calibrate(ctx context.Context, site int32) error {
	s.mu.Lock()
	delete(s.stale, site)
	s.mu.Unlock()
	err := s.calibrate(ctx, site, &oneModel{Embedder: s.embedder})
	if errors.Is(err, ErrModel) { // switched underway: half the searches were the former model's
		s.markStale(site)
		return nil
	}
	return err
}

// oneModel refuses to go on once its embedder's model is another than at first:
// what is measured with two models says nothing of either.
type oneModel struct {
	Embedder
	fingerprint string // empty before the first question
}

// EmbedQuestion implements [Embedder]. It returns a [*ModelError] if the model has changed.
func (o *oneModel) EmbedQuestion(ctx context.Context, text string) ([]float32, string, error) {
	vector, fingerprint, err := o.Embedder.EmbedQuestion(ctx, text)
	if err != nil {
		return nil, "", err
	}
	if o.fingerprint != "" && o.fingerprint != fingerprint {
		return nil, "", &ModelError{}
	}
	o.fingerprint = fingerprint
	return vector, fingerprint, nil
}

// calibrate fits the confidence of a site to the vectors of e's model.
func (s *Service) calibrate(ctx context.Context, site int32, e *oneModel) error {
	corpus, err := s.store.Corpus(ctx, site)
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	questions := calibrationSample(corpus.Variants)
	if len(questions) < calibrationLeast {
		return nil
	}
	corpus.Calibrations = nil
	stats := newSiteStats(corpus)
	samples := make([]Sample, 0, 2*len(questions))
	right := 0.0
	for _, v := range questions {
		pair, err := s.simulate(ctx, e, site, stats, v)
		if err != nil {
			return fmt.Errorf("calibrate: %w", err)
		}
		samples = append(samples, pair[:]...)
		right += indicator(pair[0].Right)
	}
	outside, err := s.simulateOutside(ctx, e, site, stats)
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	share := right / float64(len(questions))
	if share > 0 && share < leastRight {
		for i := range samples {
			switch {
			case samples[i].Right:
				samples[i].Weight *= leastRight / share
			case samples[i].Weight == 1:
				samples[i].Weight *= (1 - leastRight) / (1 - share)
			}
		}
	}
	for i := range outside {
		outside[i].Weight = outsideWeight * float64(len(questions)) / float64(len(outside))
	}
	samples = append(samples, outside...)
	fitted := Fit(samples, defaultCalibration(), calibrationRidge)
	if err := s.store.Calibrate(ctx, site, corpus.Epoch, e.fingerprint, fitted); err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	s.log.InfoContext(ctx, "confidence fitted to the knowledge base", "site", site, "model", e.fingerprint,
		"questions", len(questions), "found_without_themselves", share)
	return nil
}

// simulateOutside ranks questions that hardly a knowledge base answers.
func (s *Service) simulateOutside(ctx context.Context, e Embedder, site int32, stats *siteStats) ([]Sample, error) {
	var out []Sample
	for _, locale := range []string{text.Chinese, text.English} {
		if stats.locales[locale] == nil {
			continue
		}
		for _, q := range outsideQuestions(locale) {
			r, hits, err := s.probe(ctx, e, site, stats, text.Normalize(q), locale)
			if err != nil {
				return nil, err
			}
			if r.rank(stats, hits); r.Features.Cosine < nearestOutside {
				out = append(out, Sample{Features: r.Features})
			}
		}
	}
	return out, nil
}

// probe searches without ranking.
func (s *Service) probe(ctx context.Context, e Embedder, site int32, stats *siteStats, query, locale string) (Result, []Hit, error) {
	r := Result{Query: query, Locale: text.Language(query, locale)}
	vector, fingerprint, err := e.EmbedQuestion(ctx, r.Query)
	if err != nil {
		return r, nil, fmt.Errorf("embed question: %w: %w", ErrEmbedding, err)
	}
	r.Terms = weighTerms(stats, distinct(text.Terms(r.Query)), r.Locale)
	found, err := s.store.Search(ctx, identity.Everything(), searchQuery(stats, site, vector, fingerprint, r.Terms, s.candidates))
	return r, found.Hits, err
}

// simulate ranks a stored question without itself, and without its article.
func (s *Service) simulate(ctx context.Context, e Embedder, site int32, stats *siteStats, v Variant) (pair [2]Sample, err error) {
	r, hits, err := s.probe(ctx, e, site, stats, v.Content, v.Locale)
	if err != nil {
		return pair, err
	}
	inside, outside := r, r
	inside.rank(stats, slices.DeleteFunc(slices.Clone(hits), func(h Hit) bool { return h.Variant == v.ID }))
	outside.rank(stats, slices.DeleteFunc(hits, func(h Hit) bool { return h.Article == v.Article }))
	return [2]Sample{
		{Features: inside.Features, Right: len(inside.Candidates) > 0 && inside.Candidates[0].Article == v.Article, Weight: 1},
		{Features: outside.Features, Weight: outsideWeight},
	}, nil
}

// calibrationSample picks questions evenly over the articles, the same ones for
// the same knowledge base.
func calibrationSample(variants []Variant) []Variant {
	byArticle := map[string][]Variant{}
	for _, v := range variants {
		if v.Kind == KindQuestion {
			byArticle[v.Article] = append(byArticle[v.Article], v)
		}
	}
	for id, list := range byArticle {
		if len(list) < calibrationVariants {
			delete(byArticle, id)
		}
	}
	if len(byArticle) < calibrationArticles {
		return nil
	}
	ids := make([]string, 0, len(byArticle))
	for id, list := range byArticle {
		ids = append(ids, id)
		slices.SortFunc(list, func(a, b Variant) int { return cmp.Compare(spread(a), spread(b)) })
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(spread(byArticle[a][0]), spread(byArticle[b][0])) })
	var out []Variant
	for round := 0; len(out) < calibrationQuestions; round++ {
		before := len(out)
		for _, id := range ids {
			if list := byArticle[id]; round < len(list) && len(out) < calibrationQuestions {
				out = append(out, list[round])
			}
		}
		if len(out) == before {
			break
		}
	}
	return out
}

func spread(v Variant) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(v.Article + "\x00" + v.Content + "\x00" + strconv.Itoa(int(v.Kind))))
	return h.Sum64()
}
