package main

import (
	"context"

	"frontdesk/inference"
	"frontdesk/models"
)

// liveEngine is the engine as a modelEngine.
type liveEngine struct{ *inference.Engine }

// Stage implements modelEngine.
func (e liveEngine) Stage(ctx context.Context, b models.Bundle) (stagedModel, error) {
	staged, err := e.Engine.Stage(ctx, b)
	if err != nil {
		return nil, err
	}
	return staged, nil
}
