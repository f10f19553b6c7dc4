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

// BenchmarkOverload measures how many questions a second are answered when 512 callers ask without pause (the peak; more
// callers give no more), and
// when three times as many arrive each second, whether answered or not (in steps of 2 ms). The window opens with the first
// refusal: the queue is full. An answer in the window counts if it came within 5 s of asking; the refusals' P99 is from
// asking to the error.
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
		for c := range 512 {
			wg.Go(func() {
				for i := c; ctx.Err() == nil; i++ {
					if _, _, err := e.EmbedQuestion(b.Context(), texts[i%len(texts)]); err != nil {
						b.Error(err)
						return
					}
					if ctx.Err() == nil {
						done.Add(1)
					}
				}
			})
		}
		wg.Wait()
		return float64(done.Load()) / window.Seconds()
	}
	flood := func(rate float64) (goodput, refusal, wait float64) {
		const step, patience, longest = 2 * time.Millisecond, 5 * time.Second, 30 * time.Second
		var open atomic.Pointer[time.Time] // of the window
		var mu sync.Mutex
		var refused, waited []float64
		var wg sync.WaitGroup
		begin := time.Now()
		sent := 0
		tick := time.NewTicker(step)
		defer tick.Stop()
		for now := begin; open.Load() == nil || now.Sub(*open.Load()) < window; now = <-tick.C {
			if now.Sub(begin) > longest {
				b.Fatal("nothing was refused: no overload")
			}
			for ; float64(sent) < rate*now.Sub(begin).Seconds(); sent++ {
				text := texts[sent%len(texts)]
				wg.Go(func() {
					start := time.Now()
					_, _, err := e.EmbedQuestion(b.Context(), text)
					end := time.Now()
					if _, full := errors.AsType[*OverloadError](err); full {
						open.CompareAndSwap(nil, &end)
						mu.Lock()
						refused = append(refused, ms(end.Sub(start)))
						mu.Unlock()
					} else if err != nil {
						b.Error(err)
					} else if from := open.Load(); from != nil && end.Sub(*from) < window && end.Sub(start) <= patience {
						mu.Lock()
						waited = append(waited, ms(end.Sub(start)))
						mu.Unlock()
					}
				})
			}
		}
		wg.Wait()
		if len(waited) == 0 {
			return 0, quantile(refused, 0.99), 0
		}
		return float64(len(waited)) / window.Seconds(), quantile(refused, 0.99), quantile(waited, 0.5)
	}
	for b.Loop() {
		var ratios, refusals, peaks, waits []float64
		for range rounds {
			before := peak()
			goodput, refusal, wait := flood(3 * before)
			most := max(before, peak())
			ratios, refusals = append(ratios, goodput/most), append(refusals, refusal)
			peaks, waits = append(peaks, most), append(waits, wait)
		}
		figure("inference.peak_questions_per_s", median(peaks), "questions/s")
		figure("inference.goodput_at_3x", median(ratios), "ratio")
		figure("inference.refusal_p99_ms", median(refusals), "ms")
		figure("inference.accepted_p50_ms", median(waits), "ms")
	}
}
