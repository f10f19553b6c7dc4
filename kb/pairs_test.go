package kb_test

import (
	"testing"

	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

func TestOneVariantThatFitsSpeaksForItsArticleToThePairModel(t *testing.T) {
	t.Parallel()
	model := &pairs{likes: "train to the old town"}
	s, err := kb.NewService(kb.Config{Store: kbtest.NewStore(), Embedder: &kbtest.Embedder{}, Pairs: model})
	if err != nil {
		t.Fatal(err)
	}
	save(t, s, "many", "en", "train to the town", "train to the old town", "train to the big town")
	save(t, s, "one", "en", "train to the next town")
	model.calls = nil
	r := ask(t, s, "which train to the town")
	if len(model.calls) != 1 || len(model.calls[0]) != 4 {
		t.Fatalf("read %q, want three variants of one article and the other's one, in one call", model.calls)
	}
	for _, c := range r.Candidates {
		if fits := c.Pair > 0.98; fits != (c.Article == "many") {
			t.Errorf("%s has %g", c.Article, c.Pair)
		}
	}
}
