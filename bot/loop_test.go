package bot_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"frontdesk/bot"
	"frontdesk/chat"
)

// talk lets a visitor say one message after the other, each answered before the
// next, and returns what the bot wrote. "#id" presses that button.
func talk(t *testing.T, d *desk, decider bot.Decider, messages ...string) []chat.Row {
	t.Helper()
	var rows []chat.Row
	synctest.Test(t, func(t *testing.T) {
		_, stop := run(t, d, decider)
		defer stop()
		for _, m := range messages {
			if id, ok := strings.CutPrefix(m, "#"); ok {
				d.say("pressed", id)
			} else {
				d.say(m, "")
			}
			synctest.Wait()
		}
		rows = d.bots()
	})
	return rows
}

func reasons(rows []chat.Row) (all []bot.Reason) {
	for _, r := range rows {
		all = append(all, bot.Reason(r.Data.Reason))
	}
	return all
}

func TestTheThirdTurnWithoutProgressHandsOver(t *testing.T) {
	t.Parallel()
	for name, messages := range map[string][]string{
		"the same question in other words": {"how do I get a refund", "I want my money back", "refund my order"},
		"the very same question":           {"how do I get a refund", "how do I get a refund", "how do I get a refund"},
		"with a thought in between":        {"how do I get a refund", "hm", "I want my money back", "refund my order"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, d := newShop(t), newDesk()
			s.stock()
			d.open("en")
			rows := talk(t, d, s, messages...)
			last := rows[len(rows)-1]
			if last.Kind != chat.KindHandover || last.Data.Reason != string(bot.ReasonLoop) {
				t.Fatalf("%q", reasons(rows))
			}
			if n := len(slices.DeleteFunc(rows, func(r chat.Row) bool { return r.Data.Source == nil })); n != 2 {
				t.Fatalf("the same was said %d times", n)
			}
		})
	}
}

func TestAnswersThatAreTurnedDownEndWithAPersonNotWithAFourthTry(t *testing.T) {
	t.Parallel()
	s, d := newShop(t), newDesk()
	s.stock()
	d.open("en")
	rows := talk(t, d, s, "how do I get a refund", "no, what does the TH01 measure", "no, what does the TH02 measure", "no")
	last := rows[len(rows)-1]
	if len(rows) != 4 || rows[0].Data.Source == nil || rows[1].Data.Source == nil || rows[2].Data.Source == nil || last.Kind != chat.KindHandover {
		t.Fatalf("%q", reasons(rows))
	}
}

func TestQuestionsBackEndWithAPerson(t *testing.T) {
	t.Parallel()
	s, d := unsure(t), newDesk()
	d.open("en")
	rows := talk(t, d, s, "about the lamp", "about the lamp please", "hey, about the lamp")
	got := reasons(rows)
	if want := []bot.Reason{bot.ReasonUnsure, bot.ReasonUnsure, bot.ReasonClarifyLimit}; !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
}

func TestWhoAsksDifferentThingsIsInNoLoop(t *testing.T) {
	t.Parallel()
	s, d := newShop(t), newDesk()
	s.stock()
	d.open("en")
	rows := talk(t, d, s, "how do I get a refund", "what does the TH01 measure", "how do I get a refund", "what does the TH02 measure", "thanks", "how do I get a refund", "I want my money back")
	for i, r := range rows {
		if r.Kind == chat.KindHandover {
			t.Fatalf("turn %d: %q", i+1, reasons(rows))
		}
	}
}

func TestAHumanIsOfferedOnceAnEpisode(t *testing.T) {
	t.Parallel()
	s, d := newShop(t), newDesk()
	s.stock()
	d.open("en")
	rows := talk(t, d, upset{s}, "grr", "grr again")
	got := reasons(rows)
	if want := []bot.Reason{bot.ReasonUpset, bot.ReasonAngry}; !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
}

// upset offers a human to whoever was not offered one yet.
type upset struct{ bot.Decider }

func (u upset) Decide(_ context.Context, q bot.Question) (bot.Decision, error) {
	if q.Offered {
		return bot.Decision{Action: bot.ActionHandover, Reason: bot.ReasonAngry, Locale: "en"}, nil
	}
	return bot.Decision{Action: bot.ActionReply, Reason: bot.ReasonUpset, Locale: "en", Text: "Would you like to talk to somebody?"}, nil
}

func TestWordsUnderAQuestionBackAreAnsweredLikeTheButton(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]int{"2": 1, "the first one": 0, "last one": 2, "第二个": 1} {
		s, d := unsure(t), newDesk()
		d.open("en")
		rows := talk(t, d, s, "about the lamp", words)
		offered := rows[0].Data.Buttons
		if len(rows) != 2 || rows[1].Data.Source == nil || bot.ButtonArticle+rows[1].Data.Source.Article != offered[want].ID || rows[1].Data.Reason != string(bot.ReasonChosen) {
			t.Errorf("%q: %q %+v", words, reasons(rows), offered)
		}
	}
	s, d := unsure(t), newDesk()
	d.open("en")
	rows := talk(t, d, s, "about the lamp", "both")
	offered := rows[0].Data.Buttons
	if len(rows) != 2 || rows[1].Data.Source == nil || bot.ButtonArticle+rows[1].Data.Source.Article != offered[0].ID || rows[1].Data.Buttons[0].ID != offered[1].ID {
		t.Errorf("both: %+v", rows[len(rows)-1].Data)
	}
	for words, reason := range map[string]bot.Reason{"talk to a human": bot.ReasonAskedForHuman, "Talk to a humna": bot.ReasonAskedForHuman} {
		s, d := unsure(t), newDesk()
		d.open("en")
		if got := reasons(talk(t, d, s, "about the lamp", words)); got[len(got)-1] != reason {
			t.Errorf("%q: %q", words, got)
		}
	}
}
