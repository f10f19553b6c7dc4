package inference

import (
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"frontdesk/inference/internal/onnxtest"
	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// The benches in bench_*_test.go print the figures of docs/bench/inference.md, which says what is inside each clock. Each
// measures once, both sides of a ratio in turn, and takes the median of its rounds; make bench-inference runs them all.

// figure prints a line that make bench passes on.
func figure(name string, value float64, unit string) {
	fmt.Fprintf(os.Stdout, "\nbench %s %.4g %s\n", name, value, unit)
}

// served makes an engine for a bench.
func served(b *testing.B, bundle models.Bundle, change ...func(*Config)) *Engine {
	b.Helper()
	cfg := Config{Bundle: &bundle}
	for _, c := range change {
		c(&cfg)
	}
	e, err := New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	})
	return e
}

// mix returns n texts of the mix and the number of their tokens.
func mix(b *testing.B, bundle models.Bundle, n int, seed uint64) (texts []string, tokens int) {
	b.Helper()
	tok, err := tokenizer.Parse(bundle.Tokenizer)
	if err != nil {
		b.Fatal(err)
	}
	texts = onnxtest.Texts(b, bundle.Tokenizer, onnxtest.Lengths(n, seed))
	for _, text := range texts {
		tokens += min(tok.Count(text), bundle.Manifest.MaxTokens.Passage)
	}
	return texts, tokens
}

// questions returns n texts of 8 to 16 tokens.
func questions(b *testing.B, bundle models.Bundle, n int) []string {
	b.Helper()
	lengths := make([]int, n)
	for i := range lengths {
		lengths[i] = 8 + i*7%9
	}
	return onnxtest.Texts(b, bundle.Tokenizer, lengths)
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile sorts values and returns the smallest that has a share q of them at or below it, 0 < q ≤ 1.
func quantile(values []float64, q float64) float64 {
	slices.Sort(values)
	return values[int(math.Ceil(q*float64(len(values))))-1]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
