package inference_test

import (
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"frontdesk/inference"
)

// shapes sends n requests of random numbers and lengths of texts, several at once.
func shapes(t testing.TB, e *inference.Engine, n int, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	room := make(chan struct{}, 4)
	for range n {
		texts := make([]string, 1+rng.IntN(6))
		for i := range texts {
			texts[i] = long(1 + rng.IntN(60))
		}
		room <- struct{}{}
		go func() {
			defer func() { <-room }()
			if _, _, err := e.EmbedPassages(t.Context(), texts); err != nil {
				t.Error(err)
			}
		}()
	}
	for range cap(room) {
		room <- struct{}{}
	}
}

// handles counts what the kernel keeps for this process.
func handles(t testing.TB) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

//nolint:paralleltest // measures the memory of the whole process
func TestTenThousandRunsOfRandomShapesKeepMemoryAndHandlesFlat(t *testing.T) {
	e := serve(t, small(t))
	settled := func() float64 {
		runtime.GC()
		debug.FreeOSMemory()
		return rss(t)
	}
	shapes(t, e, 4000, 1) // the arena, the heap and the pools find their size
	before, open, routines := settled(), handles(t), runtime.NumGoroutine()
	runs := e.Runs()
	shapes(t, e, 14_000, 2)
	runs = e.Runs() - runs
	if runs < 10_000 {
		t.Errorf("only %d runs", runs)
	}
	// An output handle lost a run (some 200 bytes, its tensor more) would show as megabytes.
	after := settled() - float64(runs*bookkeeping)
	if after > 1.05*before {
		t.Errorf("resident memory rose from %.1f to %.1f MB", before/1e6, after/1e6)
	}
	if n := handles(t); n > open {
		t.Errorf("%d open files, %d before", n, open)
	}
	if n := runtime.NumGoroutine(); n > routines+2 {
		t.Errorf("%d goroutines, %d before", n, routines)
	}
}

//nolint:paralleltest // measures the memory of the whole process
func TestEnginesThatComeAndGoLeaveNothingBehind(t *testing.T) {
	b := small(t)
	cycle := func(n int) {
		for range n {
			e, err := inference.New(inference.Config{Bundle: &b})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := e.EmbedQuestion(t.Context(), "where is my order"); err != nil {
				t.Fatal(err)
			}
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		debug.FreeOSMemory()
	}
	cycle(20)
	before := rss(t)
	cycle(60)
	if after := rss(t); after > 1.15*before {
		t.Errorf("resident memory rose from %.1f to %.1f MB over 60 engines", before/1e6, after/1e6)
	}
}
