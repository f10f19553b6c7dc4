package inference

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"frontdesk/models"
)

// ErrUnsound says that a model runs, but gives values that nothing can be done with.
var ErrUnsound = errors.New("model gives values that cannot be used")

// recordCompany is how many texts share a batch when a model is tried in company.
const recordCompany = 8

// Record runs a bundle that has no golden values yet on texts or pairs, and returns them with the ids and values that
// later loads are compared with. Texts that have no token are left out. What is in use is not touched.
//
// A model is refused that gives NaN, the same for all texts, or in a batch another value than alone. Errors wrap
// ErrUnsound, ErrNotFinite, or those of Stage.
func (e *Engine) Record(ctx context.Context, bundle models.Bundle, texts []models.Golden) (golden []models.Golden, err error) {
	bundle.Golden = nil
	m, err := e.load(ctx, &bundle)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.destroy(m)) }()
	var rows []sequence
	for _, g := range texts {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("record model %s: %w", m.manifest.Name, context.Cause(ctx))
		}
		row := m.goldenText(g)
		if len(row.ids) <= m.tok.Specials() {
			continue
		}
		values, err := m.recorded([]sequence{row})
		if err != nil {
			return nil, err
		}
		g.IDs, g.Vector, g.Scores = row.ids, nil, nil
		if m.manifest.Task == models.TaskEmbed {
			g.Vector = values[0]
		} else {
			g.Scores = values[0]
		}
		golden, rows = append(golden, g), append(rows, row)
	}
	if len(golden) < 2 {
		return nil, fmt.Errorf("%w: model %s: its tokenizer knows none of the texts", ErrUnsound, m.manifest.Name)
	}
	if err := m.inCompany(golden, rows); err != nil {
		return nil, err
	}
	return golden, m.telling(golden)
}

// recorded returns a row of values for each text: a vector of Dims values and length 1, or raw scores.
func (m *model) recorded(rows []sequence) ([][]float32, error) {
	out, err := m.once(rows)
	if err != nil {
		return nil, fmt.Errorf("record model %s: %w", m.manifest.Name, err)
	}
	if !finite(out) {
		return nil, fmt.Errorf("record model %s: %w", m.manifest.Name, ErrNotFinite)
	}
	width := len(out) / len(rows)
	all := make([][]float32, len(rows))
	for i := range rows {
		row := slices.Clone(out[i*width : (i+1)*width])
		if m.manifest.Task == models.TaskEmbed {
			if row, err = m.shape(row, m.manifest.Dims, true); err != nil {
				return nil, fmt.Errorf("record model %s: %w", m.manifest.Name, err)
			}
		}
		all[i] = row
	}
	return all, nil
}

// inCompany checks that padding and batch mates change nothing.
func (m *model) inCompany(golden []models.Golden, rows []sequence) error {
	for i := 0; i < len(rows); i += recordCompany {
		end := min(i+recordCompany, len(rows))
		values, err := m.recorded(rows[i:end])
		if err != nil {
			return err
		}
		for k, v := range values {
			g := golden[i+k]
			if same := m.manifest.Task == models.TaskEmbed && cosine(v, g.Vector) >= goldenCosine ||
				m.manifest.Task != models.TaskEmbed && near(v, g.Scores); !same {
				return fmt.Errorf("%w: model %s: %.40q has other values in a batch than alone; is its attention mask without effect, or is it quantized by batch?",
					ErrUnsound, m.manifest.Name, g.Text)
			}
		}
	}
	return nil
}

// near says that scores differ no more than golden values may.
func near(a, b []float32) bool {
	for i := range a {
		if d := math.Abs(float64(a[i] - b[i])); !(d <= goldenScore*max(1, math.Abs(float64(b[i])))) {
			return false
		}
	}
	return true
}

// telling checks that different texts have different values.
func (m *model) telling(golden []models.Golden) error {
	for _, g := range golden[1:] {
		if m.manifest.Task == models.TaskEmbed && cosine(g.Vector, golden[0].Vector) < 1-1e-6 ||
			m.manifest.Task != models.TaskEmbed && !slices.Equal(g.Scores, golden[0].Scores) {
			return nil
		}
	}
	return fmt.Errorf("%w: model %s gives all texts the same", ErrUnsound, m.manifest.Name)
}
