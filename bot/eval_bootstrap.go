package bot

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// BootstrapConfig says how intervals are estimated.
type BootstrapConfig struct {
	Resamples int     // Defaults to 1,000.
	Seed      uint64  // of PCG; the same seed gives the same intervals
	Level     float64 // Defaults to 0.95.
}

func (c BootstrapConfig) withDefaults() BootstrapConfig {
	if c.Resamples == 0 {
		c.Resamples = 1000
	}
	if c.Level == 0 {
		c.Level = 0.95
	}
	return c
}

// streamBootstrap keeps the resamples of a seed apart from other draws of it.
const streamBootstrap = 0x626f6f74 // "boot"

// Interval is a confidence interval, lower end first.
type Interval [2]float64

// Intervals are percentile bootstrap intervals: rows are drawn with replacement,
// as many as there are (Efron and Tibshirani 1993, chapter 13).
type Intervals struct {
	Level     float64                        `json:"level"`
	Resamples int                            `json:"resamples"`
	Seed      uint64                         `json:"seed"`
	Figures   map[string]Interval            `json:"figures"`             // by the figure's name; undefined ones are left out
	ByLocale  map[string]map[string]Interval `json:"by_locale,omitempty"` // likewise
}

// AddIntervals estimates intervals for r's figures, altogether and by locale.
func (r *Report) AddIntervals(cfg BootstrapConfig) error {
	all, err := Bootstrap([][]EvalRow{r.Rows}, cfg)
	if err != nil {
		return err
	}
	r.Intervals = &Intervals{Level: cfg.withDefaults().Level, Resamples: cfg.withDefaults().Resamples, Seed: cfg.Seed, Figures: all.Named(), ByLocale: map[string]map[string]Interval{}}
	for locale := range r.ByLocale {
		rows := ofLocale(r.Rows, locale)
		if len(rows) == 0 {
			continue
		}
		part, err := Bootstrap([][]EvalRow{rows}, cfg)
		if err != nil {
			return err
		}
		r.Intervals.ByLocale[locale] = part.Named()
	}
	return nil
}

// Estimate is a figure with its interval; NaN = undefined.
type Estimate struct {
	Value, Low, High float64
}

// Estimates are the figures with their intervals.
type Estimates [figureCount]Estimate

// Named returns the intervals of the defined figures by name.
func (e Estimates) Named() map[string]Interval {
	out := map[string]Interval{}
	for f, x := range e {
		if !math.IsNaN(x.Low) && !math.IsNaN(x.High) {
			out[Figure(f).String()] = Interval{x.Low, x.High}
		}
	}
	return out
}

// Bootstrap estimates the mean of each figure over runs with its interval. The
// runs asked the same questions in the same order (several draws of a knowledge
// base): a resample draws questions, the same ones for every run. It returns an
// error if the runs differ in length, have no row, or cfg is out of range.
func Bootstrap(runs [][]EvalRow, cfg BootstrapConfig) (Estimates, error) {
	gauges, n, err := gaugesOf(runs)
	if err != nil {
		return Estimates{}, err
	}
	var out Estimates
	point := meanValues(gauges, nil)
	low, high, err := spreadOf(n, cfg, func(weight []float64) Values { return meanValues(gauges, weight) })
	if err != nil {
		return Estimates{}, err
	}
	for f := range out {
		out[f] = Estimate{Value: point[f], Low: low[f], High: high[f]}
	}
	return out, nil
}

// BootstrapDifference estimates b − a for each figure, the rows of both paired
// by their place: a resample draws the same ones from both.
func BootstrapDifference(a, b []EvalRow, cfg BootstrapConfig) (Estimates, error) {
	gauges, n, err := gaugesOf([][]EvalRow{a, b})
	if err != nil {
		return Estimates{}, err
	}
	difference := func(weight []float64) Values {
		before, after := gauges[0].measure(weight), gauges[1].measure(weight)
		for f := range after {
			after[f] -= before[f]
		}
		return after
	}
	var out Estimates
	point := difference(nil)
	low, high, err := spreadOf(n, cfg, difference)
	if err != nil {
		return Estimates{}, err
	}
	for f := range out {
		out[f] = Estimate{Value: point[f], Low: low[f], High: high[f]}
	}
	return out, nil
}

func gaugesOf(runs [][]EvalRow) ([]*gauge, int, error) {
	if len(runs) == 0 || len(runs[0]) == 0 {
		return nil, 0, errors.New("bootstrap: there is no row")
	}
	n := len(runs[0])
	gauges := make([]*gauge, len(runs))
	for i, rows := range runs {
		if len(rows) != n {
			return nil, 0, fmt.Errorf("bootstrap: run %d has %d rows, the first has %d", i+1, len(rows), n)
		}
		gauges[i] = newGauge(rows)
	}
	return gauges, n, nil
}

// meanValues averages the runs; a figure that one of them lacks is undefined.
func meanValues(gauges []*gauge, weight []float64) Values {
	var sum Values
	for _, g := range gauges {
		v := g.measure(weight)
		for f := range sum {
			sum[f] += v[f] / float64(len(gauges))
		}
	}
	return sum
}

// spreadOf measures cfg.Resamples resamples of n rows and returns each figure's
// percentiles. A figure that is undefined in a resample (no row out of scope was
// drawn) leaves that one out.
func spreadOf(n int, cfg BootstrapConfig, measure func(weight []float64) Values) (low, high Values, err error) {
	cfg = cfg.withDefaults()
	if cfg.Resamples < 1 || cfg.Level <= 0 || cfg.Level >= 1 {
		return low, high, fmt.Errorf("bootstrap: %d resamples at level %g; want at least one and a level between 0 and 1", cfg.Resamples, cfg.Level)
	}
	rng := rand.New(rand.NewPCG(cfg.Seed, streamBootstrap)) //nolint:gosec // a draw that can be repeated, not a secret
	var drawn [figureCount][]float64
	weight := make([]float64, n)
	for range cfg.Resamples {
		clear(weight)
		for range n {
			weight[rng.IntN(n)]++
		}
		for f, x := range measure(weight) {
			if !math.IsNaN(x) {
				drawn[f] = append(drawn[f], x)
			}
		}
	}
	point := measure(nil)
	for f, xs := range drawn {
		low[f], high[f] = math.NaN(), math.NaN()
		if len(xs) == 0 {
			continue
		}
		slices.Sort(xs)
		low[f], high[f] = quantile(xs, (1-cfg.Level)/2), quantile(xs, (1+cfg.Level)/2)
		// Rows drawn twice agree with each other, which looks like miscalibration: resamples
		// of the calibration error lie above the error itself. Their mean's distance is taken off.
		if Figure(f) == FigureECE {
			bias := mean(xs) - point[f]
			low[f], high[f] = low[f]-bias, high[f]-bias
		}
	}
	return low, high, nil
}

func mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

// quantile interpolates linearly between the values beside it (type 7 of Hyndman
// and Fan 1996); sorted must be ascending and not empty.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}
