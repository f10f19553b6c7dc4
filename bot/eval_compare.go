package bot

import (
	"fmt"
	"math"
	"slices"

	"frontdesk/bot/evalset"
)

// SavedReport is a report with its rows, as a file keeps it.
type SavedReport struct {
	Report
	Rows []EvalRow `json:"rows,omitempty"`
}

// Comparison sets two reports side by side.
type Comparison struct {
	Paired    bool               `json:"paired"`     // rows of both were paired; otherwise the intervals were combined
	Rows      int                `json:"rows"`       // paired
	OnlyA     int                `json:"only_in_a"`  // rows of a question that the other lacks: left out
	OnlyB     int                `json:"only_in_b"`  // likewise
	Resamples int                `json:"resamples"`  // 0 if not paired
	Seed      uint64             `json:"seed"`       // likewise
	Figures   []FigureDifference `json:"figures"`    // those that both have
	Changed   []ChangedRow       `json:"changed"`    // the first article or the decision became right or wrong
	ChangedN  int                `json:"changed_of"` // of these, Changed holds the first
	Note      string             `json:"note,omitempty"`
}

// FigureDifference is a figure of both reports.
type FigureDifference struct {
	Name       string   `json:"name"`
	A          float64  `json:"a"`
	B          float64  `json:"b"`
	Difference float64  `json:"difference"` // b − a
	Low        *float64 `json:"low"`        // 95 %; null = unknown, because a report has no interval
	High       *float64 `json:"high"`
	Verdict    string   `json:"verdict"` // better, worse, open (the interval holds 0), same, unknown
}

// ChangedRow is a question that one of the two got right.
type ChangedRow struct {
	Text   string `json:"text"`
	Better bool   `json:"better"` // b is right
	FirstA string `json:"first_a"`
	FirstB string `json:"first_b"`
}

// maxChanged bounds the rows that a comparison lists.
const maxChanged = 40

// Compare sets b beside a. If both keep their rows, the differences are
// bootstrapped over the questions that both asked, paired; otherwise the figures
// stand as they are, and intervals are combined as if they were independent.
// It returns [evalset.ErrData] if both have rows but no question in common.
func Compare(a, b SavedReport, cfg BootstrapConfig) (Comparison, error) {
	if len(a.Rows) == 0 || len(b.Rows) == 0 {
		return compareFigures(a.Report, b.Report), nil
	}
	rowsA, rowsB := pairRows(a.Rows, b.Rows)
	c := Comparison{Paired: true, Rows: len(rowsA), OnlyA: len(a.Rows) - len(rowsA), OnlyB: len(b.Rows) - len(rowsB), Resamples: cfg.withDefaults().Resamples, Seed: cfg.Seed}
	if c.Rows == 0 {
		return c, fmt.Errorf("the two reports have no question in common: %w", evalset.ErrData)
	}
	estimates, err := BootstrapDifference(rowsA, rowsB, cfg)
	if err != nil {
		return c, err
	}
	scoped := knowScope(a.Rows) && knowScope(b.Rows)
	if !scoped {
		c.Note = fmt.Sprintf("a report has no row with answerable (it was made before that was kept): %s and %s are left out; those by confidence can be compared", FigureAUROC, FigureOOSRecall)
	}
	before, after := newGauge(rowsA).measure(nil), newGauge(rowsB).measure(nil)
	for f, e := range estimates {
		if math.IsNaN(e.Value) || (!scoped && (Figure(f) == FigureAUROC || Figure(f) == FigureOOSRecall)) {
			continue
		}
		d := FigureDifference{Name: Figure(f).String(), A: before[f], B: after[f], Difference: e.Value}
		if !math.IsNaN(e.Low) {
			d.Low, d.High = &e.Low, &e.High
		}
		d.Verdict = d.verdict(Figure(f))
		c.Figures = append(c.Figures, d)
	}
	for i := range rowsA {
		was, is := rowsA[i].fine(), rowsB[i].fine()
		if was == is {
			continue
		}
		if c.ChangedN++; len(c.Changed) < maxChanged {
			c.Changed = append(c.Changed, ChangedRow{Text: rowsA[i].Text, Better: is, FirstA: rowsA[i].First(), FirstB: rowsB[i].First()})
		}
	}
	return c, nil
}

// knowScope reports whether the rows tell the probability that anything answers:
// a report that is older than it reads as 0 everywhere.
func knowScope(rows []EvalRow) bool {
	return slices.ContainsFunc(rows, func(r EvalRow) bool { return r.Answerable > 0 })
}

