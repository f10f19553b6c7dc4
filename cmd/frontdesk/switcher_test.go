package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/pgtest"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
	"frontdesk/models"
)

// puppet is an engine whose models are kbtest's, which need no memory.
type puppet struct {
	mu     sync.Mutex                 // guards all below
	inUse  map[string]models.Manifest // by task
	staged []*puppetModel
	fail   error
}

// puppetModel is a staged model of a puppet.
type puppetModel struct {
	*kbtest.Embedder
	engine   *puppet
	manifest models.Manifest
}

func fakeBundle(name string) models.Bundle {
	return models.Bundle{Manifest: models.Manifest{Name: name, Version: "1", Task: models.TaskEmbed, Fingerprint: "fp-" + name}}
}

func newPuppet(name string) *puppet {
	return &puppet{inUse: map[string]models.Manifest{models.TaskEmbed: fakeBundle(name).Manifest}}
}

func (p *puppet) embedder() *kbtest.Embedder {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &kbtest.Embedder{Fingerprint: p.inUse[models.TaskEmbed].Fingerprint}
}

func (p *puppet) EmbedQuestion(ctx context.Context, s string) ([]float32, string, error) {
	return p.embedder().EmbedQuestion(ctx, s)
}

func (p *puppet) EmbedPassages(ctx context.Context, texts []string) ([][]float32, string, error) {
	return p.embedder().EmbedPassages(ctx, texts)
}

func (p *puppet) Stage(_ context.Context, b models.Bundle) (stagedModel, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return nil, p.fail
	}
	m := &puppetModel{Embedder: &kbtest.Embedder{Fingerprint: b.Manifest.Fingerprint}, engine: p, manifest: b.Manifest}
	p.staged = append(p.staged, m)
	return m, nil
}

func (p *puppet) Models() []models.Info {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []models.Info
	for _, m := range p.inUse {
		out = append(out, models.Info{Manifest: m, InUse: true})
	}
	for _, m := range p.staged {
		out = append(out, models.Info{Manifest: m.manifest, Staged: true})
	}
	return out
}

func (m *puppetModel) Publish(context.Context) error {
	if err := m.Discard(); err != nil {
		return err
	}
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	m.engine.inUse[m.manifest.Task] = m.manifest
	return nil
}

func (m *puppetModel) Discard() error {
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	i := slices.Index(m.engine.staged, m)
	if i < 0 {
		return errors.New("not staged")
	}
	m.engine.staged = slices.Delete(m.engine.staged, i, i+1)
	return nil
}

// testEngine is an engine that answers questions and takes models.
type testEngine interface {
	modelEngine
	kb.Embedder
}

// testNode is a node of a cluster that shares one database.
type testNode struct {
	t         *testing.T
	host      string
	engine    testEngine
	knowledge *kb.Service
	models    *postgres.Models
	switcher  *switcher
	stop      func()
}

func openPool(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), url, 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// join starts a node on the database that loads models by load.
func join(t *testing.T, url, host string, engine testEngine, load func(models.Use) (models.Bundle, error)) *testNode {
	t.Helper()
	pool := openPool(t, url)
	n := &testNode{t: t, host: host, engine: engine, models: postgres.NewModels(pool)}
	var err error
	n.knowledge, err = kb.NewService(kb.Config{
		Store: postgres.NewKnowledge(pool), Embedder: engine, EmbedBatch: 16,
		Follow: func(ctx context.Context, fingerprint string) error { return n.switcher.Follow(ctx, fingerprint) },
	})
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	m := &mover{store: n.models, knowledge: n.knowledge, node: uuid.Must(uuid.NewV7()).String(), logger: logger}
	n.switcher = newSwitcher(n.models, engine, load, m, host, logger)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() { defer close(ended); _ = n.switcher.Run(ctx) }()
	n.stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(n.stop)
	return n
}

