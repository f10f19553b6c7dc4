package static

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// BenchmarkQuestions tokenises and embeds the questions of the demo's knowledge base (zh and en, 3 to 20 tokens) with the
// bundled table, on one goroutine. Inside the clock: EncodeInto as a whole, from the string to the vector of length 1.
func BenchmarkQuestions(b *testing.B) {
	e, _ := bundled(b)
	f, err := os.Open("../../kb/demo/shop.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var texts []string
	tokens := 0
	v := make([]float32, e.Dims())
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var article struct{ Questions []string }
		if err := json.Unmarshal(lines.Bytes(), &article); err != nil {
			b.Fatal(err)
		}
		for _, q := range article.Questions {
			n, err := e.EncodeInto(v, q, 128)
			if err != nil {
				b.Fatal(err)
			}
			if n <= 20 {
				texts = append(texts, q)
				tokens += n
			}
		}
	}
	const rounds = 7
	b.ReportAllocs()
	for b.Loop() {
		var speeds []float64
		for range rounds {
			start, n := time.Now(), 0
			for time.Since(start) < 300*time.Millisecond {
				for _, q := range texts {
					if _, err := e.EncodeInto(v, q, 128); err != nil {
						b.Fatal(err)
					}
				}
				n += len(texts)
			}
			speeds = append(speeds, float64(n)/time.Since(start).Seconds())
		}
		slices.Sort(speeds)
		fmt.Fprintf(os.Stdout, "\nbench static.questions_per_s_core %.0f questions/s\n", speeds[rounds/2])
		fmt.Fprintf(os.Stdout, "bench static.tokens_per_question %.1f tokens\n", float64(tokens)/float64(len(texts)))
		fmt.Fprintf(os.Stdout, "bench static.allocs %.0f allocations\n", testing.AllocsPerRun(1000, func() {
			if _, err := e.EncodeInto(v, texts[0], 128); err != nil {
				b.Fatal(err)
			}
		}))
	}
}
