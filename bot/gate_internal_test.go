package bot

import (
	"strings"
	"testing"
)

func TestAHumanIsReachedInWordsOnTheFirstAsk(t *testing.T) {
	t.Parallel()
	g := newGate(nil)
	for _, s := range []string{
		"转人工", "人工", "人工客服", "找真人", "我要人工服务", "转人工客服，谢谢", "轉人工", "帮我转人工", "我要找人工", "请转接人工客服", "你好，转人工", "有人工吗", "有没有真人",
		"我想和真人聊", "能跟真人说话吗", "不要机器人", "我不想跟机器人聊", "叫客服来", "给我接人工", "联系客服", "怎么联系人工客服", "需要人工帮忙", "真人客服", "转 人 工", "转人工！！！",
		"这个说的不对，转人工", "客服", "我要投诉", "我要客服", "麻烦转人工一下", "接通客服", "找在线客服", "客服在哪", "人工在哪里", "求人工", "怎样才能联系到人工", "请帮我转接",
		"叫你们经理来", "找你们经理", "我要投诉你们", "能不能来个人", "有没有人啊", "叫人来", "让人来", "转人公", "我想跟客服沟通一下", "别让机器人回答我",
		"please transfer me", "connect me", "put me through", "I want customer service", "I need help from a real person", "can a human help me", "can someone help me", "stop this bot",
		"I want to talk to a person", "speak to a human", "real agent", "agent", "Human please", "can I speak to someone", "connect me with an agent",
		"transfer me to customer service", "I'd like to chat with a real person", "let me talk to your manager", "get me a human", "I need a human agent",
		"Hello, can I talk to a representative?", "please connect me to a live agent", "is there a real person I can talk to", "talk to support", "I want a real person, not a bot",
		"I don't want to talk to a bot", "no bots please", "Operator!", "where is my order?\nI want to speak to a human", "contact customer service",
	} {
		if v := g.check(s); v.reason != ReasonAskedForHuman {
			t.Errorf("%q: %+v", s, v)
		}
	}
}

func TestProductsAndPricesAreNoRequestForAHuman(t *testing.T) {
	t.Parallel()
	g := newGate(nil)
	for _, s := range []string{
		"人工费多少", "安装人工费怎么算", "需要人工安装吗", "人工智能音箱怎么用", "这是人工钻石吗", "不用转人工，运费多少", "人工客服几点上班", "客服电话是多少", "人工客服的工作时间",
		"我不想要机器人了，怎么退货", "不要这个机器人了，退货", "不要机器人配件", "别让机器人清扫卧室", "讨厌这个机器人的声音", "退款需要人工处理吗", "要人工处理多久",
		"可以跟客服说明情况改地址吗", "和人聊天的功能怎么用", "no robot vacuum?", "does the massage chair need an operator?", "do I need a person?", "可以找人代收吗", "能送给别人吗",
		"真人试穿图有吗", "机器人吸尘器怎么充电", "扫地机器人不工作", "你好像发错货了", "怎么找回密码", "我要找我的订单",
		"human-size lamp", "do you sell a human size lamp", "is this made of human hair", "can I transfer my ticket to another person", "how many people can use one account",
		"what are your customer service hours", "what is the phone number of customer service", "my robot vacuum does not charge", "the washing machine does not start", "how do I change the agent address",
		"is the gift for one person", "person of interest poster", "do I need an adult person to sign", "I don't need to talk to a human, just the price",
		"can someone else pick up my parcel", "send it to another person",
	} {
		if v := g.check(s); v.reason == ReasonAskedForHuman {
			t.Errorf("%q is taken for a request for a human", s)
		}
	}
}

func TestWhoWantsNoHumanGetsNone(t *testing.T) {
	t.Parallel()
	g := newGate(nil)
	for _, s := range []string{"I don't want to talk to a human", "不要转人工", "不用转人工", "no need to talk to a person"} {
		if v := g.check(s); v.reason != ReasonAcknowledged {
			t.Errorf("%q: %+v", s, v)
		}
	}
}

func TestSmallTalkIsRecognised(t *testing.T) {
	t.Parallel()
	g := newGate(nil)
	for s, want := range map[string]Reason{
		"你好": ReasonGreeting, "您好！": ReasonGreeting, "在吗？": ReasonGreeting, "Hi": ReasonGreeting, "hello there!": ReasonGreeting, "Good morning": ReasonGreeting, "哈喽～": ReasonGreeting,
		"你好，在吗": ReasonGreeting, "谢谢": ReasonThanks, "好的，谢谢！": ReasonThanks, "Thanks a lot!": ReasonThanks, "thank you so much :)": ReasonThanks,
		"再见": ReasonGoodbye, "bye": ReasonGoodbye, "好的": ReasonAcknowledged, "ok": ReasonAcknowledged, "你是机器人吗": ReasonIdentity, "你是真人吗？": ReasonIdentity, "Are you a bot?": ReasonIdentity, "Am I talking to a real person?": ReasonIdentity,
		"": ReasonEmpty, "😀": ReasonEmpty, "？？？": ReasonEmpty, " \n\t ": ReasonEmpty, "\u200b": ReasonEmpty, "...": ReasonEmpty, "👍👍🏽": ReasonEmpty,
	} {
		if v := g.check(s); v.reason != want {
			t.Errorf("%q: %+v, want %s", s, v, want)
		}
	}
	if v := g.check(strings.Repeat("说来话长。", 400)); v.reason != ReasonTooLong {
		t.Errorf("2,000 characters: %q", v.reason)
	}
}

// EXPECTATIONS C, Bot 6: what is searched is the very same text.
func TestAGreetingOrCourtesyDoesNotChangeWhatIsSearched(t *testing.T) {
	t.Parallel()
	g := newGate(nil)
	for _, c := range [][]string{
		{"怎么退货", "你好，怎么退货", "您好!请问怎么退货", "你好请问怎么退货", "亲，在吗？怎么退货", "请问一下怎么退货", "嗨～怎么退货", "怎么退货，谢谢", "想问一下 怎么退货", "早上好\n怎么退货", "怎么退货\n谢谢"},
		{"where is my order?", "Hi, where is my order?", "Hello there! Where is my order?", "good morning, where is my order?", "Excuse me, where is my order?", "where is my order? thanks", "hi\nwhere is my order?", "Where is my order? Thank you very much!", "HEY where is my order?"},
	} {
		for _, s := range c[1:] {
			if v := g.check(s); v.reason != "" || strings.TrimRight(v.question, "?") != strings.TrimRight(c[0], "?") {
				t.Errorf("%q is searched as %q (%s), want %q", s, v.question, v.reason, c[0])
			}
		}
	}
	for _, s := range []string{"你好像发错货了", "hi-fi speakers", "亲子装有吗", "在吗啡", "thanksgiving opening hours", "谢谢卡怎么买", "high shelf", "请柬怎么买"} {
		if v := g.check(s); v.question != s {
			t.Errorf("%q is searched as %q (%s)", s, v.question, v.reason)
		}
	}
}
