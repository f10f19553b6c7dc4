package onnxtest

// Broken graphs: what a damaged or hostile file may hold. None may crash or stall a process that loads it.

// MissingInput is a graph that does not take ids.
func MissingInput() []byte {
	g := &Graph{}
	g.Input(Mask, Int64, "batch", "seq")
	g.NodeTo(Hidden, "Cast", []string{Mask}, IntAttr("to", Float32))
	g.Output(Hidden, Float32, "batch", "seq")
	return g.Bytes()
}

// ExtraInput is an encoder that wants pixels too.
func ExtraInput(s Spec) []byte {
	g := New(s).Graph()
	g.Input("pixel_values", Float32, "batch", 3, 224, 224)
	return g.Bytes()
}

// FloatIDs is a graph whose ids are floats.
func FloatIDs(dims int) []byte {
	g := &Graph{}
	g.Input(IDs, Float32, "batch", "seq")
	g.Input(Mask, Int64, "batch", "seq")
	return g.constant(dims, dims)
}

// Announced is a graph that announces an output of [batch, announced] and gives one of [1, real].
func Announced(announced, real int) []byte {
	g := &Graph{}
	g.Input(IDs, Int64, "batch", "seq")
	g.Input(Mask, Int64, "batch", "seq")
	return g.constant(announced, real)
}

// constant gives zeros of [1, real] whose shape depends on the run: what is announced is not corrected at load.
func (g *Graph) constant(announced, real int) []byte {
	g.Ints("row", []int64{1, int64(real)}, 2)
	ones := g.Node("Div", []string{g.Node("Shape", []string{IDs}), g.Node("Shape", []string{IDs})})
	g.NodeTo(Pooled, "ConstantOfShape", []string{g.Node("Mul", []string{ones, "row"})})
	g.Output(Pooled, Float32, "batch", announced)
	return g.Bytes()
}

// HugeInput announces inputs of 2⁴⁰ × 2⁴⁰.
func HugeInput(dims int) []byte {
	g := &Graph{}
	g.Input(IDs, Int64, 1<<40, 1<<40)
	g.Input(Mask, Int64, 1<<40, 1<<40)
	return g.constant(dims, dims)
}

// HugeTensor announces a constant of 2⁴⁰ × 2²⁰ floats and carries four bytes of it.
func HugeTensor(dims int) []byte {
	g := &Graph{}
	g.Input(IDs, Int64, "batch", "seq")
	g.Input(Mask, Int64, "batch", "seq")
	g.tensor("huge", Float32, []byte{0, 0, 0, 0}, []int{1 << 40, 1 << 20})
	g.NodeTo(Pooled, "Gather", []string{"huge", IDs})
	g.Output(Pooled, Float32, "batch", dims)
	return g.Bytes()
}

// HugeRun is a graph that asks for 2⁵⁰ floats when it runs, not before.
func HugeRun(dims int) []byte {
	g := &Graph{}
	g.Input(IDs, Int64, "batch", "seq")
	g.Input(Mask, Int64, "batch", "seq")
	g.Ints("shift", []int64{1 << 46, 1 << 4}, 2)
	g.Ints("zero1", []int64{0}, 1)
	// The shape depends on the input, so that nothing can be folded at load.
	seq := g.Node("Div", []string{g.Node("Shape", []string{IDs}), g.Node("Shape", []string{IDs})})
	huge := g.Node("ConstantOfShape", []string{g.Node("Mul", []string{seq, "shift"})})
	sum := g.Node("ReduceSum", []string{huge, "zero1"}, IntAttr("keepdims", 1))
	g.NodeTo(Pooled, "Identity", []string{sum})
	g.Output(Pooled, Float32, "batch", dims)
	return g.Bytes()
}

// External is a graph whose rows lie in the file at location.
func External(location string, vocab, dims int) []byte {
	g := &Graph{}
	g.Input(IDs, Int64, "batch", "seq")
	g.Input(Mask, Int64, "batch", "seq")
	rows := g.External("rows", location, 0, int64(4*vocab*dims), vocab, dims)
	g.NodeTo(Hidden, "Gather", []string{rows, IDs})
	g.Output(Hidden, Float32, "batch", "seq", dims)
	return g.Bytes()
}

// Nested is a graph of conditions within conditions, depth deep: a parser that recurses without a bound overflows.
func Nested(depth int) []byte {
	inner := &Graph{}
	inner.NodeTo("leaf", "Identity", []string{Mask})
	inner.Output("leaf", Int64, "batch", "seq")
	body := inner.body("leaf")
	for range depth {
		next := &Graph{}
		next.NodeTo("leaf", "If", []string{"condition"}, graphAttr("then_branch", body), graphAttr("else_branch", nil))
		body = next.body("nest")
	}
	g := &Graph{}
	g.Input(IDs, Int64, "batch", "seq")
	g.Input(Mask, Int64, "batch", "seq")
	g.NodeTo(Pooled, "If", []string{"condition"}, graphAttr("then_branch", body), graphAttr("else_branch", body))
	g.Output(Pooled, Float32, "batch", 8)
	return g.Bytes()
}

// Cycle is a graph in which two nodes wait for each other.
func Cycle(dims int) []byte {
	g := &Graph{}
	g.Input(IDs, Int64, "batch", "seq")
	g.Input(Mask, Int64, "batch", "seq")
	g.NodeTo("a", "Identity", []string{"b"})
	g.NodeTo("b", "Identity", []string{"a"})
	g.NodeTo(Pooled, "Identity", []string{"a"})
	g.Output(Pooled, Float32, "batch", dims)
	return g.Bytes()
}
