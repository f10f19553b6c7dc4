package evalreport_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"frontdesk/bot"
	"frontdesk/bot/evalreport"
	"frontdesk/bot/evalset"
)

// report makes a run of hostile visitors.
func report(t *testing.T) bot.Report {
	t.Helper()
	var rows []bot.EvalRow
	for i := range 60 {
		r := bot.EvalRow{
			Line: i + 1, Text: fmt.Sprintf(`<script>alert(%d)</script> "&quot; </style>`, i), Expected: []string{"a<b>"}, Ranking: []string{"a<b>", "c"},
			Confidence: float64(i) / 60, Action: bot.ActionAnswer, Answer: "a<b>", Locale: []string{"en", "zh-CN"}[i%2], Tops: bot.Tops{Dense: "a<b>"},
		}
		switch i % 4 {
		case 1:
			r.Ranking, r.Answer = []string{"</q><img src=x>", "a<b>"}, "</q><img src=x>"
		case 2:
			r.Want, r.Expected, r.Kind = evalset.WantNothing, nil, "oos"
		}
		rows = append(rows, r)
	}
	r := bot.NewReport(rows)
	if err := r.AddIntervals(bot.BootstrapConfig{Resamples: 50, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	r.Data = &bot.EvalData{Articles: 1}
	r.Data.Describe()
	return r
}

func TestAPageHoldsNothingThatRunsOrLoads(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := evalreport.WritePage(&out, evalreport.Page{KB: "<kb>.jsonl", Questions: "q.tsv", Report: report(t)}); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	for _, want := range []string{"&lt;script&gt;alert(57)", "a&lt;b&gt;", "&lt;kb&gt;.jsonl", "<svg", "the knowledge base has one article", "hit@1", "prefers-color-scheme: dark"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, never := range []string{"<script", "<img", "src=x>", "http://", "https://", "url(", "ZgotmplZ", "NaN", "onload", "</style> "} {
		if strings.Contains(strings.ReplaceAll(page, "http://www.w3.org/2000/svg", ""), never) {
			t.Errorf("the page holds %q", never)
		}
	}
	if strings.Count(page, "</style>") != 1 {
		t.Error("a text ends the style")
	}
}

func TestPagesOfFewRowsAreWritten(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string][]bot.EvalRow{
		"one row in scope":     {{Expected: []string{"a"}, Ranking: []string{"a"}, Confidence: 1}},
		"one row out of scope": {{Want: evalset.WantNothing}},
		"only wishes":          {{Want: evalset.WantHuman, Action: bot.ActionHandover}},
		"nothing":              nil,
	} {
		var out strings.Builder
		if err := evalreport.WritePage(&out, evalreport.Page{Report: bot.NewReport(rows)}); err != nil || strings.Contains(out.String(), "NaN") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheCurveIsAnSVGOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, points := range [][]bot.CurvePoint{nil, {{Confidence: 1, Coverage: 1, Risk: 0}}, bot.Curve(report(t).Rows)} {
		var out strings.Builder
		if err := evalreport.WriteCurve(&out, points); err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(strings.NewReader(out.String()))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%d points: not XML: %v", len(points), err)
			}
		}
		if strings.Contains(out.String(), "NaN") || strings.Contains(out.String(), "Inf") {
			t.Errorf("%d points: %s", len(points), out.String())
		}
	}
}

func figures() evalreport.Figures {
	estimate := func(value, low, high float64) bot.Estimate {
		return bot.Estimate{Value: value, Low: low, High: high}
	}
	good := evalreport.Set{Name: "banking77-k5", Title: "Banking77", About: "half", Articles: 77, Questions: 1000, Draws: 3, Figures: map[string]evalreport.Estimate{}, Left: "2 rows", Curve: []bot.CurvePoint{{Confidence: .5, Coverage: 1, Risk: .3}}}
	good.Add("hit1", estimate(.75, .72, .78))
	good.Add("hybrid_gain", estimate(.015, .005, .025))
	good.Add("dense_hit1", estimate(.6, .5, .7))
	good.Add("ece", estimate(math.NaN(), math.NaN(), math.NaN()))
	bad := evalreport.Set{Name: "clinc150-k10", Title: "CLINC150", Figures: map[string]evalreport.Estimate{}}
	bad.Add("hit1", estimate(.80, .78, .82))
	bad.Add("ece", estimate(.028, .02, .04))
	house := evalreport.Set{Name: "house-zh", Title: "House", Figures: map[string]evalreport.Estimate{}, Kinds: map[string]bot.KindTally{"typo": {N: 4, Right: 3, Share: .75}}, TuningKinds: map[string]bot.KindTally{"typo": {N: 2, Right: 1, Share: .5}}}
	house.Add("right_decision", estimate(.95, .91, .98))
	full := evalreport.Set{Name: "clinc150-full", Title: "CLINC150 full", Figures: map[string]evalreport.Estimate{}}
	full.Add("hit1", estimate(.92, .91, .93))
	f := evalreport.Figures{About: evalreport.About{Level: .95, Resamples: 1000, Half: "B", Models: []evalreport.Model{{Task: "embed", Name: "m", Fingerprint: "0123456789abcdef"}}}}
	order := []string{"banking77-k5", "clinc150-k10", "clinc150-full", "house-zh"}
	for _, s := range []evalreport.Set{house, full, bad, good, good} {
		f.Put(s, order)
	}
	return f
}

func TestGoalsAreMarkedByTheirIntervals(t *testing.T) {
	t.Parallel()
	f := figures()
	if len(f.Sets) != 4 || f.Sets[0].Name != "banking77-k5" || f.Sets[3].Name != "house-zh" {
		t.Fatalf("%d sets", len(f.Sets))
	}
	if _, ok := f.Sets[0].Figures["ece"]; ok {
		t.Error("an undefined figure is kept")
	}
	var out strings.Builder
	if err := evalreport.WriteMarkdown(&out, f); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| hit@1 | **75.0** [72.0, 78.0] | 66.7 | ≥ 70.0 | reached |",
		"| hit@1 above the best leg | **1.5** [0.5, 2.5] | – | ≥ 2.0 | just missed |",
		"| hit@1 | **80.0** [78.0, 82.0] | 86.2 | ≥ 89.0 | missed |",
		"| calibration error | **2.8** [2.0, 4.0] | 4.0 | ≤ 3.0 | just reached |",
		"| right decisions | **95.0** [91.0, 98.0] | – | ≥ 90.0 | reached |",
		"| **not reached** | – | ≥ 94.0 | missed |",
		"| typo | 3 of 4 | 75.0 | 1 of 2 |",
		"hands over below a probability of its own (learnt when a knowledge base is published) that anything answers",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := evalreport.WriteIndex(&out, f); err != nil || !strings.Contains(out.String(), "just missed") || strings.Contains(out.String(), "<script") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestTargetsNameEachFigureOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, g := range evalreport.Targets() {
		key := g.Set + " " + g.Figure
		if seen[key] || g.Label == "" {
			t.Errorf("%s: twice, or without a label", key)
		}
		seen[key] = true
	}
}
