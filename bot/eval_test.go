package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"frontdesk/bot"
	"frontdesk/bot/evalset"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

func near(t *testing.T, name string, got *float64, want float64) {
	t.Helper()
	if got == nil {
		t.Errorf("%s is undefined, want %v", name, want)
	} else if math.Abs(*got-want) > 1e-9 {
		t.Errorf("%s = %v, want %v", name, *got, want)
	}
}

// Ten rows, figured out by hand: eight in scope (a–d right, e second, f third, g
// fourth, h not found), two out of scope.
func TestMeasureGivesTheFiguresOfHandComputation(t *testing.T) {
	t.Parallel()
	row := func(expected string, confidence float64, action bot.Action, ranking ...string) bot.EvalRow {
		r := bot.EvalRow{Expected: []string{expected}, Confidence: confidence, Answerable: confidence, Action: action, Ranking: ranking, Latency: 3 * time.Millisecond}
		if expected == "" {
			r.Expected, r.Want = nil, evalset.WantNothing
		}
		if action == bot.ActionAnswer {
			r.Answer = ranking[0]
		}
		return r
	}
	rows := []bot.EvalRow{
		row("a", 0.95, bot.ActionAnswer, "a", "x"),
		row("b", 0.90, bot.ActionAnswer, "b"),
		row("c", 0.85, bot.ActionAnswer, "c"),
		row("d", 0.40, bot.ActionClarify, "d", "x"),
		row("e", 0.80, bot.ActionAnswer, "x", "e"),
		row("f", 0.60, bot.ActionClarify, "x", "y", "f"),
		row("g", 0.30, bot.ActionHandover, "x", "y", "z", "g"),
		row("h", 0.20, bot.ActionHandover, "x"),
		row("", 0.70, bot.ActionAnswer, "x"),
		row("", 0.10, bot.ActionHandover, "y"),
	}
	rows[9].Latency = 40 * time.Millisecond
	rows[4].Answerable, rows[8].Answerable = 0.65, 0.75 // scope has an order of its own
	m := bot.Measure(rows)
	if m.N != 10 {
		t.Fatalf("n = %d", m.N)
	}
	near(t, "hit1", m.Hit1, 4.0/8)
	near(t, "hit3", m.Hit3, 6.0/8)
	near(t, "mrr10", m.MRR10, (4+1.0/2+1.0/3+1.0/4)/8)
	// Pairs (in, out) by answerable: against .10 all 8 win; against .75 the three of .95 .90 .85 win.
	near(t, "auroc", m.AUROCOOS, 11.0/16)
	// In scope ascending: .20 .30 .40 …; the 5 % quantile lies at .05×7 = .35 between the first two: .235.
	near(t, "oos recall", m.OOSRecallAt5, 0.5)
	// By confidence .70 has the four of .95 .90 .85 .80 above it; the quantile is the same.
	near(t, "auroc by confidence", m.AUROCByConfidence, 12.0/16)
	near(t, "oos recall by confidence", m.OOSRecallByConfidence, 0.5)
	// The surest ⌈5.6⌉ = 6 of 8: .95 .90 .85 .80 .60 .40, of which four are right.
	near(t, "selective accuracy", m.SelectiveAccuracyAt70, 4.0/6)
	// Down the confidences: right right right, then wrong: three of ten without error.
	near(t, "coverage", m.CoverageAt2PercentRisk, 0.3)
	// Errors so far by rank: 0 0 0 1 2 3 3 4 5 6 (.95 .90 .85 .80 .70 .60 .40 .30 .20 .10).
	near(t, "aurc", m.AURC, (1.0/4+2.0/5+3.0/6+3.0/7+4.0/8+5.0/9+6.0/10)/10)
	// Eight rows in fifteen bins: one row a bin, |right − confidence| each.
	near(t, "ece", m.ECE, (0.05+0.10+0.15+0.60+0.80+0.60+0.30+0.20)/8)
	near(t, "false answers", m.FalseAnswerRate, 2.0/10) // e, and the first out of scope
	near(t, "clarify", m.ClarifyRate, 2.0/10)
	near(t, "handover", m.HandoverRate, 3.0/10)
	near(t, "p50", m.LatencyMS.P50, 3)
	near(t, "p99", m.LatencyMS.P99, 40)
}

