package bot

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// humanRules recognise an explicit request for a human, in both languages. They
// must fire on the first ask (转人工, real agent) and must not fire on a product
// or a price (人工费多少, human-size lamp).
type humanRules struct {
	always  []*regexp.Regexp // a request wherever it stands
	contact []*regexp.Regexp // a request unless facts about the service are asked for
	facts   *regexp.Regexp
	words   []string       // no rule but whole can match a text without one of them: most questions cost no regular expression
	chars   string         // likewise, of Chinese
	refusal *regexp.Regexp // directly before a match: the visitor wants no human, or asks whether one is needed
	work    *regexp.Regexp // human work as a subject, not as a wish
	// unwanted says anywhere that none is wanted, or asks whether one is needed; it speaks against the model only.
	unwanted *regexp.Regexp
	whole    map[string]bool
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
		restZH = `(?:$|[\s\p{P}]|客服|服务|坐席|座席|热线|吧|啊|呀|哦|啦|了|吗|么|呢|谢|帮|处理|接|来|回复|回答|解答|沟通|聊|说|谈|对话|行不|可以|好不|快|马上|立刻|赶紧|一下)`
		// Talking to 客服 or 人 is a request only as the end of a thought: not 跟客服说明情况, not 和人聊天的功能.
		talkZH  = `(?:聊聊|说说|谈谈|聊天|说话|聊|说|谈|讲|沟通|对话|交流|联系|通话)`
		endZH   = `(?:一下|几句|$|[\s\p{P}]|吗|么|吧|啊|行|可以)`
		staffEN = `(?:human(?: being)?s?|person|people|agents?|rep|reps|representatives?|operators?|advis[oe]rs?|someone|somebody|staff|employee|colleague|manager|supervisor|customer (?:service|support|care)|support(?: team| agent| staff)?|live (?:chat|support|agent)|your team)`
		humanEN = `(?:humans?(?: being)?|(?:real|live|actual|human) (?:person|human|agent|operator|rep|representative|advis[oe]r|support|being)|(?:human|live) (?:help|assistance|chat)|person|agent|representative|operator|customer (?:service|support|care)(?: rep| agent| person| representative)?)`
		restEN  = `(?:$|[.!?,;:)]|\s+(?:please|pls|now|instead|to (?:talk|speak|help|chat|assist|answer|call)|who|right|here|asap|thanks|thank|immediately|not|because|rather|on the (?:line|phone)|i|and|for (?:this|that|help)|of (?:yours|your (?:team|company|people|staff))|in your (?:team|office|company)|about|regarding|with (?:this|my)|can|today|at once)(?:$|[^a-z]))`
	)
	return humanRules{
		always: compile(
			`(?:转|转接|转到|转给|切换|切换到|换|换成|接通?|呼叫|叫|转一下|接入)(?:个|一个|一下|到|下)?`+staffZH+restZH,
			`(?:找|要|需要|想要|给我|来|有没有|有|请|让|请求|请来)(?:个|一个|一位|位|你们的|你们)?`+staffZH+restZH,
			`(?:跟|和|与|同)(?:你们的|你们|一个|个|一位)?`+staffZH+`(?:客服|服务)?`+talkZH,
			`(?:跟|和|与|同)(?:你们的|你们|一个|个|一位)?(?:客服|人)`+talkZH+endZH,
			`(?:转|转接|接通?|叫|找|换|呼叫|要|来)(?:一下|个|一个|你们的|你们|下|在线)?客服(?:$|[\s\p{P}]|人员|吧|啊|来|谢|帮|处理)`,
			`(?:叫|找|让|喊|换)(?:一下)?(?:你们的|你们|你)?(?:经理|主管|领导|负责人|老板)`,
			`^(?:我要|我想要|我想|要)投诉`,
			`(?:叫|让|来|换|要|找)(?:个|一个|位)?(?:活|真)?人(?:来|接|回复|回答|说话|吧|啊)?[\s\p{P}]*$`,
			`(?:帮我|给我|请|麻烦)转接(?:一下|下)?[\s\p{P}]*$`,
			`转接?人[公共]`, // a common slip of the input method
			// Whoever sits there has many names.
			`(?:找|要|叫|换|转|来|给我|请|呼叫|接|有没有|喊|想)(?:到|给|一下|下)?(?:个|一个|一位|位|你们的?|们)?(?:美女|帅哥|在线)?(?:客服(?:小姐姐|小哥哥?|小姐|妹妹|小妹|姐姐|哥哥|妹子|专员|同学)|接线[员工生]|话务员|值班人员)(?:$|[\s\p{P}]|吧|啊|来|帮|接|处理|谢|聊|说|吗)`,
			`(?:跟|和|与|同)(?:你们的?|一个|个)?(?:客服(?:小姐姐|小哥哥?|小姐|妹妹|姐姐|专员)|接线[员工生]|话务员)`+talkZH+endZH,
			`(?:转|找|叫|要|接|换|call|呼叫|来|喊)(?:一?个|一?位|一下|下|到)? ?(?:客服|human|agent|real person|customer service|live agent)(?:$|[\s\p{P}]|吧|啊|来|帮|接|处理|谢)`,
			`^客服(?:小姐姐|小哥哥?|妹妹|姐姐)(?:在吗|在么|在不在|呢)[\s\p{P}]*$`,
			`^(?:你|这个?|破|傻|死|臭|什么|请|让)*(?:智能)?(?:机器人|智能助手|人机|bot|ai)[\s\p{P}]*(?:你|给我|快|请|赶紧|马上|先)*(?:走开|滚开|滚|闪开|闪一边去?|退下|让开|一边去|走远点|消失|下线)(?:吧|啊|呀|点|了)*[\s\p{P}]*$|^(?:你|快|给我|赶紧|请)*(?:走开|滚开|闪开|退下|让开|一边去)(?:吧|啊)?[\s\p{P}]*(?:破|傻|死|臭)?(?:机器人|人机|bot)[\s\p{P}]*$`,
			`^(?:please )?(?:go away|get lost|shut up|leave me alone|get out|buzz off)[\s\p{P}]*(?:you )?(?:stupid |dumb |damn |silly )*(?:bot|robot|chatbot|machine)[\s\p{P}]*$|^(?:stupid |dumb |damn )*(?:bot|robot|chatbot)[\s\p{P}]+(?:please )?(?:go away|get lost|leave me alone|get out|buzz off)[\s\p{P}]*$`,
			`(?:不要|不想(?:要|跟|和)?|不想跟|别|讨厌|受够了?)(?:再)?(?:用|跟|和|让|是)?(?:这个|这种)?(?:机器人|智能助手|自动回复)(?:[\s\p{P}]*$|回复|回答|聊|说|谈|对话|答|客服|服务)`,
			`\b(?:talk|speak|chat|talking|speaking|chatting)(?: directly)? (?:to|with) (?:an? |the |your |some |one of your |my |any )?(?:real |live |actual |human |support |service |customer |sales |care |service |proper )*`+staffEN+`\b`,
			`\b(?:transfer|connect|switch|pass|put|forward|redirect|escalate|hand|get|bring)(?: me| us| this| my (?:call|chat|request|case|ticket))(?: over| through| on)? ?(?:to|with|in|for)? ?(?:an? |the |your |some |one of your )?(?:real |live |actual |human |support |customer |service )*`+staffEN+restEN,
			`\b(?:connect|transfer|switch|escalate) to (?:an? |the |your )?(?:real |live |actual |human |support )*`+staffEN+restEN,
			`(?:^|\b(?:i|we|please)(?: really| just| still| also| do| would| want| need)* )(?:want|need|prefer|have)(?: me)? (?:an? |the |your |some |any |to )?`+humanEN+restEN,
			`\b(?:get|give me|i'd like|would like|reach|let me have|bring|find|is there|are there|can i get|contact|request|call)(?: me)? (?:an? |the |your |some |any |to )?`+humanEN+restEN,
			`\bhelp from (?:an? |the )?`+humanEN+restEN,
			`\bcan (?:an? )?(?:real )?(?:human|person|someone|somebody|agent)(?: please)? (?:help|assist|call|contact|talk to)(?: me| us)?(?: please)?[\s.!?]*$`,
			`\b(?:transfer|connect|put) (?:me|us)(?: through| over| now| please)*[\s.!?]*$`,
			`\bstop (?:this|the) (?:bot|robot|chatbot)[\s.!?]*$`,
			`\b(?:don't|do not|not|stop|hate|sick of|tired of)(?: \w+){0,3} (?:talk|speak|chat|deal|talking|speaking|chatting|dealing)(?: \w+){0,2} (?:bots?|robots?|chatbots?|machines?)\b`,
			`\bno (?:more )?(?:bots?|robots?|chatbots?)(?: please| thanks)?[\s.!?]*$`,
		),
		contact: compile(
			`(?:联系|咨询|联络|接通|找到)(?:一下|到|你们的|你们|上)?(?:(?:人工|真人|在线)?客服|人工|真人)`,
			`(?:人工|真人)(?:客服|服务|坐席|座席)`,
			`\b(?:contact|reach|call|message) (?:your |the |an? )?(?:customer (?:service|support|care)|support|support team|service team)\b`,
		),
		words: []string{
			"human", "person", "people", "agent", "rep", "operator", "advis", "someone", "somebody", "staff", "employee", "colleague", "manager",
			"supervisor", "customer", "support", "live", "team", "being", "service", "transfer", "connect", "put", "bot", "machine",
		},
		chars:    "人服投理管领导责板接器助自务",
		facts:    regexp.MustCompile(`几点|时间|电话|号码|多久|多长|什么时候|何时|上班|下班|收费|费用|多少|周末|节假日|邮箱|地址|24小时|hours?\b|number|\bphone\b|e-?mail|\bwhen\b|how long|\bopen\b|weekend|\bfee|\bcost|charge|没有?回|不理|态度`),
		refusal:  regexp.MustCompile(`(?:不用|不要|别|无需|不需要|不必|不想|没必要|不)(?:给我|帮我|再)?$|(?:don't|do not|doesn't|no need to|never|not|without)(?: (?:want|need|have|wish))?(?: to)? ?$|\b(?:do|does|did|should|must|will|when|why) $|\b(?:do|does|did) (?:i|we|you|one|people) (?:really |even |always )?(?:need|have) to $`),
		work:     regexp.MustCompile(`(?:人工|客服)处理(?:吗|么|多久|要多久|几|的|时间)|安装人工|人工费|(?:周末|周[六日]|星期[六天日]|夜里|半夜|节假日|假期|春节|过年|国庆|几点).{0,6}(?:人工|客服)`),
		unwanted: regexp.MustCompile(`(?:不用|不要|无需|不需要|不必|不想)(?:再|给我|帮我)?(?:转|找|叫|联系)|\b(?:no need|don't need|do not need|don't want to (?:talk|speak|chat) to (?:a |any )?(?:human|person|agent|someone|anyone))\b|^(?:do|does|did|must|should) `),
		whole: keys("客服小姐姐|客服小哥|客服小哥哥|客服妹妹|接线员|接线工|接线生|话务员|有没有人|有没有人啊|有没有人在|人呢|叫人来|让人来|人工在哪|人工在哪里|人工呢|客服在哪|客服在哪里|客服呢|求人工|求转人工|人工|真人|客服|人工客服|真人客服|人工服务|在线客服|活人|转接|人工人工|人工人工人工|人工坐席|客服人员|投诉|我要投诉|" +
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
	if h.whole[key] {
		return true
	}
	if !h.near(n) {
		return false
	}
	if h.work.MatchString(n) {
		return false
	}
	if h.any(h.always, n) {
		return true
	}
	if text.HasCJK(key) && h.any(h.always, key) { // 转 人 工
		return true
	}
	return h.any(h.contact, n) && !h.facts.MatchString(n)
}

// near reports that n holds one of the words without which no rule matches.
func (h humanRules) near(n string) bool {
	return strings.ContainsAny(n, h.chars) || slices.ContainsFunc(h.words, func(w string) bool { return strings.Contains(n, w) })
}

// open reports that no rule speaks against the model, where it takes the
// normalised text for a request for a human.
func (h humanRules) open(n string) bool {
	return !h.work.MatchString(n) && !h.facts.MatchString(n) && !h.unwanted.MatchString(n)
}

// declined reports whether the normalised text says that no human is wanted, and nothing else.
func (h humanRules) declined(n string) bool {
	if !h.near(n) {
		return false
	}
	for _, rule := range h.always {
		for _, loc := range rule.FindAllStringIndex(n, -1) {
			if utf8.RuneCountInString(n[:loc[0]]) <= 20 && !text.HasWord(n[loc[1]:]) && h.refusal.MatchString(n[:loc[0]]) && !strings.HasSuffix(n, "?") {
				return true
			}
		}
	}
	return false
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
