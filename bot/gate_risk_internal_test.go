package bot

import "testing"

func TestRiskTopicsAreForAPerson(t *testing.T) {
	t.Parallel()
	says(t, ReasonRisk,
		"我的信用卡被盗刷了", "有人冒用我的身份信息开户", "这笔交易不是我本人操作的", "我妈妈被骗了三千块", "我要申请拒付", "收到了冒充你们的诈骗短信",
		"你们泄露了我的个人信息", "请删除你们保存的我的全部个人信息", "我要行使被遗忘权", "孩子用了之后过敏了", "孕妇能吃吗", "和降压药一起吃可以吗", "服药的剂量是多少", "我收到了法院的传票", "我要申请仲裁", "谁来承担法律责任",
		"there is a fraudulent charge on my statement", "I was scammed by a seller", "my credit card was stolen", "I did not authorize this payment", "I want to file a chargeback", "someone used my card",
		"this is a GDPR request", "delete all my personal data you have stored", "my data was leaked", "I want a copy of all the data you hold about me", "I got a rash after using the cream", "is it safe during pregnancy", "can I take it with my medication",
		"what is the right dosage?", "I have received a subpoena", "we will file a lawsuit", "I need legal advice")
	says(t, "",
		"信用卡可以分期吗", "怎么绑定银行卡", "账号被盗了怎么办", "隐私政策在哪里看", "怎么修改个人信息", "过敏体质可以用吗", "这款是低敏的吗", "药店的发票怎么开", "商品有赔偿吗", "怎么防止被骗", "保修责任由谁承担", "医生推荐的枕头", "仲裁者键盘多少钱",
		"how do I change my personal data", "where is your privacy policy", "my account was hacked", "is this lamp hypoallergenic?", "do you ship medicine", "is there a fraud alert", "how do I avoid scams", "what is your liability insurance", "can I change my doctor's appointment", "how can I dispute an invoice", "my parcel was stolen")
}

// The words that are looked for before any regular expression must stand in what one matches.
func TestNoRiskRuleMatchesWithoutOneOfItsWords(t *testing.T) {
	t.Parallel()
	r := newRiskRules()
	for _, s := range []string{
		"我的银行卡被人盗了", "我的钱让人骗了", "不是本人操作", "我被骗了", "上当了", "遇到钓鱼网站", "客户的手机号被你们卖了", "倒卖用户的资料", "要求被遗忘权", "销毁你们收集的有关我的数据", "宝宝吃了以后呕吐了", "哺乳期可以涂吗", "副作用有哪些", "追究你们的责任", "要求精神赔偿", "接到律师函",
		"charged me without my consent", "i never approved these payments", "raise a dispute with my bank", "issue a charge back", "you sold my details", "under the dsgvo", "hives after eating", "should i use it while nursing", "the recommended dosage", "i took an overdose", "with a court order", "are you liable", "compensation for my pain", "start arbitration",
	} {
		if r.rules.MatchString(s) && !r.near(s) {
			t.Errorf("a rule matches %q, but none of the words", s)
		}
	}
}
