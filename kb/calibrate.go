package kb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"sync"
	"time"
)

// How a knowledge base's own confidence is fitted. Every sampled question is
// searched once and ranked twice: without itself, which shows how sure a right
// or wrong ranking looks here, and without its whole article, which shows how a
// question looks that nothing should answer.
const (
	calibrationQuestions = 400 // at most, spread over all articles
	withoutArticle       = 2   // of so many questions one is also ranked without its article
	calibrationLeast     = 40  // fewer say too little: the default stays
	calibrationArticles  = 8   // likewise
	calibrationVariants  = 3   // an article with fewer looks nothing like itself without one of them
	// Of a rehearsal's unanswerable questions, against 1 of all the answerable: those without their article
	// are as near as can be, those from outside as far.
	withoutWeight = 0.3
	outsideWeight = 0.3
	// What the probabilities suppose: 1 in 20 questions has no answer here.
	unanswerable = 0.05
	// Of the rehearsed answerable questions, which are harder than visitors', this share is refused; at least and at
	// most at these probabilities that something answers.
	refusedShare  = 0.05
	lowestRefusal = 0.1
	mostRefusal   = 0.85
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

// Run learns what a publication could not wait for (see [Service.Save]), and at
// its start what is missing, as after an upgrade. It blocks until ctx ends.
// Only the node that published does it; all take the result with the next epoch.
func (s *Service) Run(ctx context.Context) error {
	var tending sync.WaitGroup
	tending.Go(func() { s.tendVectors(ctx) })
	defer tending.Wait()
	s.findUnfitted(ctx)
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
		for site, anyway := range s.takeStale() {
			if err := s.calibrateAlone(ctx, site, anyway); err != nil && ctx.Err() == nil { // the present fit stays until the next publish
				s.log.WarnContext(ctx, "cannot learn from the knowledge base", "site", site, "error", err)
			}
		}
	}
}

// calibrateAlone learns from a site unless another node is at it: what that stores
// comes here with the next epoch, and if something was published to both, it notices
// and learns anew. Unless anyway is set, what somebody has learnt meanwhile is enough.
func (s *Service) calibrateAlone(ctx context.Context, site int32, anyway bool) error {
	learn := func(ctx context.Context) error {
		if !anyway {
			switch missing, err := s.unfitted(ctx); {
			case err != nil:
				return err
			case !slices.Contains(missing, site):
				return nil
			}
		}
		return s.calibrateWithin(ctx, site)
	}
	if s.rota == nil {
		return learn(ctx)
	}
	_, err := s.rota.Alone(ctx, site, learn)
	return err
}

// Rota lets one of several nodes do what all have found to be done; *postgres.Knowledge is one.
type Rota interface {
	// Alone calls learn, unless it runs on another node for this site at the moment,
	// and reports whether it was called. Errors: learn's and the store's.
	Alone(ctx context.Context, site int32, learn func(context.Context) error) (called bool, err error)
}

// findUnfitted marks the sites from which nothing was learnt for the present model.
func (s *Service) findUnfitted(ctx context.Context) {
	missing, err := s.unfitted(ctx)
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "cannot look for knowledge bases to learn from", "error", err)
	}
	for _, site := range missing {
		s.mark(site, false)
	}
}

// unfitted returns the sites from which nothing was learnt for the present model.
func (s *Service) unfitted(ctx context.Context) ([]int32, error) {
	_, fingerprint, err := embed(ctx, s.embedder, []string{"frontdesk"})
	if err != nil {
		return nil, err
	}
	covered, err := s.store.Coverage(ctx, fingerprint)
	if err != nil {
		return nil, fmt.Errorf("count vectors: %w", err)
	}
	return covered.Unfitted, nil
}

func (s *Service) calibrateWithin(ctx context.Context, site int32) error {
	ctx, cancel := context.WithTimeoutCause(ctx, calibrateTimeout, errors.New("learning from the knowledge base took too long"))
	defer cancel()
	return s.Calibrate(ctx, site)
}

// markStale asks Run for a new fit.
func (s *Service) markStale(site int32) { s.mark(site, true) }

// mark is markStale, unless anyway is unset: then only of a site from which nothing was learnt.
func (s *Service) mark(site int32, anyway bool) {
	s.mu.Lock()
	s.stale[site] = s.stale[site] || anyway
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (s *Service) isStale(site int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stale[site]
}

func (s *Service) takeStale() map[int32]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.stale
	s.stale = map[int32]bool{}
	return taken
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
		slices.SortFunc(list, func(a, b Variant) int {
			return cmp.Or(cmp.Compare(spread(a), spread(b)), cmp.Compare(a.Locale, b.Locale), cmp.Compare(a.ID, b.ID))
		})
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
