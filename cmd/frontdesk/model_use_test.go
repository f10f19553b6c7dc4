package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/inference"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
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
		return loadUse(Config{}, use)
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
	const articles = 40
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

func TestAModelThatIsNotThereIsToldWithItsFolder(t *testing.T) {
	t.Parallel()
	cfg := defaultConfig()
	cfg.Data = t.TempDir()
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	_, err := loadBundle(cfg, "org/encoder")
	if err == nil || !strings.Contains(err.Error(), cfg.Models.Dir) || !strings.Contains(err.Error(), "frontdesk model pull org/encoder") {
		t.Fatalf("got %v", err)
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
