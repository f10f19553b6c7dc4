package kb_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

func TestWhatWasLearntWithAnotherPairModelIsLearntAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, model := kbtest.NewStore(), &pairs{}
		s, err := kb.NewService(kb.Config{Store: store, Embedder: &kbtest.Embedder{}, Pairs: model})
		if err != nil {
			t.Fatal(err)
		}
		topics(t, s, 20)
		if a, ok := adaptation(t, store, "kbtest-1"); !ok || a.PairModel != "pairs" {
			t.Fatalf("learnt with %q", a.PairModel)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		epoch := func() int64 {
			corpus, err := store.Corpus(ctx, 1, "")
			if err != nil {
				t.Fatal(err)
			}
			return corpus.Epoch
		}
		wait := func() {
			<-time.After(10 * time.Second)
			synctest.Wait()
		}
		question := func() {
			if _, err := s.Search(ctx, identity.Everything(), kb.Query{Site: 1, Text: "tell me of topic3 beta"}); err != nil {
				t.Fatal(err)
			}
		}
		first := epoch()
		question()
		wait()
		if epoch() != first {
			t.Error("learnt anew, with the same pair model")
		}
		model.off = true // frontdesk model use none --task rerank
		question()
		wait()
		if a, _ := adaptation(t, store, "kbtest-1"); a.PairModel != "" || epoch() != first+1 {
			t.Errorf("the confidence still counts on %q; epochs %d, %d", a.PairModel, first, epoch())
		}
		model.off = false
		question()
		wait()
		if epoch() != first+1 {
			t.Error("a server with another model learns against this one at once")
		}
		<-time.After(2 * time.Minute)
		question()
		wait()
		if a, _ := adaptation(t, store, "kbtest-1"); a.PairModel != "pairs" {
			t.Errorf("back in use, and the confidence knows nothing of it: %q", a.PairModel)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
