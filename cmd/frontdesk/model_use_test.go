package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/inference"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/local"
	"frontdesk/internal/postgres/pgtest"
	"frontdesk/kb"
	"frontdesk/models"
)

// shorter returns the bundled encoder with vectors of 128 values: another model,
// whose vectors PostgreSQL refuses to compare with the encoder's.
func shorter(t *testing.T) models.Bundle {
	t.Helper()
	b, err := models.Default()
	if err != nil {
		t.Fatal(err)
	}
	m := &b.Manifest
	m.Name, m.Dims, m.Normalize, m.Graph.Width = "test/encoder-128", 128, true, m.Dims
	m.Fingerprint = m.ComputeFingerprint()
	for i := range b.Golden {
		v := append([]float32(nil), b.Golden[i].Vector[:128]...)
		var sum float64
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		for j := range v {
			v[j] /= float32(math.Sqrt(sum))
		}
		b.Golden[i].Vector = v
	}
	return b
}

// loadable loads the test's models besides the compiled in ones.
func loadable(extra ...models.Bundle) func(models.Use) (models.Bundle, error) {
	return func(use models.Use) (models.Bundle, error) {
		for _, b := range extra {
			if b.Manifest.Name == use.Name {
				return b, nil
			}
		}
		b, _, err := models.BuiltIn(use.Name)
		return b, err
	}
}

// engineNode starts a node with a real engine.
func engineNode(t *testing.T, url, host string, reg prometheus.Registerer, load func(models.Use) (models.Bundle, error)) *testNode {
	t.Helper()
	engine, err := inference.New(inference.Config{Registerer: reg})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Errorf("close engine: %v", err)
		}
	})
	return join(t, url, host, liveEngine{engine}, load)
}

func TestRealModelsAreSwitchedOnTwoNodesWhileEverybodyAsks(t *testing.T) {
	t.Parallel()
	url, cut := pgtest.New(t), shorter(t)
	a := engineNode(t, url, "a", prometheus.NewRegistry(), loadable(cut))
	b := engineNode(t, url, "b", prometheus.NewRegistry(), loadable(cut))
	const articles = 15
	a.stock(articles)
	encoder, _ := models.Default()
	static, err := models.DefaultStatic()
	if err != nil {
		t.Fatal(err)
	}
	stopA, stopB := a.asking(articles), b.asking(articles)
	for _, m := range []models.Manifest{cut.Manifest, static.Manifest, encoder.Manifest} {
		s := a.await(a.wish(m))
		if s.State != models.SwitchDone {
			t.Fatalf("switch to %s: %+v", m.Name, s)
		}
		for i, n := range []*testNode{a, b} {
			article := kb.Article{Site: 1, ID: fmt.Sprintf("%s-%d", m.Fingerprint[:6], i), Locale: "en", Title: "Now", Questions: []string{"is it " + m.Fingerprint[:6]}, Answer: "Yes."}
			if _, err := n.knowledge.Save(t.Context(), identity.System(), article); err != nil {
				t.Fatalf("publish right after the switch to %s: %v", m.Name, err)
			}
			r, err := n.ask(t.Context(), "is it "+m.Fingerprint[:6])
			if err != nil || r.Fingerprint != m.Fingerprint || !r.Candidates[0].Exact || r.Candidates[0].Cosine < 0.99 {
				t.Fatalf("the very next question after the switch to %s: %+v, %v", m.Name, r, err)
			}
		}
	}
	t.Logf("a answered %v, b %v", stopA(), stopB())
}

func TestModelUseSwitchesARunningServerAndAStoppedOne(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := start(t, data, true)
	cfg := defaultConfig()
	cfg.Data = data
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	static, err := models.DefaultStatic()
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := models.Default()
	if err != nil {
		t.Fatal(err)
	}
	use := func(b models.Bundle, want string) {
		t.Helper()
		var out bytes.Buffer
		if err := useModel(t.Context(), cfg, b, &out, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Fatalf("printed %q, want %q", out.String(), want)
		}
	}
	asking, stop := context.WithCancel(t.Context())
	var asked sync.WaitGroup
	asked.Go(func() {
		for asking.Err() == nil {
			if got := r.ask("How do I get an invoice for my company?").Events[0]; got.Author.Kind != "bot" || got.Source == nil {
				t.Errorf("in the switch: %+v", got)
				return
			}
		}
	})
	use(static, "is in use for embed\n")
	stop()
	asked.Wait()
	var page string
	r.call(http.MethodGet, "/metrics", "", nil, &page)
	if want := fmt.Sprintf(`frontdesk_model_info{fingerprint="%s",model="%s",task="embed"`, static.Manifest.Fingerprint, static.Manifest.Name); !strings.Contains(page, want) {
		t.Errorf("/metrics lacks %s", want)
	}
	if status := r.call(http.MethodGet, "/readyz", "", nil, nil); status != http.StatusOK {
		t.Errorf("readyz: %d", status)
	}
	use(static, "in use for embed already")
	use(encoder, "is in use for embed\n") // the way back
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	use(static, "no server was running")
	again := start(t, data, true)
	again.call(http.MethodGet, "/metrics", "", nil, &page)
	if !strings.Contains(page, static.Manifest.Fingerprint) {
		t.Error("the next start does not serve the model that was put in use")
	}
	if got := again.ask("怎么退货").Events[0]; got.Source == nil {
		t.Errorf("with the static encoder: %+v", got)
	}
}

