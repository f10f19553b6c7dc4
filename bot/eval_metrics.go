package bot

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// EvalRow is one judged question of an evaluation.
type EvalRow struct {
	Expected   string   // article id; empty = nothing should answer
	Ranking    []string // article ids, best first, before the decision
	Confidence float64  // of the first
	Action     Action   // after the decision
	Answer     string   // article id, if Action is answer
	Locale     string   // of the expected article, or of the question
	Latency    time.Duration
}

// EvalMetrics are the figures of DESIGN 5. Shares are 0–1; nil = undefined,
// because there is no row that it speaks of.
type EvalMetrics struct {
	N                      int         `json:"n"`
	Hit1                   *float64    `json:"hit1"`                               // in scope: the expected article stands first
	Hit3                   *float64    `json:"hit3"`                               // … among the first three
	MRR10                  *float64    `json:"mrr10"`                              // … mean of 1/rank, 0 beyond ten
	AUROCOOS               *float64    `json:"auroc_oos"`                          // confidence: in scope against out of scope
	OOSRecallAt5           *float64    `json:"oos_recall_at_5pct_false_rejection"` // out of scope below the 5 % quantile of in scope
	SelectiveAccuracyAt70  *float64    `json:"selective_accuracy_at_70pct"`        // in scope: accuracy of the surest 70 %
	CoverageAt2PercentRisk *float64    `json:"coverage_at_2pct_risk"`              // largest share answered with at most 2 % wrong
	AURC                   *float64    `json:"aurc"`                               // mean risk over all coverages
	ECE                    *float64    `json:"ece"`                                // in scope, 15 bins of equal mass
	FalseAnswerRate        *float64    `json:"false_answer_rate"`                  // answered with another article, or on nothing
	ClarifyRate            *float64    `json:"clarify_rate"`
	HandoverRate           *float64    `json:"handover_rate"`
	LatencyMS              EvalLatency `json:"latency_ms"`
}

// EvalLatency is the time of a decision in milliseconds, by nearest rank.
type EvalLatency struct {
	P50 *float64 `json:"p50"`
	P99 *float64 `json:"p99"`
}

// Measure computes the figures of rows.
func Measure(rows []EvalRow) EvalMetrics {
	m := EvalMetrics{N: len(rows)}
	var inside, outside []EvalRow
	for _, r := range rows {
		if r.Expected == "" {
			outside = append(outside, r)
		} else {
			inside = append(inside, r)
		}
	}
	m.Hit1 = mean(inside, func(r EvalRow) float64 { return share(rank(r) == 1) })
	m.Hit3 = mean(inside, func(r EvalRow) float64 { return share(rank(r) >= 1 && rank(r) <= 3) })
	m.MRR10 = mean(inside, func(r EvalRow) float64 {
		if at := rank(r); at >= 1 && at <= 10 {
			return 1 / float64(at)
		}
		return 0
	})
	m.AUROCOOS = auroc(inside, outside)
	if len(inside) > 0 {
		threshold := quantile(confidences(inside), 0.05)
		m.OOSRecallAt5 = mean(outside, func(r EvalRow) float64 { return share(r.Confidence < threshold) })
	}
	m.SelectiveAccuracyAt70 = selectiveAccuracy(inside, 0.7)
	m.CoverageAt2PercentRisk, m.AURC = riskCoverage(rows, 0.02)
	m.ECE = calibrationError(inside, 15)
	m.FalseAnswerRate = mean(rows, func(r EvalRow) float64 { return share(r.Action == ActionAnswer && r.Answer != r.Expected) })
	m.ClarifyRate = mean(rows, func(r EvalRow) float64 { return share(r.Action == ActionClarify) })
	m.HandoverRate = mean(rows, func(r EvalRow) float64 { return share(r.Action == ActionHandover) })
	m.LatencyMS.P50, m.LatencyMS.P99 = latency(rows, 0.5), latency(rows, 0.99)
	return m
}

// rank returns the place of the expected article, from 1; 0 if it was not found.
func rank(r EvalRow) int { return slices.Index(r.Ranking, r.Expected) + 1 }

