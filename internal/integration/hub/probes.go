package hub

import (
	"strings"

	"frontdesk/models"
)

// probes are what the golden values are of: short and long, both languages and their mix, numbers, signs, rare scripts.
func probes(task string) []models.Golden {
	texts := []string{
		"How do I get my money back?", "怎么退款？", "where is my order", "我的订单到哪里了", "I forgot my password", "忘记密码怎么办",
		"Can I change the delivery address after paying?", "付款后还能修改收货地址吗？", "发票 invoice 怎么开", "reset 密码 failed error 500",
		"The parcel arrived damaged and two items are missing.", "包裹破损，还少了两件商品。", "¥1,299.00 / $24.95 (−15 %)", "2024-02-29 08:15",
		"a", "好", "Ünïcödé naïve façade", "日本語のテキスト", "Привет, где мой заказ?", "مرحبا", "🙂👍🏽", "e-mail: a.b@example.org", "MODEL-X9_rev.B",
		strings.Repeat("Returns are free within thirty days if the seal is intact. ", 60), strings.Repeat("七天内无理由退货，运费由买家承担。", 80),
	}
	all := make([]models.Golden, len(texts))
	for i, text := range texts {
		all[i].Text = text
		if task == models.TaskRerank {
			all[i].Pair = texts[(i*7+1)%len(texts)]
		}
	}
	return all
}
