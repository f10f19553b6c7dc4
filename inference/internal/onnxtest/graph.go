package onnxtest

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Types of elements (TensorProto.DataType of onnx.proto).
const (
	Float32 = 1
	Int8    = 3
	Int64   = 7
)

// Graph gathers the parts of an ONNX model. Field numbers are those of onnx/onnx.proto of ONNX 1.12 (opset 17, IR 8).
type Graph struct {
	nodes, inits, ins, outs []byte
	count                   int
}

// Attr is an attribute of a node.
type Attr []byte

// IntAttr makes an attribute of one integer.
func IntAttr(name string, v int64) Attr {
	b := text(nil, 1, name)
	b = number(b, 3, v)
	return number(b, 20, 2) // type = INT
}

// IntsAttr makes an attribute of several integers.
func IntsAttr(name string, vs ...int64) Attr {
	b := text(nil, 1, name)
	for _, v := range vs {
		b = number(b, 8, v)
	}
	return number(b, 20, 7) // type = INTS
}

// FloatAttr makes an attribute of one float.
func FloatAttr(name string, v float32) Attr {
	b := text(nil, 1, name)
	b = protowire.AppendTag(b, 2, protowire.Fixed32Type)
	b = protowire.AppendFixed32(b, math.Float32bits(v))
	return number(b, 20, 1) // type = FLOAT
}

// graphAttr makes an attribute that holds an encoded GraphProto.
func graphAttr(name string, graph []byte) Attr {
	b := text(nil, 1, name)
	b = message(b, 6, graph)
	return number(b, 20, 5) // type = GRAPH
}

// Node adds an operation and returns the name of its only output.
func (g *Graph) Node(op string, ins []string, attrs ...Attr) string {
	g.count++
	out := fmt.Sprintf("%s_%d", op, g.count)
	g.NodeTo(out, op, ins, attrs...)
	return out
}

// NodeTo is Node with a chosen name for the output.
func (g *Graph) NodeTo(out, op string, ins []string, attrs ...Attr) {
	var b []byte
	for _, in := range ins {
		b = text(b, 1, in)
	}
	b = text(b, 2, out)
	b = text(b, 4, op)
	for _, a := range attrs {
		b = message(b, 5, a)
	}
	g.nodes = message(g.nodes, 1, b)
}

// Input announces an input. A dim is an int or the name of a free dimension.
func (g *Graph) Input(name string, elem int, dims ...any) {
	g.ins = message(g.ins, 11, valueInfo(name, elem, dims))
}

// Output announces an output; some node must make it.
func (g *Graph) Output(name string, elem int, dims ...any) {
	g.outs = message(g.outs, 12, valueInfo(name, elem, dims))
}

// Floats adds a constant tensor and returns name. Without dims it is a scalar.
func (g *Graph) Floats(name string, data []float32, dims ...int) string {
	raw := make([]byte, 0, 4*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return g.tensor(name, Float32, raw, dims)
}

// Ints adds a constant tensor of int64 and returns name. Without dims it is a scalar.
func (g *Graph) Ints(name string, data []int64, dims ...int) string {
	raw := make([]byte, 0, 8*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	return g.tensor(name, Int64, raw, dims)
}

// Bytes8 adds a constant tensor of int8 and returns name.
func (g *Graph) Bytes8(name string, data []int8, dims ...int) string {
	raw := make([]byte, len(data))
	for i, v := range data {
		raw[i] = byte(v)
	}
	return g.tensor(name, Int8, raw, dims)
}

func (g *Graph) tensor(name string, elem int, raw []byte, dims []int) string {
	b := tensorHead(name, elem, dims)
	b = message(b, 9, raw)
	g.inits = message(g.inits, 5, b)
	return name
}

// External adds a constant tensor whose bytes lie in another file.
func (g *Graph) External(name, location string, offset, length int64, dims ...int) string {
	b := tensorHead(name, Float32, dims)
	for _, kv := range [][2]string{
		{"location", location}, {"offset", fmt.Sprint(offset)}, {"length", fmt.Sprint(length)},
	} {
		b = message(b, 13, text(text(nil, 1, kv[0]), 2, kv[1]))
	}
	b = number(b, 14, 1) // data_location = EXTERNAL
	g.inits = message(g.inits, 5, b)
	return name
}

func tensorHead(name string, elem int, dims []int) []byte {
	var b []byte
	for _, d := range dims {
		b = number(b, 1, int64(d))
	}
	b = number(b, 2, int64(elem))
	return text(b, 8, name)
}

// body is the encoded GraphProto.
func (g *Graph) body(name string) []byte {
	b := append([]byte(nil), g.nodes...)
	b = text(b, 2, name)
	b = append(b, g.inits...)
	b = append(b, g.ins...)
	return append(b, g.outs...)
}

// Bytes returns the model.
func (g *Graph) Bytes() []byte {
	b := number(nil, 1, 8) // ir_version
	b = text(b, 2, "frontdesk onnxtest")
	b = message(b, 7, g.body("test"))
	return message(b, 8, number(nil, 2, 17)) // opset_import
}

func valueInfo(name string, elem int, dims []any) []byte {
	var shape []byte
	for _, d := range dims {
		switch d := d.(type) {
		case int:
			shape = message(shape, 1, number(nil, 1, int64(d)))
		case string:
			shape = message(shape, 1, text(nil, 2, d))
		}
	}
	tensor := message(number(nil, 1, int64(elem)), 2, shape)
	return message(text(nil, 1, name), 2, message(nil, 1, tensor))
}

func number(b []byte, field protowire.Number, v int64) []byte {
	b = protowire.AppendTag(b, field, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(v))
}

func text(b []byte, field protowire.Number, s string) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendString(b, s)
}

func message(b []byte, field protowire.Number, m []byte) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendBytes(b, m)
}
