package postgres

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

// library is the knowledge base over a database of its own.
type library struct {
	*kb.Service
	t        *testing.T
	store    *Knowledge
	embedder *kbtest.Embedder
	admin    identity.Actor
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	pool, err := Open(t.Context(), pgtest.New(t), 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	l := &library{t: t, store: NewKnowledge(pool), embedder: &kbtest.Embedder{}}
	l.admin = identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAdmin, ID: "01900000-0000-7000-8000-000000000001", Scope: identity.Scope{Sites: []int32{1}, AllDepartments: true}}
	if l.Service, err = kb.NewService(kb.Config{Store: l.store, Embedder: l.embedder}); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *library) save(a kb.Article) kb.Article {
	l.t.Helper()
	if a.Site == 0 {
		a.Site = 1
	}
	saved, err := l.Save(l.t.Context(), l.admin, a)
	if err != nil {
		l.t.Fatal(err)
	}
	return saved
}

func (l *library) exec(sql string, args ...any) {
	l.t.Helper()
	if _, err := l.store.pool.Exec(l.t.Context(), sql, args...); err != nil {
		l.t.Fatal(err)
	}
}

func (l *library) count(sql string, args ...any) (n int) {
	l.t.Helper()
	if err := l.store.pool.QueryRow(l.t.Context(), sql, args...).Scan(&n); err != nil {
		l.t.Fatal(err)
	}
	return n
}

func article(id, locale string, questions ...string) kb.Article {
	return kb.Article{ID: id, Locale: locale, Title: "About " + id, Questions: questions, Answer: "The answer of " + id + ".", Tags: []string{"t-" + id}}
}

