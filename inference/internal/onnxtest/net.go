package onnxtest

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Names of the graphs' inputs and outputs, as exporters write them.
const (
	IDs       = "input_ids"
	Mask      = "attention_mask"
	Types     = "token_type_ids"
	Positions = "position_ids"
	Hidden    = "last_hidden_state" // [batch, seq, Hidden]
	Pooled    = "sentence_embedding"
	Logits    = "logits" // [batch, Labels]
)

// Spec is the shape of a transformer. Zero values are filled by New.
type Spec struct {
	// Layers, Hidden, Heads and FFN default to 2, 32, 2 and 64.
	Layers, Hidden, Heads, FFN int
	// Vocab is the number of ids. Defaults to that of Tokenizer.
	Vocab int
	// Positions is the longest sequence. Defaults to 512.
	Positions int
	// Seed draws the weights. Models of different seeds have different vector spaces.
	Seed uint64
	// ReLU takes ReLU instead of GELU.
	ReLU bool
	// TypeInput and PositionInput make the graph want these inputs. Without, types are 0 and positions are computed in
	// the graph from the shape.
	TypeInput, PositionInput bool
	// Pooled makes the graph give the mean over the tokens, of length 1: [batch, Hidden].
	Pooled bool
	// Labels, if not 0, makes the graph give scores from the first token: [batch, Labels].
	Labels int
}

// Net is a transformer with its weights: ONNX writes it as a graph, Forward runs it in Go.
type Net struct {
	Spec Spec

	word, pos, typ matrix
	norm           affine
	layers         []layer
	pool, head     linear // only with Labels
}

// matrix is rows × cols, row by row.
type matrix struct {
	rows, cols int
	v          []float32
}

// linear is x·w + b.
type linear struct {
	w matrix
	b []float32
}

// affine is the gain and the shift of a layer normalisation.
type affine struct{ gain, shift []float32 }

type layer struct {
	q, k, v, o linear
	attended   affine
	up, down   linear
	fed        affine
}

// epsilon of the layer normalisations, as in BERT.
const epsilon = 1e-12

// New draws a transformer.
func New(s Spec) *Net {
	for _, f := range []struct {
		value *int
		usual int
	}{{&s.Layers, 2}, {&s.Hidden, 32}, {&s.Heads, 2}, {&s.FFN, 64}, {&s.Vocab, VocabSize}, {&s.Positions, 512}} {
		if *f.value == 0 {
			*f.value = f.usual
		}
	}
	r := rand.New(rand.NewPCG(s.Seed, 0x6f6e6e78)) //nolint:gosec // weights of test models, the same for a seed
	h := s.Hidden
	n := &Net{
		Spec: s,
		word: drawn(r, s.Vocab, h, 1), pos: drawn(r, s.Positions, h, 0.3), typ: drawn(r, 2, h, 0.3),
		norm: drawnNorm(r, h),
	}
	for range s.Layers {
		n.layers = append(n.layers, layer{
			q: drawnLinear(r, h, h), k: drawnLinear(r, h, h), v: drawnLinear(r, h, h), o: drawnLinear(r, h, h),
			attended: drawnNorm(r, h), up: drawnLinear(r, h, s.FFN), down: drawnLinear(r, s.FFN, h), fed: drawnNorm(r, h),
		})
	}
	if s.Labels > 0 {
		n.pool, n.head = drawnLinear(r, h, h), drawnLinear(r, h, s.Labels)
	}
	return n
}

// Poison makes one weight of the last layer NaN: every output is.
func (n *Net) Poison() {
	n.layers[len(n.layers)-1].fed.gain[0] = float32(math.NaN())
}

func drawn(r *rand.Rand, rows, cols int, deviation float64) matrix {
	m := matrix{rows, cols, make([]float32, rows*cols)}
	for i := range m.v {
		m.v[i] = float32(r.NormFloat64() * deviation)
	}
	return m
}

func drawnLinear(r *rand.Rand, in, out int) linear {
	return linear{drawn(r, in, out, 1/math.Sqrt(float64(in))), drawn(r, 1, out, 0.1).v}
}

func drawnNorm(r *rand.Rand, h int) affine {
	a := affine{drawn(r, 1, h, 0.1).v, drawn(r, 1, h, 0.1).v}
	for i := range a.gain {
		a.gain[i]++
	}
	return a
}

// ONNX returns the graph as a file.
func (n *Net) ONNX() []byte { return n.Graph().Bytes() }

