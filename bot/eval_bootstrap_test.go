package bot_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"frontdesk/bot"
	"frontdesk/bot/evalset"
)

// someRows makes rows of every sort, with ties.
func someRows(n int, seed uint64) []bot.EvalRow {
	rng := rand.New(rand.NewPCG(seed, 1))
	rows := make([]bot.EvalRow, n)
	for i := range rows {
		r := bot.EvalRow{Line: i + 1, Text: fmt.Sprint("q", i), Expected: []string{"a"}, Ranking: []string{"a", "b", "c"}, Confidence: float64(rng.IntN(40)) / 40, Action: bot.ActionClarify, Tops: bot.Tops{Dense: "a"}}
		switch rng.IntN(5) {
		case 0:
			r.Expected = []string{"b"}
		case 1:
			r.Expected, r.Want = nil, evalset.WantNothing
		}
		if r.Confidence > 0.6 {
			r.Action, r.Answer = bot.ActionAnswer, "a"
		}
		rows[i] = r
	}
	return rows
}

func TestIntervalsHoldTheFigureAndShrinkWithMoreRows(t *testing.T) {
	t.Parallel()
	few, err := bot.Bootstrap([][]bot.EvalRow{someRows(100, 1)}, bot.BootstrapConfig{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	many, err := bot.Bootstrap([][]bot.EvalRow{someRows(2500, 1)}, bot.BootstrapConfig{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []bot.Figure{bot.FigureHit1, bot.FigureAUROC, bot.FigureSelective70, bot.FigureFalseAnswers, bot.FigureAURC, bot.FigureECE} {
		a, b := few[f], many[f]
		if a.Low > a.Value || a.High < a.Value || b.Low > b.Value || b.High < b.Value {
			t.Errorf("%s: %v %v do not hold their figure", f, a, b)
		}
		// 25 times the rows: a fifth of the width.
		if ratio := (b.High - b.Low) / (a.High - a.Low); ratio < 0.1 || ratio > 0.35 {
			t.Errorf("%s: the interval of 2,500 rows is %.2f of that of 100, want about 0.2", f, ratio)
		}
	}
	again, err := bot.Bootstrap([][]bot.EvalRow{someRows(100, 1)}, bot.BootstrapConfig{Seed: 7})
	if err != nil || fmt.Sprint(again) != fmt.Sprint(few) {
		t.Errorf("the same seed gave other intervals (%v)", err)
	}
}

// A share's percentile interval must come near the exact binomial one.
func TestIntervalsOfAShareComeNearTheNormalOnes(t *testing.T) {
	t.Parallel()
	rows := make([]bot.EvalRow, 1000)
	for i := range rows {
		rows[i] = bot.EvalRow{Expected: []string{"a"}, Ranking: []string{"a"}}
		if i%5 == 0 {
			rows[i].Ranking = []string{"b"}
		}
	}
	e, err := bot.Bootstrap([][]bot.EvalRow{rows}, bot.BootstrapConfig{Resamples: 4000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	half := 1.96 * math.Sqrt(0.8*0.2/1000)
	if got := e[bot.FigureHit1]; math.Abs(got.Low-(0.8-half)) > 0.004 || math.Abs(got.High-(0.8+half)) > 0.004 {
		t.Errorf("%v, want .8 ± %.4f", got, half)
	}
}

func TestAResampleMeasuresLikeItsRowsWrittenOut(t *testing.T) {
	t.Parallel()
	rows := someRows(60, 3)
	// One run of a single resample: its percentiles are its figures.
	e, err := bot.Bootstrap([][]bot.EvalRow{rows}, bot.BootstrapConfig{Resamples: 1, Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(9, 0x626f6f74))
	written := make([]bot.EvalRow, 0, len(rows))
	for range rows {
		written = append(written, rows[rng.IntN(len(rows))])
	}
	m := bot.Measure(written)
	for f, want := range map[bot.Figure]*float64{
		bot.FigureHit1: m.Hit1, bot.FigureHit3: m.Hit3, bot.FigureMRR10: m.MRR10, bot.FigureAUROC: m.AUROCOOS, bot.FigureOOSRecall: m.OOSRecallAt5,
		bot.FigureSelective70: m.SelectiveAccuracyAt70, bot.FigureCoverage2: m.CoverageAt2PercentRisk, bot.FigureAURC: m.AURC, bot.FigureECE: m.ECE,
		bot.FigureFalseAnswers: m.FalseAnswerRate, bot.FigureClarify: m.ClarifyRate, bot.FigureHandover: m.HandoverRate,
	} {
		if f == bot.FigureECE { // shifted to where the figure of all rows lies
			want = bot.Measure(rows).ECE
		}
		near(t, f.String(), want, e[f].Low)
	}
}

func TestAPairedDifferenceIsSurerThanTwoIntervals(t *testing.T) {
	t.Parallel()
	a := someRows(800, 5)
	b := someRows(800, 5)
	turned := 0
	for i := range b { // b mends some of a's errors and spoils nothing
		if b[i].InScope() && b[i].Rank() == 2 && turned < 20 {
			b[i].Ranking = []string{"b", "a"}
			turned++
		}
	}
	e, err := bot.BootstrapDifference(a, b, bot.BootstrapConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := e[bot.FigureHit1]; got.Value <= 0 || got.Low <= 0 {
		t.Errorf("twenty rows mended and none spoilt: %v, want above 0", got)
	}
	if got := e[bot.FigureClarify]; got.Value != 0 || got.Low != 0 || got.High != 0 {
		t.Errorf("nothing changed there: %v", got)
	}
	if _, err := bot.BootstrapDifference(a, b[1:], bot.BootstrapConfig{}); err == nil {
		t.Error("runs of different lengths must not be paired")
	}
	for _, cfg := range []bot.BootstrapConfig{{Resamples: -1}, {Level: 1}, {Level: -0.5}} {
		if _, err := bot.Bootstrap([][]bot.EvalRow{a}, cfg); err == nil {
			t.Errorf("%+v must be refused", cfg)
		}
	}
	if _, err := bot.Bootstrap(nil, bot.BootstrapConfig{}); err == nil {
		t.Error("no row must be refused")
	}
}

func BenchmarkBootstrapOf5000Rows(b *testing.B) {
	rows := someRows(5000, 1)
	for b.Loop() {
		if _, err := bot.Bootstrap([][]bot.EvalRow{rows}, bot.BootstrapConfig{Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
}
