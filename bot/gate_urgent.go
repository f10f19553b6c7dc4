package bot

import (
	"regexp"
	"slices"
	"strings"
)

// urgentRules recognise danger that is there now: to life, by fire, current, gas or
// injury, and legal threats. They are precise rather than complete: whether a thing
// may smoke, burn or shock is a question as any other.
type urgentRules struct {
	words   []string // no rule matches a text without one of them
	danger  *regexp.Regexp
	alone   *regexp.Regexp // a cry for help that is the whole message: others exaggerate
	idle    *regexp.Regexp // a clause about what might be, or about a thing of that name
	threats *regexp.Regexp
	asks    *regexp.Regexp // a clause that asks about threats
}

func newUrgentRules(asks *regexp.Regexp) urgentRules {
	const (
		// Whose body it is, and parts of it that no article of a shop is called by.
		bodyZH = `(?:手(?:指|臂|掌|腕|背|上|都|被|给|也)|脚(?:趾|背|上|都|被)?|腿|脸|额头|头部?|眼睛?|胳膊|皮肤|嘴|舌头)`
		kinZH  = `(?:我|他|她|孩子|小孩|宝宝|儿子|女儿|老人|老公|老婆|妈妈?|爸爸?|奶奶|爷爷|家人|朋友|同事|有人)`
		bodyEN = `(?:hands?|fingers?|arms?|legs?|foot|feet|face|eyes?|skin|mouth|thumb|toes?|head)`
		kinEN  = `(?:i|we|he|she|somebody|someone|my (?:son|daughter|wife|husband|child|kids?|baby|mother|father|mom|mum|dad|friend|brother|sister|partner|girl|boy|grand\w+))`
		was    = `(?:'m|'s|'re| am| is| are| was| were| got| has| have| had| been| being| just| now| badly| seriously| severely| really| still)+`
	)
	return urgentRules{
		words: []string{
			"火", "烟", "炸", "电", "气", "伤", "血", "杀", "死", "活", "救", "命", "轻生", "割", "跳楼", "昏", "晕", "呼吸", "中毒", "误食", "误吞", "吞", "骨折", "休克",
			"起诉", "告", "12315", "12345", "315", "消协", "消费者协会", "工商", "监管", "市监", "黑猫", "律师", "报警", "法院", "举报",
			"fire", "flame", "smok", "spark", "explo", "blew up", "shock", "zapp", "electrocut", "gas", "hurt", "injur", "bleed", "burn", "scald", "unconscious", "chok", "breath", "poison",
			"kill", "suicid", "my life", "end it all", "die", "harm", "hang", "swallow", "heart attack", "ambulance", "emergency", "call 911", "call 999", "call 112", "cut",
			"sue", "suing", "court", "lawyer", "legal", "solicitor", "attorney", "trading standards", "ombudsman", "better business", "bbb", "consumer", "police", "regulator",
		},
		danger: regexp.MustCompile(strings.Join([]string{
			`(?:想|要|会|打算|准备|去)自杀|自杀(?:了|算了)?$|不想(?:再)?活(?:了|下去)?|活不下去|想(?:要)?(?:去)?死了?$|(?:想|要|打算|准备)(?:去)?(?:跳楼|割腕|轻生)|(?:结束|了结)(?:我|自己|我自己)的(?:生命|性命)`,
			`(?:着火|起火|失火|烧起来|燃烧起来|冒烟|冒黑烟|冒白烟|冒火花|冒火星|喷火)了|(?:正在|正|一直|突然|刚才|刚刚|开始|现在|直|已经|不停|不断)(?:地|在)?(?:往外|向外)?(?:着火|起火|冒烟|冒黑烟|冒火花|冒火星|漏电|燃烧|漏煤气|漏燃气)`,
			`(?:电池|充电宝|手机|灯泡?|插座|插头|充电器|锅|玻璃|设备|机器|电源|音箱|热水器|烤箱|主机|它)(?:突然|刚才|刚刚|自己)?(?:爆炸|爆|炸|炸裂|烧)(?:了|起来)`,
			`(?:插座|插头|电线|充电器|电池|线路|电源)[^，。]{0,6}(?:烧焦|焦糊|糊|焦)的?(?:味|臭)`,
			`被[^，。充断停通]{0,8}电(?:到|着|伤|击|麻|得)|触电了|电到(?:了)?(?:我|手|孩子|人|他|她)|漏电了`,
			`(?:闻到|有|一股|好大|全是|很重|很浓|弥漫)[^，。没]{0,6}(?:煤气|燃气|天然气|瓦斯)的?(?:味|气味|臭味)|(?:煤气|燃气|天然气|瓦斯)(?:罐|管|灶)?(?:在|正在|已经)?(?:泄漏|泄露|漏气?)(?:了|$)|(?:煤气|一氧化碳)中毒了`,
			kinZH + `[^，。]{0,6}(?:受了?(?:重)?伤|烫伤|烧伤|摔伤|电伤|炸伤|灼伤)(?:了|$)|(?:被|让|给)[^，。]{0,12}(?:烫伤|烧伤|炸伤|灼伤|电伤)|` + bodyZH + `[^，。机]{0,8}(?:割伤|划伤|砸伤|夹伤|扎伤|压伤|受伤|烫伤|烧伤|割破|流血|出血)`,
			`(?:流|出)(?:了)?(?:好多|很多|不少|大量)血|血(?:流|止)不(?:停|住|止)|` + kinZH + `[^，。]{0,6}(?:昏迷|晕倒|昏倒|晕过去|休克|骨折|中毒|触电|呼吸困难|喘不[过上]气|没有?呼吸|误食|误吞|吞了|吞下)`,
			`(?:快|赶紧|赶快|帮我|马上)(?:叫|打|拨)(?:个)?(?:120|119|110|救护车|急救)|(?:有|出)(?:生命危险|人命)`,
			`\b(?:kill|killing|hurt|hurting|harm|harming|hang|hanging) myself\b|\b(?:end|ending) (?:my (?:own )?life|it all)\b|\b(?:want to|wanna|going to|gonna) die\b|\b(?:i'm|i am|i feel|feeling) suicidal\b|\bcommit(?:ting)? suicide\b|\btake my own life\b`,
			`\b(?:is|are|'s|'re|was|started|began|keeps?|it)(?: now| just| still| literally| actually| already| suddenly)* (?:smoking|sparking|smouldering|smoldering|in flames|on fire)(?:$|[^a-z ]| (?:and|now|help|what|please|in|right|because|since|after|when|while|near|i|badly|a lot|again)\b)`,
			`\b(?:caught|catches|catching|set (?:it|itself|my \w+) on) fire\b|\bburst into flames\b|\b(?:battery|charger|phone|lamp|bulb|device|kettle|oven|laptop|plug|socket|cable|power ?bank|heater|unit|machine|cooker|speaker|router)(?: has| just| suddenly)* (?:exploded|blew up|blown up)\b|\bthere(?:'s| is)(?: now| an?)* (?:fire|smoke|gas leak)\b|\bsmoke(?: is|'s)? (?:coming|pouring|rising|billowing)\b`,
			`\b(?:gave|gives|giving|got|get|getting|received|had|felt)(?: \w+){0,4} electric(?:al)? shocks?\b|\b(?:zapped|electrocuted) (?:me|him|her|us|my)\b|` + kinEN + was + ` (?:zapped|electrocuted)\b|\bshocked by (?:the|my|your|this|an?) (?:\w+ )?(?:charger|lamp|plug|socket|cable|kettle|heater|oven|switch|wire|device|machine|toaster|dryer|adapter)\b|\bshocked me when i (?:touch|plug|switch|unplug)`,
			`\b(?:i|we|you)(?: can| could| now| still| really)* smell(?:ing)? (?:\w+ )?gas\b|\b(?:it|room|house|kitchen|flat|place|everything|oven|stove|heater|boiler) (?:\w+ )?smells (?:\w+ )?(?:of|like) gas\b|\bgas smell (?:in|at|inside|from|coming)\b|\bsmell of gas\b|\bgas (?:is|was|'s)(?: now)? (?:leaking|escaping)\b`,
			`\b` + kinEN + was + ` (?:hurt|injured|bleeding|unconscious|choking|scalded|poisoned|not breathing)(?:$|[^a-z ]| (?:and|by (?:the|your|this|it|a)|from|because|now|help|badly|a lot|please|after|when)\b)|\b(?:can't|cant|cannot|can not) breathe\b`,
			`\b(?:burn(?:ed|t)|scalded|cut|crushed|injured|sliced)(?: off)? (?:my|his|her|our|their)(?: \w+)? ` + bodyEN + `\b|\bmy ` + bodyEN + `(?: is| are|'s)(?: \w+)? bleeding\b|\b` + kinEN + `(?: has|'s| just| have)* swallowed (?:an?|the|some|one|two|your) |\bheart attack\b|\bcall (?:me )?(?:an ambulance|911|999|112|the fire brigade|the fire department)\b`,
		}, "|")),
		alone: regexp.MustCompile(`^(?:来人[啊呀]*[\s\p{P}]*)?(?:救命|救救我|快救我|救人)[啊呀呐哪]*(?:[\s\p{P}]*(?:救命|救救我)[啊呀]*)*[\s\p{P}]*$|^(?:(?:help|hurry|please)[\s\p{P}]+)*(?:this is an |it's an |it is an |an )?emergency[\s\p{P}]*$|^(?:help[\s\p{P}]+)?fire[\s!！]*$|^(?:suicide|自杀)[\s\p{P}]*$|^(?:save me|sos|mayday)[\s\p{P}]*$`),
		idle: regexp.MustCompile(`会|可能|是否|如果|万一|要是|假如|容易|防|避免|怕|担心|阻燃|耐|测试|报警|感应|传感|探测|赔吗|理赔|保险|保修|警报|检测|正常|嗓子|心态|游戏|电影|小队|玩具|特效|气得?炸|肺|没有?(?:着火|受伤|冒烟|自杀|触电|流血)|不[^想停断活]{0,2}(?:着火|冒烟|漏电|受伤)|` +
			`^(?:is|are|does|do|can you|could|will|would|what if|how|why|should|may|might|has|have|did|where|which|when)\b|\b(?:if|in case|could|might|would|may|ever|risk|prevent|avoid|never|safe|resistant|proof|detectors?|alarms?|sensors?|effects?|game|film|movie|jokes?|sales?|deals?|prices?|team|gas (?:stove|station|bill|card|grill))\b|\b(?:not|isn't|wasn't|aren't|didn't|doesn't|don't) (?:smok|spark|hurt|injur|bleed|on fire|burn|got|get)`),
		threats: regexp.MustCompile(strings.Join([]string{
			`(?:我|我们|就|会|要|去|准备|一定|必须|马上|信不信)[^，。]{0,4}(?:起诉|告上?)(?:到|上)?(?:你们|你|贵司|商家|平台|贵公司|法院|法庭|消协|工商)|(?:法院|法庭)见|(?:发|寄|出|收到?)律师函|(?:找|请|联系)(?:我的)?律师|走法律(?:程序|途径)`,
			`(?:打|拨打?|向|去|到|找|在|上|给)(?:了)?(?:12315|12345|315|黑猫|消协|消费者协会|工商局?|市场监管局?|市场监督管理局|市监局)|(?:12315|12345|消协|工商局?|监管局|黑猫|法院)(?:去)?(?:投诉|举报|起诉|见|告)|(?:投诉|举报|告)(?:你们|你)?(?:到|给|去|至)[^，。]{0,4}(?:消协|工商|监管|12315|12345|市监|消费者协会|法院|总局)|(?:我|就|要|去|会|马上)报警(?:了|吧|抓你们|处理)?$`,
			`\b(?:i|we)(?:'ll|'m| will| am| are|'re| shall| would| have to| can| must| going to| gonna|'m going to| want to)+ (?:be )?(?:sue|suing|take (?:you|this|them|it) to court|taking (?:you|this|it) to court|see you in court|report(?:ing)? (?:you|this|your (?:shop|company|store)) to|go(?:ing)? to (?:the police|court)|tak(?:e|ing) legal action|call(?:ing)? (?:my |a |the )?(?:lawyer|police|solicitor|attorney)|contact(?:ing)? (?:my |a )?(?:lawyer|solicitor|attorney|trading standards|consumer protection))\b`,
			`\b(?:see you in court|you(?:'ll| will) (?:be )?hear(?:ing)? from my (?:lawyers?|solicitors?|attorney)|my (?:lawyers?|solicitors?|attorney) will|report(?:ing)? you to|complain(?:ing)?(?: about you)? to (?:the )?(?:trading standards|ombudsman|consumer protection|better business bureau|bbb|regulator))\b`,
		}, "|")),
		asks: asks,
	}
}

// near reports that n holds one of the words without which no rule matches.
func (u urgentRules) near(n string) bool {
	return slices.ContainsFunc(u.words, func(w string) bool { return strings.Contains(n, w) })
}

// endangers reports that the normalised message tells of a danger that is there now.
func (u urgentRules) endangers(n string) bool {
	if !u.near(n) {
		return false
	}
	if u.alone.MatchString(n) {
		return true
	}
	for _, c := range clauses(n) {
		if s := n[c.start:c.end]; u.danger.MatchString(s) && !u.idle.MatchString(s) {
			return true
		}
	}
	return false
}

// threatens reports that the normalised message announces a court, a regulator or the police.
func (u urgentRules) threatens(n string) bool {
	if !u.near(n) {
		return false
	}
	for _, c := range clauses(n) {
		if s := n[c.start:c.end]; u.threats.MatchString(s) && !u.asks.MatchString(s) {
			return true
		}
	}
	return false
}
