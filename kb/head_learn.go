package kb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// What bounds the fit of a head, whatever the size of the knowledge base.
const (
	maxHeadClasses  = 10_000
	maxHeadExamples = 50_000 // of more, each article keeps an even share
	// headWork is how many multiplications the descent may take, roughly: 10 s of one core. Beyond it a class is told from
	// the examples of the nearest articles and a random sample, no longer from all; but from [leastRows], and all else
	// grows with articles and texts: 10,000 articles of 10 texts take 35 s of one core in all, and 360 MB beside the texts.
	headWork   = 8e9
	leastRows  = 200 // negatives of a class, however many classes there are
	roundsEach = 24  // passes over the rows of a class that a fit takes, folds included
)

// said is what an article is asked with. Its twins in other locales are the same text.
type said struct{ article, content string }

// headTexts are the texts that a head learns from: questions and titles, each
// once an article. Passages speak of an article, but not as visitors do. What
// has no usable vector is left out. The same articles give the same texts in
// the same order, whatever theirs and their ids in the store.
func headTexts(variants []Variant) []Variant {
	var all []Variant
	for _, v := range variants {
		if (v.Kind == KindQuestion || v.Kind == KindTitle) && usable(v.Vector) {
			all = append(all, v)
		}
	}
	slices.SortStableFunc(all, func(a, b Variant) int {
		return cmp.Or(cmp.Compare(a.Article, b.Article), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Locale, b.Locale), cmp.Compare(a.Content, b.Content))
	})
	questions := map[said]bool{}
	for _, v := range all {
		if v.Kind == KindQuestion {
			questions[said{v.Article, v.Content}] = true
		}
	}
	seen := map[said]bool{}
	return slices.DeleteFunc(all, func(v Variant) bool {
		key := said{v.Article, v.Content}
		if seen[key] || (v.Kind == KindTitle && questions[key]) {
			return true
		}
		seen[key] = true
		return false
	})
}

// maxSquare is a vector's length, squared, up to which no sum of the fit
// overflows. Vectors are of length 1; a broken model's may be anything.
const maxSquare = 1e6

// usable reports whether there is a vector, of numbers of an ordinary size.
func usable(vector []float32) bool {
	sum := float32(0)
	for _, x := range vector {
		sum += x * x
	}
	return len(vector) > 0 && sum <= maxSquare // not where it is no number
}

// heldOut are decision values of sampled questions by heads that have not seen them.
type heldOut struct {
	decision [][]float64 // by sampled question, by class
	near     [][]float32 // likewise: the cosines with the whitened centres
	class    []int       // of each question
}

