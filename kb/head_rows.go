package kb

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// What bounds the search for the articles that a class is told from.
const (
	maxNearClasses = 2000 // of more, their mean vectors are first compared in fewer dimensions
	nearDims       = 32
)

// rowChooser says which examples a class is told from: all of them as long as
// the work allows. Otherwise its own, half of the rest from the articles whose
// mean vectors are nearest, and half at random. One a worker.
type rowChooser struct {
	*rowChoice
	near  []float32 // of the present class, by class
	order []int32
	taken []int32 // by example: the class that took it last, and one
}

// rowChoice is what the workers' choosers share.
type rowChoice struct {
	p       *headProblem
	all     []int32
	most    int         // rows of a class beside its own
	centres [][]float32 // by class, of length 1; nil = every class takes all rows
	rough   [][]float32 // likewise, in [nearDims] dimensions; nil = the classes are few
}

func (p *headProblem) newRowChoice() *rowChoice {
	r := &rowChoice{p: p, all: make([]int32, len(p.examples))}
	entries := 0
	for i, e := range p.examples {
		r.all[i] = int32(i)
		entries += len(e.at) + p.dims
	}
	each := float64(entries) / float64(len(p.examples))
	r.most = int(headWork / (float64(p.classes) * each * roundsEach))
	if r.most >= len(p.examples) {
		return r
	}
	r.most = max(r.most, leastRows)
	r.centres = make([][]float32, p.classes)
	for c, members := range p.members {
		sum := make([]float32, p.dims)
		for _, i := range members {
			for j, x := range p.examples[i].dense {
				sum[j] += x
			}
		}
		r.centres[c] = unit(sum)
	}
	if p.classes > maxNearClasses && p.dims > nearDims {
		r.rough = project(r.centres, p.dims)
	}
	return r
}

// project brings vectors to [nearDims] dimensions by random signs, which keeps
// the products of any two roughly (Achlioptas 2003).
//
//go:norace
func project(vectors [][]float32, dims int) [][]float32 {
	rng := rand.New(rand.NewPCG(12, 0)) //nolint:gosec // the same directions every time
	signs := make([][]float32, nearDims)
	for k := range signs {
		signs[k] = make([]float32, dims)
		for j := range signs[k] {
			signs[k][j] = float32(2*int(rng.Uint64()&1) - 1)
		}
	}
	out := make([][]float32, len(vectors))
	for c, v := range vectors {
		out[c] = make([]float32, nearDims)
		for k, s := range signs {
			out[c][k] = dot(s, v)
		}
	}
	return out
}

func (r *rowChoice) chooser() *rowChooser {
	c := &rowChooser{rowChoice: r}
	if r.centres != nil {
		c.near, c.order, c.taken = make([]float32, r.p.classes), make([]int32, 0, r.p.classes), make([]int32, len(r.all))
	}
	return c
}

// rows returns the rows of a class, ascending, and whether they are all.
func (r *rowChooser) rows(class int32) (rows []int32, all bool) {
	if r.centres == nil {
		return r.all, true
	}
	p := r.p
	rows = slices.Clone(p.members[class])
	taken := 0
	take := func(i int32) {
		r.taken[i] = class + 1
		rows = append(rows, i)
		taken++
	}
	limit := len(rows) + r.most/2
	for _, c := range r.nearest(class, r.most/2) { // each has a row at least
		if len(rows) >= limit {
			break
		}
		for _, i := range p.members[c] {
			take(i)
		}
	}
	rng := rand.New(rand.NewPCG(11, uint64(class))) //nolint:gosec // the same sample every time
	for limit = len(rows) + r.most/2; len(rows) < limit && taken+len(p.members[class]) < len(r.all); {
		if i := r.all[rng.IntN(len(r.all))]; p.examples[i].class != class && r.taken[i] != class+1 {
			take(i)
		}
	}
	slices.Sort(rows)
	return rows, false
}

// nearest returns the n classes that are nearest to class, the nearest first.
// Of many classes only those that are near in few dimensions are compared in all.
func (r *rowChooser) nearest(class int32, n int) []int32 {
	r.order = r.order[:0]
	for c := range int32(r.p.classes) {
		if c != class {
			r.order = append(r.order, c)
		}
	}
	order := r.order
	if r.rough != nil {
		r.compare(class, order, r.rough)
		order = nBest(order, r.near, min(2*n, len(order)))
	}
	r.compare(class, order, r.centres)
	order = nBest(order, r.near, min(n, len(order)))
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(r.near[b], r.near[a]), cmp.Compare(a, b)) })
	return order
}

// compare notes the products of class with others.
//
//go:norace
func (r *rowChooser) compare(class int32, others []int32, vectors [][]float32) {
	own := vectors[class]
	for _, c := range others {
		r.near[c] = dot(own, vectors[c])
	}
}
