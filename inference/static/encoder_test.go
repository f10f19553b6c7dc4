package static

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"frontdesk/inference/internal/onnxtest"
	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// bundled makes the encoder of the bundled model.
func bundled(t testing.TB) (*Encoder, models.Bundle) {
	t.Helper()
	b, err := models.DefaultStatic()
	if err != nil {
		t.Fatal(err)
	}
	table, err := ReadTable(b.Model, b.Manifest.Table)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(b.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(table, tok, Options{Dims: b.Manifest.Dims, Normalize: b.Manifest.Normalize})
	if err != nil {
		t.Fatal(err)
	}
	return e, b
}

func TestVectorsEqualTrainingsToFiveNines(t *testing.T) {
	t.Parallel()
	e, b := bundled(t)
	v := make([]float32, e.Dims())
	least := 1.0
	for _, g := range b.Golden {
		n, err := e.EncodeInto(v, g.Text, b.Manifest.MaxTokens.Question)
		if err != nil || n != len(g.IDs) {
			t.Fatalf("%.40q: %d tokens, want %d, %v", g.Text, n, len(g.IDs), err)
		}
		want := make([]float64, len(g.Vector))
		for i, x := range g.Vector {
			want[i] = float64(x)
		}
		c := cosine(v, want)
		least = min(least, c)
		if c < 0.99999 {
			t.Errorf("%.40q: cosine to training %.7f", g.Text, c)
		}
	}
	t.Logf("least cosine of %d texts: %.8f", len(b.Golden), least)
}

func TestBadTextsAreErrorsAndLeaveTheVectorAlone(t *testing.T) {
	t.Parallel()
	e, _ := bundled(t)
	v := make([]float32, e.Dims())
	v[0] = 42
	for text, want := range map[string]error{
		"": ErrEmptyText, " \t\n\u3000": ErrEmptyText, "\u200b\u200d": ErrEmptyText, "\x00": ErrEmptyText, "a\xff": ErrInvalidText,
	} {
		if _, err := e.EncodeInto(v, text, 0); !errors.Is(err, want) || v[0] != 42 {
			t.Errorf("%q: error %v, want %v", text, err, want)
		}
	}
	if _, err := e.EncodeInto(v[:10], "hello", 0); err == nil {
		t.Error("a vector too short was accepted")
	}
	for _, text := range []string{strings.Repeat("长", 400_000), strings.Repeat("a", 1<<20), "😀", "a\x00b", "[SEP]"} {
		if _, err := e.EncodeInto(v, text, 128); err != nil {
			t.Errorf("%.10q: %v", text, err)
		}
		if _, err := e.EncodeInto(v, text, 0); err != nil {
			t.Errorf("%.10q without limit: %v", text, err)
		}
	}
}

func TestVectorIsCutThenNormalised(t *testing.T) {
	t.Parallel()
	src := onnxtest.NewTable(onnxtest.VocabSize, 24, 3)
	table, err := ReadTable(src.SafeTensors(), models.Table{Rows: "rows", Scales: "scales", Weights: "weights"})
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(onnxtest.Tokenizer())
	if err != nil {
		t.Fatal(err)
	}
	whole, err := New(table, tok, Options{})
	if err != nil {
		t.Fatal(err)
	}
	short, err := New(table, tok, Options{Dims: 10, Normalize: true})
	if err != nil {
		t.Fatal(err)
	}
	a, b := make([]float32, 24), make([]float32, 12)
	if _, err := whole.EncodeInto(a, "where is my order", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := short.EncodeInto(b, "where is my order", 0); err != nil {
		t.Fatal(err)
	}
	if b[10] != 0 || b[11] != 0 {
		t.Error("more than Dims values were written")
	}
	norm := math.Sqrt(squares(a[:10]))
	for d := range 10 {
		if math.Abs(float64(a[d])/norm-float64(b[d])) > 1e-6 {
			t.Errorf("value %d: %v of %v, %v", d, a[d], norm, b[d])
		}
	}
	for _, dims := range []int{-1, 25} {
		if _, err := New(table, tok, Options{Dims: dims}); !errors.Is(err, ErrModel) {
			t.Errorf("%d dims: %v", dims, err)
		}
	}
	small, err := ReadTable(onnxtest.NewTable(100, 8, 3).SafeTensors(), models.Table{Rows: "rows", Scales: "scales"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(small, tok, Options{}); !errors.Is(err, ErrModel) {
		t.Errorf("a table smaller than the vocabulary: %v", err)
	}
}

func TestVectorsOfNoLengthAndBeyondFloat32AreErrors(t *testing.T) {
	t.Parallel()
	tok, err := tokenizer.Parse(onnxtest.Tokenizer())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		value float32
		want  error
	}{"zeros": {0, ErrEmptyText}, "largest": {math.MaxFloat32, ErrNotFinite}, "large": {1e25, nil}, "small": {1e-25, nil}} {
		rows := slices.Repeat([]float32{c.value}, 8*onnxtest.VocabSize)
		table, err := ReadTable(parts(part{"rows", "F32", []int{onnxtest.VocabSize, 8}, f32(rows...)}), models.Table{Rows: "rows"})
		if err != nil {
			t.Fatal(err)
		}
		e, err := New(table, tok, Options{Normalize: true})
		if err != nil {
			t.Fatal(err)
		}
		v := make([]float32, 8)
		if _, err := e.EncodeInto(v, "where is my order", 0); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if c.want == nil && math.Abs(float64(v[0])-math.Sqrt(0.125)) > 1e-6 {
			t.Errorf("%s: %v", name, v)
		}
	}
}

//nolint:paralleltest // counts the allocations of the whole process
func TestEncodeIntoAllocatesNothingAndIsSafeForManyAtOnce(t *testing.T) {
	e, b := bundled(t)
	v := make([]float32, e.Dims())
	texts := []string{"How do I get my money back for order 10023?", "我上周买的耳机什么时候能发货？", "怎么reset密码"}
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := e.EncodeInto(v, texts[i%len(texts)], 128); err != nil {
			t.Fatal(err)
		}
		i++
	}); n != 0 && !raceEnabled { // the race detector empties pools at random
		t.Errorf("%v allocations", n)
	}
	want := make([]float32, e.Dims())
	if _, err := e.EncodeInto(want, b.Golden[0].Text, 128); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			v := make([]float32, e.Dims())
			for i := range 300 {
				if _, err := e.EncodeInto(v, b.Golden[i%len(b.Golden)].Text, 128); err != nil {
					t.Error(err)
				}
				if i%len(b.Golden) == 0 && !slices.Equal(v, want) {
					t.Error("another vector")
				}
			}
		})
	}
	wg.Wait()
}
