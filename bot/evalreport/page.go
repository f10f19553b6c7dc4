package evalreport

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"

	"frontdesk/bot"
	"frontdesk/bot/evalset"
	"frontdesk/internal/text"
)

//go:embed style.css
var style string

//go:embed page.html
var pageHTML string

// Page is one evaluation, to be shown.
type Page struct {
	KB, Questions string // file names
	Report        bot.Report
}

// WritePage writes the report as one HTML file that needs nothing else.
func WritePage(w io.Writer, p Page) error {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("parse the report's template: %w", err)
	}
	if err := t.Execute(w, viewOf(p)); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// How much the page shows; report.json has the rest.
const (
	shownErrors     = 50
	shownConfusions = 30
)

type view struct {
	Style               template.CSS
	KB, Questions, Note string
	N, Articles         int
	Level               string
	Resamples           int
	Cards               []value
	Curve, Reliability  template.HTML
	ECE                 string
	Locales             []string
	Figures             []figureRow
	Legs, Kinds         []value
	Confusions          []bot.Confusion
	MoreConfusions      int
	Errors              []errorRow
	Words               [][2]string
}

// value is a figure as it is shown.
type value struct {
	Label, Value, Interval string
	Width                  int // of a bar, percent
}

type figureRow struct {
	Label string
	Cells []value
}

type errorRow struct {
	Text, Kind, First, Done, Wanted, Confidence string
	Expected                                    []string
	Rank, Line                                  int
}

func viewOf(p Page) view {
	r := p.Report
	v := view{
		Style: template.CSS(style + chartStyle), KB: p.KB, Questions: p.Questions, N: r.N, Words: words(), //nolint:gosec // our own file
		Curve: curveSVG(bot.Curve(r.Rows)), Reliability: reliabilitySVG(bot.Calibration(r.Rows)), ECE: percentOf(r.ECE),
	}
	if r.Data != nil {
		v.Articles, v.Note = r.Data.Articles, r.Data.Note
	}
	if r.Intervals != nil {
		v.Level, v.Resamples = fmt.Sprintf("%.0f %%", 100*r.Intervals.Level), r.Intervals.Resamples
	}
	whole := r.Stated()
	for _, f := range []bot.Figure{bot.FigureHit1, bot.FigureRightDecision, bot.FigureFalseAnswers, bot.FigureCoverage2, bot.FigureSelective70, bot.FigureOOSRecall, bot.FigureECE} {
		if whole.At(f) != nil {
			v.Cards = append(v.Cards, shown(f, whole, r.Intervals))
		}
	}
	if r.LatencyMS.P50 != nil && r.LatencyMS.P99 != nil {
		v.Cards = append(v.Cards, value{Label: "time to decide", Value: fmt.Sprintf("%.1f ms", *r.LatencyMS.P50), Interval: fmt.Sprintf("99 %% within %.1f ms", *r.LatencyMS.P99)})
	}
	v.fillFigures(r, whole)
	v.fillLists(r)
	return v
}

// fillFigures makes the table of all figures, by locale.
func (v *view) fillFigures(r bot.Report, whole bot.Values) {
	parts := []bot.Values{}
	for _, locale := range []string{text.Chinese, text.English} {
		if m := r.ByLocale[locale]; m.N > 0 {
			v.Locales = append(v.Locales, fmt.Sprintf("%s (%d)", locale, m.N))
			parts = append(parts, bot.NewReport(ofLocale(r.Rows, locale)).Stated())
		}
	}
	if len(parts) == 1 {
		v.Locales, parts = nil, nil // the same figures again
	}
	for f := bot.FigureHit1; f <= bot.FigureSelective90; f++ {
		if whole.At(f) == nil {
			continue
		}
		row := figureRow{Label: label(f), Cells: []value{shown(f, whole, r.Intervals)}}
		for _, part := range parts {
			row.Cells = append(row.Cells, shown(f, part, nil))
		}
		v.Figures = append(v.Figures, row)
	}
	for _, f := range []bot.Figure{bot.FigureBM25Hit1, bot.FigureCharHit1, bot.FigureDenseHit1, bot.FigureBaseHit1, bot.FigureHeadHit1, bot.FigurePairHit1, bot.FigureHit1} {
		if whole.At(f) != nil && whole.At(bot.FigureHybridGain) != nil {
			x := shown(f, whole, r.Intervals)
			if f == bot.FigureHit1 {
				x.Label = "final ranking"
			}
			v.Legs = append(v.Legs, x)
		}
	}
}

func ofLocale(rows []bot.EvalRow, locale string) []bot.EvalRow {
	return slices.DeleteFunc(slices.Clone(rows), func(r bot.EvalRow) bool { return r.Locale != locale })
}

// fillLists makes the lists of kinds, confusions and errors.
func (v *view) fillLists(r bot.Report) {
	for _, kind := range r.Kinds() {
		k := r.ByKind[kind]
		v.Kinds = append(v.Kinds, value{Label: kind, Value: percent(k.Share) + " %", Interval: fmt.Sprintf("%d of %d", k.Right, k.N), Width: int(math.Round(100 * k.Share))})
	}
	v.Confusions = bot.Confusions(r.Rows)
	if len(v.Confusions) > shownConfusions {
		v.MoreConfusions = len(v.Confusions) - shownConfusions
		v.Confusions = v.Confusions[:shownConfusions]
	}
	for _, row := range bot.Worst(r.Rows, shownErrors) {
		v.Errors = append(v.Errors, errorRow{
			Text: row.Text, Kind: row.Kind, First: row.First(), Done: done(row.Action), Wanted: wanted(row.Want), Confidence: fmt.Sprintf("%.0f", 100*row.Confidence),
			Expected: row.Expected, Rank: row.Rank(), Line: row.Line,
		})
	}
}

func done(a bot.Action) string {
	switch a {
	case bot.ActionAnswer:
		return "answered"
	case bot.ActionClarify:
		return "asked back"
	case bot.ActionHandover:
		return "handed over"
	case bot.ActionReply:
		return "replied"
	}
	return string(a)
}

func wanted(w evalset.Want) string {
	switch w {
	case evalset.WantHuman:
		return "a person"
	case evalset.WantSmallTalk:
		return "small talk"
	case evalset.WantClarify:
		return "a question back"
	case evalset.WantArticle, evalset.WantNothing:
	}
	return "no answer"
}

// shown writes a figure with its interval.
func shown(f bot.Figure, v bot.Values, intervals *bot.Intervals) value {
	x := value{Label: label(f), Value: percentOf(v.At(f)) + " %"}
	if p := v.At(f); p != nil {
		x.Width = int(math.Round(100 * min(1, max(0, *p))))
	} else {
		x.Value = "–"
	}
	if ci, ok := intervals.Of(f); ok {
		x.Interval = fmt.Sprintf("[%s, %s]", percent(ci[0]), percent(ci[1]))
	}
	return x
}

func percentOf(p *float64) string {
	if p == nil {
		return "–"
	}
	return percent(*p)
}
