package inference

import (
	"context"
	"fmt"

	"frontdesk/models"
)

// Classify scores the labels of the classifier in use for each input. It is all or nothing. Errors are those of Embed;
// models.ErrNoModel where no classifier is in use.
func (e *Engine) Classify(ctx context.Context, r models.ClassifyRequest) (models.ClassifyResult, error) {
	result, err := e.classify(ctx, r)
	if err != nil {
		return models.ClassifyResult{}, fmt.Errorf("classify: %w", err)
	}
	return result, nil
}

func (e *Engine) classify(ctx context.Context, r models.ClassifyRequest) (models.ClassifyResult, error) {
	var none models.ClassifyResult
	if len(r.Inputs) == 0 {
		return none, fmt.Errorf("%w: inputs is empty; give at least one", models.ErrInput)
	}
	m, err := e.models.acquire(models.TaskClassify, r.Model)
	if err != nil {
		return none, err
	}
	defer e.models.release(m)
	ln := interactive
	if r.Bulk {
		ln = bulk
	}
	rows, took, err := e.prepare(ctx, m, ln, len(r.Inputs), func(i int) (sequence, error) {
		row, err := m.input(r.Inputs[i], r.Cut)
		if err != nil {
			return sequence{}, textError(i, false, err)
		}
		return row, nil
	})
	if err != nil {
		return none, err
	}
	result := models.ClassifyResult{Served: m.served(rows, took), Labels: m.manifest.Labels, Scores: make([][]float32, len(rows))}
	width := m.worker.limits.width
	flat := make([]float32, len(rows)*width)
	if result.Times.Queue, result.Times.Run, err = e.sched.do(ctx, m.worker, ln, rows, flat); err != nil {
		return none, err
	}
	for i := range rows {
		result.Scores[i] = flat[i*width : (i+1)*width : (i+1)*width]
		if !r.Raw {
			activate(m.manifest.Activation, result.Scores[i])
		}
	}
	return result, nil
}

// input tokenises a text or a pair; both have the limit of a passage.
func (m *model) input(in models.Input, cut models.Cut) (sequence, error) {
	if in.Pair == nil {
		ids, err := m.idsOf(in.Text, "", m.manifest.MaxTokens.Passage, cut)
		return sequence{ids: ids}, err
	}
	first, err := m.piecesOf(in.Text)
	if err != nil {
		return sequence{}, err
	}
	return m.pair(first, *in.Pair, cut)
}
