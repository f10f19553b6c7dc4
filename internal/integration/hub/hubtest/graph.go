package hubtest

import "google.golang.org/protobuf/encoding/protowire"

// Value is an input or output of a graph; -1 is a dimension of unknown size.
type Value struct {
	Name    string
	Element uint64 // 7 = int64, 1 = float32
	Dims    []int64
}

// Int and Float make values.
func Int(name string) Value { return Value{Name: name, Element: 7, Dims: []int64{-1, -1}} }

// Float makes an output.
func Float(name string, dims ...int64) Value { return Value{Name: name, Element: 1, Dims: dims} }

// Graph is an ONNX file that names inputs, outputs and external data, and holds size bytes of weights. It computes
// nothing. The field numbers are onnx.proto's.
func Graph(size int, inputs, outputs []Value, external ...string) []byte {
	var graph []byte
	for _, v := range inputs {
		graph = message(graph, 11, v.encode())
	}
	for _, v := range outputs {
		graph = message(graph, 12, v.encode())
	}
	for _, location := range external {
		entry := message(message(nil, 1, []byte("location")), 2, []byte(location))
		graph = message(graph, 5, message(nil, 13, entry))
	}
	weights := make([]byte, size)
	for i := range weights {
		weights[i] = byte(i * 7 >> 3)
	}
	graph = message(graph, 5, message(message(nil, 8, []byte("w")), 9, weights))
	return message(nil, 7, graph)
}

func (v Value) encode() []byte {
	var shape []byte
	for _, d := range v.Dims {
		dim := message(nil, 2, []byte("n"))
		if d >= 0 {
			dim = protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(d))
		}
		shape = message(shape, 1, dim)
	}
	tensor := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), v.Element)
	return message(message(nil, 1, []byte(v.Name)), 2, message(nil, 1, message(tensor, 2, shape)))
}

func message(dst []byte, num protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(dst, num, protowire.BytesType), content)
}
