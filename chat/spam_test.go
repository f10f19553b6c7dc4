package chat_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
)

// said spaces messages a minute apart.
func said(texts ...string) []chat.Spoken {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	out := make([]chat.Spoken, len(texts))
	for i, s := range texts {
		out[i] = chat.Spoken{Text: s, At: at.Add(time.Duration(i) * time.Minute)}
	}
	return out
}

func TestWhatCustomersWriteIsNoSpam(t *testing.T) {
	t.Parallel()
	rules := chat.NewSpamRules()
	for _, all := range [][]chat.Spoken{
		nil,
		said(""), said("   "), said("?"), said("👍"), said("\xff\xfe"),
		said("hello", "hello?", "anybody there?", "HELLO!!!"),
		said("ok", "ok", "ok", "ok", "ok"), said("嗯嗯", "嗯嗯", "嗯嗯", "好的"),
		said("where is my parcel? https://shop.example/orders/4711"),
		said("My order 4711 has not arrived and I AM REALLY ANGRY! THIS IS THE THIRD TIME I ASK!"),
		said("我的订单4711还没到，客服怎么联系？", "能开发票吗？公司抬头", "我怀疑遇到刷单诈骗，怎么举报？"),
		said("My bank offers a loan, do you take instalments?", "can I pay with bitcoin?"),
		said("tracking: XKCDQRS-77812-BBZ, firmware v2.4.1-rc3, sensor TH01"),
		said("Meine Bestellung ist nicht angekommen, Rechnungsschlusssätze stimmen nicht"),
		said("这个产品怎么样啊啊啊啊啊啊", "哈哈哈哈哈哈哈哈"),
		said("0000000000000000000000000 is the number on the box"),
	} {
		if s := rules.Score(all); s.Score >= chat.SpamLikely {
			t.Errorf("%v: %+v", all, s)
		}
	}
}

func TestSpamIsFoundInBothLanguagesAndExplained(t *testing.T) {
	t.Parallel()
	rules := chat.NewSpamRules()
	for name, c := range map[string]struct {
		all  []chat.Spoken
		code string
	}{
		"the same again":   {said(slices.Repeat([]string{"buy now, best price for you"}, 8)...), chat.SpamRepeated},
		"links":            {said("see https://a.example/1 https://a.example/2 https://a.example/3 www.b.com/x http://c.example https://d.example"), chat.SpamLinks},
		"known, English":   {said("Dear friend, we offer SEO services: guaranteed backlinks, click here https://a.example https://b.example"), chat.SpamPhrase},
		"known, Chinese":   {said("兼职日结，刷单兼职，加微信 abc12345"), chat.SpamPhrase},
		"full width":       {said("代 开 发 票？？代开发票，加ＱＱ：１２３４５６７８，点击链接"), chat.SpamContact},
		"casino elsewhere": {said("Online casino bonus! Telegram @lucky777"), chat.SpamContact},
		"gibberish, fast":  {burst("xkqzwrtp bvcxmnl qwrtpsd", 12), chat.SpamGibberish},
	} {
		s := rules.Score(c.all)
		if s.Score < chat.SpamLikely || s.Score > 1 || !slices.ContainsFunc(s.Reasons, func(r chat.SpamReason) bool { return r.Code == c.code }) {
			t.Errorf("%s: %+v", name, s)
		}
		if !slices.IsSortedFunc(s.Reasons, func(a, b chat.SpamReason) int {
			switch {
			case a.Weight > b.Weight:
				return -1
			case a.Weight < b.Weight:
				return 1
			}
			return 0
		}) {
			t.Errorf("%s: the heaviest reason does not come first: %+v", name, s.Reasons)
		}
	}
}

func burst(text string, n int) []chat.Spoken {
	out := said(slices.Repeat([]string{text}, n)...)
	for i := range out {
		out[i].Text += " " + strings.Repeat("z", i)
		out[i].At = out[0].At.Add(time.Duration(i) * time.Second / 2)
	}
	return out
}

func TestWhatWasSaidLongAgoNoLongerCounts(t *testing.T) {
	t.Parallel()
	rules := chat.NewSpamRules()
	all := said(slices.Repeat([]string{"buy now, best price for you"}, 8)...)
	later := chat.Spoken{Text: "sorry, where is my parcel?", At: all[len(all)-1].At.Add(time.Hour)}
	if s := rules.Score(append(all, later)); s.Score != 0 || len(s.Reasons) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestScoringALongMessageTakesNoTime(t *testing.T) {
	t.Parallel()
	rules := chat.NewSpamRules()
	for _, text := range []string{strings.Repeat("a", 10_000), strings.Repeat("加", 10_000), strings.Repeat("http://", 1400), strings.Repeat("telegram ", 1100)} {
		began := time.Now()
		rules.Score(said(slices.Repeat([]string{text}, 20)...))
		if took := time.Since(began); took > 5*time.Second { // milliseconds; the bound is for a busy machine
			t.Errorf("%.10s…: %s", text, took)
		}
	}
}

func BenchmarkSpamScore(b *testing.B) {
	rules := chat.NewSpamRules()
	all := said("where is my parcel? I ordered it on Monday and the page says delivered")
	for b.Loop() {
		rules.Score(all)
	}
}

// notes keeps what is stored, and tells that it was.
type notes struct {
	mu     sync.Mutex
	scores map[string][]float64
	told   chan struct{}
	fail   error
}

func (n *notes) NoteSpam(_ context.Context, contact string, s chat.Spam) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fail != nil {
		err := n.fail
		n.fail = nil
		return err
	}
	n.scores[contact] = append(n.scores[contact], s.Score)
	n.told <- struct{}{}
	return nil
}

func TestTheWatchStoresWhatRisesAndDelaysNobody(t *testing.T) {
	t.Parallel()
	n := &notes{scores: map[string][]float64{}, told: make(chan struct{}, 100), fail: errors.New("the database is away")}
	w, err := chat.NewSpamWatch(n, nil)
	if err != nil {
		t.Fatal(err)
	}
	row := func(contact, text string, kind chat.AuthorKind, button string) *chat.Update {
		return &chat.Update{Row: &chat.Row{
			Contact: contact, Kind: chat.KindMessage, Content: text, Author: chat.Author{Kind: kind}, Data: chat.Data{Button: button}, Time: time.Unix(1_790_000_000, 0),
		}}
	}
	for range 3000 { // nobody runs yet: it is not waited for
		w.Deliver(row("busy", "hello there", chat.AuthorVisitor, ""))
	}
	if w.Dropped() != 2000 {
		t.Errorf("%d dropped of 3000, want all beyond a second's thousand", w.Dropped())
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	<-n.told // "hello there" a thousand times; the first attempt failed
	spam := row("a", "SEO services, backlinks, online casino, telegram @x12345678", chat.AuthorVisitor, "")
	for _, u := range []*chat.Update{
		row("b", spam.Row.Content, chat.AuthorAgent, ""), row("b", spam.Row.Content, chat.AuthorBot, ""), row("b", spam.Row.Content, chat.AuthorVisitor, "article:x"),
		{Row: spam.Row, Remote: true},
		{},
	} {
		w.Deliver(u)
	}
	later := *spam.Row
	later.Time = later.Time.Add(time.Second)
	w.Deliver(&chat.Update{Row: &later})
	for {
		<-n.told
		n.mu.Lock()
		got := slices.Clone(n.scores["a"])
		others := len(n.scores["b"])
		n.mu.Unlock()
		if others != 0 {
			t.Fatal("somebody else's words were scored as the visitor's")
		}
		if len(got) == 1 && got[0] >= chat.SpamLikely {
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
