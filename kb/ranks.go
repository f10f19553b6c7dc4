package kb

import (
	"cmp"
	"slices"
)

// Ranks are an article's places among those found, from 1; 0 = that leg does not have it.
type Ranks struct {
	Dense   int // by the best cosine of its variants
	Lexical int // by the best BM25 of its variants
	Fused   int // by both legs, before head and pair model
	Final   int // as returned
}

// place fills in the ranks of ordered candidates.
func (r *Result) place() {
	order := make([]int, len(r.Candidates))
	leg := func(score func(*Candidate) float64, set func(*Candidate, int)) {
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			return cmp.Compare(score(&r.Candidates[b]), score(&r.Candidates[a]))
		})
		for place, i := range order {
			if score(&r.Candidates[i]) > 0 {
				set(&r.Candidates[i], place+1)
			}
		}
	}
	leg(func(c *Candidate) float64 { return c.Cosine }, func(c *Candidate, n int) { c.Ranks.Dense = n })
	leg(func(c *Candidate) float64 { return c.BM25 }, func(c *Candidate, n int) { c.Ranks.Lexical = n })
	leg(func(c *Candidate) float64 { return c.Base + indicator(c.Exact) }, func(c *Candidate, n int) { c.Ranks.Fused = n })
	for i := range r.Candidates {
		r.Candidates[i].Ranks.Final = i + 1
	}
}
