package kb

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// benchCorpus has n questions of some articles, with Zipf-like words of which a few belong to the article.
func benchCorpus(articles, n int) []Variant {
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([]Variant, n)
	for i := range out {
		a := i % articles
		words := []string{fmt.Sprintf("topic%d", a), fmt.Sprintf("group%d", a/7)}
		for range 5 + rng.IntN(5) {
			words = append(words, fmt.Sprintf("w%c%d", 'a'+rune(rng.IntN(26)), int(rng.ExpFloat64()*300)))
		}
		content := strings.Join(words, " ")
		out[i] = Variant{ID: int64(i + 1), Article: fmt.Sprintf("a%05d", a), Locale: "en", Kind: KindQuestion, Content: content}
		out[i].Vector = make([]float32, 256)
		centre := rand.New(rand.NewPCG(3, uint64(a)))
		for j := range out[i].Vector {
			out[i].Vector[j] = float32(centre.NormFloat64() + rng.NormFloat64())
		}
		toUnit(out[i].Vector)
	}
	return out
}

// BenchmarkLearnHead is kb.learn_head: the head and its scores out of fold, on
// all processors; not the rehearsal of the confidence, nor the store.
func BenchmarkLearnHead(b *testing.B) {
	for _, size := range [][2]int{{150, 1500}, {150, 15_000}, {2000, 10_000}, {5000, 100_000}} {
		b.Run(fmt.Sprintf("articles=%d/texts=%d", size[0], size[1]), func(b *testing.B) {
			variants := benchCorpus(size[0], size[1])
			sample := calibrationSample(variants)
			b.ReportAllocs()
			b.ResetTimer()
			bytes := 0
			for b.Loop() {
				h, _, err := learnHead(b.Context(), variants, sample)
				if err != nil {
					b.Fatal(err)
				}
				bytes = len(h.encode())
			}
			b.ReportMetric(float64(bytes)/(1<<20), "head_MB")
		})
	}
}

// BenchmarkHeadAsk is kb.head: the opinion of one question.
func BenchmarkHeadAsk(b *testing.B) {
	for _, size := range [][2]int{{150, 1500}, {2000, 10_000}} {
		b.Run(fmt.Sprintf("articles=%d/texts=%d", size[0], size[1]), func(b *testing.B) {
			variants := benchCorpus(size[0], size[1])
			h, _, err := learnHead(b.Context(), variants, nil)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				h.ask(variants[0].Content, variants[0].Vector)
			}
		})
	}
}
