package onnx_test

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"frontdesk/inference"
	"frontdesk/inference/internal/onnxtest"
	"frontdesk/inference/tokenizer"
)

// bareThreads is the best shape of the bare loop on two cores (NUMBERS): two sessions of one thread each.
const bareThreads = 2

// bareBatch is a batch of eight texts with tensors of its own.
type bareBatch struct{ in, out []ort.Value }

// bare is what somebody would write who has all texts at hand and needs nothing but throughput: texts tokenised before,
// sorted by length, packed in eights, tensors allocated before, two threads with a session each.
type bare struct {
	sessions []*ort.DynamicAdvancedSession
	batches  []bareBatch
}

func newBare(b *testing.B, model []byte, ids [][]int32, width int) *bare {
	b.Helper()
	if _, err := inference.LoadLibrary(""); err != nil {
		b.Fatal(err)
	}
	l := &bare{}
	for range bareThreads {
		opts, err := ort.NewSessionOptions()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmp.Or(opts.SetIntraOpNumThreads(1), opts.SetInterOpNumThreads(1)); err != nil {
			b.Fatal(err)
		}
		s, err := ort.NewDynamicAdvancedSessionWithONNXData(model, []string{onnxtest.IDs, onnxtest.Mask}, []string{onnxtest.Hidden}, opts)
		if err := cmp.Or(err, opts.Destroy()); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Destroy() })
		l.sessions = append(l.sessions, s)
	}
	sorted := slices.Clone(ids)
	slices.SortStableFunc(sorted, func(a, b []int32) int { return cmp.Compare(len(b), len(a)) }) // long ones first: no tail
	for texts := range slices.Chunk(sorted, 8) {
		n, seq := int64(len(texts)), int64(len(texts[0]))
		wide, mask := make([]int64, n*seq), make([]int64, n*seq)
		for i, t := range texts {
			for k, id := range t {
				wide[i*int(seq)+k], mask[i*int(seq)+k] = int64(id), 1
			}
		}
		idsT, err := ort.NewTensor(ort.NewShape(n, seq), wide)
		maskT, err2 := ort.NewTensor(ort.NewShape(n, seq), mask)
		outT, err3 := ort.NewEmptyTensor[float32](ort.NewShape(n, seq, int64(width)))
		if err := cmp.Or(err, err2, err3); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _, _, _ = idsT.Destroy(), maskT.Destroy(), outT.Destroy() })
		l.batches = append(l.batches, bareBatch{[]ort.Value{idsT, maskT}, []ort.Value{outT}})
	}
	return l
}

// run computes every batch once and returns the time.
func (l *bare) run(b *testing.B) time.Duration {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for _, s := range l.sessions {
		wg.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(l.batches) {
					return
				}
				if err := s.Run(l.batches[i].in, l.batches[i].out); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// BenchmarkTokensVersusBare compares real tokens a second of a saturated engine with the bare loop: the same 3,000 texts
// of the mix, the same graph, the same cores, rounds in turn. Inside the engine's clock: tokenising, queueing, batching,
// pooling, normalising, a vector of its own for each text. Inside the loop's: the runs.
func BenchmarkTokensVersusBare(b *testing.B) {
	const texts, perRequest, rounds = 3000, 50, 5
	bundle := onnxtest.Peer(b, 1)
	all := onnxtest.Texts(b, bundle.Tokenizer, onnxtest.Lengths(texts, 1))
	tok, err := tokenizer.Parse(bundle.Tokenizer)
	if err != nil {
		b.Fatal(err)
	}
	ids, tokens := make([][]int32, texts), 0
	for i, text := range all {
		ids[i] = tok.AppendIDs(nil, text, bundle.Manifest.MaxTokens.Passage)
		tokens += len(ids[i])
	}
	loop := newBare(b, bundle.Model, ids, bundle.Manifest.Dims)
	e, err := inference.New(inference.Config{Bundle: &bundle})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	engine := func() time.Duration {
		var wg sync.WaitGroup
		start := time.Now()
		for some := range slices.Chunk(all, perRequest) {
			wg.Go(func() {
				if _, _, err := e.EmbedPassages(b.Context(), some); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		return time.Since(start)
	}
	loop.run(b)
	engine()
	for b.Loop() {
		var ratios, speeds []float64
		for range rounds {
			one, two, three := loop.run(b), engine(), loop.run(b) // the machine drifts: the loop on both sides
			ratios = append(ratios, (one+three).Seconds()/2/two.Seconds())
			speeds = append(speeds, float64(tokens)/two.Seconds())
		}
		slices.Sort(ratios)
		slices.Sort(speeds)
		fmt.Fprintf(os.Stdout, "\nbench inference.tokens_vs_bare %.3f ratio\n", ratios[rounds/2])
		fmt.Fprintf(os.Stdout, "bench inference.tokens_per_s %.0f tokens/s\n", speeds[rounds/2])
	}
}
