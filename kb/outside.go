package kb

import "frontdesk/internal/text"

// outsideQuestions are things that people type into any chat and that hardly a
// knowledge base answers. A fit sees them as unanswerable (outlier exposure,
// Hendrycks et al. 2019), unless this knowledge base has something very near.
func outsideQuestions(locale string) []string {
	if locale == text.Chinese {
		return []string{
			"明天会下雨吗", "念个绕口令给我听", "帮我写一首诗", "现在几点了", "长江一共有多长", "美国总统是谁", "有什么好看的小说",
			"饺子馅怎么调", "我头疼应该吃什么药", "今晚的球赛谁赢了", "帮我算一下三百乘以二十七", "你喜欢我吗", "写一段冒泡排序的代码",
			"怎么追女孩子", "哪只股票会涨", "把这句话翻译成法语", "附近有什么好吃的", "去机场坐几号线地铁", "我想学吉他该怎么开始",
			"宝宝半夜总是哭怎么办", "你觉得人生的意义是什么", "帮我查一下高铁票", "怎么减肥最快", "狗狗不吃东西怎么办", "地球离月亮有多远",
			"帮我想个公司名字", "最近有什么新闻", "你会跳街舞吗", "我失恋了好难过", "高考志愿怎么填",
		}
	}
	return []string{
		"will it rain tomorrow", "tell me a joke", "write me a poem", "what time is it now", "what is the highest mountain in the world",
		"who walked on the moon first", "recommend a good movie", "how do I bake bread", "what should I take for a headache",
		"who won the game last night", "what is three hundred times twenty seven", "do you love me", "write a sorting function in python",
		"how do I ask someone out", "should I invest in gold", "translate good morning into french", "where can I get good pizza near here",
		"which train goes to the airport", "how do I learn the guitar", "my baby cries all night", "what is the meaning of life",
		"put a podcast on", "what is the fastest way to lose weight", "my dog won't eat", "how far away is the moon",
		"help me find a name for my band", "what happened in the news today", "can you sing", "how tall was napoleon", "what should I study at university",
	}
}