// correct reports whether answering with the first article would be right.
func correct(r EvalRow) bool { return r.Expected != "" && rank(r) == 1 }

func share(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func mean(rows []EvalRow, f func(EvalRow) float64) *float64 {
	if len(rows) == 0 {
		return nil
	}
	sum := 0.0
	for _, r := range rows {
		sum += f(r)
	}
	sum /= float64(len(rows))
	return &sum
}

func confidences(rows []EvalRow) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = r.Confidence
	}
	slices.Sort(out)
	return out
}

// quantile interpolates linearly between the values beside it (type 7 of Hyndman
// and Fan 1996, numpy's default); sorted must be ascending and not empty.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// auroc is the probability that a row of inside has the higher confidence than
// one of outside, ties counting half (Mann and Whitney 1947).
func auroc(inside, outside []EvalRow) *float64 {
	if len(inside) == 0 || len(outside) == 0 {
		return nil
	}
	low := confidences(outside)
	wins := 0.0
	for _, r := range inside {
		below, _ := slices.BinarySearch(low, r.Confidence)
		notAbove, _ := slices.BinarySearchFunc(low, r.Confidence, func(x, c float64) int {
			if x <= c {
				return -1
			}
			return 1
		})
		wins += float64(below) + float64(notAbove-below)/2
	}
	wins /= float64(len(inside)) * float64(len(outside))
	return &wins
}

// surestFirst returns the rows, the surest first.
func surestFirst(rows []EvalRow) []EvalRow {
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(a, b EvalRow) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return out
}

// selectiveAccuracy is the accuracy of the surest part of rows, rounded up to whole rows.
func selectiveAccuracy(rows []EvalRow, part float64) *float64 {
	top := surestFirst(rows)[:int(math.Ceil(part*float64(len(rows))))]
	return mean(top, func(r EvalRow) float64 { return share(correct(r)) })
}

// riskCoverage walks down the confidences. A threshold cannot split rows of one
// confidence: coverage counts only where one ends, and within such a group the
// errors are spread evenly, so that the order of rows never matters.
func riskCoverage(rows []EvalRow, maxRisk float64) (coverage, aurc *float64) {
	if len(rows) == 0 {
		return nil, nil
	}
	sorted := surestFirst(rows)
	n := float64(len(sorted))
	var wrong, area, best float64
	for i := 0; i < len(sorted); {
		j, group := i, 0.0
		for j < len(sorted) && sorted[j].Confidence == sorted[i].Confidence {
			group += share(!correct(sorted[j]))
			j++
		}
		for k := i + 1; k <= j; k++ {
			area += (wrong + group*float64(k-i)/float64(j-i)) / float64(k)
		}
		wrong += group
		if wrong/float64(j) <= maxRisk {
			best = float64(j) / n
		}
		i = j
	}
	area /= n
	return &best, &area
}

// calibrationError is the expected calibration error over bins of equal mass:
// the first bins hold one row more where the rows do not divide evenly.
func calibrationError(rows []EvalRow, bins int) *float64 {
	if len(rows) == 0 {
		return nil
	}
	sorted := surestFirst(rows)
	slices.Reverse(sorted)
	sum, start := 0.0, 0
	for b := range bins {
		size := len(sorted) / bins
		if b < len(sorted)%bins {
			size++
		}
		var right, sure float64
		for _, r := range sorted[start : start+size] {
			right += share(correct(r))
			sure += r.Confidence
		}
		sum += math.Abs(right - sure) // size × |accuracy − mean confidence|
		start += size
	}
	sum /= float64(len(sorted))
	return &sum
}

func latency(rows []EvalRow, q float64) *float64 {
	if len(rows) == 0 {
		return nil
	}
	all := make([]time.Duration, len(rows))
	for i, r := range rows {
		all[i] = r.Latency
	}
	slices.Sort(all)
	ms := all[max(0, int(math.Ceil(q*float64(len(all))))-1)].Seconds() * 1000
	return &ms
}
