package kb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

// topics imports n articles that are asked for in four ways each.
func topics(t *testing.T, s *kb.Service, n int) {
	t.Helper()
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, `{"id":"a%d","title":"topic%d","locale":"en","answer":"x","questions":["where topic%d alpha","how topic%d beta","why topic%d gamma","when topic%d delta"]}`+"\n", i, i, i, i, i, i)
	}
	if _, err := s.Import(t.Context(), identity.System(), strings.NewReader(lines.String()), kb.ImportOptions{Site: 1}); err != nil {
		t.Fatal(err)
	}
}

func adaptation(t *testing.T, store *kbtest.Store, fingerprint string) (kb.Adaptation, bool) {
	t.Helper()
	corpus, err := store.Corpus(t.Context(), 1, "")
	if err != nil {
		t.Fatal(err)
	}
	a, ok := corpus.Adaptations[fingerprint]
	return a, ok
}

func TestWhatIsPublishedIsLearntFromInTheSameCommit(t *testing.T) {
	t.Parallel()
	s, store, _ := setup(t)
	topics(t, s, 20)
	before, ok := adaptation(t, store, "kbtest-1")
	if !ok || len(before.Head) == 0 || before.Answer == 0 {
		t.Fatalf("%v %+v", ok, before)
	}
	corpus, _ := store.Corpus(t.Context(), 1, "")
	save(t, s, "new", "en", "where is the zebra", "how is the zebra", "why is the zebra")
	after, _ := adaptation(t, store, "kbtest-1")
	now, _ := store.Corpus(t.Context(), 1, "")
	if string(after.Head) == string(before.Head) || now.Epoch != corpus.Epoch+1 {
		t.Fatalf("the head is the former one, or came later: epochs %d, %d", corpus.Epoch, now.Epoch)
	}
	r := ask(t, s, "tell me of the zebra please")
	if top := r.Candidates[0]; top.Article != "new" || top.Head < 0.5 || top.Base == 0 || r.Features.Head != top.Head || !r.Features.AgreeHead {
		t.Fatalf("%+v", r)
	}
	if err := s.Archive(t.Context(), identity.System(), 1, "new", ""); err != nil {
		t.Fatal(err)
	}
	if r := ask(t, s, "tell me of the zebra please"); len(r.Candidates) > 0 && (r.Candidates[0].Article == "new" || r.Confidence > 0.3) {
		t.Fatalf("%+v", r)
	}
}

