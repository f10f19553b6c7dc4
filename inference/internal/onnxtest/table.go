package onnxtest

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
)

// Table is a static encoder: rows of int8 with a scale and a weight each, added up and brought to length 1.
type Table struct {
	Vocab, Dims int
	Rows        []int8
	Scales      []float32
	Weights     []float32
}

// NewTable draws a static encoder.
func NewTable(vocab, dims int, seed uint64) *Table {
	r := rand.New(rand.NewPCG(seed, 0x7461626c)) //nolint:gosec // weights of test models, the same for a seed
	t := &Table{Vocab: vocab, Dims: dims}
	for range vocab {
		for range dims {
			t.Rows = append(t.Rows, int8(r.IntN(255)-127))
		}
		t.Scales = append(t.Scales, float32(0.001+0.01*r.Float64()))
		t.Weights = append(t.Weights, float32(0.1+r.Float64()))
	}
	return t
}

// Row returns the vector of a text.
func (t *Table) Row(ids, _ []int32) []float32 {
	sum := make([]float64, t.Dims)
	for _, id := range ids {
		w := float64(t.Scales[id]) * float64(t.Weights[id])
		for d := range sum {
			sum[d] += w * float64(t.Rows[int(id)*t.Dims+d])
		}
	}
	unit(sum)
	return narrow(sum)
}

// ONNX returns the same as a graph: [batch, Dims].
func (t *Table) ONNX() []byte {
	g := &Graph{}
	g.Input(IDs, Int64, "batch", "seq")
	g.Input(Mask, Int64, "batch", "seq")
	folded := make([]float32, t.Vocab)
	for i := range folded {
		folded[i] = t.Scales[i] * t.Weights[i]
	}
	g.Ints("axis1", []int64{1}, 1)
	g.Floats("tiny", []float32{1e-12})
	rows := g.Node("Gather", []string{g.Bytes8("rows", t.Rows, t.Vocab, t.Dims), IDs})
	rows = g.Node("Cast", []string{rows}, IntAttr("to", Float32))
	mask := g.Node("Cast", []string{Mask}, IntAttr("to", Float32))
	weights := g.Node("Mul", []string{g.Node("Gather", []string{g.Floats("folded", folded, t.Vocab), IDs}), mask})
	sum := g.Node("MatMul", []string{g.Node("Unsqueeze", []string{weights, "axis1"}), rows})
	sum = g.Node("Squeeze", []string{sum, "axis1"})
	norm := g.Node("ReduceL2", []string{sum}, IntsAttr("axes", 1), IntAttr("keepdims", 1))
	g.NodeTo(Pooled, "Div", []string{sum, g.Node("Max", []string{norm, "tiny"})})
	g.Output(Pooled, Float32, "batch", t.Dims)
	return g.Bytes()
}

// SafeTensors returns the same as a file with the tensors rows (I8), scales and weights (F32).
func (t *Table) SafeTensors() []byte {
	raw := make([]byte, 0, len(t.Rows)+8*t.Vocab)
	for _, v := range t.Rows {
		raw = append(raw, byte(v))
	}
	for _, vs := range [][]float32{t.Scales, t.Weights} {
		for _, v := range vs {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
	}
	n := len(t.Rows)
	head, err := json.Marshal(map[string]any{
		"rows":    map[string]any{"dtype": "I8", "shape": []int{t.Vocab, t.Dims}, "data_offsets": []int{0, n}},
		"scales":  map[string]any{"dtype": "F32", "shape": []int{t.Vocab}, "data_offsets": []int{n, n + 4*t.Vocab}},
		"weights": map[string]any{"dtype": "F32", "shape": []int{t.Vocab}, "data_offsets": []int{n + 4*t.Vocab, n + 8*t.Vocab}},
	})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), append(head, raw...)...)
}

// Lookup is a graph whose scores are chosen: those of the row of the text's second token, the first after [CLS].
type Lookup struct {
	Labels int
	// Scores maps ids to scores; other ids have 0.
	Scores map[int32][]float32
	// Vocab defaults to that of Tokenizer.
	Vocab int
	// TypeInput makes the graph want type ids, as a pair scorer does.
	TypeInput bool
}

// Row returns the scores of a text.
func (l *Lookup) Row(ids, _ []int32) []float32 {
	out := make([]float32, l.Labels)
	copy(out, l.Scores[ids[min(1, len(ids)-1)]])
	return out
}

// ONNX returns the graph: [batch, Labels].
func (l *Lookup) ONNX() []byte {
	vocab := l.Vocab
	if vocab == 0 {
		vocab = VocabSize
	}
	rows := make([]float32, vocab*l.Labels)
	for id, scores := range l.Scores {
		copy(rows[int(id)*l.Labels:][:l.Labels], scores)
	}
	g := &Graph{}
	g.Input(IDs, Int64, "batch", "seq")
	g.Input(Mask, Int64, "batch", "seq")
	if l.TypeInput {
		g.Input(Types, Int64, "batch", "seq")
	}
	g.Ints("one", []int64{1})
	seq := g.Node("Gather", []string{g.Node("Shape", []string{IDs}), "one"})
	second := g.Node("Min", []string{"one", g.Node("Sub", []string{seq, "one"})}) // or the first, of a text with one token
	second = g.Node("Gather", []string{IDs, second}, IntAttr("axis", 1))
	g.NodeTo(Logits, "Gather", []string{g.Floats("rows", rows, vocab, l.Labels), second})
	g.Output(Logits, Float32, "batch", l.Labels)
	return g.Bytes()
}