func TestTiesDoNotDependOnTheOrderOfRows(t *testing.T) {
	t.Parallel()
	right := bot.EvalRow{Expected: []string{"a"}, Ranking: []string{"a"}, Confidence: 0.5}
	wrong := bot.EvalRow{Expected: []string{"b"}, Ranking: []string{"a"}, Confidence: 0.5}
	out := bot.EvalRow{Want: evalset.WantNothing, Ranking: []string{"a"}, Confidence: 0.5}
	for _, rows := range [][]bot.EvalRow{{right, wrong, out}, {out, wrong, right}, {wrong, right, out}} {
		m := bot.Measure(rows)
		near(t, "auroc", m.AUROCOOS, 0.5)
		near(t, "coverage", m.CoverageAt2PercentRisk, 0)
		near(t, "aurc", m.AURC, 2.0/3)
	}
}

func TestCalibrationErrorUsesFifteenBinsOfEqualMass(t *testing.T) {
	t.Parallel()
	var rows []bot.EvalRow
	for i := range 30 { // two rows a bin, one right and one wrong, both at the bin's confidence
		rows = append(rows, bot.EvalRow{Expected: []string{"a"}, Ranking: []string{[]string{"a", "b"}[i%2]}, Confidence: float64(i/2) / 14})
	}
	want := 0.0
	for b := range 15 {
		want += math.Abs(0.5-float64(b)/14) / 15
	}
	near(t, "ece", bot.Measure(rows).ECE, want)
}

func TestWhatNoRowSpeaksOfIsNull(t *testing.T) {
	t.Parallel()
	inside := bot.Measure([]bot.EvalRow{{Expected: []string{"a"}, Ranking: []string{"a"}, Confidence: 1, Action: bot.ActionAnswer, Answer: "a"}})
	outside := bot.Measure([]bot.EvalRow{{Want: evalset.WantNothing, Confidence: 0.1, Action: bot.ActionHandover}})
	for name, p := range map[string]*float64{"auroc": inside.AUROCOOS, "recall": inside.OOSRecallAt5, "hit1": outside.Hit1, "ece": outside.ECE, "auroc outside": outside.AUROCOOS, "recall outside": outside.OOSRecallAt5} {
		if p != nil {
			t.Errorf("%s = %v, want undefined", name, *p)
		}
	}
	raw, err := json.Marshal(bot.Measure(nil))
	if err != nil || !strings.Contains(string(raw), `"hit1":null`) || !strings.Contains(string(raw), `"latency_ms":{"p50":null,"p99":null}`) || strings.Contains(string(raw), "NaN") {
		t.Fatalf("%s, %v", raw, err)
	}
	near(t, "hit1", inside.Hit1, 1)
	near(t, "coverage", inside.CoverageAt2PercentRisk, 1)
	near(t, "false answers", outside.FalseAnswerRate, 0)
}

type oracle map[string]bot.Decision

func (o oracle) Decide(_ context.Context, q bot.Question) (bot.Decision, error) {
	return o[q.Text], nil
}

