package kb

import (
	"fmt"
	"strings"
	"testing"

	"frontdesk/internal/text"
)

// shopStats are the statistics of a small shop in both languages.
func shopStats() *siteStats { return newSiteStats(Corpus{Variants: shopVariants()}) }

func shopVariants() []Variant {
	var c Corpus
	add := func(locale string, lines ...string) {
		for i, s := range lines {
			c.Variants = append(c.Variants, Variant{ID: int64(len(c.Variants) + 1), Article: fmt.Sprint(locale, i), Locale: locale, Kind: KindQuestion, Content: text.Normalize(s)})
		}
	}
	add(text.English, "how do i get a refund", "how do i cancel my order", "cancel an order", "refund to my card", "where is my invoice", "get an invoice for the order",
		"i cannot log in", "how to log in to my account", "delete my account", "verification code does not arrive", "what color is the lamp", "colors and sizes",
		"th01 battery", "which battery does th-02 take", "kt200 capacity", "free shipping", "who pays for return shipping", "change my address before shipping", "please pack it as a gift",
		"customize the size", "return within 7 days", "exchange within 15 days", "the headphones do not connect", "checkout fails", "wifi")
	add(text.Chinese, "怎么退货", "退货流程", "退货运费谁出", "怎么取消订单", "取消订单", "取消下单", "怎么开发票", "发票多久开", "开发票抬头", "退款多久到账", "退款进度", "会员等级", "会员有什么好处",
		"收不到验证码", "验证码没收到", "账号怎么注销", "账号密码忘了", "优惠券怎么用", "优惠券用不了", "领优惠券", "多久发货", "什么时候发货", "包裹少了一件", "包裹破损", "客服几点上班", "怎么联系客服",
		"th01换电池", "th02怎么连wifi", "礼品卡怎么用", "运费怎么算", "包邮吗", "短信太多怎么退订", "怎么登录", "订单状态在哪看", "积分怎么用", "换货流程", "7天无理由退货", "水壶不加热", "耳机连不上", "连不上网")
	return c.Variants
}

func TestAQuestionIsPutIntoTheWordsOfTheSite(t *testing.T) {
	t.Parallel()
	v := shopStats().words
	for in, want := range map[string]string{
		// slips
		"how to get a refnud": "how to get a refund", "cancle my ordr": "cancel my order", "verificaton code": "verification code", "wheres my invioce?": "where's my invoice?",
		// letters held down, short forms, other spellings
		"pleeease pack it": "please pack it", "can u refund": "can you refund", "delete acct pls": "delete account please", "which colour": "which color", "customise size": "customize size",
		// together and apart
		"re fund": "refund", "i cant login": "i can't log in",
		// codes in any spelling
		"th 01 battery": "th01 battery", "tho1 battery": "th01 battery", "kt 200": "kt200",
		// numbers of the visitor's own
		"取消订单12345678": "取消订单", "where is order 20261121-0042, my invoice": "where is order, my invoice", "is order 12345678 cancelled": "is order cancelled", "cancel order #1234567": "cancel order", "订单 SF1234567890 退款进度": "订单退款进度",
		// pinyin
		"zenme tuihuo": "怎么退货", "tui huo yunfei shei chu": "退货运费谁出", "tuikuan duojiu daozhang": "退款多久到账", "zenmequxiaodingdan": "怎么取消订单", "TH01 zenme huan dianchi": "th01怎么换电池",
		"th02 zenme lian wifi": "th02怎么连wifi", "怎么tuikuan": "怎么退款", "youhuiquan zenme yong?": "优惠券怎么用?",
		// other characters of the same sound or look
		"怎么取肖订单": "怎么取消订单", "怎么开发飘": "怎么开发票", "退贷流程": "退货流程", "收不到验正码": "收不到验证码", "会圆等级": "会员等级", "包果破损": "包裹破损",
		// regional words and common confusions
		"帐号密码忘了": "账号密码忘了", "怎么登入": "怎么登录", "優惠卷怎麼用": "优惠券怎么用", "訊息太多": "短信太多", "退費進度": "退款进度", "郵費怎麼算": "运费怎么算", "定单状态": "订单状态",
	} {
		if got := v.rewrite(text.Normalize(in)); got.Text != want {
			t.Errorf("%q becomes %q, want %q", in, got.Text, want)
		}
	}
}

