package onnx

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// ErrClosed is returned by Run after Close.
var ErrClosed = errors.New("session is closed")

// ErrModel is wrapped by NewSession's error when the graph is not the one that was announced.
var ErrModel = errors.New("unusable ONNX model")

// Spec names what a graph takes (int64 [batch, seq] each) and gives: float32 [batch, Dims] or [batch, seq, Dims].
type Spec struct {
	IDs  string
	Mask string
	// Types and Positions are inputs that not every graph has. Empty = none.
	Types, Positions string
	Output           string
	Dims             int
}

// inputs lists the names in the order in which Run passes tensors.
func (s Spec) inputs() []string {
	names := []string{s.IDs, s.Mask}
	for _, name := range []string{s.Types, s.Positions} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Inputs are the tensors of one run, batch × seq values each, row by row. Types and Positions are set for graphs that
// take them.
type Inputs struct {
	Batch, Seq                  int
	IDs, Mask, Types, Positions []int64
}

// Session is a loaded graph. Run may be called from several goroutines at once.
type Session struct {
	spec     Spec
	perToken bool
	// mu is held for reading during a run and for writing to close: the native session outlives every run in it.
	mu     sync.RWMutex
	native *ort.DynamicAdvancedSession // guarded by mu; nil once closed
}

// NewSession loads a graph from memory. Open must have succeeded. Errors wrap ErrModel.
func NewSession(model []byte, spec Spec) (*Session, error) {
	if len(model) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrModel)
	}
	ins, outs, err := ort.GetInputOutputInfoWithONNXData(model)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	return newSession(spec, ins, outs, func(opts *ort.SessionOptions) (*ort.DynamicAdvancedSession, error) {
		return ort.NewDynamicAdvancedSessionWithONNXData(model, spec.inputs(), []string{spec.Output}, opts)
	})
}

// NewSessionFile loads a graph from a file, weights that lie beside it included. Otherwise it is NewSession.
func NewSessionFile(path string, spec Spec) (*Session, error) {
	ins, outs, err := ort.GetInputOutputInfo(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	return newSession(spec, ins, outs, func(opts *ort.SessionOptions) (*ort.DynamicAdvancedSession, error) {
		return ort.NewDynamicAdvancedSession(path, spec.inputs(), []string{spec.Output}, opts)
	})
}

func newSession(spec Spec, ins, outs []ort.InputOutputInfo, load func(*ort.SessionOptions) (*ort.DynamicAdvancedSession, error)) (*Session, error) {
	perToken, err := check(ins, outs, spec)
	if err != nil {
		return nil, err
	}
	opts, err := options()
	if err != nil {
		return nil, err
	}
	native, err := load(opts)
	if err := errors.Join(err, opts.Destroy()); err != nil {
		return nil, fmt.Errorf("%w: create session: %w", ErrModel, err)
	}
	return &Session{spec: spec, perToken: perToken, native: native}, nil
}

// options: one thread, the caller's. Parallelism comes from concurrent runs, which waste nothing on small graphs.
func options() (*ort.SessionOptions, error) {
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("create session options: %w", err)
	}
	err = errors.Join(
		o.SetIntraOpNumThreads(1),
		o.SetInterOpNumThreads(1),
		o.SetMemPattern(false), // a pattern a shape would be kept for every shape ever seen
		o.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
		o.AddSessionConfigEntry("session.inter_op.allow_spinning", "0"),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set session options: %w", err), o.Destroy())
	}
	return o, nil
}

// check compares the graph's inputs and outputs with spec before anything runs, and tells whether it gives a row a token.
func check(ins, outs []ort.InputOutputInfo, spec Spec) (perToken bool, err error) {
	want := spec.inputs()
	for _, in := range ins {
		if !slices.Contains(want, in.Name) {
			return false, fmt.Errorf("%w: it wants an input %q that the manifest does not name", ErrModel, in.Name)
		}
	}
	for _, name := range want {
		i := slices.IndexFunc(ins, func(in ort.InputOutputInfo) bool { return in.Name == name })
		if i < 0 {
			return false, fmt.Errorf("%w: input %q is missing", ErrModel, name)
		}
		if ins[i].DataType != ort.TensorElementDataTypeInt64 || len(ins[i].Dimensions) != 2 {
			return false, fmt.Errorf("%w: input %q is %s, want int64 [batch, seq]", ErrModel, name, ins[i].String())
		}
		if free(ins[i].Dimensions) != nil {
			return false, fmt.Errorf("%w: input %q is %s: export it with free batch and sequence lengths", ErrModel, name, ins[i].String())
		}
	}
	i := slices.IndexFunc(outs, func(out ort.InputOutputInfo) bool { return out.Name == spec.Output })
	if i < 0 {
		return false, fmt.Errorf("%w: output %q is missing", ErrModel, spec.Output)
	}
	o, rank := outs[i], len(outs[i].Dimensions)
	if o.DataType != ort.TensorElementDataTypeFloat || rank != 2 && rank != 3 ||
		o.Dimensions[rank-1] != int64(spec.Dims) && o.Dimensions[rank-1] > 0 {
		return false, fmt.Errorf("%w: output %q is %s, want float32 [batch, %d] or [batch, seq, %d]", ErrModel, spec.Output, o.String(), spec.Dims, spec.Dims)
	}
	return rank == 3, nil
}

