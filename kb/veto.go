package kb

import (
	"regexp"
	"slices"
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
	words      *vocabulary
	codes      []string        // of the question, known to the site
	quantities []text.Quantity // likewise
	opposite   []opposite      // pairs of which the question names one side
	direction  string          // "on" or "off", where the question turns something so
}

// opposite holds what the question says and what a variant must then not say alone.
type opposite struct{ said, other string }

// newVeto reads the question. A number that nothing here names is the visitor's
// own business (收到10天了还能退吗) and contradicts no variant.
func newVeto(query string, words *vocabulary) veto {
	v := veto{words: words, direction: directionOf(query)}
	for _, c := range words.codesIn(query) {
		if _, known := words.codes[c]; known {
			v.codes = append(v.codes, c)
		}
	}
	for _, q := range words.readers.quantities.Find(query) {
		if words.names(q) && !elapsed(query, q) {
			v.quantities = append(v.quantities, q)
		}
	}
	for _, pair := range opposites() {
		a, b := says(query, pair[0]), says(query, pair[1])
		if (a && negated(query, pair[0])) || (b && negated(query, pair[1])) { // 没开通成功 asks about neither
			continue
		}
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
	if v.otherCode(content) || v.otherQuantity(content) {
		f *= factorOtherNumber
	}
	if v.direction != "" {
		if d := directionOf(content); d != "" && d != v.direction {
			return f * factorOpposite
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

// otherCode reports whether the variant names codes, but none of the question's.
func (v veto) otherCode(content string) bool {
	if len(v.codes) == 0 {
		return false
	}
	others := false
	for _, c := range v.words.list.codesIn(content) {
		if slices.Contains(v.codes, c) {
			return false
		}
		others = true
	}
	if !hasDigit(content) {
		return others
	}
	for _, t := range text.TermsOf(content) {
		if !codePattern.MatchString(t) {
			continue
		}
		if slices.Contains(v.codes, t) {
			return false
		}
		others = true
	}
	return others
}

// otherQuantity reports whether the variant contradicts an amount of the
// question: it names amounts of that kind (days, a currency), none of them the same.
func (v veto) otherQuantity(content string) bool {
	if len(v.quantities) == 0 {
		return false
	}
	found := v.words.readers.quantities.Find(content)
	for _, asked := range v.quantities {
		comparable, same := false, false
		for _, q := range found {
			comparable = comparable || q.Comparable(asked)
			same = same || q.Same(asked)
		}
		if comparable && !same {
			return true
		}
	}
	return false
}

var (
	elapsedBefore = regexp.MustCompile(`(?:用|收|到|买|过|签|等|都|已经|快|才|刚|下单|之前)了?(?:已经|快|才|有|整整)?$|\b(?:after|for|since|past|last|been|about|waited|waiting)(?: (?:over|about|almost|nearly|more than|the))? ?$`)
	elapsedAfter  = regexp.MustCompile(`^(?:了|没|前|多|还|过去|以前|之前|[, ]*(?:都|也|还|仍))|^ (?:ago|later|now|already|since|have|has|old)\b`)
)

// elapsed reports whether q is how long something has lasted: three days without
// news contradict no term of seven.
func elapsed(query string, q text.Quantity) bool {
	if q.Unit != "time" && q.Unit != "month" {
		return false
	}
	return elapsedBefore.MatchString(query[:q.At]) || elapsedAfter.MatchString(query[q.End:])
}

// negated reports whether w, which s holds, is denied where it stands first.
func negated(s, w string) bool {
	before := strings.TrimRight(s[:strings.Index(s, w)], " ")
	for _, no := range [...]string{"不", "没", "未", "没有", "n't", "not", "cannot", " no"} {
		if strings.HasSuffix(before, no) {
			return true
		}
	}
	return false
}

// turned is a phrasal verb with its object between: turn the lamp off.
var turned = regexp.MustCompile(`\b(?:turn|switch|shut|power)(?:s|ed|ing|ting|ned|ning)?(?: [a-z0-9'-]+){0,4}? (on|off)\b`)

// directionOf returns on or off if s turns something so, and not both ways.
func directionOf(s string) string {
	if !strings.Contains(s, "on") && !strings.Contains(s, "off") {
		return ""
	}
	found := turned.FindAllStringSubmatch(s, 4)
	if len(found) == 0 || strings.Contains(s, "on and off") || strings.Contains(s, "on or off") {
		return ""
	}
	for _, m := range found {
		if m[1] != found[0][1] {
			return ""
		}
	}
	return found[0][1]
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
// Words that also stand beside their opposite in one matter (收 and 发, 借 and 还) are not here.
func opposites() [][2]string {
	return [][2]string{
		{"开通", "取消"},
		{"开通", "关闭"},
		{"开启", "关闭"},
		{"打开", "关闭"},
		{"打开", "关掉"},
		{"打开", "关上"},
		{"开机", "关机"},
		{"启用", "停用"},
		{"启用", "禁用"},
		{"启动", "停止"},
		{"暂停", "恢复"},
		{"暂停", "继续"},
		{"激活", "停用"},
		{"订阅", "退订"},
		{"订阅", "取消订阅"},
		{"绑定", "解绑"},
		{"绑定", "解除绑定"},
		{"登录", "退出登录"},
		{"登录", "登出"},
		{"注册", "注销"},
		{"加入", "退出"},
		{"入会", "退会"},
		{"添加", "删除"},
		{"新增", "删除"},
		{"增加", "减少"},
		{"加购", "减购"},
		{"升级", "降级"},
		{"调高", "调低"},
		{"调亮", "调暗"},
		{"变大", "变小"},
		{"放大", "缩小"},
		{"充值", "提现"},
		{"上架", "下架"},
		{"上传", "下载"},
		{"导入", "导出"},
		{"安装", "卸载"},
		{"安装", "拆除"},
		{"连接", "断开"},
		{"配对", "解除配对"},
		{"锁定", "解锁"},
		{"上锁", "解锁"},
		{"冻结", "解冻"},
		{"显示", "隐藏"},
		{"静音", "取消静音"},
		{"接受", "拒绝"},
		{"同意", "拒绝"},
		{"合并", "拆分"},
		{"发货前", "发货后"},
		{"签收前", "签收后"},
		{"付款前", "付款后"},
		{"使用前", "使用后"},
		{"提前", "推迟"},
		{"提前", "延后"},
		{"提前", "延迟"},
		{"最早", "最晚"},
		{"购买", "出售"},
		{"买家", "卖家"},
		{"国内", "国外"},
		{"境内", "境外"},
		{"线上", "线下"},
		{"专票", "普票"},
		{"专用发票", "普通发票"},
		{"电子发票", "纸质发票"},
		{"个人抬头", "公司抬头"},
		{"保修期内", "保修期外"},
		{"太亮", "太暗"},
		{"太热", "太冷"},
		{"太大", "太小"},
		{"偏大", "偏小"},
		{"偏高", "偏低"},
		{"涨价", "降价"},
		{"enable", "disable"},
		{"activate", "deactivate"},
		{"subscribe", "unsubscribe"},
		{"link", "unlink"},
		{"connect", "disconnect"},
		{"lock", "unlock"},
		{"pair", "unpair"},
		{"mute", "unmute"},
		{"block", "unblock"},
		{"freeze", "unfreeze"},
		{"install", "uninstall"},
		{"follow", "unfollow"},
		{"add", "remove"},
		{"increase", "decrease"},
		{"upgrade", "downgrade"},
		{"log in", "log out"},
		{"login", "logout"},
		{"sign in", "sign out"},
		{"opt in", "opt out"},
		{"check in", "check out"},
		{"deposit", "withdraw"},
		{"before", "after"},
		{"open", "close"},
		{"accept", "reject"},
		{"accept", "decline"},
		{"import", "export"},
		{"upload", "download"},
		{"buy", "sell"},
		{"bigger", "smaller"},
		{"larger", "smaller"},
		{"longer", "shorter"},
		{"too bright", "too dark"},
		{"too hot", "too cold"},
		{"too big", "too small"},
		{"too large", "too small"},
		{"domestic", "international"},
		{"merge", "split"},
		{"include", "exclude"},
		{"with a receipt", "without a receipt"},
		{"with receipt", "without receipt"},
		{"with an account", "without an account"},
	}
}
