package bot_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/calendar"
)

// fixedPolicy is the same at every site.
type fixedPolicy bot.Policy

func (p fixedPolicy) Policy(context.Context, int32) (bot.Policy, error) { return bot.Policy(p), nil }

// mondays are hours that are closed at the start of a synctest, a Saturday.
func mondays(t *testing.T) *calendar.Hours {
	t.Helper()
	h, err := calendar.New(calendar.Spec{Zone: "UTC", Week: []calendar.Interval{{Day: "mon", Open: "09:00", Close: "17:00"}, {Day: "tue", Open: "09:00", Close: "17:00"}}})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// synctest's clock begins on Saturday, 1 January 2000.
func TestWithNobodyOnlineTheVisitorIsToldTheHoursAndAskedForAnAddress(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string][]string{
		"en":    {"Nobody is online", "on Monday at 09:00", "Monday to Tuesday 09:00–17:00 (UTC+0)", "e-mail", "go on asking"},
		"zh-CN": {"现在没有客服在线", "周一 09:00", "周一至周二 09:00–17:00", "邮箱", "继续问我"},
	} {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open(locale)
		d.online, d.policies = 0, fixedPolicy{Hours: mondays(t)}
		question := map[string]string{"en": "do you ship lamps to the moon by rocket", "zh-CN": "你们能用火箭把台灯送到月球上去吗"}[locale]
		rows := talk(t, d, s, question)
		if len(rows) != 1 || rows[0].Kind != chat.KindHandover || rows[0].Data.State.Owner != chat.OwnerQueue {
			t.Fatalf("%s: %+v", locale, rows)
		}
		for _, w := range want {
			if !strings.Contains(rows[0].Content, w) {
				t.Errorf("%s: %q does not say %q", locale, rows[0].Content, w)
			}
		}
	}
}

func TestWithSomebodyOnlineNothingIsSaidOfHours(t *testing.T) {
	t.Parallel()
	s, d := newShop(t), newDesk()
	s.stock()
	d.open("en")
	d.policies = fixedPolicy{Hours: mondays(t)}
	rows := talk(t, d, s, "I want to talk to a human", "how do I get a refund")
	if len(rows) != 1 || strings.Contains(rows[0].Content, "Monday") || strings.Contains(rows[0].Content, "e-mail") {
		t.Fatalf("%+v", rows)
	}
}

func TestWhileNobodyIsThereTheBotGoesOnAnsweringWhatItIsSureOf(t *testing.T) {
	t.Parallel()
	s, d := newShop(t), newDesk()
	s.stock()
	d.open("en")
	d.online = 0
	rows := talk(t, d, s, "I want to talk to a human", "it is about my strange rocket", "and my strange comet", "how do I get a refund")
	if len(rows) != 3 || rows[2].Data.Source == nil || rows[2].Data.Source.Article != "refund" || rows[2].Kind != chat.KindMessage || rows[2].Data.State != nil {
		t.Fatalf("%+v", rows)
	}
	if len(rows[2].Data.Buttons) != 0 {
		t.Errorf("buttons that lead nowhere: %+v", rows[2].Data.Buttons)
	}
	if rows[1].Data.Reason != string(bot.ReasonAbsent) { // once, not for every question
		t.Errorf("what it cannot answer gets %q", rows[1].Data.Reason)
	}
	if h := d.head[conv]; h.Owner != chat.OwnerQueue || h.OwnerEpoch != 2 {
		t.Fatalf("the conversation lost its place: %+v", h)
	}
}

func TestWhoWaitsAndAsksAgainIsToldThatTheyWait(t *testing.T) {
	t.Parallel()
	s, d := newShop(t), newDesk()
	s.stock()
	d.open("en")
	d.online = 0
	got := reasons(talk(t, d, s, "I want to talk to a human", "I want a human now", "talk to a human", "thanks", "how do I get a refund", "how do I get a refund", "how do I get a refund"))
	want := []bot.Reason{bot.ReasonAskedForHuman, bot.ReasonAbsent, bot.ReasonAbsent, bot.ReasonThanks, bot.ReasonExact, bot.ReasonExact, bot.ReasonAbsent}
	if !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for _, r := range d.rows[conv][1:] {
		if r.Kind == chat.KindHandover && r.Seq > 2 {
			t.Errorf("handed over again while waiting: %+v", r)
		}
	}
}

func TestInDangerOrAngerThePeopleHaveTheWord(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"I will sue your company, see you in court", "my credit card was stolen", "the kettle is on fire"} {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		d.online = 0
		if rows := talk(t, d, s, first, "how do I get a refund"); len(rows) != 1 {
			t.Errorf("%q: %q", first, reasons(rows))
		}
	}
	s, d := newShop(t), newDesk()
	s.stock()
	d.open("en")
	d.online = 0
	rows := talk(t, d, s, "I want to talk to a human", "my kettle is on fire")
	if len(rows) != 2 || !strings.Contains(rows[1].Content, "emergency") || strings.Contains(rows[1].Content, "taking over") {
		t.Fatalf("danger while nobody is there: %+v", rows)
	}
}

