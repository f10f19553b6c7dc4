package kb

import "math"

// Features of a ranking, from which the confidence is computed. All scores are
// of the first candidate.
type Features struct {
	Score        float64 // fused, at most 1
	Margin       float64 // over the next article
	Cosine       float64
	CosineMargin float64 // over the best other article; negative if another is closer
	Char         float64
	Coverage     float64 // IDF-weighted share of the question's terms that its variant has
	Unknown      float64 // the same share of terms that no variant has
	Terms        int     // distinct terms of the question
	Candidates   int     // articles that were found at all
	AgreeDense   bool    // first in the dense leg too
	AgreeLexical bool    // first in the lexical leg too
	NumberMiss   bool    // the question has a number or code that its variant lacks
	Foreign      bool    // its variant is in another language than the question
	Exact        bool    // the question is its variant
	Head         float64 // the head's probability; 0 without a head
	HeadMargin   float64 // over the head's best other article; negative if that stands higher
	Decision     float64 // the head's decision value, -1 to 1: surely not, surely; 0 without a head
	AgreeHead    bool    // first by the head too
	Pair         float64 // the pair model's probability; 0 if it was not asked
	PairMargin   float64 // over the next by the pair model; negative if that stands higher
	BelowNearest float64 // by how much the nearest text of all is farther than questions here have theirs; 0 = it is not
	Ambiguous    bool    // another article has the very same variant
	Contested    bool    // another article, nearly as good, has every term of the question too
}

// Calibration turns features into a probability: a logistic function of a
// weighted sum. docs/eval/README.md says how the default was fitted.
type Calibration struct {
	Bias         float64 `json:"bias"`
	Score        float64 `json:"score"`
	Margin       float64 `json:"margin"`
	Cosine       float64 `json:"cosine"`
	CosineMargin float64 `json:"cosine_margin"`
	Char         float64 `json:"char"`
	Coverage     float64 `json:"coverage"`
	Unknown      float64 `json:"unknown"`
	Length       float64 `json:"length"` // × ln(1 + terms)
	AgreeDense   float64 `json:"agree_dense"`
	AgreeLexical float64 `json:"agree_lexical"`
	NumberMiss   float64 `json:"number_miss"`
	Foreign      float64 `json:"foreign"`
	Head         float64 `json:"head"`
	HeadMargin   float64 `json:"head_margin"`
	Decision     float64 `json:"decision"`
	AgreeHead    float64 `json:"agree_head"`
	Pair         float64 `json:"pair"`
	PairMargin   float64 `json:"pair_margin"`
	BelowNearest float64 `json:"below_nearest"`
}

// defaultCalibration is for knowledge bases too small to fit one of their own.
func defaultCalibration() Calibration {
	return Calibration{Bias: -4.9, Score: 3, Margin: 4, Cosine: 4, CosineMargin: 2, Coverage: 0.5, Unknown: -0.5, AgreeDense: 0.5, NumberMiss: -0.3, Foreign: -0.3}
}

// Confidence returns the probability that the first candidate is right.
func (c Calibration) Confidence(f Features) float64 {
	switch {
	case f.Candidates == 0:
		return 0
	case f.Ambiguous:
		return 0.5
	case f.Exact:
		return 0.99
	case f.Contested: // the question names what both are about: nothing in it chooses
		return min(0.5, sigmoid(c.logit(f)))
	}
	return sigmoid(c.logit(f))
}

func (c Calibration) logit(f Features) float64 {
	z := c.Bias
	weights := c.weights()
	for i, x := range f.vector() {
		z += weights[i] * x
	}
	return z
}

// vector and weights are the same features in the same order.
func (f Features) vector() [fitWeights - 1]float64 {
	return [...]float64{
		f.Score, f.Margin, f.Cosine, f.CosineMargin, f.Char, f.Coverage, f.Unknown, math.Log1p(float64(f.Terms)),
		indicator(f.AgreeDense), indicator(f.AgreeLexical), indicator(f.NumberMiss), indicator(f.Foreign),
		f.Head, f.HeadMargin, f.Decision, indicator(f.AgreeHead), f.Pair, f.PairMargin, f.BelowNearest,
	}
}

func (c Calibration) weights() [fitWeights - 1]float64 {
	return [...]float64{
		c.Score, c.Margin, c.Cosine, c.CosineMargin, c.Char, c.Coverage, c.Unknown, c.Length,
		c.AgreeDense, c.AgreeLexical, c.NumberMiss, c.Foreign,
		c.Head, c.HeadMargin, c.Decision, c.AgreeHead, c.Pair, c.PairMargin, c.BelowNearest,
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func sigmoid(z float64) float64 {
	if z < 0 { // never the exponential of a large number
		e := math.Exp(z)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-z))
}
