package kb

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
)

// What bounds the fit of a head, whatever the size of the knowledge base.
const (
	maxHeadClasses  = 10_000
	maxHeadExamples = 50_000 // of more, each article keeps an even share
	// headWork is how many multiplications the descent may take, roughly: 10 s of one core. Beyond it a class is told from
	// the examples of the nearest articles and a random sample, no longer from all.
	headWork   = 8e9
	leastRows  = 200 // negatives of a class, however many classes there are
	roundsEach = 24  // passes over the rows of a class that a fit takes, folds included
)

// headTexts are the texts that a head learns from: questions and titles, each
// once an article. Passages speak of an article, but not as visitors do.
func headTexts(variants []Variant) []Variant {
	type said struct{ article, content string }
	seen := map[said]bool{}
	var out []Variant
	for _, kind := range []Kind{KindQuestion, KindTitle} {
		for _, v := range variants {
			if v.Kind == kind && len(v.Vector) > 0 && !seen[said{v.Article, v.Content}] {
				seen[said{v.Article, v.Content}] = true
				out = append(out, v)
			}
		}
	}
	slices.SortFunc(out, func(a, b Variant) int { // the same fit for the same articles, whatever their ids in the store
		return cmp.Or(cmp.Compare(a.Article, b.Article), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Locale, b.Locale), cmp.Compare(a.Content, b.Content))
	})
	return out
}

// heldOut are decision values of sampled questions by heads that have not seen them.
type heldOut struct {
	decision [][]float64 // by sampled question, by class
	near     [][]float32 // likewise: the cosines with the whitened centres
	class    []int       // of each question
}

// learnHead fits a head to the variants, and heads without parts of sample for
// the decision values of those. It returns nil where there are too few
// articles or texts, or too many articles.
func learnHead(ctx context.Context, variants, sample []Variant) (*head, *heldOut, error) {
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
	sampled := make(map[int64]int, len(sample))
	for i, v := range sample {
		sampled[v.ID] = i
	}
	texts = evenShare(texts, sampled, maxHeadExamples/len(classes))
	space := newHeadSpace(contents(texts), leastSeen(len(texts)))
	p.features, p.dims, p.classes = len(space.hashes), len(texts[0].Vector), len(classes)
	p.members = make([][]int32, len(classes))
	p.examples = make([]headExample, len(texts))
	if len(sample) > 0 {
		p.folds = make([][]int32, headFolds)
	}
	held := &heldOut{decision: make([][]float64, len(sample)), near: make([][]float32, len(sample)), class: make([]int, len(sample))}
	places := make([]int, len(texts)) // in sample
	class, inClass := -1, 0           // the article and how many of its questions are sampled so far
	for i, v := range texts {
		if class < 0 || classes[class] != v.Article {
			class, inClass = class+1, 0
		}
		e := headExample{sparse: space.vector(v.Content), dense: make([]float32, len(v.Vector)), class: int32(class), fold: -1}
		for j, x := range v.Vector {
			e.dense[j] = headDense * x
		}
		if at, ok := sampled[v.ID]; ok {
			e.fold, places[i] = int32((class+inClass)%headFolds), at // no two of an article in one fold, if it has few
			p.folds[e.fold] = append(p.folds[e.fold], int32(i))
			inClass++
			held.decision[at], held.class[at] = make([]float64, len(classes)), class
		}
		p.examples[i] = e
		p.members[class] = append(p.members[class], int32(i))
	}
	rows := p.chooseRows()
	weights := make([]headWeights, len(classes))
	most := maxHeadWeights / len(classes)
	if err := p.everyClass(ctx, func(s *headSolver, class int32) {
		s.fit(class, rows(class),
			func(example int32, score float32) { held.decision[places[example]][class] = float64(score) },
			func() { weights[class] = prune(s.w, s.dense, s.bias, most) })
	}); err != nil {
		return nil, nil, err
	}
	near, white := newNearness(p)
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
	h := newHead(space, classes, weights, near)
	h.slope = fitSlope(held.decision, held.class)
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
func evenShare(texts []Variant, sampled map[int64]int, most int) []Variant {
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
				_, inA := sampled[a.ID]
				_, inB := sampled[b.ID]
				return cmp.Or(cmp.Compare(indicator(inB), indicator(inA)), cmp.Compare(spread(a), spread(b)))
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

func isSampled(sampled map[int64]int, v Variant) bool {
	_, ok := sampled[v.ID]
	return ok
}

// chooseRows returns which examples a class is told from: all of them as long
// as the work allows. Otherwise its own, half of the rest from the articles
// whose mean vectors are nearest, and half at random.
func (p *headProblem) chooseRows() func(class int32) []int32 {
	all := make([]int32, len(p.examples))
	entries := 0
	for i, e := range p.examples {
		all[i] = int32(i)
		entries += len(e.at) + p.dims
	}
	each := float64(entries) / float64(len(p.examples))
	most := int(headWork / (float64(p.classes) * each * roundsEach))
	if most >= len(p.examples) {
		return func(int32) []int32 { return all }
	}
	most = max(most, leastRows)
	centres := make([][]float32, p.classes)
	for c, members := range p.members {
		sum := make([]float32, p.dims)
		for _, i := range members {
			for j, x := range p.examples[i].dense {
				sum[j] += x
			}
		}
		centres[c] = unit(sum)
	}
	return func(class int32) []int32 {
		near := make([]float32, p.classes)
		order := make([]int32, 0, p.classes)
		for c := range centres {
			if int32(c) != class {
				near[c] = dot(centres[class], centres[c])
				order = append(order, int32(c))
			}
		}
		slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(near[b], near[a]), cmp.Compare(a, b)) })
		rows := slices.Clone(p.members[class])
		taken := make(map[int32]bool, most)
		limit := len(rows) + most/2
		for _, c := range order {
			if len(rows) >= limit {
				break
			}
			for _, i := range p.members[c] {
				taken[i] = true
				rows = append(rows, i)
			}
		}
		rng := rand.New(rand.NewPCG(11, uint64(class))) //nolint:gosec // the same sample every time
		for limit = len(rows) + most/2; len(rows) < limit && len(taken)+len(p.members[class]) < len(all); {
			i := all[rng.IntN(len(all))]
			if p.examples[i].class != class && !taken[i] {
				taken[i] = true
				rows = append(rows, i)
			}
		}
		slices.Sort(rows)
		return rows
	}
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
