package main

import (
	"context"
	"fmt"

	"frontdesk/inference"
	"frontdesk/models"
)

// liveEngine is the engine as a modelEngine.
type liveEngine struct{ *inference.Engine }

// Stage implements modelEngine.
func (e liveEngine) Stage(ctx context.Context, b models.Bundle) (stagedModel, error) {
	if b.Manifest.Name == models.NoModel {
		return &noModel{engine: e.Engine, task: b.Manifest.Task}, nil
	}
	staged, err := e.Engine.Stage(ctx, b)
	if err != nil {
		return nil, err
	}
	return staged, nil
}

// noModel stands in a switch for no model at all: to publish it is to take the
// one in use out of use.
type noModel struct {
	engine *inference.Engine
	task   string
}

// EmbedQuestion implements stagedModel; there is nothing that could.
func (n *noModel) EmbedQuestion(context.Context, string) (vector []float32, fingerprint string, err error) {
	return nil, "", fmt.Errorf("embed question: %w", models.ErrNoModel)
}

// EmbedPassages implements stagedModel; there is nothing that could.
func (n *noModel) EmbedPassages(context.Context, []string) (vectors [][]float32, fingerprint string, err error) {
	return nil, "", fmt.Errorf("embed passages: %w", models.ErrNoModel)
}

// Publish implements stagedModel.
func (n *noModel) Publish(context.Context) error { return n.engine.Retire(n.task) }

// Discard implements stagedModel.
func (n *noModel) Discard() error { return nil }
