package static_test

import (
	"bufio"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"frontdesk/inference"
	"frontdesk/inference/static"
	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// lines gives n texts: the golden texts, the demo's articles, and lines put together from the words of both.
func lines(t *testing.T, golden []models.Golden, n int) []string {
	t.Helper()
	f, err := os.Open("../../kb/demo/shop.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var texts []string
	for _, g := range golden {
		texts = append(texts, g.Text)
	}
	articles := bufio.NewScanner(f)
	articles.Buffer(nil, 1<<20)
	for articles.Scan() {
		var a struct {
			Title, Answer string
			Questions     []string
		}
		if err := json.Unmarshal(articles.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, append(a.Questions, a.Title, a.Answer)...)
	}
	var words []string
	for _, s := range texts {
		for word := range strings.FieldsSeq(s) {
			if len(word) > 12 { // Chinese has no spaces
				runes := []rune(word)
				words = append(words, string(runes[:len(runes)/2]), string(runes[len(runes)/2:]))
				continue
			}
			words = append(words, word)
		}
	}
	rng := rand.New(rand.NewPCG(8, 8))
	for len(texts) < n {
		var b strings.Builder
		for range 1 + rng.IntN(30) {
			b.WriteString(words[rng.IntN(len(words))])
			if rng.IntN(3) > 0 {
				b.WriteByte(' ')
			}
		}
		texts = append(texts, b.String())
	}
	return texts[:n]
}

func TestTenThousandLinesAgreeWithTheONNXEncoderToFiveNines(t *testing.T) {
	t.Parallel()
	b, err := models.DefaultStatic()
	if err != nil {
		t.Fatal(err)
	}
	table, err := static.ReadTable(b.Model, b.Manifest.Table)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(b.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	native, err := static.New(table, tok, static.Options{Normalize: true})
	if err != nil {
		t.Fatal(err)
	}
	graph, err := inference.New(inference.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := graph.Close(); err != nil {
			t.Error(err)
		}
	}()
	texts := lines(t, b.Golden, 10_000)
	least := 1.0
	v := make([]float32, native.Dims())
	for len(texts) > 0 {
		some := texts[:min(500, len(texts))]
		texts = texts[len(some):]
		want, _, err := graph.EmbedPassages(t.Context(), some)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range some {
			if _, err := native.EncodeInto(v, text, b.Manifest.MaxTokens.Passage); err != nil {
				t.Fatalf("%.40q: %v", text, err)
			}
			var dot, aa, bb float64
			for d := range v {
				x, y := float64(v[d]), float64(want[i][d])
				dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
			}
			c := dot / math.Sqrt(aa*bb)
			least = min(least, c)
			if !(c >= 0.99999) {
				t.Errorf("%.40q: cosine %.8f to the graph", text, c)
			}
		}
	}
	t.Logf("least cosine: %.9f", least)
}
