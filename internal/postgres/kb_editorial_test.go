package postgres

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// editors is a library with its editors' side.
type editors struct {
	*library
	*kb.Editorial
	other identity.Actor
}

func newEditors(t *testing.T) *editors {
	t.Helper()
	e := &editors{library: newLibrary(t)}
	e.other = e.admin
	e.other.ID = "01900000-0000-7000-8000-000000000002"
	e.Editorial = e.node()
	return e
}

// node is another server over the same database.
func (e *editors) node() *kb.Editorial {
	e.t.Helper()
	service, err := kb.NewService(kb.Config{Store: e.store, Embedder: e.embedder})
	if err != nil {
		e.t.Fatal(err)
	}
	node, err := kb.NewEditorial(kb.EditorialConfig{Service: service, Store: e.store, Every: 20 * time.Millisecond})
	if err != nil {
		e.t.Fatal(err)
	}
	return node
}

func (e *editors) draft(a kb.Article) kb.Draft {
	e.t.Helper()
	a.Site = 1
	d, err := e.SaveDraft(e.t.Context(), e.admin, kb.Draft{Article: a})
	if err != nil {
		e.t.Fatal(err)
	}
	return d
}

func (e *editors) publish(d kb.Draft) kb.Article {
	e.t.Helper()
	saved, err := e.Publish(e.t.Context(), e.admin, 1, []kb.DraftRef{d.Ref()})
	if err != nil {
		e.t.Fatal(err)
	}
	return saved[0]
}

// first returns the article that search gives, and its answer.
func (e *editors) first(question string) (id, answer string) {
	e.t.Helper()
	r, err := e.Search(e.t.Context(), e.admin.Scope, kb.Query{Site: 1, Text: question, Locale: "en", Audience: kb.AudienceStaff})
	if err != nil {
		e.t.Fatal(err)
	}
	if len(r.Candidates) == 0 {
		return "", ""
	}
	replies, err := e.Replies(e.t.Context(), e.admin.Scope, 1, []string{r.Candidates[0].Article}, "en", kb.AudienceStaff)
	if err != nil || len(replies) == 0 {
		return "", ""
	}
	return replies[0].ID, replies[0].Answer
}

func TestADraftIsSeenByNobodyUntilItIsPublished(t *testing.T) {
	t.Parallel()
	e := newEditors(t)
	d := e.draft(kb.Article{ID: "refund", Locale: "en", Title: "Refund"})
	if d.Revision != 1 || d.State != kb.StateDraft || d.Base != 0 || d.Editor != e.admin.ID {
		t.Fatalf("%+v", d)
	}
	if _, err := e.Publish(t.Context(), e.admin, 1, []kb.DraftRef{d.Ref()}); !errors.Is(err, kb.ErrInvalid) {
		t.Fatalf("an unfinished one is published: %v", err)
	}
	if _, err := e.Submit(t.Context(), e.admin, 1, d.Ref(), ""); !errors.Is(err, kb.ErrInvalid) {
		t.Fatalf("an unfinished one is submitted: %v", err)
	}
	d.Questions, d.Answer = []string{"how do I get a refund", " "}, "In three days."
	d, err := e.SaveDraft(t.Context(), e.admin, d)
	if err != nil || d.Revision != 2 || len(d.Questions) != 1 {
		t.Fatalf("%+v, %v", d, err)
	}
	if id, _ := e.first("how do I get a refund"); id != "" {
		t.Fatal("a draft is found")
	}
	d, err = e.Submit(t.Context(), e.admin, 1, d.Ref(), "please look at the days")
	if err != nil || d.State != kb.StateReview || d.Submitter != e.admin.ID {
		t.Fatalf("%+v, %v", d, err)
	}
	if _, err := e.SendBack(t.Context(), e.other, 1, d.Ref(), " "); !errors.Is(err, kb.ErrInvalid) {
		t.Fatalf("sent back without a word: %v", err)
	}
	back, err := e.SendBack(t.Context(), e.other, 1, d.Ref(), "five days")
	if err != nil || back.State != kb.StateDraft || back.Note != "five days" || back.Reviewer != e.other.ID {
		t.Fatalf("%+v, %v", back, err)
	}
	a := e.publish(back)
	if a.Version != 1 || a.Author != e.admin.ID {
		t.Fatalf("%+v", a)
	}
	if id, answer := e.first("how do I get a refund"); id != "refund" || answer != "In three days." {
		t.Fatalf("%s %q", id, answer)
	}
	if _, err := e.Draft(t.Context(), e.admin, 1, "refund", "en"); !errors.Is(err, kb.ErrNotFound) {
		t.Fatalf("the working copy is still there: %v", err)
	}
}

func TestTwoEditorsAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	e := newEditors(t)
	d := e.draft(article("refund", "en", "how do I get a refund"))
	var wg sync.WaitGroup
	won := make(chan string, 20)
	for i := range 20 {
		wg.Go(func() {
			mine := d
			mine.Answer = string(rune('a'+i)) + " wrote this"
			saved, err := e.SaveDraft(t.Context(), e.admin, mine)
			switch {
			case err == nil:
				won <- saved.Answer
			case !errors.Is(err, kb.ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(won)
	if len(won) != 1 {
		t.Fatalf("%d editors believe that theirs is stored", len(won))
	}
	stored, err := e.Draft(t.Context(), e.admin, 1, "refund", "en")
	if err != nil || stored.Answer != <-won || stored.Revision != d.Revision+1 {
		t.Fatalf("%+v, %v", stored, err)
	}
	// The reviewer who read the former revision does not publish the new one unread.
	if _, err := e.Publish(t.Context(), e.other, 1, []kb.DraftRef{d.Ref()}); !errors.Is(err, kb.ErrConflict) {
		t.Fatalf("what nobody read is published: %v", err)
	}
	again, err := e.SaveDraft(t.Context(), e.admin, kb.Draft{Article: stored.Article})
	if err != nil || again.Revision != stored.Revision {
		t.Fatalf("the same content again is a change: %+v, %v", again, err)
	}
}

func TestAWorkingCopyOfAnOlderVersionIsNotPublishedOverTheNewer(t *testing.T) {
	t.Parallel()
	e := newEditors(t)
	e.save(article("refund", "en", "how do I get a refund"))
	a := article("refund", "en", "how do I get a refund")
	a.Answer = "From the draft."
	d := e.draft(a)
	if d.Base != 1 {
		t.Fatalf("%+v", d)
	}
	direct := article("refund", "en", "how do I get a refund")
	direct.Answer = "Published meanwhile."
	e.save(direct)
	if _, err := e.Publish(t.Context(), e.admin, 1, []kb.DraftRef{d.Ref()}); !errors.Is(err, kb.ErrConflict) {
		t.Fatalf("version 2 was never seen: %v", err)
	}
	d.Base = 2 // compared with it
	d, err := e.SaveDraft(t.Context(), e.admin, d)
	if err != nil {
		t.Fatal(err)
	}
	if a := e.publish(d); a.Version != 3 || a.Answer != "From the draft." {
		t.Fatalf("%+v", a)
	}
	same := e.draft(a)
	if same.Revision != 0 || same.Base != 3 {
		t.Fatalf("a working copy that says what is published: %+v", same)
	}
}

func TestAScheduledDraftIsPublishedOnceByManyNodes(t *testing.T) {
	t.Parallel()
	e := newEditors(t)
	var names []string
	for _, id := range []string{"one", "two", "three", "four", "five"} {
		d := e.draft(article(id, "en", "what is "+id))
		if _, err := e.Schedule(t.Context(), e.admin, 1, d.Ref(), time.Now().Add(-time.Hour)); !errors.Is(err, kb.ErrInvalid) {
			t.Fatalf("scheduled for the past: %v", err)
		}
		d, err := e.Schedule(t.Context(), e.admin, 1, d.Ref(), time.Now().Add(300*time.Millisecond))
		if err != nil || d.State != kb.StateScheduled {
			t.Fatalf("%+v, %v", d, err)
		}
		d.Answer = "underhand"
		if _, err := e.SaveDraft(t.Context(), e.admin, d); !errors.Is(err, kb.ErrScheduled) {
			t.Fatalf("a scheduled one is changed: %v", err)
		}
		names = append(names, id)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 3 {
		node := e.node()
		wg.Go(func() {
			if err := node.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	e.wait(func() bool { return e.count("SELECT count(*) FROM kb_drafts") == 0 })
	stop()
	wg.Wait()
	if n := e.count("SELECT count(*) FROM kb_versions"); n != len(names) {
		t.Fatalf("%d versions of %d articles", n, len(names))
	}
	for _, id := range names {
		if a, err := e.Get(t.Context(), e.admin, 1, id, "en"); err != nil || a.Version != 1 || a.Author != e.admin.ID {
			t.Fatalf("%+v, %v", a, err)
		}
	}
}

// wait asks until it is so; the test's own deadline ends it.
func (e *editors) wait(so func() bool) {
	e.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			e.t.Fatal("it does not come about")
		}
	}
}

func TestAFailedScheduledPublicationStaysVisibleAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	e := newEditors(t)
	good, bad := e.draft(article("good", "en", "what is good")), e.draft(article("bad", "en", "what is bad"))
	for _, d := range []kb.Draft{good, bad} {
		if _, err := e.Schedule(t.Context(), e.admin, 1, d.Ref(), time.Now().Add(200*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	direct := article("bad", "en", "what is bad")
	direct.Answer = "Published meanwhile."
	e.save(direct)
	ctx, stop := context.WithCancel(t.Context())
	node := e.node()
	var wg sync.WaitGroup
	wg.Go(func() { _ = node.Run(ctx) })
	e.wait(func() bool { return e.count("SELECT count(*) FROM kb_drafts WHERE failure <> ''") == 1 })
	stop()
	wg.Wait()
	if a, err := e.Get(t.Context(), e.admin, 1, "good", "en"); err != nil || a.Version != 1 {
		t.Fatalf("one that is at fault holds up the others: %v", err)
	}
	b, err := e.Board(t.Context(), e.admin, kb.BoardQuery{Site: 1, Show: kb.ShowFailed})
	if err != nil || len(b.Items) != 1 || b.Items[0].ID != "bad" || b.Items[0].Failure != "conflict" || b.Counts[kb.ShowFailed] != 1 {
		t.Fatalf("%+v, %v", b, err)
	}
	d, err := e.Draft(t.Context(), e.admin, 1, "bad", "en")
	if err != nil || d.Attempts == 0 || !d.RetryAt.After(time.Now()) {
		t.Fatalf("%+v, %v", d, err)
	}
	if d, err = e.Unschedule(t.Context(), e.admin, 1, d.Ref()); err != nil || d.Failure != "" || d.State != kb.StateDraft {
		t.Fatalf("%+v, %v", d, err)
	}
}

func TestWhatExpiresIsUnpublishedByItselfAndComesBack(t *testing.T) {
	t.Parallel()
	e := newEditors(t)
	a := article("sale", "en", "is there a sale")
	a.ExpiresAt = time.Now().Add(400 * time.Millisecond)
	e.publish(e.draft(a))
	if id, _ := e.first("is there a sale"); id != "sale" {
		t.Fatal("it is not said before its time is over")
	}
	epoch := e.count("SELECT epoch FROM kb_epochs WHERE site_id = 1")
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		node := e.node()
		wg.Go(func() { _ = node.Run(ctx) })
	}
	e.wait(func() bool { return e.count("SELECT count(*) FROM kb_articles WHERE ended = 'expired'") == 1 })
	stop()
	wg.Wait()
	if got := e.count("SELECT epoch FROM kb_epochs WHERE site_id = 1"); got != epoch+1 {
		t.Fatalf("the epoch rose from %d to %d", epoch, got)
	}
	if id, _ := e.first("is there a sale"); id != "" {
		t.Fatal("it is still said")
	}
	b, err := e.Board(t.Context(), e.admin, kb.BoardQuery{Site: 1, Show: kb.ShowExpired})
	if err != nil || len(b.Items) != 1 || b.Items[0].Ended != "expired" {
		t.Fatalf("%+v, %v", b, err)
	}
	back, err := e.Restore(t.Context(), e.admin, 1, "sale", "en")
	if err != nil || back.Version != 2 || back.RestoredFrom != 1 || !back.ExpiresAt.IsZero() {
		t.Fatalf("%+v, %v", back, err)
	}
	if id, _ := e.first("is there a sale"); id != "sale" {
		t.Fatal("it is not said again")
	}
}

func TestRollbackTakesEffectAtOnceUnderLoad(t *testing.T) {
	t.Parallel()
	e := newEditors(t)
	for _, answer := range []string{"First.", "Second.", "Third."} {
		a := article("refund", "en", "how do I get a refund")
		a.Answer = answer
		e.save(a)
	}
	for i := range 30 {
		e.save(article("other-"+string(rune('a'+i)), "en", "what about "+string(rune('a'+i))))
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := e.Search(ctx, e.admin.Scope, kb.Query{Site: 1, Text: "how do I get a refund", Locale: "en"}); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for range 5 {
		now, err := e.Get(t.Context(), e.admin, 1, "refund", "en")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Rollback(t.Context(), e.admin, 1, "refund", "en", 1, now.Version-1); !errors.Is(err, kb.ErrConflict) {
			t.Fatalf("rolled back from a version that is not published: %v", err)
		}
		to := uint32(1)
		if now.Answer == "First." {
			to = 2
		}
		back, err := e.Rollback(t.Context(), e.admin, 1, "refund", "en", to, now.Version)
		if err != nil || back.Version != now.Version+1 || back.RestoredFrom != to {
			t.Fatalf("%+v, %v", back, err)
		}
		if _, answer := e.first("how do I get a refund"); answer != back.Answer {
			t.Fatalf("after the rollback it says %q", answer)
		}
	}
	stop()
	wg.Wait()
	all, err := e.Versions(t.Context(), e.admin, 1, "refund", "en")
	if err != nil || len(all) != 8 || !all[0].Published || all[0].RestoredFrom == 0 || all[1].Published {
		t.Fatalf("%+v, %v", all, err)
	}
}

func TestATranslationIsOutdatedAsSoonAsTheOtherOneChanges(t *testing.T) {
	t.Parallel()
	e := newEditors(t)
	outdated := func() (out []string) {
		t.Helper()
		b, err := e.Board(t.Context(), e.admin, kb.BoardQuery{Site: 1, Show: kb.ShowOutdated})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range b.Items {
			out = append(out, r.ID+" "+r.Locale)
		}
		return out
	}
	want := func(what string, rows ...string) {
		t.Helper()
		if got := outdated(); !slices.Equal(got, rows) {
			t.Fatalf("%s: outdated is %q, want %q", what, got, rows)
		}
	}
	put := func(locale, answer string, minor bool) {
		t.Helper()
		a := article("refund", locale, "how do I get a refund")
		a.Answer, a.Site = answer, 1
		d, err := e.SaveDraft(t.Context(), e.admin, kb.Draft{Article: a, Minor: minor})
		if err != nil {
			t.Fatal(err)
		}
		e.publish(d)
	}
	put("zh-CN", "三天。", false)
	put("en", "Three days.", false)
	want("both new")
	put("zh-CN", "五天。", false)
	want("the source changed", "refund en")
	put("en", "Five days.", false)
	want("caught up")
	put("en", "Five days!", true)
	want("a minor change")
	put("en", "Six days.", false)
	want("the other way round", "refund zh-CN")
	if err := e.MarkTranslated(t.Context(), e.admin, 1, "refund", "zh-CN"); err != nil {
		t.Fatal(err)
	}
	want("marked")
}

func TestAudienceIsAWallInReplies(t *testing.T) {
	t.Parallel()
	e := newEditors(t)
	for id, audience := range map[string]kb.Audience{"open": kb.AudiencePublic, "known": kb.AudienceCustomers, "inner": kb.AudienceStaff} {
		a := article(id, "en", "what is "+id)
		a.Audience = audience
		e.publish(e.draft(a))
	}
	mixed := article("mixed", "en", "what is mixed")
	mixed.Audience = kb.AudienceStaff
	e.publish(e.draft(mixed))
	e.publish(e.draft(article("mixed", "zh-CN", "混合是什么")))
	ids := []string{"open", "known", "inner", "mixed"}
	for audience, want := range map[kb.Audience][]string{
		kb.AudiencePublic:    {"open en", "mixed zh-CN"},
		kb.AudienceCustomers: {"open en", "known en", "mixed zh-CN"},
		kb.AudienceStaff:     {"open en", "known en", "inner en", "mixed en"},
	} {
		found, err := e.Replies(t.Context(), e.admin.Scope, 1, ids, "en", audience)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range found {
			got = append(got, a.ID+" "+a.Locale)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s sees %q, want %q", audience, got, want)
		}
	}
	if n := e.count("SELECT count(*) FROM kb_posting p JOIN kb_variants v ON v.id = p.variant_id JOIN kb_embeddings x ON x.variant_id = v.id WHERE v.article_id = 'inner' AND (v.audience <> 2 OR p.audience <> 2 OR x.audience <> 2)"); n != 0 {
		t.Errorf("%d rows of the index let an inner article out", n)
	}
}

func TestWorkingCopiesKeepTheWalls(t *testing.T) {
	t.Parallel()
	e := newEditors(t)
	e.exec(`INSERT INTO departments (site_id, name) VALUES (1, 'Sales')`)
	e.exec(`INSERT INTO sites (key, name, locale) VALUES ('second', 'Second', 'en')`)
	sales := article("secret", "en", "what is secret")
	sales.Department = 2
	e.save(sales)
	sales.Answer = "Changed."
	d := e.draft(sales)
	support := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAdmin, ID: "x", Scope: identity.Scope{Sites: []int32{1}, Departments: []int32{1}}}
	stranger := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAdmin, ID: "y", Scope: identity.Scope{Sites: []int32{2}, AllDepartments: true}}
	for name, actor := range map[string]identity.Actor{"another department": support, "another site": stranger} {
		if _, err := e.Draft(t.Context(), actor, 1, "secret", "en"); !errors.Is(err, kb.ErrNotFound) {
			t.Errorf("%s reads it: %v", name, err)
		}
		if all, err := e.Drafts(t.Context(), actor, 1); err != nil || len(all) != 0 {
			t.Errorf("%s lists %d, %v", name, len(all), err)
		}
		if b, err := e.Board(t.Context(), actor, kb.BoardQuery{Site: 1}); err != nil || len(b.Items) != 0 {
			t.Errorf("%s lists %+v, %v", name, b, err)
		}
		if _, err := e.Publish(t.Context(), actor, 1, []kb.DraftRef{d.Ref()}); !errors.Is(err, kb.ErrNotFound) {
			t.Errorf("%s publishes it: %v", name, err)
		}
		if err := e.Discard(t.Context(), actor, 1, d.Ref()); !errors.Is(err, kb.ErrNotFound) {
			t.Errorf("%s discards it: %v", name, err)
		}
		if _, err := e.Versions(t.Context(), actor, 1, "secret", "en"); !errors.Is(err, kb.ErrNotFound) {
			t.Errorf("%s reads its versions: %v", name, err)
		}
		if _, err := e.Version(t.Context(), actor, 1, "secret", "en", 1); !errors.Is(err, kb.ErrNotFound) {
			t.Errorf("%s reads version 1: %v", name, err)
		}
		if _, err := e.Rollback(t.Context(), actor, 1, "secret", "en", 1, 1); !errors.Is(err, kb.ErrNotFound) {
			t.Errorf("%s rolls it back: %v", name, err)
		}
		taken := article("secret", "en", "mine now")
		taken.Site, taken.Department = 1, 1
		if _, err := e.SaveDraft(t.Context(), actor, kb.Draft{Article: taken}); err == nil {
			t.Errorf("%s writes over it", name)
		}
	}
	for name, actor := range map[string]identity.Actor{"reader": {Kind: identity.KindAgent, Role: identity.RoleAgent, Scope: e.admin.Scope}} {
		if _, err := e.SaveDraft(t.Context(), actor, d); !errors.Is(err, identity.ErrForbidden) {
			t.Errorf("a %s writes: %v", name, err)
		}
	}
	// The wall is taken away by saying so, and by nothing else.
	d.Department = 0
	d.Answer = "Once more."
	d, err := e.SaveDraft(t.Context(), e.admin, d)
	if err != nil || d.Department != 2 {
		t.Fatalf("%+v, %v", d, err)
	}
	d.Department = kb.AllDepartments
	if d, err = e.SaveDraft(t.Context(), e.admin, d); err != nil || d.Department != 0 {
		t.Fatalf("%+v, %v", d, err)
	}
	if a := e.publish(d); a.Department != 0 {
		t.Fatalf("%+v", a)
	}
	if _, err := e.Get(t.Context(), support, 1, "secret", "en"); err != nil {
		t.Fatal(err)
	}
}

func TestTheWordListIsKeptWithoutContradictionsAndEveryNodeSeesIt(t *testing.T) {
	t.Parallel()
	e := newEditors(t)
	epoch := e.count("SELECT epoch FROM kb_epochs WHERE site_id = 1")
	all, err := e.SaveWords(t.Context(), e.admin, 1, kb.WordGroup{Kind: kb.WordSynonym, Locale: "en", Words: []string{"refund", "money back"}})
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	if _, err := e.SaveWords(t.Context(), e.admin, 1, kb.WordGroup{Kind: kb.WordSynonym, Words: []string{"Money Back", "return"}}); !errors.Is(err, kb.ErrWords) {
		t.Fatalf("a word in two groups: %v", err)
	}
	if got := e.count("SELECT epoch FROM kb_epochs WHERE site_id = 1"); got != epoch+1 {
		t.Fatalf("the epoch went from %d to %d", epoch, got)
	}
	report, err := e.AddWords(t.Context(), e.admin, 1, "synonym en: money back, refund\nalias: router = wifi box, modem\ncode: TH01, TH02\n", kb.WordSynonym, true)
	if err != nil || report.Added != 2 || report.Known != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	if n := e.count("SELECT count(*) FROM kb_words"); n != 1 {
		t.Fatalf("a check stored %d groups", n)
	}
	if report, err = e.AddWords(t.Context(), e.admin, 1, "alias: router = wifi box, modem\ncode: TH01, TH02\n", kb.WordSynonym, false); err != nil || len(report.Words) != 3 {
		t.Fatalf("%+v, %v", report, err)
	}
	corpus, err := e.store.Corpus(t.Context(), 1, "")
	if err != nil || len(corpus.Words) != 3 {
		t.Fatalf("%+v, %v", corpus.Words, err)
	}
	if _, err := e.DropWords(t.Context(), identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAdmin, Scope: identity.Scope{Sites: []int32{2}}}, 1, []int64{all[0].ID}); !errors.Is(err, kb.ErrNotFound) {
		t.Fatalf("another site's list is changed: %v", err)
	}
	if all, err = e.DropWords(t.Context(), e.admin, 1, []int64{all[0].ID}); err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
}
