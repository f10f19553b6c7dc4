package models

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
)

// The wire format of protocol buffers, as far as it is needed (protobuf.dev, "Encoding"); a domain imports no library for it.
const (
	wireVarint     = 0
	wireFixed64    = 1
	wireBytes      = 2
	wireFixed32    = 5
	maxFieldNumber = 1<<29 - 1
)

// fieldNumber is the number of a field of a message.
type fieldNumber uint64

// Field numbers of onnx.proto (github.com/onnx/onnx, onnx/onnx.proto) on the way to inputs, outputs and external data.
const (
	fieldModelGraph       = 7
	fieldModelFunctions   = 25
	fieldGraphNode        = 1
	fieldGraphInitializer = 5
	fieldGraphInput       = 11
	fieldGraphOutput      = 12
	fieldGraphSparse      = 15
	fieldFunctionNode     = 7
	fieldNodeAttribute    = 5
	fieldAttributeTensor  = 5
	fieldAttributeGraph   = 6
	fieldAttributeTensors = 10
	fieldAttributeGraphs  = 11
	fieldAttributeSparse  = 22
	fieldAttributeSparses = 23
	fieldSparseValues     = 1
	fieldSparseIndices    = 2
	fieldTensorName       = 8
	fieldTensorExternal   = 13
	fieldEntryKey         = 1
	fieldEntryValue       = 2
	fieldValueName        = 1
	fieldValueType        = 2
	fieldTypeTensor       = 1
	fieldTensorTypeElem   = 1
	fieldTensorTypeShape  = 2
	fieldShapeDim         = 1
	fieldDimValue         = 1
)

const (
	// maxGraphDepth bounds messages within messages; real graphs need about a dozen.
	maxGraphDepth = 64
	// maxGraphString bounds a name or location.
	maxGraphString = 64 << 10
	// maxGraphValues bounds what is kept: inputs, outputs, dimensions, initializers' names, locations.
	maxGraphValues = 1 << 20
)

// Element types of onnx.proto's TensorProto.DataType that graphs of encoders have at their ends.
const (
	ElementFloat32 = 1
	ElementInt32   = 6
	ElementInt64   = 7
	ElementFloat16 = 10
)

var (
	// errDepth says that a model nests deeper than any real one.
	errDepth = errors.New("graphs are nested too deep")
	// errShape says that a message claims more than there is, or more than any real model has.
	errShape = errors.New("a part of it claims more than there is")
)

// GraphFile is what an ONNX file says of itself.
type GraphFile struct {
	// Inputs leaves out those that have a value in the file (weights, in old versions of the format).
	Inputs, Outputs []GraphValue
	// External are the files, relative to the model's folder, that it keeps weights in, sorted.
	External []string
}

// GraphValue is an input or output.
type GraphValue struct {
	Name string
	// Element is ElementInt64, ElementFloat32 or another number of onnx.proto; 0 = the value is no tensor.
	Element int
	// Dims has -1 for what is known at run time only. Nil = the file does not say, or a scalar.
	Dims []int64
}

// ReadGraph reads an ONNX model's inputs, outputs and external data. It holds no weights in memory; from an io.Seeker it
// does not even read them. Its error wraps ErrManifest when the file is no ONNX model, or a location of external data is
// absolute or leads out of the folder.
func ReadGraph(r io.Reader) (GraphFile, error) {
	w := walker{r: bufio.NewReaderSize(r, 64<<10), external: map[string]bool{}, weights: map[string]bool{}}
	size := int64(math.MaxInt64)
	if s, ok := r.(io.Seeker); ok {
		end, err := s.Seek(0, io.SeekEnd)
		if err == nil {
			_, err = s.Seek(0, io.SeekStart)
		}
		if err != nil {
			return GraphFile{}, fmt.Errorf("read model: %w", err)
		}
		w.seek, size = s, end
	}
	graphs := 0
	err := w.message(size, 0, map[fieldNumber]visit{
		fieldModelGraph:     func(n int64, depth int) error { graphs++; return w.graph(n, depth, graphs == 1) },
		fieldModelFunctions: w.function,
	})
	if err == nil && graphs != 1 {
		err = fmt.Errorf("it has %d graphs", graphs)
	}
	if err != nil {
		return GraphFile{}, fmt.Errorf("%w: not a sound ONNX model: %w", ErrManifest, err)
	}
	g := GraphFile{Outputs: w.outputs}
	for _, in := range w.inputs {
		if !w.weights[in.Name] {
			g.Inputs = append(g.Inputs, in)
		}
	}
	for name := range w.external {
		if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\:\x00") {
			return GraphFile{}, fmt.Errorf("%w: weights of the model lie in %q, which leaves its folder", ErrManifest, name)
		}
		g.External = append(g.External, name)
	}
	slices.Sort(g.External)
	return g, nil
}

