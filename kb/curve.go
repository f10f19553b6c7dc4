package kb

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"frontdesk/internal/identity"
)

// ErrUnlearnable says that a site has too few articles for a rehearsal.
var ErrUnlearnable = errors.New("too few articles and question variants to rehearse with")

// Rehearsed is an answer that the bot would have given to one of the site's own
// questions, asked as if that variant were not there.
type Rehearsed struct {
	Confidence float64
	Weight     float64 // how many questions it stands for
	Right      bool
}

// Curve is how confidence and truth go together at a site, measured by rehearsal.
type Curve struct {
	Epoch       int64
	Fingerprint string
	Questions   int     // that were rehearsed
	Answer      float64 // the threshold that is learnt from it
	Rehearsed   []Rehearsed
}

// Curve rehearses the site's published articles and returns what the confidence
// is worth there: the same rehearsal from which the threshold is learnt. It takes
// as long as learning. Errors: [ErrUnlearnable], [ErrPreview] (too many texts),
// [ErrEmbedding], identity.ErrForbidden and those of the store.
func (s *Service) Curve(ctx context.Context, actor identity.Actor, site int32) (Curve, error) {
	if !actor.Can(identity.PermBotAdmin) {
		return Curve{}, fmt.Errorf("measure the confidence: %w", identity.ErrForbidden)
	}
	_, fingerprint, err := s.embedder.EmbedQuestion(ctx, "frontdesk")
	if err != nil {
		return Curve{}, fmt.Errorf("measure the confidence: %w: %w", ErrEmbedding, err)
	}
	corpus, err := s.store.Corpus(ctx, site, fingerprint)
	if err != nil {
		return Curve{}, fmt.Errorf("measure the confidence: %w", err)
	}
	if workToLearn(corpus.Variants) > previewBudget {
		return Curve{}, fmt.Errorf("measure the confidence: %w", ErrPreview)
	}
	variants := slices.DeleteFunc(slices.Clone(corpus.Variants), func(v Variant) bool { return !usable(v.Vector) })
	questions := calibrationSample(variants)
	if len(questions) < calibrationLeast {
		return Curve{}, fmt.Errorf("measure the confidence: %w", ErrUnlearnable)
	}
	h, held, err := learnHead(ctx, variants, questions)
	if err != nil {
		return Curve{}, fmt.Errorf("measure the confidence: %w", err)
	}
	corpus.Adaptations = nil
	stats := newSiteStats(corpus)
	r := rehearsal{service: s, embedder: &oneModel{Embedder: s.embedder, fingerprint: fingerprint}, stats: stats, index: newCorpusIndex(variants, stats), head: h, held: held}
	a, err := r.calibrate(ctx, questions)
	if err != nil {
		return Curve{}, fmt.Errorf("measure the confidence: %w", err)
	}
	c := Curve{Epoch: corpus.Epoch, Fingerprint: fingerprint, Questions: len(questions), Answer: a.Answer}
	for _, x := range r.answers {
		c.Rehearsed = append(c.Rehearsed, Rehearsed{Confidence: x.confidence, Weight: x.weight, Right: x.right})
	}
	return c, nil
}
