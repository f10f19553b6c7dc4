package kb

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"frontdesk/internal/text"
)

// listStats are the shop's with a word list.
func listStats(groups ...WordGroup) *siteStats {
	return newSiteStats(Corpus{Variants: shopVariants(), Words: groups})
}

func words(kind WordKind, locale string, words ...string) WordGroup {
	return WordGroup{Kind: kind, Locale: locale, Words: words}
}

// askedWith returns the question as it is searched for, and its terms.
func askedWith(stats *siteStats, s, locale string) (Result, map[string]QueryTerm) {
	r := Result{Query: text.Normalize(s), Locale: text.Language(s, locale)}
	terms := map[string]QueryTerm{}
	for _, t := range r.rewrite(stats).Terms {
		terms[t.Term] = t
	}
	return r, terms
}

func TestAnAliasIsSearchedForAsTheWordItStandsFor(t *testing.T) {
	t.Parallel()
	stats := listStats(words(WordAlias, "", "优惠券", "小红包", "福利码"), words(WordAlias, "en", "refund", "moolah", "cash back"))
	for in, want := range map[string]string{
		"小红包怎么用": "优惠券怎么用", "福利碼怎麼領": "优惠券怎么领", "how do i get my moolah": "how do i get my refund", "CASH BACK please": "refund please",
		// part of another word is no alias
		"moolahs": "moolahs", "cashback": "cashback",
	} {
		got, terms := askedWith(stats, in, text.English)
		if got.asked() != want {
			t.Errorf("%q is searched as %q, want %q", in, got.asked(), want)
		}
		for _, term := range []string{"优惠", "refund"} {
			if q, ok := terms[term]; ok && (q.From == "" || q.Added || !q.Known) {
				t.Errorf("%q: %+v does not say what it stands for", in, q)
			}
		}
	}
}

func TestASynonymIsSearchedForAsAllOfItsGroup(t *testing.T) {
	t.Parallel()
	stats := listStats(words(WordSynonym, "", "发货", "出库", "寄出"), words(WordSynonym, "", "invoice", "bill", "tax receipt"))
	// The site has none of the question's words for it: the one it has stands instead.
	for in, want := range map[string]string{"多久出库": "多久发货", "where is my bill": "where is my invoice", "Tax Receipt for the order": "invoice for the order"} {
		if got, _ := askedWith(stats, in, text.English); got.asked() != want {
			t.Errorf("%q is searched as %q, want %q", in, got.asked(), want)
		}
	}
	// It has several: the question stays, and finds the others too, for as much.
	both := listStats(words(WordSynonym, "", "invoice", "refund"))
	got, terms := askedWith(both, "where is my invoice", text.English)
	q := terms["refund"]
	exact, _ := both.idf("refund", text.English)
	if got.asked() != "where is my invoice" || !q.Added || q.From != "invoice" || q.IDF != exact {
		t.Errorf("searched as %q, beside it %+v; want refund from invoice with %.2f", got.asked(), q, exact)
	}
}

func TestAWordGroupHoldsInItsLanguageOnly(t *testing.T) {
	t.Parallel()
	stats := listStats(words(WordAlias, text.Chinese, "订单", "ord"), words(WordAlias, text.English, "order", "ord"))
	if got, _ := askedWith(stats, "取消ord", text.Chinese); got.asked() != "取消订单" {
		t.Errorf("searched as %q", got.asked())
	}
	if got, _ := askedWith(stats, "cancel my ord", text.English); got.asked() != "cancel my order" {
		t.Errorf("searched as %q", got.asked())
	}
}

