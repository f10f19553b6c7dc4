package bot

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// maxQuestionRunes is the longest text that is still taken for a question.
const maxQuestionRunes = 1500

// gate looks at a turn's text before any search: it is small talk, a request
// for a human, nothing at all, or a question. It is made once and never changed.
type gate struct {
	greetings  *regexp.Regexp // at the beginning, with the punctuation that follows
	courtesies *regexp.Regexp // at the end
	smallTalk  map[string]Reason
	talk       talk
	followUp   *regexp.Regexp // leans on the question before it
	human      humanRules
	orders     orders
	urgent     urgentRules
	risk       riskRules
	addresses  addresses
	ordinals   ordinals
	signals    Signals
	glue       map[string]bool
}

// verdict of the gate. Reason is empty for a question, whose text is then in
// Question without greeting and courtesy. Otherwise is what to reply with if
// nothing answers the question surely; empty = it is a question all the same.
type verdict struct {
	reason    Reason
	question  string
	otherwise Reason
	mood      Reading
}

// newGate returns a gate that asks s; nil = the rules alone.
func newGate(s Signals) gate {
	if s == nil {
		s = silent{}
	}
	// 你好 must not be cut off 你好像发错货了, hi not off hi-fi, 亲 not off 亲子装:
	// a greeting ends at punctuation, a blank, the end, or a word that starts a question.
	const (
		endZH = `(?:[\s\p{P}~～]+|$|(?:呀|啊|哦|哈)(?:[\s\p{P}~～]+|$))`
		endEN = `(?:[\s,.!:;~]+|$)`
	)
	whole := smallTalk()
	talk := newTalk(whole)
	return gate{
		greetings: regexp.MustCompile(`^(?:` + strings.Join([]string{
			`(?:你好|您好|哈喽|哈啰|嗨|亲爱的|亲|早上好|上午好|中午好|下午好|晚上好|早安|打扰了|打扰一下|在吗|在么|在不在|有人吗|有人在吗|老板|掌柜|客服)` + endZH,
			`(?:老板|掌柜|客服|店家|亲爱的|亲|小姐姐|小哥哥|美女|帅哥|各位)(?:们)?(?:你好|您好|在吗|在么|早上好|下午好|晚上好)` + endZH,
			`(?:ni ?hao|nin ?hao|zao ?shang ?hao|xia ?wu ?hao|wan ?shang ?hao)(?: (?:a|ya))?` + endEN,
			`(?:你好|您好|在吗|客服你好|客服您好)` + `(?:呀|啊)?` + `(?P<next>)`,
			`(?:请问一下|请问下|请问|请教一下|请教|麻烦问一下|麻烦问下|想问一下|想问下|我想问一下|我想问下|我想问问|我想问|想咨询一下|我想咨询一下|咨询一下|问一下|问下|劳驾)[\s\p{P}]*`,
			`(?:hi|hello|hey|hallo|hiya|howdy|greetings|good (?:morning|afternoon|evening|day))(?: (?:there|all|everyone|team|guys|again))?` + endEN,
			// What was settled before, and the way to the next question. 另外 and 还有 stay: they lean on the question before.
			`(?:(?:好的|好|嗯嗯|嗯|哦|知道了|明白了|懂了|收到|了解|谢谢你|谢谢您|谢谢了|谢谢|多谢|感谢|辛苦了)(?:[，,。.!！~～、\s]+)|(?:再问一下|再问个问题|再请问一下|顺便问一下|顺便问下|还有一个问题|还有个问题|还想问一下|对了)[\s\p{P}]+)`,
			`(?:(?:ok|okay|alright|great|perfect|cool|oh|ah|yes) ){0,2}(?:thanks|thank you|thx|cheers|great|perfect|ok|okay|alright|got it|i see|sure|cool)(?: (?:a lot|so much|very much|again|for (?:the|your|that)(?: [a-z]+){0,3}))?[,.!:;~]+\s*`,
			`(?:and )?(?:one more (?:thing|question)|another (?:thing|question)|one last (?:thing|question)|by the way|btw|also)\s*[,.!:;~-]+\s*`,
			`(?:excuse me|sorry to bother you|quick question|i have a question|i've got a question|just wondering|dear (?:team|sir|madam|sir or madam))` + endEN,
		}, "|") + `)`),
		courtesies: regexp.MustCompile(`(?:[\s\p{P}]+(?:thanks|thank you|thx|please|pls|cheers)(?: (?:in advance|so much|very much|a lot))?|[\s\p{P}]*(?:谢谢了?|多谢|谢谢您|感谢|麻烦了|谢谢你))[\s\p{P}]*$`),
		smallTalk:  whole,
		talk:       talk,
		followUp: regexp.MustCompile(`^(?:那|还有|然后|另外|如果|要是|这|它|为什么|多久|什么时候|多少|哪里)|(?:呢|它)[\s\p{P}]*$|` +
			`^(?:and|or|so|but|then|why|when|where|how (?:long|much|many)|what (?:about|if)|how about)\b|\b(?:it|that|this|they|them|those|one)\b`),
		human:  newHumanRules(),
		orders: newOrders(),
		urgent: newUrgentRules(talk.asks),
		risk:   newRiskRules(), addresses: newAddresses(), ordinals: newOrdinals(),
		signals: s,
		glue:    glue(),
	}
}

