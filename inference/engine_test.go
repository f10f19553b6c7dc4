package inference

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/models"
)

// open makes an engine with the real library and model, and closes it after the test.
func open(t testing.TB, cfg Config) *Engine {
	t.Helper()
	if cfg.Bundle == nil {
		b := bundle(t)
		cfg.Bundle = &b
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// once reads and verifies the bundled model once for all tests.
var once = sync.OnceValues(models.Default)

// bundle returns a copy whose fields a test may replace, but not write into.
func bundle(t testing.TB) models.Bundle {
	t.Helper()
	b, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func question(t testing.TB, e *Engine, text string) []float32 {
	t.Helper()
	v, _, err := e.EmbedQuestion(t.Context(), text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}

func TestVectorsEqualTrainingsToFiveNines(t *testing.T) {
	t.Parallel()
	e := open(t, Config{})
	b := bundle(t)
	if len(b.Golden) < 200 {
		t.Fatalf("only %d golden texts", len(b.Golden))
	}
	least := 1.0
	for _, g := range b.Golden {
		v, print, err := e.EmbedQuestion(t.Context(), g.Text)
		if err != nil {
			t.Fatalf("%q: %v", g.Text, err)
		}
		if print != b.Manifest.Fingerprint || len(v) != e.Dims() {
			t.Fatalf("fingerprint %q, %d dims", print, len(v))
		}
		c := cosine(v, g.Vector)
		least = min(least, c)
		if c < 0.99999 {
			t.Errorf("%.40q: cosine to training %.7f", g.Text, c)
		}
	}
	t.Logf("least cosine of %d texts: %.8f", len(b.Golden), least)
}

func TestVectorDoesNotDependOnItsBatchMates(t *testing.T) {
	t.Parallel()
	e := open(t, Config{})
	var texts []string
	var alone [][]float32
	for _, g := range bundle(t).Golden {
		texts = append(texts, g.Text)
		alone = append(alone, question(t, e, g.Text)) // 128 tokens hold every golden text but two
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		order := rng.Perm(len(texts))[:1+rng.IntN(len(texts))]
		var some []string
		for _, i := range order {
			some = append(some, texts[i])
		}
		vectors, _, err := e.EmbedPassages(t.Context(), some)
		if err != nil {
			t.Fatal(err)
		}
		for k, i := range order {
			if e.CountTokens(texts[i]) > 128 {
				continue
			}
			if c := cosine(vectors[k], alone[i]); c < 0.999999 {
				t.Errorf("%.40q: cosine %.8f between alone and in a batch of %d", texts[i], c, len(order))
			}
		}
	}
}

func TestParaphrasesAreNearerThanOtherTopicsInBothLanguages(t *testing.T) {
	t.Parallel()
	e := open(t, Config{})
	for _, c := range [][3]string{
		{"refund", "get my money back", "get my parcel back"},
		{"How do I get my money back", "怎么退款", "怎么付款"},
		{"什么时候发货", "when will you ship my order", "when can I get a refund"},
		{"忘记密码了", "怎么reset密码", "怎么改地址"},
		{"运费多少钱", "How much is shipping?", "How much is the phone?"},
		{"怎么开发票", "Can I get an invoice", "Can I get a discount"},
		{"我要找人工客服", "talk to a human agent", "talk about the weather"},
		{"包裹丢了怎么办", "my parcel is lost", "my account is locked"},
	} {
		a := question(t, e, c[0])
		near, far := cosine(a, question(t, e, c[1])), cosine(a, question(t, e, c[2]))
		if near <= far {
			t.Errorf("%s: %s %.2f, %s %.2f", c[0], c[1], near, c[2], far)
		}
	}
}

func TestBadTextsAreErrorsThatNameTheText(t *testing.T) {
	t.Parallel()
	e := open(t, Config{})
	for text, want := range map[string]error{
		"": ErrEmptyText, " \t\n\u3000": ErrEmptyText, "\u200b\u200d": ErrEmptyText, "\x00": ErrEmptyText, "\ufffd": ErrEmptyText,
		"a\xff": ErrInvalidText,
	} {
		if _, _, err := e.EmbedQuestion(t.Context(), text); !errors.Is(err, want) {
			t.Errorf("question %q: error %v, want %v", text, err, want)
		}
		_, _, err := e.EmbedPassages(t.Context(), []string{"fine", "fine too", text})
		if !errors.Is(err, want) || !strings.Contains(err.Error(), "passage 2") {
			t.Errorf("passage %q: error %v, want %v with its index", text, err, want)
		}
	}
	if e.Runs() != 0 {
		t.Errorf("%d runs for refused texts", e.Runs())
	}
	if v, print, err := e.EmbedPassages(t.Context(), nil); v != nil || print == "" || err != nil {
		t.Errorf("no passages: %v, %q, %v", v, print, err)
	}
	for _, text := range []string{strings.Repeat("长", 400_000), strings.Repeat("a", 1<<20), "😀", "\x00a", "[SEP]"} {
		question(t, e, text)
	}
}

func TestEveryQuestionRaisesTheRunCountUnlessTheCacheIsOn(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	e := open(t, Config{Registerer: reg})
	for i := range 3 {
		question(t, e, "怎么退款")
		if e.Runs() != uint64(i)+1 {
			t.Fatalf("%d runs after %d questions", e.Runs(), i+1)
		}
	}
	if got := counter(t, reg, "frontdesk_inference_runs_total"); got != 3 {
		t.Errorf("frontdesk_inference_runs_total is %v, want 3", got)
	}
	if _, err := New(Config{Registerer: reg}); err == nil {
		t.Error("two engines share one set of metrics")
	}

	cached := open(t, Config{QuestionCache: 8})
	a := question(t, cached, "How do I return it?")
	a[0] = 42 // a caller may do what it likes with its vector
	b := question(t, cached, "HOW  do I RETURN it?")
	if cached.Runs() != 1 || b[0] == 42 {
		t.Errorf("%d runs, first value %v", cached.Runs(), b[0])
	}
	question(t, cached, "How do I return them?")
	if cached.Runs() != 2 {
		t.Errorf("%d runs for two different questions", cached.Runs())
	}
}

// counter reads a counter without labels.
func counter(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

func TestCancelledCallersAndClosingEngineUnderLoadHarmNobody(t *testing.T) {
	t.Parallel()
	e, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := question(t, e, "Where is my order?")
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				ctx, cancel := context.WithCancel(t.Context())
				if (g+i)%3 == 0 {
					go cancel() // somewhere between the queue and the end of the run
				}
				v, _, err := e.EmbedQuestion(ctx, "Where is my order?")
				cancel()
				switch {
				case errors.Is(err, ErrClosed):
					return
				case errors.Is(err, context.Canceled):
				case err != nil:
					t.Error(err)
					return
				case cosine(v, want) < 0.999999:
					t.Error("a wrong vector under load")
					return
				}
			}
		})
	}
	for e.Runs() < 600 {
		question(t, e, "and this one too")
	}
	var closers sync.WaitGroup
	for range 3 {
		closers.Go(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	closers.Wait()
	wg.Wait()
	if err := e.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	if _, _, err := e.EmbedQuestion(t.Context(), "late"); !errors.Is(err, ErrClosed) {
		t.Errorf("after close: %v", err)
	}
}

func TestModelThatDisagreesWithItsGoldenVectorsIsRefused(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	b.Golden = slices.Clone(b.Golden)
	g := b.Golden[3]
	g.Vector = slices.Clone(g.Vector)
	slices.Reverse(g.Vector)
	b.Golden[3] = g
	if _, err := New(Config{Bundle: &b}); !errors.Is(err, ErrGolden) || !strings.Contains(err.Error(), g.Text[:6]) {
		t.Errorf("other vector: %v", err)
	}
	g = bundle(t).Golden[3]
	g.IDs = append(slices.Clone(g.IDs), 7)
	b.Golden[3] = g
	if _, err := New(Config{Bundle: &b}); !errors.Is(err, ErrGolden) {
		t.Errorf("other ids: %v", err)
	}
}

func TestUnusableModelOrConfigIsAnErrorNotACrash(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *models.Bundle){
		"truncated":    func(b *models.Bundle) { b.Model = b.Model[:len(b.Model)/2] },
		"garbage":      func(b *models.Bundle) { b.Model = []byte("no graph at all") },
		"empty":        func(b *models.Bundle) { b.Model = nil },
		"wrong dims":   func(b *models.Bundle) { b.Manifest.Dims = 128 },
		"wrong input":  func(b *models.Bundle) { b.Manifest.Graph.IDs = "tokens" },
		"wrong output": func(b *models.Bundle) { b.Manifest.Graph.Output = "logits" },
		"tokenizer":    func(b *models.Bundle) { b.Tokenizer = []byte("{}") },
	} {
		b := bundle(t)
		change(&b)
		if e, err := New(Config{Bundle: &b}); err == nil {
			t.Errorf("%s: accepted", name)
			_ = e.Close()
		}
	}
	if _, err := New(Config{Slots: -1}); err == nil || !strings.Contains(err.Error(), "Slots") {
		t.Errorf("negative slots: %v", err)
	}
	if _, err := New(Config{Library: "/nowhere/lib.so"}); !errors.Is(err, ErrNoLibrary) {
		t.Errorf("no library: %v", err)
	}
}

func BenchmarkEmbedQuestion(b *testing.B) {
	e := open(b, Config{})
	texts := []string{"How do I get my money back for order 10023?", "我上周买的耳机什么时候能发货？", "怎么reset密码"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, _, err := e.EmbedQuestion(b.Context(), texts[i%len(texts)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEmbedQuestion16AtOnce(b *testing.B) {
	e := open(b, Config{})
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := e.EmbedQuestion(b.Context(), "我上周买的耳机什么时候能发货？"); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkEmbedPassages(b *testing.B) {
	e := open(b, Config{})
	var texts []string
	for _, g := range bundle(b).Golden {
		texts = append(texts, g.Text)
	}
	for b.Loop() {
		if _, _, err := e.EmbedPassages(b.Context(), texts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(texts))/b.Elapsed().Seconds(), "passages/s")
}
