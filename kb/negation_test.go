package kb

import "testing"

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
		{"不要取消我的订单", "取消订单", true},
		{"别给我发货", "什么时候发货", true},
		{"don't send me marketing messages", "stop sending me messages", false},
		{"i don't want it any more, cancel my order", "cancel my order", false},
		{"my kettle does not heat", "kettle is cold", false},
		{"i can't pay", "payment fails", false},
		{"i haven't received my refund", "refund", false},
		{"东西不想要了，怎么退货", "怎么退货", false},
		{"不能付款", "付款失败", false},
		{"how do i cancel my order", "cancel my order", false},
	} {
		if got := deniesWhatItAsks(tt.query, tt.variant); got != tt.want {
			t.Errorf("%q by %q: %v, want %v", tt.query, tt.variant, got, tt.want)
		}
	}
}