func anyModel(use models.Use) (models.Bundle, error) { return fakeBundle(use.Name), nil }

// wish asks for a model by its manifest.
func (n *testNode) wish(m models.Manifest) models.Switch {
	n.t.Helper()
	s, err := n.models.Wish(n.t.Context(), models.Switch{Task: m.Task, Name: m.Name, Version: m.Version, Fingerprint: m.Fingerprint})
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

// await returns the switch once it is closed.
func (n *testNode) await(s models.Switch) models.Switch {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), readyWithin)
	defer cancel()
	last := s
	for {
		now, err := n.models.Switch(ctx, s.ID)
		if err != nil {
			n.t.Fatalf("waiting for the switch to %s: %v; last %+v", s.Name, err, last)
		}
		if now.Done < last.Done || now.Done > now.Total {
			n.t.Errorf("progress went from %d/%d to %d/%d", last.Done, last.Total, now.Done, now.Total)
		}
		if last = now; !now.State.Open() {
			return now
		}
	}
}

func (n *testNode) serving() string {
	for _, m := range n.engine.Models() {
		if m.InUse && m.Manifest.Task == models.TaskEmbed {
			return m.Manifest.Fingerprint
		}
	}
	return ""
}

func (n *testNode) stock(articles int) {
	n.t.Helper()
	var lines strings.Builder
	for i := range articles {
		fmt.Fprintf(&lines, `{"id":"a%d","title":"Subject %d","locale":"en","questions":["what about subject %d","tell me of topic%d","topic%d please"],"answer":"Answer %d."}`+"\n", i, i, i, i, i, i)
	}
	if _, err := n.knowledge.Import(n.t.Context(), identity.System(), strings.NewReader(lines.String()), kb.ImportOptions{Site: 1}); err != nil {
		n.t.Fatal(err)
	}
}

func (n *testNode) ask(ctx context.Context, question string) (kb.Result, error) {
	return n.knowledge.Search(ctx, identity.Everything(), kb.Query{Site: 1, Text: question, Locale: "en"})
}

// asking asks a node one question after the other until stop is called, which
// returns the answers by fingerprint. Each must find its article by its vectors.
func (n *testNode) asking(articles int) (stop func() map[string]int) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(n.t.Context()))
	answers := map[string]int{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			article := fmt.Sprintf("a%d", i%articles)
			r, err := n.ask(context.WithoutCancel(ctx), fmt.Sprintf("please tell of topic%d", i%articles))
			switch {
			case err != nil:
				n.t.Errorf("%s: question %d: %v", n.host, i, err)
				return
			case len(r.Candidates) == 0 || r.Candidates[0].Article != article || r.Candidates[0].Cosine < 0.3:
				n.t.Errorf("%s: question %d with %s: %+v", n.host, i, r.Fingerprint, r.Candidates[:min(2, len(r.Candidates))])
				return
			}
			answers[r.Fingerprint]++
		}
	})
	return func() map[string]int { cancel(); wg.Wait(); return answers }
}

