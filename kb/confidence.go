package kb

import "math"

// Features of a ranking, from which the confidence is computed. Scores are of the
// first candidate, if nothing else is said.
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
	Near         float64 // of all articles' whitened centres the nearest one's cosine; 0 without a head
	Pair         float64 // the pair model's probability; 0 if it was not asked
	PairMargin   float64 // over the next by the pair model; negative if that stands higher
	Ambiguous    bool    // another article has the very same variant
	Contested    bool    // another article, nearly as good, has every term of the question too
}

// Calibration turns features into two probabilities: that anything here answers
// the question, and that the first candidate does. They are apart because they
// fail for different reasons: a question that two articles fit is one to ask back
// for, one that none fits is one for a person. Together in one function the ambiguous
// look like the unanswerable: at 5 % of the answerable refused, 57 % of CLINC150's
// questions out of scope were recognised (10 questions each, half A), apart 74 %.
type Calibration struct {
	Scope  Logistic `json:"scope"`  // of [Features.scope]: something answers
	Choice Logistic `json:"choice"` // of [Features.choice]: the first candidate does, if something does
}

// defaultCalibration is for knowledge bases too small to fit one of their own;
// docs/eval/README.md says where it comes from.
func defaultCalibration() Calibration {
	return Calibration{
		Scope:  Logistic{-2, 8, 0, 0, -1.5, 0},
		Choice: Logistic{-4.4, 3, 4, 4, 2, 0, 0, 0, 0, 0.5, 0, 0, 0},
	}
}

// defaultRefusal stands in for [Adaptation.Refuse] where nothing was learnt.
const defaultRefusal = 0.4

// Answerable returns the probability that something in the knowledge base
// answers, where 19 in 20 questions are such.
func (c Calibration) Answerable(f Features) float64 {
	switch {
	case f.Candidates == 0:
		return 0
	case f.Exact:
		return 0.99
	}
	return c.Scope.Probability(f.scope())
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
	}
	p := c.Answerable(f) * c.Choice.Probability(f.choice())
	if f.Contested { // the question names what both are about: nothing in it chooses
		return min(0.5, p)
	}
	return p
}

// scope is what shows whether anything answers. Few features: more of them told
// it worse for knowledge bases that they were not chosen on (shared/MODELS.md, finding 5).
func (f Features) scope() []float64 {
	return []float64{1, f.Score, f.Near, f.Coverage, f.Unknown, math.Log1p(float64(f.Terms))}
}

// choice is what shows whether the first candidate is the right one of those there are.
func (f Features) choice() []float64 {
	return []float64{
		1, f.Score, f.Margin, f.Cosine, f.CosineMargin, f.Head, f.HeadMargin, f.Decision, indicator(f.AgreeHead),
		indicator(f.AgreeDense), indicator(f.AgreeLexical), f.Pair, f.PairMargin,
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