func smallTalk() map[string]Reason {
	m := map[string]Reason{}
	for reason, words := range map[Reason]string{
		ReasonGreeting: "你好|您好|你好啊|你好呀|您好啊|嗨|哈喽|哈啰|在吗|在么|在不在|在|亲|早上好|上午好|中午好|下午好|晚上好|早安|有人吗|有人在吗|有人么|喂|客服在吗|客服你好|在线吗|有人在么|hello啊|新年好|节日快乐|你好你好|老板在吗|亲在吗|哈喽在吗|嗨你好|大家好|午安|" +
			"hi|hello|hey|hey there|hi there|hello there|hiya|howdy|yo|good morning|good afternoon|good evening|good day|greetings|anyone there|anybody there|is anyone there|is anybody there|are you there|how are you|how are you doing|what's up|sup|hello how are you|hi how are you|how are you today|hello again|hi again|hi bot|hello bot|morning|evening|good to see you|nice to meet you|anybody here|anyone here|hello anyone there|nihao|ni hao|nihao a|ni hao a|nihao ya|ni hao ya|ninhao|nin hao|nimen hao|zaoshanghao|zao shang hao|zaoshang hao|zao an|zaoan|xiawuhao|xiawu hao|xia wu hao|wanshanghao|wanshang hao|wan shang hao|zai ma|zaima|you ren ma|youren ma|knock knock|happy new year|merry christmas|happy holidays",
		ReasonThanks: "谢谢|谢谢你|谢谢您|谢谢啦|谢谢了|多谢|多谢了|感谢|非常感谢|十分感谢|太感谢了|谢了|3q|thx|ty|辛苦了|好的谢谢|好的谢谢您|好的谢谢你|嗯谢谢|ok谢谢|知道了谢谢|明白了谢谢|" +
			"thanks|thank you|thanks a lot|many thanks|thank you very much|thank you so much|thanks so much|thanks very much|cheers|ok thanks|ok thank you|okay thanks|great thanks|perfect thanks|got it thanks|much appreciated|appreciate it|thanks for your help|thank you for your help|that helps thanks|great thank you|perfect thank you|thanks again|thank u|thanks mate|thanks for the help|thanks for the info|cool thanks|awesome thanks|all good thanks|that's great thanks|thank you so much for your help|good bot|great help|that helped|that was helpful|very helpful|problem solved|it works now|xiexie|xie xie|xiexie ni|xiexieni|xie xie ni|xiexie nin|xie xie nin|duoxie|duo xie|ganxie|gan xie|feichang ganxie|that worked|谢谢你的帮助|谢谢您的帮助|太感谢你了|谢谢谢谢|谢谢哈|谢谢哦|蟹蟹|万分感谢|你真棒|你真厉害|真厉害|太棒了|太好了|真不错|很好|非常好|解决了|已经解决了|问题解决了|搞定了|有帮助|很有帮助|好的感谢|嗯嗯谢谢|收到谢谢|行谢谢",
		ReasonGoodbye: "再见|拜拜|拜|白白|回见|下次见|晚安|没有了|没事了|没有其他问题了|不用了|" +
			"bye|bye bye|goodbye|good bye|see you|see ya|see you later|good night|have a nice day|have a good day|that's all|that is all|nothing else|no thanks|no thank you|never mind|nevermind|bye for now|zaijian|zai jian|baibai|bai bai|wan an|wanan|talk to you later|ttyl|take care|see you soon|see you tomorrow|i'm done|that will be all|that'll be all|that was all|that's it|nothing more|no more questions|no further questions|have a good one|have a great day|拜拜了|再见了|先这样|先这样吧|就这样|就这样吧|没别的了|没别的事了|没问题了|暂时没有了|没有别的问题了|没有问题了|不需要了|算了|下次再聊|祝你愉快|886|88",
		ReasonAcknowledged: "好|好的|好吧|好滴|好哒|嗯|嗯嗯|哦|噢|行|可以|知道了|明白|明白了|了解|了解了|收到|懂了|ok|okay|k|okey|是|是的|对|对的|" +
			"yes|yeah|yep|sure|alright|all right|fine|great|perfect|cool|nice|got it|i see|understood|makes sense|good|awesome|no|nope|不|不是|没有|好吧好吧|好嘞|好呢|好呀|哦哦|噢噢|嗯好|嗯好的|哦好的|好的好的|行吧|行的|可以的|没问题|明白啦|知道啦|懂啦|原来如此|这样啊|okok|ok好的|ok的|oki|okie|kk|yup|yea|ya|right|correct|exactly|of course|absolutely|very well|fair enough|good to know|noted|that's right|no problem|no worries|not really|hmm|hm|oh|oh ok|oh i see|ah ok|ah i see|ok cool|ok great|sounds good|wow|well",
		ReasonIdentity: "你是谁|您是谁|你叫什么|你叫什么名字|你是什么|你是机器人吗|你是机器人么|你是不是机器人|是机器人吗|你是真人吗|你是人吗|你是人工吗|你是ai吗|你是人工智能吗|你是人还是机器人|你是人工还是机器人|您是机器人吗|您是真人吗|机器人|" +
			"who are you|what are you|are you a bot|are you a robot|are you human|are you a human|are you real|are you a real person|are you a person|are you an ai|are you ai|is this a bot|is this a robot|am i talking to a bot|am i talking to a robot|am i talking to a human|am i talking to a real person|am i chatting with a bot|bot|what's your name|what is your name|are you a machine|is this a real person|what can you do|what do you do|what can you help me with|what can you help with|how can you help me|what can i ask you|what can i ask|help|help me|can you help me|can you help|i need help|i have a problem|how does this work|are you chatgpt|are you gpt|are you an ai chatbot|who am i talking to|who am i chatting with|who is this|introduce yourself|what are you called|do you have a name|你能做什么|你会什么|你会做什么|你可以做什么|你能干什么|你能干嘛|你是干什么的|你是干嘛的|你有什么功能|有什么功能|你能帮我什么|你能帮我做什么|可以问你什么|能问你什么|帮助|帮帮我|帮我|求助|能帮我吗|可以帮我吗|你是ai|你是chatgpt吗|你是智能客服吗|你是自动回复吗|你是真的人吗|对面是人吗|对面是真人吗|你是客服吗|介绍一下你自己|自我介绍|你的名字|怎么称呼你|怎么称呼",
	} {
		for w := range strings.SplitSeq(words, "|") {
			m[text.Key(w)] = reason
		}
	}
	return m
}

