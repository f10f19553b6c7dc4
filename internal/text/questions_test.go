package text_test

import (
	"slices"
	"strings"
	"testing"

	"frontdesk/internal/text"
)

func TestQuestionsOfAMessageAreToldApart(t *testing.T) {
	t.Parallel()
	s := text.NewSplitter()
	for in, want := range map[string][]string{
		"怎么退货？还有运费谁出":                                             {"怎么退货?", "还有运费谁出"},
		"发票怎么开，另外多久发货":                                            {"发票怎么开", "多久发货"},
		"退款多久到，退到哪张卡":                                             {"退款多久到", "退到哪张卡"},
		"怎么改地址\n能开专票吗":                                            {"怎么改地址", "能开专票吗"},
		"你好。灯不亮了怎么修？保修几年？":                                        {"你好。 灯不亮了怎么修?", "保修几年?"},
		"how do I return this and who pays shipping?":             {"how do i return this", "who pays shipping?"},
		"Do you ship to Japan? Is there duty to pay?":             {"do you ship to japan?", "is there duty to pay?"},
		"how long is delivery, and can I change the address":      {"how long is delivery", "can i change the address"},
		"where is my order and also how do I get an invoice":      {"where is my order", "how do i get an invoice"},
		"I moved house. Can I change the address? Do I pay more?": {"i moved house. can i change the address?", "do i pay more?"},
	} {
		if got := s.Questions(in); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestOneQuestionStaysWhole(t *testing.T) {
	t.Parallel()
	s := text.NewSplitter()
	for _, in := range []string{
		"terms and conditions", "退货和换货的区别", "where are the terms and conditions", "收到五天了不想要了，7天内可以退吗", "灯不亮了，怎么办？", "为什么一直付不了款，怎么回事",
		"my order is late. where is it?", "how do coupons and points work", "can I pay with visa and mastercard", "I want to return this, how does that work?",
		"what is the difference between th01 and th02", "怎么用优惠券和积分", "how and when do I get my refund", "退款", "？", "hello, can you help me?", "is it ok if I return it, or not?",
		"订单号是 123，退款到哪了", "Where is my order? Please tell me!", "有没有优惠，谢谢", "how do I turn it on and off", "do you have lamps and are they dimmable"[:22],
	} {
		got := s.Questions(in)
		if !text.HasWord(in) {
			if got != nil {
				t.Errorf("%q: %q", in, got)
			}
			continue
		}
		if len(got) != 1 || got[0] != text.Normalize(in) {
			t.Errorf("%q: %q, want it whole", in, got)
		}
	}
}

func TestALongMessageHasAFewQuestionsOnly(t *testing.T) {
	t.Parallel()
	s := text.NewSplitter()
	got := s.Questions(strings.Repeat("怎么退货？运费谁出？", 50))
	if len(got) != 4 || !strings.HasSuffix(got[3], "运费谁出?") {
		t.Errorf("%d questions", len(got))
	}
}

func BenchmarkQuestions(b *testing.B) {
	s := text.NewSplitter()
	b.ReportAllocs()
	for b.Loop() {
		s.Questions("how do I return this and who pays shipping?")
	}
}