// ExternalData is ReadGraph for External only.
func ExternalData(r io.Reader) ([]string, error) {
	g, err := ReadGraph(r)
	return g.External, err
}

// declared checks that a model's external data is what the manifest names.
func declared(fsys fs.FS, m Manifest) error {
	f := m.Files[FileModel]
	file, err := fsys.Open(f.Path)
	if err != nil {
		return unreadable(err, m, f)
	}
	defer file.Close()
	locations, err := ExternalData(file)
	if err != nil {
		return err
	}
	for _, name := range locations {
		want := path.Join(path.Dir(f.Path), name)
		got, ok := m.Files[FileData+"/"+name]
		if !ok || got.Path != want {
			return bad("files."+FileData+"/"+name, "is missing, but %s keeps weights in %s", f.Path, want)
		}
	}
	return nil
}

// visit looks at a submessage of n bytes.
type visit func(n int64, depth int) error

// number is a field of a message whose value is wanted.
type number struct {
	field fieldNumber
	to    *int64
}

// walker goes through a file once, from its beginning to its end.
type walker struct {
	r    *bufio.Reader
	seek io.Seeker // nil = what is not wanted is read past
	at   int64     // bytes gone through

	inputs, outputs []GraphValue
	weights         map[string]bool // initializers of the main graph
	external        map[string]bool // locations
	kept            int
}

// message goes through n bytes and calls the visitors of the submessages and strings that have one. Of the numbers it
// hands out those of one field, if number is given.
func (w *walker) message(n int64, depth int, visits map[fieldNumber]visit, number ...number) error {
	if depth > maxGraphDepth {
		return errDepth
	}
	if n > math.MaxInt64-w.at {
		n = math.MaxInt64 - w.at // of unknown length: to the end of the file
	}
	end := w.at + n
	for w.at < end {
		tag, err := w.varint()
		if errors.Is(err, io.EOF) && depth == 0 && w.seek == nil {
			return nil
		}
		if err != nil {
			return whole(err)
		}
		num, typ := fieldNumber(tag>>3), tag&7
		if num == 0 || num > maxFieldNumber {
			return fmt.Errorf("field number %d", num)
		}
		switch typ {
		case wireVarint:
			var v uint64
			v, err = w.varint()
			for _, f := range number {
				if err == nil && f.field == num {
					*f.to = int64(v)
				}
			}
		case wireFixed32:
			err = w.skip(4)
		case wireFixed64:
			err = w.skip(8)
		case wireBytes:
			err = w.part(end, depth, visits[num])
		default: // groups: onnx.proto has none
			err = fmt.Errorf("field %d has wire type %d", num, typ)
		}
		if err != nil {
			return whole(err)
		}
	}
	if w.at > end {
		return errShape
	}
	return nil
}

// part goes through a field with a length.
func (w *walker) part(end int64, depth int, visit visit) error {
	length, err := w.varint()
	if err != nil {
		return err
	}
	if length > uint64(end-w.at) {
		return errShape
	}
	n := int64(length)
	if visit == nil {
		return w.skip(n)
	}
	start := w.at
	if err := visit(n, depth+1); err != nil {
		return err
	}
	if w.at != start+n {
		return errShape
	}
	return nil
}

// whole says that a file ended too early.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (w *walker) varint() (uint64, error) {
	v, err := binary.ReadUvarint(counted{w})
	if err != nil {
		return 0, err
	}
	return v, nil
}

// counted reads bytes of a walker.
type counted struct{ w *walker }

// ReadByte implements io.ByteReader.
func (c counted) ReadByte() (byte, error) {
	b, err := c.w.r.ReadByte()
	if err == nil {
		c.w.at++
	}
	return b, err
}

func (w *walker) skip(n int64) error {
	if w.seek == nil || n <= int64(w.r.Buffered()) {
		done, err := io.CopyN(io.Discard, w.r, n)
		w.at += done
		return err
	}
	// The source stands behind what is buffered of it.
	ahead := n - int64(w.r.Buffered())
	if _, err := w.seek.Seek(ahead, io.SeekCurrent); err != nil {
		return err
	}
	source, ok := w.seek.(io.Reader)
	if !ok {
		return errShape
	}
	w.r.Reset(source)
	w.at += n
	return nil
}