// check judges the visitor's text, which may hold several messages, one a line.
func (g gate) check(s string) verdict {
	for line := range strings.SplitSeq(clip(s, 4*maxQuestionRunes), "\n") {
		if g.urgent.endangers(text.Normalize(line)) {
			return verdict{reason: ReasonUrgent, mood: g.signals.Read(clip(s, maxQuestionRunes))}
		}
	}
	if utf8.RuneCountInString(s) > maxQuestionRunes {
		v := verdict{reason: ReasonTooLong, mood: g.signals.Read(s)}
		if g.human.match(text.Normalize(clip(s, maxQuestionRunes))) {
			v.reason = ReasonAskedForHuman
		}
		return v
	}
	v := verdict{reason: ReasonEmpty}
	var questions []string
	for line := range strings.SplitSeq(s, "\n") {
		n := text.Normalize(line)
		if !text.HasWord(n) {
			continue
		}
		if _, only := g.addresses.find(line); only {
			v.reason = ReasonEmail
			continue
		}
		mood := g.signals.Read(line)
		if !wordy(n) {
			mood = Reading{}
		}
		v.mood = v.mood.with(mood)
		reason, q := g.line(n, mood)
		switch reason {
		case ReasonAskedForHuman, ReasonRisk:
			v.reason = reason
			return v
		case "":
			questions = append(questions, q)
			v.otherwise = otherwise(mood, q)
		default:
			v.reason = reason
			if reason == ReasonAngry && g.urgent.threatens(n) {
				return v
			}
		}
	}
	if len(questions) > 0 {
		v.reason, v.question = "", strings.Join(questions, "\n")
	}
	if len(questions) > 1 {
		v.otherwise = ""
		if v.mood.angry() {
			v.otherwise = ReasonAngry
		}
	}
	return v
}

