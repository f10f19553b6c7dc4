package kb

import (
	"math"
	"slices"
)

// head is a one-vs-rest linear classifier over the articles of a site, learnt
// from their own questions and titles when they were published. It is never
// changed once made.
type head struct {
	space   headSpace
	classes []string       // article ids
	class   map[string]int // their places in classes
	slope   float64        // of the softmax over decision values
	dims    int
	bias    []float32 // by class
	scale   []float32 // by class, of its weights
	dense   []float32 // classes × dims
	start   []uint32  // by feature, into the two below; one more at the end
	owner   []uint16  // the class of a weight
	weight  []int8
	near    nearness
}

// maxHeadWeights bounds the weights of words and n-grams that a head keeps, the
// largest of each class: 12 MB at three bytes each.
const maxHeadWeights = 4 << 20

// headWeights is a class as the solver leaves it, pruned.
type headWeights struct {
	bias, scale float32
	dense       []float32
	at          []uint32 // ascending
	weight      []int8
}

// prune keeps the largest weights of the class just fitted, at most most, in 8
// bits: what rounds to nothing goes.
//
//go:norace
func (s *headSolver) prune(most int) headWeights {
	largest := float32(0)
	for _, at := range s.touched {
		largest = max(largest, abs(s.w[at]))
	}
	out := headWeights{bias: s.bias, scale: largest / math.MaxInt8, dense: slices.Clone(s.dense)}
	if out.scale == 0 || !finite(largest) {
		return out
	}
	floor := int(math.MaxInt8) // the least magnitude that is kept
	var count [math.MaxInt8 + 1]int
	for _, at := range s.touched {
		count[int(abs(s.w[at])/out.scale+0.5)]++
	}
	kept := 0
	for ; floor > 1 && kept+count[floor] <= most; floor-- {
		kept += count[floor]
	}
	if kept+count[floor] > most {
		floor++
	} else {
		kept += count[floor]
	}
	out.at, out.weight = make([]uint32, 0, kept), make([]int8, 0, kept)
	for _, at := range s.touched {
		if int(abs(s.w[at])/out.scale+0.5) >= floor {
			out.at = append(out.at, at)
		}
	}
	slices.Sort(out.at)
	for _, at := range out.at {
		q := int8(abs(s.w[at])/out.scale + 0.5)
		if s.w[at] < 0 {
			q = -q
		}
		out.weight = append(out.weight, q)
	}
	return out
}

// finite reports whether x is a number.
func finite(x float32) bool { return x-x == 0 }

func abs(x float32) float32 {
	if x < 0 {
		return -x
	}
	return x
}

// newHead puts the classes together. classes and weights are in the same order.
func newHead(space headSpace, classes []string, weights []headWeights, near nearness) *head {
	h := &head{space: space, classes: classes, slope: defaultSlope, dims: near.dims, near: near, start: make([]uint32, len(space.hashes)+1)}
	h.dense = make([]float32, 0, len(classes)*near.dims)
	total := 0
	for _, w := range weights {
		h.bias, h.scale = append(h.bias, w.bias), append(h.scale, w.scale)
		h.dense = append(h.dense, w.dense...)
		total += len(w.at)
		for _, at := range w.at {
			h.start[at+1]++
		}
	}
	for i := range space.hashes {
		h.start[i+1] += h.start[i]
	}
	next := slices.Clone(h.start)
	h.owner, h.weight = make([]uint16, total), make([]int8, total)
	for c, w := range weights {
		for i, at := range w.at {
			h.owner[next[at]], h.weight[next[at]] = uint16(c), w.weight[i]
			next[at]++
		}
	}
	h.index()
	return h
}

func (h *head) index() {
	h.class = make(map[string]int, len(h.classes))
	for i, id := range h.classes {
		h.class[id] = i
	}
}

// opinion is what a head says of one question.
type opinion struct {
	class    map[string]int
	decision []float64 // by class: well above 0 for yes, around -1 for surely not
	chance   []float64 // by class: their softmax
	near     []float32 // by class: the cosine with its whitened centre
	best     int       // the class with the highest decision value
	absent   int       // a class that is taken as unknown; -1 = none
}

