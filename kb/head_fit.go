package kb

import (
	"math"
	"math/rand/v2"
)

// The classifier's regularisation and when its descent ends. The stopping rule
// is liblinear's own default for this loss.
const (
	headCost      = 1.0
	headTolerance = 0.1
	headEpochs    = 20
	foldEpochs    = 4
	headFolds     = 5
)

// headExample is a text that speaks for an article.
type headExample struct {
	sparse
	dense []float32 // of length headDense
	class int32
	fold  int32 // held out in this fold's heads; -1 = in none
}

// headProblem is what one-vs-rest classifiers are fitted to.
type headProblem struct {
	features, dims, classes int
	examples                []headExample
	members                 [][]int32 // examples by class
	folds                   [][]int32 // examples that are held out together
}

// headSolver fits one class after another: L2-regularised squared hinge loss by
// dual coordinate descent with shrinking (Hsieh, Chang, Lin, Keerthi and
// Sundararajan 2008, algorithm 3). One a worker.
//
// What does the arithmetic here and in [nearness] is marked go:norace: it works
// on memory of one goroutine and on examples that nobody changes, and takes 40
// times as long under the race detector, in every test that starts a server.
type headSolver struct {
	p      *headProblem
	w      []float32 // features
	dense  []float32
	bias   float32
	alpha  []float32
	slack  []float32 // of each example, at its last look: what its margin exceeds 1 by
	active []int32
	norm   []float32 // of each example, squared, the bias included
	full   headFit   // the solution of everything, while folds are fitted
	near   []int32   // the rows that a fold may change
	// The features of the present rows, in no order; every other weight is 0. Classes that are told from few rows
	// of a large knowledge base have few of its features.
	touched []uint32
	stamp   []int32 // by feature: the class that has touched it last, and one
}

// headFit is a solution as it stands.
type headFit struct {
	w     []float32 // by place in touched
	dense []float32
	alpha []float32 // by place in the rows that a fold may change
	bias  float32
}

func newHeadSolver(p *headProblem) *headSolver {
	s := &headSolver{
		p: p, w: make([]float32, p.features), dense: make([]float32, p.dims),
		alpha: make([]float32, len(p.examples)), slack: make([]float32, len(p.examples)), norm: make([]float32, len(p.examples)),
		touched: make([]uint32, 0, p.features), stamp: make([]int32, p.features),
	}
	for i, e := range p.examples {
		sum := float32(1)
		for _, x := range e.x {
			sum += x * x
		}
		for _, x := range e.dense {
			sum += x * x
		}
		s.norm[i] = sum
	}
	return s
}

// score is the class's decision value of example e.
//
//go:norace
func (s *headSolver) score(e *headExample) float32 {
	sum := s.bias
	w := s.w
	for i, at := range e.at {
		sum += w[at] * e.x[i]
	}
	return sum + dot(s.dense, e.dense)
}

// add adds f × e's input to the weights.
//
//go:norace
func (s *headSolver) add(e *headExample, f float32) {
	w := s.w
	for i, at := range e.at {
		w[at] += f * e.x[i]
	}
	dense := s.dense[:len(e.dense)]
	for i, x := range e.dense {
		dense[i] += f * x
	}
	s.bias += f
}

// descend goes on from the present alpha, over the examples in s.active. It
// reports whether it came to its end, having looked at all of them.
//
//go:norace
func (s *headSolver) descend(class int32, epochs int, seed uint64) bool {
	const diagonal = 1 / (2 * headCost)
	rng := rand.New(rand.NewPCG(seed, uint64(class))) //nolint:gosec // the same order every time
	n := len(s.active)
	limit := float32(math.Inf(1)) // gradients above it are shrunk
	for range epochs {
		rng.Shuffle(n, func(i, j int) { s.active[i], s.active[j] = s.active[j], s.active[i] })
		highest, lowest := float32(math.Inf(-1)), float32(math.Inf(1))
		for k := 0; k < n; k++ {
			i := s.active[k]
			e := &s.p.examples[i]
			y := float32(-1)
			if e.class == class {
				y = 1
			}
			a := s.alpha[i]
			slack := y*s.score(e) - 1
			g := slack + diagonal*a
			s.slack[i] = slack
			projected := g
			if a == 0 {
				if g > limit {
					n--
					s.active[k], s.active[n] = s.active[n], s.active[k]
					k--
					continue
				}
				projected = min(g, 0)
			}
			highest, lowest = max(highest, projected), min(lowest, projected)
			if projected > -1e-6 && projected < 1e-6 {
				continue
			}
			next := max(0, a-g/(s.norm[i]+diagonal))
			s.alpha[i] = next
			s.add(e, (next-a)*y)
		}
		if highest-lowest <= headTolerance {
			if n == len(s.active) {
				return true
			}
			n, limit = len(s.active), float32(math.Inf(1)) // converged among the active: look at all once more
			continue
		}
		limit = highest
		if highest <= 0 {
			limit = float32(math.Inf(1))
		}
	}
	return false
}

