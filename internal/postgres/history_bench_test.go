package postgres

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"frontdesk/chat/history"
)

// go test ./internal/postgres -run '^$' -bench History -history.messages 1000000.
var benchMessages = flag.Int("history.messages", 5_000, "messages that BenchmarkHistory looks through")

// words are a shop's: common first (Zipf).
func benchWords() (en, zh []string) {
	en = strings.Fields(`the i my is order parcel please a you to it refund when has not and of delivery can address for card invoice on late
		size return change lamp chair broken colour email number bought week courier cancel payment price discount warranty missing box screw table`)
	for i := range 3000 {
		en = append(en, fmt.Sprintf("w%c%c%d", 'a'+i%26, 'a'+i/26%26, i%7))
	}
	chars := []rune("的我了是订单你不退款快递请问什么时候到货可以吗地址修改发票尺码颜色换取消支付优惠券保修坏灯椅子桌螺丝安装客服人工谢谢怎么办")
	for i := range 600 {
		zh = append(zh, string([]rune{chars[i%len(chars)], chars[(i*7+3)%len(chars)]}))
	}
	return en, zh
}

func fillLog(b *testing.B, a *archive, messages int) {
	b.Helper()
	en, zh := benchWords()
	r := rand.New(rand.NewPCG(1, 2))
	zipf, zipfZh := rand.NewZipf(r, 1.15, 4, uint64(len(en)-1)), rand.NewZipf(r, 1.05, 8, uint64(len(zh)-1))
	say := func(i int) string {
		var s strings.Builder
		for range 4 + r.IntN(14) {
			if i%2 == 0 {
				s.WriteString(en[zipf.Uint64()] + " ")
			} else {
				s.WriteString(zh[zipfZh.Uint64()])
			}
		}
		if i%9 == 0 {
			fmt.Fprintf(&s, " SF-%d", i)
		}
		return s.String()
	}
	const per = 10
	began := time.Now().AddDate(-1, 0, 0)
	var contacts, heads, rows [][]any
	flush := func() {
		b.Helper()
		for _, t := range []struct {
			name    string
			columns []string
			rows    [][]any
		}{
			{"contacts", []string{"id", "site_id", "department_id"}, contacts},
			{"conversations", []string{"id", "site_id", "department_id", "contact_id", "status", "owner", "last_seq", "created_at", "last_message_at", "resolved_at"}, heads},
			{"conversation_log", []string{"conversation_id", "seq", "client_id", "site_id", "department_id", "author_kind", "kind", "content", "created_at"}, rows},
		} {
			if _, err := a.pool.CopyFrom(b.Context(), pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
				b.Fatal(err)
			}
		}
		contacts, heads, rows = contacts[:0], heads[:0], rows[:0]
	}
	for c := range messages / per {
		contact, conv := uuid.New(), uuid.New()
		at := began.Add(time.Duration(float64(365*24*time.Hour) * float64(c*per) / float64(messages)))
		contacts = append(contacts, []any{contact, 1, 1})
		heads = append(heads, []any{conv, 1, 1, contact, "resolved", "bot", per, at, at, at.Add(time.Hour)})
		for s := range per {
			rows = append(rows, []any{conv, s + 1, uuid.New(), 1, 1, []string{"visitor", "bot"}[s%2], "message", say(c*per + s), at.Add(time.Duration(s) * time.Minute)})
		}
		if len(rows) >= 20_000 {
			flush()
		}
	}
	flush()
	a.exec("ANALYZE conversations, conversation_log, contacts")
}

// Inside the clock: one page of a search, as the page asks for it: matching, ranking, counting, snippets.
func BenchmarkHistory(b *testing.B) {
	a := newArchive(b)
	alice := a.agent("alice")
	fillLog(b, a, *benchMessages)
	began := time.Now()
	a.catch()
	b.Logf("%d messages indexed in %s", *benchMessages, time.Since(began).Round(time.Second))
	a.exec("VACUUM ANALYZE history_parts")
	var size string
	if err := a.pool.QueryRow(b.Context(), `SELECT pg_size_pretty(pg_total_relation_size('history_parts')) || ' beside ' || pg_size_pretty(pg_total_relation_size('conversation_log'))`).Scan(&size); err != nil {
		b.Fatal(err)
	}
	b.Logf("the index is %s of the log", size)
	for name, q := range map[string]history.Query{
		"everything":    {},
		"common":        {Text: "order"},
		"two-common":    {Text: "order parcel"},
		"rare":          {Text: "sf-9009"},
		"missing":       {Text: "nowhere"},
		"common-rare":   {Text: "order wcd3"},
		"phrase":        {Text: `"my order"`},
		"zh-pair":       {Text: "退款"},
		"zh-sentence":   {Text: "请问退款什么时候到货"},
		"old":           {Text: "order", Filter: history.Filter{From: time.Now().AddDate(0, -11, 0), To: time.Now().AddDate(0, -10, 0)}},
		"queued-common": {Text: "order", Filter: history.Filter{Owner: "queue"}},
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				at := time.Now()
				a.find(alice, q)
				took = append(took, time.Since(at))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[0].Microseconds())/1000, "min-ms") // the machine's own business apart
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
