package bot_test

import (
	"context"
	"errors"
	"testing"

	"frontdesk/bot"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

func TestAnArticleThatSaysExactlyThisWinsOverSmallTalk(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.add("hello", "en", "Welcome to the house.", "hello")
	if d := s.ask(bot.Question{Text: "Hello!", Locale: "en"}); d.Action != bot.ActionAnswer || d.Text != "Welcome to the house." {
		t.Fatalf("%s %q", d.Action, d.Text)
	}
	if d := s.ask(bot.Question{Text: "thanks", Locale: "en"}); d.Action != bot.ActionReply {
		t.Fatalf("%s %q", d.Action, d.Text)
	}
	s.embedder.Fail(errors.New("no model"))
	if d := s.ask(bot.Question{Text: "Hello!", Locale: "en"}); d.Action != bot.ActionReply {
		t.Fatalf("without a model a greeting is still returned: %s", d.Action)
	}
}

func TestTwoQuestionsInOneMessageAreBothOffered(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.add("shipping", "en", "We do.", "who pays the shipping")
	s.add("return", "en", "By post.", "how do I return a lamp")
	d := s.ask(bot.Question{Text: "how do I return a lamp and who pays the shipping", Locale: "en"})
	if d.Action != bot.ActionClarify || len(d.Buttons) != 4 || d.Buttons[0].ID != "article:return" || d.Buttons[1].ID != "article:shipping" || len(d.Trace.Parts) != 2 {
		t.Fatalf("%s %+v %q", d.Action, d.Buttons, d.Trace.Parts)
	}
	if d := s.ask(bot.Question{Text: "who pays the shipping", Locale: "en"}); d.Action != bot.ActionAnswer {
		t.Fatalf("one question: %s", d.Action)
	}
}

// learnt is a knowledge base with one candidate.
type learnt struct{ confidence, answer float64 }

func (l learnt) Search(context.Context, identity.Scope, kb.Query) (kb.Result, error) {
	return kb.Result{Confidence: l.confidence, Answer: l.answer, Candidates: []kb.Candidate{{Article: "a", Score: 0.8}}}, nil
}

func (l learnt) Replies(context.Context, identity.Scope, int32, []string, string, kb.Audience) ([]kb.Article, error) {
	return []kb.Article{{ID: "a", Title: "A", Answer: "A."}}, nil
}

func TestTheLearntThresholdRulesWhereNobodyHasSetOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                        string
		configured, learnt, confide float64
		want                        bot.Action
		threshold                   float64
	}{
		{"learnt and reached", 0, 0.55, 0.6, bot.ActionAnswer, 0.55},
		{"learnt and missed", 0, 0.8, 0.7, bot.ActionClarify, 0.8},
		{"nothing learnt", 0, 0, 0.6, bot.ActionClarify, bot.DefaultAnswer},
		{"configured", 0.9, 0.55, 0.6, bot.ActionClarify, 0.9},
	} {
		r, err := bot.NewResponder(bot.ResponderConfig{Knowledge: learnt{c.confide, c.learnt}, Thresholds: bot.Thresholds{Answer: c.configured}})
		if err != nil {
			t.Fatal(err)
		}
		d, err := r.Decide(t.Context(), bot.Question{Text: "where is it", Locale: "en"})
		if err != nil || d.Action != c.want || d.Trace.Answer != c.threshold || d.Trace.AnswerLearnt != (c.configured == 0 && c.learnt > 0) {
			t.Errorf("%s: %s at %v, learnt %v, %v", c.name, d.Action, d.Trace.Answer, d.Trace.AnswerLearnt, err)
		}
	}
}