// wordy reports that n has a word in it; digits and letters are a choice, and show nothing.
func wordy(n string) bool {
	return slices.ContainsFunc(talkWords(text.Key(n)), func(w string) bool {
		return text.HasCJK(w) || utf8.RuneCountInString(w) > 1 && strings.ContainsFunc(w, unicode.IsLetter)
	})
}

// line judges one message. The rules come first; the model adds wordings that no
// rule names. The reason is empty for a question.
func (g gate) line(n string, mood Reading) (reason Reason, question string) {
	key := text.Key(n)
	if reason, ok := g.smallTalk[key]; ok {
		return reason, ""
	}
	if reason, ok := g.talk.composed(key); ok && reason != "" {
		return reason, ""
	}
	q := g.strip(n)
	if g.talk.who.MatchString(q) {
		return ReasonIdentity, ""
	}
	if g.human.match(n) || g.human.match(q) {
		return ReasonAskedForHuman, ""
	}
	if reason, ok := g.smallTalk[text.Key(q)]; ok {
		return reason, ""
	}
	if g.talk.wishes.opens(n) || g.talk.wishes.opens(q) {
		return ReasonGreeting, ""
	}
	if g.urgent.threatens(n) {
		return ReasonAngry, ""
	}
	if g.risk.touches(n) {
		return ReasonRisk, ""
	}
	if _, _, counts := g.ordinals.count(n); counts { // of nothing that was offered: no question
		return ReasonEmpty, ""
	}
	if g.human.declined(q) {
		return ReasonAcknowledged, ""
	}
	if mood.Handover >= shows && g.human.open(q) {
		return ReasonAskedForHuman, ""
	}
	rest, ordered := g.orders.clean(q, g.signals)
	if ordered && !text.HasWord(rest) {
		return ReasonInjection, ""
	}
	about := mood
	if rest != n { // a greeting before a question is no greeting
		about = g.signals.Read(rest)
	}
	if g.talk.takenBack(n, mood) {
		return ReasonAcknowledged, ""
	}
	if reason, ok := g.talk.meant(rest, about); ok {
		return reason, ""
	}
	if mood.Insult >= shows && venting(rest) {
		return ReasonInsult, ""
	}
	if mood.Anger >= furious && venting(rest) && !mild.MatchString(n) {
		return ReasonAngry, ""
	}
	return "", rest
}