// foldSlack is how far beyond its margin an example must lie for a fold to pass
// it over: what the fold holds out hardly moves it that far. Beside folds fitted
// to all rows, decision values out of fold differ by 0.005 on average (the demo
// shop, Banking77 at 10, CLINC150 at 66), 0.12 at most, and as many are right.
const foldSlack = 0.3

// fit fits a class to everything, and then, for each fold, without what is held
// out in it: from the full solution, so a few rounds suffice, over what lies
// near the margin. held is called for every held-out example with the decision
// value of a head that has not seen it.
func (s *headSolver) fit(class int32, rows []int32, all bool, held func(example int32, score float32), fitted func()) {
	s.begin(class, rows, all)
	s.active = append(s.active[:0], rows...)
	settled := s.descend(class, headEpochs, 1)
	fitted()
	if len(s.p.folds) == 0 {
		return
	}
	s.near = s.near[:0]
	for _, i := range rows {
		if !settled || s.alpha[i] != 0 || s.slack[i] < foldSlack || s.p.examples[i].class == class {
			s.near = append(s.near, i)
		}
	}
	s.keep()
	for fold, out := range s.p.folds {
		s.active = s.active[:0]
		for _, i := range s.near {
			e := &s.p.examples[i]
			if e.fold != int32(fold) {
				s.active = append(s.active, i)
				continue
			}
			if a := s.alpha[i]; a != 0 {
				if e.class == class {
					a = -a
				}
				s.add(e, a)
				s.alpha[i] = 0
			}
		}
		s.descend(class, foldEpochs, 2+uint64(fold))
		for _, i := range out {
			held(i, s.score(&s.p.examples[i]))
		}
		s.restore()
	}
}

// begin forgets the former class.
//
//go:norace
func (s *headSolver) begin(class int32, rows []int32, all bool) {
	for _, at := range s.touched {
		s.w[at] = 0
	}
	clear(s.dense)
	s.bias = 0
	for _, i := range rows {
		s.alpha[i] = 0
	}
	if all && len(s.touched) == s.p.features {
		return
	}
	s.touched = s.touched[:0]
	if all {
		for at := range uint32(s.p.features) {
			s.touched = append(s.touched, at)
		}
		return
	}
	for _, i := range rows {
		for _, at := range s.p.examples[i].at {
			if s.stamp[at] != class+1 {
				s.stamp[at] = class + 1
				s.touched = append(s.touched, at)
			}
		}
	}
}

// keep notes the solution as it stands, and restore returns to it.
//
//go:norace
func (s *headSolver) keep() {
	s.full.w = s.full.w[:0]
	for _, at := range s.touched {
		s.full.w = append(s.full.w, s.w[at])
	}
	s.full.dense = append(s.full.dense[:0], s.dense...)
	s.full.alpha = s.full.alpha[:0]
	for _, i := range s.near {
		s.full.alpha = append(s.full.alpha, s.alpha[i])
	}
	s.full.bias = s.bias
}

//go:norace
func (s *headSolver) restore() {
	for k, at := range s.touched {
		s.w[at] = s.full.w[k]
	}
	copy(s.dense, s.full.dense)
	for k, i := range s.near {
		s.alpha[i] = s.full.alpha[k]
	}
	s.bias = s.full.bias
}

// dot is unrolled: the compiler does not vectorise, but four sums overlap.
//
//go:norace
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	i := 0
	for ; i+4 <= n; i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for ; i < n; i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}