func TestEvaluationJudgesByLocaleOfTheExpectedArticle(t *testing.T) {
	t.Parallel()
	decider := oracle{
		"TH01": {Action: bot.ActionAnswer, Confidence: 0.9, Candidates: []kb.Candidate{{Article: "zh-only"}}},
		"天气":   {Action: bot.ActionHandover, Confidence: 0.1},
		"why":  {Action: bot.ActionHandover, Confidence: 0.2},
	}
	cfg := bot.EvalConfig{Site: 1, Articles: map[string][]string{"zh-only": {"zh-CN"}, "both": {"en", "zh-CN"}}, Questions: []evalset.Question{
		{Line: 1, Articles: []string{"zh-only"}, Text: "TH01"}, {Line: 2, Want: evalset.WantNothing, Text: "天气"}, {Line: 3, Articles: []string{"both"}, Text: "why"},
	}}
	report, err := bot.RunEvaluation(t.Context(), decider, cfg)
	if err != nil || report.N != 3 || report.ByLocale["zh-CN"].N != 2 || report.ByLocale["en"].N != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	near(t, "hit1 zh", report.ByLocale["zh-CN"].Hit1, 1)
	cfg.Questions[2].Articles = []string{"nowhere"}
	if _, err := bot.RunEvaluation(t.Context(), decider, cfg); !errors.Is(err, bot.ErrQuestions) || !strings.Contains(err.Error(), `line 3: the knowledge base has no article "nowhere"`) {
		t.Fatalf("got %v", err)
	}
}

