package inference_test

import (
	"testing"

	"frontdesk/inference"
	"frontdesk/models"
)

// BenchmarkPairsOfAnAnswer is what the pair model costs an answer: eight pairs of 27 to 37 tokens each, special tokens
// included, one request after the other. Inside the clock are tokenising, queue and run.
func BenchmarkPairsOfAnAnswer(b *testing.B) {
	pair, err := models.DefaultPair()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name, query string
		texts       []string
	}{
		{"zh", "我昨天买的蓝牙耳机还没有发货，可以取消吗", []string{
			"订单还没有发货的时候怎么取消", "怎么查询订单的物流信息", "买错了想换成另外一个颜色", "已经发货的订单可以取消吗",
			"耳机连接不上手机怎么办呢", "取消订单以后退款多久到账", "怎么修改订单的收货地址", "为什么我的订单不能取消",
		}},
		{"en", "i bought earphones yesterday and they have not shipped, can i still cancel", []string{
			"how do i cancel an order that has not shipped yet", "where can i see the tracking information", "i ordered the wrong colour and want another",
			"can an order be cancelled after it was shipped", "my earphones do not connect to my phone", "how long does a refund take after cancelling",
			"how do i change the delivery address of an order", "why can't i cancel my order",
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			e := serve(b, small(b), func(cfg *inference.Config) { cfg.Models, cfg.Slots = []models.Bundle{pair}, 1 })
			r, err := e.Rerank(b.Context(), models.RerankRequest{Query: c.query, Texts: c.texts})
			if err != nil {
				b.Fatal(err)
			}
			tokens := 0
			for _, n := range r.Tokens {
				tokens += n
			}
			for b.Loop() {
				if _, _, err := e.ScorePairs(b.Context(), c.query, c.texts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(tokens)/float64(len(c.texts)), "tokens/pair")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/answer")
		})
	}
}
