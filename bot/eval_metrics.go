package bot

import (
	"math"
	"slices"
	"time"

	"frontdesk/bot/evalset"
)

// EvalMetrics are the figures of DESIGN 5. Shares are 0–1; nil = undefined,
// because there is no row that it speaks of. Two probabilities order the rows:
// whether to refuse is decided by the one that anything answers
// (EvalRow.Answerable), what to say by the one that the first article does
// (EvalRow.Confidence). The contract's figures of refusal are of the former; as
// its wording allows the latter too, they stand beside it by that one.
type EvalMetrics struct {
	N                      int         `json:"n"`
	Hit1                   *float64    `json:"hit1"`                               // in scope: the expected article stands first
	Hit3                   *float64    `json:"hit3"`                               // … among the first three
	MRR10                  *float64    `json:"mrr10"`                              // … mean of 1/rank, 0 beyond ten
	AUROCOOS               *float64    `json:"auroc_oos"`                          // probability that anything answers: in scope against out of scope
	OOSRecallAt5           *float64    `json:"oos_recall_at_5pct_false_rejection"` // … out of scope below its 5 % quantile in scope
	AUROCByConfidence      *float64    `json:"auroc_oos_by_confidence"`            // the same of the confidence that the first article answers
	OOSRecallByConfidence  *float64    `json:"oos_recall_at_5pct_by_confidence"`   // likewise
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
	v := newGauge(rows).measure(nil)
	at := func(f Figure) *float64 {
		if math.IsNaN(v[f]) {
			return nil
		}
		return &v[f]
	}
	return EvalMetrics{
		N: len(rows), Hit1: at(FigureHit1), Hit3: at(FigureHit3), MRR10: at(FigureMRR10), AUROCOOS: at(FigureAUROC),
		OOSRecallAt5: at(FigureOOSRecall), AUROCByConfidence: at(FigureAUROCByConfidence), OOSRecallByConfidence: at(FigureOOSRecallByConfidence),
		SelectiveAccuracyAt70: at(FigureSelective70), CoverageAt2PercentRisk: at(FigureCoverage2), AURC: at(FigureAURC), ECE: at(FigureECE), FalseAnswerRate: at(FigureFalseAnswers), ClarifyRate: at(FigureClarify),
		HandoverRate: at(FigureHandover), LatencyMS: EvalLatency{P50: latency(rows, 0.5), P99: latency(rows, 0.99)},
	}
}

// InScope reports whether an article is expected.
func (r EvalRow) InScope() bool { return r.Want == evalset.WantArticle }

// Rank returns the place of the first expected article, from 1; 0 if none was found.
func (r EvalRow) Rank() int {
	return slices.IndexFunc(r.Ranking, func(id string) bool { return slices.Contains(r.Expected, id) }) + 1
}

// First returns the best article; empty if there is none.
func (r EvalRow) First() string {
	if len(r.Ranking) == 0 {
		return ""
	}
	return r.Ranking[0]
}

// FalseAnswer reports whether the turn was answered with an article that is not expected.
func (r EvalRow) FalseAnswer() bool {
	return r.Action == ActionAnswer && !slices.Contains(r.Expected, r.Answer)
}

// abuseKind is the kind of house rows that are answered to rudeness.
const abuseKind = "abuse"

// RightDecision reports whether the bot did what is right for the turn. An
// expected article is answered with; where several would do, or the turn asks
// two things, offering one of them is right too, and for a vague turn offering
// it first. Nothing expected: no article is said. A wish for a person is handed
// over because of it, rudeness also by a rule of its own.
func (r EvalRow) RightDecision() bool {
	switch r.Want {
	case evalset.WantNothing:
		return r.Action != ActionAnswer
	case evalset.WantHuman:
		if r.Action != ActionHandover {
			return false
		}
		return r.Reason == ReasonAskedForHuman || (r.Kind == abuseKind && !slices.Contains(
			[]Reason{ReasonNoAnswer, ReasonClarifyLimit, ReasonTooLong, ReasonBotUnavailable, ReasonRejected}, r.Reason))
	case evalset.WantSmallTalk:
		return r.Action == ActionReply
	case evalset.WantClarify:
		return r.Action == ActionClarify
	case evalset.WantArticle:
	}
	if r.Action == ActionAnswer {
		return slices.Contains(r.Expected, r.Answer)
	}
	if r.Action != ActionClarify || len(r.Offers) == 0 {
		return false
	}
	switch {
	case r.Kind == "two" || len(r.Expected) > 1:
		return slices.ContainsFunc(r.Offers, func(id string) bool { return slices.Contains(r.Expected, id) })
	case r.Kind == "vague":
		return slices.Contains(r.Expected, r.Offers[0])
	}
	return false
}

// latency is a quantile of the rows that were timed; nil if none was.
func latency(rows []EvalRow, q float64) *float64 {
	all := make([]time.Duration, 0, len(rows))
	for _, r := range rows {
		if r.Latency > 0 {
			all = append(all, r.Latency)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	ms := all[max(0, int(math.Ceil(q*float64(len(all))))-1)].Seconds() * 1000
	return &ms
}
