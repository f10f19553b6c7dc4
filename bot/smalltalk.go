package bot

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// talk recognises what people say around a question, or instead of one: several
// words of small talk in a row, wishes, apologies, and lead-ins such as "I was
// wondering". The lists hold only what cannot be about a product; the model adds
// other wordings, and is believed only where a message asks for nothing.
type talk struct {
	units    map[string]Reason // by key; empty = says nothing by itself
	pleasant *regexp.Regexp    // a clause that is there to be polite
	lead     *regexp.Regexp    // before a question
	asks     *regexp.Regexp    // a question, however it is put
	whom     *regexp.Regexp    // one of its words stands in every question about who one talks to
	who      *regexp.Regexp    // asks whether one talks to a human or a machine
	grateful *regexp.Regexp    // likewise in thanks
	but      *regexp.Regexp    // what is wanted instead
	back     *regexp.Regexp    // one of its words stands wherever something is taken back
	trade    *regexp.Regexp    // what a shop does, not a bot
	said     *regexp.Regexp    // what was said before: no question
	wishes   wishRules
}

const (
	maxTalkWords = 14 // of small talk; who writes more wants something
	maxUnitWords = 8  // of one unit
)

func newTalk(whole map[string]Reason) talk {
	t := talk{
		units:  map[string]Reason{},
		wishes: newWishRules(),
		pleasant: regexp.MustCompile(`^(?:` + strings.Join([]string{
			`(?:and |so )?(?:i )?(?:do )?(?:hope|trust)(?: that)? (?:you|everyone|all|everything|this|your|the team)\b.{0,24}\b(?:well|good|great|fine|ok|okay|safe|lovely|nice|day|week|weekend|morning|evening)`,
			`(?:how are (?:you|things)|how's (?:it going|everything|life|your day)|how do you do)\b.{0,12}`,
			`(?:i'm |i am )?(?:an? )?(?:long[- ]time|first[- ]time|new|loyal|regular|happy|old) (?:customer|buyer|user|shopper|visitor)(?: here| of yours)?|(?:my |it's my |this is my )?first time (?:here|on (?:here|this site)|online|buying here|writing)(?: for me)?`,
			`(?:hi |hello )?greetings from .{2,20}|(?:i )?(?:really )?love (?:your|the) (?:shop|store|products|work|site|brand)`,
			`(?:i'm )?(?:so |very )?sorry (?:to|for) (?:bother|disturb|interrupt|troubl|writ|ask)\w*.{0,16}|apologies.{0,24}|pardon(?: me)?|excuse me`,
			`(?:many |kind |best |warm |warmest |with |my )*(?:thanks|regards|wishes)(?: .{0,24})?|thank you(?: .{0,24})?|(?:much|really|greatly|highly) appreciated|i(?:'d| would)? (?:really |greatly )?appreciate (?:it|(?:your|any) (?:help|time|answer)).{0,10}|looking forward to .{0,24}|(?:i )?wish you .{0,24}|have an? .{0,20}(?:day|one|evening|week|weekend|time)|god bless.{0,8}|take care|no rush|no hurry|bless you`,
			`祝(?:您|你|大家|贵店|老板|各位|你们)?.{0,10}|.{0,5}(?:生意兴隆|恭喜发财|财源广进|财源滚滚|工作顺利|身体健康|万事如意|天天开心|心想事成|大吉大利|一切顺利|新年快乐|节日快乐|周末愉快|阖家幸福).{0,3}`,
			`(?:又来|又要|再)?(?:打扰|麻烦|辛苦|有劳|劳烦|劳驾|费心|受累)(?:一下|了|您了|你了|大家了|你们了|各位了|啦)?|(?:实在)?(?:不好意思|抱歉|对不起)(?:打扰|麻烦|再问|又来)?.{0,6}`,
			`(?:真的|非常|十分|万分|很|先|太)?(?:谢谢|感谢|多谢|谢过)(?:您|你|你们|大家|各位|啦|了|哈|先|客服|老板)*|在线等|(?:挺|比较|有点|很)?急(?:的|急|啊)*|(?:等|期待|盼).{0,4}回复|第一次(?:来|买|用|光临).{0,4}`,
		}, "|") + `)$`),
		lead: regexp.MustCompile(`^(?:(?:and|so|well|now|anyway),? )?(?:` + strings.Join([]string{
			`i(?:'m| am| was)(?: just)? wondering(?: about)?|i(?:'d| would) (?:like|love|want) to (?:know|ask|find out)(?: about)?|i (?:just )?want(?:ed)? to (?:know|ask)(?: about)?`,
			`(?:can|could|would|will) you (?:please |kindly |maybe |possibly )*(?:tell|explain to|let) me(?: know)?|would you (?:be so kind as to |mind |kindly )(?:tell|telling|explain|explaining to) me`,
			`(?:please|kindly) (?:tell me|let me know|explain)|do you (?:happen to )?know|(?:have you )?any idea|(?:may|might) i (?:ask|know)|i need to know|my question is`,
		}, "|") + `)(?: (?:if|whether))?[\s,:]+|^(?:可以|能|能不能|可不可以|麻烦|请|烦请)(?:你|您)?告诉我(?:一下)?[\s，,:]*|^(?:我)?(?:想|来|就想)(?:了解|请教|打听|问问|问一问|知道)(?:一下|下)?[\s，,:]*`),
		asks: regexp.MustCompile(`[?？]|吗|怎|什么|啥|哪|几|多少|多久|如何|为何|能不能|可不可以|可以不|行不行|是否|有没有|呢$|么$|` +
			`\b(?:how|what|whats|what's|where|when|which|why|who|whom|whose|whether)\b|^(?:can|could|do|does|did|is|are|was|were|will|would|should|may|have|has) `),
		who: regexp.MustCompile(`^(?:请问)?(?:(?:你|您|这|那边|那头|对面|现在|跟我聊的|回复我的)(?:们)?){0,2}(?:到底|究竟|其实)?(?:是|算)?(?:真人|人工|活人|人类|人|机器人?|ai|程序|电脑)(?:客服)?还是(?:真人|人工|活人|人类|人|机器人?|ai|程序|电脑|自动回复)(?:客服)?[啊呀呢吗]*[?\s]*$|` +
			`^(?:so |and |hey |hello |wait )?(?:are you|is this|is it|am i (?:talking|chatting|speaking|writing) (?:to|with))(?: really| actually| just)? (?:an? |some )?(?:real |actual |live |human )*(?:human|person|bot|robot|machine|computer|program|ai|chatbot)(?: being)?(?:,? or (?:just |only |are you )?(?:an? |some )?(?:real |actual |live |human )*(?:human|person|bot|robot|machine|computer|program|ai|chatbot|not)(?: being)?)?[?\s]*$`),
		whom:     regexp.MustCompile(`你|您|对面|真人|机器|程序|在和|在跟|\b(?:you|your|u|bot|robot|human|person|machine|ai|chat|i|name)\b`),
		grateful: regexp.MustCompile(`谢|感激|感恩|解决[了啦]|搞定[了啦]|好了|可以了|成功|帮了|\b(?:thank\w*|thx|cheers|appreciat\w*|grateful|obliged|fixed|solved|sorted|resolved|helped|helpful|works?|worked|did)\b`),
		but:      regexp.MustCompile(`就行|就好|换[个一成下]|改[成为到]|寄[到我给]|而是|是想|我问的|想问|但是?|不过(?:我|能|请)|\b(?:but|instead|rather|just (?:tell|send|give|the)|tell me|give me|show me|send (?:it|them|me)|help me|i need|i want|can you|could you)\b`),
	}
	t.back = regexp.MustCompile(`[不没别]|算了|只是|就是|随[口便]|误会|[发点问打搞按]错|当我|撤回|忽略|作废|^(?:no|nope|nah)\b|\bno (?:need|matter)\b|\b(?:not|never|forget|ignore|nevermind|mind|nvm|scratch|disregard|skip|oops|whoops|sorry|wrong|mistake|just|only|kidding|joking|nothing|bother)\b|n't\b`)
	t.trade = regexp.MustCompile(`\b(?:sell|ship|deliver|refund|accept|charge|take|refuse|return|repair|stock|cost|price|pay|open|send|post|use|work with)\b|卖|发货|送|收费|退|换|修|保修|价`)
	t.said = regexp.MustCompile(`\bwhat i(?: just)? (?:said|asked|wrote|meant|typed|sent)\b`)
	for key, reason := range whole {
		if reason != ReasonIdentity {
			t.units[key] = reason
		}
	}
	for _, risky := range []string{"不", "没有", "不是", "no", "nope", "not really", "well", "in", "亲"} {
		delete(t.units, risky) // 行不行 is no small talk
	}
	add := func(reason Reason, words ...string) {
		for _, w := range words {
			t.units[text.Key(w)] = reason
		}
	}
	add("", "了", "啦", "哈", "呀", "哦", "吧", "啊", "的", "咯", "喽", "嘞", "亲", "您", "你", "那", "那就", "then", "now", "so", "well", "oh", "ah", "there", "you", "guys", "everyone", "again", "very much", "so much", "a lot", "a bunch", "all", "mate", "please", "for now", "today", "bot", "and", "in advance", "kindly")
	add(ReasonAcknowledged, "我知道", "我明白", "我懂", "我了解", "我清楚", "我看到", "知道", "清楚", "懂", "记住", "晓得", "没关系", "没事", "不急", "i understand", "i know", "i get it", "i got it", "makes sense", "that's fine", "it's fine", "it's ok", "that's ok", "will do", "gotcha", "that makes sense", "all clear")
	add(ReasonThanks, "谢", "太谢谢", "辛苦", "麻烦", "帮了大忙", "可以用了", "弄好了", "修好了")
	add(ReasonGoodbye, "我先走", "先走", "先忙", "先下", "改天聊", "回头聊", "回头见", "明天见", "later", "see you then", "until next time", "i have to go", "gotta go", "i'm off")
	add(ReasonGreeting, "anyone around", "anybody around", "anyone in", "anybody in", "somebody there", "someone there", "is somebody there", "is someone there", "is anyone around", "is anybody around", "are you around", "you there", "pleased to meet you", "good to meet you")
	for _, it := range []string{"that", "this", "it", "everything", "all"} {
		for _, did := range []string{"worked", "works", "works now", "is working", "is working now", "helped", "helps", "did it", "did the trick", "fixed it", "solved it", "sorted it", "has fixed it", "solved the problem", "fixed the problem", "solved my problem", "is fixed", "is solved", "is sorted", "worked perfectly", "works fine", "works again"} {
			add(ReasonThanks, it+" "+did)
		}
	}
	return t
}

