package inference

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"frontdesk/inference/internal/onnxtest"
)

// BenchmarkOverload measures how many questions a second are answered when 64 callers ask without pause (the peak), and
// when three times as many arrive each second, whether answered or not (in steps of 2 ms). An answer counts as goodput if
// it comes within 2 s and in the window; the refusals' P99 is from asking to the error.
func BenchmarkOverload(b *testing.B) {
	const rounds, window = 3, 4 * time.Second
	bundle := onnxtest.Peer(b, 1)
	e := served(b, bundle)
	texts := questions(b, bundle, 997)
	peak := func() float64 {
		var done atomic.Int64
		ctx, cancel := context.WithTimeout(b.Context(), window)
		defer cancel()
		var wg sync.WaitGroup
		for c := range 64 {
			wg.Go(func() {
				for i := c; ctx.Err() == nil; i++ {
					if _, _, err := e.EmbedQuestion(b.Context(), texts[i%len(texts)]); err != nil {
						b.Error(err)
						return
					}
					done.Add(1)
				}
			})
		}
		wg.Wait()
		return float64(done.Load()) / window.Seconds()
	}
	flood := func(rate float64) (goodput, refusal float64) {
		const step, warm = 2 * time.Millisecond, time.Second // until the queue is full
		var good atomic.Int64
		var mu sync.Mutex
		var refused []float64
		var wg sync.WaitGroup
		begin := time.Now()
		from, to := begin.Add(warm), begin.Add(warm+window)
		sent := 0
		tick := time.NewTicker(step)
		defer tick.Stop()
		for now := begin; now.Before(to); now = <-tick.C {
			for ; float64(sent) < rate*now.Sub(begin).Seconds(); sent++ {
				text := texts[sent%len(texts)]
				wg.Go(func() {
					start := time.Now()
					_, _, err := e.EmbedQuestion(b.Context(), text)
					end := time.Now()
					var over *OverloadError
					switch {
					case errors.As(err, &over):
						mu.Lock()
						refused = append(refused, ms(end.Sub(start)))
						mu.Unlock()
					case err != nil:
						b.Error(err)
					case end.After(from) && end.Before(to) && end.Sub(start) <= 2*time.Second:
						good.Add(1)
					}
				})
			}
		}
		wg.Wait()
		if len(refused) == 0 {
			b.Fatal("nothing was refused: no overload")
		}
		return float64(good.Load()) / window.Seconds(), quantile(refused, 0.99)
	}
	for b.Loop() {
		var ratios, refusals, peaks []float64
		for range rounds {
			before := peak()
			goodput, refusal := flood(3 * before)
			most := max(before, peak())
			ratios, refusals, peaks = append(ratios, goodput/most), append(refusals, refusal), append(peaks, most)
		}
		figure("inference.peak_questions_per_s", median(peaks), "questions/s")
		figure("inference.goodput_at_3x", median(ratios), "ratio")
		figure("inference.refusal_p99_ms", median(refusals), "ms")
	}
}
