package postgres

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// topics imports n articles, enough to learn from.
func (l *library) topics(n int) {
	l.t.Helper()
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, `{"id":"a%d","title":"topic%d","locale":"en","answer":"x","questions":["where topic%d alpha","how topic%d beta","why topic%d gamma","when topic%d delta"]}`+"\n", i, i, i, i, i, i)
	}
	if _, err := l.Import(l.t.Context(), l.admin, strings.NewReader(lines.String()), kb.ImportOptions{Site: 1}); err != nil {
		l.t.Fatal(err)
	}
}

func (l *library) corpus(fingerprint string) kb.Corpus {
	l.t.Helper()
	c, err := l.store.Corpus(l.t.Context(), 1, fingerprint)
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

func TestAVersionItsIndexAndWhatWasLearntAreOneCommit(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.topics(20)
	before := l.corpus("")
	if a := before.Adaptations["kbtest-1"]; len(a.Head) == 0 || a.Answer == 0 {
		t.Fatalf("%+v", before.Adaptations)
	}
	for i, v := range l.corpus("kbtest-1").Variants {
		want, _, err := l.embedder.EmbedPassages(t.Context(), []string{v.Content})
		if err != nil || len(v.Vector) != len(want[0]) {
			t.Fatalf("variant %d: %d values, %v", i, len(v.Vector), err)
		}
		for j, x := range v.Vector { // halves keep 11 bits
			if d := x - want[0][j]; d > 1e-3 || d < -1e-3 {
				t.Fatalf("variant %d: %v, want %v", i, x, want[0][j])
			}
		}
	}
	l.save(article("zebra", "en", "where is the zebra", "how is the zebra", "why is the zebra"))
	after := l.corpus("")
	if after.Epoch != before.Epoch+1 || string(after.Adaptations["kbtest-1"].Head) == string(before.Adaptations["kbtest-1"].Head) {
		t.Fatalf("epoch %d after %d, or the former head", after.Epoch, before.Epoch)
	}
	// What cannot be stored takes the version and the index with it.
	l.exec(`ALTER TABLE kb_heads ADD CONSTRAINT broken CHECK (octet_length(head) = 1) NOT VALID`)
	variants := l.count(`SELECT count(*) FROM kb_variants`)
	if _, err := l.Save(t.Context(), l.admin, kb.Article{Site: 1, ID: "lost", Locale: "en", Title: "L", Questions: []string{"lost"}, Answer: "L."}); err == nil {
		t.Fatal("saved without its head")
	}
	now := l.corpus("")
	if now.Epoch != after.Epoch || l.count(`SELECT count(*) FROM kb_variants`) != variants || l.count(`SELECT count(*) FROM kb_versions WHERE article_id = 'lost'`) != 0 {
		t.Fatal("half of it was stored")
	}
	// What must not be said any more waits for nothing that is learnt.
	if err := l.Archive(t.Context(), l.admin, 1, "zebra", ""); err != nil || l.count(`SELECT count(*) FROM kb_variants WHERE article_id = 'zebra'`) != 0 {
		t.Fatalf("archived: %v", err)
	}
}

func TestNodesThatPublishAtOnceEachLearnFromAllThatIsThere(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.topics(12)
	var nodes sync.WaitGroup
	for node := range 3 {
		service, err := kb.NewService(kb.Config{Store: l.store, Embedder: l.embedder})
		if err != nil {
			t.Fatal(err)
		}
		nodes.Go(func() {
			for i := range 4 {
				id := fmt.Sprintf("node%d-%d", node, i)
				a := kb.Article{Site: 1, ID: id, Locale: "en", Title: id, Questions: []string{"one " + id, "two " + id, "three " + id}, Answer: "x"}
				if _, err := service.Save(t.Context(), l.admin, a); err != nil {
					t.Error(err)
				}
			}
		})
	}
	nodes.Wait()
	// Every article is there; whoever could not wait is learnt from by the next change.
	l.save(article("last", "en", "the very last", "the very last of all", "and the last"))
	reader, err := kb.NewService(kb.Config{Store: l.store, Embedder: l.embedder})
	if err != nil {
		t.Fatal(err)
	}
	for node := range 3 {
		for i := range 4 {
			id := fmt.Sprintf("node%d-%d", node, i)
			r, err := reader.Search(t.Context(), identity.Everything(), kb.Query{Site: 1, Text: "is it " + id, Locale: "en"})
			if err != nil || len(r.Candidates) == 0 {
				t.Fatal(err)
			}
			if top := r.Candidates[0]; top.Article != id || top.Head == 0 {
				t.Errorf("%s: %s, head %v", id, top.Article, top.Head)
			}
		}
	}
}

func TestWhatWasLearntOfAFormerStateIsRefused(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.topics(8)
	l.exec(`UPDATE kb_epochs SET epoch = epoch + 5`)
	corpus := l.corpus("")
	_, err := l.store.Publish(t.Context(), identity.Everything(), kb.Publication{
		Site: 1, Fingerprint: "kbtest-1", Learnt: &kb.Learnt{Epoch: corpus.Epoch - 1, Fingerprint: "kbtest-1"},
	})
	if err == nil || !strings.Contains(err.Error(), kb.ErrMoved.Error()) || l.corpus("").Epoch != corpus.Epoch {
		t.Fatalf("got %v", err)
	}
}
