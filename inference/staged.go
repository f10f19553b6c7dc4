package inference

import (
	"context"
	"errors"
	"fmt"

	"frontdesk/models"
)

// Staged is a model that is loaded, proven and warm beside the one in use, and serves only who holds it. It ends with
// Publish or Discard.
type Staged struct {
	engine *Engine
	model  *model
}

// Stage loads a bundle, proves it by its golden values and warms it. What is in use is not touched.
//
// Errors wrap ErrGolden, ErrClosed, models.ErrManifest, the tokenizer's or the graph's, or the context's cause.
func (e *Engine) Stage(ctx context.Context, bundle models.Bundle) (*Staged, error) {
	m, err := e.load(ctx, &bundle)
	if err != nil {
		e.metrics.swapped(bundle.Manifest.Task, "refused")
		return nil, err
	}
	if err := e.models.stage(m); err != nil {
		return nil, fmt.Errorf("stage model %s: %w", m.manifest.Name, errors.Join(err, e.destroy(m)))
	}
	return &Staged{engine: e, model: m}, nil
}

// EmbedQuestion is Engine.EmbedQuestion with the staged model. Errors also wrap ErrStaged.
func (s *Staged) EmbedQuestion(ctx context.Context, question string) (vector []float32, fingerprint string, err error) {
	if err := s.engine.models.pin(s.model); err != nil {
		return nil, "", fmt.Errorf("embed question: %w", s.gone(err))
	}
	defer s.engine.models.release(s.model)
	return s.engine.question(ctx, s.model, question)
}

// EmbedPassages is Engine.EmbedPassages with the staged model. Errors also wrap ErrStaged.
func (s *Staged) EmbedPassages(ctx context.Context, texts []string) (vectors [][]float32, fingerprint string, err error) {
	if err := s.engine.models.pin(s.model); err != nil {
		return nil, "", fmt.Errorf("embed passages: %w", s.gone(err))
	}
	defer s.engine.models.release(s.model)
	return s.engine.passages(ctx, s.model, texts)
}

// Fingerprint names the model's vector space.
func (s *Staged) Fingerprint() string { return s.model.manifest.Fingerprint }

// Model returns the model's manifest.
func (s *Staged) Model() models.Manifest { return s.model.manifest }

// Publish puts the model in use for its task: what asks from its return on is served by it. Requests that were taken
// before are served by the former model to their end; then that is destroyed, in the background. No request fails.
//
// Errors wrap ErrStaged after Publish or Discard, or ErrClosed.
func (s *Staged) Publish(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("publish model: %w", context.Cause(ctx))
	}
	ok, err := s.engine.models.publish(s.model)
	if err == nil && !ok {
		err = ErrStaged
	}
	if err != nil {
		return fmt.Errorf("publish model %s: %w", s.model.manifest.Name, err)
	}
	s.engine.metrics.swapped(s.model.manifest.Task, "published")
	return nil
}

// Discard lets the model go unused. After Publish or Discard it does nothing and its error wraps ErrStaged.
func (s *Staged) Discard() error {
	if !s.engine.models.discard(s.model) {
		return fmt.Errorf("discard model %s: %w", s.model.manifest.Name, ErrStaged)
	}
	return nil
}

// gone says why a model cannot be pinned.
func (s *Staged) gone(err error) error {
	if s.engine.models.open() {
		return ErrStaged
	}
	return err
}
