package bot

import (
	"cmp"
	"math"
	"slices"

	"frontdesk/bot/evalset"
)

// Figure names a figure of an evaluation.
type Figure int

// The figures, in the order in which they are shown.
const (
	FigureHit1 Figure = iota
	FigureHit3
	FigureMRR10
	FigureAUROC
	FigureOOSRecall
	FigureAUROCByConfidence
	FigureOOSRecallByConfidence
	FigureSelective70
	FigureCoverage2
	FigureAURC
	FigureECE
	FigureFalseAnswers
	FigureClarify
	FigureHandover
	FigureRightDecision
	FigureSelective50
	FigureSelective90
	FigureBM25Hit1
	FigureCharHit1
	FigureDenseHit1
	FigureBaseHit1
	FigureHeadHit1
	FigurePairHit1
	FigureHybridGain
	figureCount
)

// figureNames are the names in JSON.
func figureNames() [figureCount]string {
	return [figureCount]string{
		FigureHit1: "hit1", FigureHit3: "hit3", FigureMRR10: "mrr10", FigureAUROC: "auroc_oos",
		FigureOOSRecall: "oos_recall_at_5pct_false_rejection", FigureAUROCByConfidence: "auroc_oos_by_confidence",
		FigureOOSRecallByConfidence: "oos_recall_at_5pct_by_confidence", FigureSelective70: "selective_accuracy_at_70pct",
		FigureCoverage2: "coverage_at_2pct_risk", FigureAURC: "aurc", FigureECE: "ece", FigureFalseAnswers: "false_answer_rate",
		FigureClarify: "clarify_rate", FigureHandover: "handover_rate", FigureRightDecision: "right_decision",
		FigureSelective50: "selective_accuracy_at_50pct", FigureSelective90: "selective_accuracy_at_90pct",
		FigureBM25Hit1: "bm25_hit1", FigureCharHit1: "char_hit1", FigureDenseHit1: "dense_hit1", FigureBaseHit1: "base_hit1",
		FigureHeadHit1: "head_hit1", FigurePairHit1: "pair_hit1", FigureHybridGain: "hybrid_gain",
	}
}

// String returns the figure's name in JSON.
func (f Figure) String() string {
	if f < 0 || f >= figureCount {
		return "unknown"
	}
	return figureNames()[f]
}

// Figures lists all figures in the order in which they are shown.
func Figures() []Figure {
	out := make([]Figure, figureCount)
	for i := range out {
		out[i] = Figure(i)
	}
	return out
}

// LessIsBetter reports whether a smaller value of the figure is the better one.
func (f Figure) LessIsBetter() bool {
	return f == FigureAURC || f == FigureECE || f == FigureFalseAnswers || f == FigureClarify || f == FigureHandover
}

// Values holds a value for each figure; NaN = undefined.
type Values [figureCount]float64

// judged is what the figures need of a row.
type judged struct {
	place      int // in the file
	confidence float64
	group      int // of rows with one confidence, the surest 0
	answerable float64
	scope      int // of rows with one answerable, the surest 0
	in, out    bool
	right      bool
	rank       int
	false, clarify, handover,
	decided bool
	legs [6]bool // right by bm25, char, dense, base, head, pair
}

// gauge measures a set of rows again and again under changing weights (the
// bootstrap): all that does not depend on weights is worked out once.
type gauge struct {
	rows   []judged // the surest first
	groups int
	scopes int
	legs   [6]bool // some row has a first article of the leg
	wide   bool    // searches were looked into
}

