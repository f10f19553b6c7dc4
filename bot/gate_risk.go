package bot

import (
	"regexp"
	"slices"
	"strings"
)

// riskRules recognise subjects on which a wrong answer does harm: the law, health,
// fraud and disputed payments, rights to one's personal data. They hand over by
// rule, whatever the confidence; only an article whose own question this is goes
// before them. They are precise rather than complete: an incident of the visitor's
// or a named right, not a word in passing. Danger that is there now and threats are
// [urgentRules].
type riskRules struct {
	words []string // no rule matches a text without one of them
	rules *regexp.Regexp
	idle  *regexp.Regexp // a clause about a feature, an offer or a thing of that name
}

func newRiskRules() riskRules {
	const (
		meZH = `(?:我的?|我们|咱|本人|他|她|家人|孩子|宝宝|老人|妈妈|爸爸|母亲|父亲|老公|老婆|朋友)`
		meEN = `(?:i|we|he|she|my (?:son|daughter|wife|husband|child|kids?|baby|mother|father|mom|mum|dad|partner|friend))`
	)
	return riskRules{
		words: []string{
			"盗刷", "盗用", "冒用", "被骗", "诈骗", "欺诈", "钓鱼", "拒付", "本人", "受骗", "上当", "洗钱", "被人", "让人", "遭", "泄露", "泄漏", "个人信息", "个人数据", "隐私", "被遗忘权", "删除权", "知情权", "数据", "资料", "外泄", "卖了",
			"过敏", "起疹", "红肿", "呕吐", "腹泻", "头晕", "不舒服", "中毒", "孕", "哺乳", "副作用", "剂量", "服药", "药", "医生", "律师", "诉讼", "仲裁", "传票", "法律", "赔偿", "损失费", "责任",
			"fraud", "scam", "stolen", "authori", "approve", "without", "chargeback", "charge back", "dispute", "phish", "compromised", "cloned", "skimmed", "someone", "identity theft", "money launder", "did not make", "didn't make", "don't recogni", "do not recogni",
			"gdpr", "ccpa", "dsgvo", "personal data", "data", "leaked", "sold", "exposed", "shared my", "breached", "right to be forgotten", "right of access", "subject access",
			"allerg", "rash", "hives", "vomiting", "nausea", "pregnan", "breastfeed", "nursing", "side effect", "dosage", "overdose", "medication", "medicine", "doctor",
			"subpoena", "court order", "lawsuit", "arbitration", "legal advice", "legally", "liable", "liability", "compensation",
		},
		rules: regexp.MustCompile(strings.Join([]string{
			// Fraud and disputed payments.
			meZH + `?(?:的)?(?:银行卡|信用卡|储蓄卡|卡|钱|余额|身份证?|身份信息)[^，。]{0,6}(?:被人?|让人|遭)(?:盗刷|盗用|冒用|盗了?|骗)|(?:卡|支付宝|微信|账户|账号|帐号)[^，。]{0,4}被盗刷|(?:有人|别人|骗子)[^，。]{0,6}(?:盗刷|盗用|冒用|冒充)[^，。]{0,8}(?:我|你们)`,
			`(?:我|我们|家人|老人|妈妈|爸爸)[^，。]{0,6}(?:被骗|被诈骗|遭遇诈骗|受骗|上当)了?|(?:收到|遇到|碰到)[^，。]{0,8}(?:诈骗|钓鱼)(?:短信|邮件|电话|网站|链接)|(?:不是我本人|非本人|不是本人)[^，。]{0,4}(?:操作|消费|支付|购买|下单|交易)|(?:申请|发起|要求|办理|进行)[^，。]{0,4}(?:拒付|信用卡争议)`,
			`\b(?:fraudulent|unauthori[sz]ed) (?:charges?|payments?|transactions?|purchases?|transfers?|withdrawals?)\b|\bcharged (?:me )?without (?:my )?(?:permission|consent|authori[sz]ation)\b|\b(?:i|we)(?:'ve| have| was| were| got| just| been)+ (?:scammed|defrauded|phished)\b|\bidentity theft\b|\bstole my identity\b`,
			`\b(?:my|our) (?:credit card|debit card|bank card|card)(?: \w+){0,2} (?:was|were|is|has been|have been|got|been)(?: just)? (?:compromised|stolen|cloned|skimmed)\b|\bsomeone (?:has |is |was )?(?:used|using|stole|stolen|charged) my (?:\w+ )?(?:card|money|identity|bank)\b|\b(?:i|we) (?:did not|didn't|never) (?:make|authori[sz]e|approve) (?:this|that|the|these|any|a) (?:\w+ )?(?:charge|payment|purchase|transaction|transfer)s?\b`,
			`\b(?:file|filed|filing|open|raise|start|initiate|request|do|make|issue) (?:a |an |the )?(?:\w+ )?(?:charge ?back|payment dispute|dispute with (?:my|the) (?:bank|card|credit card))\b|\bdispute (?:this|the|a) (?:charge|payment|transaction) with my bank\b|\bmoney laundering\b`,
			// Rights to one's data, and what became of it.
			meZH + `(?:的)?(?:个人信息|个人数据|隐私|资料|数据|手机号|身份证)[^，。]{0,6}(?:被|遭)?(?:你们|贵司)?(?:泄露|泄漏|卖了|倒卖|外泄)|(?:泄露|泄漏|倒卖|出卖)了?(?:我|用户|客户)的?(?:个人信息|个人数据|隐私|信息|资料|数据)|(?:删除|注销|清除|销毁|导出|提供|查阅|更正)[^，。]{0,6}(?:你们)?(?:保存|存储|收集|持有|掌握)的?(?:我的?|有关我的?|关于我的?)(?:所有|全部|一切)?(?:个人)?(?:信息|数据|资料)|(?:行使|主张|要求)[^，。]{0,6}(?:被遗忘权|删除权|知情权|个人信息保护法)|根据(?:个人信息保护法|gdpr)`,
			`\b(?:gdpr|ccpa|dsgvo)(?: \w+){0,2} (?:request|right|rights|complaint|violation|breach|deletion|erasure|access)\b|\bunder (?:the )?(?:gdpr|ccpa|dsgvo|data protection)\b|\bright to be forgotten\b|\bsubject access request\b|\b(?:erase|delete|remove|destroy) all (?:of )?(?:my|the) (?:personal )?(?:data|information)(?: that| which)? (?:you|your)\b|\ball (?:of )?(?:the )?(?:personal )?(?:data|information) (?:that )?you (?:hold|have|store|keep|collected|have collected)(?: \w+)? (?:about|on|of) me\b|\b(?:copy|export) of (?:all )?(?:the |my )?(?:personal )?data you (?:hold|have|store|keep)`,
			`\b(?:my|our|customers?'?|users?'?) (?:personal )?(?:data|information|details|address|passwords?) (?:was|were|has been|have been|got) (?:leaked|stolen|exposed|sold|breached)\b|\byou (?:leaked|sold|exposed|shared) my (?:personal )?(?:data|information|details|address|e-?mail|number)\b|\bdata (?:breach|leak)(?: \w+){0,3} (?:my|affected|affect|involved|include)\b`,
			// Health.
			meZH + `[^，。]{0,10}(?:用|吃|喝|涂|抹|戴|穿|服)[^，。]{0,10}(?:过敏|起疹|红肿|呕吐|腹泻|头晕|不舒服|中毒)了?|(?:孕妇|怀孕|孕期|备孕|哺乳期?)[^，。]{0,8}(?:能|可以|可不可以|能不能|是否)[^，。]{0,4}(?:吃|喝|服|用药|服用|涂)|(?:和|跟|与)[^，。]{0,10}(?:药|药物)[^，。]{0,4}(?:一起|同时)(?:吃|服|用)|(?:吃|服|用)(?:药|药物)[^，。]{0,6}(?:剂量|副作用)|(?:剂量|副作用)[^，。]{0,4}(?:多少|多大|有哪些|是什么)`,
			`\b` + meEN + `(?:'ve|'s| have| has| had| got| get| developed| am| is| are| was)+ (?:an? )?(?:\w+ )?(?:allergic reaction|rash|hives|side effects?)\b|\b(?:allergic reaction|rash|hives|vomiting|nausea) (?:from|after|since) (?:using|taking|eating|wearing|applying|drinking)\b|\b(?:safe|okay|ok|can i|may i|should i) (?:\w+ ){0,6}(?:while|during|if (?:i'm|i am)|when) (?:pregnant|pregnancy|breastfeeding|nursing)\b`,
			`\b(?:can|should|may) i (?:take|use|mix|combine) (?:\w+ ){1,5}(?:with|alongside|together with) (?:my )?(?:\w+ )?(?:medications?|medicines?|pills|antibiotics|blood thinners?)\b|\b(?:what(?:'s| is)|which|recommended|correct|right|safe) (?:the )?(?:\w+ )?dosage\b|\b(?:took|taken|had) (?:an )?overdose\b`,
			// The law.
			`(?:收到|接到)[^，。]{0,4}(?:法院)?(?:传票|律师函)|(?:提起|提出|进行|申请)(?:民事)?(?:诉讼|仲裁)|(?:法律)(?:责任|后果|咨询|援助)[^，。]{0,6}(?:谁|怎么|由|承担|追究)|(?:谁|怎么|承担)[^，。]{0,6}法律责任|追究[^，。]{0,8}(?:法律)?责任|(?:要求|索要|申请)[^，。]{0,8}(?:人身|精神|医药费|误工费|人身损害)[^，。]{0,6}(?:赔偿|损失费)`,
			`\b(?:received|got|have|with) (?:a |an )?(?:subpoena|court order|cease and desist)\b|\b(?:file|filing|filed|start|bring) (?:a |an )?(?:lawsuit|class action|arbitration)\b|\b(?:need|want|give me|looking for|get) (?:some )?legal advice\b|\bare you (?:legally )?liable\b|\bwho is (?:legally )?liable\b|\bpersonal injury (?:claim|compensation)\b|\bcompensation for (?:my |the )?(?:injur|pain|medical)`,
		}, "|")),
		idle: regexp.MustCompile(`防(?:盗|诈|泄)|反诈骗?|过敏(?:体质|人群|肌)|低(?:过敏|敏)|抗过敏|怎么(?:防|避免|预防)|如何(?:防|避免|预防)|保险|新闻|电影|游戏|课程|书|论文|` +
			`\b(?:prevent|avoid|protect (?:against|from|myself|my)|hypoallergenic|insurance|course|book|game|movie|news|article|example|alerts?|detection|filter)\b`),
	}
}

// near reports that n holds one of the words without which no rule matches.
func (r riskRules) near(n string) bool {
	return slices.ContainsFunc(r.words, func(w string) bool { return strings.Contains(n, w) })
}

// touches reports that a clause of the normalised message is about such a subject.
func (r riskRules) touches(n string) bool {
	if !r.near(n) {
		return false
	}
	for _, c := range clauses(n) {
		if s := n[c.start:c.end]; r.rules.MatchString(s) && !r.idle.MatchString(s) {
			return true
		}
	}
	return false
}