// Graph returns the graph, to be changed before it is written.
func (n *Net) Graph() *Graph {
	s, g := n.Spec, &Graph{}
	g.Input(IDs, Int64, "batch", "seq")
	g.Input(Mask, Int64, "batch", "seq")
	if s.TypeInput {
		g.Input(Types, Int64, "batch", "seq")
	}
	if s.PositionInput {
		g.Input(Positions, Int64, "batch", "seq")
	}
	g.Ints("zero", []int64{0})
	g.Ints("one", []int64{1})
	g.Ints("axis1", []int64{1}, 1)
	g.Ints("axes12", []int64{1, 2}, 2)
	g.Ints("axis2", []int64{2}, 1)
	g.Ints("split_heads", []int64{0, 0, int64(s.Heads), int64(s.Hidden / s.Heads)}, 4)
	g.Ints("join_heads", []int64{0, 0, int64(s.Hidden)}, 3)
	g.Floats("scale", []float32{float32(math.Sqrt(float64(s.Hidden / s.Heads)))})
	g.Floats("f_one", []float32{1})
	g.Floats("half", []float32{0.5})
	g.Floats("root2", []float32{math.Sqrt2})
	g.Floats("far", []float32{-10000})
	g.Floats("tiny", []float32{1e-12})

	x := g.Node("Add", []string{g.embedding(n), n.positions(g)})
	x = g.layerNorm("norm0", n.norm, x)
	maskF := g.Node("Cast", []string{Mask}, IntAttr("to", Float32))
	away := g.Node("Mul", []string{g.Node("Sub", []string{"f_one", maskF}), "far"})
	away = g.Node("Unsqueeze", []string{away, "axes12"}) // [batch, 1, 1, seq]
	for i, l := range n.layers {
		x = g.layer(fmt.Sprintf("layer%d.", i), s, l, x, away)
	}
	switch {
	case s.Labels > 0:
		first := g.Node("Gather", []string{x, "zero"}, IntAttr("axis", 1))
		pooled := g.Node("Tanh", []string{g.linear("pool", n.pool, first)})
		g.NodeTo(Logits, "Identity", []string{g.linear("head", n.head, pooled)})
		g.Output(Logits, Float32, "batch", s.Labels)
	case s.Pooled:
		weights := g.Node("Unsqueeze", []string{maskF, "axis2"})
		sum := g.Node("ReduceSum", []string{g.Node("Mul", []string{x, weights}), "axis1"}, IntAttr("keepdims", 0))
		norm := g.Node("ReduceL2", []string{sum}, IntsAttr("axes", 1), IntAttr("keepdims", 1))
		g.NodeTo(Pooled, "Div", []string{sum, g.Node("Max", []string{norm, "tiny"})})
		g.Output(Pooled, Float32, "batch", s.Hidden)
	default:
		g.NodeTo(Hidden, "Identity", []string{x})
		g.Output(Hidden, Float32, "batch", "seq", s.Hidden)
	}
	return g
}

// embedding adds up the vectors of the tokens and of their types.
func (g *Graph) embedding(n *Net) string {
	x := g.Node("Gather", []string{g.matrix("word", n.word), IDs})
	if !n.Spec.TypeInput {
		return x
	}
	return g.Node("Add", []string{x, g.Node("Gather", []string{g.matrix("type", n.typ), Types})})
}

func (n *Net) positions(g *Graph) string {
	table := g.matrix("position", n.pos)
	if n.Spec.PositionInput {
		return g.Node("Gather", []string{table, Positions})
	}
	seq := g.Node("Gather", []string{g.Node("Shape", []string{IDs}), "one"})
	return g.Node("Gather", []string{table, g.Node("Range", []string{"zero", seq, "one"})})
}

func (g *Graph) layer(name string, s Spec, l layer, x, away string) string {
	heads := func(part string, w linear, order ...int64) string {
		y := g.Node("Reshape", []string{g.linear(name+part, w, x), "split_heads"})
		return g.Node("Transpose", []string{y}, IntsAttr("perm", order...))
	}
	q, k, v := heads("q", l.q, 0, 2, 1, 3), heads("k", l.k, 0, 2, 3, 1), heads("v", l.v, 0, 2, 1, 3)
	scores := g.Node("Div", []string{g.Node("MatMul", []string{q, k}), "scale"})
	share := g.Node("Softmax", []string{g.Node("Add", []string{scores, away})}, IntAttr("axis", -1))
	mixed := g.Node("Transpose", []string{g.Node("MatMul", []string{share, v})}, IntsAttr("perm", 0, 2, 1, 3))
	mixed = g.Node("Reshape", []string{mixed, "join_heads"})
	x = g.layerNorm(name+"attended", l.attended, g.Node("Add", []string{g.linear(name+"o", l.o, mixed), x}))
	up := g.linear(name+"up", l.up, x)
	if s.ReLU {
		up = g.Node("Relu", []string{up})
	} else {
		erf := g.Node("Add", []string{g.Node("Erf", []string{g.Node("Div", []string{up, "root2"})}), "f_one"})
		up = g.Node("Mul", []string{g.Node("Mul", []string{up, erf}), "half"})
	}
	return g.layerNorm(name+"fed", l.fed, g.Node("Add", []string{g.linear(name+"down", l.down, up), x}))
}

func (g *Graph) matrix(name string, m matrix) string { return g.Floats(name, m.v, m.rows, m.cols) }

func (g *Graph) linear(name string, l linear, x string) string {
	y := g.Node("MatMul", []string{x, g.matrix(name+".w", l.w)})
	return g.Node("Add", []string{y, g.Floats(name+".b", l.b, len(l.b))})
}

func (g *Graph) layerNorm(name string, a affine, x string) string {
	return g.Node("LayerNormalization", []string{
		x, g.Floats(name+".gain", a.gain, len(a.gain)), g.Floats(name+".shift", a.shift, len(a.shift)),
	}, IntAttr("axis", -1), FloatAttr("epsilon", epsilon))
}
