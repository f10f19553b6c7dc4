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

// Spec names what an encoder's graph takes and gives: int64 [batch, seq] twice, float32 [batch, Dims].
type Spec struct {
	IDs    string
	Mask   string
	Output string
	Dims   int
}

// Session is a loaded graph. Run may be called from several goroutines at once.
type Session struct {
	spec Spec
	// mu is held for reading during a run and for writing to close: the native session outlives every run in it.
	mu     sync.RWMutex
	native *ort.DynamicAdvancedSession // guarded by mu; nil once closed
}

// NewSession loads a graph from memory. Open must have succeeded. Errors wrap ErrModel.
func NewSession(model []byte, spec Spec) (*Session, error) {
	if err := check(model, spec); err != nil {
		return nil, err
	}
	opts, err := options()
	if err != nil {
		return nil, err
	}
	native, err := ort.NewDynamicAdvancedSessionWithONNXData(model, []string{spec.IDs, spec.Mask}, []string{spec.Output}, opts)
	if err := errors.Join(err, opts.Destroy()); err != nil {
		return nil, fmt.Errorf("%w: create session: %w", ErrModel, err)
	}
	return &Session{spec: spec, native: native}, nil
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

// check compares the graph's inputs and outputs with spec before anything runs.
func check(model []byte, spec Spec) error {
	if len(model) == 0 {
		return fmt.Errorf("%w: it is empty", ErrModel)
	}
	ins, outs, err := ort.GetInputOutputInfoWithONNXData(model)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrModel, err)
	}
	for _, in := range ins {
		if in.Name != spec.IDs && in.Name != spec.Mask {
			return fmt.Errorf("%w: it wants an input %q that the manifest does not name", ErrModel, in.Name)
		}
	}
	for _, name := range []string{spec.IDs, spec.Mask} {
		i := slices.IndexFunc(ins, func(in ort.InputOutputInfo) bool { return in.Name == name })
		if i < 0 {
			return fmt.Errorf("%w: input %q is missing", ErrModel, name)
		}
		if ins[i].DataType != ort.TensorElementDataTypeInt64 || len(ins[i].Dimensions) != 2 {
			return fmt.Errorf("%w: input %q is %s, want int64 [batch, seq]", ErrModel, name, ins[i].String())
		}
	}
	i := slices.IndexFunc(outs, func(out ort.InputOutputInfo) bool { return out.Name == spec.Output })
	if i < 0 {
		return fmt.Errorf("%w: output %q is missing", ErrModel, spec.Output)
	}
	if o := outs[i]; o.DataType != ort.TensorElementDataTypeFloat || len(o.Dimensions) != 2 || o.Dimensions[1] != int64(spec.Dims) {
		return fmt.Errorf("%w: output %q is %s, want float32 [batch, %d]", ErrModel, spec.Output, o.String(), spec.Dims)
	}
	return nil
}

// Run computes batch rows of seq tokens. ids and mask hold batch × seq values row by row, out receives batch × Dims.
//
// It blocks in C until the graph is done and cannot be interrupted: a caller who will not wait must leave the slices to
// it. The slices must not be touched meanwhile.
func (s *Session) Run(ids, mask []int64, batch, seq int, out []float32) error {
	if batch < 1 || seq < 1 || len(ids) < batch*seq || len(mask) < batch*seq || len(out) < batch*s.spec.Dims {
		return fmt.Errorf("run %d × %d: buffers of %d, %d and %d do not fit", batch, seq, len(ids), len(mask), len(out))
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.native == nil {
		return ErrClosed
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&ids[0])
	pin.Pin(&mask[0])
	pin.Pin(&out[0])

	shape := ort.NewShape(int64(batch), int64(seq))
	idsT, err := ort.NewTensor(shape, ids)
	if err != nil {
		return fmt.Errorf("make tensor of ids: %w", err)
	}
	defer free(idsT)
	maskT, err := ort.NewTensor(shape, mask)
	if err != nil {
		return fmt.Errorf("make tensor of the mask: %w", err)
	}
	defer free(maskT)
	outT, err := ort.NewTensor(ort.NewShape(int64(batch), int64(s.spec.Dims)), out)
	if err != nil {
		return fmt.Errorf("make tensor of the output: %w", err)
	}
	defer free(outT)

	err = s.native.Run([]ort.Value{idsT, maskT}, []ort.Value{outT})
	// C holds bare pointers into all of these: none may be collected, or its finaliser run, before C is done.
	runtime.KeepAlive(ids)
	runtime.KeepAlive(mask)
	runtime.KeepAlive(out)
	runtime.KeepAlive(idsT)
	runtime.KeepAlive(maskT)
	runtime.KeepAlive(outT)
	if err != nil {
		return fmt.Errorf("run %d × %d: %w", batch, seq, err)
	}
	return nil
}

// free releases a tensor's handle; its memory is Go's.
func free(v ort.Value) {
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
	if err := native.Destroy(); err != nil {
		return fmt.Errorf("free session: %w", err)
	}
	return nil
}