func TestUnknownArticlesAreNamedTogether(t *testing.T) {
	t.Parallel()
	cfg := bot.EvalConfig{Articles: map[string][]string{"refund": {"en"}}}
	for i, id := range []string{"id", "refund", "a", "b", "c", "d", "e", "f"} {
		cfg.Questions = append(cfg.Questions, evalset.Question{Line: i + 1, Articles: []string{"refund", id}, Text: id})
	}
	_, err := bot.RunEvaluation(t.Context(), oracle{}, cfg)
	want := `line 1: the knowledge base has no article "id"; line 3: the knowledge base has no article "a"; line 4: the knowledge base has no article "b"; ` +
		`line 5: the knowledge base has no article "c"; line 6: the knowledge base has no article "d"; nor those of 2 more lines; ` +
		`the file has no header line: if the first one is such, delete it`
	if !errors.Is(err, bot.ErrQuestions) || !strings.HasPrefix(err.Error(), want+": ") {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := bot.RunEvaluation(t.Context(), oracle{}, bot.EvalConfig{Questions: cfg.Questions}); err == nil || !strings.Contains(err.Error(), "the knowledge base has no article: ") {
		t.Errorf("an empty knowledge base: %v", err)
	}
}

func TestTheNoteNamesLines(t *testing.T) {
	t.Parallel()
	one := bot.EvalData{Articles: 9, Repeated: 1, RepeatedLines: []int{7}, ContradictoryLines: [][2]int{{2, 7}}, Leaking: 1, LeakingLines: []int{3}}
	one.Describe()
	if want := "1 question stands in the file a second time (line 7); each line counts; lines 2 and 7 ask the same and expect different things: one of them counts as wrong whatever is answered; " +
		"1 question stands in the knowledge base word for word (line 3): counted; --drop-leaks leaves such lines out"; one.Note != want {
		t.Errorf("got %q, want %q", one.Note, want)
	}
	many := bot.EvalData{Articles: 9, Leaking: 7, Dropped: 7, LeakingLines: []int{1, 2, 3, 4, 5, 6, 7}}
	many.Describe()
	if want := "7 questions stand in the knowledge base word for word (lines 1, 2, 3, 4, 5 and 2 more): left out"; many.Note != want {
		t.Errorf("got %q, want %q", many.Note, want)
	}
}

// listener keeps the locale in which each text was asked.
type listener map[string]string

func (l listener) Decide(_ context.Context, q bot.Question) (bot.Decision, error) {
	l[q.Text] = q.Locale
	return bot.Decision{Action: bot.ActionHandover}, nil
}

func TestTheLocaleOfAQuestionDoesNotTellWhatIsExpected(t *testing.T) {
	t.Parallel()
	cfg := bot.EvalConfig{Articles: map[string][]string{"refund": {"zh-CN"}, "parcel": {"zh-CN"}, "card": {"en"}}}
	var want []string
	for i, c := range [][2]string{{"zenme tuihuo", "en"}, {"怎么退货", "zh-CN"}, {"how do I return it", "en"}, {"404?", "zh-CN"}} {
		want = append(want, c[1])
		// Asked once with an article and once without: the same words, with a mark that is no letter.
		cfg.Questions = append(cfg.Questions, evalset.Question{Line: 2*i + 1, Articles: []string{[]string{"refund", "card"}[i%2]}, Text: c[0]},
			evalset.Question{Line: 2*i + 2, Want: evalset.WantNothing, Text: c[0] + "!"})
	}
	heard := listener{}
	report, err := bot.RunEvaluation(t.Context(), heard, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		in, out := report.Rows[2*i], report.Rows[2*i+1]
		if heard[in.Text] != w || heard[out.Text] != w {
			t.Errorf("%q is asked in %s with an article and in %s without; want %s", in.Text, heard[in.Text], heard[out.Text], w)
		}
	}
	// The rows are told apart by the article's locale all the same, those without by their characters.
	if r := report.Rows; r[0].Locale != "zh-CN" || r[1].Locale != "en" || r[2].Locale != "en" || r[3].Locale != "zh-CN" || r[7].Locale != "en" {
		t.Errorf("got %+v", r)
	}
}

// fakeKnowledge finds the article that the question names.
type fakeKnowledge struct{ bot.Knowledge }

func (fakeKnowledge) Search(_ context.Context, _ identity.Scope, q kb.Query) (kb.Result, error) {
	r := kb.Result{Confidence: 0.75}
	for i := range min(q.Limit, 30) {
		r.Candidates = append(r.Candidates, kb.Candidate{Article: fmt.Sprint("a", i), Cosine: 0.1, Base: 1 - float64(i)/100})
	}
	r.Candidates[0].Article = q.Text
	r.Candidates[20].Cosine = 0.9
	return r, nil
}

// hasty decides some questions without a search, and searches twice for others.
type hasty struct{ knowledge bot.Knowledge }

func (h hasty) Decide(ctx context.Context, q bot.Question) (bot.Decision, error) {
	if q.Text == "hello" {
		return bot.Decision{Action: bot.ActionReply}, nil
	}
	r, err := h.knowledge.Search(ctx, identity.Scope{}, kb.Query{Text: q.Text})
	if err != nil {
		return bot.Decision{}, err
	}
	if len(r.Candidates) != 10 {
		return bot.Decision{}, fmt.Errorf("the decider sees %d candidates, want 10", len(r.Candidates))
	}
	_, err = h.knowledge.Search(ctx, identity.Scope{}, kb.Query{Text: "a part"})
	return bot.Decision{Action: bot.ActionHandover}, err
}

func TestTheRankingIsThatOfTheWholeQuestionBeforeTheDecision(t *testing.T) {
	t.Parallel()
	knowledge := bot.NewEvalKnowledge(fakeKnowledge{})
	cfg := bot.EvalConfig{
		Articles: map[string][]string{"hello": {"en"}, "refund": {"en"}}, Knowledge: knowledge, Parallel: 4, Timed: 1,
		Questions: []evalset.Question{{Line: 1, Articles: []string{"hello"}, Text: "hello"}, {Line: 2, Articles: []string{"refund"}, Text: "refund"}},
	}
	told := 0
	cfg.Progress = func(_, total int) { told += total }
	report, err := bot.RunEvaluation(t.Context(), hasty{knowledge}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "hit1", report.Hit1, 1)
	for _, r := range report.Rows {
		if r.Confidence != 0.75 || len(r.Ranking) != 10 || r.Tops.Dense != "a20" || r.Tops.Base != r.Text || r.Tops.BM25 != "" {
			t.Errorf("%+v", r)
		}
	}
	if report.Rows[0].Latency == 0 || report.Rows[1].Latency != 0 || told != 4 {
		t.Errorf("one of two is timed, and each is told: %v %v %d", report.Rows[0].Latency, report.Rows[1].Latency, told)
	}
}