// composed returns what a message of nothing but small talk says: its strongest
// unit, empty if it has only words that say nothing by themselves. A key with any
// other word in it is none.
func (t talk) composed(key string) (Reason, bool) {
	words := talkWords(key)
	if len(words) == 0 || len(words) > maxTalkWords {
		return "", false
	}
	// best[i] is what the first i words say; reached[i], that they can be cut into units.
	var reached [maxTalkWords + 1]bool
	var best [maxTalkWords + 1]Reason
	reached[0] = true
	for from := range words {
		if !reached[from] {
			continue
		}
		unit := ""
		for to := from; to < min(len(words), from+maxUnitWords); to++ {
			if unit != "" && !text.HasCJK(words[to]) {
				unit += " "
			}
			unit += words[to]
			reason, ok := t.units[unit]
			if !ok {
				continue
			}
			reached[to+1] = true
			best[to+1] = stronger(stronger(best[from], reason), best[to+1])
		}
	}
	return best[len(words)], reached[len(words)]
}

// stronger returns the reason that a reply should go by: who takes leave after
// thanks is told goodbye.
func stronger(a, b Reason) Reason {
	rank := func(r Reason) int {
		switch r {
		case ReasonGoodbye:
			return 4
		case ReasonThanks:
			return 3
		case ReasonGreeting:
			return 2
		case ReasonAcknowledged:
			return 1
		default:
			return 0
		}
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// talkWords cuts a key into Chinese characters and other words.
func talkWords(key string) []string {
	var all []string
	start := -1
	for i, r := range key {
		if text.IsCJK(r) || r == ' ' {
			if start >= 0 {
				all = append(all, key[start:i])
				start = -1
			}
			if r != ' ' {
				all = append(all, key[i:i+utf8.RuneLen(r)])
			}
			continue
		}
		if start < 0 {
			start = i
		}
		if len(all) > maxTalkWords {
			return all
		}
	}
	if start >= 0 {
		all = append(all, key[start:])
	}
	return all
}

// meant returns what a short message that asks for nothing says by the model; ok
// is false where it may be a question.
func (t talk) meant(n string, mood Reading) (Reason, bool) {
	words := len(talkWords(n))
	if words > 2*maxTalkWords || brief(n) || mood.angry() || mood.Handover >= shows || mood.Foreign >= shows {
		return "", false
	}
	var reason Reason
	best := shows
	take := func(score float64, r Reason, ok bool) {
		if score >= best && ok {
			best, reason = score, r
		}
	}
	if t.takenBack(n, mood) {
		return ReasonAcknowledged, true
	}
	asks := t.asks.MatchString(n) || t.wishes.wants(n) || t.wishes.forbids(n)
	if !venting(n) {
		return "", false
	}
	take(mood.Greeting, ReasonGreeting, words <= maxTalkWords)
	take(mood.Identity, ReasonIdentity, t.whom.MatchString(n) && !t.trade.MatchString(n))
	take(mood.Acknowledged, ReasonAcknowledged, !asks && words <= maxTalkWords)
	take(mood.Goodbye, ReasonGoodbye, !asks)
	take(mood.Pleased, ReasonThanks, !asks && t.grateful.MatchString(n) && !t.but.MatchString(n))
	return reason, reason != ""
}

// takenBack reports that a message says that nothing is wanted after all. It may
// name what that was, so it is no use to look for such words.
func (t talk) takenBack(n string, mood Reading) bool {
	return mood.Withdrawn >= shows && t.back.MatchString(n) && !t.but.MatchString(n) && !t.asks.MatchString(t.said.ReplaceAllString(n, "")) &&
		!t.wishes.wants(n) && !t.wishes.forbids(n)
}

// brief reports a keyword: too little for anybody but the lists to judge.
func brief(n string) bool {
	words := talkWords(text.Key(n))
	return len(words) < 3 || (text.HasCJK(n) && len(words) < 4)
}

// trim cuts polite clauses off both ends of a normalised message, and what leads
// into its question. The message is returned as it is if nothing else is in it.
func (t talk) trim(n string, model Signals) string {
	cuts := clauses(n)
	from, to := 0, len(cuts)
	for to-from > 1 && t.polite(n[cuts[from].start:cuts[from].end], model) {
		from++
	}
	for to-from > 1 && t.polite(n[cuts[to-1].start:cuts[to-1].end], model) {
		to--
	}
	rest := n
	if from > 0 || to < len(cuts) {
		if t.polite(n[cuts[from].start:cuts[from].end], model) {
			return n // all of it: no question is behind it
		}
		rest = strings.TrimRight(n[cuts[from].start:cuts[to-1].after], " ,，、")
	}
	if loc := t.lead.FindStringIndex(rest); loc != nil && len(talkWords(rest[loc[1]:])) >= 3 {
		rest = rest[loc[1]:]
	}
	if !text.HasWord(rest) {
		return n
	}
	return rest
}

// polite reports that a clause says nothing that could be looked up.
func (t talk) polite(clause string, model Signals) bool {
	if _, ok := t.composed(text.Key(clause)); ok {
		return true
	}
	if !venting(clause) {
		return false
	}
	if t.pleasant.MatchString(clause) {
		return !t.asks.MatchString(clause) || strings.HasPrefix(clause, "how") || strings.HasPrefix(clause, "have a")
	}
	if t.asks.MatchString(clause) || len(talkWords(clause)) > maxTalkWords {
		return false
	}
	r := model.Read(clause)
	return r.Chitchat >= shows || r.Greeting >= shows || r.Goodbye >= shows
}

// clause is a part of a text between marks.
type clause struct{ start, end, after int } // after: behind its mark

// maxClauses are looked at; a text of more is a story.
const maxClauses = 12

// clauses cuts a normalised text at its marks, not within numbers and codes.
func clauses(n string) []clause {
	var all []clause
	start := 0
	put := func(end, after int) {
		s := n[start:end]
		if text.HasWord(s) {
			lead := len(s) - len(strings.TrimLeft(s, " "))
			all = append(all, clause{start + lead, start + len(strings.TrimRight(s, " ")), after})
		} else if len(all) > 0 {
			all[len(all)-1].after = after
		}
		start = after
	}
	for i, r := range n {
		size := utf8.RuneLen(r)
		switch r {
		case '。', '、', '~', '!', '?', ';', '…', '！', '？', '，', '；', '～':
			put(i, i+size)
		case '.', ',':
			if i+1 == len(n) || n[i+1] == ' ' || n[i+1] == '.' || (r == ',' && n[i+1] >= utf8.RuneSelf) {
				put(i, i+1)
			}
		}
		if len(all) == maxClauses {
			break
		}
	}
	put(len(n), len(n))
	return all
}
