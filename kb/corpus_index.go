package kb

import (
	"cmp"
	"slices"

	"frontdesk/internal/text"
)

// corpusIndex searches a corpus in memory as the store would: what is about to
// be published can be tried before anybody is answered from it.
type corpusIndex struct {
	variants []Variant
	stats    *siteStats
	postings map[string][]posting
	asked    []float32 // the vector of the present question
	cosines  []float32 // of the present question, by variant
	bm25     []float32
	order    []int32
}

type posting struct {
	variant int32
	weight  float32
}

func newCorpusIndex(variants []Variant, stats *siteStats) *corpusIndex {
	x := &corpusIndex{
		variants: variants, stats: stats, postings: map[string][]posting{},
		cosines: make([]float32, len(variants)), bm25: make([]float32, len(variants)), order: make([]int32, 0, len(variants)),
	}
	for i, v := range variants {
		terms, weights := weigh(v.Kind, text.TermsOf(v.Content))
		for j, t := range terms {
			x.postings[t] = append(x.postings[t], posting{int32(i), weights[j]})
		}
	}
	return x
}

// beside returns an index over the same corpus for another goroutine.
func (x *corpusIndex) beside() *corpusIndex {
	return &corpusIndex{
		variants: x.variants, stats: x.stats, postings: x.postings,
		cosines: make([]float32, len(x.variants)), bm25: make([]float32, len(x.variants)), order: make([]int32, 0, len(x.variants)),
	}
}

// ask computes both legs of a question.
func (x *corpusIndex) ask(q SearchQuery) {
	if !slices.Equal(q.Vector, x.asked) { // a question is asked with its article and again without it
		x.asked = q.Vector
		for i := range x.variants {
			x.cosines[i] = dot(q.Vector, x.variants[i].Vector)
		}
	}
	clear(x.bm25)
	for i, t := range q.Terms {
		for _, p := range x.postings[t] {
			x.bm25[p.variant] += q.IDF[i] * p.weight
		}
	}
}

// has reports whether a variant has the term, but for what skip names.
func (x *corpusIndex) has(term string, skip func(Variant) bool) bool {
	for _, p := range x.postings[term] {
		if !skip(x.variants[p.variant]) {
			return true
		}
	}
	return false
}

// hits returns the union of both legs' best n for the question asked last,
// without the variants that skip names.
func (x *corpusIndex) hits(n int, skip func(Variant) bool) []Hit {
	found := map[int32]bool{}
	for _, leg := range [][]float32{x.cosines, x.bm25} {
		x.order = x.order[:0]
		floor := float32(0) // of the lexical leg: nothing shared is no hit
		if &leg[0] == &x.cosines[0] {
			floor = -2
		}
		for i, score := range leg {
			if score > floor && !skip(x.variants[i]) {
				x.order = append(x.order, int32(i))
			}
		}
		best := x.order
		if len(best) > n {
			best = nBest(best, leg, n)
		}
		for _, i := range best {
			found[i] = true
		}
	}
	out := make([]Hit, 0, len(found))
	for i := range found {
		v := x.variants[i]
		out = append(out, Hit{
			Variant: v.ID, Article: v.Article, Locale: v.Locale, Kind: v.Kind, Content: v.Content,
			Cosine: float64(x.cosines[i]), BM25: float64(x.bm25[i]),
		})
	}
	slices.SortFunc(out, func(a, b Hit) int { return cmp.Compare(a.Variant, b.Variant) })
	return out
}

// nBest returns the n of order with the highest scores, the earlier first where
// they tie. It keeps them in a heap whose root is the worst.
func nBest(order []int32, scores []float32, n int) []int32 {
	worse := func(a, b int32) bool {
		return scores[a] < scores[b] || (scores[a] == scores[b] && a > b)
	}
	heap := order[:n:n]
	down := func(i int) {
		for {
			child := 2*i + 1
			if child >= n {
				return
			}
			if child+1 < n && worse(heap[child+1], heap[child]) {
				child++
			}
			if !worse(heap[child], heap[i]) {
				return
			}
			heap[i], heap[child] = heap[child], heap[i]
			i = child
		}
	}
	for i := n/2 - 1; i >= 0; i-- {
		down(i)
	}
	for _, i := range order[n:] {
		if worse(heap[0], i) {
			heap[0] = i
			down(0)
		}
	}
	return heap
}