// learnHead fits a head to the variants, and heads without parts of sample for
// the decision values of those. It returns nil where there are too few
// articles or texts, or too many articles. It frees what it does not need any
// more as it goes. Errors: the cause of ctx's end, [errPanicked], and [errHead]
// where the result is not of numbers.
func learnHead(ctx context.Context, variants, sample []Variant) (h *head, held *heldOut, err error) {
	defer caught(&err)
	texts := headTexts(variants)
	p := &headProblem{}
	var classes []string
	for _, v := range texts {
		if n := len(classes); n == 0 || classes[n-1] != v.Article {
			classes = append(classes, v.Article)
		}
	}
	if len(classes) < 2 || len(classes) > maxHeadClasses || len(texts) < 2*len(classes) {
		return nil, nil, nil
	}
	sampled := make(map[said]int, len(sample))
	for i, v := range sample {
		if _, twin := sampled[said{v.Article, v.Content}]; !twin {
			sampled[said{v.Article, v.Content}] = i
		}
	}
	texts = evenShare(texts, sampled, maxHeadExamples/len(classes))
	space := newHeadSpace(contents(texts), leastSeen(len(texts)))
	p.features, p.dims, p.classes = len(space.hashes), len(texts[0].Vector), len(classes)
	p.members = make([][]int32, len(classes))
	p.examples = make([]headExample, len(texts))
	if len(sample) > 0 {
		p.folds = make([][]int32, headFolds)
	}
	held = &heldOut{decision: make([][]float64, len(sample)), near: make([][]float32, len(sample)), class: make([]int, len(sample))}
	places := make([]int, len(texts)) // in sample
	class, inClass := -1, 0           // the article and how many of its questions are sampled so far
	for i, v := range texts {
		if class < 0 || classes[class] != v.Article {
			class, inClass = class+1, 0
		}
		e := headExample{sparse: space.vector(v.Content).clip(), dense: make([]float32, len(v.Vector)), class: int32(class), fold: -1}
		for j, x := range v.Vector {
			e.dense[j] = headDense * x
		}
		if at, ok := sampled[said{v.Article, v.Content}]; ok {
			e.fold, places[i] = int32((class+inClass)%headFolds), at // no two of an article in one fold, if it has few
			p.folds[e.fold] = append(p.folds[e.fold], int32(i))
			inClass++
			held.decision[at], held.class[at] = make([]float64, len(classes)), class
		}
		p.examples[i] = e
		p.members[class] = append(p.members[class], int32(i))
	}
	choice := p.newRowChoice()
	weights := make([]headWeights, len(classes))
	most := maxHeadWeights / len(classes)
	if err := p.everyClass(ctx, func() func(class int32) {
		s, chooser := newHeadSolver(p), choice.chooser()
		return func(class int32) {
			rows, all := chooser.rows(class)
			s.fit(class, rows, all,
				func(example int32, score float32) { held.decision[places[example]][class] = float64(score) },
				func() { weights[class] = s.prune(most) })
		}
	}); err != nil {
		return nil, nil, err
	}
	near, white := newNearness(p)
	for i := range p.examples {
		p.examples[i].dense, p.examples[i].sparse = nil, sparse{}
	}
	for i := range p.examples {
		e := &p.examples[i]
		if e.fold < 0 {
			continue
		}
		cosines := near.cosines(white[i])
		cosines[e.class] = near.without(p, white, int32(i))
		decision := held.decision[places[i]]
		for c, cosine := range cosines {
			decision[c] += weightNear * float64(cosine)
		}
		held.near[places[i]] = cosines
	}
	h = newHead(space, classes, weights, near)
	h.slope = fitSlope(held.decision, held.class)
	if !h.sound() {
		return nil, nil, fmt.Errorf("its parts are not all numbers: %w", errHead)
	}
	return h, held, nil
}

func contents(variants []Variant) []string {
	out := make([]string, len(variants))
	for i, v := range variants {
		out[i] = v.Content
	}
	return out
}

// leastSeen is in how many of n texts a feature must be to count: in large
// knowledge bases what only one text has is mostly noise, and half of all features.
func leastSeen(n int) int {
	switch {
	case n > 20_000:
		return 3
	case n > 5000:
		return 2
	}
	return 1
}

// evenShare thins articles with more than most texts, keeping those sampled.
func evenShare(texts []Variant, sampled map[said]int, most int) []Variant {
	if len(texts) <= maxHeadExamples {
		return texts
	}
	var out []Variant
	for from := 0; from < len(texts); {
		to := from
		for to < len(texts) && texts[to].Article == texts[from].Article {
			to++
		}
		list := slices.Clone(texts[from:to])
		if len(list) > most {
			slices.SortStableFunc(list, func(a, b Variant) int {
				return cmp.Or(cmp.Compare(indicator(isSampled(sampled, b)), indicator(isSampled(sampled, a))), cmp.Compare(spread(a), spread(b)))
			})
			kept := 0
			for kept < len(list) && (kept < most || isSampled(sampled, list[kept])) {
				kept++
			}
			list = list[:kept]
		}
		out = append(out, list...)
		from = to
	}
	return out
}

func isSampled(sampled map[said]int, v Variant) bool {
	_, ok := sampled[said{v.Article, v.Content}]
	return ok
}

// workToLearn estimates how many multiplications the fit of a corpus takes.
func workToLearn(variants []Variant) float64 {
	articles := map[string]bool{}
	texts, runes, dims := 0, 0, 0
	for _, v := range variants {
		if v.Kind == KindPassage {
			continue
		}
		articles[v.Article] = true
		texts++
		runes += len(v.Content)
		dims = max(dims, len(v.Vector))
	}
	if texts == 0 {
		return 0
	}
	texts, each := min(texts, maxHeadExamples), 4*float64(runes)/float64(texts)+float64(dims)
	return min(headWork, float64(len(articles))*float64(texts)*each*roundsEach)
}