func TestAKnowledgeBaseThatShrinksForgetsWhatItLearnt(t *testing.T) {
	t.Parallel()
	s, store, _ := setup(t)
	topics(t, s, 12)
	for i := range 11 {
		if err := s.Archive(t.Context(), identity.System(), 1, fmt.Sprintf("a%d", i), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Calibrate(t.Context(), 1); err != nil { // as Run does, after an archiving
		t.Fatal(err)
	}
	if _, ok := adaptation(t, store, "kbtest-1"); ok {
		t.Fatal("one article is left, and what was learnt of twelve")
	}
	if r := ask(t, s, "how topic11 beta"); len(r.Candidates) != 1 || !r.Candidates[0].Exact || r.Candidates[0].Head != 0 {
		t.Fatalf("%+v", r.Candidates)
	}
}

func TestAStaleHeadNeverBringsBackWhatIsArchivedNorHidesWhatIsNew(t *testing.T) {
	t.Parallel()
	s, store, embedder := setup(t)
	topics(t, s, 20)
	if err := store.Archive(t.Context(), identity.Everything(), 1, "a3", "", time.Now(), nil); err != nil { // nothing is learnt from it
		t.Fatal(err)
	}
	for _, c := range ask(t, s, "topic3 alpha").Candidates {
		if c.Article == "a3" {
			t.Fatal("archived, and found")
		}
	}
	vectors, _, err := embedder.EmbedPassages(t.Context(), []string{"where is the quagga"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Publish(t.Context(), identity.Everything(), kb.Publication{Site: 1, Fingerprint: "kbtest-1", Articles: []kb.IndexedArticle{{
		Article:  kb.Article{Site: 1, ID: "quagga", Locale: "en", Title: "Q", Questions: []string{"where is the quagga"}, Answer: "Gone."},
		Variants: []kb.IndexedVariant{{Kind: kb.KindQuestion, Content: "where is the quagga", Vector: vectors[0], Terms: []string{"quagga"}, Weights: []float32{1}}},
	}}}); err != nil {
		t.Fatal(err)
	}
	r := ask(t, s, "is the quagga somewhere")
	if top := r.Candidates[0]; top.Article != "quagga" || top.Head != 0 || top.Score != top.Base {
		t.Fatalf("an article that the head does not know must stand on its own score: %+v", top)
	}
}

func TestAnExactQuestionWinsWhateverTheHeadSays(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	topics(t, s, 20)
	save(t, s, "thief", "en", "topic5 gamma here", "topic5 delta there", "topic5 beta too", "why topic5 gamma why")
	if r := ask(t, s, "Why topic5 gamma?"); r.Candidates[0].Article != "a5" || !r.Candidates[0].Exact || r.Confidence < 0.95 {
		t.Fatalf("%+v", r.Candidates[0])
	}
}

func TestADamagedHeadIsNoHeadAndIsLearntAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, store, _ := setup(t)
		topics(t, s, 20)
		a, _ := adaptation(t, store, "kbtest-1")
		good := string(a.Head)
		a.Head = []byte(good[:len(good)/2])
		corpus, _ := store.Corpus(t.Context(), 1, "")
		if err := store.Adapt(t.Context(), 1, kb.Learnt{Epoch: corpus.Epoch, Fingerprint: "kbtest-1", Adaptation: &a}); err != nil {
			t.Fatal(err)
		}
		other, err := kb.NewService(kb.Config{Store: store, Embedder: &kbtest.Embedder{}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- other.Run(ctx) }()
		if r := ask(t, other, "say topic7 alpha"); len(r.Candidates) == 0 || r.Candidates[0].Article != "a7" || r.Candidates[0].Head != 0 {
			t.Errorf("%+v", r.Candidates)
		}
		<-time.After(5 * time.Second)
		synctest.Wait()
		if a, _ := adaptation(t, store, "kbtest-1"); string(a.Head) != good {
			t.Error("it was not learnt anew, or otherwise")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestAtItsStartAServerLearnsWhatIsMissing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, store, _ := setup(t)
		topics(t, s, 20)
		next := &kbtest.Embedder{Fingerprint: "next"}
		if err := s.Reindex(t.Context(), next, func(int, int) {}); err != nil {
			t.Fatal(err)
		}
		if a, ok := adaptation(t, store, "next"); !ok || len(a.Head) == 0 {
			t.Fatal("embedding anew did not learn for the next model")
		}
		fresh := kbtest.NewStore()
		upgraded, err := kb.NewService(kb.Config{Store: &forgetful{Store: fresh}, Embedder: &kbtest.Embedder{}})
		if err != nil {
			t.Fatal(err)
		}
		topics(t, upgraded, 20) // stored without an adaptation
		if _, ok := adaptation(t, fresh, "kbtest-1"); ok {
			t.Fatal("something was learnt")
		}
		server, err := kb.NewService(kb.Config{Store: fresh, Embedder: &kbtest.Embedder{}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- server.Run(ctx) }()
		<-time.After(5 * time.Second)
		synctest.Wait()
		if a, ok := adaptation(t, fresh, "kbtest-1"); !ok || len(a.Head) == 0 {
			t.Error("nothing was learnt")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// forgetful is a store of a version that learnt nothing.
type forgetful struct{ *kbtest.Store }

func (f *forgetful) Publish(ctx context.Context, scope identity.Scope, p kb.Publication) ([]kb.Article, error) {
	p.Learnt = nil
	return f.Store.Publish(ctx, scope, p)
}

// hasty is a store to which another node publishes between reading and committing.
type hasty struct {
	*kbtest.Store
	others atomic.Int32 // publications that are still to come
	nils   atomic.Int32 // commits without anything learnt
}

func (h *hasty) Publish(ctx context.Context, scope identity.Scope, p kb.Publication) ([]kb.Article, error) {
	if h.others.Add(-1) >= 0 {
		if err := h.Adapt(ctx, 1, kb.Learnt{Fingerprint: fmt.Sprint("other", h.others.Load())}); err != nil { // raises the epoch
			return nil, err
		}
	}
	if p.Learnt == nil {
		h.nils.Add(1)
	}
	return h.Store.Publish(ctx, scope, p)
}

func TestAChangeThatMeetsAnotherIsLearntFromAnewAndNeverLost(t *testing.T) {
	t.Parallel()
	store := &hasty{Store: kbtest.NewStore()}
	s, err := kb.NewService(kb.Config{Store: store, Embedder: &kbtest.Embedder{}})
	if err != nil {
		t.Fatal(err)
	}
	topics(t, s, 12)
	store.others.Store(2)
	save(t, s, "patient", "en", "patient one", "patient two", "patient three")
	if store.nils.Load() != 0 {
		t.Error("two others are no reason to publish without learning")
	}
	store.others.Store(100)
	save(t, s, "hurried", "en", "hurried one", "hurried two", "hurried three")
	if store.nils.Load() != 1 {
		t.Errorf("%d commits without learning, want one", store.nils.Load())
	}
	for _, id := range []string{"patient", "hurried"} {
		if r := ask(t, s, id+" two"); r.Candidates[0].Article != id {
			t.Errorf("%s is not found", id)
		}
	}
}

// pairs is a pair model that likes one text.
type pairs struct {
	likes string
	short bool
	off   bool
	fail  error
	mu    sync.Mutex // guards calls
	calls [][]string
}

func (p *pairs) ScorePairs(_ context.Context, _ string, texts []string) ([]float32, string, error) {
	p.mu.Lock()
	p.calls = append(p.calls, texts)
	p.mu.Unlock()
	if p.fail != nil || p.off {
		return nil, "", p.fail
	}
	out := make([]float32, len(texts))
	for i, s := range texts {
		out[i] = 0.01
		if s == p.likes {
			out[i] = 0.99
		}
	}
	if p.short {
		return out[:0], "pairs", nil
	}
	return out, "pairs", nil
}

func TestThePairModelReadsTheBestAndOrdersThem(t *testing.T) {
	t.Parallel()
	model := &pairs{}
	s, err := kb.NewService(kb.Config{Store: kbtest.NewStore(), Embedder: &kbtest.Embedder{}, Pairs: model})
	if err != nil {
		t.Fatal(err)
	}
	save(t, s, "to", "en", "train from here to there")
	save(t, s, "fro", "en", "train from there to here")
	for i := range 9 {
		save(t, s, fmt.Sprint("other", i), "en", fmt.Sprintf("train number%d", i))
	}
	for likes, want := range map[string]string{"train from here to there": "to", "train from there to here": "fro"} {
		model.likes, model.calls = likes, nil
		r := ask(t, s, "from here is there a train to there")
		if top := r.Candidates[0]; top.Article != want || top.Pair < 0.98 || r.Features.Pair != top.Pair || r.Features.PairMargin < 0.9 || len(model.calls) != 1 || len(model.calls[0]) != 2 { // the others are out of its reach
			t.Fatalf("%s: %+v, read %q", want, top, model.calls)
		}
	}
	model.calls = nil
	if ask(t, s, "which train number"); len(model.calls) != 1 || len(model.calls[0]) != 5 {
		t.Errorf("of nine that are as near it read %q, want five", model.calls)
	}
	model.calls = nil
	if r := ask(t, s, "Train number3"); !r.Candidates[0].Exact || len(model.calls) != 0 {
		t.Errorf("an exact match needs no reading: %q", model.calls)
	}
	model.off = true
	if r := ask(t, s, "train from here"); r.Candidates[0].Pair != 0 || r.Features.Pair != 0 {
		t.Errorf("switched off, and scored: %+v", r.Candidates[0])
	}
	model.off, model.short = false, true
	if _, err := s.Search(t.Context(), identity.Everything(), kb.Query{Site: 1, Text: "train from here"}); !errors.Is(err, kb.ErrEmbedding) {
		t.Errorf("too few scores: %v", err)
	}
	full := errors.New("overloaded")
	model.short, model.fail = false, full
	if _, err := s.Search(t.Context(), identity.Everything(), kb.Query{Site: 1, Text: "train from here"}); !errors.Is(err, full) || !errors.Is(err, kb.ErrEmbedding) {
		t.Errorf("a model that fails is an error: %v", err)
	}
}
