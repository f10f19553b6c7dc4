package bot_test

import (
	"slices"
	"strings"
	"testing"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

func (s *shop) save(a kb.Article) {
	s.t.Helper()
	a.Site = 1
	if _, err := s.kb.Save(s.t.Context(), identity.System(), a); err != nil {
		s.t.Fatal(err)
	}
}

func TestAnArticleThatPeopleTakeCareOfIsNeverSaid(t *testing.T) {
	t.Parallel()
	s, _ := newKept(t, nil)
	s.stock()
	s.save(kb.Article{ID: "complaint", Locale: "en", Title: "Complaints", Questions: []string{"how do I file a formal complaint", "formal complaint"}, Answer: "SECRET PROCESS", Handover: true})
	for _, q := range []bot.Question{
		{Text: "how do I file a formal complaint"}, {Text: "how do I file a formal complaint"}, {Text: "formal complaint please"}, {Text: "x", Button: bot.ButtonArticle + "complaint"},
	} {
		q.Locale = "en"
		d := s.ask(q)
		if d.Action != bot.ActionHandover || d.Reason != bot.ReasonTopic || strings.Contains(d.Text, "SECRET") || d.Cached {
			t.Errorf("%+v: %s %s %q", q, d.Action, d.Reason, d.Text)
		}
	}
}

func TestBelowItsFloorAnArticleIsOfferedNotSaid(t *testing.T) {
	t.Parallel()
	s, _ := newKept(t, nil)
	s.stock()
	s.save(kb.Article{ID: "tax", Locale: "en", Title: "About taxes", Questions: []string{"how do I get a tax receipt"}, Answer: "Like this.", Floor: 0.995})
	for range 2 {
		d := s.ask(bot.Question{Text: "how do I get a tax receipt", Locale: "en"})
		if d.Action != bot.ActionClarify || d.Buttons[0].ID != bot.ButtonArticle+"tax" || !strings.Contains(d.Text, "About taxes") {
			t.Fatalf("%s %q %+v", d.Action, d.Text, d.Buttons)
		}
	}
	if d := s.ask(bot.Question{Text: "how do I get a tax receipt", Locale: "en", Button: bot.ButtonArticle + "tax"}); d.Action != bot.ActionAnswer {
		t.Fatalf("chosen: %s", d.Action)
	}
	s.save(kb.Article{ID: "tax", Locale: "en", Title: "About taxes", Questions: []string{"how do I get a tax receipt"}, Answer: "Like this.", Floor: 0.9})
	if d := s.ask(bot.Question{Text: "how do I get a tax receipt", Locale: "en"}); d.Action != bot.ActionAnswer {
		t.Fatalf("with a lower floor: %s at %v", d.Action, d.Confidence)
	}
}

func TestNextStepsStandUnderTheAnswer(t *testing.T) {
	t.Parallel()
	s, _ := newKept(t, nil)
	s.stock()
	s.save(kb.Article{ID: "refund", Locale: "en", Title: "Refunds", Questions: []string{"how do I get a refund"}, Answer: "Three days.", Next: []string{"th01", "gone", "only-zh"}})
	for range 2 { // found, and kept
		d := s.ask(bot.Question{Text: "how do I get a refund", Locale: "en"})
		var ids []string
		for _, b := range d.Buttons {
			ids = append(ids, b.ID)
		}
		if want := []string{"article:th01", "article:only-zh", bot.ButtonNone, bot.ButtonHuman}; !slices.Equal(ids, want) || d.Buttons[0].Label != "About th01" {
			t.Fatalf("%+v, want %q", d.Buttons, want)
		}
	}
	// They are no question back: what is asked next is not the second clarification.
	desk := newDesk()
	desk.open("en")
	rows := talk(t, desk, s, "how do I get a refund", "#article:th01", "how do I get a refund", "#"+bot.ButtonNone)
	if rows[1].Data.Source == nil || rows[1].Data.Source.Article != "th01" || rows[1].Data.Reason != string(bot.ReasonChosen) {
		t.Fatalf("%q", reasons(rows))
	}
	for _, b := range rows[3].Data.Buttons {
		if b.ID == "article:refund" {
			t.Fatalf("what was turned down is offered again: %+v", rows[3].Data.Buttons)
		}
	}
}

func TestARiskTopicGoesToAPersonUnlessAnArticleAsksJustThat(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.stock()
	for _, q := range []string{"my credit card was stolen", "我的信用卡被盗刷了", "what is the right dosage?"} {
		if d := s.ask(bot.Question{Text: q}); d.Action != bot.ActionHandover || d.Reason != bot.ReasonRisk {
			t.Errorf("%q: %s %s", q, d.Action, d.Reason)
		}
	}
	s.add("stolen", "en", "Call your bank.", "my credit card was stolen", "stolen card")
	if d := s.ask(bot.Question{Text: "My credit card was stolen!"}); d.Action != bot.ActionAnswer || d.Source.Article != "stolen" {
		t.Errorf("%s %s", d.Action, d.Reason)
	}
}

func TestOneCandidateIsAskedForByName(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.add("refund", "en", "Three days.", "how do I get a refund for a lamp that broke in transport")
	r, err := bot.NewResponder(bot.ResponderConfig{Knowledge: s.kb, Thresholds: bot.Thresholds{Answer: 0.999, Clarify: 0.01}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Decide(t.Context(), bot.Question{Site: 1, Text: "refund for a lamp that broke", Locale: "en"})
	if err != nil || d.Action != bot.ActionClarify || d.Text != "Do you mean “About refund”?" || len(d.Buttons) != 3 {
		t.Fatalf("%s %q %+v, %v", d.Action, d.Text, d.Buttons, err)
	}
	desk := newDesk()
	desk.open("en")
	rows := talk(t, desk, r, "refund for a lamp that broke", "yes")
	if len(rows) != 2 || rows[1].Data.Source == nil || rows[1].Kind != chat.KindMessage {
		t.Fatalf("%+v", rows)
	}
}

func TestASitesPolicyRulesOverTheConfiguration(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.stock()
	for _, c := range []struct {
		policy bot.Policy
		want   bot.Action
	}{{bot.Policy{}, bot.ActionAnswer}, {bot.Policy{Version: 1, Mode: bot.ModeLive, Percent: 100, Answer: 0.999}, bot.ActionClarify}, {bot.Policy{Version: 2, Mode: bot.ModeLive, Percent: 100, Clarify: 0.999}, bot.ActionHandover}} {
		r, err := bot.NewResponder(bot.ResponderConfig{Knowledge: s.kb, Policies: fixedPolicy(c.policy)})
		if err != nil {
			t.Fatal(err)
		}
		d, err := r.Decide(t.Context(), bot.Question{Site: 1, Text: "how do I get a refund", Locale: "en"})
		if err != nil || d.Action != c.want || d.Trace.Policy != c.policy.Version {
			t.Errorf("%+v: %s under policy %d, %v", c.policy, d.Action, d.Trace.Policy, err)
		}
	}
}
