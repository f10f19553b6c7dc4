package inference

import (
	"context"
	"fmt"
	"math"
	"slices"

	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// goldenCosine is the least agreement with training that a model may show at load: fp16 storage costs 1e-7, another
// processor's summation order less. A wrong library, graph or tokenizer is far below.
const goldenCosine = 0.9999

// goldenScore is the largest difference that a raw score may show, of its size or of 1, whichever is more.
const goldenScore = 1e-3

// prove runs the golden texts and compares ids and values. Its error wraps ErrGolden, or is the context's.
func (m *model) prove(ctx context.Context, golden []models.Golden) error {
	bad := func(text, format string, args ...any) error {
		return fmt.Errorf("%w: model %s: %.40q "+format, append([]any{ErrGolden, m.manifest.Name, text}, args...)...)
	}
	for _, g := range golden {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("prove model %s: %w", m.manifest.Name, context.Cause(ctx))
		}
		row := m.goldenText(g)
		if !slices.Equal(row.ids, g.IDs) {
			return bad(g.Text, "has other token ids than in training")
		}
		out, err := m.once([]sequence{row})
		if err != nil {
			return fmt.Errorf("%w: model %s: %w", ErrGolden, m.manifest.Name, err)
		}
		if want := max(len(g.Vector), len(g.Scores)); want != m.manifest.Outputs() {
			return bad(g.Text, "has %d golden values, want %d", want, m.manifest.Outputs())
		}
		if m.manifest.Task != models.TaskEmbed {
			for i, want := range g.Scores {
				if d := math.Abs(float64(out[i] - want)); !(d <= goldenScore*max(1, math.Abs(float64(want)))) { // NaN fails too
					return bad(g.Text, "has the score %g, in training it had %g", out[i], want)
				}
			}
			continue
		}
		if c := cosine(out[:m.manifest.Dims], g.Vector); !(c >= goldenCosine) {
			return bad(g.Text, "has cosine %.6f to training, want %v", c, goldenCosine)
		}
	}
	return nil
}

// goldenText tokenises as training did: a text as a question without prefix, a pair with the limit of a passage.
func (m *model) goldenText(g models.Golden) sequence {
	if g.Pair == "" {
		return sequence{ids: m.tok.AppendIDs(nil, g.Text, m.manifest.MaxTokens.Question)}
	}
	ids, types := m.tok.Assemble(nil, []int32{}, m.tok.AppendPieceIDs(nil, g.Text), m.tok.AppendPieceIDs(nil, g.Pair), true,
		tokenizer.Truncation{MaxLength: m.manifest.MaxTokens.Passage})
	return sequence{ids: ids, types: types}
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
