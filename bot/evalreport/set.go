package evalreport

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"frontdesk/bot"
)

// Estimate is a figure with its interval.
type Estimate struct {
	Value float64  `json:"value"`
	Low   *float64 `json:"low,omitempty"` // nil = no interval
	High  *float64 `json:"high,omitempty"`
}

// Set is what a standard set gave.
type Set struct {
	Name           string                   `json:"name"`
	Title          string                   `json:"title"`
	About          string                   `json:"about"` // how questions and articles were made
	Articles       int                      `json:"articles,omitempty"`
	Variants       int                      `json:"variants,omitempty"` // texts that articles are found by
	Questions      int                      `json:"questions"`
	Draws          int                      `json:"draws,omitempty"` // the figures are means over these
	Small          []string                 `json:"small,omitempty"` // labels with fewer rows than drawn
	Left           string                   `json:"left_out,omitempty"`
	Remarks        []string                 `json:"remarks,omitempty"`
	Figures        map[string]Estimate      `json:"figures"`
	Latency        bot.EvalLatency          `json:"latency_ms"`
	Kinds          map[string]bot.KindTally `json:"kinds,omitempty"`
	TuningKinds    map[string]bot.KindTally `json:"tuning_kinds,omitempty"`
	Curve          []bot.CurvePoint         `json:"curve,omitempty"`
	Bins           []bot.CalibrationBin     `json:"bins,omitempty"`
	PublishSeconds float64                  `json:"publish_seconds,omitempty"` // a draw's knowledge base: embedding, index, what is learnt from it
	Seconds        float64                  `json:"seconds"`
}

// Add puts an estimate among the figures; an undefined one is left out.
func (s *Set) Add(name string, e bot.Estimate) {
	if math.IsNaN(e.Value) {
		return
	}
	x := Estimate{Value: round(e.Value)}
	if !math.IsNaN(e.Low) && !math.IsNaN(e.High) {
		low, high := round(e.Low), round(e.High)
		x.Low, x.High = &low, &high
	}
	s.Figures[name] = x
}

// Headline is the set's first figure in a line of progress.
func (s *Set) Headline() string {
	var out strings.Builder
	for _, name := range []string{"hit1", "right_decision", "encoder_auc", "pair_auc"} {
		if e, ok := s.Figures[name]; ok {
			fmt.Fprintf(&out, ", %s %.1f", name, 100*e.Value)
		}
	}
	return out.String()
}

// Model is a model that answered.
type Model struct {
	Task        string `json:"task"`
	Name        string `json:"name"`
	Fingerprint string `json:"fingerprint"`
}

// About says how figures were made.
type About struct {
	Version   string              `json:"version"`
	Cores     int                 `json:"cores"`
	Models    []Model             `json:"models"`
	AnswerAt  float64             `json:"answer_at"`  // 0 = each knowledge base's own, learnt at publish
	ClarifyAt float64             `json:"clarify_at"` // likewise
	Half      string              `json:"half"`       // of the questions
	Level     float64             `json:"level"`
	Resamples int                 `json:"resamples"`
	Seeds     map[string][]uint64 `json:"seeds"`
}

// point words a threshold.
func point(at float64) string {
	if at == 0 {
		return "its own (learnt when a knowledge base is published)"
	}
	return fmt.Sprintf("%.2f", at)
}

// Figures is figures.json.
type Figures struct {
	About About `json:"about"` // of the last run
	Sets  []Set `json:"sets"`
}

// round keeps four decimals: a hundredth of a percent.
func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// Draw keeps curve and bins of rows, at as many points as a small chart shows.
func (s *Set) Draw(rows []bot.EvalRow) {
	s.Curve = slices.Clone(Thin(bot.Curve(rows), setPoints))
	for i, p := range s.Curve {
		s.Curve[i] = bot.CurvePoint{Confidence: round(p.Confidence), Coverage: round(p.Coverage), Risk: round(p.Risk)}
	}
	s.Bins = bot.Calibration(rows)
	for i, b := range s.Bins {
		s.Bins[i].Confidence, s.Bins[i].Accuracy = round(b.Confidence), round(b.Accuracy)
	}
}

// setPoints is how many points of a set's curve are kept.
const setPoints = 60

// Put replaces the set of the same name or adds it; order names all sets.
func (f *Figures) Put(s Set, order []string) {
	f.Sets = slices.DeleteFunc(f.Sets, func(old Set) bool { return old.Name == s.Name || !slices.Contains(order, old.Name) })
	f.Sets = append(f.Sets, s)
	slices.SortStableFunc(f.Sets, func(a, b Set) int { return slices.Index(order, a.Name) - slices.Index(order, b.Name) })
}

// set returns the set of a name; nil if it was not run.
func (f *Figures) set(name string) *Set {
	for i := range f.Sets {
		if f.Sets[i].Name == name {
			return &f.Sets[i]
		}
	}
	return nil
}

// Thin keeps about limit points of a curve, the ends among them.
func Thin(points []bot.CurvePoint, limit int) []bot.CurvePoint {
	if len(points) <= limit || limit < 2 {
		return points
	}
	out := make([]bot.CurvePoint, 0, limit)
	for i := range limit {
		out = append(out, points[i*(len(points)-1)/(limit-1)])
	}
	return out
}
