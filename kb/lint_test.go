package kb_test

import (
	"slices"
	"strings"
	"testing"

	"frontdesk/kb"
)

func codes(all []kb.Warning) string {
	var out []string
	for _, w := range all {
		out = append(out, string(w.Code))
	}
	return strings.Join(out, " ")
}

// fine is an article of which nothing is odd.
func fine() kb.Article {
	return kb.Article{
		ID: "return", Locale: "en", Title: "Returns", Questions: []string{"can I return it", "send it back", "return window"},
		Answer: "Within 7 days, counted from the day after delivery. See [the rules](https://shop.example/rules) or [mail us](mailto:a@shop.example).",
	}
}

func TestOfAFineArticleNothingIsOdd(t *testing.T) {
	t.Parallel()
	if got := kb.Lint(fine(), kb.LintFacts{Locales: []string{"en"}}); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
}

func TestWhatIsOddIsNamed(t *testing.T) {
	t.Parallel()
	other := fine()
	other.ID, other.Answer = "other", "Within 15 days, counted from the day after delivery."
	chinese := kb.Article{ID: "return", Locale: "zh-CN", Answer: "签收次日起 15 天内可以退货。"}
	for name, c := range map[string]struct {
		change func(*kb.Article)
		facts  kb.LintFacts
		want   kb.WarningCode
	}{
		"another number in another article":     {nil, kb.LintFacts{Neighbours: []kb.Neighbour{{Article: other}}}, kb.WarnNumbers},
		"another number in the other language":  {nil, kb.LintFacts{Translations: []kb.Article{chinese}}, kb.WarnTranslation},
		"the same answer elsewhere":             {nil, kb.LintFacts{Neighbours: []kb.Neighbour{{Article: func() kb.Article { a := fine(); a.ID = "copy"; return a }()}}}, kb.WarnDuplicate},
		"most questions answered elsewhere":     {nil, kb.LintFacts{Stolen: []kb.Taken{{Entry: 1, Article: "x"}, {Entry: 2, Article: "x"}}, Neighbours: []kb.Neighbour{{Article: kb.Article{ID: "x", Locale: "en", Answer: "Nothing alike at all."}}}}, kb.WarnDuplicate},
		"a question of another article":         {nil, kb.LintFacts{Taken: []kb.Taken{{Entry: 2, Article: "x"}}}, kb.WarnTaken},
		"a question that search gives away":     {nil, kb.LintFacts{Stolen: []kb.Taken{{Entry: 3, Article: "x"}}}, kb.WarnStolen},
		"a language that the site has":          {nil, kb.LintFacts{Locales: []string{"en", "zh-CN"}}, kb.WarnMissing},
		"a translation that was left behind":    {nil, kb.LintFacts{Outdated: true}, kb.WarnOutdated},
		"a long answer":                         {func(a *kb.Article) { a.Answer = strings.Repeat("word ", 300) }, kb.LintFacts{}, kb.WarnLongAnswer},
		"a long question":                       {func(a *kb.Article) { a.Questions[0] = strings.Repeat("很长", 30) }, kb.LintFacts{}, kb.WarnLongAsked},
		"few questions":                         {func(a *kb.Article) { a.Questions = a.Questions[:2] }, kb.LintFacts{}, kb.WarnFew},
		"a code that nobody knows":              {func(a *kb.Article) { a.Questions[0] = "does TH09 fit" }, kb.LintFacts{Codes: map[string]bool{"th01": true}}, kb.WarnCode},
		"a next step that is not published":     {func(a *kb.Article) { a.Next = []string{"gone"} }, kb.LintFacts{}, kb.WarnNext},
		"a next step that readers must not see": {func(a *kb.Article) { a.Next = []string{"inner"} }, kb.LintFacts{Next: map[string]kb.Audience{"inner": kb.AudienceStaff}}, kb.WarnNext},
		"a link without an address":             {func(a *kb.Article) { a.Answer = "See [the rules]()." }, kb.LintFacts{}, kb.WarnLink},
		"a link without a scheme":               {func(a *kb.Article) { a.Answer = "See [the rules](shop.example/rules)." }, kb.LintFacts{}, kb.WarnLink},
		"a link without an end":                 {func(a *kb.Article) { a.Answer = "See [the rules](https://shop.example" }, kb.LintFacts{}, kb.WarnLink},
		"a script in a link":                    {func(a *kb.Article) { a.Answer = "[x](javascript:alert(1))" }, kb.LintFacts{}, kb.WarnLink},
	} {
		a := fine()
		a.Questions = slices.Clone(a.Questions)
		if c.change != nil {
			c.change(&a)
		}
		if got := codes(kb.Lint(a, c.facts)); !strings.Contains(got, string(c.want)) {
			t.Errorf("%s: %q, want %s", name, got, c.want)
		}
	}
}

func TestNumbersOfOtherProductsAndOfTheSameAmountAreNoContradiction(t *testing.T) {
	t.Parallel()
	a := fine()
	same := a
	same.ID, same.Answer = "same", "Within one week, counted from the day after delivery."
	product := a
	product.ID, product.Title, product.Answer = "th02", "TH02 returns", "Within 15 days, counted from the day after delivery."
	translated := kb.Article{ID: "return", Locale: "zh-CN", Answer: "签收次日起 168 小时内（7 天），第二天起算。"}
	got := kb.Lint(a, kb.LintFacts{Neighbours: []kb.Neighbour{{Article: product}}, Translations: []kb.Article{translated}})
	if strings.Contains(codes(got), "numbers") {
		t.Fatalf("%+v", got)
	}
	for _, w := range kb.Lint(a, kb.LintFacts{Neighbours: []kb.Neighbour{{Article: same}}}) {
		if w.Code == kb.WarnNumbers {
			t.Fatalf("a week is seven days: %+v", w)
		}
	}
}

func TestPastedWordsAreReadInEitherScript(t *testing.T) {
	t.Parallel()
	got, err := kb.ParseWords("\ufeff# shop\n同义词：退款、退钱\r\nalias en: router = wifi box, modem\nTH01；TH02\n", kb.WordCode)
	if err != nil || len(got) != 3 || got[0].Kind != kb.WordSynonym || got[1].Locale != "en" || got[1].Words[0] != "router" || got[2].Kind != kb.WordCode || len(got[2].Words) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := kb.ParseWords("a, b\nonly", kb.WordSynonym); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Fatalf("a bad line passes: %v", err)
	}
}
