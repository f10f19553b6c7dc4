package inference

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/inference/internal/onnxtest"
)

// fifo8 is the rule that most servers have: the eight oldest, whatever their lengths.
func fifo8(q *queue, batch []*job, _ *limits) []*job {
	for q.texts > 0 && len(batch) < 8 {
		j := q.oldest()
		q.take(j)
		batch = append(batch, j)
	}
	return batch
}

// BenchmarkTokensVersusFIFO8 compares our rule with fifo8 in the same engine on 3,000 texts of the mix that are all
// waiting, 50 a request, rounds in turn. It also prints the share of padding under our rule.
func BenchmarkTokensVersusFIFO8(b *testing.B) {
	const rounds = 5
	bundle := onnxtest.Peer(b, 1)
	texts, tokens := mix(b, bundle, 3000, 2)
	reg := prometheus.NewRegistry()
	ours, theirs := served(b, bundle, func(c *Config) { c.Registerer = reg }), served(b, bundle)
	theirs.sched.pick = fifo8
	run := func(e *Engine) float64 {
		var wg sync.WaitGroup
		start := time.Now()
		for some := range slices.Chunk(texts, 50) {
			wg.Go(func() {
				if _, _, err := e.EmbedPassages(b.Context(), some); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		return float64(tokens) / time.Since(start).Seconds()
	}
	run(ours)
	run(theirs)
	for b.Loop() {
		var ratios []float64
		for range rounds {
			one, two, three := run(ours), run(theirs), run(ours)
			ratios = append(ratios, (one+three)/2/two)
		}
		figure("inference.tokens_vs_fifo8", median(ratios), "ratio")
		figure("inference.padding_pct", 100*padding(b, reg), "%")
	}
}

// padding returns the padded share of all tokens that the engine's models have seen.
func padding(b *testing.B, reg *prometheus.Registry) float64 {
	b.Helper()
	families, err := reg.Gather()
	if err != nil {
		b.Fatal(err)
	}
	kinds := map[string]float64{}
	for _, f := range families {
		if f.GetName() != "frontdesk_inference_tokens_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "kind" {
					kinds[l.GetValue()] += m.GetCounter().GetValue()
				}
			}
		}
	}
	return kinds["padding"] / (kinds["real"] + kinds["padding"])
}
