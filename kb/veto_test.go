package kb

import (
	"testing"

	"frontdesk/internal/text"
)

// vocabularyOf a site whose questions are these.
func vocabularyOf(questions ...string) *vocabulary {
	variants := make([]Variant, len(questions))
	for i, q := range questions {
		variants[i] = Variant{Article: q, Kind: KindQuestion, Content: text.Normalize(q)}
	}
	return newVocabulary(variants)
}

func TestTheVetoMarksOtherNumbersAndOppositesOnly(t *testing.T) {
	t.Parallel()
	words := vocabularyOf("7天无理由退货", "15天换货", "th01 battery", "th02 battery", "满100元包邮", "2 hours delivery", "$100 gift card", "11月11日活动")
	for _, c := range []struct {
		question, variant string
		want              float64
	}{
		{"7天退货", "15天换货", factorOtherNumber},
		{"7天退货", "7天无理由", 1},
		{"7天退货", "怎么退货", 1}, // says nothing of days
		{"th01 battery", "th02 battery", factorOtherNumber},
		{"th-01 battery", "th01 用什么电池", 1},
		// amounts in any spelling
		{"七天退货", "7天无理由", 1},
		{"一周内退货", "7天无理由", 1},
		{"within a week", "return within 7 days", 1},
		{"within a week", "exchange within fifteen days", factorOtherNumber},
		{"七天退货", "十五天换货", factorOtherNumber},
		{"two hours", "24 hours", factorOtherNumber},
		{"two hours", "2小时", 1},
		{"满一百块包邮吗", "满¥100包邮", 1},
		{"满100元包邮吗", "满200元减20", factorOtherNumber},
		{"11月11日有活动吗", "12月12日活动", factorOtherNumber},
		// another kind of number is no contradiction, nor is one that nothing here names
		{"7天退货", "满100元包邮", 1},
		{"$100 card", "100元", 1},
		{"10天了还能退吗", "7天无理由", 1},
		{"快递7天没动静了", "15天换货", 1}, // how long it has lasted
		{"用了15天了耳机没声音", "7天无理由", 1},
		{"it broke after a week", "exchange within 15 days", 1},
		{"bought it 7 days ago", "exchange within 15 days", 1},
		{"没开通成功", "取消通知", 1},
		{"the headphones won't connect", "disconnect the headphones", 1},
		{"th03 battery", "th02 battery", 1}, // the codes of articles see to that
		// opposites, in both directions
		{"怎么开通通知", "怎么取消通知", factorOpposite},
		{"怎么取消通知", "怎么开通通知", factorOpposite},
		{"怎么开通通知", "开通和取消通知", 1},
		{"开通还是取消", "取消通知", 1},
		{"turn off the lamp", "turn on the lamp", factorOpposite},
		{"turn the lamp on", "turn the lamp off", factorOpposite},
		{"how do i turn it on and off", "turn off the lamp", 1},
		{"turn off the lamp", "onion lamp", 1}, // "on" is no word there
		{"money off on my order", "turn notifications on", 1},
		{"discount on my order", "10% off", 1},
		{"how to add one", "please address it", 1},
		{"上传发票", "下载发票", factorOpposite},
		{"how do i unsubscribe", "subscribe to the newsletter", factorOpposite},
		{"return without receipt", "return with receipt", factorOpposite},
		{"国内发货", "国外发货", factorOpposite},
		{"买家付运费吗", "卖家付运费", factorOpposite},
		{"7天 turn on", "15天 turn off", factorOtherNumber * factorOpposite},
		// complaints keep what they complain of
		{"水壶不加热了", "水壶不加热", 1},
		{"the kettle doesn't heat", "kettle does not heat up", 1},
		{"", "", 1},
	} {
		v := newVeto(text.Normalize(c.question), words)
		if got := v.factor(text.Normalize(c.variant)); got != c.want {
			t.Errorf("%q against %q: %v, want %v", c.question, c.variant, got, c.want)
		}
	}
}

func BenchmarkVeto(b *testing.B) {
	words := vocabularyOf("7天无理由退货", "15天换货")
	variants := []string{"怎么申请退货", "return within 7 days of delivery", "15天换货要什么条件", "how do i cancel my order", "商品有质量问题怎么换"}
	b.ReportAllocs()
	for b.Loop() { // one question against 96 variants
		v := newVeto("收到五天了,7天内可以退货吗", words)
		for i := range 96 {
			v.factor(variants[i%len(variants)])
		}
	}
}
