package kb_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

// ailing is an embedder that fails on demand.
type ailing struct {
	kbtest.Embedder
	down atomic.Bool
}

func (m *ailing) EmbedQuestion(ctx context.Context, text string) ([]float32, string, error) {
	if m.down.Load() {
		return nil, "", errors.New("down")
	}
	return m.Embedder.EmbedQuestion(ctx, text)
}

// running is a service whose Run goes on until the test ends.
func running(t *testing.T, cfg kb.Config) *kb.Service {
	t.Helper()
	s, err := kb.NewService(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func epochOf(t *testing.T, store *kbtest.Store) int64 {
	t.Helper()
	corpus, err := store.Corpus(t.Context(), 1, "")
	if err != nil {
		t.Fatal(err)
	}
	return corpus.Epoch
}

func TestWhatAnotherVersionLearntIsLearntAnewOnceAndOnlyForTheModelInUse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fingerprint string
		version     int
		learnt      bool
	}{
		"an older one, of the model in use": {"kbtest-1", 1, true},
		"an older one, of a former model":   {"former", 1, false},
		"a newer one":                       {"kbtest-1", 1000, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				first, store, _ := setup(t)
				topics(t, first, 20)
				a, _ := adaptation(t, store, "kbtest-1")
				a.Version = c.version
				if err := store.Adapt(t.Context(), 1, kb.Learnt{Epoch: epochOf(t, store), Fingerprint: c.fingerprint, Adaptation: &a}); err != nil {
					t.Fatal(err)
				}
				before := epochOf(t, store)
				s := running(t, kb.Config{Store: store, Embedder: &kbtest.Embedder{}})
				for range 100 {
					ask(t, s, "say topic7 alpha")
					pass(10 * time.Second)
				}
				now, _ := adaptation(t, store, c.fingerprint)
				if (now.Version != c.version) != c.learnt {
					t.Errorf("version %d, was %d", now.Version, c.version)
				}
				if after := epochOf(t, store); (after == before+1) != c.learnt || after > before+1 {
					t.Errorf("epoch %d, was %d", after, before)
				}
			})
		})
	}
}

func TestLearningThatFailedIsTriedAgainAndLessAndLessOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, m := kbtest.NewStore(), &ailing{}
		s := running(t, kb.Config{Store: store, Embedder: m})
		m.down.Store(true)
		topics(t, s, 20)
		if _, ok := adaptation(t, store, "kbtest-1"); ok {
			t.Fatal("it learnt without a model")
		}
		pass(time.Hour)
		m.down.Store(false)
		ask(t, s, "say topic7 alpha")
		pass(time.Minute)
		if a, ok := adaptation(t, store, "kbtest-1"); !ok || len(a.Head) == 0 {
			t.Error("the model answers again, and nothing was learnt")
		}
	})
}

func TestWhatWasPublishedDuringASwitchIsLearntAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := kbtest.NewStore()
		first := running(t, kb.Config{Store: store, Embedder: &kbtest.Embedder{}})
		topics(t, first, 20)
		next := &kbtest.Embedder{Fingerprint: "next"}
		if err := first.Reindex(t.Context(), next, func(int, int) {}); err != nil {
			t.Fatal(err)
		}
		save(t, first, "zebra", "en", "where is the zebra", "how is the zebra", "why is the zebra") // after next has learnt
		rest, err := store.Unembedded(t.Context(), "next", 0, 100)
		if err != nil || len(rest) == 0 {
			t.Fatal(rest, err)
		}
		vectors, err := first.EmbedVariants(t.Context(), next, "next", rest)
		if err != nil {
			t.Fatal(err)
		}
		ids := make([]int64, len(rest))
		for i, v := range rest {
			ids[i] = v.ID
		}
		if err := store.AddVectors(t.Context(), "next", ids, vectors); err != nil {
			t.Fatal(err)
		}
		store.Use("next")
		s := running(t, kb.Config{Store: store, Embedder: next})
		ask(t, s, "tell me of the zebra please")
		pass(time.Minute)
		if r := ask(t, s, "tell me of the zebra please"); r.Candidates[0].Article != "zebra" || r.Candidates[0].Head == 0 {
			t.Errorf("the head does not know what was published before the switch: %+v", r.Candidates[0])
		}
	})
}

// slow is a pair model that takes its time.
type slow struct {
	pairs
	each atomic.Int64
}

func (p *slow) ScorePairs(ctx context.Context, question string, texts []string) ([]float32, string, error) {
	select {
	case <-time.After(time.Duration(p.each.Load())):
	case <-ctx.Done():
		return nil, "", context.Cause(ctx)
	}
	return p.pairs.ScorePairs(ctx, question, texts)
}

func TestNoEditorWaitsLongForLearning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, model := kbtest.NewStore(), &slow{}
		s := running(t, kb.Config{Store: store, Embedder: &kbtest.Embedder{}, Pairs: model})
		topics(t, s, 60)
		model.each.Store(int64(200 * time.Millisecond))
		began := time.Now()
		if err := s.Archive(t.Context(), identity.System(), 1, "a3", ""); err != nil || time.Since(began) > time.Second {
			t.Errorf("archived after %v: %v", time.Since(began), err)
		}
		began = time.Now()
		save(t, s, "late", "en", "late one", "late two", "late three")
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("saved after %v", took)
		}
		if r := ask(t, s, "late two"); r.Candidates[0].Article != "late" {
			t.Error("saved, and not found")
		}
		pass(10 * time.Minute)
		if r := ask(t, s, "please tell me of late two now"); r.Candidates[0].Head == 0 {
			t.Error("and nothing was learnt of it afterwards")
		}
		for i := range 2 {
			if r := ask(t, s, fmt.Sprintf("say topic%d alpha", 3+i)); (r.Candidates[0].Article == "a3") || r.Confidence == 0 {
				t.Errorf("%+v", r.Candidates[0])
			}
		}
	})
}