func TestSavingKeepsEveryVersionAndReplacesTheIndex(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	first := l.save(article("refund", "en", "how do I get my money back", "refund please"))
	if first.Version != 1 || first.UpdatedAt.IsZero() || first.Author != l.admin.ID {
		t.Fatalf("first: %+v", first)
	}
	if same := l.save(article("refund", "en", "how do I get my money back", "refund please")); same.Version != 1 {
		t.Fatalf("saving the same again made version %d", same.Version)
	}
	changed := article("refund", "en", "where is my refund")
	changed.Version = 1
	if second := l.save(changed); second.Version != 2 {
		t.Fatalf("second: %+v", second)
	}
	if n := l.count("SELECT count(*) FROM kb_versions WHERE article_id = 'refund'"); n != 2 {
		t.Fatalf("%d versions are kept", n)
	}
	if n := l.count("SELECT count(*) FROM kb_variants"); n != 3 { // question, title, passage
		t.Fatalf("%d variants are indexed", n)
	}
	if v, e, p := l.count("SELECT count(*) FROM kb_variants"), l.count("SELECT count(*) FROM kb_embeddings"), l.count("SELECT count(DISTINCT variant_id) FROM kb_posting"); v != e || v != p {
		t.Fatalf("%d variants, %d vectors, postings of %d", v, e, p)
	}
	_, err := l.Save(t.Context(), l.admin, kb.Article{Site: 1, ID: "refund", Locale: "en", Title: "x", Questions: []string{"y"}, Answer: "z", Version: 1})
	if !errors.Is(err, kb.ErrConflict) {
		t.Fatalf("saving over an old version: %v", err)
	}
	got, err := l.Get(t.Context(), l.admin, 1, "refund", "en")
	if err != nil || got.Version != 2 || got.Questions[0] != "where is my refund" || got.Answer != "The answer of refund." {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestOfTwoWhoSaveTheSameVersionOneIsTold(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.save(article("a", "en", "one"))
	var wg sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		wg.Go(func() {
			a := article("a", "en", fmt.Sprintf("changed by %d", i))
			a.Site, a.Version = 1, 1
			_, results[i] = l.Save(t.Context(), l.admin, a)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range results {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, kb.ErrConflict):
			t.Errorf("unexpected: %v", err)
		}
	}
	if won != 1 {
		t.Fatalf("%d of 8 saved over version 1", won)
	}
}

func TestArchivedIsOutOfTheIndexAtOnceAndItsHistoryStays(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.save(article("gone", "en", "is it gone"))
	l.save(article("gone", "zh-CN", "没有了吗"))
	l.save(article("stays", "en", "is it here"))
	if r := l.ask("is it gone"); r.Candidates[0].Article != "gone" {
		t.Fatalf("before: %+v", r.Candidates)
	}
	if err := l.Archive(t.Context(), l.admin, 1, "gone", ""); err != nil {
		t.Fatal(err)
	}
	for _, c := range l.ask("is it gone").Candidates {
		if c.Article == "gone" {
			t.Fatal("the archived article is still found")
		}
	}
	if err := l.Archive(t.Context(), l.admin, 1, "gone", ""); !errors.Is(err, kb.ErrNotFound) {
		t.Fatalf("archiving twice: %v", err)
	}
	if n := l.count("SELECT count(*) FROM kb_articles WHERE published_version IS NULL"); n != 2 {
		t.Fatalf("%d archived", n)
	}
	if again := l.save(article("gone", "en", "is it gone")); again.Version != 2 {
		t.Fatalf("published again as version %d", again.Version)
	}
}

func (l *library) ask(question string) kb.Result {
	l.t.Helper()
	r, err := l.Search(l.t.Context(), identity.Scope{Sites: []int32{1}, AllDepartments: true}, kb.Query{Site: 1, Text: question, Locale: "en"})
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

func TestListPagesThroughWhatIsInScope(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	for i := range 7 {
		l.save(article(fmt.Sprintf("a %d", i), "en", "question"))
		l.save(article(fmt.Sprintf("a %d", i), "zh-CN", "问题"))
	}
	var seen []string
	q := kb.ListQuery{Site: 1, Limit: 5}
	for {
		page, err := l.List(t.Context(), l.admin, q)
		if err != nil || page.Total != 14 {
			t.Fatalf("%+v, %v", page, err)
		}
		for _, s := range page.Items {
			seen = append(seen, s.ID+" "+s.Locale)
			if !slices.Equal(s.Locales, []string{"en", "zh-CN"}) || s.Questions != 1 || s.Version != 1 {
				t.Fatalf("%+v", s)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if len(seen) != 14 || !slices.IsSorted(seen) {
		t.Fatalf("pages hold %q", seen)
	}
	for query, want := range map[kb.ListQuery]int{
		{Site: 1, Locale: "en"}: 7, {Site: 1, Tag: "t-a 3"}: 2, {Site: 1, Search: "ABOUT A 4"}: 2, {Site: 1, Search: "问题"}: 7,
		{Site: 1, Search: "100%_nothing"}: 0, {Site: 2}: 0, {Site: 1, Cursor: "not one of ours"}: 14,
	} {
		if page, err := l.List(t.Context(), l.admin, query); err != nil || len(page.Items) != want {
			t.Errorf("%+v: %d items, %v; want %d", query, len(page.Items), err, want)
		}
	}
}

// The statement must find exactly what a scan of everything finds, with the same scores.
func TestSearchEqualsTheNaiveScan(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	naive := kbtest.NewStore()
	plain, err := kb.NewService(kb.Config{Store: naive, Embedder: l.embedder})
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields("order parcel refund 退货 运费 TH01 th02 invoice 发票 password 密码 reset how why 怎么 when ship late broken 15 7 days 天")
	var lines bytes.Buffer
	for i := range 120 {
		w := func(k int) string { return words[(i*7+k*5+i*i)%len(words)] }
		fmt.Fprintf(&lines, `{"id":"a%03d","title":"%s %s","locale":"%s","questions":["%s %s %s","%s %s"],"answer":"%s. %s %s."}`+"\n",
			i, w(1), w(2), []string{"en", "zh-CN"}[i%2], w(3), w(4), w(5), w(6), w(7), w(8), w(9), w(10))
	}
	for _, s := range []*kb.Service{l.Service, plain} {
		if _, err := s.Import(t.Context(), l.admin, bytes.NewReader(lines.Bytes()), kb.ImportOptions{Site: 1}); err != nil {
			t.Fatal(err)
		}
	}
	scope := identity.Scope{Sites: []int32{1}, AllDepartments: true}
	for _, question := range []string{"how late is my parcel", "怎么退货", "TH01 broken", "reset 密码", "7 days", "nothing known here", "退货 运费 15 天"} {
		got, err := l.Search(t.Context(), scope, kb.Query{Site: 1, Text: question, Locale: "en", Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		want, err := plain.Search(t.Context(), scope, kb.Query{Site: 1, Text: question, Locale: "en", Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		byScore := func(a, b kb.Candidate) int {
			return cmp.Or(cmp.Compare(math.Round(b.Score*500), math.Round(a.Score*500)), cmp.Compare(a.Article, b.Article))
		}
		slices.SortStableFunc(got.Candidates, byScore)
		slices.SortStableFunc(want.Candidates, byScore)
		// The tails may differ where vectors in half precision tie; the heads may not.
		for i := range min(20, len(want.Candidates)) {
			g, w := got.Candidates[i], want.Candidates[i]
			if math.Abs(g.Score-w.Score) > 0.004 {
				t.Fatalf("%q, place %d: %s %.4f, the scan says %s %.4f", question, i+1, g.Article, g.Score, w.Article, w.Score)
			}
		}
		if g, w := got.Candidates[0], want.Candidates[0]; math.Abs(g.Cosine-w.Cosine) > 0.003 || math.Abs(g.BM25-w.BM25) > 0.003 {
			t.Fatalf("%q: legs %+v, the scan says %+v", question, g, w)
		}
	}
}

func TestSearchNeverLeavesTheScope(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.exec("INSERT INTO sites (key, name, locale) VALUES ('other', 'Other', 'en')")
	l.exec("INSERT INTO departments (site_id, name) VALUES (1, 'Sales'), (2, 'Support')")
	system := identity.System()
	for _, a := range []kb.Article{
		{Site: 1, ID: "all", Department: 0}, {Site: 1, ID: "support", Department: 1}, {Site: 1, ID: "sales", Department: 2}, {Site: 2, ID: "foreign", Department: 0},
	} {
		a.Locale, a.Title, a.Questions, a.Answer = "en", "Secret discount", []string{"what is the secret discount"}, "It is "+a.ID+"."
		if _, err := l.Save(t.Context(), system, a); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		scope identity.Scope
		site  int32
		want  string
	}{
		{identity.Scope{Sites: []int32{1}, Departments: []int32{1}}, 1, "all support"},
		{identity.Scope{Sites: []int32{1}, Departments: []int32{2}}, 1, "all sales"},
		{identity.Scope{Sites: []int32{1}, AllDepartments: true}, 1, "all sales support"},
		{identity.Scope{Sites: []int32{1}, AllDepartments: true}, 2, ""},
		{identity.Scope{Sites: []int32{2}, Departments: []int32{3}}, 2, "foreign"},
		{identity.Scope{}, 1, ""},
		{identity.Scope{Sites: []int32{1}}, 1, "all"},
	} {
		r, err := l.Search(t.Context(), c.scope, kb.Query{Site: c.site, Text: "what is the secret discount", Locale: "en"})
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, candidate := range r.Candidates {
			found = append(found, candidate.Article)
		}
		slices.Sort(found)
		if got := strings.Join(found, " "); got != c.want {
			t.Errorf("scope %+v of site %d finds %q, want %q", c.scope, c.site, got, c.want)
		}
		replies, err := l.Replies(t.Context(), c.scope, c.site, []string{"all", "support", "sales", "foreign"}, "en", kb.AudiencePublic)
		if err != nil || len(replies) != len(found) {
			t.Errorf("scope %+v of site %d reads %d replies, want %d (%v)", c.scope, c.site, len(replies), len(found), err)
		}
	}
	agent := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAdmin, Scope: identity.Scope{Sites: []int32{1}, Departments: []int32{1}}}
	if _, err := l.Get(t.Context(), agent, 1, "sales", "en"); !errors.Is(err, kb.ErrNotFound) {
		t.Errorf("an article of another department is read: %v", err)
	}
	if err := l.Archive(t.Context(), agent, 1, "sales", ""); !errors.Is(err, kb.ErrNotFound) {
		t.Errorf("an article of another department is archived: %v", err)
	}
	if _, err := l.Save(t.Context(), agent, kb.Article{Site: 1, ID: "sales", Locale: "en", Department: 1, Title: "x", Questions: []string{"y"}, Answer: "z"}); err == nil {
		t.Error("an article of another department is overwritten")
	}
	if _, err := l.Save(t.Context(), agent, kb.Article{Site: 2, ID: "new", Locale: "en", Department: 1, Title: "x", Questions: []string{"y"}, Answer: "z"}); !errors.Is(err, kb.ErrNotFound) {
		t.Errorf("an article of another site is written: %v", err)
	}
}

func TestImportIsAllOrNothingAndIdempotent(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	good := `{"id":"a","title":"A","locale":"en","questions":["qa"],"answer":"aa","tags":["x"]}
{"id":"a","title":"甲","locale":"zh-CN","questions":["问甲"],"answer":"答甲","tags":[]}
{"id":"b","title":"B","locale":"en","questions":["qb"],"answer":"ab","tags":[]}
`
	_, err := l.Import(t.Context(), l.admin, strings.NewReader(good+`{"id":"c"}`), kb.ImportOptions{Site: 1})
	var line *kb.LineError
	if !errors.As(err, &line) || line.Line != 4 || l.count("SELECT count(*) FROM kb_articles") != 0 {
		t.Fatalf("a bad fourth line: %v; %d articles", err, l.count("SELECT count(*) FROM kb_articles"))
	}
	if report, err := l.Import(t.Context(), l.admin, strings.NewReader(good), kb.ImportOptions{Site: 1, DryRun: true}); err != nil || report.Added != 3 || l.count("SELECT count(*) FROM kb_articles") != 0 {
		t.Fatalf("dry run: %+v, %v", report, err)
	}
	if report, err := l.Import(t.Context(), l.admin, strings.NewReader(good), kb.ImportOptions{Site: 1}); err != nil || report.Added != 3 {
		t.Fatalf("first: %+v, %v", report, err)
	}
	epoch := l.count("SELECT epoch FROM kb_epochs WHERE site_id = 1")
	if report, err := l.Import(t.Context(), l.admin, strings.NewReader(good), kb.ImportOptions{Site: 1}); err != nil || report.Unchanged != 3 || report.Changed+report.Added != 0 {
		t.Fatalf("again: %+v, %v", report, err)
	}
	if now := l.count("SELECT epoch FROM kb_epochs WHERE site_id = 1"); now != epoch {
		t.Fatalf("an import without changes raised the epoch from %d to %d", epoch, now)
	}
	var out bytes.Buffer
	if err := l.Export(t.Context(), l.admin, 1, &out); err != nil || out.String() != strings.ReplaceAll(good, `"tags":["x"]`, `"tags":["x"]`) {
		t.Fatalf("export: %v\n%s", err, out.String())
	}
	changed := strings.Replace(good, `"ab"`, `"better"`, 1)
	if report, err := l.Import(t.Context(), l.admin, strings.NewReader(changed), kb.ImportOptions{Site: 1}); err != nil || report.Changed != 1 || report.Unchanged != 2 {
		t.Fatalf("changed: %+v, %v", report, err)
	}
	if b, err := l.Get(t.Context(), l.admin, 1, "b", "en"); err != nil || b.Version != 2 || b.Answer != "better" {
		t.Fatalf("%+v, %v", b, err)
	}
}

func TestAPublishIsSeenByTheVeryNextSearch(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	other, err := kb.NewService(kb.Config{Store: l.store, Embedder: l.embedder}) // another node
	if err != nil {
		t.Fatal(err)
	}
	scope := identity.Scope{Sites: []int32{1}, AllDepartments: true}
	for i := range 5 {
		word := fmt.Sprintf("zebra%d", i)
		l.save(article(word, "en", "tell me of "+word))
		r, err := other.Search(t.Context(), scope, kb.Query{Site: 1, Text: "tell me of " + word, Locale: "en"})
		if err != nil || len(r.Candidates) == 0 || r.Candidates[0].Article != word || !r.Candidates[0].Exact || r.Features.Unknown != 0 {
			t.Fatalf("node 2 after publishing %s: %+v, %v", word, r, err)
		}
	}
}

func TestAFailingModelOrStatementSavesNothing(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.embedder.Fail(errors.New("no memory"))
	a := article("a", "en", "q")
	a.Site = 1
	if _, err := l.Save(t.Context(), l.admin, a); !errors.Is(err, kb.ErrEmbedding) {
		t.Fatalf("saved without a model: %v", err)
	}
	l.embedder.Fail(nil)
	_, err := l.store.Publish(t.Context(), identity.Everything(), kb.Publication{Site: 1, Fingerprint: "m", At: time.Now(), Articles: []kb.IndexedArticle{
		{Article: a, Variants: []kb.IndexedVariant{{Kind: kb.KindQuestion, Content: "q", Vector: []float32{float32(math.NaN())}}}},
	}})
	if err == nil {
		t.Fatal("a vector that is no number was stored")
	}
	if n := l.count("SELECT count(*) FROM kb_articles"); n != 0 {
		t.Fatalf("%d articles are half saved", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.store.Search(ctx, identity.Everything(), kb.SearchQuery{Site: 1, Vector: []float32{1}}); !errors.Is(err, context.Canceled) {
		t.Fatalf("search with a cancelled context: %v", err)
	}
}

func TestWhatWasLearntIsKeptOnlyForTheEpochItWasLearntAt(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.save(article("a", "en", "q"))
	adapt := func(epoch int64, model string, bias float64, want error) kb.Corpus {
		t.Helper()
		a := &kb.Adaptation{Calibration: kb.Calibration{Scope: kb.Logistic{bias}}, Answer: 0.7, Head: []byte(model)}
		if err := l.store.Adapt(t.Context(), 1, kb.Learnt{Epoch: epoch, Fingerprint: model, Adaptation: a}); !errors.Is(err, want) {
			t.Fatal(err)
		}
		corpus, err := l.store.Corpus(t.Context(), 1, "")
		if err != nil {
			t.Fatal(err)
		}
		return corpus
	}
	corpus, err := l.store.Corpus(t.Context(), 1, "")
	if err != nil || len(corpus.Variants) != 3 || len(corpus.Adaptations) != 0 {
		t.Fatalf("%+v, %v", corpus, err)
	}
	first := adapt(corpus.Epoch, "kbtest-1", 7, nil)
	if a := first.Adaptations["kbtest-1"]; a.Calibration.Scope[0] != 7 || a.Answer != 0.7 || string(a.Head) != "kbtest-1" || first.Epoch != corpus.Epoch+1 {
		t.Fatalf("%+v", first)
	}
	if again := adapt(corpus.Epoch, "kbtest-1", 8, kb.ErrMoved); again.Adaptations["kbtest-1"].Calibration.Scope[0] != 7 || again.Epoch != first.Epoch {
		t.Fatalf("what was learnt at an older epoch was stored: %+v", again)
	}
	// The first of a model is better than none, however old.
	if other := adapt(corpus.Epoch, "another model", 9, nil); other.Adaptations["another model"].Calibration.Scope[0] != 9 || other.Adaptations["kbtest-1"].Calibration.Scope[0] != 7 || other.Epoch != first.Epoch+1 {
		t.Fatalf("%+v", other)
	}
}
