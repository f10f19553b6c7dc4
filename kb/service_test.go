package kb_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

func setup(t *testing.T) (*kb.Service, *kbtest.Store, *kbtest.Embedder) {
	t.Helper()
	store, embedder := kbtest.NewStore(), &kbtest.Embedder{}
	service, err := kb.NewService(kb.Config{Store: store, Embedder: embedder})
	if err != nil {
		t.Fatal(err)
	}
	return service, store, embedder
}

func save(t *testing.T, s *kb.Service, id, locale string, questions ...string) {
	t.Helper()
	a := kb.Article{Site: 1, ID: id, Locale: locale, Title: id, Questions: questions, Answer: "answer"}
	if _, err := s.Save(t.Context(), identity.System(), a); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, s *kb.Service, question string) kb.Result {
	t.Helper()
	r, err := s.Search(t.Context(), identity.Everything(), kb.Query{Site: 1, Text: question, Locale: "en"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEveryCallNeedsItsPermission(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	ctx := t.Context()
	scope := identity.Scope{Sites: []int32{1}, AllDepartments: true}
	visitor := identity.Actor{Kind: identity.KindVisitor, Role: identity.RoleVisitor, Scope: scope}
	agent := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, Scope: scope}
	calls := map[string]func(identity.Actor) error{
		"get":          func(a identity.Actor) error { _, err := s.Get(ctx, a, 1, "a", "en"); return err },
		"translations": func(a identity.Actor) error { _, err := s.Translations(ctx, a, 1, "a"); return err },
		"list":         func(a identity.Actor) error { _, err := s.List(ctx, a, kb.ListQuery{Site: 1}); return err },
		"export":       func(a identity.Actor) error { return s.Export(ctx, a, 1, io.Discard) },
		"save":         func(a identity.Actor) error { _, err := s.Save(ctx, a, kb.Article{}); return err },
		"archive":      func(a identity.Actor) error { return s.Archive(ctx, a, 1, "a", "") },
		"import": func(a identity.Actor) error {
			_, err := s.Import(ctx, a, strings.NewReader(""), kb.ImportOptions{Site: 1})
			return err
		},
	}
	for name, call := range calls {
		if err := call(visitor); !errors.Is(err, identity.ErrForbidden) {
			t.Errorf("a visitor may %s: %v", name, err)
		}
		writes := name == "save" || name == "archive" || name == "import"
		if err := call(agent); errors.Is(err, identity.ErrForbidden) != writes {
			t.Errorf("an agent's %s: %v", name, err)
		}
	}
}

func TestSearchFindsCodesScriptsAndForms(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	save(t, s, "th01", "zh-CN", "传感器-温度-TH01 怎么安装")
	save(t, s, "th02", "zh-CN", "传感器-温度-TH02 怎么安装")
	save(t, s, "safety", "zh-CN", "安全吗", "产品安全")
	save(t, s, "password", "zh-CN", "怎么重置密码", "reset password")
	save(t, s, "days7", "zh-CN", "7天无理由退货")
	save(t, s, "days15", "zh-CN", "15天换货")
	save(t, s, "freight", "zh-CN", "运费怎么算")
	for question, want := range map[string]string{
		"传感器-温度-TH01": "th01",
		"th02 安装":     "th02",
		"安全":          "safety",
		"怎么reset密码":   "password",
		"怎麼重置密碼":      "password",
		"ｒｅｓｅｔ　ｐａｓｓｗｏｒｄ": "password",
		"7天":   "days7",
		"15 天": "days15",
		"運費":   "freight",
	} {
		if r := ask(t, s, question); len(r.Candidates) == 0 || r.Candidates[0].Article != want {
			t.Errorf("%q finds %+v, want %s", question, r.Candidates, want)
		}
	}
}

func TestAnExactQuestionStandsFirstAndTwoOfThemAreAmbiguous(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	save(t, s, "a", "en", "Where is my order?")
	save(t, s, "b", "en", "where is my order of yesterday, where is it", "my order where")
	r := ask(t, s, "where is my ORDER")
	if r.Candidates[0].Article != "a" || !r.Candidates[0].Exact || r.Confidence < 0.95 {
		t.Fatalf("%+v", r)
	}
	save(t, s, "thief", "en", "where is my order")
	if r = ask(t, s, "where is my order"); !r.Features.Ambiguous || r.Confidence > 0.6 {
		t.Fatalf("two articles claim the question: %+v", r)
	}
}

func TestAnArticleIsOneCandidateInAllItsLanguages(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	save(t, s, "refund", "en", "how do I get a refund", "money back")
	save(t, s, "refund", "zh-CN", "怎么退款", "退钱 refund")
	r := ask(t, s, "refund 怎么退款")
	if len(r.Candidates) != 1 || r.Locale != "zh-CN" {
		t.Fatalf("%+v", r.Candidates)
	}
	for _, locale := range []string{"zh-CN", "en"} {
		replies, err := s.Replies(t.Context(), identity.Everything(), 1, []string{"refund", "unknown"}, locale, kb.AudiencePublic)
		if err != nil || len(replies) != 1 || replies[0].Locale != locale {
			t.Fatalf("reply in %s: %+v, %v", locale, replies, err)
		}
	}
}

func TestSearchWithoutArticlesOrWordsIsEmptyNotAnError(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	for _, question := range []string{"anything", "", "？？？", "😀", strings.Repeat("长", 20000)} {
		if r := ask(t, s, question); len(r.Candidates) != 0 || r.Confidence != 0 {
			t.Errorf("%.20q in an empty knowledge base: %d candidates", question, len(r.Candidates))
		}
	}
	save(t, s, "a", "en", "question")
	for _, question := range []string{"", "？？？", "😀", "\x00\xff", strings.Repeat("zz ", 5000)} {
		if r := ask(t, s, question); math.IsNaN(r.Confidence) || r.Confidence > 0.5 {
			t.Errorf("%.20q: confidence %v", question, r.Confidence)
		}
	}
}

func TestAModelThatFailsIsAnErrorNeverAnEmptyResult(t *testing.T) {
	t.Parallel()
	s, store, embedder := setup(t)
	embedder.Fail(errors.New("overloaded"))
	if _, err := s.Search(t.Context(), identity.Everything(), kb.Query{Site: 1, Text: "q"}); !errors.Is(err, kb.ErrEmbedding) {
		t.Fatalf("got %v", err)
	}
	embedder.Fail(nil)
	broken := errors.New("no database")
	store.Fail(broken)
	if _, err := s.Search(t.Context(), identity.Everything(), kb.Query{Site: 1, Text: "q"}); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
}

func TestImportFitsTheConfidenceToTheKnowledgeBase(t *testing.T) {
	t.Parallel()
	s, store, _ := setup(t)
	var lines strings.Builder
	for i := range 20 {
		fmt.Fprintf(&lines, `{"id":"a%d","title":"topic%d","locale":"en","answer":"x","questions":["where topic%d alpha","how topic%d beta","why topic%d gamma","when topic%d delta"]}`+"\n", i, i, i, i, i, i)
	}
	if _, err := s.Import(t.Context(), identity.System(), strings.NewReader(lines.String()), kb.ImportOptions{Site: 1}); err != nil {
		t.Fatal(err)
	}
	corpus, err := store.Corpus(t.Context(), 1, "")
	if err != nil || len(corpus.Adaptations) != 1 {
		t.Fatalf("nothing was fitted: %v", err)
	}
	inside, outside := ask(t, s, "tell me about topic7 please"), ask(t, s, "something else entirely")
	if inside.Confidence < 0.5 || outside.Confidence > 0.3 || inside.Candidates[0].Article != "a7" {
		t.Fatalf("confidence %.2f inside, %.2f outside", inside.Confidence, outside.Confidence)
	}
}

func TestAfterASaveTheFitIsRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, store, _ := setup(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		for i := range 12 {
			id := fmt.Sprintf("topic%d", i)
			save(t, s, id, "en", "where "+id+" alpha", "how "+id+" beta", "why "+id+" gamma", "when "+id+" delta")
		}
		<-time.After(5 * time.Second) // synctest's clock
		synctest.Wait()
		corpus, err := store.Corpus(t.Context(), 1, "")
		if err != nil || len(corpus.Adaptations) != 1 {
			t.Errorf("nothing was fitted: %v", err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// EXPECTATIONS C, Bot 13: index and question go through the same normaliser.
func TestAStoredQuestionAndTheSameAskedHaveTheSameVectorAndTerms(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	save(t, s, "a", "en", "How do I reset the ＴＨ０１  sensor’s password?")
	save(t, s, "b", "en", "something else", "and more")
	save(t, s, "c", "zh-CN", "怎麼重設密碼")
	for question, want := range map[string]string{"how do i reset the th01 sensor's PASSWORD?": "a", "怎么重设密码": "c"} {
		r := ask(t, s, question)
		if top := r.Candidates[0]; top.Article != want || top.Cosine < 0.9999 || top.Char < 0.9999 || r.Features.Coverage < 0.9999 {
			t.Errorf("%q: %+v, coverage %v", question, top, r.Features.Coverage)
		}
	}
}