// free returns the fixed lengths among dimensions that must be free.
func free(dims ort.Shape) (fixed []int64) {
	for _, d := range dims {
		if d > 0 {
			fixed = append(fixed, d)
		}
	}
	return fixed
}

// PerToken reports whether the graph gives a row a token, batch × seq × Dims values, instead of a row a text.
func (s *Session) PerToken() bool { return s.perToken }

// Run computes a graph that takes ids and mask only. It is RunInputs for them.
func (s *Session) Run(ids, mask []int64, batch, seq int, out []float32) error {
	return s.RunInputs(Inputs{Batch: batch, Seq: seq, IDs: ids, Mask: mask}, out)
}

// RunInputs computes batch rows of seq tokens; out receives batch × Dims values, or batch × seq × Dims of PerToken.
//
// It blocks in C until the graph is done and cannot be interrupted: a caller who will not wait must leave the slices to
// it. The slices must not be touched meanwhile.
func (s *Session) RunInputs(in Inputs, out []float32) error {
	size, rows := in.Batch*in.Seq, in.Batch
	if s.perToken {
		rows = size
	}
	if in.Batch < 1 || in.Seq < 1 || len(out) < rows*s.spec.Dims {
		return fmt.Errorf("run %d × %d: an output of %d values does not fit", in.Batch, in.Seq, len(out))
	}
	data := [][]int64{in.IDs, in.Mask}
	if s.spec.Types != "" {
		data = append(data, in.Types)
	}
	if s.spec.Positions != "" {
		data = append(data, in.Positions)
	}
	for i, d := range data {
		if len(d) < size {
			return fmt.Errorf("run %d × %d: input %d has %d values", in.Batch, in.Seq, i, len(d))
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.native == nil {
		return ErrClosed
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&out[0])
	shape := ort.NewShape(int64(in.Batch), int64(in.Seq))
	tensors := make([]ort.Value, 0, 4)
	defer func() {
		for _, t := range tensors {
			release(t)
		}
	}()
	for _, d := range data {
		pin.Pin(&d[0])
		t, err := ort.NewTensor(shape, d[:size])
		if err != nil {
			return fmt.Errorf("make tensor of an input: %w", err)
		}
		tensors = append(tensors, t)
	}
	outShape := ort.NewShape(int64(in.Batch), int64(s.spec.Dims))
	if s.perToken {
		outShape = ort.NewShape(int64(in.Batch), int64(in.Seq), int64(s.spec.Dims))
	}
	outT, err := ort.NewTensor(outShape, out[:rows*s.spec.Dims])
	if err != nil {
		return fmt.Errorf("make tensor of the output: %w", err)
	}
	defer release(outT)

	err = s.native.Run(tensors, []ort.Value{outT})
	// C holds bare pointers into all of these: none may be collected, or its finaliser run, before C is done.
	runtime.KeepAlive(data)
	runtime.KeepAlive(out)
	runtime.KeepAlive(tensors)
	runtime.KeepAlive(outT)
	if err != nil {
		return fmt.Errorf("run %d × %d: %w", in.Batch, in.Seq, err)
	}
	return nil
}

// release frees a tensor's handle; its memory is Go's.
func release(v ort.Value) {
	_ = v.Destroy() // always nil for tensors
}

// Close waits for runs in flight and frees the graph. Calling it again does nothing.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.native == nil {
		return nil
	}
	native := s.native
	s.native = nil
	defer giveBack()
	if err := native.Destroy(); err != nil {
		return fmt.Errorf("free session: %w", err)
	}
	return nil
}