// ask returns the head's opinion of a normalised question with its vector.
func (h *head) ask(question string, vector []float32) *opinion {
	if h == nil || len(vector) != h.dims {
		return nil
	}
	x := h.space.vector(question)
	sums := make([]float32, len(h.classes))
	for i, at := range x.at {
		from, to := h.start[at], h.start[at+1]
		owners, weights, f := h.owner[from:to], h.weight[from:to], x.x[i]
		for k, c := range owners {
			sums[c] += f * float32(weights[k])
		}
	}
	dense := make([]float32, h.dims)
	for i, x := range vector {
		dense[i] = headDense * x
	}
	near := h.near.cosines(h.near.whiten(dense))
	decision := make([]float64, len(sums))
	for c, sum := range sums {
		decision[c] = float64(sum*h.scale[c] + h.bias[c] + dot(h.dense[c*h.dims:(c+1)*h.dims], dense) + weightNear*near[c])
	}
	o := newOpinion(h.class, decision, h.slope, -1)
	o.near = near
	return o
}

func newOpinion(class map[string]int, decision []float64, slope float64, absent int) *opinion {
	o := &opinion{class: class, decision: decision, chance: make([]float64, len(decision)), best: -1, absent: absent}
	for c, d := range decision {
		if c != absent && (o.best < 0 || d > decision[o.best]) {
			o.best = c
		}
	}
	if o.best < 0 {
		return nil
	}
	sum := 0.0
	for c, d := range decision {
		if c != absent {
			o.chance[c] = math.Exp(slope * (d - decision[o.best]))
			sum += o.chance[c]
		}
	}
	for c := range o.chance {
		o.chance[c] /= sum
	}
	return o
}

// of returns what the head says of an article; known is false for one that it
// has not learnt.
func (o *opinion) of(article string) (decision, chance float64, known bool) {
	if o == nil {
		return 0, 0, false
	}
	c, ok := o.class[article]
	if !ok || c == o.absent {
		return 0, 0, false
	}
	return o.decision[c], o.chance[c], true
}

// nearest returns the cosine with the nearest centre of those that are not absent.
func (o *opinion) nearest() float64 {
	if o == nil {
		return 0
	}
	best := float32(-1)
	for c, x := range o.near {
		if c != o.absent {
			best = max(best, x)
		}
	}
	return float64(best)
}

// defaultSlope is that of the softmax until one was fitted: the likeliest on
// CLINC150 and Banking77 lies between 6 and 8.
const defaultSlope = 7

// fitSlope returns the slope that makes the right classes likeliest, by golden
// section over its logarithm; the loss has one minimum (it is convex in the slope).
func fitSlope(decisions [][]float64, right []int) float64 {
	if len(decisions) == 0 {
		return defaultSlope
	}
	loss := func(log float64) float64 { return softmaxLoss(decisions, right, math.Exp(log)) }
	const ratio = 0.6180339887498949
	low, high := math.Log(2), math.Log(20)
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	fa, fb := loss(a), loss(b)
	for range 12 {
		if fa <= fb {
			high, b, fb = b, a, fa
			a = high - ratio*(high-low)
			fa = loss(a)
		} else {
			low, a, fa = a, b, fb
			b = low + ratio*(high-low)
			fb = loss(b)
		}
	}
	return math.Exp((low + high) / 2)
}

// softmaxLoss is the negative log-likelihood of the right classes.
func softmaxLoss(decisions [][]float64, right []int, slope float64) float64 {
	sum := 0.0
	for i, d := range decisions {
		if d == nil { // a question that stands in the article twice
			continue
		}
		top := slices.Max(d)
		total := 0.0
		for _, x := range d {
			total += math.Exp(slope * (x - top))
		}
		sum += math.Log(total) - slope*(d[right[i]]-top)
	}
	return sum
}
