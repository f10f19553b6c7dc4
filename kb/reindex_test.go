package kb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

// moody is an embedder that refuses one text, or is full at times.
type moody struct {
	*kbtest.Embedder
	refuses string
	full    atomic.Int64 // calls that are refused for overload
	delay   time.Duration
}

type overload struct{ after time.Duration }

func (o overload) Error() string             { return "overloaded" }
func (o overload) RetryAfter() time.Duration { return o.after }

var errUnknown = errors.New("the tokenizer knows none of it")

func (m *moody) EmbedPassages(ctx context.Context, texts []string) ([][]float32, string, error) {
	if m.full.Add(-1) >= 0 {
		return nil, "", overload{m.delay}
	}
	for _, s := range texts {
		if m.refuses != "" && strings.Contains(s, m.refuses) {
			return nil, "", errUnknown
		}
	}
	return m.Embedder.EmbedPassages(ctx, texts)
}

func stocked(t *testing.T, cfg kb.Config) (*kb.Service, *kbtest.Store) {
	t.Helper()
	store := kbtest.NewStore()
	cfg.Store, cfg.Embedder = store, &kbtest.Embedder{}
	service, err := kb.NewService(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for i := range 50 {
		fmt.Fprintf(&lines, `{"id":"a%d","title":"Subject %d","locale":"en","questions":["tell me of topic%d"],"answer":"Answer %d."}`+"\n", i, i, i, i)
	}
	if _, err := service.Import(t.Context(), identity.System(), strings.NewReader(lines.String()), kb.ImportOptions{Site: 1}); err != nil {
		t.Fatal(err)
	}
	return service, store
}

func TestReindexShowsAProgressThatNeverFalls(t *testing.T) {
	t.Parallel()
	service, store := stocked(t, kb.Config{EmbedBatch: 8})
	next := &kbtest.Embedder{Fingerprint: "next"}
	last := -1
	if err := service.Reindex(t.Context(), next, func(done, total int) {
		if done < last || done > total || total != 150 {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		if last = done; done == 80 { // an article goes meanwhile, and its vectors with it
			if err := store.Archive(t.Context(), identity.Everything(), 1, "a0", "", time.Now(), nil); err != nil {
				t.Error(err)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	covered, err := store.Coverage(t.Context(), "next")
	if err != nil || covered.Embedded != 147 || covered.Variants != 147 || last != 150 {
		t.Fatalf("%+v, last %d, %v", covered, last, err)
	}
	calls := next.Calls()
	if err := service.Reindex(t.Context(), next, func(int, int) {}); err != nil || next.Calls() > calls+1+400 {
		t.Fatalf("again: %v, %d calls", err, next.Calls()-calls)
	}
}

func TestReindexNamesTheArticleThatTheModelDoesNotTake(t *testing.T) {
	t.Parallel()
	service, _ := stocked(t, kb.Config{EmbedBatch: 16})
	err := service.Reindex(t.Context(), &moody{Embedder: &kbtest.Embedder{Fingerprint: "next"}, refuses: "topic37"}, func(int, int) {})
	if !errors.Is(err, kb.ErrEmbedding) || !errors.Is(err, errUnknown) || !strings.Contains(err.Error(), `question of article "a37" in en`) {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "tell me") {
		t.Errorf("the text itself is in the error: %v", err)
	}
}

func TestReindexWaitsForAFullEngine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service, store := stocked(t, kb.Config{EmbedBatch: 16})
		m := &moody{Embedder: &kbtest.Embedder{Fingerprint: "next"}, delay: time.Minute}
		began := time.Now()
		m.full.Store(0)
		filled := false
		if err := service.Reindex(t.Context(), m, func(done, _ int) {
			if done > 60 && !filled {
				filled = true
				m.full.Store(3)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited < 10*time.Second || waited > 20*time.Second { // 3 refusals × at most 5 s
			t.Errorf("waited %v", waited)
		}
		if covered, _ := store.Coverage(t.Context(), "next"); covered.Embedded != 150 {
			t.Errorf("%+v", covered)
		}
	})
}

func TestAPublicationMeetsASwitchAndIsEmbeddedAgain(t *testing.T) {
	t.Parallel()
	store, follower := kbtest.NewStore(), &following{now: "kbtest-1"}
	service, err := kb.NewService(kb.Config{Store: store, Embedder: follower, EmbedBatch: 1, Follow: func(_ context.Context, f string) error {
		if follower.stuck {
			return errors.New("not loaded")
		}
		follower.now = f
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	save(t, service, "a", "en", "first")
	store.Use("next")
	save(t, service, "b", "en", "second") // refused, followed, embedded again
	follower.turnAt = follower.calls + 2
	follower.turnTo = "next"
	follower.now = "kbtest-1" // the engine is swapped between two batches
	save(t, service, "c", "en", "third")
	if covered, err := store.Coverage(t.Context(), "next"); err != nil || covered.Embedded != 6 || covered.Variants != 9 {
		t.Fatalf("%+v, %v", covered, err)
	}
	follower.now, follower.turnAt, follower.stuck = "kbtest-1", 0, true
	_, err = service.Save(t.Context(), identity.System(), kb.Article{Site: 1, ID: "d", Locale: "en", Title: "D", Questions: []string{"d"}, Answer: "D."})
	if !errors.Is(err, kb.ErrModel) || !errors.Is(err, kb.ErrEmbedding) {
		t.Fatalf("a node that cannot follow: %v", err)
	}
}

func TestAPublicationThatMetASwitchIsLearntFromOnlyAfterwards(t *testing.T) {
	t.Parallel()
	store, follower := &hasty{Store: kbtest.NewStore()}, &following{now: "kbtest-1"}
	service, err := kb.NewService(kb.Config{Store: store, Embedder: follower, Follow: func(_ context.Context, f string) error {
		follower.now = f
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	topics(t, service, 12)
	store.Use("next")
	save(t, service, "new", "en", "first", "second", "third")
	if store.nils.Load() != 1 {
		t.Errorf("%d commits without learning, want the second attempt's", store.nils.Load())
	}
	if covered, err := store.Coverage(t.Context(), "next"); err != nil || covered.Embedded != 5 {
		t.Fatalf("%+v, %v", covered, err)
	}
}

// following is an embedder whose model can be exchanged.
type following struct {
	now    string
	calls  int
	turnAt int // the call from which on turnTo answers; 0 = none
	turnTo string
	stuck  bool
}

func (f *following) model() *kbtest.Embedder {
	if f.calls++; f.turnAt > 0 && f.calls >= f.turnAt {
		f.now = f.turnTo
	}
	return &kbtest.Embedder{Fingerprint: f.now}
}

func (f *following) EmbedQuestion(ctx context.Context, s string) ([]float32, string, error) {
	return f.model().EmbedQuestion(ctx, s)
}

func (f *following) EmbedPassages(ctx context.Context, texts []string) ([][]float32, string, error) {
	return f.model().EmbedPassages(ctx, texts)
}
