package inference_test

import (
	"errors"
	"math"
	"testing"

	"frontdesk/inference"
	"frontdesk/inference/internal/onnxtest"
	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// word returns the id of a word of onnxtest's tokenizer.
func word(t testing.TB, s string) int32 {
	t.Helper()
	tok, err := tokenizer.Parse(onnxtest.Tokenizer())
	if err != nil {
		t.Fatal(err)
	}
	ids := tok.AppendIDs(nil, s, 0)
	if len(ids) != 3 {
		t.Fatalf("%q is no single token: %v", s, ids)
	}
	return ids[1]
}

// classifier answers with chosen scores: those of the text's first word.
func classifier(t testing.TB, labels int, scores map[string][]float32, change ...func(*models.Manifest)) *inference.Engine {
	t.Helper()
	rows := map[int32][]float32{}
	for w, s := range scores {
		rows[word(t, w)] = s
	}
	b := (&onnxtest.Lookup{Labels: labels, Scores: rows}).Bundle(t, "chosen", change...)
	return serve(t, small(t), func(c *inference.Config) { c.Models = []models.Bundle{b} })
}

func inputs(texts ...string) []models.Input {
	var all []models.Input
	for _, s := range texts {
		all = append(all, models.Input{Text: s})
	}
	return all
}

func TestSoftmaxOfExtremeScoresIsAProbability(t *testing.T) {
	t.Parallel()
	e := classifier(t, 2, map[string][]float32{
		"where": {-100, 1}, "when": {1000, -1000}, "how": {-1000, -1000}, "order": {math.MaxFloat32, 0}, "refund": {-math.MaxFloat32, math.MaxFloat32},
		"ship": {0, 0}, "payment": {1e-30, -1e-30},
	})
	for text, want := range map[string][2]float64{
		"where is it": {math.Exp(-101), 1}, "when": {1, 0}, "how": {0.5, 0.5}, "order": {1, 0}, "refund": {0, 1}, "ship": {0.5, 0.5},
		"payment": {0.5, 0.5},
	} {
		r, err := e.Classify(t.Context(), models.ClassifyRequest{Inputs: inputs(text)})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		a, b := float64(r.Scores[0][0]), float64(r.Scores[0][1])
		if math.Abs(a-want[0]) > 1e-6 || math.Abs(b-want[1]) > 1e-6 || math.Abs(a+b-1) > 1e-6 {
			t.Errorf("%s: %v, want %v", text, r.Scores[0], want)
		}
	}
	raw, err := e.Classify(t.Context(), models.ClassifyRequest{Inputs: inputs("where"), Raw: true})
	if err != nil || raw.Scores[0][0] != -100 || raw.Scores[0][1] != 1 {
		t.Errorf("raw scores %v, %v", raw.Scores, err)
	}
}

func TestSoftmaxOfASingleLabelIsOne(t *testing.T) {
	t.Parallel()
	e := classifier(t, 1, map[string][]float32{"where": {-100}, "when": {math.MaxFloat32}}, func(m *models.Manifest) {
		m.Task, m.Labels, m.Activation = models.TaskClassify, []string{"only"}, models.ActivationSoftmax
	})
	r, err := e.Classify(t.Context(), models.ClassifyRequest{Inputs: inputs("where", "when", "x")})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range r.Scores {
		if len(s) != 1 || s[0] != 1 {
			t.Errorf("input %d: %v", i, s)
		}
	}
}

func TestSigmoidOfExtremeScoresStaysBetweenZeroAndOne(t *testing.T) {
	t.Parallel()
	e := classifier(t, 3, map[string][]float32{"where": {-1000, 0, 1000}, "when": {-math.MaxFloat32, math.MaxFloat32, 1}},
		func(m *models.Manifest) { m.Activation = models.ActivationSigmoid })
	r, err := e.Classify(t.Context(), models.ClassifyRequest{Inputs: inputs("where", "when")})
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Scores[0]; s[0] != 0 || s[1] != 0.5 || s[2] != 1 {
		t.Errorf("%v", s)
	}
	if s := r.Scores[1]; s[0] != 0 || s[1] != 1 || math.Abs(float64(s[2])-0.731058) > 1e-5 {
		t.Errorf("%v", s)
	}
}

func TestScoresThatAreNoNumbersFailTheirRequestAndNoOther(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	e := classifier(t, 2, map[string][]float32{"refund": {nan, 1}, "when": {1, inf}, "ship": {-inf, -inf}, "order": {1, 2}})
	for _, bad := range []string{"refund", "when", "ship"} {
		for _, raw := range []bool{false, true} {
			_, err := e.Classify(t.Context(), models.ClassifyRequest{Inputs: inputs("order", bad, "order"), Raw: raw})
			if !errors.Is(err, inference.ErrNotFinite) {
				t.Errorf("%s: %v, want ErrNotFinite", bad, err)
			}
		}
	}
	done := make(chan error, 40)
	for i := range 40 {
		go func() {
			if i%4 == 0 {
				_, err := e.Classify(t.Context(), models.ClassifyRequest{Inputs: inputs("refund")})
				if !errors.Is(err, inference.ErrNotFinite) {
					done <- errors.Join(err, errors.New("NaN was served"))
					return
				}
				done <- nil
				return
			}
			_, err := e.Classify(t.Context(), models.ClassifyRequest{Inputs: inputs("order")})
			done <- err
		}()
	}
	for range 40 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
