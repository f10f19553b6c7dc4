package bot

import (
	"regexp"
	"strings"

	"frontdesk/internal/text"
)

// opposites are words that turn a sentence into its contrary when one stands
// where the other stood. Each side lists forms in normalised text.
func opposites() [][2][]string {
	return [][2][]string{
		{{"open", "opening", "enable", "enabled", "activate", "switch on", "turn on", "turned on"}, {"close", "closing", "closed", "disable", "disabled", "deactivate", "switch off", "turn off", "turned off"}},
		{{"allow", "allowed", "permitted", "accept", "accepted", "possible"}, {"forbid", "forbidden", "prohibited", "refuse", "refused", "reject", "rejected", "impossible"}},
		{{"before"}, {"after"}},
		{{"include", "includes", "included", "including"}, {"exclude", "excludes", "excluded", "excluding", "except"}},
		{{"free", "no charge", "no cost"}, {"charge", "charged", "fee", "fees", "paid"}},
		{{"more", "more than", "at least", "minimum", "over", "above"}, {"less", "less than", "at most", "maximum", "under", "below"}},
		{{"always"}, {"never"}},
		{{"increase", "increases", "raise", "higher"}, {"decrease", "decreases", "reduce", "lower"}},
		{{"subscribe", "register", "sign up"}, {"unsubscribe", "deregister", "cancel"}},
		{{"buyer", "customer", "you pay"}, {"seller", "we pay"}},
		{{"available", "in stock"}, {"unavailable", "out of stock"}},
		{{"refundable"}, {"non-refundable", "nonrefundable"}},
		{{"required", "must", "mandatory"}, {"optional", "voluntary"}},
		{{"valid"}, {"invalid", "expired"}},
		{{"domestic"}, {"international", "overseas", "abroad"}},
		{{"开通", "开启", "打开", "启用"}, {"关闭", "关掉", "停用", "禁用"}},
		{{"注册", "订阅"}, {"注销", "退订", "取消"}},
		{{"支持", "可以", "能够", "允许"}, {"不支持", "不可以", "不能", "不允许", "禁止", "无法"}},
		{{"包括", "包含"}, {"不包括", "不包含", "除外"}},
		{{"免费", "免运费", "包邮"}, {"收费", "付费", "自理", "到付"}},
		{{"之前", "以前", "以前"}, {"之后", "以后"}},
		{{"以上", "至少", "超过", "不少于"}, {"以下", "至多", "不超过", "以内"}},
		{{"需要", "必须"}, {"不需要", "无需", "不必", "不用"}},
		{{"有效"}, {"无效", "过期"}},
		{{"增加", "提高"}, {"减少", "降低"}},
		{{"买家", "顾客"}, {"卖家", "商家"}},
		{{"国内"}, {"国外", "海外", "国际"}},
		{{"有货"}, {"缺货", "无货"}},
	}
}

// opposed reports that a says one side of a pair of opposites and b only the other.
func opposed(a, b string) bool {
	a, b = text.Normalize(a), text.Normalize(b)
	for _, pair := range opposites() {
		aLeft, aRight := saysAny(a, pair[0], pair[1]), saysAny(a, pair[1], nil)
		bLeft, bRight := saysAny(b, pair[0], pair[1]), saysAny(b, pair[1], nil)
		if aLeft && !aRight && bRight && !bLeft || aRight && !aLeft && bLeft && !bRight {
			return true
		}
	}
	return false
}

// saysAny reports that s has one of words; where a longer one of without holds
// it (可以 in 不可以) it does not count.
func saysAny(s string, words, without []string) bool {
	for _, w := range without {
		s = strings.ReplaceAll(s, w, "\x00")
	}
	for _, w := range words {
		if hasWord(s, w) {
			return true
		}
	}
	return false
}

// hasWord reports that s has w: Chinese anywhere, Latin between bounds.
func hasWord(s, w string) bool {
	if text.HasCJK(w) {
		return strings.Contains(s, w)
	}
	for from := 0; ; {
		i := strings.Index(s[from:], w)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(w)
		if (start == 0 || !latin(s[start-1])) && (end == len(s) || !latin(s[end])) {
			return true
		}
		from = end
	}
}

func latin(b byte) bool { return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '\'' }

var denials = regexp.MustCompile(`\b(?:not|no|never|none|nor|neither|without|cannot|can't|won't|don't|doesn't|didn't|isn't|aren't|wasn't|shouldn't|mustn't|couldn't|wouldn't|hardly|unable|nobody|nothing)\b|不|没|无|非|未|勿|别`)

// undenying are words with a sign of denial in them that deny nothing.
const undenying = "无线|无论|无理由|非常|未来|特别|分别|类别|级别|区别|个别|别人|别的|不同|不过|不断|不管|不满|不超过|不多于|不少于|不低于"

// denialsIn counts what denies in normalised text.
func denialsIn(s string) int {
	if text.HasCJK(s) {
		for w := range strings.SplitSeq(undenying, "|") {
			s = strings.ReplaceAll(s, w, "")
		}
	}
	return len(denials.FindAllString(s, -1))
}
