package kb

import (
	"cmp"
	"math"
	"slices"
)

// Sample is a ranking whose truth is known.
type Sample struct {
	Features Features
	Right    bool    // the first candidate was the right answer
	Weight   float64 // how much it counts
}

const fitWeights = 20 // the bias and one for each feature

// Fit returns the logistic regression of samples, held near prior: the minimum
// of the weighted log loss plus ridge/2 × the squared distance from prior's
// weights. It takes Newton's steps (iteratively reweighted least squares, Hastie,
// Tibshirani and Friedman 2009, section 4.4.1). Rankings that [Calibration.Confidence]
// settles without features are passed over.
func Fit(samples []Sample, prior Calibration, ridge float64) Calibration {
	start := prior.params()
	theta := start
	for range 50 {
		var gradient [fitWeights]float64
		var hessian [fitWeights][fitWeights]float64
		for i := range theta {
			gradient[i] = ridge * (theta[i] - start[i])
			hessian[i][i] = ridge
		}
		for _, s := range samples {
			if s.Features.Exact || s.Features.Candidates == 0 {
				continue
			}
			x := s.Features.input()
			z := 0.0
			for i := range theta {
				z += theta[i] * x[i]
			}
			p := sigmoid(z)
			for i := range theta {
				gradient[i] += s.Weight * (p - indicator(s.Right)) * x[i]
				for j := range theta {
					hessian[i][j] += s.Weight * p * (1 - p) * x[i] * x[j]
				}
			}
		}
		step, ok := solve(hessian, gradient)
		if !ok {
			break
		}
		size := 0.0
		for i := range theta {
			theta[i] -= step[i]
			size = max(size, math.Abs(step[i]))
		}
		if size < 1e-8 {
			break
		}
	}
	for _, t := range theta {
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return prior
		}
	}
	return fromParams(theta)
}

// riskTarget is the share of wrong answers that the threshold is chosen for, and
// riskDoubt the normal quantile (90 %, one side) of the bound that must keep to it.
const (
	riskTarget   = 0.05
	riskDoubt    = 1.2815515655446004
	lowestAnswer = 0.5
	mostAnswer   = 0.65
)

// answerThreshold returns the lowest confidence from which on the share of wrong
// answers stays under [riskTarget] with 90 % confidence, by Wilson's upper
// bound (Wilson 1927) on weighted samples, as many as their weights' effective number.
// It stays between [lowestAnswer] and [mostAnswer], whatever the samples say: held-out
// questions of a good writer are harder than visitors' (the house set's tuning thirds
// are decided best at 0.5 to 0.6), and a question back costs the visitor a turn.
func answerThreshold(samples []Sample, c Calibration) float64 {
	type answer struct{ confidence, weight, wrong float64 }
	answers := make([]answer, 0, len(samples))
	for _, s := range samples {
		if s.Features.Exact || s.Features.Candidates == 0 {
			continue
		}
		answers = append(answers, answer{c.Confidence(s.Features), s.Weight, s.Weight * indicator(!s.Right)})
	}
	slices.SortFunc(answers, func(a, b answer) int { return cmp.Compare(b.confidence, a.confidence) })
	threshold := mostAnswer
	var sum, squares, wrong float64
	for i, a := range answers {
		sum, squares, wrong = sum+a.weight, squares+a.weight*a.weight, wrong+a.wrong
		if i+1 < len(answers) && answers[i+1].confidence == a.confidence {
			continue
		}
		n, p := sum*sum/squares, wrong/sum
		const z2 = riskDoubt * riskDoubt
		upper := (p + z2/(2*n) + riskDoubt*math.Sqrt(p*(1-p)/n+z2/(4*n*n))) / (1 + z2/n)
		if upper <= riskTarget {
			threshold = a.confidence
		}
	}
	return min(mostAnswer, max(lowestAnswer, threshold))
}

// input is the features with a one for the bias in front.
func (f Features) input() (x [fitWeights]float64) {
	x[0] = 1
	v := f.vector()
	copy(x[1:], v[:])
	return x
}

func (c Calibration) params() (p [fitWeights]float64) {
	p[0] = c.Bias
	w := c.weights()
	copy(p[1:], w[:])
	return p
}

func fromParams(p [fitWeights]float64) Calibration {
	return Calibration{
		Bias: p[0], Score: p[1], Margin: p[2], Cosine: p[3], CosineMargin: p[4], Char: p[5], Coverage: p[6], Unknown: p[7],
		Length: p[8], AgreeDense: p[9], AgreeLexical: p[10], NumberMiss: p[11], Foreign: p[12],
		Head: p[13], HeadMargin: p[14], Decision: p[15], AgreeHead: p[16], Pair: p[17], PairMargin: p[18], BelowNearest: p[19],
	}
}

// solve returns a⁻¹b by Gaussian elimination with partial pivoting.
func solve(a [fitWeights][fitWeights]float64, b [fitWeights]float64) (x [fitWeights]float64, ok bool) {
	for col := range fitWeights {
		pivot := col
		for row := col + 1; row < fitWeights; row++ {
			if math.Abs(a[row][col]) > math.Abs(a[pivot][col]) {
				pivot = row
			}
		}
		if math.Abs(a[pivot][col]) < 1e-12 {
			return x, false
		}
		a[col], a[pivot] = a[pivot], a[col]
		b[col], b[pivot] = b[pivot], b[col]
		for row := col + 1; row < fitWeights; row++ {
			factor := a[row][col] / a[col][col]
			for k := col; k < fitWeights; k++ {
				a[row][k] -= factor * a[col][k]
			}
			b[row] -= factor * b[col]
		}
	}
	for row := fitWeights - 1; row >= 0; row-- {
		x[row] = b[row]
		for k := row + 1; k < fitWeights; k++ {
			x[row] -= a[row][k] * x[k]
		}
		x[row] /= a[row][row]
	}
	return x, true
}
