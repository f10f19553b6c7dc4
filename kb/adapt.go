package kb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Adaptation is what was learnt from a site's articles for the vectors of one
// model: how to rank them, how sure a ranking is, and how sure is sure enough.
type Adaptation struct {
	Version int `json:"version"` // [adaptationVersion]
	// Content is the hash of the texts that it was learnt from (see [contentOf]).
	Content     string      `json:"content"`
	Calibration Calibration `json:"calibration"`
	// Answer is the least confidence at which, by simulation, at most
	// [riskTarget] of the answers are wrong; 0 = not chosen.
	Answer float64 `json:"answer"`
	// Refuse is the probability that something answers which 19 in 20 rehearsed questions reach; 0 = not known.
	Refuse float64 `json:"refuse"`
	// PairWeight is what the pair model's probability weighs beside the score.
	PairWeight float64 `json:"pair_weight"`
	// PairModel is the fingerprint of the pair model that it was learnt with; empty = none.
	PairModel string `json:"pair_model"`
	Head      []byte `json:"-"` // encoded; empty = none
}

// adaptationVersion is that of the features and of what is made of them. What an
// earlier server learnt is learnt anew.
const adaptationVersion = 4

// Learnt is an adaptation that belongs to what is published with it.
type Learnt struct {
	Epoch       int64 // of the corpus that it was made of, together with the change it is published with
	Fingerprint string
	Adaptation  *Adaptation // nil = the articles are too few to learn from
}

// A version of the server that is older, or newer, learnt it.
var (
	errOutdated = errors.New("an older version learnt it")
	errNewer    = errors.New("a newer version learnt it")
)

// learnt is an adaptation in use.
type learnt struct {
	Adaptation
	head *head
}

// newLearnt decodes. A damaged head, or one of another version, is none, and so is
// the rest: the confidence was fitted to its ranking.
func newLearnt(a Adaptation) (*learnt, error) {
	switch {
	case a.Version > adaptationVersion:
		return nil, fmt.Errorf("learnt as version %d, want %d: %w", a.Version, adaptationVersion, errNewer)
	case a.Version < adaptationVersion:
		return nil, fmt.Errorf("learnt as version %d, want %d: %w", a.Version, adaptationVersion, errOutdated)
	}
	if d := defaultCalibration(); len(a.Calibration.Scope) != len(d.Scope) || len(a.Calibration.Choice) != len(d.Choice) {
		return nil, fmt.Errorf("%d and %d weights, want %d and %d", len(a.Calibration.Scope), len(a.Calibration.Choice), len(d.Scope), len(d.Choice))
	}
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
	before := contentOf(upTo(corpus.Variants, AudiencePublic))
	corpus.Variants = append(slices.DeleteFunc(corpus.Variants, c.goes), c.comes...)
	public := upTo(corpus.Variants, AudiencePublic)
	if contentOf(public) == before {
		return nil, errNothingToLearn
	}
	if workToLearn(public) > learnBudget {
		return nil, nil
	}
	return s.learnOrLog(ctx, site, corpus, fingerprint)
}

// errNothingToLearn says that a change touches nothing that is learnt from.
var errNothingToLearn = errors.New("nothing to learn from it")

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
	start := time.Now()
	r, a, err := s.rehearse(ctx, e, corpus)
	if err != nil || a == nil {
		return nil, err
	}
	if r.head != nil {
		a.Head = r.head.encode()
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "learnt from the knowledge base",
		slog.String("model", e.fingerprint), slog.Int("texts", len(r.index.variants)), slog.Int("questions", r.questions),
		slog.Float64("found_without_themselves", r.share), slog.Float64("answer_at", a.Answer), slog.Int("head_bytes", len(a.Head)),
		slog.Duration("head", r.fitting), slog.Duration("all", time.Since(start)))
	return a, nil
}

// rehearse fits a head to the corpus, asks its own questions of it, and returns
// what that gives, the head not yet encoded; nil where there is too little.
func (s *Service) rehearse(ctx context.Context, e *oneModel, corpus Corpus) (*rehearsal, *Adaptation, error) {
	corpus.Variants = upTo(corpus.Variants, AudiencePublic) // a visitor's ranking and confidence know nothing of the rest
	variants := slices.DeleteFunc(slices.Clone(corpus.Variants), func(v Variant) bool { return !usable(v.Vector) })
	questions := calibrationSample(variants)
	if len(questions) < calibrationLeast {
		return nil, nil, nil
	}
	start := time.Now()
	h, held, err := learnHead(ctx, variants, questions)
	if err != nil {
		return nil, nil, fmt.Errorf("fit the head: %w", err)
	}
	fitting := time.Since(start)
	corpus.Adaptations = nil
	stats := newSiteStats(corpus)
	r := &rehearsal{
		service: s, embedder: e, stats: stats, index: newCorpusIndex(variants, stats), head: h, held: held, questions: len(questions), fitting: fitting,
	}
	a, err := r.calibrate(ctx, questions)
	if err != nil {
		return nil, nil, err
	}
	a.Content = contentOf(corpus.Variants)
	return r, a, nil
}

// Calibrate learns from the site's published articles and stores the result.
// Too few articles keep the defaults; articles that were published to meanwhile
// are left for the next call. It takes seconds. Errors: [ErrEmbedding] and those
// of the store.
func (s *Service) Calibrate(ctx context.Context, site int32) error {
	defer s.nowFitting(site)()
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
