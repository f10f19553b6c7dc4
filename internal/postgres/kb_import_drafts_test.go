package postgres

import (
	"errors"
	"testing"

	"frontdesk/kb"
)

func TestAnImportRenewsItsDraftUnlessAPersonHasTouchedIt(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	e, err := kb.NewEditorial(kb.EditorialConfig{Service: l.Service, Store: l.store})
	if err != nil {
		t.Fatal(err)
	}
	page := article("from-page-1", "en", "what is on the page")
	page.Site = 1
	bring := func(answer string, want kb.DraftOutcome) {
		t.Helper()
		a := page
		a.Answer = answer
		if got, err := e.ImportDraft(t.Context(), l.admin, a); err != nil || got != want {
			t.Fatalf("%q: %s, %v, want %s", answer, got, err, want)
		}
	}
	bring("first", kb.DraftSaved)
	bring("first", kb.DraftSame)
	bring("the page has changed", kb.DraftSaved)
	d, err := e.Draft(t.Context(), l.admin, 1, page.ID, "en")
	if err != nil || d.Answer != "the page has changed" {
		t.Fatalf("%+v, %v", d, err)
	}
	d.Answer = "put better by a person"
	if _, err := e.SaveDraft(t.Context(), l.admin, d); err != nil {
		t.Fatal(err)
	}
	bring("the page has changed again", kb.DraftLeft)
	if d, err = e.Draft(t.Context(), l.admin, 1, page.ID, "en"); err != nil || d.Answer != "put better by a person" {
		t.Fatalf("%+v, %v", d, err)
	}
	if _, err := l.Get(t.Context(), l.admin, 1, page.ID, "en"); !errors.Is(err, kb.ErrNotFound) {
		t.Fatalf("published by itself: %v", err)
	}

	l.save(article("said", "en", "what is said"))
	changed := article("said", "en", "what is said")
	changed.Site, changed.Answer, changed.Version = 1, "To be read first.", 1
	if got, err := e.ImportDraft(t.Context(), l.admin, changed); err != nil || got != kb.DraftSaved {
		t.Fatalf("%s, %v", got, err)
	}
	if a, err := l.Get(t.Context(), l.admin, 1, "said", "en"); err != nil || a.Version != 1 || a.Answer == changed.Answer {
		t.Fatalf("%+v, %v", a, err)
	}
}
