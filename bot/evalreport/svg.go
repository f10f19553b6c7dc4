package evalreport

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"

	"frontdesk/bot"
)

// The charts' coordinates: a plot of plotW × plotH with room for ticks and
// labels. A chart holds numbers and fixed words only, never a text of a file.
const (
	chartW, chartH = 560, 340
	left, top      = 56, 14
	plotW, plotH   = chartW - left - 16, chartH - top - 48
)

// chartStyle colours a chart by itself and, through currentColor, in a page.
const chartStyle = `.axis{stroke:currentColor;stroke-opacity:.35;fill:none}.grid{stroke:currentColor;stroke-opacity:.12}` +
	`.tick{fill:currentColor;fill-opacity:.75;font:12px system-ui,sans-serif}.line{fill:none;stroke:var(--accent,#2563a8);stroke-width:2.25;stroke-linejoin:round}` +
	`.area{fill:var(--accent,#2563a8);fill-opacity:.12}.goal{stroke:var(--warm,#b4541a);stroke-dasharray:5 4;stroke-width:1.5;fill:none}` +
	`.mark{fill:var(--accent,#2563a8)}.gap{stroke:var(--warm,#b4541a);stroke-width:2;stroke-opacity:.55}.note{fill:var(--warm,#b4541a);font:12px system-ui,sans-serif}`

// chart is an SVG under construction.
type chart struct {
	strings.Builder
	maxY float64
}

func newChart(label, xTitle, yTitle string, maxY float64) *chart {
	c := &chart{maxY: maxY}
	fmt.Fprintf(c, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">`, chartW, chartH, label)
	for i := range 6 {
		share := float64(i) / 5
		x, y := c.at(share, share*maxY)
		fmt.Fprintf(c, `<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x, x, top, top+plotH)
		fmt.Fprintf(c, `<text class="tick" x="%.1f" y="%d" text-anchor="middle">%.0f</text>`, x, top+plotH+18, 100*share)
		fmt.Fprintf(c, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, left, left+plotW, y, y)
		fmt.Fprintf(c, `<text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`, left-8, y+4, tick(100*share*maxY))
	}
	fmt.Fprintf(c, `<path class="axis" d="M%d %dV%dH%d"/>`, left, top, top+plotH, left+plotW)
	fmt.Fprintf(c, `<text class="tick" x="%d" y="%d" text-anchor="middle">%s</text>`, left+plotW/2, chartH-8, xTitle)
	fmt.Fprintf(c, `<text class="tick" transform="translate(14 %d) rotate(-90)" text-anchor="middle">%s</text>`, top+plotH/2, yTitle)
	return c
}

func tick(percent float64) string {
	if percent == math.Trunc(percent) {
		return fmt.Sprintf("%.0f", percent)
	}
	return fmt.Sprintf("%.1f", percent)
}

// at returns the place of a point; y beyond the top stays on it.
func (c *chart) at(x, y float64) (px, py float64) {
	return left + x*plotW, top + plotH*(1-min(1, y/c.maxY))
}

// end closes the SVG. What is in it are numbers and words of this file.
func (c *chart) end() template.HTML {
	c.WriteString(`</svg>`)
	return template.HTML(c.String()) //nolint:gosec // numbers and fixed words
}

// maxRisk is the risk that the contract's coverage speaks of.
const maxRisk = 0.02

// curveSVG draws the risk–coverage curve.
func curveSVG(points []bot.CurvePoint) template.HTML {
	highest, best := 0.0, 0.0
	for _, p := range points {
		highest = max(highest, p.Risk)
		if p.Risk <= maxRisk {
			best = max(best, p.Coverage)
		}
	}
	ceiling := 0.05
	for _, c := range []float64{0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1} {
		if highest > ceiling {
			ceiling = c
		}
	}
	c := newChart("Risk-coverage curve: share answered wrongly against share answered", "answered, % of all questions", "of these wrong, %", ceiling)
	if len(points) > 0 {
		var line strings.Builder
		for i, p := range Thin(points, 400) {
			x, y := c.at(p.Coverage, p.Risk)
			if i == 0 {
				fmt.Fprintf(&line, "M%.1f %.1f", left*1.0, y)
			}
			fmt.Fprintf(&line, "L%.1f %.1f", x, y)
		}
		endX, _ := c.at(points[len(points)-1].Coverage, 0)
		fmt.Fprintf(c, `<path class="area" d="%sL%.1f %dL%d %dZ"/><path class="line" d="%s"/>`, line.String(), endX, top+plotH, left, top+plotH, line.String())
	}
	x, y := c.at(best, maxRisk)
	fmt.Fprintf(c, `<path class="goal" d="M%d %.1fH%d"/>`, left, y, left+plotW)
	if best > 0 {
		fmt.Fprintf(c, `<circle class="mark" cx="%.1f" cy="%.1f" r="5"/>`, x, y)
	}
	// At the top left, where a curve that rises to the right leaves room.
	fmt.Fprintf(c, `<text class="note" x="%d" y="%d">%.1f %% answered at 2 %% wrong</text>`, left+10, top+18, 100*best)
	return c.end()
}

// reliabilitySVG draws the bins of the calibration error against the diagonal.
func reliabilitySVG(bins []bot.CalibrationBin) template.HTML {
	c := newChart("Reliability diagram: how often the first article is right against how sure the bot is", "confidence, %", "right, %", 1)
	x0, y0 := c.at(0, 0)
	x1, y1 := c.at(1, 1)
	fmt.Fprintf(c, `<path class="goal" d="M%.1f %.1fL%.1f %.1f"/>`, x0, y0, x1, y1)
	for _, b := range bins {
		x, y := c.at(b.Confidence, b.Accuracy)
		_, on := c.at(b.Confidence, b.Confidence)
		fmt.Fprintf(c, `<path class="gap" d="M%.1f %.1fV%.1f"/>`, x, on, y)
	}
	for i, b := range bins {
		x, y := c.at(b.Confidence, b.Accuracy)
		if i > 0 {
			px, py := c.at(bins[i-1].Confidence, bins[i-1].Accuracy)
			fmt.Fprintf(c, `<path class="line" d="M%.1f %.1fL%.1f %.1f"/>`, px, py, x, y)
		}
	}
	for _, b := range bins {
		x, y := c.at(b.Confidence, b.Accuracy)
		fmt.Fprintf(c, `<circle class="mark" cx="%.1f" cy="%.1f" r="4"/>`, x, y)
	}
	return c.end()
}

// WriteCurve writes the risk–coverage curve as an SVG file of its own.
func WriteCurve(w io.Writer, points []bot.CurvePoint) error {
	const own = `<style>svg{background:#fff;color:#1c2430}` + chartStyle + `@media(prefers-color-scheme:dark){svg{background:#14181d;color:#e6e9ee;--accent:#7fb3ec;--warm:#e39a63}}</style>`
	svg := string(curveSVG(points))
	at := strings.IndexByte(svg, '>') + 1
	_, err := io.WriteString(w, svg[:at]+own+svg[at:]+"\n")
	return err
}
