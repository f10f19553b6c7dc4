package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
	"frontdesk/models"
)

// The nodes of these tests.
const (
	node1 = "00000000-0000-7000-8000-000000000001"
	node2 = "00000000-0000-7000-8000-000000000002"
)

// change is a library that is about to change its model to next.
type change struct {
	*library
	models *Models
	next   *kbtest.Embedder
}

func newChange(t *testing.T) *change {
	t.Helper()
	l := newLibrary(t)
	return &change{library: l, models: NewModels(l.store.pool), next: &kbtest.Embedder{Fingerprint: "next"}}
}

func (c *change) wish(name string) models.Switch {
	c.t.Helper()
	s, err := c.models.Wish(c.t.Context(), models.Switch{Task: models.TaskEmbed, Name: name, Version: "1", Fingerprint: name})
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

func (c *change) lead(s models.Switch, node string, want bool) {
	c.t.Helper()
	if led, err := c.models.Lead(c.t.Context(), s.ID, node); err != nil || led != want {
		c.t.Fatalf("lead: %v, %v; want %v", led, err, want)
	}
}

// embedder gives the rest of a switch its vectors.
func (c *change) rest(ctx context.Context, rest []kb.Variant) ([][]float32, error) {
	return c.EmbedVariants(ctx, c.next, "next", rest)
}

func (c *change) reindex() {
	c.t.Helper()
	if err := c.Reindex(c.t.Context(), c.next, func(int, int) {}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *change) put(s models.Switch, node string) error {
	return c.models.Put(c.t.Context(), s, node, c.rest)
}

func (c *change) use() models.Use {
	c.t.Helper()
	uses, err := c.models.Uses(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return uses[models.TaskEmbed]
}

func TestTheFirstPublicationDecidesTheModelAndOthersAreRefused(t *testing.T) {
	t.Parallel()
	c := newChange(t)
	if u := c.use(); u.Fingerprint != "" || u.Name != "" {
		t.Fatalf("a new database uses %+v", u)
	}
	other, err := kb.NewService(kb.Config{Store: c.store, Embedder: c.next})
	if err != nil {
		t.Fatal(err)
	}
	services := []*kb.Service{c.Service, other}
	results := make([]error, 12)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() {
			a := article(fmt.Sprintf("a%d", i), "en", "q")
			a.Site = 1
			_, results[i] = services[i%2].Save(t.Context(), c.admin, a)
		})
	}
	wg.Wait()
	saved := 0
	for _, err := range results {
		var changed *kb.ModelError
		switch {
		case err == nil:
			saved++
		case !errors.As(err, &changed) || changed.Active != c.use().Fingerprint || !errors.Is(err, kb.ErrEmbedding):
			t.Errorf("refused with %v", err)
		}
	}
	if saved != 6 || c.count("SELECT count(DISTINCT model_id) FROM kb_embeddings") != 1 {
		t.Fatalf("%d saved, vectors of %d models", saved, c.count("SELECT count(DISTINCT model_id) FROM kb_embeddings"))
	}
}

func TestASwitchIsOneStepForSearchesPublicationsAndConfidence(t *testing.T) {
	t.Parallel()
	c := newChange(t)
	for i := range 12 {
		c.save(article(fmt.Sprintf("a%d", i), "en", fmt.Sprintf("topic%d one", i), fmt.Sprintf("topic%d two", i), fmt.Sprintf("topic%d three", i), fmt.Sprintf("about topic%d", i)))
	}
	if err := c.Calibrate(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s := c.wish("next")
	c.lead(s, node1, true)
	c.reindex()
	before, _ := c.store.Corpus(t.Context(), 1, "")
	if len(before.Adaptations) != 2 {
		t.Fatalf("before the step: confidences of %d models, want both", len(before.Adaptations))
	}
	if r := c.ask("about topic3"); r.Fingerprint != "kbtest-1" || r.Candidates[0].Cosine < 0.99 {
		t.Fatalf("before the step: %+v", r)
	}
	c.save(article("late", "en", "published in the last moment"))
	if err := c.put(s, node1); err != nil {
		t.Fatal(err)
	}
	if u := c.use(); u.Name != "next" || u.Fingerprint != "next" || u.Generation != 1 {
		t.Fatalf("in use: %+v", u)
	}
	after, _ := c.store.Corpus(t.Context(), 1, "")
	if after.Epoch <= before.Epoch+1 {
		t.Fatalf("epoch %d, before %d: caches do not notice", after.Epoch, before.Epoch)
	}
	// A node that lags asks its own vectors, is told, and follows.
	var followed string
	lagging, err := kb.NewService(kb.Config{Store: c.store, Embedder: &turncoat{Embedder: c.embedder, next: c.next, followed: &followed}, Follow: func(_ context.Context, f string) error {
		followed = f
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := lagging.Search(t.Context(), identity.Everything(), kb.Query{Site: 1, Text: "published in the last moment", Locale: "en"})
	if err != nil || followed != "next" || r.Fingerprint != "next" || r.Candidates[0].Article != "late" || r.Candidates[0].Cosine < 0.99 {
		t.Fatalf("followed %q: %+v, %v", followed, r, err)
	}
	// One that cannot follow answers from the former vectors, never a mix.
	r = c.ask("about topic3")
	if r.Fingerprint != "kbtest-1" || r.Candidates[0].Article != "a3" || r.Candidates[0].Cosine < 0.99 {
		t.Fatalf("the former model's node: %+v", r)
	}
	// Once they are gone it says so instead of answering by words alone.
	c.exec("UPDATE model_uses SET switched_at = now() - interval '1 day'")
	if n, err := c.models.DropVectors(t.Context(), time.Hour); err != nil || n == 0 {
		t.Fatalf("%d deleted, %v", n, err)
	}
	_, err = c.Search(t.Context(), identity.Everything(), kb.Query{Site: 1, Text: "about topic3", Locale: "en"})
	if !errors.Is(err, kb.ErrModel) || !errors.Is(err, kb.ErrEmbedding) {
		t.Fatalf("without vectors of its model: %v", err)
	}
}

// turncoat answers with next once it has followed.
type turncoat struct {
	kb.Embedder
	next     kb.Embedder
	followed *string
}

func (e *turncoat) EmbedQuestion(ctx context.Context, s string) ([]float32, string, error) {
	if *e.followed != "" {
		return e.next.EmbedQuestion(ctx, s)
	}
	return e.Embedder.EmbedQuestion(ctx, s)
}

func TestAStepThatIsNotTheNodesOrTooEarlyChangesNothing(t *testing.T) {
	t.Parallel()
	c := newChange(t)
	for i := range 100 { // 300 texts: more than a step embeds itself
		c.save(article(fmt.Sprintf("a%d", i), "en", fmt.Sprintf("topic%d", i)))
	}
	s := c.wish("next")
	c.lead(s, node1, true)
	c.lead(s, node2, false)
	if err := c.put(s, node1); !errors.Is(err, ErrSwitchLater) {
		t.Fatalf("with nothing embedded: %v", err)
	}
	c.reindex()
	if err := c.put(s, node2); !errors.Is(err, ErrSwitchGone) {
		t.Fatalf("by another node: %v", err)
	}
	boom := errors.New("boom")
	c.save(article("late", "en", "late"))
	if err := c.models.Put(t.Context(), s, node1, func(context.Context, []kb.Variant) ([][]float32, error) { return nil, boom }); !errors.Is(err, boom) {
		t.Fatalf("with a model that fails: %v", err)
	}
	c.wish("other") // supersedes it in the last moment
	if err := c.put(s, node1); !errors.Is(err, ErrSwitchGone) {
		t.Fatalf("superseded: %v", err)
	}
	if ours, err := c.models.Progress(t.Context(), s, node1); err != nil || ours {
		t.Fatalf("progress of a superseded switch: %v, %v", ours, err)
	}
	if u := c.use(); u.Fingerprint != "kbtest-1" || u.Generation != 0 {
		t.Fatalf("in use: %+v", u)
	}
	if n := c.count("SELECT count(*) FROM kb_variants v WHERE v.article_id = 'late' AND EXISTS (SELECT FROM kb_embeddings e JOIN kb_models m ON m.id = e.model_id WHERE e.variant_id = v.id AND m.fingerprint = 'next')"); n != 0 {
		t.Fatalf("a step that was called off left %d vectors", n)
	}
}

func TestAStepWaitsForPublicationsAtWorkButNotForEver(t *testing.T) {
	t.Parallel()
	c := newChange(t)
	c.save(article("a", "en", "q"))
	s := c.wish("next")
	c.lead(s, node1, true)
	c.reindex()
	tx, err := c.store.pool.Begin(t.Context()) // a publication that takes long
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := tx.Exec(t.Context(), modelReadLockSQL); err != nil {
		t.Fatal(err)
	}
	if err := c.put(s, node1); !errors.Is(err, ErrSwitchLater) {
		t.Fatalf("beside a long publication: %v", err)
	}
	if c.ask("q").Fingerprint != "kbtest-1" {
		t.Fatal("nothing may change")
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.put(s, node1); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsEmbeddedStaysWhenTheWorkerDies(t *testing.T) {
	t.Parallel()
	c := newChange(t)
	for i := range 60 {
		c.save(article(fmt.Sprintf("a%d", i), "en", fmt.Sprintf("topic%d", i)))
	}
	s := c.wish("next")
	c.lead(s, node1, true)
	dying, die := context.WithCancel(t.Context())
	seen := 0
	err := c.Reindex(dying, c.next, func(done, _ int) {
		if seen = done; done >= 64 {
			die()
		}
	})
	if !errors.Is(err, context.Canceled) || seen < 64 || seen == 180 {
		t.Fatalf("%d embedded, %v", seen, err)
	}
	left := c.count("SELECT count(*) FROM kb_embeddings e JOIN kb_models m ON m.id = e.model_id WHERE m.fingerprint = 'next'")
	c.lead(s, node2, false) // the lease is node 1's still
	c.exec("UPDATE model_switches SET lease_until = now() - interval '1 second'")
	c.lead(s, node2, true)
	calls, first := c.next.Calls(), -1
	if err := c.Reindex(t.Context(), c.next, func(done, total int) {
		if first < 0 {
			first = done
		}
		if total != 180 {
			t.Errorf("total %d", total)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if first != left || first < 64 {
		t.Errorf("the next worker began at %d, %d were there", first, left)
	}
	if ran := c.next.Calls() - calls; ran > 4 {
		t.Errorf("%d calls for the rest: it was embedded twice", ran)
	}
	if err := c.put(s, node2); err != nil {
		t.Fatal(err)
	}
	if n := c.count("SELECT count(*) FROM kb_embeddings"); n != 360 {
		t.Errorf("%d vectors for 180 texts of two models", n)
	}
}

func TestVectorsGoOnlyWhenNobodyNeedsThem(t *testing.T) {
	t.Parallel()
	c := newChange(t)
	for i := range 5 {
		c.save(article(fmt.Sprintf("a%d", i), "en", "q"))
	}
	vectors := func(fingerprint string) int {
		return c.count("SELECT count(*) FROM kb_embeddings e JOIN kb_models m ON m.id = e.model_id WHERE m.fingerprint = $1", fingerprint)
	}
	drop := func(want int64, why string) {
		t.Helper()
		if n, err := c.models.DropVectors(t.Context(), time.Hour); err != nil || n != want {
			t.Fatalf("%s: %d deleted, %v; want %d", why, n, err, want)
		}
	}
	drop(0, "one model")
	s := c.wish("next")
	c.lead(s, node1, true)
	c.reindex()
	drop(0, "an open switch")
	if err := c.put(s, node1); err != nil {
		t.Fatal(err)
	}
	drop(0, "the way back is kept for an hour")
	c.exec("UPDATE model_uses SET switched_at = now() - interval '2 hours'; UPDATE model_switches SET changed_at = now() - interval '2 hours'")
	if err := c.models.Lease(t.Context(), node2, "b", "kbtest-1"); err != nil {
		t.Fatal(err)
	}
	drop(0, "a live node answers with them")
	c.exec("UPDATE model_nodes SET lease_until = now() - interval '1 second'")
	drop(15, "nobody needs them")
	if vectors("kbtest-1") != 0 || vectors("next") != 15 || c.count("SELECT count(*) FROM kb_calibrations c JOIN kb_models m ON m.id = c.model_id WHERE m.fingerprint = 'kbtest-1'") != 0 {
		t.Fatalf("left: %d and %d", vectors("kbtest-1"), vectors("next"))
	}
	other := c.wish("kbtest-1") // failed switches keep what they embedded for as long
	c.lead(other, node1, true)
	if err := c.Reindex(t.Context(), c.embedder, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	if err := c.models.Fail(t.Context(), other.ID, node1, "a node cannot load it"); err != nil {
		t.Fatal(err)
	}
	drop(0, "failed a moment ago")
	if s, err := c.models.Switch(t.Context(), other.ID); err != nil || s.State != models.SwitchFailed || !strings.Contains(s.Error, "cannot load") {
		t.Fatalf("%+v, %v", s, err)
	}
	c.exec("UPDATE model_switches SET changed_at = now() - interval '2 hours'")
	drop(15, "failed long ago")
}

func TestTheReleaseBeforeStaysInUseAfterTheMigration(t *testing.T) {
	t.Parallel()
	url := emptyDatabase(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	steps, err := readMigrations()
	if err != nil {
		t.Fatal(err)
	}
	run := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE EXTENSION IF NOT EXISTS vector; CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())")
	for _, m := range steps[:3] {
		run(m.sql)
		run(fmt.Sprintf("INSERT INTO schema_migrations (version, name) VALUES (%d, '%s')", m.version, m.name))
	}
	run(`INSERT INTO kb_articles (site_id, id, locale, last_version, published_version, created_at, updated_at) VALUES (1, 'a', 'en', 1, 1, now(), now());
		INSERT INTO kb_variants (site_id, article_id, locale, kind, content) VALUES (1, 'a', 'en', 1, 'q'), (1, 'a', 'en', 2, 'a');
		INSERT INTO kb_models (fingerprint) VALUES ('left over'), ('in use');
		INSERT INTO kb_embeddings (variant_id, model_id, site_id, embedding) VALUES (1, 1, 1, '[1,0]'), (1, 2, 1, '[1,0]'), (2, 2, 1, '[1,0]');
		UPDATE kb_epochs SET calibration = '{"bias": 7}'`)
	if n, err := Migrate(t.Context(), url); err != nil || n != len(steps)-3 {
		t.Fatalf("%d applied, %v", n, err)
	}
	pool, err := Open(t.Context(), url, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	uses, err := NewModels(pool).Uses(t.Context())
	if err != nil || len(uses) != 3 || uses[models.TaskEmbed].Fingerprint != "in use" || uses[models.TaskEmbed].Name != "" {
		t.Fatalf("%+v, %v", uses, err)
	}
	corpus, err := NewKnowledge(pool).Corpus(t.Context(), 1, "")
	if err != nil || len(corpus.Adaptations) != 0 { // of rankings without a head: learnt anew at the server's start
		t.Fatalf("%+v, %v", corpus.Adaptations, err)
	}
}
