package postgres

import (
	"context"
	"fmt"
	"testing"

	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

// hurried is a store in which something is published before every search.
type hurried struct {
	*Knowledge
	publish func()
}

func (h *hurried) Search(ctx context.Context, scope identity.Scope, q kb.SearchQuery) (kb.Found, error) {
	h.publish()
	return h.Knowledge.Search(ctx, scope, q)
}

// Statistics that are always one publication old know none of the texts that are
// published: the article must be found all the same.
func TestAnArticleIsFoundThoughEachSearchMeetsANewPublication(t *testing.T) {
	t.Parallel()
	pool, err := Open(t.Context(), pgtest.New(t), 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	writer, err := kb.NewService(kb.Config{Store: NewKnowledge(pool), Embedder: &kbtest.Embedder{}})
	if err != nil {
		t.Fatal(err)
	}
	version := uint32(0)
	publish := func() {
		a, err := writer.Save(t.Context(), identity.System(), kb.Article{
			Site: 1, ID: "refund", Locale: "en", Title: "Refunds", Answer: fmt.Sprintf("Refunds take %d days.", version+1), Questions: []string{"how do I get a refund"},
		})
		if err != nil {
			t.Error(err)
		}
		version = a.Version
	}
	publish()
	reader, err := kb.NewService(kb.Config{Store: &hurried{NewKnowledge(pool), publish}, Embedder: &kbtest.Embedder{}})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		before := version
		found, err := reader.Search(t.Context(), identity.Scope{Sites: []int32{1}, AllDepartments: true}, kb.Query{Site: 1, Text: "How do I get a refund?", Locale: "en"})
		if err != nil {
			t.Fatal(err)
		}
		if version < before+2 {
			t.Fatalf("%d publications came between: the test tests nothing", version-before)
		}
		if len(found.Candidates) != 1 || !found.Candidates[0].Exact || found.Candidates[0].Article != "refund" || found.Candidates[0].Locale != "en" {
			t.Fatalf("%+v", found.Candidates)
		}
	}
}
