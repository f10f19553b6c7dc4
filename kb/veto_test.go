package kb

import "testing"

func TestTheVetoMarksOtherNumbersAndOppositesOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		question, variant string
		want              float64
	}{
		{"7天退货", "15天换货", factorOtherNumber},
		{"7天退货", "7天无理由", 1},
		{"7天退货", "怎么退货", 1}, // says nothing of days
		{"th01 battery", "th02 battery", factorOtherNumber},
		{"怎么开通通知", "怎么取消通知", factorOpposite},
		{"怎么开通通知", "开通和取消通知", 1},
		{"开通还是取消", "取消通知", 1},
		{"turn off the lamp", "turn on the lamp", factorOpposite},
		{"turn off the lamp", "onion lamp", 1}, // "on" is no word there
		{"how to add one", "please address it", 1},
		{"7天 turn on", "15天 turn off", factorOtherNumber * factorOpposite},
		{"", "", 1},
	} {
		v := newVeto(c.question, knownTerms(c.question))
		if got := v.factor(c.variant); got != c.want {
			t.Errorf("%q against %q: %v, want %v", c.question, c.variant, got, c.want)
		}
	}
}

func knownTerms(s string) []QueryTerm {
	stats := newSiteStats(Corpus{Variants: []Variant{{Locale: "en", Content: s}}})
	return weighTerms(stats, []string{"7", "th01", "th", "01"}, "en")
}
