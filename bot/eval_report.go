package bot

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"frontdesk/internal/text"
)

// Report is the outcome of an evaluation. Beyond the contract's figures (DESIGN
// 5) everything has a name of its own.
type Report struct {
	EvalMetrics
	ByLocale map[string]EvalMetrics `json:"by_locale"`

	RightDecision *float64             `json:"right_decision"`      // the bot did what was right, ÷ n
	LegHit1       map[string]float64   `json:"leg_hit1,omitempty"`  // in scope: by each leg alone, and by head and pair model
	HybridGain    *float64             `json:"hybrid_gain"`         // hit1 − the best of the legs bm25, char, dense
	ByKind        map[string]KindTally `json:"by_kind,omitempty"`   // of house sets
	Intervals     *Intervals           `json:"intervals,omitempty"` // bootstrap, if asked for
	Data          *EvalData            `json:"data,omitempty"`      // what was found in the files
	Rows          []EvalRow            `json:"-"`
}

// KindTally counts the right decisions on a kind of house rows.
type KindTally struct {
	N     int     `json:"n"`
	Right int     `json:"right"`
	Share float64 `json:"share"`
}

// EvalData says what was found in knowledge base and question file.
type EvalData struct {
	Articles int    `json:"articles"`
	Repeated int    `json:"repeated_questions"` // lines whose question stands before; they count
	Leaking  int    `json:"leaking_questions"`  // lines whose question is one of the knowledge base's
	Dropped  int    `json:"dropped_questions"`  // of the leaking ones
	Note     string `json:"note,omitempty"`

	RepeatedLines      []int    `json:"repeated_lines,omitempty"`
	ContradictoryLines [][2]int `json:"contradictory_lines,omitempty"` // pairs that ask the same and expect different things; they count
	LeakingLines       []int    `json:"leaking_lines,omitempty"`
}

// namedLines is how many lines a note names.
const namedLines = 5

// linesOf names the first lines: "line 4", "lines 4, 9", "lines 1, 2, 3, 4, 5 and 7 more".
func linesOf(lines []int) string {
	var named []string
	for _, n := range lines[:min(namedLines, len(lines))] {
		named = append(named, fmt.Sprint(n))
	}
	out := "line"
	if len(lines) != 1 {
		out += "s"
	}
	out += " " + strings.Join(named, ", ")
	if more := len(lines) - len(named); more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}

// questionsStand is "1 question stands" or "3 questions stand".
func questionsStand(n int) string {
	if n == 1 {
		return "1 question stands"
	}
	return fmt.Sprintf("%d questions stand", n)
}

// Describe puts the counts into words.
func (d *EvalData) Describe() {
	var said []string
	if d.Articles == 1 {
		said = append(said, "the knowledge base has one article: whatever is found is that one, so hit@1 says nothing, and the figures tell only when the bot refuses")
	}
	if d.Repeated > 0 {
		said = append(said, fmt.Sprintf("%s in the file a second time (%s); each line counts", questionsStand(d.Repeated), linesOf(d.RepeatedLines)))
	}
	for i, pair := range d.ContradictoryLines {
		if i == namedLines {
			said = append(said, fmt.Sprintf("%d more such pairs", len(d.ContradictoryLines)-namedLines))
			break
		}
		said = append(said, fmt.Sprintf("lines %d and %d ask the same and expect different things: one of them counts as wrong whatever is answered", pair[0], pair[1]))
	}
	if d.Leaking > 0 {
		what := "counted; --drop-leaks leaves such lines out"
		if d.Dropped > 0 {
			what = "left out"
		}
		said = append(said, fmt.Sprintf("%s in the knowledge base word for word (%s): %s", questionsStand(d.Leaking), linesOf(d.LeakingLines), what))
	}
	d.Note = strings.Join(said, "; ")
}

// Kinds returns the kinds of a house set by name.
func (r Report) Kinds() []string { return slices.Sorted(maps.Keys(r.ByKind)) }

// NewReport computes the figures of rows, altogether and by locale.
func NewReport(rows []EvalRow) Report {
	r := Report{EvalMetrics: Measure(rows), ByLocale: map[string]EvalMetrics{}, Rows: rows}
	for _, locale := range []string{text.Chinese, text.English} {
		r.ByLocale[locale] = Measure(ofLocale(rows, locale))
	}
	v := newGauge(rows).measure(nil)
	r.RightDecision, r.HybridGain = v.At(FigureRightDecision), v.At(FigureHybridGain)
	for f := FigureBM25Hit1; f <= FigurePairHit1; f++ {
		if p := v.At(f); p != nil {
			if r.LegHit1 == nil {
				r.LegHit1 = map[string]float64{}
			}
			r.LegHit1[f.String()] = *p
		}
	}
	for _, row := range rows {
		if row.Kind == "" {
			continue
		}
		if r.ByKind == nil {
			r.ByKind = map[string]KindTally{}
		}
		k := r.ByKind[row.Kind]
		k.N++
		if row.RightDecision() {
			k.Right++
		}
		k.Share = float64(k.Right) / float64(k.N)
		r.ByKind[row.Kind] = k
	}
	return r
}

