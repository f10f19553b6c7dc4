package bot

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"frontdesk/internal/text"
)

// orders recognises messages that give the bot orders about itself, or carry code:
// prompt injection. Nothing of ours would obey them, but they are no question
// either, and whatever they are about must not be looked up.
type orders struct {
	markup  *regexp.Regexp
	order   *regexp.Regexp
	words   []string // order matches no text without one of them
	private privateRules
}

func newOrders() orders {
	return orders{
		private: newPrivateRules(),
		words: []string{
			"instruction", "prompt", "guideline", "directive", "programming", "ignore", "disregard", "forget", " mode", "you are now", "anything now",
			"inst]", "<|", "system", "assistant", "table", "union", "or 1", "or1", "' or", "'or", "rm -rf", "javascript:", "${jndi", "指令", "指示", "设定", "提示", "从现在", "模式",
			"customer", "user", "visitor", "buyer", "client", "member", "客户", "顾客", "用户", "买家", "访客", "会员",
		},
		// Tags are cut out, a script with what is in it. Only names of HTML: <order number> is a visitor's.
		markup: regexp.MustCompile(`(?is)<(?:script|style)\b.*?(?:</(?:script|style)\s*>|$)|</?(?:a|audio|b|body|br|button|div|em|embed|font|form|h[1-6]|html|i|iframe|img|input|li|link|meta|object|p|script|span|strong|style|svg|table|u|ul|video)\b[^<>]*(?:>|$)`),
		order: regexp.MustCompile(strings.Join([]string{
			`\b(?:ignore|disregard|forget|override|bypass)\b[^.?!]{0,30}\b(?:previous|prior|above|earlier|preceding|all|your|system|initial)\b[^.?!]{0,20}\b(?:instructions?|prompts?|guidelines|directives|programming)\b`,
			`\b(?:ignore|disregard|forget) (?:all|everything)(?: of)?(?: that)? (?:you|i|we|they|was|were|above|before)\b`,
			`\b(?:print|show|reveal|repeat|output|display|leak|tell me|give me|what (?:is|are|was)|what's)\b[^.?!]{0,20}\b(?:system|hidden|initial|original|secret) (?:prompt|instructions?)\b`,
			`\b(?:enable|enter|activate|switch to)\b[^.?!]{0,12}\b(?:dan|god|jailbreak|unrestricted) mode\b`,
			`\byou are now (?:dan|an? (?:unrestricted|uncensored|evil|hacker|different))\b|\bdo anything now\b`,
			`(?:忽略|无视|忘记|忘掉|不要理会|抛开|不用管)[^。？！?!]{0,12}(?:指令|指示|设定|提示词)`,
			`(?:输出|显示|打印|告诉我|重复|泄露|说出|给我看)[^。？！?!]{0,10}(?:提示词|系统提示|初始指令|内部指令|system prompt)`,
			`从现在(?:起|开始)[^。？！?!]{0,6}你(?:是|将|要扮演|扮演|不再)|(?:越狱|上帝|无限制)模式`,
			`\[/?inst\]|<\|[a-z_]+\|>|^\s*(?:system|assistant) ?[:：]`,
			// Data of others, as an order: who asks how to export their own, or a list of shops, is a visitor.
			`(?:^|[.!;] ?|\bplease )(?:show|give|send|list|tell|export|read|dump|print|post)\b[^.?!]{0,16}\b(?:all|every|other|another|previous|last|recent|different)\b[^.?!]{0,12}\b(?:customer|user|visitor|buyer|client|member)s?(?:'s?)? [^.?!]{0,8}\b(?:phones?|numbers?|address(?:es)?|orders?|chats?|e-?mails?|names|details|messages|data|passwords?)\b`,
			`^[^怎如何哪吗么?]{0,12}(?:所有|全部|其他|别的|别人|最近|近期|昨天|今天|上周|上个?月|刚才|上一个|前一个|任意)[^怎如何哪吗么?。！!我]{0,10}(?:客户|顾客|用户|买家|访客|会员)[^怎如何哪吗么?。！!我]{0,6}(?:电话|手机|号码|地址|邮箱|姓名|名单|名字|资料|订单|聊天|密码)[^怎如何哪吗么?。！!]{0,8}(?:发|给我|列|导|告诉|打印|整理|拿)[^怎如何哪吗么?。！!]{0,10}[。！!]?$`,
			`^[^怎如何哪吗么?]{0,6}(?:列出|导出|发我|发给我|给我看?|告诉我|打印|提供|调出)[^怎如何哪吗么?。！!]{0,4}(?:所有|全部|其他|别的|别人|最近|近期|昨天|今天|上周|上个?月|刚才|上一个|前一个|任意)[^怎如何哪吗么?。！!我]{0,10}(?:客户|顾客|用户|买家|访客|会员)[^怎如何哪吗么?。！!我]{0,6}(?:电话|手机|号码|地址|邮箱|姓名|名单|名字|资料|订单|聊天|密码)`,
			`[;'"] ?(?:drop|truncate) table\b|\b(?:drop|truncate) table [a-z_]+ ?;|\bunion select\b|\bor 1 ?= ?1\b|' ?or ?'|\brm -rf\b|\bjavascript:|\$\{jndi:`,
		}, "|")),
	}
}

// clean returns what of a normalised line is a question: markup is cut out, and
// from an order on nothing counts. found reports that something was cut.
func (o orders) clean(n string, model Signals) (rest string, found bool) {
	rest = n
	if strings.Contains(n, "<") {
		rest = strings.TrimSpace(o.markup.ReplaceAllString(n, " "))
		found = rest != n && !text.HasWord(rest)
	}
	if slices.ContainsFunc(o.words, func(w string) bool { return strings.Contains(rest, w) }) {
		if loc := o.order.FindStringIndex(rest); loc != nil {
			return before(rest, loc[0]), true
		}
	}
	if at, ok := o.private.asked(rest); ok {
		return before(rest, at), true
	}
	if evident(rest) && model.Read(rest).Injection >= shows {
		return "", true
	}
	return rest, found
}

// evident reports that n has enough in it for the model to judge: digits, a letter
// or a word are an answer or a choice, whatever the model has seen them in.
func evident(n string) bool {
	letters := 0
	for _, w := range talkWords(text.Key(n)) {
		if strings.ContainsFunc(w, unicode.IsLetter) {
			letters++
		}
	}
	return letters >= 3 && !brief(n)
}

// before returns the whole sentences of n that end before at.
func before(n string, at int) string {
	end := strings.LastIndexAny(n[:at], ".?!。;；\n")
	if end < 0 {
		return ""
	}
	return strings.TrimSpace(n[:end+1])
}
