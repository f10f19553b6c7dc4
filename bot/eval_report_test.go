package bot_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"frontdesk/bot"
	"frontdesk/bot/evalset"
)

func TestDecisionsAreJudgedByWhatTheRowWants(t *testing.T) {
	t.Parallel()
	answer := func(r bot.EvalRow, id string) bot.EvalRow {
		r.Action, r.Answer = bot.ActionAnswer, id
		return r
	}
	clarify := func(r bot.EvalRow, ids ...string) bot.EvalRow {
		r.Action, r.Offers = bot.ActionClarify, ids
		return r
	}
	over := func(r bot.EvalRow, reason bot.Reason) bot.EvalRow {
		r.Action, r.Reason = bot.ActionHandover, reason
		return r
	}
	article := bot.EvalRow{Expected: []string{"a"}}
	either := bot.EvalRow{Expected: []string{"a", "b"}}
	vague := bot.EvalRow{Expected: []string{"a"}, Kind: "vague"}
	two := bot.EvalRow{Expected: []string{"a"}, Kind: "two"}
	nothing := bot.EvalRow{Want: evalset.WantNothing}
	human := bot.EvalRow{Want: evalset.WantHuman}
	abuse := bot.EvalRow{Want: evalset.WantHuman, Kind: "abuse"}
	talk := bot.EvalRow{Want: evalset.WantSmallTalk}
	back := bot.EvalRow{Want: evalset.WantClarify}
	reply := bot.EvalRow{Want: evalset.WantSmallTalk, Action: bot.ActionReply}
	for name, c := range map[string]struct {
		row  bot.EvalRow
		want bool
	}{
		"the article":                        {answer(article, "a"), true},
		"another article":                    {answer(article, "b"), false},
		"a single one offered first":         {clarify(article, "a", "b"), false},
		"one of several":                     {answer(either, "b"), true},
		"one of several offered":             {clarify(either, "x", "b"), true},
		"none of several offered":            {clarify(either, "x"), false},
		"offered first for a vague turn":     {clarify(vague, "a", "b"), true},
		"offered second for a vague turn":    {clarify(vague, "b", "a"), false},
		"offered for a turn of two":          {clarify(two, "b", "a"), true},
		"an expected article handed over":    {over(article, bot.ReasonNoAnswer), false},
		"nothing, and asked back":            {clarify(nothing, "a"), true},
		"nothing, and handed over":           {over(nothing, bot.ReasonNoAnswer), true},
		"nothing, but answered":              {answer(nothing, "a"), false},
		"a wish for a person":                {over(human, bot.ReasonAskedForHuman), true},
		"handed over for want of an answer":  {over(human, bot.ReasonNoAnswer), false},
		"rudeness by a rule of its own":      {over(abuse, bot.Reason("upset")), true},
		"rudeness for want of an answer":     {over(abuse, bot.ReasonNoAnswer), false},
		"small talk":                         {reply, true},
		"small talk answered by an article":  {answer(talk, "a"), false},
		"only a question back, and asked":    {clarify(back, "a"), true},
		"only a question back, but answered": {answer(back, "a"), false},
	} {
		if got := c.row.RightDecision(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestReportsKeepTheContractsNames(t *testing.T) {
	t.Parallel()
	report := bot.NewReport(someRows(50, 2))
	if err := report.AddIntervals(bot.BootstrapConfig{Resamples: 50, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq("n hit1 hit3 mrr10 auroc_oos oos_recall_at_5pct_false_rejection auroc_oos_by_confidence oos_recall_at_5pct_by_confidence selective_accuracy_at_70pct coverage_at_2pct_risk aurc ece false_answer_rate clarify_rate handover_rate latency_ms by_locale right_decision intervals") {
		if _, ok := out[name]; !ok {
			t.Errorf("%s is missing: %s", name, raw)
		}
	}
	for _, name := range []string{"hit1", "aurc"} {
		if _, ok := out[name].(float64); !ok {
			t.Errorf("%s is %T, want a number", name, out[name])
		}
	}
}

func TestCurveAndBinsAgreeWithTheFigures(t *testing.T) {
	t.Parallel()
	rows := someRows(500, 4)
	m := bot.Measure(rows)
	curve := bot.Curve(rows)
	last := curve[len(curve)-1]
	near(t, "coverage at the end", &last.Coverage, 1)
	best := 0.0
	for _, p := range curve {
		if p.Risk <= 0.02 {
			best = max(best, p.Coverage)
		}
	}
	near(t, "coverage at 2 % risk", m.CoverageAt2PercentRisk, best)
	sum, n := 0.0, 0
	for _, b := range bot.Calibration(rows) {
		gap := b.Accuracy - b.Confidence
		sum += max(gap, -gap) * float64(b.Rows)
		n += b.Rows
	}
	sum /= float64(n)
	near(t, "ece", m.ECE, sum)
	if bot.Curve(nil) != nil || bot.Calibration(nil) != nil {
		t.Error("no rows, no points")
	}
}

func TestErrorsAreListedWorstFirst(t *testing.T) {
	t.Parallel()
	row := func(text, expected, first string, confidence float64, action bot.Action) bot.EvalRow {
		r := bot.EvalRow{Text: text, Expected: []string{expected}, Ranking: []string{first}, Confidence: confidence, Action: action}
		if expected == "" {
			r.Expected, r.Want = nil, evalset.WantNothing
		}
		if action == bot.ActionAnswer {
			r.Answer = first
		}
		return r
	}
	rows := []bot.EvalRow{
		row("fine", "a", "a", 0.9, bot.ActionAnswer),
		row("not said", "a", "b", 0.95, bot.ActionClarify),
		row("said", "a", "b", 0.8, bot.ActionAnswer),
		row("said surely", "a", "c", 0.9, bot.ActionAnswer),
		row("outside", "", "b", 0.99, bot.ActionAnswer),
		row("outside, not said", "", "b", 0.99, bot.ActionClarify),
	}
	var texts []string
	for _, r := range bot.Worst(rows, 50) {
		texts = append(texts, r.Text)
	}
	if want := []string{"said surely", "said", "not said", "outside"}; !slices.Equal(texts, want) {
		t.Errorf("got %q, want %q", texts, want)
	}
	if got := bot.Worst(rows, 2); len(got) != 2 || got[1].Text != "outside" {
		t.Errorf("of two, one is outside: %+v", got)
	}
	confusions := bot.Confusions(rows)
	if len(confusions) != 2 || confusions[0].First != "b" || confusions[0].Rows != 2 || confusions[0].Answered != 1 || confusions[0].Examples[0] != "not said" {
		t.Errorf("got %+v", confusions)
	}
}

func TestAReportFromBeforeAnswerableIsNotJudgedByIt(t *testing.T) {
	t.Parallel()
	rows := someRows(200, 6)
	for i := range rows {
		rows[i].Answerable = rows[i].Confidence
	}
	old := slices.Clone(rows)
	for i := range old {
		old[i].Answerable = 0 // as its file, which lacks it, is read
	}
	figure := func(c bot.Comparison, name string) *bot.FigureDifference {
		for i := range c.Figures {
			if c.Figures[i].Name == name {
				return &c.Figures[i]
			}
		}
		return nil
	}
	cfg := bot.BootstrapConfig{Resamples: 20, Seed: 1}
	for _, pair := range [][2][]bot.EvalRow{{old, rows}, {rows, old}} {
		c, err := bot.Compare(bot.SavedReport{Rows: pair[0]}, bot.SavedReport{Rows: pair[1]}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if figure(c, "auroc_oos") != nil || figure(c, "oos_recall_at_5pct_false_rejection") != nil || !strings.Contains(c.Note, "answerable") {
			t.Errorf("compared by what one of them lacks: %+v", c)
		}
		if d := figure(c, "auroc_oos_by_confidence"); d == nil || d.Verdict != "same" {
			t.Errorf("by confidence, which both have: %+v, want same", d)
		}
	}
	both, err := bot.Compare(bot.SavedReport{Rows: rows}, bot.SavedReport{Rows: rows}, cfg)
	if err != nil || both.Note != "" || figure(both, "auroc_oos") == nil {
		t.Errorf("both have it: %+v, %v", both, err)
	}
	// Without rows only the file's own figures tell its age.
	a, b := bot.NewReport(old), bot.NewReport(rows)
	a.AUROCByConfidence = nil
	c, err := bot.Compare(bot.SavedReport{Report: a}, bot.SavedReport{Report: b}, cfg)
	if err != nil || !strings.Contains(c.Note, "earlier version") {
		t.Errorf("an earlier report without rows: %+v, %v", c, err)
	}
}
