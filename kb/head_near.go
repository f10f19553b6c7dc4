package kb

import (
	"math"
	"slices"
)

// The whitened centres' part: how much of the mean variance is added to every
// direction, and their weight beside the classifier's decision value. Measured
// on Banking77 and CLINC150 at 5 and 10 questions: +0.8, +0.9, +0.7, -0.1 points hit@1.
const (
	nearShrinkage = 2.0
	weightNear    = 1.25
	maxNearTexts  = 2000 // that the covariance is estimated from
)

// nearness compares a question with the centre of each article's texts, where
// directions in which an article's texts differ among themselves count less:
// within-class covariance normalisation (Hatch, Kajarekar and Stolcke 2006).
type nearness struct {
	dims   int
	mean   []float32 // of all texts
	root   []float32 // lower triangle L of the covariance LLᵀ, row by row, with the inverse of the diagonal on it
	centre []float32 // articles × dims, each of length 1
}

// newNearness is fitted to examples, whose dense part has length headDense. It
// returns those of articles with a held-out example whitened too.
//
//go:norace
func newNearness(p *headProblem) (n nearness, white [][]float32) {
	d := p.dims
	n = nearness{dims: d, mean: make([]float32, d), centre: make([]float32, p.classes*d)}
	mean, own := make([]float64, d), make([]float64, d) // of all, and of the present article
	cov := make([]float64, d*(d+1)/2)
	step := len(p.examples)/maxNearTexts + 1
	x := make([]float64, d)
	used := 0.0
	for _, members := range p.members {
		clear(own)
		for _, i := range members {
			for j, x := range p.examples[i].dense {
				own[j] += float64(x) / float64(len(members))
				mean[j] += float64(x) / float64(len(p.examples))
			}
		}
		for _, i := range members {
			if int(i)%step != 0 {
				continue
			}
			for j := range x {
				x[j] = float64(p.examples[i].dense[j]) - own[j]
			}
			at := 0
			for j := range x {
				row := cov[at : at+j+1]
				for k := range row {
					row[k] += x[j] * x[k]
				}
				at += j + 1
			}
			used++
		}
	}
	for j, x := range mean {
		n.mean[j] = float32(x)
	}
	n.root = cholesky(cov, d, used)
	white = make([][]float32, len(p.examples))
	for c, members := range p.members {
		centre := n.centre[c*d : (c+1)*d]
		asked := slices.ContainsFunc(members, func(i int32) bool { return p.examples[i].fold >= 0 })
		for _, i := range members {
			w := n.whiten(p.examples[i].dense)
			for j, x := range w {
				centre[j] += x
			}
			if asked {
				white[i] = w
			}
		}
		toUnit(centre)
	}
	return n, white
}

// cholesky returns the root of cov/count plus [nearShrinkage] times the mean of its diagonal.
//
//go:norace
func cholesky(cov []float64, d int, count float64) []float32 {
	trace, at := 0.0, 0
	for j := range d {
		at += j
		trace += cov[at+j]
	}
	ridge := max(nearShrinkage*trace/count/float64(d), 1e-9) // all texts of each article the same: no direction counts less
	root := make([]float32, len(cov))
	for i := range d {
		row := cov[i*(i+1)/2:][:i+1]
		for j := range i + 1 {
			other := cov[j*(j+1)/2:][:j+1]
			sum := row[j] / count
			if i == j {
				sum += ridge
			}
			for k := range j {
				sum -= row[k] * other[k]
			}
			if i == j {
				row[j] = math.Sqrt(max(sum, 1e-12))
			} else {
				row[j] = sum / other[j]
			}
		}
	}
	at = 0
	for i := range d {
		for j := range i + 1 {
			root[at+j] = float32(cov[at+j])
		}
		root[at+i] = float32(1 / cov[at+i])
		at += i + 1
	}
	return root
}

// whiten returns L⁻¹(x − mean) at length 1.
//
//go:norace
func (n *nearness) whiten(x []float32) []float32 {
	y := make([]float32, n.dims)
	at := 0
	for i := range y {
		y[i] = (x[i] - n.mean[i] - dot(n.root[at:at+i], y[:i])) * n.root[at+i]
		at += i + 1
	}
	toUnit(y)
	return y
}

// cosines returns the cosine of a whitened vector with every centre.
func (n *nearness) cosines(y []float32) []float32 {
	out := make([]float32, len(n.centre)/n.dims)
	for c := range out {
		out[c] = dot(n.centre[c*n.dims:(c+1)*n.dims], y)
	}
	return out
}

// without returns the cosine of member e with the centre of its article's
// other texts; 0 if there are none. white is what newNearness returned.
func (n *nearness) without(p *headProblem, white [][]float32, e int32) float32 {
	centre := make([]float32, n.dims)
	for _, i := range p.members[p.examples[e].class] {
		if i == e {
			continue
		}
		for j, x := range white[i] {
			centre[j] += x
		}
	}
	toUnit(centre)
	return dot(centre, white[e])
}

// toUnit brings v to length 1 in place; a vector without length stays.
func toUnit(v []float32) {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	f := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= f
	}
}