func ofLocale(rows []EvalRow, locale string) []EvalRow {
	var part []EvalRow
	for _, r := range rows {
		if r.Locale == locale {
			part = append(part, r)
		}
	}
	return part
}

// At returns the value; nil if it is undefined.
func (v Values) At(f Figure) *float64 {
	x := v[f]
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

// CurvePoint is a point of the risk–coverage curve: answering the rows from this
// confidence up answers this share of all, with this share of those wrong.
type CurvePoint struct {
	Confidence float64 `json:"confidence"`
	Coverage   float64 `json:"coverage"`
	Risk       float64 `json:"risk"`
}

// Curve returns the risk–coverage curve over all rows in or out of scope, the
// surest first, one point a confidence.
func Curve(rows []EvalRow) []CurvePoint {
	groups, n := newGauge(rows).tallies()
	var out []CurvePoint
	var seen, wrong float64
	for _, t := range groups {
		size := t.in + t.out
		if size == 0 {
			continue
		}
		seen += size
		wrong += size - t.right
		out = append(out, CurvePoint{Confidence: t.confidence, Coverage: seen / n, Risk: wrong / seen})
	}
	return out
}

// CalibrationBin is one of the bins of equal mass over the rows in scope.
type CalibrationBin struct {
	Rows       int     `json:"rows"`
	Confidence float64 `json:"confidence"` // mean
	Accuracy   float64 `json:"accuracy"`
}

// Calibration returns the 15 bins of the calibration error, the least sure
// first; bins without a row are left out.
func Calibration(rows []EvalRow) []CalibrationBin {
	g := newGauge(rows)
	groups, _ := g.tallies()
	in := 0.0
	for _, t := range groups {
		in += t.in
	}
	var out []CalibrationBin
	for _, b := range calibrationBins(groups, in, 15) {
		if b.Rows > 0 {
			out = append(out, CalibrationBin{Rows: int(b.Rows + 0.5), Confidence: b.Sure / b.Rows, Accuracy: b.Right / b.Rows})
		}
	}
	return out
}

// tallies counts the rows in or out of scope by confidence, the surest first.
func (g *gauge) tallies() (groups []tally, n float64) {
	groups = make([]tally, g.groups)
	for _, r := range g.rows {
		t := &groups[r.group]
		t.confidence = r.confidence
		t.in += one(r.in)
		t.out += one(r.out)
		t.right += one(r.right)
		n += one(r.in) + one(r.out)
	}
	return groups, n
}

// scopeTallies are the rows by the probability that something answers.
func (g *gauge) scopeTallies() []tally {
	scopes := make([]tally, g.scopes)
	for _, r := range g.rows {
		t := &scopes[r.scope]
		t.confidence = r.answerable
		t.in += one(r.in)
		t.out += one(r.out)
		t.right += one(r.right)
	}
	slices.SortFunc(scopes, func(a, b tally) int { return cmp.Compare(b.confidence, a.confidence) })
	return scopes
}

// Confusion is an article that stood first where another was expected.
type Confusion struct {
	Expected string   `json:"expected"`
	First    string   `json:"first"`
	Rows     int      `json:"rows"`
	Answered int      `json:"answered"` // of them, the bot said so
	Examples []string `json:"examples"` // the surest first
}

// confusionExamples is how many questions a confusion shows.
const confusionExamples = 3

// Confusions lists which articles are taken for which, those that were said
// most often first, then by how often they stood first.
func Confusions(rows []EvalRow) []Confusion {
	at := map[[2]string]int{}
	var out []Confusion
	for _, r := range surestFirst(rows) {
		if !r.InScope() || r.Rank() == 1 || r.First() == "" {
			continue
		}
		key := [2]string{r.Expected[0], r.First()}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, Confusion{Expected: key[0], First: key[1]})
		}
		c := &out[i]
		c.Rows++
		if r.Action == ActionAnswer {
			c.Answered++
		}
		if len(c.Examples) < confusionExamples {
			c.Examples = append(c.Examples, r.Text)
		}
	}
	slices.SortStableFunc(out, func(a, b Confusion) int {
		return cmp.Or(cmp.Compare(b.Answered, a.Answered), cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Expected, b.Expected), cmp.Compare(a.First, b.First))
	})
	return out
}

// surestFirst returns the rows, the surest first.
func surestFirst(rows []EvalRow) []EvalRow {
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(a, b EvalRow) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return out
}

// Worst returns at most limit errors: first rows whose first article is wrong
// (those that were answered before those that were not, the surest first), then
// rows that nothing should answer and the bot did, to which at least three
// tenths of the places belong if there are so many.
func Worst(rows []EvalRow, limit int) []EvalRow {
	var said, ranked, outside []EvalRow
	for _, r := range surestFirst(rows) {
		switch {
		case r.InScope() && r.FalseAnswer():
			said = append(said, r)
		case r.InScope() && r.Rank() != 1:
			ranked = append(ranked, r)
		case !r.InScope() && r.FalseAnswer():
			outside = append(outside, r)
		}
	}
	inside := slices.Concat(said, ranked)
	keep := min(len(inside), max(limit-len(outside), limit-(limit*3+9)/10))
	return slices.Concat(inside[:keep], outside[:min(len(outside), limit-keep)])
}
