package kb_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

// slowLearner holds up the first who learns (who learns asks the articles' own
// questions) after it was armed.
type slowLearner struct {
	kbtest.Embedder
	armed, learning, goOn chan struct{}
	once                  sync.Once
}

func (s *slowLearner) EmbedQuestion(ctx context.Context, text string) ([]float32, string, error) {
	select {
	case <-s.armed:
		s.once.Do(func() {
			close(s.learning)
			<-s.goOn
		})
	default:
	}
	return s.Embedder.EmbedQuestion(ctx, text)
}

// A rollback takes effect at once, also while another publication learns.
func TestWhatIsPublishedAtOnceWaitsForNobodysLearning(t *testing.T) {
	t.Parallel()
	store, learner := kbtest.NewStore(), &slowLearner{armed: make(chan struct{}), learning: make(chan struct{}), goOn: make(chan struct{})}
	s, err := kb.NewService(kb.Config{Store: store, Embedder: learner})
	if err != nil {
		t.Fatal(err)
	}
	topics(t, s, 20)
	close(learner.armed)
	saved := make(chan error, 1)
	go func() {
		_, err := s.Save(t.Context(), identity.System(), kb.Article{Site: 1, ID: "slow", Locale: "en", Title: "slow", Questions: []string{"where is the slow one", "how slow", "why slow"}, Answer: "x"})
		saved <- err
	}()
	select {
	case <-learner.learning:
	case err := <-saved:
		t.Fatalf("published without learning: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // it takes milliseconds
	defer cancel()
	if err := s.PublishAtOnce(ctx, identity.System(), kb.Article{Site: 1, ID: "fast", Locale: "en", Title: "fast", Questions: []string{"where is the fast one", "how fast", "why fast"}, Answer: "y"}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Article(t.Context(), identity.Everything(), 1, "fast", "en"); err != nil {
		t.Errorf("not published while another publication learns: %v", err)
	}
	if _, err := store.Article(t.Context(), identity.Everything(), 1, "slow", "en"); err == nil {
		t.Error("the slow one is published already: nothing was tested")
	}
	close(learner.goOn)
	if err := <-saved; err != nil {
		t.Fatal(err)
	}
	if a, ok := adaptation(t, store, "kbtest-1"); !ok || len(a.Head) == 0 {
		t.Error("nothing is learnt in the end")
	}
}
