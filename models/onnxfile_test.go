package models

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
)

// field appends a submessage or string.
func field(dst []byte, num fieldNumber, content []byte) []byte {
	return append(binary.AppendUvarint(tag(dst, num, wireBytes), uint64(len(content))), content...)
}

func integer(dst []byte, num fieldNumber, v uint64) []byte {
	return binary.AppendUvarint(tag(dst, num, wireVarint), v)
}

func tag(dst []byte, num fieldNumber, wire uint64) []byte {
	return binary.AppendUvarint(dst, uint64(num)<<3|wire)
}

// tensorAt is a weight with external data.
func tensorAt(name, location string) []byte {
	entry := field(field(nil, fieldEntryKey, []byte("location")), fieldEntryValue, []byte(location))
	return field(field(nil, fieldTensorName, []byte(name)), fieldTensorExternal, entry)
}

// onnxWith is a model whose weight lies at a location.
func onnxWith(location string) []byte {
	return field(nil, fieldModelGraph, field(nil, fieldGraphInitializer, tensorAt("w", location)))
}

// valueOf is an input or output; -1 is a dimension of unknown size.
func valueOf(name string, element uint64, dims ...int64) []byte {
	var shape []byte
	for _, d := range dims {
		var dim []byte
		if d >= 0 {
			dim = integer(nil, fieldDimValue, uint64(d))
		} else {
			dim = field(nil, 2, []byte("batch"))
		}
		shape = field(shape, fieldShapeDim, dim)
	}
	tensor := field(integer(nil, fieldTensorTypeElem, element), fieldTensorTypeShape, shape)
	return field(field(nil, fieldValueName, []byte(name)), fieldValueType, field(nil, fieldTypeTensor, tensor))
}

// noSeek hides that a reader can seek.
type noSeek struct{ io.Reader }

func TestGraphIsReadWithAndWithoutSeeking(t *testing.T) {
	t.Parallel()
	var graph []byte
	graph = field(graph, fieldGraphInput, valueOf("input_ids", ElementInt64, -1, -1))
	graph = field(graph, fieldGraphInput, valueOf("w", ElementFloat32, 4, 4))
	raw := append(tensorAt("w", "b.bin"), field(nil, 9, bytes.Repeat([]byte{7}, 300<<10))...) // raw_data, longer than a buffer
	graph = field(graph, fieldGraphInitializer, raw)
	subgraph := field(nil, fieldGraphInitializer, tensorAt("inner", "a.bin"))
	graph = field(graph, fieldGraphNode, field(nil, fieldNodeAttribute, field(nil, fieldAttributeGraph, subgraph)))
	graph = field(graph, fieldGraphOutput, valueOf("last_hidden_state", ElementFloat32, -1, -1, 384))
	function := field(nil, fieldFunctionNode, field(nil, fieldNodeAttribute, field(nil, fieldAttributeTensor, tensorAt("f", "c.bin"))))
	model := field(field(integer(nil, 1, 9), fieldModelGraph, graph), fieldModelFunctions, function)

	for name, r := range map[string]io.Reader{"seeking": bytes.NewReader(model), "reading": noSeek{bytes.NewReader(model)}} {
		g, err := ReadGraph(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.Equal(g.External, []string{"a.bin", "b.bin", "c.bin"}) {
			t.Errorf("%s: external data %v", name, g.External)
		}
		if len(g.Inputs) != 1 || g.Inputs[0].Name != "input_ids" || g.Inputs[0].Element != ElementInt64 {
			t.Errorf("%s: inputs %v; the weight w is none", name, g.Inputs)
		}
		if len(g.Outputs) != 1 || !slices.Equal(g.Outputs[0].Dims, []int64{-1, -1, 384}) {
			t.Errorf("%s: outputs %v", name, g.Outputs)
		}
	}
	for cut := range len(model) {
		if cut%97 != 0 {
			continue
		}
		if _, err := ReadGraph(bytes.NewReader(model[:cut])); !errors.Is(err, ErrManifest) {
			t.Fatalf("cut at %d: error %v, want ErrManifest", cut, err)
		}
	}
}

func TestGraphOfTheBundledModelIsRead(t *testing.T) {
	t.Parallel()
	b, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	g, err := ReadGraph(bytes.NewReader(b.Model))
	if err != nil || len(g.Inputs) != 2 || len(g.Outputs) != 1 || g.Outputs[0].Name != b.Manifest.Graph.Output || len(g.External) != 0 {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestHostileGraphIsAnErrorNotACrash(t *testing.T) {
	t.Parallel()
	deep := field(nil, fieldGraphInitializer, tensorAt("w", "x.bin"))
	for range 100 {
		deep = field(nil, fieldGraphNode, field(nil, fieldNodeAttribute, field(nil, fieldAttributeGraph, deep)))
	}
	huge := binary.AppendUvarint(tag(nil, fieldModelGraph, wireBytes), 1<<62)
	minus := binary.AppendUvarint(tag(nil, fieldModelGraph, wireBytes), 1<<64-1)
	cases := map[string][]byte{
		"empty":                nil,
		"html":                 []byte("<!DOCTYPE html><html><head><title>Sign in</title></head></html>"),
		"deep":                 field(nil, fieldModelGraph, deep),
		"huge length":          huge,
		"negative length":      minus,
		"graph as a number":    integer(nil, fieldModelGraph, 1<<40),
		"two graphs":           append(onnxWith("a"), onnxWith("b")...),
		"long location":        onnxWith(string(bytes.Repeat([]byte("x"), 100<<10))),
		"endless varint":       bytes.Repeat([]byte{0xFF}, 100),
		"group":                {3<<3 | 3},
		"field zero":           {0, 0},
		"inner longer":         field(nil, fieldModelGraph, append(tag(nil, fieldGraphNode, wireBytes), 0x7F)),
		"dimension as a text":  field(nil, fieldModelGraph, field(nil, fieldGraphInput, []byte{fieldValueName<<3 | 2, 9, 'x'})),
		"fixed past the end":   field(nil, fieldModelGraph, []byte{1<<3 | 1, 0}),
		"location leads out":   onnxWith("../x"),
		"location is absolute": onnxWith("/x"),
	}
	for name, data := range cases {
		for _, r := range []io.Reader{bytes.NewReader(data), noSeek{bytes.NewReader(data)}} {
			if _, err := ReadGraph(r); !errors.Is(err, ErrManifest) {
				t.Errorf("%s (%T): error %v, want ErrManifest", name, r, err)
			}
		}
	}
}

func FuzzReadGraph(f *testing.F) {
	f.Add(onnxWith("w.bin"))
	f.Add(field(nil, fieldModelGraph, field(nil, fieldGraphInput, valueOf("x", 7, -1, 3))))
	f.Fuzz(func(t *testing.T, data []byte) {
		sought, errSought := ReadGraph(bytes.NewReader(data))
		read, errRead := ReadGraph(noSeek{bytes.NewReader(data)})
		if (errSought == nil) != (errRead == nil) || !slices.Equal(sought.External, read.External) || len(sought.Inputs) != len(read.Inputs) {
			t.Errorf("seeking: %+v, %v; reading: %+v, %v", sought, errSought, read, errRead)
		}
	})
}