// otherwise is what a message is if no article answers it.
func otherwise(mood Reading, question string) Reason {
	switch {
	case mood.angry() && (venting(question) || mild.MatchString(question)):
		return ReasonUpset
	case mood.angry():
		return ReasonAngry
	case mood.Chitchat >= shows:
		return ReasonChitchat
	case mood.Pleased >= shows && venting(question):
		return ReasonThanks
	}
	return ""
}

// asking is what a question has and an outburst has not.
var asking = regexp.MustCompile(`上班|下班|营业|怎么(?:办|退|换|样|弄|才|能|申请|处理|联系|还没|查|用|设置|取消)|如何|哪里|哪儿|什么时候|多久|多少钱|能不能退|可以退|` +
	`\bhow (?:do|can|long|much) |\bwhere (?:is|are|can|do)\b|\bwhen (?:will|do|does|is|can)\b|\bcan (?:i|you)\b|\bwhat (?:do|can|should) i\b|\bmy (?:order|parcel|package|refund|account|money|delivery|password|invoice)\b|订单|快递|包裹|退款|发货|退货|密码|账号|发票`)

// mild is anger in words that everybody uses: it is looked up or calmed, and a human offered.
var mild = regexp.MustCompile(`^(?:[\s\p{P}]*(?:(?:hey|ok|well|come on|look|so|but),? )*(?:i|we)(?: just| really| still)* (?:want|need|would like)(?: to have)? (?:my|our) (?:money|refund|cash)(?: back)?(?: please| now)?|(?:well |ugh |hmm |ok |man )*(?:this|that|it)(?:'s| is| really| just| all| kind of| so| a bit| very)* (?:sucks?|annoying|frustrating|disappointing|disappointed|bad|stupid|lame|silly|ridiculous|not good|no good|not great|a pity|a shame|confusing|unhelpful)|(?:i'm|i am)(?: a bit| a little| rather| quite| so| very| really)* (?:annoyed|frustrated|disappointed|upset|unhappy|not happy))[\s.]*$|` +
	`^(?:真|好|太|有点|有些|挺|很|实在|我)*(?:烦|无语|郁闷|失望|不爽|不满意|不开心|糟糕|麻烦|气人|差劲|垃圾)(?:了|啊|人|的|死了)*[\s。.]*$|^(?:我要|我想|把|请)?(?:我的)?(?:退钱|钱还我|钱退给我|钱退我|拿回我的钱|要回我的钱)(?:吧|啊|了)*[\s。.]*$`)

// venting reports that a normalised message asks for nothing that could be looked up.
func venting(n string) bool { return !asking.MatchString(n) }

// strip cuts greetings off the beginning and courtesies off the end, unless
// nothing would be left. A question with a greeting is searched as the very
// same text as without.
func (g gate) strip(n string) string {
	rest := g.ungreeted(n)
	if cut := g.talk.trim(rest, g.signals); cut != rest { // "sorry to bother you, hello, …"
		rest = g.ungreeted(cut)
	}
	if cut := g.courtesies.ReplaceAllString(rest, ""); text.HasWord(cut) {
		if ends := rest[len(cut):]; strings.ContainsAny(ends, "??") {
			cut += "?"
		}
		rest = cut
	}
	return strings.TrimSpace(rest)
}

// ungreeted cuts greetings off the beginning, unless nothing would be left.
func (g gate) ungreeted(n string) string {
	rest := n
	for {
		loc := g.greetings.FindStringSubmatchIndex(rest)
		if loc == nil || loc[1] == 0 {
			break
		}
		tail := rest[loc[1]:]
		if i := g.greetings.SubexpIndex("next"); loc[2*i] >= 0 && !startsQuestion(tail) {
			break
		}
		if !text.HasWord(tail) {
			break
		}
		rest = tail
	}
	return strings.TrimLeftFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '，' || r == '!' || r == ':' })
}

// startsQuestion reports whether s begins with a word that may follow 你好 directly.
func startsQuestion(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("请我想问麻这怎如能可有为什哪买下退换发订", r)
}

func clip(s string, runes int) string {
	n := 0
	for i := range s {
		if n == runes {
			return s[:i]
		}
		n++
	}
	return s
}
