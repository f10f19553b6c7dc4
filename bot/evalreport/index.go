package evalreport

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"slices"
)

//go:embed index.html
var indexHTML string

type indexView struct {
	Style     template.CSS
	Level     string
	Resamples int
	Half      string
	Models    []Model
	Goals     []goalRow
	Sets      []setCard
	Houses    []house
}

type goalRow struct {
	Set, Figure, Value, Interval, Study, Goal, Verdict, Class, Others string
}

type setCard struct {
	Title, About string
	Questions    int
	Draws        int // 0 = one
	Curve        template.HTML
	Values       []value
}

type house struct {
	Title string
	Kinds []value
}

// WriteIndex writes the overview of all sets as one HTML file that needs nothing else.
func WriteIndex(w io.Writer, f Figures) error {
	t, err := template.New("index").Parse(indexHTML)
	if err != nil {
		return fmt.Errorf("parse the overview's template: %w", err)
	}
	v := indexView{
		Style: template.CSS(style + chartStyle), Level: fmt.Sprintf("%.0f %%", 100*f.About.Level), Resamples: f.About.Resamples, Half: f.About.Half, Models: f.About.Models, //nolint:gosec // our own file
	}
	v.fillGoals(f)
	for _, s := range f.Sets {
		v.Sets = append(v.Sets, cardOf(s))
		if len(s.Kinds) > 0 {
			v.Houses = append(v.Houses, houseOf(s))
		}
	}
	if err := t.Execute(w, v); err != nil {
		return fmt.Errorf("write the overview: %w", err)
	}
	return nil
}

func (v *indexView) fillGoals(f Figures) {
	before := ""
	for _, r := range f.results() {
		g := goalRow{Set: r.set.Title, Figure: r.Label, Value: r.value(), Interval: interval(r.e), Study: r.bare(r.Study), Goal: r.bound(), Verdict: r.verdict(), Others: r.Published}
		switch g.Verdict {
		case verdictReached, verdictAbout:
			g.Class = "good"
		case verdictMissed, verdictOpen:
			g.Class = "bad"
		}
		if g.Set == before {
			g.Set = ""
		} else {
			before = g.Set
		}
		v.Goals = append(v.Goals, g)
	}
}

func cardOf(s Set) setCard {
	c := setCard{Title: s.Title, About: s.About, Questions: s.Questions}
	if s.Draws > 1 {
		c.Draws = s.Draws
	}
	if len(s.Curve) > 0 {
		c.Curve = curveSVG(s.Curve)
	}
	for _, x := range [][2]string{{"hit1", "hit@1"}, {"right_decision", "right decisions"}, {"false_answer_rate", "false answers"}, {"encoder_auc", "AUC of the encoder"}, {"pair_auc", "AUC of the pair model"}} {
		if e, ok := s.Figures[x[0]]; ok {
			c.Values = append(c.Values, value{Label: x[1], Value: percent(e.Value) + interval(e)})
		}
	}
	return c
}

func houseOf(s Set) house {
	h := house{Title: s.Title}
	for _, kind := range slices.Sorted(maps.Keys(s.Kinds)) {
		k := s.Kinds[kind]
		h.Kinds = append(h.Kinds, value{Label: kind, Value: percent(k.Share) + " %", Interval: fmt.Sprintf("%d of %d", k.Right, k.N), Width: int(math.Round(100 * k.Share))})
	}
	return h
}
