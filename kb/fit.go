package kb

import (
	"cmp"
	"math"
	"slices"
)

// Logistic is a logistic function of a weighted sum: a weight for each input, in
// their order; the first input is 1 and its weight the bias.
type Logistic []float64

// Probability returns the function's value, 0–1. The inputs must be as many as the weights.
func (l Logistic) Probability(x []float64) float64 {
	z := 0.0
	for i, w := range l {
		z += w * x[i]
	}
	return sigmoid(z)
}

func sigmoid(z float64) float64 {
	if z < 0 { // never the exponential of a large number
		e := math.Exp(z)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-z))
}

// Sample is an input whose truth is known.
type Sample struct {
	Input  []float64
	Yes    bool
	Weight float64 // how much it counts
}

// Fit returns the logistic regression of samples, held near prior: the minimum
// of the weighted log loss plus ridge/2 × the squared distance from prior's
// weights. It takes Newton's steps (iteratively reweighted least squares, Hastie,
// Tibshirani and Friedman 2009, section 4.4.1). Inputs must be as many as prior's weights.
func Fit(samples []Sample, prior Logistic, ridge float64) Logistic {
	n := len(prior)
	theta := slices.Clone(prior)
	gradient := make([]float64, n)
	hessian := make([][]float64, n)
	for i := range hessian {
		hessian[i] = make([]float64, n)
	}
	for range 50 {
		for i := range theta {
			clear(hessian[i])
			gradient[i] = ridge * (theta[i] - prior[i])
			hessian[i][i] = ridge
		}
		for _, s := range samples {
			p := theta.Probability(s.Input)
			for i, x := range s.Input {
				gradient[i] += s.Weight * (p - indicator(s.Yes)) * x
				for j, y := range s.Input {
					hessian[i][j] += s.Weight * p * (1 - p) * x * y
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
			return slices.Clone(prior)
		}
	}
	return theta
}

// riskTarget is the share of wrong answers that the threshold is chosen for, and
// riskDoubt the normal quantile (90 %, one side) of the bound that must keep to it.
const (
	riskTarget   = 0.05
	riskDoubt    = 1.2815515655446004
	lowestAnswer = 0.5
	mostAnswer   = 0.65
)

// answer is what an answer to a rehearsed question would have been.
type answer struct {
	confidence, weight float64
	right              bool
}

// answerThreshold returns the lowest confidence from which on the share of wrong
// answers stays under [riskTarget] with 90 % confidence, by Wilson's upper
// bound (Wilson 1927) on weighted answers, as many as their weights' effective number.
// It stays between [lowestAnswer] and [mostAnswer], whatever the answers say: held-out
// questions of a good writer are harder than visitors' (the house set's tuning thirds
// are decided best at 0.5 to 0.6), and a question back costs the visitor a turn.
func answerThreshold(answers []answer) float64 {
	slices.SortFunc(answers, func(a, b answer) int { return cmp.Compare(b.confidence, a.confidence) })
	threshold := mostAnswer
	var sum, squares, wrong float64
	for i, a := range answers {
		sum, squares, wrong = sum+a.weight, squares+a.weight*a.weight, wrong+a.weight*indicator(!a.right)
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

// solve returns a⁻¹b by Gaussian elimination with partial pivoting.
// It overwrites both.
func solve(a [][]float64, b []float64) (x []float64, ok bool) {
	n := len(b)
	x = make([]float64, n)
	for col := range n {
		pivot := col
		for row := col + 1; row < n; row++ {
			if math.Abs(a[row][col]) > math.Abs(a[pivot][col]) {
				pivot = row
			}
		}
		if math.Abs(a[pivot][col]) < 1e-12 {
			return nil, false
		}
		a[col], a[pivot] = a[pivot], a[col]
		b[col], b[pivot] = b[pivot], b[col]
		for row := col + 1; row < n; row++ {
			factor := a[row][col] / a[col][col]
			for k := col; k < n; k++ {
				a[row][k] -= factor * a[col][k]
			}
			b[row] -= factor * b[col]
		}
	}
	for row := n - 1; row >= 0; row-- {
		x[row] = b[row]
		for k := row + 1; k < n; k++ {
			x[row] -= a[row][k] * x[k]
		}
		x[row] /= a[row][row]
	}
	return x, true
}