func TestNodesSwitchWhileEverybodyAsksAndPublishes(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	a, b := join(t, url, "a", newPuppet("old"), anyModel), join(t, url, "b", newPuppet("old"), anyModel)
	const articles = 15
	a.stock(articles)
	stopA, stopB := a.asking(articles), b.asking(articles)
	var published atomic.Int64
	writing, stopWriting := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for i, n := range []*testNode{a, b} {
		writers.Go(func() {
			for k := 0; writing.Err() == nil; k++ {
				article := kb.Article{Site: 1, ID: fmt.Sprintf("new%d-%d", i, k), Locale: "en", Title: "New", Questions: []string{fmt.Sprintf("about fresh%dx%d", i, k)}, Answer: "Yes."}
				if _, err := n.knowledge.Save(t.Context(), identity.System(), article); err != nil {
					t.Errorf("publish at %s: %v", n.host, err)
					return
				}
				published.Add(1)
				r, err := n.ask(t.Context(), fmt.Sprintf("about fresh%dx%d", i, k))
				if err != nil || len(r.Candidates) == 0 || r.Candidates[0].Article != article.ID || !r.Candidates[0].Exact {
					t.Errorf("what %s published is not found by it: %+v, %v", n.host, r.Candidates, err)
					return
				}
			}
		})
	}
	for _, name := range []string{"new", "newer", "old"} { // the last is the way back
		m := fakeBundle(name).Manifest
		if s := b.await(b.wish(m)); s.State != models.SwitchDone || s.Done != s.Total || s.Total == 0 {
			t.Fatalf("switch to %s: %+v", name, s)
		}
		done := time.Now()
		for _, n := range []*testNode{a, b} {
			for n.serving() != m.Fingerprint {
				if time.Since(done) > time.Second {
					t.Fatalf("%s still answers with %s a second after the switch to %s", n.host, n.serving(), name)
				}
			}
		}
	}
	stopWriting()
	writers.Wait()
	for host, answers := range map[string]map[string]int{"a": stopA(), "b": stopB()} {
		t.Logf("%s answered %v; %d articles were published meanwhile", host, answers, published.Load())
		if len(answers) != 3 {
			t.Errorf("%s answered with %v, want some of each model", host, answers)
		}
	}
	pool := openPool(t, url)
	var missing, doubles, unfitted int
	if err := pool.QueryRow(t.Context(), `SELECT
		(SELECT count(*) FROM kb_variants v WHERE NOT EXISTS (SELECT FROM kb_embeddings e JOIN kb_models m ON m.id = e.model_id WHERE e.variant_id = v.id AND m.fingerprint = 'fp-old')),
		(SELECT count(*) FROM (SELECT variant_id, model_id FROM kb_embeddings GROUP BY 1, 2 HAVING count(*) > 1) d),
		(SELECT count(*) FROM kb_models m WHERE NOT EXISTS (SELECT FROM kb_calibrations c WHERE c.model_id = m.id))`).Scan(&missing, &doubles, &unfitted); err != nil {
		t.Fatal(err)
	}
	if missing != 0 || doubles != 0 || unfitted != 0 {
		t.Errorf("%d texts lack a vector of the model in use, %d have two, %d models have no confidence", missing, doubles, unfitted)
	}
}

