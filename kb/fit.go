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
func (l Logistic) Probability(x []float64) float64 { return sigmoid(l.logit(x)) }

func (l Logistic) logit(x []float64) float64 {
	z := 0.0
	for i, w := range l {
		z += w * x[i]
	}
	return z
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
// Tibshirani and Friedman 2009, section 4.4.1), each halved until the loss falls: far from
// the minimum the whole step may lead away for good. Inputs must be as many as prior's
// weights. Where no step falls any more before the minimum is there, prior is returned.
func Fit(samples []Sample, prior Logistic, ridge float64) Logistic {
	f := fitting{samples: samples, prior: prior, ridge: ridge}
	theta := slices.Clone(prior)
	loss := f.loss(theta)
	for range 100 {
		gradient, hessian := f.slope(theta)
		steep := 0.0
		for _, g := range gradient {
			steep = max(steep, math.Abs(g))
		}
		if steep <= fitTolerance*max(1, f.weight()) {
			return theta
		}
		step, ok := solve(hessian, gradient)
		if !ok {
			break
		}
		next, scale := make(Logistic, len(theta)), 1.0
		for range 40 {
			for i := range theta {
				next[i] = theta[i] - scale*step[i]
			}
			if at := f.loss(next); at < loss {
				theta, loss, ok = next, at, true
				break
			}
			ok = false
			scale /= 2
		}
		if !ok {
			if steep <= 1e3*fitTolerance*max(1, f.weight()) { // as low as float64 tells
				return theta
			}
			break
		}
	}
	return slices.Clone(prior)
}

// fitTolerance is the gradient at which the minimum is reached, per weight of samples.
const fitTolerance = 1e-7

// fitting is a problem that Fit solves.
type fitting struct {
	samples []Sample
	prior   Logistic
	ridge   float64
}

func (f *fitting) weight() float64 {
	sum := 0.0
	for _, s := range f.samples {
		sum += s.Weight
	}
	return sum
}

func (f *fitting) loss(theta Logistic) float64 {
	sum := 0.0
	for i, t := range theta {
		sum += f.ridge / 2 * (t - f.prior[i]) * (t - f.prior[i])
	}
	for _, s := range f.samples {
		z := theta.logit(s.Input)
		if s.Yes {
			z = -z
		}
		sum += s.Weight * (max(z, 0) + math.Log1p(math.Exp(-math.Abs(z)))) // ln(1 + e^z)
	}
	return sum
}

// slope is the gradient and the Hessian of the loss.
func (f *fitting) slope(theta Logistic) (gradient []float64, hessian [][]float64) {
	gradient, hessian = make([]float64, len(theta)), make([][]float64, len(theta))
	for i := range theta {
		gradient[i] = f.ridge * (theta[i] - f.prior[i])
		hessian[i] = make([]float64, len(theta))
		hessian[i][i] = f.ridge
	}
	for _, s := range f.samples {
		p := theta.Probability(s.Input)
		for i, x := range s.Input {
			gradient[i] += s.Weight * (p - indicator(s.Yes)) * x
			for j, y := range s.Input {
				hessian[i][j] += s.Weight * p * (1 - p) * x * y
			}
		}
	}
	return gradient, hessian
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