func newGauge(rows []EvalRow) *gauge {
	g := &gauge{rows: make([]judged, len(rows))}
	for i, r := range rows {
		at := r.Rank()
		j := judged{
			place: i, confidence: r.Confidence, answerable: r.Answerable, in: r.InScope(), out: r.Want == evalset.WantNothing, rank: at, right: r.InScope() && at == 1,
			false: r.FalseAnswer(), clarify: r.Action == ActionClarify, handover: r.Action == ActionHandover, decided: r.RightDecision(),
		}
		for leg, id := range [6]string{r.Tops.BM25, r.Tops.Char, r.Tops.Dense, r.Tops.Base, r.Tops.Head, r.Tops.Pair} {
			j.legs[leg] = id != "" && slices.Contains(r.Expected, id)
			g.legs[leg] = g.legs[leg] || id != ""
		}
		g.rows[i] = j
	}
	g.wide = slices.Contains(g.legs[:], true)
	g.scopes = g.rank(func(r *judged) (float64, *int) { return r.answerable, &r.scope })
	g.groups = g.rank(func(r *judged) (float64, *int) { return r.confidence, &r.group })
	return g
}

// rank sorts the rows by a probability, the highest first, numbers the groups
// that share one, and returns how many there are.
func (g *gauge) rank(by func(*judged) (probability float64, group *int)) int {
	slices.SortStableFunc(g.rows, func(a, b judged) int {
		pa, _ := by(&a)
		pb, _ := by(&b)
		return cmp.Compare(pb, pa)
	})
	n, before := 0, math.NaN()
	for i := range g.rows {
		p, group := by(&g.rows[i])
		if p != before {
			n++
		}
		*group, before = n-1, p
	}
	return n
}

// tally is what rows of one probability have in common. A threshold cannot split
// them: wherever their order would matter, right and wrong are spread evenly.
type tally struct {
	confidence float64
	in, out    float64 // rows
	right      float64 // of in
}

