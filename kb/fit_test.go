package kb_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"frontdesk/kb"
)

func TestFitRecoversTheWeightsItsSamplesWereDrawnWith(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	truth := kb.Logistic{-3, 4, 5, 0}
	samples := make([]kb.Sample, 20_000)
	for i := range samples {
		x := []float64{1, rng.Float64(), rng.Float64(), rng.Float64()}
		samples[i] = kb.Sample{Input: x, Yes: rng.Float64() < truth.Probability(x), Weight: 1}
	}
	got := kb.Fit(samples, kb.Logistic{0, 0, 0, 0}, 1)
	for i, tolerance := range []float64{0.3, 0.3, 0.4, 0.2} {
		if math.Abs(got[i]-truth[i]) > tolerance {
			t.Errorf("weight %d is %v, drawn with %v", i, got[i], truth[i])
		}
	}
}

func TestFitStaysFiniteAtItsExtremes(t *testing.T) {
	t.Parallel()
	prior := kb.Logistic{-1, 2, 0}
	right := kb.Sample{Input: []float64{1, 1, 1}, Yes: true, Weight: 1}
	wrong := kb.Sample{Input: []float64{1, 0, 0}, Weight: 1}
	for name, samples := range map[string][]kb.Sample{
		"none": nil, "one": {right}, "all equal": {right, right, right}, "separable": {right, wrong, right, wrong},
		"huge weight": {{Input: right.Input, Yes: true, Weight: 1e12}},
	} {
		l := kb.Fit(samples, prior, 1)
		for _, x := range [][]float64{right.Input, wrong.Input, {1, 1000, 0}, {1, -1000, 0}} {
			if p := l.Probability(x); math.IsNaN(p) || p < 0 || p > 1 {
				t.Errorf("%s: %v of %v", name, p, x)
			}
		}
	}
	// The prior is sure, and what it is sure of is mostly wrong: whole steps lead away from the minimum.
	rng := rand.New(rand.NewPCG(8, 9))
	var sure []kb.Sample
	for range 400 {
		sure = append(sure, kb.Sample{Input: []float64{1, .92 + .1*rng.Float64(), .92 + .1*rng.Float64()}, Yes: rng.Float64() < .3, Weight: 1})
	}
	l := kb.Fit(sure, kb.Logistic{-4, 6, 8}, 1)
	for i, p := range (kb.Logistic{-4, 6, 8}) {
		g := l[i] - p
		for _, s := range sure {
			yes := 0.0
			if s.Yes {
				yes = 1
			}
			g += (l.Probability(s.Input) - yes) * s.Input[i]
		}
		if math.Abs(g) > 1e-3 {
			t.Errorf("the slope along weight %d is %v: no minimum at %v", i, g, l)
		}
	}
	if !slices.Equal(kb.Fit(nil, prior, 1), prior) {
		t.Error("without samples the prior must stay")
	}
}

func TestConfidenceOfWhatNeedsNoFeatures(t *testing.T) {
	t.Parallel()
	c := kb.Calibration{Scope: kb.Logistic{50, 0, 0, 0, 0, 0}, Choice: append(kb.Logistic{50}, make(kb.Logistic, 12)...)}
	for want, f := range map[float64]kb.Features{0: {}, 0.99: {Candidates: 1, Exact: true}, 0.5: {Candidates: 2, Exact: true, Ambiguous: true}} {
		if got := c.Confidence(f); got != want {
			t.Errorf("%+v: %v, want %v", f, got, want)
		}
	}
	if p := c.Answerable(kb.Features{}); p != 0 {
		t.Errorf("nothing was found: answerable at %v", p)
	}
	if p := c.Confidence(kb.Features{Candidates: 2, Contested: true}); p != 0.5 {
		t.Errorf("contested: %v", p)
	}
}

func TestAQuestionForTwoArticlesIsNoQuestionForNone(t *testing.T) {
	t.Parallel()
	c := kb.Calibration{Scope: kb.Logistic{-2, 10, 0, 0, 0, 0}, Choice: append(kb.Logistic{-2, 0, 10}, make(kb.Logistic, 10)...)}
	two := kb.Features{Candidates: 2, Score: 0.8, Margin: 0.01}
	none := kb.Features{Candidates: 2, Score: 0.1, Margin: 0.1}
	if c.Confidence(two) > 0.3 || c.Answerable(two) < 0.9 {
		t.Errorf("two articles fit: confidence %v, answerable %v", c.Confidence(two), c.Answerable(two))
	}
	if c.Answerable(none) > 0.4 || c.Confidence(none) > c.Answerable(none) {
		t.Errorf("none fits: confidence %v, answerable %v", c.Confidence(none), c.Answerable(none))
	}
}