func TestANodeThatCannotLoadTheModelKeepsEverybodyAtTheFormerOne(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	corrupt := errors.New("model.onnx has another sha256")
	a := join(t, url, "a", newPuppet("old"), anyModel)
	b := join(t, url, "host-b", newPuppet("old"), func(models.Use) (models.Bundle, error) { return models.Bundle{}, corrupt })
	a.stock(10)
	s := a.await(a.wish(fakeBundle("new").Manifest))
	if s.State != models.SwitchFailed || !strings.Contains(s.Error, "host-b") || !strings.Contains(s.Error, corrupt.Error()) {
		t.Fatalf("got %+v", s)
	}
	for _, n := range []*testNode{a, b} {
		if n.serving() != "fp-old" || n.switcher.Ready(t.Context()) != nil {
			t.Errorf("%s serves %s, readiness %v", n.host, n.serving(), n.switcher.Ready(t.Context()))
		}
	}
	for len(a.engine.Models()) > 1 { // what was staged is let go within a round
		if err := pause(t.Context(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	// The folder is mended, the wish repeated.
	b.stop()
	join(t, url, "host-b", newPuppet("old"), anyModel)
	if s := a.await(a.wish(fakeBundle("new").Manifest)); s.State != models.SwitchDone {
		t.Fatalf("after the mend: %+v", s)
	}
}

func TestOfTwoWishesTheNewestCounts(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	a := join(t, url, "a", newPuppet("old"), anyModel)
	a.stock(15)
	first := a.wish(fakeBundle("first").Manifest)
	second := a.wish(fakeBundle("second").Manifest)
	same := a.wish(fakeBundle("second").Manifest)
	if same.ID != second.ID || first.ID == second.ID {
		t.Fatalf("ids %d, %d, %d: the same wish joins, another does not", first.ID, second.ID, same.ID)
	}
	if s := a.await(first); s.State != models.SwitchSuperseded || !strings.Contains(s.Error, "second") {
		t.Fatalf("the first wish: %+v", s)
	}
	if s := a.await(second); s.State != models.SwitchDone {
		t.Fatalf("the second wish: %+v", s)
	}
	if s := a.wish(fakeBundle("second").Manifest); s.State != models.SwitchDone || s.ID != 0 {
		t.Fatalf("a wish for what is in use: %+v", s)
	}
	third := a.wish(fakeBundle("third").Manifest)
	a.wish(fakeBundle("second").Manifest) // the one in use: calls the third off
	if s := a.await(third); s.State == models.SwitchDone || a.serving() == "fp-third" {
		t.Fatalf("a wish that was called off: %+v, served is %s", s, a.serving())
	}
}

func TestARerankerIsPutInUseWithoutEmbeddingAnything(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	reranker := func(name string) models.Bundle {
		b := fakeBundle(name)
		b.Manifest.Task = models.TaskRerank
		return b
	}
	load := func(use models.Use) (models.Bundle, error) { return reranker(use.Name), nil }
	a, b := join(t, url, "a", newPuppet("old"), load), join(t, url, "b", newPuppet("old"), load)
	a.stock(10)
	for _, name := range []string{"judge", "better"} {
		if s := b.await(b.wish(reranker(name).Manifest)); s.State != models.SwitchDone || s.Total != 0 {
			t.Fatalf("%+v", s)
		}
		done := time.Now()
		for _, n := range []*testNode{a, b} {
			for n.switcher.serving()[models.TaskRerank] != "fp-"+name {
				if time.Since(done) > time.Second {
					t.Fatalf("%s serves %v", n.host, n.switcher.serving())
				}
			}
		}
	}
	if a.serving() != "fp-old" {
		t.Errorf("the encoder is %s", a.serving())
	}
	uses, err := a.models.Uses(t.Context())
	if err != nil || uses[models.TaskRerank].Name != "better" || uses[models.TaskRerank].Generation != 2 || uses[models.TaskEmbed].Generation != 0 {
		t.Errorf("%+v, %v", uses, err)
	}
}

func TestANodeThatMissedTheSwitchIsUnreadyAndSaysWhich(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	a := join(t, url, "a", newPuppet("old"), anyModel)
	a.stock(10)
	if s := a.await(a.wish(fakeBundle("new").Manifest)); s.State != models.SwitchDone {
		t.Fatalf("%+v", s)
	}
	late := join(t, url, "late", newPuppet("old"), func(u models.Use) (models.Bundle, error) {
		return models.Bundle{}, fmt.Errorf("model %s is not installed", u.Name)
	})
	for late.switcher.Ready(t.Context()) == nil {
		if err := pause(t.Context(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if err := late.switcher.Ready(t.Context()); !strings.Contains(err.Error(), "model new is not installed") {
		t.Fatalf("readiness says %v", err)
	}
	// The former vectors are still there, and answer.
	if r, err := late.ask(t.Context(), "tell of topic3"); err != nil || r.Fingerprint != "fp-old" || r.Candidates[0].Article != "a3" {
		t.Fatalf("%+v, %v", r, err)
	}
	_, err := late.knowledge.Save(t.Context(), identity.System(), kb.Article{Site: 1, ID: "x", Locale: "en", Title: "X", Questions: []string{"x"}, Answer: "X."})
	if !errors.Is(err, kb.ErrModel) || !errors.Is(err, kb.ErrEmbedding) {
		t.Fatalf("a publication for the former model: %v", err)
	}
}
