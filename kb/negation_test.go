package kb

import (
	"testing"

	"frontdesk/internal/text"
)

// EXPECTATIONS C, Bot 1.
func TestARequestNotToDoSomethingIsNoQuestionAboutDoingIt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		query, variant string
		want           bool
	}{
		{"don't cancel my order", "cancel my order", true},
		{"dont cancel my order", "how do i cancel an order", true},
		{"please do not cancel my order", "cancel my order", true},
		{"i do not want a refund", "i want a refund", true},
		{"i'm not asking for a refund", "how do i get a refund", true},
		{"i didn't ask to delete my account", "delete my account", true},
		{"no need to send a replacement", "send a replacement", true},
		{"不要取消我的订单", "取消订单", true},
		{"别给我发货", "什么时候发货", true},
		{"不想取消了", "怎么取消订单", true},
		{"我不需要退款", "怎么退款", true},
		{"没说要注销账号", "注销账号", true},
		{"不用帮我退货", "怎么退货", true},
		{"don't send me marketing messages", "stop sending me messages", false},
		{"i don't want it any more, cancel my order", "cancel my order", false},
		{"i'm asking for a refund", "refund", false},
		{"i'm looking for the invoice", "invoice", false},
		{"my kettle does not heat", "kettle is cold", false},
		{"i can't pay", "payment fails", false},
		{"i can't turn on the lamp", "turn on the lamp", false},
		{"i cannot cancel my order", "cancel my order", false},
		{"i haven't received my refund", "refund", false},
		{"东西不想要了，怎么退货", "怎么退货", false},
		{"不能付款", "付款失败", false},
		{"取消不了订单", "取消订单", false},
		{"为什么不能退款", "怎么退款", false},
		{"不加热了", "水壶不加热", false},
		{"怎么还不发货", "多久发货", false},
		{"how do i cancel my order", "cancel my order", false},
	} {
		if got := deniesWhatItAsks(text.Normalize(tt.query), tt.variant); got != tt.want {
			t.Errorf("%q by %q: %v, want %v", tt.query, tt.variant, got, tt.want)
		}
	}
}

func TestWhatIsDeniedForSomethingElseIsNotSearched(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"不是TH01，我要TH02":                                           "我要th02",
		"我要TH02，不是TH01":                                           "我要th02",
		"不是TH01，TH02怎么用":                                          "th02怎么用",
		"我不是要退货，是要换货":                                             "是要换货",
		"不要红色，要蓝色怎么换":                                             "要蓝色怎么换",
		"不用退款，给我换个新的就行":                                           "给我换个新的就行",
		"not TH01 but TH02":                                       "th02",
		"not the TH01, how big is the TH02":                       "how big is the th02",
		"I don't mean the lamp, I want a hub":                     "i want a hub",
		"i want a refund, not an exchange":                        "i want a refund",
		"I don't need express, how long does the normal way take": "how long does the normal way take",
	} {
		if got := withoutDenied(text.Normalize(in)); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	for _, s := range []string{
		"", "不是", "这不是我买的东西,发错了", "不是我要的颜色,怎么换", "不加热了,怎么办", "水壶不加热", "不想要了,怎么退货", "收到五天了不想要了,7天内可以退吗", "不用了", "没收到货,怎么查",
		"don't cancel my order", "not working, how do i fix it", "it's not the color i ordered, what now", "i don't want it any more, cancel my order", "i don't know, how do i pay",
		"i didn't get it, where is it", "the light is not on but it worked before", "no, thanks", "not sure, what is the fee", "i don't have an account, can i order",
	} {
		if got := withoutDenied(s); got != s {
			t.Errorf("%q becomes %q", s, got)
		}
	}
}
