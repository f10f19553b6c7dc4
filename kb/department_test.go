package kb_test

import (
	"context"
	"strings"
	"testing"

	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

func TestAnEditThatNamesNoDepartmentKeepsTheWall(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	ctx := t.Context()
	a := kb.Article{Site: 1, Department: 7, ID: "salary", Locale: "en", Title: "Salary", Questions: []string{"when is pay day"}, Answer: "The 25th."}
	if _, err := s.Save(ctx, identity.System(), a); err != nil {
		t.Fatal(err)
	}
	a.Department, a.Answer = 0, "The 26th."
	saved, err := s.Save(ctx, identity.System(), a)
	if err != nil || saved.Department != 7 || saved.Version != 2 {
		t.Fatalf("after an edit: %+v, %v", saved, err)
	}
	line := `{"id":"salary","title":"Salary","locale":"en","questions":["when is pay day"],"answer":"The 27th.","tags":[]}`
	if _, err := s.Import(ctx, identity.System(), strings.NewReader(line), kb.ImportOptions{Site: 1}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(ctx, identity.System(), 1, "salary", "en")
	if err != nil || got.Department != 7 || got.Answer != "The 27th." {
		t.Fatalf("after an import: %+v, %v", got, err)
	}
}

// restless publishes during every search.
type restless struct {
	*kbtest.Store
	epoch int64
}

func (r *restless) Search(ctx context.Context, scope identity.Scope, q kb.SearchQuery) (kb.Found, error) {
	found, err := r.Store.Search(ctx, scope, q)
	r.epoch += 100
	found.Epoch = r.epoch
	return found, err
}

func TestASearchThatMeetsPublishAfterPublishStillFinds(t *testing.T) {
	t.Parallel()
	service, err := kb.NewService(kb.Config{Store: &restless{Store: kbtest.NewStore()}, Embedder: &kbtest.Embedder{}})
	if err != nil {
		t.Fatal(err)
	}
	save(t, service, "refund", "en", "how do I get a refund")
	if r := ask(t, service, "how do I get a refund"); len(r.Candidates) != 1 || r.Candidates[0].Article != "refund" {
		t.Fatalf("got %+v", r.Candidates)
	}
}
