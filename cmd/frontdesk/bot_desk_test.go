package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"frontdesk/bot"
	"frontdesk/bot/evalset"
	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/demo"
)

// told is what of a decision a visitor or an admin could tell apart.
func told(d bot.Decision) string {
	var buttons []string
	for _, b := range d.Buttons {
		buttons = append(buttons, b.ID)
	}
	article := ""
	if d.Source != nil {
		article = d.Source.Article + " " + d.Source.Locale
	}
	return fmt.Sprintln(d.Action, d.Reason, article, buttons)
}

// With the real models: what production decides (its confidence, to within the
// half precision in which the database compares vectors), the test bench and a replay
// decide too, word by word of the demo's questions. The bench goes over a knowledge
// base in memory in which an article was published once more as it stands.
func TestProductionTestBenchAndReplayDecideTheSame(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	if _, err := h.kb.Import(t.Context(), identity.System(), bytes.NewReader(demo.JSONL()), kb.ImportOptions{Site: 1}); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open("../../docs/eval/demo-questions.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	questions, err := evalset.ReadQuestions(file)
	if err != nil {
		t.Fatal(err)
	}
	same, err := h.kb.Get(t.Context(), identity.System(), 1, "shipping-time", "en")
	if err != nil {
		t.Fatal(err)
	}
	preview, err := h.kb.Preview(t.Context(), identity.System(), 1, []kb.Article{same})
	if err != nil {
		t.Fatal(err)
	}
	if !preview.Relearnt {
		t.Error("the preview learnt nothing: it decides by what was learnt before")
	}
	exact, err := h.kb.Preview(t.Context(), identity.System(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	trial, err := newResponder(Config{}, preview, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := newResponder(Config{}, exact, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range questions.Rows {
		q := bot.Question{Site: 1, Text: row.Text}
		first := h.ask(q)
		again := h.ask(q) // from the cache, where it may be
		if told(again) != told(first) {
			t.Errorf("%q: %s from the cache %s", row.Text, told(first), told(again))
		}
		d, err := memory.Decide(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if told(d) != told(first) || math.Abs(d.Confidence-first.Confidence) > 0.02 {
			t.Errorf("%q: production %s at %.4f, in memory %s at %.4f", row.Text, told(first), first.Confidence, told(d), d.Confidence)
		}
		// What is learnt anew from the same texts in another order is not the same number, but the same decision.
		if d, err = trial.Decide(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		if told(d) != told(first) {
			t.Errorf("%q: production %s at %.4f, published once more %s at %.4f", row.Text, told(first), first.Confidence, told(d), d.Confidence)
		}
	}
}

func TestAPreviewAnswersFromADraftAndProductionDoesNot(t *testing.T) {
	t.Parallel()
	h := newHall(t, pairsOfOpposites()...)
	draft := article("parking", "地下二层，前两小时免费。", "停车场在哪里", "怎么停车", "停车收费吗")
	draft.Site, draft.Locale = 1, "zh-CN"
	preview, err := h.kb.Preview(t.Context(), identity.System(), 1, []kb.Article{draft})
	if err != nil {
		t.Fatal(err)
	}
	trial, err := newResponder(Config{}, preview, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := trial.Decide(t.Context(), bot.Question{Site: 1, Text: "停车场在哪里"})
	if err != nil || d.Action != bot.ActionAnswer || d.Source.Article != "parking" || d.Source.Version != 1 {
		t.Errorf("the preview does not answer from the draft: %s, %+v, %v", d.Action, d.Source, err)
	}
	if got := h.answered("停车场在哪里"); got == "parking" {
		t.Error("production answers from a draft")
	}
	secret := draft
	secret.ID, secret.Audience = "parking-staff", kb.AudienceStaff
	if preview, err = h.kb.Preview(t.Context(), identity.System(), 1, []kb.Article{secret}); err != nil {
		t.Fatal(err)
	}
	found, err := preview.Search(t.Context(), identity.System().Scope, kb.Query{Site: 1, Text: "停车场在哪里", Locale: "zh-CN"})
	if err != nil || slices.ContainsFunc(found.Candidates, func(c kb.Candidate) bool { return c.Article == secret.ID }) {
		t.Errorf("a staff draft leaks in the preview: %+v, %v", found.Candidates, err)
	}
}
