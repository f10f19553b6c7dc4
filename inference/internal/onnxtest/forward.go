package onnxtest

import "math"

// Forward returns the vector of each token, computed in float64. types nil = all 0.
func (n *Net) Forward(ids, types []int32) [][]float64 {
	x := make([][]float64, len(ids))
	for t, id := range ids {
		x[t] = make([]float64, n.Spec.Hidden)
		for d := range x[t] {
			x[t][d] = n.word.at(int(id), d) + n.pos.at(t, d)
			if n.Spec.TypeInput {
				kind := 0
				if types != nil {
					kind = int(types[t])
				}
				x[t][d] += n.typ.at(kind, d)
			}
		}
		n.norm.apply(x[t])
	}
	for _, l := range n.layers {
		l.apply(x, n.Spec)
	}
	return x
}

// Row returns the graph's row of one text: scores (Labels), the pooled vector (Pooled), or the mean over the tokens.
func (n *Net) Row(ids, types []int32) []float32 {
	x := n.Forward(ids, types)
	if n.Spec.Labels > 0 {
		pooled := n.pool.apply(x[0])
		for i := range pooled {
			pooled[i] = math.Tanh(pooled[i])
		}
		return narrow(n.head.apply(pooled))
	}
	sum := make([]float64, n.Spec.Hidden)
	for _, v := range x {
		for d := range sum {
			sum[d] += v[d] / float64(len(x))
		}
	}
	if n.Spec.Pooled {
		unit(sum)
	}
	return narrow(sum)
}

func (m matrix) at(row, col int) float64 { return float64(m.v[row*m.cols+col]) }

func (l linear) apply(x []float64) []float64 {
	y := make([]float64, l.w.cols)
	for c := range y {
		y[c] = float64(l.b[c])
	}
	for r, v := range x {
		for c := range y {
			y[c] += v * l.w.at(r, c)
		}
	}
	return y
}

func (a affine) apply(x []float64) {
	var mean, variance float64
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	for i := range x {
		x[i] = (x[i]-mean)/math.Sqrt(variance+epsilon)*float64(a.gain[i]) + float64(a.shift[i])
	}
}

// apply runs one layer in place.
func (l layer) apply(x [][]float64, s Spec) {
	each := func(w linear) [][]float64 {
		y := make([][]float64, len(x))
		for t := range x {
			y[t] = w.apply(x[t])
		}
		return y
	}
	q, k, v := each(l.q), each(l.k), each(l.v)
	wide := s.Hidden / s.Heads
	share := make([]float64, len(x))
	for t := range x {
		mixed := make([]float64, s.Hidden)
		for from := 0; from < s.Hidden; from += wide {
			var sum float64
			for o := range x {
				var dot float64
				for d := from; d < from+wide; d++ {
					dot += q[t][d] * k[o][d]
				}
				share[o] = math.Exp(dot / math.Sqrt(float64(wide)))
				sum += share[o]
			}
			for o := range x {
				for d := from; d < from+wide; d++ {
					mixed[d] += share[o] / sum * v[o][d]
				}
			}
		}
		for d, y := range l.o.apply(mixed) {
			x[t][d] += y
		}
		l.attended.apply(x[t])
		up := l.up.apply(x[t])
		for i, y := range up {
			if s.ReLU {
				up[i] = max(y, 0)
			} else {
				up[i] = y * (math.Erf(y/math.Sqrt2) + 1) / 2
			}
		}
		for d, y := range l.down.apply(up) {
			x[t][d] += y
		}
		l.fed.apply(x[t])
	}
}

// unit brings v to length 1.
func unit(v []float64) {
	var sum float64
	for _, x := range v {
		sum += x * x
	}
	for i := range v {
		v[i] /= math.Max(math.Sqrt(sum), 1e-12)
	}
}

func narrow(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}
