package bot

import (
	"cmp"
	"math"
	"slices"

	"frontdesk/bot/evalset"
)

// OverallThreshold returns the probability that something answers from which
// answering is right most often over rows, a refusal being right for a row out of scope: how the public
// sets' thresholds are chosen (Larson et al. 2019, section 4.2). It lies halfway
// between two of the rows' probabilities; of equally good ones the lowest is taken.
func OverallThreshold(rows []EvalRow) float64 {
	return bestThreshold(rows, func(in, right, caught float64) float64 { return right + caught })
}

// RecallThreshold returns the probability that something answers from which
// answering leaves out most rows out of scope while at least this share of the rows in scope is still
// answered, and rightly; false if no threshold leaves that many.
func RecallThreshold(rows []EvalRow, least float64) (float64, bool) {
	met := false
	t := bestThreshold(rows, func(in, right, caught float64) float64 {
		if right < least*in {
			return -1
		}
		met = true
		return caught
	})
	return t, met
}

// bestThreshold goes through the thresholds from above all probabilities to below
// them. Value gets the rows in scope, those of them that are answered rightly,
// and the rows out of scope that are not answered.
func bestThreshold(rows []EvalRow, value func(in, right, caught float64) float64) float64 {
	groups := newGauge(rows).scopeTallies()
	var in, out float64
	for _, t := range groups {
		in += t.in
		out += t.out
	}
	best, at := value(in, 0, out), 1.0
	if len(groups) > 0 {
		at = math.Nextafter(groups[0].confidence, math.Inf(1))
	}
	right, caught := 0.0, out
	for i, t := range groups {
		right += t.right
		caught -= t.out
		threshold := math.Inf(-1)
		if i+1 < len(groups) {
			threshold = (t.confidence + groups[i+1].confidence) / 2
		}
		if v := value(in, right, caught); v >= best {
			best, at = v, threshold
		}
	}
	return at
}

// ThresholdOutcome is what a threshold does to rows.
type ThresholdOutcome struct {
	InScope   Estimate // rows in scope that are answered, and rightly
	OOSRecall Estimate // rows out of scope that are not answered
}

// AtThreshold measures rows at a threshold that was chosen on others. The
// intervals are those of the rows; they do not hold the chance in the threshold.
func AtThreshold(rows []EvalRow, threshold float64, cfg BootstrapConfig) (ThresholdOutcome, error) {
	var in, out []float64
	for _, r := range rows {
		switch {
		case r.InScope():
			in = append(in, one(r.Rank() == 1 && r.Answerable >= threshold))
		case r.Want == evalset.WantNothing:
			out = append(out, one(r.Answerable < threshold))
		}
	}
	var o ThresholdOutcome
	var err error
	if o.InScope, err = BootstrapMean(in, cfg); err != nil {
		return o, err
	}
	o.OOSRecall, err = BootstrapMean(out, cfg)
	return o, err
}

// BootstrapMean estimates the mean of xs; undefined without any.
func BootstrapMean(xs []float64, cfg BootstrapConfig) (Estimate, error) {
	if len(xs) == 0 {
		return Estimate{Value: math.NaN(), Low: math.NaN(), High: math.NaN()}, nil
	}
	return bootstrapOne(len(xs), cfg, func(weight []float64) float64 {
		sum, n := 0.0, 0.0
		for i, x := range xs {
			w := 1.0
			if weight != nil {
				w = weight[i]
			}
			sum += w * x
			n += w
		}
		return sum / n
	})
}

// ScoredPair is a pair of texts with a score and whether they ask the same.
type ScoredPair struct {
	Score float64
	Same  bool
}

// PairFigures say how well scores tell pairs that ask the same from others.
type PairFigures struct {
	Spearman Estimate // rank correlation of score and label, −1 to 1
	AUC      Estimate // probability that a pair that asks the same has the higher score
}

// MeasurePairs computes the figures of scored pairs, ties by their mean rank.
func MeasurePairs(pairs []ScoredPair, cfg BootstrapConfig) (PairFigures, error) {
	order := make([]int, len(pairs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(pairs[a].Score, pairs[b].Score) })
	var f PairFigures
	var err error
	if f.Spearman, err = bootstrapOne(len(pairs), cfg, func(w []float64) float64 { s, _ := rankFigures(pairs, order, w); return s }); err != nil {
		return f, err
	}
	f.AUC, err = bootstrapOne(len(pairs), cfg, func(w []float64) float64 { _, a := rankFigures(pairs, order, w); return a })
	return f, err
}

// rankFigures walks the pairs by ascending score. Spearman's coefficient is
// Pearson's of the ranks, tied ones sharing their mean (Kendall 1948).
func rankFigures(pairs []ScoredPair, order []int, weight []float64) (spearman, auc float64) {
	var n, same, rankSame, squares float64
	for i := 0; i < len(order); {
		j := i
		var group, groupSame float64
		for ; j < len(order) && pairs[order[j]].Score == pairs[order[i]].Score; j++ {
			w := 1.0
			if weight != nil {
				w = weight[order[j]]
			}
			group += w
			groupSame += w * one(pairs[order[j]].Same)
		}
		rank := n + (group+1)/2
		rankSame += rank * groupSame
		squares += rank * rank * group
		n += group
		same += groupSame
		i = j
	}
	meanRank := (n + 1) / 2
	covariance := rankSame/n - meanRank*same/n
	spread := math.Sqrt((squares/n - meanRank*meanRank) * (same / n) * (1 - same/n))
	return covariance / spread, (rankSame - same*(same+1)/2) / (same * (n - same))
}

// bootstrapOne estimates a single figure of n rows; NaN where it is undefined.
func bootstrapOne(n int, cfg BootstrapConfig, measure func(weight []float64) float64) (Estimate, error) {
	low, high, err := spreadOf(n, cfg, func(weight []float64) Values {
		var v Values
		for f := range v {
			v[f] = math.NaN()
		}
		v[0] = measure(weight)
		return v
	})
	return Estimate{Value: measure(nil), Low: low[0], High: high[0]}, err
}
