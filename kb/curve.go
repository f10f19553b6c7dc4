package kb

import (
	"context"
	"errors"
	"fmt"

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
	if workToLearn(upTo(corpus.Variants, AudiencePublic)) > previewBudget {
		return Curve{}, fmt.Errorf("measure the confidence: %w", ErrPreview)
	}
	r, a, err := s.rehearse(ctx, &oneModel{Embedder: s.embedder, fingerprint: fingerprint}, corpus)
	if err != nil {
		return Curve{}, fmt.Errorf("measure the confidence: %w", err)
	}
	if a == nil {
		return Curve{}, fmt.Errorf("measure the confidence: %w", ErrUnlearnable)
	}
	c := Curve{Epoch: corpus.Epoch, Fingerprint: fingerprint, Questions: r.questions, Answer: a.Answer}
	for _, x := range r.answers {
		c.Rehearsed = append(c.Rehearsed, Rehearsed{Confidence: x.confidence, Weight: x.weight, Right: x.right})
	}
	return c, nil
}
