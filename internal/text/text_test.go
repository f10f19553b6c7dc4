package text_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"frontdesk/internal/text"
)

func TestNormalizeMakesEqualWhatLooksEqual(t *testing.T) {
	t.Parallel()
	cases := []struct{ in, want string }{
		{"", ""},
		{"  Hello \t WORLD\u00a0!", "hello world !"},
		{"ＲＥＳＥＴ　密碼", "reset 密码"},
		{"運費怎麼計算？", "运费怎么计算?"},
		{"we\u200bb\ufeff site\u200d", "web site"},
		{"I’d like a “refund” – now", `i'd like a "refund" - now`},
		{"cafe\u0301", "café"},
		{"İstanbul", "istanbul"},
		{"a\xffb", "ab"},
		{"①②", "12"},
	}
	for _, c := range cases {
		got := text.Normalize(c.in)
		if got != c.want {
			t.Errorf("Normalize(%q) = %q, want %q", c.in, got, c.want)
		}
		if again := text.Normalize(got); again != got {
			t.Errorf("Normalize is not idempotent on %q: %q, then %q", c.in, got, again)
		}
	}
}

func TestKeyIgnoresPunctuationButNotMeaning(t *testing.T) {
	t.Parallel()
	same := [][2]string{
		{"How do I reset my password?", "how do i reset my password"},
		{"怎么退货？", "怎么 退货"},
		{"怎麼 reset 密碼!", "怎么reset密码"},
		{"７天无理由", "7天无理由"},
	}
	for _, c := range same {
		if text.Key(c[0]) != text.Key(c[1]) {
			t.Errorf("Key(%q) = %q differs from Key(%q) = %q", c[0], text.Key(c[0]), c[1], text.Key(c[1]))
		}
	}
	differ := [][2]string{
		{"7天", "15天"}, {"开通", "取消"}, {"TH01", "TH02"}, {"1.5 kg", "15 kg"}, {"C++", "C"}, {"$5", "€5"}, {"on", "off"},
	}
	for _, c := range differ {
		if text.Key(c[0]) == text.Key(c[1]) {
			t.Errorf("Key(%q) equals Key(%q): %q", c[0], c[1], text.Key(c[0]))
		}
	}
}

