package bot

import (
	"regexp"
	"slices"
	"strings"
)

// privateRules recognise a wish for the data of somebody who is named or numbered,
// for the passwords of staff, and for files of the server.
type privateRules struct {
	words []string // no rule matches a text without one of them
	rules *regexp.Regexp
	own   *regexp.Regexp // anywhere: it is the visitor's own, or out of order
}

func newPrivateRules() privateRules {
	const (
		askZH    = `(?:给我?|发我|发给我|告诉我|查(?:一下|查|询|下)?|我(?:想)?要(?:知道|查)?|我想(?:要|知道)|提供|说出|透露|把)(?:一下|下)?`
		dataZH   = `(?:手机号?码?|电话号?码?|电话|联系方式|身份证号?码?|住址|家庭(?:住址|地址)|收货地址|邮箱(?:地址)?|密码|银行卡号?|微信号?|聊天记录)`
		personZH = `(?:张三|李四|王五|赵六|小明|小红|小王|小李|小张|(?:[张王李赵刘陈杨黄吴徐孙朱胡郭罗郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾魏薛叶阎余潘杜戴钟汪田任姜范方姚谭廖邹熊陆郝孔崔康毛邱秦史顾侯邵孟龙万段钱汤尹黎][\p{Han}]{1,2}?|[\p{Han}]{1,3}(?:先生|女士|小姐)))`
		askEN    = `(?:give|send|tell|show|get|find|share|reveal|provide|look up|i want|i need|i'd like|can i (?:have|get)|could i (?:have|get)|what is|what's|whats)(?: me| us)?(?: with)?(?: the)? `
		dataEN   = `(?:(?:tele|cell ?)?phone(?: number)?|mobile(?: number)?|number|e-?mail(?: address)?|(?:home |postal )?address|passwords?|credit card(?: number)?|contact details|login)`
		// Names are no words of a shop: only the most common given ones count, and those with a title.
		personEN = `(?:(?:mr|mrs|ms|miss|dr)\.? [a-z]+|(?:john|jane|james|mary|robert|michael|david|william|richard|thomas|charles|daniel|matthew|anthony|mark|paul|steven|andrew|peter|george|kevin|brian|edward|jason|jeff|ryan|jacob|gary|nick|eric|jonathan|stephen|larry|scott|brandon|ben|sam|greg|frank|alex|jack|tom|bob|alice|patricia|jennifer|linda|elizabeth|barbara|susan|jessica|sarah|karen|lisa|nancy|betty|sandra|margaret|ashley|emily|kim|donna|michelle|carol|amanda|melissa|laura|anna|emma|kate|julia|maria)(?: [a-z]+)?)`
		whoEN    = `(?:customers?|users?|clients?|members?|visitors?|buyers?|employees?|accounts?) ?(?:#|no\.?|number|id)? ?#?\d{2,}`
		staffEN  = `(?:employees?|staff(?: members?)?|agents?|managers?|boss|ceo|colleagues?|workers?|support agents?)`
	)
	return privateRules{
		words: []string{"手机", "电话", "联系方式", "身份证", "住址", "地址", "邮箱", "密码", "银行卡", "微信", "聊天记录", "phone", "mobile", "number", "mail", "address", "password", "credit card", "contact details", "login", "../", `..\`, "/etc/", `\windows\`, "%2e%2e", "file://"},
		rules: regexp.MustCompile(strings.Join([]string{
			askZH + `(?:客户|顾客|用户|买家|会员|访客|员工|一?个?叫)?` + personZH + `(?:这个人|用户|客户)?的` + dataZH,
			`^(?:客户|顾客|用户|请问)?(?:张三|李四|王五|赵六|小明|小红|[\p{Han}]{1,3}(?:先生|女士|小姐))的` + dataZH + `(?:是?多少|是?什么|给我|发我|呢)?[\s\p{P}]*$`,
			`(?:客户|顾客|用户|买家|会员|访客|员工)(?:id|编号|号码?|工号)? ?[:#]? ?\d{2,}(?:号)? ?(?:的|用的|留的|登记的) ?` + dataZH,
			askZH + `(?:一个|某个|你们|你)?的?(?:员工|店长|经理|主管|老板|同事|客服(?:人员)?|后台|管理员)的?(?:登录|登陆|后台|系统|账号|账户)?的?密码`,
			`(?:把|将)(?:你们|你)?的?(?:员工|店长|经理|主管|老板|同事|客服(?:人员)?|后台|管理员)的?(?:登录|登陆|后台|系统|账号|账户)?的?密码[^，。]{0,3}(?:给|发|告诉)`,
			`(?:^|[^a-z])` + askEN + `(?:customer |user |client |employee )?` + personEN + `(?:'s|s') ` + dataEN + `\b`,
			`(?:^|[^a-z])` + askEN + dataEN + ` (?:of|for|from|belonging to) (?:customer |user |client |employee |your (?:customer|employee|colleague) )?` + personEN + `[\s\p{P}]*$`,
			`^` + personEN + `(?:'s|s') ` + dataEN + `[\s\p{P}]*$`,
			`\b` + whoEN + `(?:'s|s')? ` + dataEN + `\b|\b` + dataEN + ` (?:of|for|from|belonging to) (?:the )?` + whoEN,
			`(?:^|[^a-z])` + askEN + `(?:an? |your |one of your |another |some |any )?` + staffEN + `(?:'s|s'|s)? (?:\w+ )?(?:passwords?|logins?)\b|\b(?:give|send|tell|show|reveal|share)(?: me| us) (?:the |your )?(?:admin(?:istrator)?|root)(?:'s|s)? (?:\w+ )?passwords?\b`,
			`(?:\.\.[/\\]){2,}|\.\.[/\\]etc|/etc/(?:passwd|shadow)|c:\\windows\\system32|%2e%2e(?:%2f|/)|\bfile:///`,
		}, "|")),
		own: regexp.MustCompile(`我的|我自己|本人|忘|错|[改换]|收不到|登不|默认|路由|怎么|如何|\b(?:my|mine|our|default|forgot|forgotten|lost|reset|change|wrong|invalid|how (?:do|can))\b`),
	}
}

// asked returns where the normalised text asks for such data.
func (p privateRules) asked(n string) (at int, ok bool) {
	if !slices.ContainsFunc(p.words, func(w string) bool { return strings.Contains(n, w) }) {
		return 0, false
	}
	loc := p.rules.FindStringIndex(n)
	if loc == nil || p.own.MatchString(n) {
		return 0, false
	}
	return loc[0], true
}