// fine reports whether the row is right where it is looked at first: the ranking
// of a question in scope, the decision of all others.
func (r EvalRow) fine() bool {
	if r.InScope() {
		return r.Rank() == 1
	}
	return r.RightDecision()
}

// pairRows returns the rows of the questions that both have, in a's order. A
// question is its text, its kind and what is right; repeats are paired in order.
func pairRows(a, b []EvalRow) (pairedA, pairedB []EvalRow) {
	key := func(r EvalRow) string {
		return fmt.Sprintf("%s\x00%s\x00%v\x00%q", r.Text, r.Kind, r.Want, r.Expected)
	}
	at := map[string][]int{}
	for i, r := range b {
		at[key(r)] = append(at[key(r)], i)
	}
	for _, r := range a {
		if places := at[key(r)]; len(places) > 0 {
			pairedA, pairedB = append(pairedA, r), append(pairedB, b[places[0]])
			at[key(r)] = places[1:]
		}
	}
	return pairedA, pairedB
}

func (d FigureDifference) verdict(f Figure) string {
	switch {
	case d.Low == nil:
		return "unknown"
	case d.Difference == 0 && *d.Low == 0 && *d.High == 0:
		return "same"
	case *d.Low <= 0 && *d.High >= 0:
		return "open"
	case (d.Difference > 0) != f.LessIsBetter():
		return "better"
	}
	return "worse"
}

// compareFigures compares what reports without rows tell.
func compareFigures(a, b Report) Comparison {
	var c Comparison
	for _, r := range []Report{a, b} {
		if r.AUROCOOS != nil && r.AUROCByConfidence == nil {
			c.Note = fmt.Sprintf("a report has no %s: it is of an earlier version, whose %s and %s may be by the confidence", FigureAUROCByConfidence, FigureAUROC, FigureOOSRecall)
		}
	}
	before, after := a.Stated(), b.Stated()
	for _, f := range Figures() {
		if math.IsNaN(before[f]) || math.IsNaN(after[f]) {
			continue
		}
		d := FigureDifference{Name: f.String(), A: before[f], B: after[f], Difference: after[f] - before[f]}
		if x, ok := a.Intervals.Of(f); ok {
			if y, ok := b.Intervals.Of(f); ok {
				// Half widths of independent estimates add in quadrature.
				half := math.Hypot(x[1]-x[0], y[1]-y[0]) / 2
				low, high := d.Difference-half, d.Difference+half
				d.Low, d.High = &low, &high
			}
		}
		d.Verdict = d.verdict(f)
		c.Figures = append(c.Figures, d)
	}
	return c
}

// Of returns the interval of a figure; false if there is none.
func (i *Intervals) Of(f Figure) (Interval, bool) {
	if i == nil {
		return Interval{}, false
	}
	x, ok := i.Figures[f.String()]
	return x, ok
}

// Stated returns the figures that the metrics hold; the rest is undefined.
func (m EvalMetrics) Stated() Values {
	var v Values
	for f := range v {
		v[f] = math.NaN()
	}
	for f, p := range map[Figure]*float64{
		FigureHit1: m.Hit1, FigureHit3: m.Hit3, FigureMRR10: m.MRR10, FigureAUROC: m.AUROCOOS, FigureOOSRecall: m.OOSRecallAt5,
		FigureAUROCByConfidence: m.AUROCByConfidence, FigureOOSRecallByConfidence: m.OOSRecallByConfidence,
		FigureSelective70: m.SelectiveAccuracyAt70, FigureCoverage2: m.CoverageAt2PercentRisk, FigureAURC: m.AURC, FigureECE: m.ECE,
		FigureFalseAnswers: m.FalseAnswerRate, FigureClarify: m.ClarifyRate, FigureHandover: m.HandoverRate,
	} {
		if p != nil {
			v[f] = *p
		}
	}
	return v
}

// Stated returns the figures that the report holds; the rest is undefined.
func (r Report) Stated() Values {
	v := r.EvalMetrics.Stated()
	if r.RightDecision != nil {
		v[FigureRightDecision] = *r.RightDecision
	}
	if r.HybridGain != nil {
		v[FigureHybridGain] = *r.HybridGain
	}
	for f := FigureBM25Hit1; f <= FigurePairHit1; f++ {
		if x, ok := r.LegHit1[f.String()]; ok {
			v[f] = x
		}
	}
	return v
}
