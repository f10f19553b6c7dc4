package bot_test

import (
	"math"
	"testing"

	"frontdesk/bot"
	"frontdesk/bot/evalset"
)

func thresholdRows() []bot.EvalRow {
	row := func(confidence float64, want evalset.Want, first string) bot.EvalRow {
		r := bot.EvalRow{Answerable: confidence, Want: want, Ranking: []string{first}}
		if want == evalset.WantArticle {
			r.Expected = []string{"a"}
		}
		return r
	}
	return []bot.EvalRow{
		row(0.9, evalset.WantArticle, "a"), row(0.8, evalset.WantArticle, "a"), row(0.7, evalset.WantNothing, "a"), row(0.6, evalset.WantArticle, "a"),
		row(0.5, evalset.WantArticle, "b"), row(0.4, evalset.WantNothing, "a"), row(0.3, evalset.WantNothing, "a"),
	}
}

func TestThresholdsAreChosenByWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	rows := thresholdRows()
	// From .45 to .6: three right answers and two refusals that are right; no other threshold does better.
	// .45 and .55 are equally good: the lower one.
	if got := bot.OverallThreshold(rows); math.Abs(got-0.45) > 1e-9 {
		t.Errorf("overall: %v, want 0.45", got)
	}
	// Half of the four in scope must stay right: .75 keeps two and refuses all three.
	if got, ok := bot.RecallThreshold(rows, 0.5); !ok || math.Abs(got-0.75) > 1e-9 {
		t.Errorf("recall at half: %v %v, want 0.75", got, ok)
	}
	if _, ok := bot.RecallThreshold(rows, 0.8); ok {
		t.Error("one of four is ranked wrong: no threshold keeps four fifths")
	}
	o, err := bot.AtThreshold(rows, 0.45, bot.BootstrapConfig{Seed: 1})
	if err != nil || o.InScope.Value != 0.75 || math.Abs(o.OOSRecall.Value-2.0/3) > 1e-9 || o.InScope.Low > 0.75 || o.InScope.High < 0.75 {
		t.Errorf("%+v, %v", o, err)
	}
	o, err = bot.AtThreshold(rows[:2], 0.45, bot.BootstrapConfig{})
	if err != nil || !math.IsNaN(o.OOSRecall.Value) {
		t.Errorf("nothing out of scope: %+v, %v", o, err)
	}
	if got := bot.OverallThreshold(nil); got != 1 {
		t.Errorf("no rows: %v", got)
	}
}

func TestPairFiguresAreThoseOfHandComputation(t *testing.T) {
	t.Parallel()
	pairs := []bot.ScoredPair{{0.1, false}, {0.4, false}, {0.35, true}, {0.8, true}, {0.8, false}, {0.2, false}}
	f, err := bot.MeasurePairs(pairs, bot.BootstrapConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	// Against .35: .1 and .2 lie below, .4 and .8 above: 2; against .8: three below, one tie: 3.5; of 8.
	if got := f.AUC.Value; math.Abs(got-5.5/8) > 1e-9 {
		t.Errorf("AUC %v, want %v", got, 5.5/8)
	}
	// Ranks 1 4 3 5.5 5.5 2 against labels 0 0 1 1 0 0: covariance 0.25, deviations 1.6833 and 0.4714.
	if got := f.Spearman.Value; math.Abs(got-0.25/(math.Sqrt(2.8333333333)*math.Sqrt(2.0/9))) > 1e-6 {
		t.Errorf("Spearman %v", got)
	}
	same := []bot.ScoredPair{{0.5, true}, {0.5, false}}
	if f, err := bot.MeasurePairs(same, bot.BootstrapConfig{}); err != nil || f.AUC.Value != 0.5 || !math.IsNaN(f.Spearman.Value) {
		t.Errorf("all scores equal: %+v, %v", f, err)
	}
}
