package kb

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"frontdesk/internal/text"
)

func TestTheVocabularyKnowsWhatStandsTogether(t *testing.T) {
	t.Parallel()
	v := vocabularyOf("How do I log in?", "TH-01 和 th02 的区别", "退货运费谁出", "7天无理由退货")
	for _, w := range []string{"log", "how"} {
		if !v.knows(w) {
			t.Errorf("%q is unknown", w)
		}
	}
	if !v.adjoin("log", "in") || v.adjoin("in", "log") || v.adjoin("do", "log") {
		t.Error("words side by side")
	}
	if !v.has("退货") || !v.has("运费") || v.has("货谁") || v.has("退") || v.has("") {
		t.Error("pairs of characters")
	}
	for _, c := range []string{"th01", "th02"} {
		if _, ok := v.codes[c]; !ok {
			t.Errorf("the code %s is unknown", c)
		}
	}
	if !v.stranger([]string{"th03"}) || v.stranger([]string{"th02", "th03"}) || v.stranger([]string{"mp3"}) || v.stranger(nil) {
		t.Error("sisters of known codes")
	}
	week := text.NewQuantities().Find("一周")[0]
	if !v.names(week) || v.names(text.NewQuantities().Find("15天")[0]) {
		t.Error("amounts")
	}
}

func TestACodeTypedApartIsTheArticlesCode(t *testing.T) {
	t.Parallel()
	codes := collectCodes([]Variant{
		{Article: "a", Kind: KindQuestion, Content: "th 01 battery"},
		{Article: "b", Kind: KindTitle, Content: "th-01 manual"},
		{Article: "c", Kind: KindQuestion, Content: "the top 10 lamps"},
		{Article: "d", Kind: KindPassage, Content: "th01"},
	}, newVocabulary(nil))
	if !codes["a"]["th01"] || !codes["b"]["th01"] || len(codes["c"]) > 0 || len(codes["d"]) > 0 {
		t.Errorf("%v", codes)
	}
}

// syntheticVariants are n questions of 4 to 12 words in two languages, with Zipf's frequencies.
func syntheticVariants(n int) []Variant {
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.2, 8, 20_000)
	out := make([]Variant, n)
	var b strings.Builder
	for i := range out {
		b.Reset()
		locale := text.English
		if i%2 == 0 {
			locale = text.Chinese
		}
		for range 4 + rng.IntN(9) {
			k := zipf.Uint64()
			if locale == text.Chinese {
				b.WriteRune(rune(0x4E00 + (k*7)%6000))
				b.WriteRune(rune(0x4E00 + (k*13+1)%6000))
				continue
			}
			fmt.Fprintf(&b, "%c%c%c%c%c ", 'a'+k%26, 'a'+k/26%26, 'a'+k/676%26, 'e', 's'-k%7)
		}
		out[i] = Variant{ID: int64(i), Article: fmt.Sprint(i / 10), Locale: locale, Kind: KindQuestion, Content: text.Normalize(b.String())}
	}
	return out
}

// The clock holds reading all variants; heap-MB is what the vocabulary keeps.
func BenchmarkVocabulary(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		variants := syntheticVariants(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var v *vocabulary
			for b.Loop() {
				v = newVocabulary(variants)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "heap-MB")
			runtime.KeepAlive(v)
		})
	}
}

func BenchmarkRewrite(b *testing.B) {
	v := newVocabulary(append(syntheticVariants(10_000), shopVariants()...))
	for name, q := range map[string]string{
		"known-en": "how do i cancel my order", "known-zh": "退货运费谁出", "typos": "verificaton code dosnt arive, cancle my ordr pls", "pinyin": "zenme shenqing tuihuo yunfei shei chu",
		"pinyin-joined": "zenmeshenqingtuihuoyunfeisheichu", "homophone": "怎么取肖订单", "unknown-zh": "我想订一张去三亚的机票可以帮我查一下吗", "long-en": strings.Repeat("where is my parcel and why does it take so long ", 8),
		"long-pinyin": strings.Repeat("tuihuo yunfei shei chu ", 10),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.rewrite(q)
			}
		})
	}
}