// EXPECTATIONS C, Bot (2) and (5).
func TestListedCodesAreKeptWholeAndComparedExactly(t *testing.T) {
	t.Parallel()
	variants := append(shopVariants(),
		Variant{ID: 901, Article: "g991", Locale: "en", Kind: KindQuestion, Content: text.Normalize("How do I charge the SM-G991B?")},
		Variant{ID: 902, Article: "g998", Locale: "en", Kind: KindQuestion, Content: text.Normalize("How do I charge the SM-G998B?")},
		Variant{ID: 903, Article: "pro", Locale: "zh-CN", Kind: KindQuestion, Content: text.Normalize("星光Pro怎么充电")},
	)
	stats := newSiteStats(Corpus{Variants: variants, Words: []WordGroup{
		words(WordCode, "", "SM-G991B"), words(WordCode, "", "SM-G998B"), words(WordCode, "", "SM-G977B"), words(WordCode, "", "星光Pro"), words(WordCode, "", "refnud-1"),
	}})
	for in, want := range map[string]string{
		"charge SM-G991B": "sm-g991b", "charge smg991b": "sm-g991b", "charge SM G991B": "sm-g991b", "给ＳＭ－Ｇ９９８Ｂ充电": "sm-g998b", "refnud-1": "refnud-1", "星光pro充不上电": "星光pro",
	} {
		got, _ := askedWith(stats, in, text.English)
		if codes := stats.words.codesIn(got.asked()); !strings.Contains(got.asked(), want) || !slices.Contains(codes, compact(want)) {
			t.Errorf("%q is searched as %q with codes %q, want %q", in, got.asked(), codes, want)
		}
	}
	_, terms := askedWith(stats, "charge the sm-g991b", text.English)
	if _, whole := terms["sm-g991b"]; !whole {
		t.Errorf("the code is no term: %v", terms)
	}
	for _, piece := range []string{"sm", "g", "991", "b", "g991b"} {
		if _, ok := terms[piece]; ok {
			t.Errorf("a piece of the code, %q, is searched for: other codes have it too", piece)
		}
	}
	asked := stats.words.codesIn("charge the sm-g991b")
	if stats.otherCode("g991", asked) || !stats.otherCode("g998", asked) {
		t.Error("the article of the other code is as good")
	}
	if f := newVeto("charge the sm-g991b", stats.words).factor("how do i charge the sm-g998b?"); f >= 1 {
		t.Error("a text with the other code is not vetoed")
	}
	if !stats.otherCode("en0", stats.words.codesIn("charge the sm-g977b")) {
		t.Error("a listed code that no article knows is answered with an article that knows none")
	}
	for _, s := range []string{"sm-g9911b", "xsm-g991b", "sm-g99 1b"} {
		if codes := stats.words.list.codesIn(s); len(codes) != 0 {
			t.Errorf("%q is taken for %q", s, codes)
		}
	}
}

func TestWordListsLeaveTheOtherCorrectionsAsTheyAre(t *testing.T) {
	t.Parallel()
	stats := listStats(words(WordAlias, "", "优惠券", "小红包"), words(WordCode, "", "TH01"), words(WordCode, "", "TH02"), words(WordSynonym, "", "退货", "退换"))
	for in, want := range map[string]string{
		"zenme tuihuo": "怎么退货", "怎么取肖订单": "怎么取消订单", "怎麼開發飄": "怎么开发票", "how to get a refnud": "how to get a refund", "th 01 battery": "th01 battery",
		"帐号密码忘了": "账号密码忘了", "TH01 zenme huan dianchi": "th01怎么换电池", "小红包 zenme yong": "优惠券怎么用", "不是TH01,我要TH02": "我要th02", "ｔｈ０１怎麼換電池": "th01怎么换电池",
	} {
		got, _ := askedWith(stats, in, text.English)
		if strings.ReplaceAll(got.asked(), " ", "") != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%q is searched as %q, want %q", in, got.asked(), want)
		}
	}
}

func TestAWordListTakesWhateverIsInIt(t *testing.T) {
	t.Parallel()
	stats := listStats(words(WordAlias, ""), words(WordAlias, "", "a"), words(WordCode, "", "", "?", "-"), words(WordSynonym, "", "same", "same"), words("of a newer server", "", "x", "y"),
		words(WordAlias, "", "loop", "pool"), words(WordAlias, "", "pool", "loop"), words(WordAlias, "", "订单", "单"))
	for _, in := range []string{"", "?", "pool loop", "单单单", strings.Repeat("单", 500), string(rune(maskFirst)) + "pool", "same"} {
		got, _ := askedWith(stats, in, text.English)
		if text.Normalize(got.asked()) != got.asked() {
			t.Errorf("%.20q becomes %.40q, which is not normalised", in, got.asked())
		}
	}
}

func FuzzWordList(f *testing.F) {
	f.Add("SM-G991B", "sm g991b")
	f.Add("小红包", "我的小红包")
	f.Add("a b", "a b a b")
	f.Fuzz(func(t *testing.T, word, s string) {
		stats := listStats(words(WordCode, "", word), words(WordAlias, "", "order", word+"x"), words(WordSynonym, "", word+"y", "refund"))
		q := text.Normalize(s)
		got := stats.words.rewriteIn(q, "")
		if text.Normalize(got.Text) != got.Text || text.HasWord(q) && !text.HasWord(got.Text) {
			t.Fatalf("%q becomes %q", q, got.Text)
		}
	})
}

// A list may hold thousands of codes: reading a text must not look at each.
func TestALongListCostsATextItsOwnLength(t *testing.T) {
	t.Parallel()
	var groups []WordGroup
	for i := range 8000 {
		groups = append(groups, words(WordCode, "", fmt.Sprintf("SM-%04dX", i)))
	}
	list := newWordList(groups)
	looked := 0
	s := "how do i charge the sm-7312x and the sm 0001 x at home"
	for at := range s {
		list.byCode.at(s[at:], true, func(int32) { looked++ })
	}
	if looked != 2 {
		t.Errorf("%d codes of 8000 were compared, want the 2 that stand there", looked)
	}
	if got := list.codesIn(s); !slices.Equal(got, []string{"sm7312x", "sm0001x"}) {
		t.Errorf("found %q", got)
	}
}
