package onnx_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"

	"frontdesk/inference"
	"frontdesk/inference/internal/onnx"
	"frontdesk/models"
)

// setup opens the library and the bundled graph.
func setup(t *testing.T) *onnx.Session {
	t.Helper()
	path, err := inference.FindLibrary("")
	if err != nil {
		t.Fatal(err)
	}
	if err := onnx.Open(path); err != nil {
		t.Fatal(err)
	}
	b, err := models.Default()
	if err != nil {
		t.Fatal(err)
	}
	g := b.Manifest.Graph
	s, err := onnx.NewSession(b.Model, onnx.Spec{IDs: g.IDs, Mask: g.Mask, Output: g.Output, Dims: b.Manifest.Dims})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// batch makes inputs of one shape.
func batch(rng *rand.Rand, n, seq int) (ids, mask []int64, out []float32) {
	ids, mask, out = make([]int64, n*seq), make([]int64, n*seq), make([]float32, n*256)
	for i := range ids {
		ids[i], mask[i] = 5+rng.Int64N(10_000), 1
	}
	return ids, mask, out
}

func TestAnotherOrUnusableLibraryIsRefusedByName(t *testing.T) {
	t.Parallel()
	setup(t)
	other := filepath.Join(t.TempDir(), "libother.so")
	if err := os.WriteFile(other, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := onnx.Open(other); !errors.Is(err, onnx.ErrLibrary) || !strings.Contains(err.Error(), "libother.so") {
		t.Errorf("error %v", err)
	}
}

//nolint:paralleltest // sets GOGC for the whole process
func TestRunSurvivesTheCollectorAtItsWorst(t *testing.T) {
	s := setup(t)
	old := debug.SetGCPercent(1)
	defer debug.SetGCPercent(old)
	stop := make(chan struct{})
	var collector, wg sync.WaitGroup
	collector.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	for g := range 4 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(g), 1))
			for range 300 {
				n, seq := 1+rng.IntN(8), 1+rng.IntN(40)
				ids, mask, out := batch(rng, n, seq) // fresh slices: garbage as soon as nobody holds them
				if err := s.Run(ids, mask, n, seq, out); err != nil {
					t.Error(err)
					return
				}
				for i := range n {
					var sum float64
					for _, x := range out[i*256 : (i+1)*256] {
						sum += float64(x) * float64(x)
					}
					if math.Abs(sum-1) > 1e-4 {
						t.Errorf("squared norm %v", sum)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	collector.Wait()
}

//nolint:paralleltest // measures the memory of the whole process
func TestRunsOfRandomShapesLeakNoHandles(t *testing.T) {
	s := setup(t)
	rng := rand.New(rand.NewPCG(3, 4))
	ids, mask, out := batch(rng, 16, 64)
	spin := func(runs int) {
		for range runs {
			n, seq := 1+rng.IntN(16), 1+rng.IntN(64)
			if err := s.Run(ids, mask, n, seq, out); err != nil {
				t.Fatal(err)
			}
		}
	}
	peak := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS == "darwin" {
			return u.Maxrss // bytes
		}
		return u.Maxrss << 10
	}
	spin(20_000) // the arena and the heap find their size
	runtime.GC()
	before := peak()
	spin(20_000) // a tensor handle of 100 bytes lost a run would show as 6 MB
	if grown := peak() - before; grown > 4<<20 {
		t.Errorf("peak memory grew by %d bytes in 20,000 runs", grown)
	}
}

func TestCloseWaitsForRunsAndMayBeRepeated(t *testing.T) {
	t.Parallel()
	s := setup(t)
	var wg sync.WaitGroup
	started := make(chan struct{}, 4)
	for g := range 4 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(g), 9))
			ids, mask, out := batch(rng, 8, 64)
			for first := true; ; first = false {
				err := s.Run(ids, mask, 8, 64, out)
				if first {
					started <- struct{}{}
				}
				if errors.Is(err, onnx.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 4 {
		<-started
	}
	for range 3 {
		wg.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestImpossibleBuffersAndIdsAreErrors(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ids, mask, out := batch(rand.New(rand.NewPCG(1, 1)), 2, 4)
	for _, shape := range [][2]int{{0, 4}, {2, 0}, {3, 4}, {2, 5}, {-1, 4}} {
		if err := s.Run(ids, mask, shape[0], shape[1], out); err == nil {
			t.Errorf("shape %v was accepted", shape)
		}
	}
	ids[3] = 1 << 40
	if err := s.Run(ids, mask, 2, 4, out); err == nil {
		t.Error("an id far outside the table was accepted")
	}
	ids[3] = 5
	if err := s.Run(ids, mask, 2, 4, out); err != nil {
		t.Errorf("after an error: %v", err)
	}
}