func (w *walker) text(n int64) (string, error) {
	if n > maxGraphString {
		return "", errShape
	}
	b := make([]byte, n)
	done, err := io.ReadFull(w.r, b)
	w.at += int64(done)
	return string(b), err
}

// keep counts what is held in memory.
func (w *walker) keep() error {
	if w.kept++; w.kept > maxGraphValues {
		return errShape
	}
	return nil
}

func (w *walker) graph(n int64, depth int, main bool) error {
	visits := map[fieldNumber]visit{
		fieldGraphNode: w.node, fieldGraphSparse: w.sparse,
		fieldGraphInitializer: func(n int64, depth int) error { return w.tensorOf(n, depth, main) },
	}
	if main {
		visits[fieldGraphInput] = func(n int64, depth int) error { return w.value(n, depth, &w.inputs) }
		visits[fieldGraphOutput] = func(n int64, depth int) error { return w.value(n, depth, &w.outputs) }
	}
	return w.message(n, depth, visits)
}

func (w *walker) inner(n int64, depth int) error { return w.graph(n, depth, false) }

func (w *walker) function(n int64, depth int) error {
	return w.message(n, depth, map[fieldNumber]visit{fieldFunctionNode: w.node})
}

func (w *walker) node(n int64, depth int) error {
	return w.message(n, depth, map[fieldNumber]visit{fieldNodeAttribute: w.attribute})
}

func (w *walker) attribute(n int64, depth int) error {
	return w.message(n, depth, map[fieldNumber]visit{
		fieldAttributeTensor: w.tensor, fieldAttributeTensors: w.tensor,
		fieldAttributeGraph: w.inner, fieldAttributeGraphs: w.inner,
		fieldAttributeSparse: w.sparse, fieldAttributeSparses: w.sparse,
	})
}

func (w *walker) sparse(n int64, depth int) error {
	return w.message(n, depth, map[fieldNumber]visit{fieldSparseValues: w.tensor, fieldSparseIndices: w.tensor})
}

func (w *walker) tensor(n int64, depth int) error { return w.tensorOf(n, depth, false) }

// tensorOf reads a tensor's external data, and its name if it is a weight of the main graph.
func (w *walker) tensorOf(n int64, depth int, weight bool) error {
	visits := map[fieldNumber]visit{fieldTensorExternal: w.entry}
	if weight {
		visits[fieldTensorName] = func(n int64, _ int) error {
			name, err := w.text(n)
			w.weights[name] = true
			return errors.Join(err, w.keep())
		}
	}
	return w.message(n, depth, visits)
}

// entry reads a key and its value; the key "location" is the one that counts.
func (w *walker) entry(n int64, depth int) error {
	var key, value string
	err := w.message(n, depth, map[fieldNumber]visit{
		fieldEntryKey:   func(n int64, _ int) (err error) { key, err = w.text(n); return err },
		fieldEntryValue: func(n int64, _ int) (err error) { value, err = w.text(n); return err },
	})
	if err == nil && key == "location" {
		w.external[value] = true
		err = w.keep()
	}
	return err
}

// value reads an input or output.
func (w *walker) value(n int64, depth int, to *[]GraphValue) error {
	var v GraphValue
	dim := func(n int64, depth int) error {
		size := int64(-1)
		err := w.message(n, depth, nil, number{fieldDimValue, &size})
		v.Dims = append(v.Dims, max(-1, size))
		return errors.Join(err, w.keep())
	}
	shape := func(n int64, depth int) error {
		return w.message(n, depth, map[fieldNumber]visit{fieldShapeDim: dim})
	}
	var element int64
	tensor := func(n int64, depth int) error {
		return w.message(n, depth, map[fieldNumber]visit{fieldTensorTypeShape: shape}, number{fieldTensorTypeElem, &element})
	}
	err := w.message(n, depth, map[fieldNumber]visit{
		fieldValueName: func(n int64, _ int) (err error) { v.Name, err = w.text(n); return err },
		fieldValueType: func(n int64, depth int) error {
			return w.message(n, depth, map[fieldNumber]visit{fieldTypeTensor: tensor})
		},
	})
	v.Element = int(element)
	*to = append(*to, v)
	return errors.Join(err, w.keep())
}
