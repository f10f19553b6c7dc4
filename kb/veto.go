package kb

import (
	"strings"

	"frontdesk/internal/text"
)

// A vector hardly sees which number, code or direction a question names: TH01 and
// TH02, 7 days and 15 days, 开通 and 取消 lie next to each other. A variant that
// names another one than the question loses this share of its score.
const (
	factorOtherNumber = 0.85
	factorOpposite    = 0.8
)

// veto compares what must not be mixed up. Made once a question.
type veto struct {
	numbers  map[string]bool // terms of the question with a digit
	opposite []opposite      // pairs of which the question names one side
}

// opposite holds what the question says and what a variant must then not say alone.
type opposite struct{ said, other string }

func newVeto(query string, terms []QueryTerm) veto {
	v := veto{numbers: map[string]bool{}}
	for _, t := range terms {
		if t.Known && hasDigit(t.Term) {
			v.numbers[t.Term] = true
		}
	}
	for _, pair := range opposites() {
		a, b := says(query, pair[0]), says(query, pair[1])
		if a && !b {
			v.opposite = append(v.opposite, opposite{pair[0], pair[1]})
		}
		if b && !a {
			v.opposite = append(v.opposite, opposite{pair[1], pair[0]})
		}
	}
	return v
}

// factor returns what the variant's score is multiplied by.
func (v veto) factor(content string) float64 {
	f := 1.0
	if len(v.numbers) > 0 {
		others, shared := false, false
		for _, t := range text.Terms(content) {
			if hasDigit(t) {
				others = true
				shared = shared || v.numbers[t]
			}
		}
		if others && !shared {
			f *= factorOtherNumber
		}
	}
	for _, o := range v.opposite {
		if says(content, o.other) && !says(content, o.said) {
			f *= factorOpposite
			break
		}
	}
	return f
}

// says reports whether s holds w: anywhere in Chinese, as a whole word in English.
func says(s, w string) bool {
	for at := 0; ; {
		i := strings.Index(s[at:], w)
		if i < 0 {
			return false
		}
		i += at
		end := i + len(w)
		if w[0] >= 0x80 || ((i == 0 || !letter(s[i-1])) && (end == len(s) || !letter(s[end]))) {
			return true
		}
		at = end
	}
}

func letter(b byte) bool { return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' }

// opposites are words that turn a question round, as normalised text has them.
func opposites() [][2]string {
	return [][2]string{
		{"开通", "取消"},
		{"开通", "关闭"},
		{"开启", "关闭"},
		{"打开", "关闭"},
		{"打开", "关掉"},
		{"启用", "停用"},
		{"订阅", "退订"},
		{"绑定", "解绑"},
		{"登录", "退出"},
		{"注册", "注销"},
		{"添加", "删除"},
		{"增加", "减少"},
		{"升级", "降级"},
		{"充值", "提现"},
		{"上架", "下架"},
		{"发货前", "发货后"},
		{"签收前", "签收后"},
		{"turn on", "turn off"},
		{"switch on", "switch off"},
		{"on", "off"},
		{"enable", "disable"},
		{"activate", "deactivate"},
		{"subscribe", "unsubscribe"},
		{"link", "unlink"},
		{"connect", "disconnect"},
		{"lock", "unlock"},
		{"add", "remove"},
		{"increase", "decrease"},
		{"upgrade", "downgrade"},
		{"log in", "log out"},
		{"sign in", "sign out"},
		{"deposit", "withdraw"},
		{"before", "after"},
		{"open", "close"},
	}
}
