package inference

import (
	"fmt"
	"math"
	"slices"

	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// goldenCosine is the least agreement with training that a model may show at load: fp16 storage costs 1e-7, another
// processor's summation order less. A wrong library, graph or tokenizer is far below.
const goldenCosine = 0.9999

// proveGolden runs the bundle's golden texts and compares ids and vectors. Its error wraps ErrGolden.
func proveGolden(tok *tokenizer.Tokenizer, r runner, bundle *models.Bundle) error {
	m := bundle.Manifest
	out := make([]float32, m.Dims)
	for _, g := range bundle.Golden {
		ids := tok.AppendIDs(nil, g.Text, m.MaxTokens.Question)
		if !slices.Equal(ids, g.IDs) {
			return fmt.Errorf("%w: model %s: %.40q has other token ids than in training", ErrGolden, m.Name, g.Text)
		}
		wide, mask := make([]int64, len(ids)), make([]int64, len(ids))
		for i, id := range ids {
			wide[i], mask[i] = int64(id), 1
		}
		if err := r.Run(wide, mask, 1, len(ids), out); err != nil {
			return fmt.Errorf("%w: model %s: %w", ErrGolden, m.Name, err)
		}
		if c := cosine(out, g.Vector); !(c >= goldenCosine) { // NaN fails too
			return fmt.Errorf("%w: model %s: %.40q has cosine %.6f to training, want %v", ErrGolden, m.Name, g.Text, c, goldenCosine)
		}
	}
	return nil
}

// cosine of two vectors whose norm is about 1, but not trusted to be.
func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab += x * y
		aa += x * x
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
