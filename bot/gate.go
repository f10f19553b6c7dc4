package bot

import (
	"regexp"
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
	followUp   *regexp.Regexp // leans on the question before it
	human      humanRules
}

// verdict of the gate. Reason is empty for a question, whose text is then in
// Question without greeting and courtesy.
type verdict struct {
	reason   Reason
	question string
}

func newGate() gate {
	// 你好 must not be cut off 你好像发错货了, hi not off hi-fi, 亲 not off 亲子装:
	// a greeting ends at punctuation, a blank, the end, or a word that starts a question.
	const (
		endZH = `(?:[\s\p{P}~～]+|$|(?:呀|啊|哦|哈)(?:[\s\p{P}~～]+|$))`
		endEN = `(?:[\s,.!:;~]+|$)`
	)
	return gate{
		greetings: regexp.MustCompile(`^(?:` + strings.Join([]string{
			`(?:你好|您好|哈喽|哈啰|嗨|亲爱的|亲|早上好|上午好|中午好|下午好|晚上好|早安|打扰了|打扰一下|在吗|在么|在不在|有人吗|有人在吗|老板|掌柜|客服)` + endZH,
			`(?:你好|您好|在吗|客服你好|客服您好)` + `(?:呀|啊)?` + `(?P<next>)`,
			`(?:请问一下|请问下|请问|请教一下|请教|麻烦问一下|麻烦问下|想问一下|想问下|我想问一下|我想问下|我想问问|我想问|想咨询一下|我想咨询一下|咨询一下|问一下|问下|劳驾)[\s\p{P}]*`,
			`(?:hi|hello|hey|hallo|hiya|howdy|greetings|good (?:morning|afternoon|evening|day))(?: (?:there|all|everyone|team|guys|again))?` + endEN,
			`(?:excuse me|sorry to bother you|quick question|i have a question|i've got a question|just wondering|dear (?:team|sir|madam|sir or madam))` + endEN,
		}, "|") + `)`),
		courtesies: regexp.MustCompile(`(?:[\s\p{P}]+(?:thanks|thank you|thx|please|pls|cheers)(?: (?:in advance|so much|very much|a lot))?|[\s\p{P}]*(?:谢谢了?|多谢|谢谢您|感谢|麻烦了|谢谢你))[\s\p{P}]*$`),
		smallTalk:  smallTalk(),
		followUp: regexp.MustCompile(`^(?:那|还有|然后|另外|如果|要是|这|它|为什么|多久|什么时候|多少|哪里)|(?:呢|它)[\s\p{P}]*$|` +
			`^(?:and|or|so|but|then|why|when|where|how (?:long|much|many)|what (?:about|if)|how about)\b|\b(?:it|that|this|they|them|those|one)\b`),
		human: newHumanRules(),
	}
}

func smallTalk() map[string]Reason {
	m := map[string]Reason{}
	for reason, words := range map[Reason]string{
		ReasonGreeting: "你好|您好|你好啊|你好呀|您好啊|嗨|哈喽|哈啰|在吗|在么|在不在|在|亲|早上好|上午好|中午好|下午好|晚上好|早安|有人吗|有人在吗|有人么|喂|" +
			"hi|hello|hey|hey there|hi there|hello there|hiya|howdy|yo|good morning|good afternoon|good evening|good day|greetings|anyone there|anybody there|is anyone there|is anybody there|are you there|how are you|how are you doing|what's up|sup|hello how are you",
		ReasonThanks: "谢谢|谢谢你|谢谢您|谢谢啦|谢谢了|多谢|多谢了|感谢|非常感谢|十分感谢|太感谢了|谢了|3q|thx|ty|辛苦了|好的谢谢|好的谢谢您|好的谢谢你|嗯谢谢|ok谢谢|知道了谢谢|明白了谢谢|" +
			"thanks|thank you|thanks a lot|many thanks|thank you very much|thank you so much|thanks so much|thanks very much|cheers|ok thanks|ok thank you|okay thanks|great thanks|perfect thanks|got it thanks|much appreciated|appreciate it|thanks for your help|thank you for your help|that helps thanks|great thank you|perfect thank you",
		ReasonGoodbye: "再见|拜拜|拜|白白|回见|下次见|晚安|没有了|没事了|没有其他问题了|不用了|" +
			"bye|bye bye|goodbye|good bye|see you|see ya|see you later|good night|have a nice day|have a good day|that's all|that is all|nothing else|no thanks|no thank you|never mind|nevermind",
		ReasonAcknowledged: "好|好的|好吧|好滴|好哒|嗯|嗯嗯|哦|噢|行|可以|知道了|明白|明白了|了解|了解了|收到|懂了|ok|okay|k|okey|是|是的|对|对的|" +
			"yes|yeah|yep|sure|alright|all right|fine|great|perfect|cool|nice|got it|i see|understood|makes sense|good|awesome|no|nope|不|不是|没有",
		ReasonIdentity: "你是谁|您是谁|你叫什么|你叫什么名字|你是什么|你是机器人吗|你是机器人么|你是不是机器人|是机器人吗|你是真人吗|你是人吗|你是人工吗|你是ai吗|你是人工智能吗|你是人还是机器人|你是人工还是机器人|您是机器人吗|您是真人吗|机器人|" +
			"who are you|what are you|are you a bot|are you a robot|are you human|are you a human|are you real|are you a real person|are you a person|are you an ai|are you ai|is this a bot|is this a robot|am i talking to a bot|am i talking to a robot|am i talking to a human|am i talking to a real person|am i chatting with a bot|bot|what's your name|what is your name|are you a machine|is this a real person",
	} {
		for w := range strings.SplitSeq(words, "|") {
			m[text.Key(w)] = reason
		}
	}
	return m
}

// check judges the visitor's text, which may hold several messages, one a line.
func (g gate) check(s string) verdict {
	if utf8.RuneCountInString(s) > maxQuestionRunes {
		if g.human.match(text.Normalize(clip(s, maxQuestionRunes))) {
			return verdict{reason: ReasonAskedForHuman}
		}
		return verdict{reason: ReasonTooLong}
	}
	var questions []string
	last := ReasonEmpty
	for line := range strings.SplitSeq(s, "\n") {
		n := text.Normalize(line)
		if !text.HasWord(n) {
			continue
		}
		if reason, ok := g.smallTalk[text.Key(n)]; ok {
			last = reason
			continue
		}
		if g.human.match(n) {
			return verdict{reason: ReasonAskedForHuman}
		}
		q := g.strip(n)
		if g.human.match(q) {
			return verdict{reason: ReasonAskedForHuman}
		}
		if reason, ok := g.smallTalk[text.Key(q)]; ok {
			last = reason
			continue
		}
		if g.human.declined(q) {
			last = ReasonAcknowledged
			continue
		}
		questions = append(questions, q)
	}
	if len(questions) == 0 {
		return verdict{reason: last}
	}
	return verdict{question: strings.Join(questions, "\n")}
}

// strip cuts greetings off the beginning and courtesies off the end, unless
// nothing would be left. A question with a greeting is searched as the very
// same text as without.
func (g gate) strip(n string) string {
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
	rest = strings.TrimLeftFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '，' || r == '!' || r == ':' })
	if cut := g.courtesies.ReplaceAllString(rest, ""); text.HasWord(cut) {
		if ends := rest[len(cut):]; strings.ContainsAny(ends, "??") {
			cut += "?"
		}
		rest = cut
	}
	return strings.TrimSpace(rest)
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