func TestWhatTheSiteUnderstandsIsNotTouched(t *testing.T) {
	t.Parallel()
	v := shopStats().words
	for _, s := range []string{
		"", "?", "how do i cancel my order", "refunds", "cancelling orders", "7 days", "8 days", "15天", "怎么退货", "退货运费谁出", "账号密码忘了",
		// codes and numbers are never made others
		"th03 battery", "th10", "kt300", "kt 300", "th0 1", "order 12345", "100000元", "1000000 miles", "12345678", "in 01 days", "2oo", "1o",
		// English that nobody here writes, and names
		"do you sell carrots", "my parrot is green", "can i bring a cat", "he can sing", "iphone case", "what is the capital of peru", "women and men", "sun and fan", "a long song", "banana", "where is berlin",
		// Chinese that nobody here writes
		"明天会下雨吗", "社保卡怎么补办", "火车票可以改签吗", "冰箱不制冷怎么办", "我想买家具", "卖家在哪", "请给我一只猫", "今天星期几", "天气怎么样",
		// both words mean what they say
		"free shipping to peru", "log in", "check out fails", "it was a long letter", "tell me an answer", "olly said so", "tom gave mary a lamp", "how many u.s. dollars",
		"他同事统治国王", "检察官", "咖啡馆里", "我不像你", "你保证吗", "请关灯", "neander医生",
	} {
		if got := v.rewrite(text.Normalize(s)); got.Text != text.Normalize(s) {
			t.Errorf("%q becomes %q", s, got.Text)
		}
	}
}

func TestPinyinNeedsAKnowledgeBaseInChinese(t *testing.T) {
	t.Parallel()
	english := newSiteStats(Corpus{Variants: []Variant{{Locale: "en", Content: "how do i get a refund"}}})
	if got := english.words.rewrite("zenme tuikuan"); got.Text != "zenme tuikuan" || got.Locale != "" {
		t.Errorf("became %q", got.Text)
	}
	if got := newSiteStats(Corpus{}).words.rewrite("zenme tuikuan refnud 退贷"); got.Text != "zenme tuikuan refnud 退贷" {
		t.Errorf("an empty knowledge base makes %q of it", got.Text)
	}
	if got := shopStats().words.rewrite("zenme tuikuan"); got.Locale != text.Chinese {
		t.Errorf("the language of pinyin is %q", got.Locale)
	}
}

func TestTermsSayWhatTheyStandFor(t *testing.T) {
	t.Parallel()
	stats := shopStats()
	terms := func(s string) map[string]QueryTerm {
		out := map[string]QueryTerm{}
		r := Result{Query: text.Normalize(s), Locale: text.Language(s, text.English)}
		for _, q := range r.rewrite(stats).Terms {
			out[q.Term] = q
		}
		return out
	}
	got := terms("refnud my order")
	if q := got["refund"]; q.From != "refnud" || q.Added || !q.Known || q.IDF <= 0 {
		t.Errorf("a corrected word: %+v", q)
	}
	if q := got["order"]; q.From != "" || q.IDF == 0 {
		t.Errorf("a word as it was: %+v", q)
	}
	exact, _ := stats.idf("refund", text.English)
	if q := got["refund"]; q.IDF >= exact {
		t.Errorf("a corrected word weighs %.2f, as much as the word itself", q.IDF)
	}
	stats.words.pairs[text.PairKey('邮', '费')], stats.locales[text.Chinese].df["邮费"] = 1, 1 // the site has both
	got = terms("邮费怎么算")
	if q := got["运费"]; !q.Added || q.From != "邮费" || q.IDF <= 0 {
		t.Errorf("a word added: %+v", q)
	}
	if q := got["邮费"]; q.From != "" || q.Added {
		t.Errorf("the word itself: %+v", q)
	}
}

// Rewriting must stay within its bounds on whatever is typed.
func FuzzRewrite(f *testing.F) {
	v := shopStats().words
	for _, s := range []string{"zenme tuikuan", "refnud", "th 01", "取肖", "é ü ñ", "a'b'c", "''", "pleeeeeease", "xi'an", "帐号 acct zh", "n'importe", "不是th01,我要th02", strings.Repeat("xian", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := text.Normalize(s)
		got := v.rewrite(q)
		if text.Normalize(got.Text) != got.Text {
			t.Fatalf("%q becomes %q, which is not normalised", q, got.Text)
		}
		if text.HasWord(q) && !text.HasWord(got.Text) {
			t.Fatalf("%q becomes %q", q, got.Text)
		}
	})
}
