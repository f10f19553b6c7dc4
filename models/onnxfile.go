package models

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of onnx.proto (github.com/onnx/onnx, onnx/onnx.proto) on the way to a tensor's external data.
const (
	fieldModelGraph       = 7
	fieldModelFunctions   = 25
	fieldGraphNode        = 1
	fieldGraphInitializer = 5
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
	fieldTensorExternal   = 13
	fieldEntryKey         = 1
	fieldEntryValue       = 2
)

// maxGraphDepth bounds graphs within graphs; real ones have two or three.
const maxGraphDepth = 32

// maxMetadataBytes bounds what is held in memory of one message that is walked through.
const maxMetadataBytes = 1 << 30

// errDepth says that a model nests deeper than any real one.
var errDepth = errors.New("graphs are nested too deep")

// ExternalData returns the files, relative to its own folder, that an ONNX model keeps weights in, sorted. Its error
// wraps ErrManifest when the file is no ONNX model or a location is absolute or leads out of the folder.
func ExternalData(r io.Reader) ([]string, error) {
	data, err := io.ReadAll(io.LimitReader(bufio.NewReaderSize(r, 1<<20), maxMetadataBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	if len(data) > maxMetadataBytes {
		return nil, fmt.Errorf("%w: model file is larger than %d bytes; store its weights as external data", ErrManifest, maxMetadataBytes)
	}
	w := walker{found: map[string]bool{}}
	err = w.message(data, 0, map[protowire.Number]visit{
		fieldModelGraph:     w.graph,
		fieldModelFunctions: w.function,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: not a sound ONNX model: %w", ErrManifest, err)
	}
	all := make([]string, 0, len(w.found))
	for name := range w.found {
		if !fs.ValidPath(name) || strings.ContainsAny(name, "\\:") || path.IsAbs(name) {
			return nil, fmt.Errorf("%w: weights of the model lie in %q, which leaves its folder", ErrManifest, name)
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return all, nil
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

// visit looks at one submessage.
type visit func(data []byte, depth int) error

// walker collects the locations of external data.
type walker struct{ found map[string]bool }

// message calls the visitors of the submessages that have one.
func (w *walker) message(data []byte, depth int, visits map[protowire.Number]visit) error {
	if depth > maxGraphDepth {
		return errDepth
	}
	for len(data) > 0 {
		num, typ, n := protowire.ConsumeTag(data)
		if n < 0 {
			return protowire.ParseError(n)
		}
		data = data[n:]
		n = protowire.ConsumeFieldValue(num, typ, data)
		if n < 0 {
			return protowire.ParseError(n)
		}
		if v, ok := visits[num]; ok && typ == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(data)
			if err := v(value, depth+1); err != nil {
				return err
			}
		}
		data = data[n:]
	}
	return nil
}

func (w *walker) graph(data []byte, depth int) error {
	return w.message(data, depth, map[protowire.Number]visit{
		fieldGraphNode: w.node, fieldGraphInitializer: w.tensor, fieldGraphSparse: w.sparse,
	})
}

func (w *walker) function(data []byte, depth int) error {
	return w.message(data, depth, map[protowire.Number]visit{fieldFunctionNode: w.node})
}

func (w *walker) node(data []byte, depth int) error {
	return w.message(data, depth, map[protowire.Number]visit{fieldNodeAttribute: w.attribute})
}

func (w *walker) attribute(data []byte, depth int) error {
	return w.message(data, depth, map[protowire.Number]visit{
		fieldAttributeTensor: w.tensor, fieldAttributeTensors: w.tensor,
		fieldAttributeGraph: w.graph, fieldAttributeGraphs: w.graph,
		fieldAttributeSparse: w.sparse, fieldAttributeSparses: w.sparse,
	})
}

func (w *walker) sparse(data []byte, depth int) error {
	return w.message(data, depth, map[protowire.Number]visit{fieldSparseValues: w.tensor, fieldSparseIndices: w.tensor})
}

func (w *walker) tensor(data []byte, depth int) error {
	return w.message(data, depth, map[protowire.Number]visit{fieldTensorExternal: w.entry})
}

// entry reads a key and its value; the key "location" is the one that counts.
func (w *walker) entry(data []byte, depth int) error {
	var key, value string
	err := w.message(data, depth, map[protowire.Number]visit{
		fieldEntryKey:   func(b []byte, _ int) error { key = string(b); return nil },
		fieldEntryValue: func(b []byte, _ int) error { value = string(b); return nil },
	})
	if err == nil && key == "location" {
		w.found[value] = true
	}
	return err
}
