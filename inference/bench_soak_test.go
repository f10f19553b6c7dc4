package inference

import (
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"

	"frontdesk/inference/internal/onnxtest"
)

// BenchmarkSoak makes a million runs (SOAK_RUNS) of random shapes, 1 to 8 texts of 1 to 40 tokens, on a small graph, and
// compares the largest resident memory after the first twentieth with that at its end. Figures are taken every
// twentieth.
func BenchmarkSoak(b *testing.B) {
	runs := uint64(1_000_000)
	if s := os.Getenv("SOAK_RUNS"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil || n < 1000 {
			b.Fatalf("SOAK_RUNS is %q; want a number of at least 1000", s)
		}
		runs = n
	}
	bundle := onnxtest.New(onnxtest.Spec{Layers: 1, Hidden: 16, FFN: 32, Seed: 1}).Bundle(b, "small")
	e := served(b, bundle)
	texts := onnxtest.Texts(b, bundle.Tokenizer, func() []int {
		all := make([]int, 400)
		for i := range all {
			all[i] = 3 + i%38
		}
		return all
	}())
	until := func(target uint64) {
		var wg sync.WaitGroup
		for c := range 4 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(target, uint64(c)))
				for e.Runs() < target {
					n, at := 1+rng.IntN(8), rng.IntN(len(texts)-8)
					if _, _, err := e.EmbedPassages(b.Context(), texts[at:at+n]); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
	for b.Loop() {
		var first, most float64
		for part := range uint64(20) {
			until(runs * (part + 1) / 20)
			runtime.GC()
			debug.FreeOSMemory()
			now := resident(b)
			if part == 0 {
				first = now
			}
			most = max(most, now)
		}
		figure("inference.soak_runs", float64(e.Runs()), "runs")
		figure("inference.soak_rss_ratio", most/first, "ratio")
	}
}
