package bot

import (
	"regexp"

	"frontdesk/internal/text"
)

// wishRules recognise what a visitor still wants beside what is taken back, and
// openers that want something only in the next message.
type wishRules struct {
	wish    *regexp.Regexp // in a clause: something is wanted
	not     *regexp.Regexp // in the same clause: it is not, or it is nothing of ours
	forbid  *regexp.Regexp // a clause that asks not to do something to what is the visitor's
	idly    *regexp.Regexp // anywhere: it was said idly, and nothing was asked for
	opening *regexp.Regexp // a key that only announces a question
}

func newWishRules() wishRules {
	return wishRules{
		wish: regexp.MustCompile(`我(?:还是|现在|只|就|们)?(?:要|想(?:要|退|换|取消|买|查|改|看|让|把|申请|修|订|开|注销)|需要|得)|(?:帮我|给我|替我|麻烦|请)(?:.{0,2})(?:退|换|取消|查|改|发|寄|修|开|注销|订|补|送|看|处理|办)|` +
			`\bi(?:'d| would)?(?: just| really| still| only| rather| actually)* (?:want|need|prefer|like|love)\b|\b(?:please|pls|kindly)(?: \w+)? (?:cancel|return|refund|exchange|replace|repair|change|send|check|ship|update|delete|close|book|order|fix|resend|give|show|help)\b|\b(?:can|could|would) you\b|\bhelp me\b|\blet me (?:have|change|return|cancel)\b`),
		not: regexp.MustCompile(`不|没|别|甭|误会|忽略|无视|当我|算了|我要(?:走|睡|忙|下线|吃|上班|开会|出门|先|去)|我得(?:走|睡|忙|下线|去|先)|` +
			`\b(?:not|never|no|don't|dont|didn't|wasn't|ignore|forget|disregard|skip|nothing|to (?:go|leave|sleep|say|thank)|time to think)\b`),
		forbid: regexp.MustCompile(`^(?:请|拜托|麻烦|千万|先|暂时|那就|就|你们|可以|你|务必|一定)*(?:不要|别|勿|不能|不许|不得)(?:把|将|给|随便|擅自|自动|再|乱|帮|替|我|们|的|现在|就|急着){0,4}[^，。]{0,8}(?:取消|删除?|注销|关闭?|停用?|退|换|发货?|寄|送|扣款?|联系|打电话|发短信|改|动|续费|封|冻结|泄露|公开)|` +
			`^(?:(?:please|kindly|just|and|but|so|no|ok|hey|hi|hello|pls)[ ,]+)*(?:do not|don't|dont|never)(?: just| ever| yet| please| you dare)* (?:cancel|delete|close|ship|send|charge|refund|change|remove|deliver|renew|return|exchange|share|block|suspend|deactivate|disclose|call|contact|e-?mail|text|message|write|leave)\b`),
		idly: regexp.MustCompile(`随口|顺嘴|随便|只是|误会|说说|问问|开玩笑|当真|不用了|算了|了$|\b(?:just|only) (?:asking|wondering|curious|kidding|joking|telling|saying)\b|\b(?:kidding|joking|hypothetical\w*|misunderst\w+|by mistake|never mind|worry|bother)\b`),
		// A key has a blank for an apostrophe.
		opening: regexp.MustCompile(`^(?:` +
			`(?:你好|您好|在吗|哈喽|亲|那个|请问|不好意思|打扰一?下|麻烦)*(?:我|我们|俺)?(?:就|还|再)?(?:想|要|来)?(?:跟|向|和|找)?(?:你|您)?们?(?:问|咨询|请教|打听|请问)(?:一?下|问)?(?:你|您)?们?(?:个|点|些|几个|一个|一件|件|一些)?(?:小)?(?:事|事情|事儿|问题|东西)?(?:可以吗|行吗|好吗|方便吗|吗|呢|啊|哈|呀|吧|呗)?|` +
			`我?(?:这边|这里)?(?:还)?有(?:一?个|些|几个|一些|件|一件|点)?(?:小)?(?:问题|疑问|事|事情|事儿)(?:想|要|需要)(?:问|咨询|请教|麻烦)(?:一?下)?(?:你|您)?们?|我?(?:这边|这里)?(?:还)?有(?:一?个|些|几个|一些)(?:小)?(?:问题|疑问)|` +
			`(?:我)?(?:可以|能|方便|可不可以|能不能|能否|想)(?:再)?(?:问|咨询|请教)(?:你|您)?(?:一?下|个|一个|点|几个)?(?:小)?(?:问题|事|事情|事儿)?(?:吗|么|不)?|` +
			`(?:hi |hello |hey |there |so |um |well |sorry |excuse me |please )*(?:i |we )?(?:just |still |also )*(?:have|i?ve got|i?ve|got|had)(?: just)? (?:an?|one|some|a few|a couple of|another)(?: quick| small| short| little| general| simple| more)? (?:questions?|queries|query|inquiry|enquiry)(?: for you| to ask| please| i'd like to ask| i want to ask)*|` +
			`(?:can|could|may|might) (?:i|we) (?:please |just |quickly )?ask (?:you )?(?:something|a question|a few questions|some questions|a quick question|one question|one thing|you)(?: please| quickly| real quick)*|(?:i |we )?(?:just )?(?:want|wanted|need|would like|i?d like) to ask (?:you )?(?:something|a question|a few questions|some questions|one thing)(?: please)?|` +
			`(?:just )?(?:a |one )?(?:quick |small |simple )?question(?: please| for you)?|is it (?:ok|okay|alright|possible)(?: if i| to) ask (?:something|a question|you something)|mind if i ask (?:something|a question|you something)` +
			`)$`),
	}
}

// wants reports that a clause of the normalised message wishes for something.
func (w wishRules) wants(n string) bool {
	for _, c := range clauses(n) {
		if s := n[c.start:c.end]; w.wish.MatchString(s) && !w.not.MatchString(s) {
			return true
		}
	}
	return false
}

// forbids reports that the normalised message asks not to do something: a request
// as any other, which a yes would promise to keep.
func (w wishRules) forbids(n string) bool {
	if w.idly.MatchString(n) {
		return false
	}
	for _, c := range clauses(n) {
		if w.forbid.MatchString(n[c.start:c.end]) {
			return true
		}
	}
	return false
}

// opens reports that the normalised message only announces a question.
func (w wishRules) opens(n string) bool { return w.opening.MatchString(text.Key(n)) }