// measure computes all figures with weight[i] copies of row i of the file; nil = one of each.
func (g *gauge) measure(weight []float64) Values {
	var v Values
	for f := range v {
		v[f] = math.NaN()
	}
	groups, scopes := make([]tally, g.groups), make([]tally, g.scopes)
	var n, in, out, right, hit3, rr, wrong, clarify, handover, decided float64
	var legs [6]float64
	for _, r := range g.rows {
		w := 1.0
		if weight != nil {
			if w = weight[r.place]; w == 0 {
				groups[r.group].confidence, scopes[r.scope].confidence = r.confidence, r.answerable
				continue
			}
		}
		n += w
		wrong += w * one(r.false)
		clarify += w * one(r.clarify)
		handover += w * one(r.handover)
		decided += w * one(r.decided)
		t, s := &groups[r.group], &scopes[r.scope]
		t.confidence, s.confidence = r.confidence, r.answerable
		if r.out {
			out += w
			t.out += w
			s.out += w
		}
		if !r.in {
			continue
		}
		in += w
		t.in += w
		s.in += w
		if r.right {
			right += w
			t.right += w
		}
		if r.rank >= 1 && r.rank <= 3 {
			hit3 += w
		}
		if r.rank >= 1 && r.rank <= 10 {
			rr += w / float64(r.rank)
		}
		for leg, hit := range r.legs {
			legs[leg] += w * one(hit)
		}
	}
	if n > 0 {
		v[FigureFalseAnswers], v[FigureClarify], v[FigureHandover], v[FigureRightDecision] = wrong/n, clarify/n, handover/n, decided/n
	}
	if in > 0 {
		v[FigureHit1], v[FigureHit3], v[FigureMRR10] = right/in, hit3/in, rr/in
		v[FigureSelective70] = selectiveAccuracy(groups, in, 0.7)
		v[FigureSelective50], v[FigureSelective90] = selectiveAccuracy(groups, in, 0.5), selectiveAccuracy(groups, in, 0.9)
		v[FigureECE] = calibrationError(groups, in, 15)
		best := 0.0
		for leg, f := range [6]Figure{FigureBM25Hit1, FigureCharHit1, FigureDenseHit1, FigureBaseHit1, FigureHeadHit1, FigurePairHit1} {
			if g.legs[leg] {
				v[f] = legs[leg] / in
			}
			if leg < 3 {
				best = max(best, legs[leg]/in)
			}
		}
		if g.wide {
			v[FigureHybridGain] = right/in - best
		}
	}
	if in > 0 && out > 0 {
		v[FigureAUROC] = auroc(scopes, in, out)
		v[FigureOOSRecall] = belowQuantile(scopes, in, out, 0.05)
		v[FigureAUROCByConfidence] = auroc(groups, in, out)
		v[FigureOOSRecallByConfidence] = belowQuantile(groups, in, out, 0.05)
	}
	if in+out > 0 {
		v[FigureCoverage2], v[FigureAURC] = riskCoverage(groups, in+out, 0.02)
	}
	return v
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// auroc is the probability that a row in scope stands above one out of scope, ties counting half (Mann and Whitney 1947).
func auroc(groups []tally, in, out float64) float64 {
	wins, below := 0.0, out
	for _, t := range groups {
		below -= t.out
		wins += t.in * (below + t.out/2)
	}
	return wins / (in * out)
}

// belowQuantile is the share of rows out of scope whose probability lies below
// the q quantile of those in scope, interpolated between neighbours (type 7 of
// Hyndman and Fan 1996, numpy's default).
func belowQuantile(groups []tally, in, out, q float64) float64 {
	at := q * (in - 1)
	low := math.Floor(at)
	high := min(low+1, in-1)
	seen, a, b := 0.0, math.NaN(), math.NaN()
	for i := len(groups) - 1; i >= 0 && math.IsNaN(b); i-- { // the least sure first
		seen += groups[i].in
		if math.IsNaN(a) && seen > low {
			a = groups[i].confidence
		}
		if seen > high {
			b = groups[i].confidence
		}
	}
	threshold := a + (at-low)*(b-a)
	below := 0.0
	for _, t := range groups {
		if t.confidence < threshold {
			below += t.out
		}
	}
	return below / out
}

// selectiveAccuracy is the accuracy of the surest part of the rows in scope,
// rounded up to whole rows.
func selectiveAccuracy(groups []tally, in, part float64) float64 {
	top := math.Ceil(part*in - 1e-9)
	seen, right := 0.0, 0.0
	for _, t := range groups {
		if t.in == 0 {
			continue
		}
		take := min(t.in, top-seen)
		right += t.right * take / t.in
		if seen += take; seen >= top {
			break
		}
	}
	return right / top
}

// riskCoverage walks down the confidences. An answered row out of scope counts
// as wrong; coverage counts only where a confidence ends.
func riskCoverage(groups []tally, n, maxRisk float64) (coverage, aurc float64) {
	var wrong, seen float64
	for _, t := range groups {
		size := t.in + t.out
		bad := size - t.right
		for k := 1.0; k <= size; k++ {
			aurc += (wrong + bad*k/size) / (seen + k)
		}
		wrong += bad
		seen += size
		if size > 0 && wrong/seen <= maxRisk {
			coverage = seen / n
		}
	}
	return coverage, aurc / n
}

// calibrationError is the expected calibration error over bins of equal mass:
// the first bins, of the least sure, hold one row more where the rows do not
// divide evenly.
func calibrationError(groups []tally, in float64, bins int) float64 {
	sum := 0.0
	for _, b := range calibrationBins(groups, in, bins) {
		sum += math.Abs(b.Right - b.Sure) // size × |accuracy − mean confidence|
	}
	return sum / in
}

// bin is a part of the rows in scope, by confidence.
type bin struct {
	Rows, Right, Sure float64 // rows; of them right; the sum of their confidences
}

func calibrationBins(groups []tally, in float64, bins int) []bin {
	out := make([]bin, bins)
	size := func(b int) float64 {
		s := math.Floor(in / float64(bins))
		if float64(b) < in-s*float64(bins) {
			s++
		}
		return s
	}
	at := 0
	for _, t := range slices.Backward(groups) {
		for left := t.in; left > 0; {
			for at < bins-1 && out[at].Rows >= size(at) {
				at++
			}
			take := left
			if room := size(at) - out[at].Rows; at < bins-1 || room > 0 {
				take = min(left, room)
			}
			out[at].Rows += take
			out[at].Right += t.right * take / t.in
			out[at].Sure += t.confidence * take
			left -= take
		}
	}
	return out
}
