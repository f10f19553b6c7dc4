package kb_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"frontdesk/kb"
)

func TestFitRecoversTheWeightsItsSamplesWereDrawnWith(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	truth := kb.Calibration{Bias: -3, Score: 4, Margin: 5}
	samples := make([]kb.Sample, 20_000)
	for i := range samples {
		f := kb.Features{Score: rng.Float64(), Margin: rng.Float64(), Candidates: 5}
		samples[i] = kb.Sample{Features: f, Right: rng.Float64() < truth.Confidence(f), Weight: 1}
	}
	got := kb.Fit(samples, kb.Calibration{}, 1)
	if math.Abs(got.Bias+3) > 0.3 || math.Abs(got.Score-4) > 0.3 || math.Abs(got.Margin-5) > 0.4 || math.Abs(got.Cosine) > 0.2 {
		t.Fatalf("%+v", got)
	}
}

func TestFitStaysFiniteAtItsExtremes(t *testing.T) {
	t.Parallel()
	prior := kb.Calibration{Bias: -1, Score: 2}
	right := kb.Sample{Features: kb.Features{Score: 1, Margin: 1, Candidates: 2}, Right: true, Weight: 1}
	wrong := kb.Sample{Features: kb.Features{Score: 0, Candidates: 2}, Weight: 1}
	for name, samples := range map[string][]kb.Sample{
		"none": nil, "one": {right}, "all equal": {right, right, right}, "separable": {right, wrong, right, wrong},
		"huge weight": {{Features: right.Features, Right: true, Weight: 1e12}}, "no candidates": {{Weight: 1}},
	} {
		c := kb.Fit(samples, prior, 1)
		for _, f := range []kb.Features{right.Features, wrong.Features, {Score: 1000, Candidates: 1}, {Score: -1000, Candidates: 1}} {
			if p := c.Confidence(f); math.IsNaN(p) || p < 0 || p > 1 {
				t.Errorf("%s: confidence %v of %+v", name, p, f)
			}
		}
	}
	if kb.Fit(nil, prior, 1) != prior {
		t.Error("without samples the prior must stay")
	}
}

func TestConfidenceOfWhatNeedsNoFeatures(t *testing.T) {
	t.Parallel()
	c := kb.Calibration{Bias: 50}
	for want, f := range map[float64]kb.Features{0: {}, 0.99: {Candidates: 1, Exact: true}, 0.5: {Candidates: 2, Exact: true, Ambiguous: true}} {
		if got := c.Confidence(f); got != want {
			t.Errorf("%+v: %v, want %v", f, got, want)
		}
	}
}
