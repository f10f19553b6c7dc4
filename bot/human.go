package bot

import (
	"regexp"
	"strings"

	"frontdesk/internal/text"
)

// humanRules recognise an explicit request for a human, in both languages. They
// must fire on the first ask (转人工, real agent) and must not fire on a product
// or a price (人工费多少, human-size lamp).
type humanRules struct {
	always  []*regexp.Regexp // a request wherever it stands
	contact []*regexp.Regexp // a request unless facts about the service are asked for
	facts   *regexp.Regexp
	refusal *regexp.Regexp // directly before a match: the visitor wants no human
	whole   map[string]bool
}

func newHumanRules() humanRules {
	compile := func(patterns ...string) []*regexp.Regexp {
		out := make([]*regexp.Regexp, len(patterns))
		for i, p := range patterns {
			out[i] = regexp.MustCompile(p)
		}
		return out
	}
	const (
		staffZH = `(?:人工|真人|活人|真的人|客服人员|人类)`
		// What may follow a bare noun: the end, more of its name, or what the human should do.
		restZH  = `(?:$|[\s\p{P}]|客服|服务|坐席|座席|热线|吧|啊|呀|哦|啦|了|吗|么|呢|谢|帮|处理|接|来|回复|回答|解答|沟通|聊|说|谈|对话|行不|可以|好不|快|马上|立刻|赶紧)`
		staffEN = `(?:human(?: being)?s?|person|people|agents?|rep|reps|representatives?|operators?|advis[oe]rs?|someone|somebody|staff|employee|colleague|manager|supervisor|customer (?:service|support|care)|support(?: team| agent| staff)?|live (?:chat|support|agent)|your team)`
		humanEN = `(?:humans?(?: being)?|(?:real|live|actual|human) (?:person|human|agent|operator|rep|representative|advis[oe]r|support|being)|(?:human|live) (?:help|assistance|chat)|person|agent|representative|operator|customer service (?:rep|agent|person|representative))`
		restEN  = `(?:$|[.!?,;:)]|\s+(?:please|pls|now|instead|to (?:talk|speak|help|chat|assist|answer|call)|who|right|here|asap|thanks|thank|immediately|not|because|rather|on the (?:line|phone)|i|and|for (?:this|that|help)|about|regarding|with (?:this|my)|can|today|at once)(?:$|[^a-z]))`
	)
	return humanRules{
		always: compile(
			`(?:转|转接|转到|转给|切换|切换到|换|换成|接通?|呼叫|叫|转一下|接入)(?:个|一个|一下|到|下)?`+staffZH+restZH,
			`(?:找|要|需要|想要|给我|来|有没有|有|请|让|请求|请来)(?:个|一个|一位|位|你们的|你们)?`+staffZH+restZH,
			`(?:跟|和|与|同)(?:你们的|你们|一个|个|一位)?(?:`+staffZH+`|客服|人)(?:客服|服务)?(?:聊|说|谈|讲|沟通|对话|交流|联系|通话)`,
			`(?:转|转接|接|叫|找|换)(?:一下|个|一个|你们的|你们|下)?客服(?:$|[\s\p{P}]|人员|吧|啊|来|谢|帮|处理)`,
			`(?:不要|不想(?:要|跟|和)?|不想跟|别|讨厌|受够了?)(?:再)?(?:用|跟|和|让|是)?(?:这个|这种)?(?:机器人|智能助手|自动回复)`,
			`\b(?:talk|speak|chat|talking|speaking|chatting)(?: directly)? (?:to|with) (?:an? |the |your |some |one of your |my |any )?(?:real |live |actual |human |support |service |customer |sales |care |service |proper )*`+staffEN+`\b`,
			`\b(?:transfer|connect|switch|pass|put|forward|redirect|escalate|hand|get|bring)(?: me| us| this| my (?:call|chat|request|case|ticket))(?: over| through| on)? ?(?:to|with|in|for)? ?(?:an? |the |your |some |one of your )?(?:real |live |actual |human |support |customer |service )*`+staffEN+restEN,
			`\b(?:connect|transfer|switch|escalate) to (?:an? |the |your )?(?:real |live |actual |human |support )*`+staffEN+restEN,
			`\b(?:want|need|get|give me|i'd like|would like|prefer|reach|have|let me have|bring|find|is there|are there|can i get|contact|request|call)(?: me)? (?:an? |the |your |some |any |to )?`+humanEN+restEN,
			`\b(?:don't|do not|not|stop|hate|sick of|tired of)(?: \w+){0,3} (?:talk|speak|chat|deal|talking|speaking|chatting|dealing)(?: \w+){0,2} (?:bots?|robots?|chatbots?|machines?)\b`,
			`\bno (?:more )?(?:bots?|robots?|chatbots?)\b`,
		),
		contact: compile(
			`(?:联系|咨询|联络)(?:一下|到|你们的|你们|上)?(?:人工|真人|在线)?客服`,
			`(?:人工|真人)(?:客服|服务|坐席|座席)`,
			`\b(?:contact|reach|call|message) (?:your |the |an? )?(?:customer (?:service|support|care)|support|support team|service team)\b`,
		),
		facts:   regexp.MustCompile(`几点|时间|电话|号码|多久|多长|什么时候|何时|上班|下班|收费|费用|多少|周末|节假日|邮箱|地址|24小时|hours?\b|number|\bphone\b|e-?mail|\bwhen\b|how long|\bopen\b|weekend|\bfee|\bcost|charge|没有?回|不理|态度`),
		refusal: regexp.MustCompile(`(?:不用|不要|别|无需|不需要|不必|不想|没必要|不)(?:给我|帮我|再)?$|(?:don't|do not|doesn't|no need to|never|not|without)(?: (?:want|need|have|wish))?(?: to)? ?$`),
		whole: keys("人工|真人|客服|人工客服|真人客服|人工服务|在线客服|活人|转接|人工人工|人工人工人工|人工坐席|客服人员|投诉|我要投诉|" +
			"human|a human|human please|agent|an agent|agent please|live agent|real agent|a real agent|human agent|operator|representative|a representative|rep|person|a person|a real person|real person|real human|live person|live chat|live support|human support|human help|customer service|customer support|customer care|support agent|help desk|helpdesk|human being|speak to human|talk to human|speak human|talk human|human now|agent now"),
	}
}

func keys(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.SplitSeq(words, "|") {
		m[text.Key(w)] = true
	}
	return m
}

// match reports whether the normalised text asks for a human.
func (h humanRules) match(n string) bool {
	key := text.Key(n)
	if h.whole[key] || h.any(h.always, n) {
		return true
	}
	if text.HasCJK(key) && h.any(h.always, key) { // 转 人 工
		return true
	}
	return h.any(h.contact, n) && !h.facts.MatchString(n)
}

func (h humanRules) any(rules []*regexp.Regexp, n string) bool {
	for _, rule := range rules {
		for _, loc := range rule.FindAllStringIndex(n, -1) {
			if !h.refusal.MatchString(n[:loc[0]]) {
				return true
			}
		}
	}
	return false
}
