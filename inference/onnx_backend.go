package inference

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"frontdesk/inference/internal/onnx"
	"frontdesk/models"
)

// onnxBackend runs a graph with ONNX Runtime. One session serves all slots: ONNX Runtime's Run is safe for that, and the
// weights are in memory once.
type onnxBackend struct {
	session  *onnx.Session
	info     BackendInfo
	pooling  string
	numbered bool // the graph takes positions

	mu   sync.Mutex
	free []*onnxScratch // guarded by mu; at most one a run that ever went on at once
}

// onnxScratch is what one run needs beside the batch.
type onnxScratch struct {
	hidden    []float32
	positions []int64
}

// newONNXBackend loads the bundle's graph. Errors wrap models.ErrManifest or say what is wrong with the graph.
func newONNXBackend(bundle *models.Bundle) (*onnxBackend, error) {
	m := &bundle.Manifest
	width := m.Outputs()
	if m.Graph.Width > 0 && m.Task == models.TaskEmbed {
		width = m.Graph.Width
	}
	spec := onnx.Spec{
		IDs: m.Graph.IDs, Mask: m.Graph.Mask, Types: m.Graph.Types, Positions: m.Graph.Positions,
		Output: m.Graph.Output, Dims: width,
	}
	var session *onnx.Session
	var err error
	if bundle.ModelPath != "" {
		session, err = onnx.NewSessionFile(bundle.ModelPath, spec)
	} else {
		var apart []string
		if apart, err = models.ExternalData(bytes.NewReader(bundle.Model)); err != nil {
			return nil, err
		}
		if len(apart) > 0 {
			return nil, fmt.Errorf("%w: the graph keeps weights in %q, but the bundle is not on disk", models.ErrManifest, apart[0])
		}
		session, err = onnx.NewSession(bundle.Model, spec)
	}
	if err != nil {
		return nil, err
	}
	if pooled := m.Task != models.TaskEmbed || m.Pooling == models.PoolGraph; pooled == session.PerToken() {
		want := "one row a text"
		if !pooled {
			want = "one row a token"
		}
		return nil, errors.Join(
			fmt.Errorf("%w: pooling is %q, but output %q does not give %s", models.ErrManifest, m.Pooling, m.Graph.Output, want),
			session.Close())
	}
	return &onnxBackend{
		session: session, pooling: m.Pooling, numbered: m.Graph.Positions != "",
		info: BackendInfo{Runtime: models.RuntimeONNX, Graph: true, Width: width, Padded: true, Types: m.Graph.Types != ""},
	}, nil
}

// Info implements Backend.
func (o *onnxBackend) Info() BackendInfo { return o.info }

// Embed implements Backend.
func (o *onnxBackend) Embed(b *Batch, out []float32) error {
	in := onnx.Inputs{Batch: b.Texts, Seq: b.Seq, IDs: b.IDs, Mask: b.Mask, Types: b.Types}
	if !o.numbered && !o.session.PerToken() {
		return o.session.RunInputs(in, out)
	}
	s := o.take()
	defer o.give(s)
	if o.numbered {
		in.Positions = s.places(b.Texts, b.Seq)
	}
	if !o.session.PerToken() {
		return o.session.RunInputs(in, out)
	}
	n := b.Texts * b.Seq * o.info.Width
	if cap(s.hidden) < n {
		s.hidden = make([]float32, n)
	}
	hidden := s.hidden[:n]
	if err := o.session.RunInputs(in, hidden); err != nil {
		return err
	}
	pool(o.pooling, hidden, b, o.info.Width, out)
	return nil
}

// Score implements Backend.
func (o *onnxBackend) Score(b *Batch, out []float32) error { return o.Embed(b, out) }

// Check implements Backend.
func (o *onnxBackend) Check() error {
	b := &Batch{Texts: 1, Seq: 1, Rows: [][]int32{{0}}, IDs: []int64{0}, Mask: []int64{1}, Types: []int64{0}}
	return o.Embed(b, make([]float32, o.info.Width))
}

// Close implements Backend.
func (o *onnxBackend) Close() error { return o.session.Close() }

func (o *onnxBackend) take() *onnxScratch {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n := len(o.free); n > 0 {
		s := o.free[n-1]
		o.free = o.free[:n-1]
		return s
	}
	return &onnxScratch{}
}

func (o *onnxBackend) give(s *onnxScratch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.free = append(o.free, s)
}

// places returns 0, 1, 2 … for each row.
func (s *onnxScratch) places(texts, seq int) []int64 {
	s.positions = s.positions[:0]
	for range texts {
		for k := range seq {
			s.positions = append(s.positions, int64(k))
		}
	}
	return s.positions
}
