package inference

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"frontdesk/inference/internal/onnxtest"
	"frontdesk/models"
)

// BenchmarkAddedLatency asks one question after the other. What the batcher adds is the time of Embed less that of
// tokenising and of the run: admission, waking a slot, filling the batch, handing out the row.
func BenchmarkAddedLatency(b *testing.B) {
	const rounds, asks = 5, 2000
	bundle := onnxtest.Peer(b, 1)
	e := served(b, bundle)
	texts := questions(b, bundle, 500)
	round := func(asks int) (p50, p99 float64) {
		added := make([]float64, asks)
		for i := range added {
			start := time.Now()
			r, err := e.Embed(b.Context(), models.EmbedRequest{Texts: texts[i%len(texts):][:1], Question: true})
			took := time.Since(start)
			if err != nil {
				b.Fatal(err)
			}
			added[i] = ms(took - r.Times.Tokenize - r.Times.Run)
		}
		return quantile(added, 0.5), quantile(added, 0.99)
	}
	round(200)
	for b.Loop() {
		var p50s, p99s []float64
		for range rounds {
			p50, p99 := round(asks)
			p50s, p99s = append(p50s, p50), append(p99s, p99)
		}
		figure("inference.added_p50_ms", median(p50s), "ms")
		figure("inference.added_p99_ms", median(p99s), "ms")
	}
}

// BenchmarkInteractiveUnderBulk asks one question after the other while eight callers keep the bulk lane full with texts of
// the mix, 64 a request, and compares the questions' P99 with the mean time of a bulk batch in the same seconds.
func BenchmarkInteractiveUnderBulk(b *testing.B) {
	const rounds, asks = 3, 400
	bundle := onnxtest.Peer(b, 1)
	e := served(b, bundle)
	texts, _ := mix(b, bundle, 4096, 3)
	short := questions(b, bundle, 500)
	round := func(asks int) (p99, batch float64) {
		var stop atomic.Bool
		var wg sync.WaitGroup
		var mu sync.Mutex
		var runs, total float64
		for c := range 8 {
			wg.Go(func() {
				for at := c * 512; !stop.Load(); at = (at + 64) % len(texts) {
					r, err := e.Embed(b.Context(), models.EmbedRequest{Texts: texts[at:][:64]})
					if err != nil {
						b.Error(err)
						return
					}
					mu.Lock()
					runs++
					total += ms(r.Times.Run)
					mu.Unlock()
				}
			})
		}
		took := make([]float64, asks)
		for i := range took {
			start := time.Now()
			if _, err := e.Embed(b.Context(), models.EmbedRequest{Texts: short[i%len(short):][:1], Question: true}); err != nil {
				b.Fatal(err)
			}
			took[i] = ms(time.Since(start))
		}
		stop.Store(true)
		wg.Wait()
		return quantile(took, 0.99), total / runs
	}
	round(20)
	for b.Loop() {
		var ratios, p99s []float64
		for range rounds {
			p99, batch := round(asks)
			ratios, p99s = append(ratios, p99/batch), append(p99s, p99)
		}
		figure("inference.interactive_p99_vs_batch", median(ratios), "ratio")
		figure("inference.interactive_p99_ms", median(p99s), "ms")
	}
}
