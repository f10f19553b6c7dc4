package bot

import (
	"testing"

	"frontdesk/chat"
)

func menuOf(articles ...string) []chat.Button {
	var menu []chat.Button
	for i, title := range articles {
		menu = append(menu, chat.Button{ID: ButtonArticle + string(rune('a'+i)), Label: title, Kind: "article"})
	}
	return menu
}

func withWayOut(menu []chat.Button, locale string) []chat.Button {
	p := phrasesFor(locale)
	return append(menu, chat.Button{ID: ButtonNone, Label: p.none}, chat.Button{ID: ButtonHuman, Label: p.human})
}

func TestWordsUnderAMenuAreAChoice(t *testing.T) {
	t.Parallel()
	c := newChoices()
	en := withWayOut(menuOf("Refund by card", "Refund by bank transfer", "Cancel an order"), "en")
	zh := withWayOut(menuOf("银行卡退款多久到账", "退款到余额", "取消订单"), "zh-CN")
	one := withWayOut(menuOf("Refund by card"), "en")
	for _, x := range []struct {
		menu []chat.Button
		want choice
		said []string
	}{
		{en, choice{button: "article:a"}, []string{"1", "1.", "1)", "#1", "(1)", "①", "the first one", "First", "first please", "option 1", "no. 1", "number one", "the first", "I think the first one", "ok, the first one", "a", "A)", "Refund by card", "refund by card!", "refund by crad", "card", "top one", "the card one"}},
		{en, choice{button: "article:b"}, []string{"2", "２", "the second", "second one please", "2nd", "the 2nd one", "I meant the second one", "refund by bank transfre", "bank transfer", "it's the second one"}},
		{en, choice{button: "article:c"}, []string{"3", "last", "the last one", "last one please", "third", "cancel an order", "cancel order", "cancel an oder"}},
		{en, choice{button: "article:a", also: "article:b"}, []string{"both", "all of them", "both please"}},
		{en, choice{button: ButtonNone}, []string{"none of these", "None of these.", "neither", "none of them", "nope", "no", "not what I asked", "none of the above", "noen of these"}},
		{en, choice{button: ButtonHuman}, []string{"talk to a human", "Talk to a human!", "talk to a humann"}},
		{en, choice{button: ButtonNone, rest: "where is my parcel"}, []string{"no, where is my parcel", "none of these, I mean where is my parcel"}},
		{zh, choice{button: "article:a"}, []string{"1", "第一个", "第1个", "一", "选1", "选第一个", "我要第一个", "第一个吧", "第一个问题", "银行卡退款多久到账", "银行卡退款多久到帐", "我想问的是第一个", "银行卡"}},
		{zh, choice{button: "article:b"}, []string{"2", "第二个", "二", "第二", "嗯，第二个", "余额"}},
		{zh, choice{button: "article:c"}, []string{"最后一个", "第三个", "取消订单", "最后那个", "取消定单"}},
		{zh, choice{button: "article:a", also: "article:b"}, []string{"都要", "两个都要"}},
		{zh, choice{button: ButtonNone}, []string{"都不是", "以上都不是", "不是", "都不对", "没有我想问的"}},
		{zh, choice{button: ButtonHuman}, []string{"转人工客服"}},
		{zh, choice{button: ButtonNone, rest: "发票怎么开"}, []string{"不是，发票怎么开", "都不是，我想问的是发票怎么开"}},
		{one, choice{button: "article:a"}, []string{"yes", "Yes!", "that's it", "exactly", "right"}},
		{one, choice{button: ButtonNone}, []string{"no", "nope"}},
	} {
		for _, said := range x.said {
			got, ok := c.read(said, x.menu, false)
			if x.want.rest != "" {
				if !ok || got.button != ButtonNone || got.rest == "" {
					t.Errorf("%q: %+v %v", said, got, ok)
				}
				continue
			}
			if !ok || got != x.want {
				t.Errorf("%q: %+v %v, want %+v", said, got, ok, x.want)
			}
		}
	}
}

func TestOtherWordsUnderAMenuAreAQuestion(t *testing.T) {
	t.Parallel()
	c := newChoices()
	for _, x := range []struct {
		menu     []chat.Button
		answered bool
		said     []string
	}{
		{withWayOut(menuOf("Turn notifications on", "Return within 7 days"), "en"), false, []string{
			"turn notifications off", "return within 15 days", "4", "the ninth one", "how do I get a refund", "where is my order", "I have 2 questions", "2 weeks ago I ordered a lamp", "a lamp", "first class shipping", "thanks", "hello", "the second lamp is broken", "",
		}},
		{withWayOut(menuOf("怎么开通短信通知", "7天可以退货吗"), "zh-CN"), false, []string{
			"怎么取消短信通知", "15天可以退货吗", "第九个", "7天可以换货吗", "一件衣服", "两天了", "三天前下的单", "第二件半价吗", "怎么退款", "谢谢", "7天不可以退货吗", "怎么关通知",
		}},
		// Under an answer a yes is one to the answer.
		{withWayOut(menuOf("Next step", "Another step"), "en"), true, []string{"7", "yes", "ok"}},
	} {
		for _, said := range x.said {
			if got, ok := c.read(said, x.menu, x.answered); ok {
				t.Errorf("%q: %+v", said, got)
			}
		}
	}
	if got, ok := c.read("both", withWayOut(menuOf("Next step", "Another step"), "en"), true); !ok || got.also == "" {
		t.Errorf("both next steps: %+v", got) // a search for the word answered with anything
	}
	if _, ok := c.read("2", nil, false); ok {
		t.Error("a choice without a menu")
	}
}

func TestStepsUnderAnAnswerAreChosenInWords(t *testing.T) {
	t.Parallel()
	c := newChoices()
	menu := withWayOut(menuOf("How long does it take", "Refund by card"), "en")
	for said, want := range map[string]string{"the second one": "article:b", "how long does it take?": "article:a", "last one": "article:b", "2": "article:b", "1.": "article:a", "not what i asked": ButtonNone} {
		if got, ok := c.read(said, menu, true); !ok || got.button != want {
			t.Errorf("%q: %+v %v", said, got, ok)
		}
	}
}

func FuzzWordsUnderAMenu(f *testing.F) {
	for _, s := range []string{"2", "第二个", "ok, the last one", "no, where is it", "７", "\xff", "the the the"} {
		f.Add(s)
	}
	c := newChoices()
	menu := withWayOut(menuOf("Refund by card", "取消订单"), "en")
	known := map[string]bool{"": true}
	for _, b := range menu {
		known[b.ID] = true
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := c.read(s, menu, false)
		if !known[got.button] || !known[got.also] || ok != (got.button != "") {
			t.Fatalf("%q: %+v %v", s, got, ok)
		}
	})
}
