package inference

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/inference/internal/onnxtest"
	"frontdesk/models"
)

// BenchmarkSwapUnderLoad publishes 200 models, each loaded, proven and warmed anew, while six callers ask questions
// without pause and one embeds passages. Phases of 25 swaps alternate with phases of 5 s without; the ratio is that of
// the questions' P99. Memory is taken after phases without, when the former model is gone and the present one has its
// working memory, which differs by some tens of MB with the batches that came: the median of the last three ÷ the median
// of three such phases, a swap before each, that went before the first.
func BenchmarkSwapUnderLoad(b *testing.B) {
	const phases, perPhase = 8, 25
	bundles := []models.Bundle{onnxtest.Peer(b, 1), onnxtest.Peer(b, 2)}
	e := served(b, bundles[0])
	short := questions(b, bundles[0], 997)
	texts, _ := mix(b, bundles[0], 512, 4)
	load := func(during func()) (p99 float64, failures int) {
		ctx, cancel := context.WithCancel(b.Context())
		var wg sync.WaitGroup
		var mu sync.Mutex
		var took []float64
		for c := range 6 {
			wg.Go(func() {
				for i := c; ctx.Err() == nil; i++ {
					start := time.Now()
					_, print, err := e.EmbedQuestion(b.Context(), short[i%len(short)])
					d := ms(time.Since(start))
					mu.Lock()
					took = append(took, d)
					if err != nil || print != bundles[0].Manifest.Fingerprint && print != bundles[1].Manifest.Fingerprint {
						failures++
					}
					mu.Unlock()
				}
			})
		}
		wg.Go(func() {
			for at := 0; ctx.Err() == nil; at = (at + 16) % len(texts) {
				if _, _, err := e.EmbedPassages(b.Context(), texts[at:][:16]); err != nil {
					mu.Lock()
					failures++
					mu.Unlock()
				}
			}
		})
		during()
		cancel()
		wg.Wait()
		return quantile(took, 0.99), failures
	}
	settled := func() float64 {
		runtime.GC()
		debug.FreeOSMemory()
		return resident(b)
	}
	swap := func(i int) {
		s, err := e.Stage(b.Context(), bundles[i%2])
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Publish(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	const quiet = 5 * time.Second
	for b.Loop() {
		var ratios, seconds, memory []float64
		for i := range 4 { // the first finds the size of the process
			load(func() { swap(i + 1); <-time.After(quiet) })
			memory = append(memory, settled())
		}
		before, failures := median(memory[1:]), 0
		memory = nil
		for range phases {
			var long time.Duration
			with, failed := load(func() {
				start := time.Now()
				for i := range perPhase {
					swap(i + 1)
				}
				long = time.Since(start)
			})
			without, failed2 := load(func() { <-time.After(quiet) })
			failures += failed + failed2
			ratios, seconds = append(ratios, with/without), append(seconds, long.Seconds()/perPhase)
			memory = append(memory, settled())
		}
		figure("inference.swap_failures", float64(failures), "requests")
		figure("inference.swap_p99_ratio", median(ratios), "ratio")
		figure("inference.swap_rss_ratio", median(memory[phases-3:])/before, "ratio")
		figure("inference.swap_ms", 1000*median(seconds), "ms")
	}
}

// resident returns the memory of this process in bytes.
func resident(b *testing.B) float64 {
	b.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	if err != nil {
		b.Fatal(err)
	}
	return float64(pages * os.Getpagesize())
}
