package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"unicode"
)

// question is one thing a visitor asks the bot.
type question struct {
	text   string
	locale string // "zh-CN" or "en"
}

// maxQuestions bounds a --questions file.
const maxQuestions = 100_000

// readQuestions reads one question a line; of a line with tabs the last column
// counts, so that the files of `frontdesk eval` can be used as they are.
func readQuestions(path string) ([]question, error) {
	if path == "" {
		return demoQuestions(), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open questions: %w", err)
	}
	defer f.Close()
	var out []question
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		text := lines.Text()
		if i := strings.LastIndexByte(text, '\t'); i >= 0 {
			text = text[i+1:]
		}
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if len(out) == maxQuestions {
			return nil, fmt.Errorf("questions: %s has more than %d", path, maxQuestions)
		}
		out = append(out, question{text, localeOf(text)})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read questions: %w", err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("questions: %s has none", path)
	}
	return out, nil
}

// localeOf guesses as `frontdesk eval` does: any CJK character means Chinese.
func localeOf(text string) string {
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			return "zh-CN"
		}
	}
	return "en"
}

// demoQuestions are asked of the demo shop.
func demoQuestions() []question {
	texts := []string{
		"怎么取消订单", "我想换个收货地址，来得及吗", "几天能送到", "运费是怎么算的", "快递好几天没有更新了",
		"商品坏了怎么退", "退款什么时候到账", "可以开公司抬头的发票吗", "付款一直不成功", "被扣了两次钱",
		"忘记登录密码了", "收不到短信验证码", "保修期是多长", "TH01 和 TH02 差在哪", "耳机连不上手机",
		"水壶里有水垢", "优惠券为什么用不了", "能送到香港吗", "怎么注销账号", "客服几点上班",
		"How do I cancel my order?", "can I still change the delivery address", "how long does delivery take",
		"what does shipping cost", "my tracking has not moved for days", "the lamp arrived broken, what now",
		"when do I get my refund", "I need an invoice for my company", "my payment keeps failing",
		"I was charged twice", "I forgot my password", "no verification code comes", "how long is the warranty",
		"what is the difference between TH01 and TH02", "headphones will not pair", "limescale in my kettle",
		"my coupon does not work", "do you ship to Hong Kong", "delete my account please", "when can I reach a person",
	}
	out := make([]question, 0, len(texts))
	for _, t := range texts {
		out = append(out, question{t, localeOf(t)})
	}
	return out
}

// smallTalk is what visitors and agents say to each other in chat mode.
func smallTalk() []string {
	return []string{
		"你好，请问我的订单到哪里了？", "好的，我帮您查一下。", "谢谢，麻烦快一点，我明天要出门。", "已经为您登记，今天会发出。",
		"Hello, my parcel has not arrived yet.", "Let me look that up for you, one moment.",
		"It says delivered, but nobody was home.", "I have asked the courier to try again tomorrow morning.",
	}
}