func TestAModelThatIsMissingOrDamagedIsToldWithItsFolderAndTheMend(t *testing.T) {
	t.Parallel()
	cfg := defaultConfig()
	cfg.Data = t.TempDir()
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(cfg.Models.Dir, "test--encoder-128")
	want := func(err, is error, parts ...string) {
		t.Helper()
		if !errors.Is(err, is) {
			t.Fatalf("got %v, want %v", err, is)
		}
		for _, part := range parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%v lacks %q", err, part)
			}
		}
	}
	b := shorter(t)
	use := models.Use{Task: models.TaskEmbed, Name: b.Manifest.Name, Version: b.Manifest.Version, Fingerprint: b.Manifest.Fingerprint}
	_, err := loadUse(cfg, use)
	want(err, models.ErrNotInstalled, folder, "frontdesk model pull test/encoder-128", "frontdesk model use")
	install(t, folder, b)
	if _, err := loadUse(cfg, use); err != nil {
		t.Fatal(err)
	}
	other := use
	other.Fingerprint = "of another revision"
	_, err = loadUse(cfg, other)
	want(err, errOtherVersion, "frontdesk model use test/encoder-128")
	if err := os.WriteFile(filepath.Join(folder, b.Manifest.Files[models.FileModel].Path), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = loadUse(cfg, use)
	want(err, models.ErrCorrupt, folder)
	// A server refuses to start with it rather than answer with another one.
	s := start(t, cfg.Data, false)
	url, err := local.Attach(t.Context(), cfg.Data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openPool(t, url).Exec(t.Context(), "UPDATE model_uses SET name = $1, version = $2, fingerprint = $3 WHERE task = 'embed'", use.Name, use.Version, use.Fingerprint); err != nil {
		t.Fatal(err)
	}
	var ready struct{ Checks map[string]any }
	for s.call(http.MethodGet, "/readyz", "", nil, &ready) == http.StatusOK {
		if err := pause(t.Context(), 20*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	cfg.Addr = "127.0.0.1:0"
	want(serve(t.Context(), cfg, false, io.Discard, slog.New(slog.DiscardHandler)), models.ErrCorrupt, folder)
}

// install writes a bundle as model pull leaves it.
func install(t *testing.T, dir string, b models.Bundle) {
	t.Helper()
	golden, err := models.MarshalGolden(b.Golden)
	if err != nil {
		t.Fatal(err)
	}
	file := func(role string, data []byte) {
		f := b.Manifest.Files[role]
		sum := sha256.Sum256(data)
		f.SHA256, f.Size = hex.EncodeToString(sum[:]), int64(len(data))
		b.Manifest.Files[role] = f
		if err := os.WriteFile(filepath.Join(dir, f.Path), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b.Manifest.Files = maps.Clone(b.Manifest.Files)
	file(models.FileModel, b.Model)
	file(models.FileTokenizer, b.Tokenizer)
	file(models.FileGolden, golden)
	raw, err := json.Marshal(b.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A switch whose worker dies is taken up by another node where it stopped.
func TestAnotherNodeGoesOnWhereADeadOneStopped(t *testing.T) {
	t.Parallel()
	url, cut := pgtest.New(t), shorter(t)
	a := engineNode(t, url, "a", prometheus.NewRegistry(), loadable(cut))
	a.stock(30)
	pool := openPool(t, url)
	store, dead := postgres.NewModels(pool), "00000000-0000-7000-8000-00000000dead"
	s, err := store.Wish(t.Context(), models.Switch{Task: models.TaskEmbed, Name: cut.Manifest.Name, Version: cut.Manifest.Version, Fingerprint: cut.Manifest.Fingerprint})
	if err != nil {
		t.Fatal(err)
	}
	if led, err := store.Lead(t.Context(), s.ID, dead); err != nil || !led {
		t.Fatalf("lead: %v, %v", led, err)
	}
	// It embeds some, then dies: kill -9 leaves its lease and half the vectors.
	knowledge := postgres.NewKnowledge(pool)
	todo, err := knowledge.Unembedded(t.Context(), cut.Manifest.Fingerprint, 0, 50)
	if err != nil || len(todo) != 50 {
		t.Fatalf("%d variants, %v", len(todo), err)
	}
	engine, err := inference.New(inference.Config{Models: []models.Bundle{cut}})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	var texts []string
	var ids []int64
	for _, v := range todo {
		texts, ids = append(texts, v.Content), append(ids, v.ID)
	}
	vectors, _, err := engine.EmbedPassages(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	if err := knowledge.AddVectors(t.Context(), cut.Manifest.Fingerprint, ids, vectors); err != nil {
		t.Fatal(err)
	}
	if s, _ := store.Switch(t.Context(), s.ID); s.State != models.SwitchEmbedding {
		t.Fatalf("before: %+v", s)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE model_switches SET lease_until = now() WHERE worker = $1", dead); err != nil { // 15 s pass
		t.Fatal(err)
	}
	if s := a.await(s); s.State != models.SwitchDone || s.Done != 150 {
		t.Fatalf("after: %+v", s)
	}
	// The dead one comes back late: it can do no harm.
	if ours, err := store.Progress(t.Context(), s, dead); err != nil || ours {
		t.Errorf("a closed switch is still the dead node's: %v", err)
	}
	if err := store.Put(t.Context(), s, dead, nil); !errors.Is(err, postgres.ErrSwitchGone) {
		t.Errorf("the dead node switches: %v", err)
	}
}

func TestAnEncoderIsTriedBeforeItIsPutInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kbFile, questions := filepath.Join(dir, "kb.jsonl"), filepath.Join(dir, "q.tsv")
	for path, content := range map[string]string{
		kbFile:    `{"id":"refund","title":"Refunds","locale":"en","questions":["how do I get my money back"],"answer":"Ask us.","tags":[]}` + "\n",
		questions: "refund\thow do i get my money back\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg := defaultConfig()
	cfg.Data, cfg.Log.Level = dir, "error"
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	static, err := models.DefaultStatic()
	if err != nil {
		t.Fatal(err)
	}
	report, err := evaluate(t.Context(), cfg, static.Manifest.Name, kbFile, questions)
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := json.Marshal(report); !strings.Contains(string(raw), `"hit1":1`) {
		t.Fatalf("got %s", raw)
	}
	if _, err := evaluate(t.Context(), cfg, "no/encoder", kbFile, questions); !errors.Is(err, models.ErrNotInstalled) {
		t.Fatalf("an encoder that is not there: %v", err)
	}
}

func TestModelUseTellsWhyAModelIsNotInUse(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	a := join(t, url, "a", newPuppet("old"), anyModel)
	a.stock(10)
	var out bytes.Buffer
	watch := func(ctx context.Context, s models.Switch) error {
		w := &useWatch{store: a.models, out: &out, work: func(context.Context, models.Switch) error {
			t.Error("the command works beside a running server")
			return nil
		}}
		return w.until(ctx, s)
	}
	for len(must(a.models.Nodes(t.Context(), 0))) == 0 { // until the server has said that it is up
		if err := pause(t.Context(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	first := a.wish(fakeBundle("first").Manifest)
	second := a.wish(fakeBundle("second").Manifest)
	if err := watch(t.Context(), first); err == nil || !strings.Contains(err.Error(), "then second was asked for") {
		t.Errorf("superseded: %v", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := watch(stopped, second); err == nil || !strings.Contains(err.Error(), "the servers go on") {
		t.Errorf("interrupted: %v", err)
	}
	if err := watch(t.Context(), second); err != nil {
		t.Errorf("watched again: %v", err)
	}
	puppet, ok := a.engine.(*puppet)
	if !ok {
		t.Fatal("no puppet")
	}
	puppet.mu.Lock()
	puppet.fail = inference.ErrGolden
	puppet.mu.Unlock()
	if err := watch(t.Context(), a.wish(fakeBundle("third").Manifest)); err == nil || !strings.Contains(err.Error(), inference.ErrGolden.Error()) || !strings.Contains(err.Error(), "node a") {
		t.Errorf("a model that fails its golden values: %v", err)
	}
	if a.serving() != "fp-second" || a.switcher.Ready(t.Context()) != nil {
		t.Errorf("serving %s, %v", a.serving(), a.switcher.Ready(t.Context()))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
