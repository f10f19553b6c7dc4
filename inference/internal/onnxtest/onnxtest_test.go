package onnxtest_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"frontdesk/inference"
	"frontdesk/inference/internal/onnx"
	"frontdesk/inference/internal/onnxtest"
	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// session opens the library and a graph.
func session(t *testing.T, model []byte, output string, width int) *onnx.Session {
	t.Helper()
	if _, err := inference.LoadLibrary(""); err != nil {
		t.Fatal(err)
	}
	s, err := onnx.NewSession(model, onnx.Spec{IDs: onnxtest.IDs, Mask: onnxtest.Mask, Output: output, Dims: width})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestRuntimeAgreesWithTheForwardPassInGo(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	table := onnxtest.NewTable(onnxtest.VocabSize, 24, 7)
	lookup := &onnxtest.Lookup{Labels: 3, Scores: map[int32][]float32{7: {-100, 0, 1}, 9: {1, 2, 3}}}
	for name, c := range map[string]struct {
		net    onnxtest.Model
		output string
		width  int
	}{
		"gelu":      {onnxtest.New(onnxtest.Spec{Seed: 1, Pooled: true}), onnxtest.Pooled, 32},
		"relu":      {onnxtest.New(onnxtest.Spec{Seed: 2, Pooled: true, ReLU: true, Heads: 4}), onnxtest.Pooled, 32},
		"deep":      {onnxtest.New(onnxtest.Spec{Seed: 3, Pooled: true, Layers: 6, Hidden: 48, Heads: 3, FFN: 96}), onnxtest.Pooled, 48},
		"scores":    {onnxtest.New(onnxtest.Spec{Seed: 4, Labels: 5}), onnxtest.Logits, 5},
		"one score": {onnxtest.New(onnxtest.Spec{Seed: 5, Labels: 1}), onnxtest.Logits, 1},
		"table":     {table, onnxtest.Pooled, 24},
		"chosen":    {lookup, onnxtest.Logits, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := session(t, c.net.ONNX(), c.output, c.width)
			const batch, seq = 5, 17
			ids, mask, out := make([]int64, batch*seq), make([]int64, batch*seq), make([]float32, batch*c.width)
			rows := make([][]int32, batch)
			for i := range rows {
				rows[i] = []int32{2, []int32{7, 9, 11}[i%3]}
				for len(rows[i]) < 3+3*i {
					rows[i] = append(rows[i], 5+rng.Int32N(onnxtest.VocabSize-5))
				}
				for k, id := range rows[i] {
					ids[i*seq+k], mask[i*seq+k] = int64(id), 1
				}
			}
			if err := s.Run(ids, mask, batch, seq, out); err != nil {
				t.Fatal(err)
			}
			for i, row := range rows {
				want, got := c.net.Row(row, nil), out[i*c.width:(i+1)*c.width]
				for d := range want {
					if diff := math.Abs(float64(want[d] - got[d])); !(diff < 2e-5) {
						t.Fatalf("row %d of %d tokens: value %d is %v, want %v", i, len(row), d, got[d], want[d])
					}
				}
			}
		})
	}
}

func TestPoisonedWeightsGiveNoNumber(t *testing.T) {
	t.Parallel()
	n := onnxtest.New(onnxtest.Spec{Pooled: true})
	n.Poison()
	s := session(t, n.ONNX(), onnxtest.Pooled, 32)
	out := make([]float32, 32)
	if err := s.Run([]int64{2, 9, 3}, []int64{1, 1, 1}, 1, 3, out); err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(float64(out[0])) {
		t.Errorf("first value %v", out[0])
	}
}

func TestTokenizerKnowsItsWordsAndTellsVocabSize(t *testing.T) {
	t.Parallel()
	tok, err := tokenizer.Parse(onnxtest.Tokenizer())
	if err != nil {
		t.Fatal(err)
	}
	if tok.VocabSize() != onnxtest.VocabSize {
		t.Errorf("%d ids, want %d", tok.VocabSize(), onnxtest.VocabSize)
	}
	if n := tok.Count("how do i get my money back"); n != 9 {
		t.Errorf("%d tokens, want 7 words and 2 special ones", n)
	}
	if ids := tok.AppendIDs(nil, "怎么退款", 0); len(ids) != 6 || ids[1] == 1 {
		t.Errorf("ids %v", ids)
	}
}

func TestBundlesAreServedByTheEngine(t *testing.T) {
	t.Parallel()
	b := onnxtest.New(onnxtest.Spec{Seed: 6, Pooled: true}).Bundle(t, "pooled")
	table := onnxtest.NewTable(onnxtest.VocabSize, 24, 7).Bundle(t, "table", models.RuntimeONNX)
	for _, b := range []models.Bundle{b, table} {
		e, err := inference.New(inference.Config{Bundle: &b})
		if err != nil {
			t.Fatalf("%s: %v", b.Manifest.Name, err)
		}
		if _, print, err := e.EmbedQuestion(t.Context(), "where is my order"); err != nil || print != b.Manifest.Fingerprint {
			t.Errorf("%s: fingerprint %q, %v", b.Manifest.Name, print, err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestBundlesOfEveryTaskAreReadBackFromAFolder(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]models.Bundle{
		"embed":    onnxtest.New(onnxtest.Spec{Seed: 6}).Bundle(t, "embed"),
		"rerank":   onnxtest.New(onnxtest.Spec{Seed: 7, Labels: 1, TypeInput: true}).Bundle(t, "rerank"),
		"classify": onnxtest.New(onnxtest.Spec{Seed: 8, Labels: 3}).Bundle(t, "classify"),
		"static":   onnxtest.NewTable(onnxtest.VocabSize, 24, 7).Bundle(t, "static", models.RuntimeStatic),
		"lookup":   (&onnxtest.Lookup{Labels: 2}).Bundle(t, "lookup"),
	} {
		dir := t.TempDir()
		onnxtest.Write(t, b, dir)
		got, err := models.LoadDir(dir)
		if err != nil || got.Manifest.Fingerprint != b.Manifest.Fingerprint || len(got.Golden) != len(b.Golden) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTextsHaveTheLengthsOfTheMix(t *testing.T) {
	t.Parallel()
	b, err := models.Default()
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(b.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	want, sum := onnxtest.Lengths(600, 1), 0
	for i, text := range onnxtest.Texts(t, b.Tokenizer, want) {
		sum += want[i]
		if n := tok.Count(text); n != want[i] {
			t.Fatalf("%q has %d tokens, want %d", text, n, want[i])
		}
	}
	if mean := float64(sum) / float64(len(want)); mean < 18 || mean > 25 {
		t.Errorf("mean length %.1f", mean)
	}
}