// EXPECTATIONS A 5: the bot is silent the moment a human writes.
func TestTheFirstWordOfAHumanEndsWhatTheBotSaysMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		d.online = 0
		decider := &slow{Decider: s, started: make(chan bot.Question, 10), release: make(chan struct{}, 10)}
		turns, stop := run(t, d, decider)
		defer stop()
		decider.release <- struct{}{}
		d.say("I want to talk to a human", "")
		synctest.Wait()
		<-decider.started
		d.say("how do I get a refund", "")
		<-decider.started
		d.mu.Lock() // an agent comes and takes it
		d.head[conv].Owner, d.head[conv].OwnerEpoch = chat.OwnerHuman, 3
		d.store(chat.Entry{Conversation: conv, CID: "agent", Author: chat.Author{Kind: chat.AuthorAgent}, Kind: chat.KindMessage, Content: "Let me see."})
		d.mu.Unlock()
		decider.release <- struct{}{}
		synctest.Wait()
		if rows := d.bots(); len(rows) != 1 {
			t.Fatalf("the bot talked over a human: %+v", rows)
		}
		if c := turns.Counts(); c.Stale != 1 {
			t.Fatalf("%+v", c)
		}
	})
}

func TestAnAddressThatIsTypedIsKeptOnceAndThanked(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"bob@example.com", "my e-mail is bob@example.com", "我的邮箱是 bob@example.com", "bob＠example.com"} {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		d.online = 0
		rows := talk(t, d, s, "I want to talk to a human", typed)
		var kept []chat.Row
		for _, r := range d.rows[conv] {
			if r.Kind == chat.KindEmail {
				kept = append(kept, r)
			}
		}
		if len(kept) != 1 || kept[0].Content != "bob@example.com" || kept[0].Author.Kind != chat.AuthorVisitor || d.head[conv].Email != "bob@example.com" {
			t.Fatalf("%q: %+v", typed, kept)
		}
		if len(rows) != 2 || rows[1].Data.Reason != string(bot.ReasonEmail) || strings.Contains(rows[1].Content, "bob@") || d.head[conv].Owner != chat.OwnerQueue {
			t.Fatalf("%q: %+v", typed, rows)
		}
	}
}

func TestAnAddressInAQuestionIsNoAnswerToOurs(t *testing.T) {
	t.Parallel()
	s, d := newShop(t), newDesk()
	s.stock()
	d.open("en")
	talk(t, d, s, "why do you write to old@example.com and not to new@example.com", "is info@shop.example really your address or a fake one")
	for _, r := range d.rows[conv] {
		if r.Kind == chat.KindEmail {
			t.Fatalf("%+v", r)
		}
	}
}

func TestAnAddressInAQuestionReplacesNobodysWhileTheyWait(t *testing.T) {
	t.Parallel()
	s, d := newShop(t), newDesk()
	s.stock()
	d.open("en")
	d.online = 0
	talk(t, d, s, "I want to talk to a human", "bob@example.com", "how do I get a refund? support@shop.example")
	if got := d.head[conv].Email; got != "bob@example.com" {
		t.Fatalf("e-mail %q after an address within a sentence", got)
	}
}

func TestWhoGoesToTheQueueByThemselvesIsToldThatNobodyIsThere(t *testing.T) {
	t.Parallel()
	for _, online := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			s, d := newShop(t), newDesk()
			s.stock()
			d.open("en")
			d.online, d.policies = online, fixedPolicy{Hours: mondays(t)}
			_, stop := run(t, d, s)
			defer stop()
			d.mu.Lock()
			row := d.store(chat.Entry{Conversation: conv, CID: "h", Author: chat.Author{Kind: chat.AuthorVisitor}, Kind: chat.KindHandover, Change: &chat.Change{Act: chat.ActRequest}, Data: chat.Data{Reason: "requested"}})
			d.mu.Unlock()
			d.sink.Deliver(&chat.Update{Row: &row})
			synctest.Wait()
			rows := d.bots()
			if online > 0 && len(rows) != 0 || online == 0 && (len(rows) != 1 || !strings.Contains(rows[0].Content, "on Monday at 09:00") || rows[0].Data.Reason != string(bot.ReasonAbsent)) {
				t.Fatalf("%d online: %+v", online, rows)
			}
		})
	}
}

func TestASiteWithoutTheBotHandsOverAtOnce(t *testing.T) {
	t.Parallel()
	for mode, reason := range map[bot.Mode]bot.Reason{bot.ModeOff: bot.ReasonOff, bot.ModeShadow: bot.ReasonShadow} {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		d.policies = fixedPolicy{Version: 1, Mode: mode, Percent: 100}
		rows := talk(t, d, s, "how do I get a refund")
		if len(rows) != 1 || rows[0].Kind != chat.KindHandover || rows[0].Data.Reason != string(reason) || strings.Contains(rows[0].Content, "three") {
			t.Fatalf("%s: %+v", mode, rows)
		}
		var packet struct {
			Action  string
			Article *struct{ ID string }
			Shadow  bool
		}
		if err := json.Unmarshal(rows[0].Data.Extra, &packet); err != nil || packet.Shadow != (mode == bot.ModeShadow) || mode == bot.ModeShadow && packet.Article.ID != "refund" {
			t.Fatalf("%s: %s, %v", mode, rows[0].Data.Extra, err)
		}
	}
}

func TestACustomerWhoseAddressIsKnownIsNotAskedForIt(t *testing.T) {
	t.Parallel()
	s, d := newShop(t), newDesk()
	s.stock()
	d.open("en")
	d.online = 0
	head := d.head[conv]
	head.Contact.Email = "nina@example.com" // the site vouched for it
	d.head[conv] = head
	rows := talk(t, d, s, "I want to talk to a human", "it is about my strange rocket")
	if len(rows) != 2 || rows[0].Kind != chat.KindHandover || rows[1].Data.Reason != string(bot.ReasonAbsent) {
		t.Fatalf("%+v", rows)
	}
	for _, r := range rows {
		if strings.Contains(r.Content, "Send me your e-mail") || !strings.Contains(r.Content, "answer you at your e-mail address") {
			t.Errorf("asks for an address that is known: %q", r.Content)
		}
	}
}
