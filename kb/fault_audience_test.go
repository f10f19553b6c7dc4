package kb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

// levelled is a knowledge base with the public articles of topics and, if all is
// set, articles for customers and for staff beside them.
func levelled(t *testing.T, all bool) (*kb.Service, *kbtest.Store) {
	t.Helper()
	s, store, _ := setup(t)
	topics(t, s, 20)
	save(t, s, "lamp", "en", "how do i pair the lamp th01", "pair th01", "connect the lamp")
	save(t, s, "tuikuan", "zh-CN", "退款多久到账", "退款进度怎么看", "怎么退款")
	if !all {
		return s, store
	}
	for _, a := range []kb.Article{
		{ID: "margin", Locale: "en", Audience: kb.AudienceStaff, Title: "Zanzibar margin", Questions: []string{"what is the zanzibar margin", "zanzibar rebate of the wholesaler", "pair the zanzibar zx99"}},
		{ID: "fraud", Locale: "zh-CN", Audience: kb.AudienceStaff, Title: "欺诈名单", Questions: []string{"欺诈名单在哪", "怎么查黑名单客户", "恶意退款怎么拦截"}},
		{ID: "vip", Locale: "en", Audience: kb.AudienceCustomers, Title: "Quokka lounge", Questions: []string{"where is the quokka lounge", "quokka lounge hours", "refund of the quokka fee"}},
	} {
		a.Site, a.Answer = 1, "For your eyes only."
		if _, err := s.Save(t.Context(), identity.System(), a); err != nil {
			t.Fatal(err)
		}
	}
	return s, store
}

func askAs(t *testing.T, s *kb.Service, audience kb.Audience, question string) kb.Result {
	t.Helper()
	r, err := s.Search(t.Context(), identity.Everything(), kb.Query{Site: 1, Text: question, Locale: "en", Audience: audience})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told is everything that a result says of a question but when it was.
func told(r kb.Result) string {
	r.Epoch, r.EmbedTime, r.SearchTime, r.FuseTime, r.HeadTime, r.PairTime = 0, 0, 0, 0, 0, 0
	return fmt.Sprintf("%+v", r)
}

func nosy() []string {
	return []string{
		"what is the zanzibar margin", "zanzibar", "zanzibr rebate", "zan zibar", "pair the zx99", "pair the zx 99", "margin", "rebate of the wholesaler",
		"欺诈名单在哪", "qizha mingdan", "黑名单客户", "黒名単客戶", "欺炸名单", "恶意退款", "quokka lounge", "quoka", "refund of the fee",
		"where topic3 alpha", "how do i pair the lamp", "退款多久到账", "tuikuan", "wholesaler topic5", "hours",
	}
}

// EXPECTATIONS C, Bot (8): ranking, scores, confidence, rewriting, IDF, terms and thresholds of a visitor are those of a
// knowledge base that has no other articles, to the last bit.
func TestAVisitorIsToldNothingThatStaffArticlesKnow(t *testing.T) {
	t.Parallel()
	without, _ := levelled(t, false)
	with, _ := levelled(t, true)
	for _, question := range nosy() {
		want, got := told(askAs(t, without, kb.AudiencePublic, question)), told(askAs(t, with, kb.AudiencePublic, question))
		if got != want {
			t.Errorf("%q: with articles for staff\n%s\nwithout\n%s", question, got, want)
		}
		if strings.Contains(got, "margin:") || strings.Contains(got, "Article:fraud") || strings.Contains(got, "Article:vip") {
			t.Errorf("%q: %s", question, got)
		}
	}
}

func TestLevelsAreNested(t *testing.T) {
	t.Parallel()
	s, _ := levelled(t, true)
	first := func(a kb.Audience, question string) string {
		r := askAs(t, s, a, question)
		if len(r.Candidates) == 0 {
			return ""
		}
		return r.Candidates[0].Article
	}
	for _, test := range []struct {
		question string
		article  string
		least    kb.Audience
	}{{"where topic3 alpha", "a3", kb.AudiencePublic}, {"where is the quokka lounge", "vip", kb.AudienceCustomers}, {"zanzibr margin", "margin", kb.AudienceStaff}, {"欺诈名单在哪", "fraud", kb.AudienceStaff}} {
		for a := kb.AudiencePublic; a <= kb.AudienceStaff; a++ {
			if got := first(a, test.question); (got == test.article) != (a >= test.least) {
				t.Errorf("%q as %v finds %q", test.question, a, got)
			}
		}
	}
	if r := askAs(t, s, kb.Audience(77), "zanzibar margin"); slices.ContainsFunc(r.Candidates, func(c kb.Candidate) bool { return c.Article == "margin" }) {
		t.Error("a level that there is none of sees what staff see")
	}
}

// A change to what only staff may see is not learnt from: thresholds and head of
// the others stay as they are, to the bit.
func TestStaffArticlesMoveNeitherHeadNorThresholds(t *testing.T) {
	t.Parallel()
	s, store := levelled(t, false)
	before, ok := adaptation(t, store, "kbtest-1")
	if !ok || len(before.Head) == 0 {
		t.Fatal("nothing was learnt")
	}
	drawn, err := s.Curve(t.Context(), identity.System(), 1)
	if err != nil || len(drawn.Rehearsed) == 0 || drawn.Answer != before.Answer {
		t.Fatalf("the curve is not of what was learnt: %+v, %v", drawn, err)
	}
	for i := range 12 {
		a := kb.Article{Site: 1, ID: fmt.Sprint("s", i), Locale: "en", Audience: kb.AudienceStaff, Title: "secret", Answer: "x", Questions: []string{fmt.Sprint("where topic1 secret", i), fmt.Sprint("secret how ", i), fmt.Sprint("why secret", i)}}
		if _, err := s.Save(t.Context(), identity.System(), a); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Calibrate(t.Context(), 1); err != nil { // learnt anew for whatever reason
		t.Fatal(err)
	}
	after, _ := adaptation(t, store, "kbtest-1")
	if string(after.Head) != string(before.Head) || fmt.Sprintf("%+v", after.Calibration) != fmt.Sprintf("%+v", before.Calibration) || after.Answer != before.Answer || after.Refuse != before.Refuse {
		t.Error("what was learnt has changed")
	}
	if again, err := s.Curve(t.Context(), identity.System(), 1); err != nil || !slices.Equal(again.Rehearsed, drawn.Rehearsed) {
		t.Errorf("the curve has moved: %v", err)
	}
	r := askAs(t, s, kb.AudienceStaff, "secret how 7")
	if len(r.Candidates) == 0 || r.Candidates[0].Article != "s7" || r.Answer != before.Answer {
		t.Errorf("staff: %+v", r)
	}
	// Made public, it counts.
	a := kb.Article{Site: 1, ID: "s3", Locale: "en", Audience: kb.AudiencePublic, Title: "secret", Answer: "x", Questions: []string{"where topic1 secret3", "secret how 3", "why secret3"}}
	if _, err := s.Save(t.Context(), identity.System(), a); err != nil {
		t.Fatal(err)
	}
	if now, _ := adaptation(t, store, "kbtest-1"); string(now.Head) == string(before.Head) {
		t.Error("a public article was not learnt from")
	}
}