func TestTermsOfWordsChineseAndCodes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in   string
		want []string
	}{
		{"安全", []string{"安", "安全", "全"}},
		{"传感器-温度-TH01", []string{"传感器-温度-th01", "传", "传感", "感", "感器", "器", "温", "温度", "度", "th01", "th", "01"}},
		{"TH01", []string{"th01", "th", "01"}},
		{"怎么reset密码", []string{"怎", "怎么", "么", "reset", "密", "密码", "码"}},
		{"I can't log in", []string{"i", "can", "not", "log", "in"}},
		{"don't", []string{"do", "not"}},
		{"7天 15%", []string{"7", "天", "15"}},
		{"TH-02", []string{"th-02", "th02", "th", "02"}},
		{"买TH-02吗", []string{"买th-02吗", "th02", "买", "th", "02", "吗"}},
		{"v2.1", []string{"v2.1", "v2", "v", "2", "1"}},
		{"refunds & orders", []string{"refund", "order"}},
		{"!!! ---", nil},
	}
	for _, c := range cases {
		if got := text.Terms(c.in); !slices.Equal(got, c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("Terms(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestStemJoinsTheFormsOfAWord(t *testing.T) {
	t.Parallel()
	groups := [][]string{
		{"cancel", "cancels", "canceled", "cancelled", "cancelling"},
		{"change", "changes", "changed", "changing"},
		{"delivery", "deliveries"},
		{"ship", "ships", "shipped", "shipping"},
		{"return", "returns", "returned", "returning"},
		{"pay", "pays", "paying"},
		{"box", "boxes"},
		{"address", "addresses"},
	}
	for _, g := range groups {
		for _, w := range g[1:] {
			if text.Stem(w) != text.Stem(g[0]) {
				t.Errorf("Stem(%q) = %q, Stem(%q) = %q", w, text.Stem(w), g[0], text.Stem(g[0]))
			}
		}
	}
	for _, w := range []string{"this", "bus", "sing", "red", "news1", "密码"} {
		if w != "this" && text.Stem(w) != w {
			t.Errorf("Stem(%q) = %q, want it unchanged", w, text.Stem(w))
		}
	}
}

func TestLanguageIsChineseWithAnyChineseCharacter(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"怎么reset密码": text.Chinese, "iPhone 坏了": text.Chinese, "where is my order": text.English, "TH01": text.English, "123 !!": "fallback",
	} {
		if got := text.Language(in, "fallback"); got != want {
			t.Errorf("Language(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestALongTextWithoutBlanksTakesLinearTime(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a", "安", "-", "1", "'", "a-1", "\u0301"} {
		in := strings.Repeat(unit, 1<<18/len(unit))
		start := time.Now()
		n := text.Normalize(in)
		text.Key(in)
		terms := text.Terms(in)
		text.Grams(n, func(uint32) {})
		if took := time.Since(start); took > 30*time.Second { // quadratic would be hours
			t.Errorf("%q × 256 KiB took %s", unit, took)
		}
		if len(terms) > 10_000 {
			t.Errorf("%q × 256 KiB makes %d terms", unit, len(terms))
		}
	}
}

func TestSimplifiedTableIsSortedAndFixedWidth(t *testing.T) {
	t.Parallel()
	// The search in simplify relies on both: probe it with every 16th Han character.
	if text.Normalize("國語與說話") != "国语与说话" {
		t.Fatalf("got %q", text.Normalize("國語與說話"))
	}
	for r := rune(0x4E00); r <= 0x9FFF; r++ {
		got, _ := utf8.DecodeRuneInString(text.Normalize(string(r)))
		again, _ := utf8.DecodeRuneInString(text.Normalize(string(got)))
		if got != again {
			t.Errorf("%c becomes %c, which becomes %c", r, got, again)
		}
	}
}

func TestTraditionalCharactersBecomeTheWordThatIsMeant(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"這個檯燈為什麼開不著": "这个台灯为什么开不着", "甚麼時候發貨": "什么时候发货", "甚至": "甚至", "著名品牌": "著名品牌", "顯著": "显著", "看著": "看着", "乾燥": "干燥", "乾隆": "乾隆",
		"瞭解": "了解", "瞭望": "瞭望", "藉口": "借口", "慰藉": "慰藉", "頭髮": "头发", "發貨": "发货", "後天": "后天", "皇后": "皇后", "裡面": "里面", "幾公里": "几公里", "麵包": "面包", "儲值": "储值",
		"退費": "退费", "運費": "运费", "帳戶": "帐户", "訊息": "讯息", "衞生": "卫生", "舖": "铺", "鹹": "咸", "匯款": "汇款", "詞彙": "词汇", "週年": "周年", "鬆緊": "松紧", "錶帶": "表带",
	} {
		if got := text.Normalize(in); got != want {
			t.Errorf("Normalize(%q) = %q, want %q", in, got, want)
		}
	}
}

func readings(h *text.Han, r rune) []text.Syllable {
	all := h.Readings(r)
	return all[:]
}

func TestTheTablesOfHanCharacters(t *testing.T) {
	t.Parallel()
	h := text.NewHan()
	for in, want := range map[string]string{
		"怎么退货": "zen me tui huo", "账号": "zhang hao", "怎么reset密码": "zen me reset mi ma", "女": "nv", "": "", "th01 电池": "th01 dian chi", "还行吗?": "hai xing ma?", "TH01电池": "TH01 dian chi",
	} {
		if got := h.Pinyin(in); got != want {
			t.Errorf("Pinyin(%q) = %q, want %q", in, got, want)
		}
	}
	for syllable, chars := range map[string]string{"tui": "退推", "huo": "货活或", "zhang": "账帐长", "chang": "长", "nv": "女"} {
		h.At(syllable, func(s text.Syllable, size int) {
			for _, r := range chars {
				if size == len(syllable) && (!strings.ContainsRune(h.Chars(s), r) || !slices.Contains(readings(h, r), s)) {
					t.Errorf("%c is not read %s", r, syllable)
				}
			}
		})
	}
	if h.Readings('a') != h.Readings('ー') || h.Readings('龘')[0] != 0 {
		t.Error("what has no reading has one")
	}
	for _, c := range []struct {
		a, b rune
		want bool
	}{{'帐', '账', true}, {'在', '再', true}, {'的', '得', true}, {'退', '货', false}, {'还', '环', true}, {'还', '海', true}, {'a', 'a', false}} {
		if got := h.SameSound(c.a, c.b); got != c.want {
			t.Errorf("SameSound(%c, %c) = %t", c.a, c.b, got)
		}
	}
	for in, want := range map[string]bool{"zenmetuikuan": true, "xian": true, "hello": false, "refund": false, "": false, "zhuangtai": true, strings.Repeat("ma", 40): false, strings.Repeat("ma", 32): true} {
		if got := h.Spells(in); got != want {
			t.Errorf("Spells(%q) = %t", in, got)
		}
	}
	for w, want := range map[string]bool{"refund": true, "refnud": false, "": false, "a": false, "zulu": text.IsWord("zulu"), "zzz": false, "shipping": true} {
		if got := text.IsWord(w); got != want {
			t.Errorf("IsWord(%q) = %t", w, got)
		}
	}
	if !text.IsHanWord('订', '单') || text.IsHanWord('取', '肖') || text.IsHanWord('a', 'b') || h.Rank('我', '们') == 0 || h.Rank('肖', '取') != 0 {
		t.Error("words and common pairs")
	}
	if a, b := text.PairOf(text.PairKey('退', '货')); a != '退' || b != '货' {
		t.Errorf("a pair comes back as %c%c", a, b)
	}
}

func FuzzAnalyzer(f *testing.F) {
	for _, s := range []string{"", "传感器-温度-TH01", "怎么reset密码", "don't'", "\xff\x00", "İ̇", "a-_./#'1", "ﷺ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := text.Normalize(s)
		if !utf8.ValidString(n) {
			t.Fatalf("Normalize(%q) is not UTF-8", s)
		}
		if again := text.Normalize(n); again != n {
			t.Fatalf("Normalize is not idempotent on %q: %q, then %q", s, n, again)
		}
		for _, term := range text.Terms(s) {
			if term == "" || !utf8.ValidString(term) || strings.ContainsAny(term, " \x00") {
				t.Fatalf("Terms(%q) has the term %q", s, term)
			}
		}
		if text.Key(text.Key(s)) != text.Key(s) {
			t.Fatalf("Key is not idempotent on %q: %q, then %q", s, text.Key(s), text.Key(text.Key(s)))
		}
		text.Grams(n, func(b uint32) {
			if b >= text.GramBuckets {
				t.Fatalf("bucket %d", b)
			}
		})
	})
}
