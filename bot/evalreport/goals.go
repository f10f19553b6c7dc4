package evalreport

import "fmt"

// Target is what a figure is measured against.
type Target struct {
	Set    string
	Figure string
	Label  string
	// Study is the feasibility study's figure (MODELS.md, column X or the text), Goal the
	// one to reach (NUMBERS.md "Truth"); NaN-free: 0 = none. AtMost: less is better.
	Study, Goal float64
	AtMost      bool
	Published   string // what others reach, and how it compares
}

// Targets lists the goals of issue 4 in the order in which they are shown.
// Studies and published figures come from MODELS.md and NUMBERS.md "Truth".
func Targets() []Target {
	const (
		larson  = "SVM 88.2 / 18.0, DialogFlow 90.8 / 26.7, Rasa 90.9 / 31.2, MLP on USE 93.4 / 49.1, BERT 96.2 / 52.3 (Larson et al. 2019, test)"
		banking = "BERT 93.66, USE + ConveRT 93.36 (test)"
		tenShot = "ten-shot: USE 84.2, RoBERTa 84.3 (pretrained)"
	)
	return []Target{
		{Set: "banking77-k1", Figure: "hit1", Label: "hit@1", Study: .400},
		{Set: "banking77-k5", Figure: "hit1", Label: "hit@1", Study: .667, Goal: .70},
		{Set: "banking77-k5", Figure: "hybrid_gain", Label: "hit@1 above the best leg", Goal: .02},
		{Set: "banking77-k10", Figure: "hit1", Label: "hit@1", Study: .766, Goal: .80, Published: tenShot},
		{Set: "banking77-full", Figure: "hit1", Label: "hit@1", Study: .921, Goal: .93, Published: banking},
		{Set: "clinc150-k1", Figure: "hit1", Label: "hit@1", Study: .534},
		{Set: "clinc150-k5", Figure: "hit1", Label: "hit@1", Study: .798, Goal: .83},
		{Set: "clinc150-k5", Figure: "hybrid_gain", Label: "hit@1 above the best leg", Goal: .02},
		{Set: "clinc150-k10", Figure: "hit1", Label: "hit@1", Study: .862, Goal: .89},
		{Set: "clinc150-k10", Figure: "selective_accuracy_at_50pct", Label: "accuracy of the surest 50 %", Study: .985},
		{Set: "clinc150-k10", Figure: "selective_accuracy_at_70pct", Label: "accuracy of the surest 70 %", Study: .963, Goal: .975},
		{Set: "clinc150-k10", Figure: "selective_accuracy_at_90pct", Label: "accuracy of the surest 90 %", Study: .913},
		{Set: "clinc150-k10", Figure: "oos_recall_at_5pct_false_rejection", Label: "out of scope refused at 5 % false refusals", Study: .575, Goal: .70},
		{Set: "clinc150-k10", Figure: "ece", Label: "calibration error", Study: .04, Goal: .03, AtMost: true},
		{Set: "clinc150-full", Figure: "hit1", Label: "hit@1, in scope", Study: .937},
		{Set: "clinc150-full", Figure: "supervised_in_scope", Label: "in scope right, threshold right most often on the other half", Study: .922, Goal: .94, Published: larson},
		{Set: "clinc150-full", Figure: "supervised_oos_recall", Label: "out of scope refused at that threshold", Study: .466, Goal: .60, Published: larson},
		{Set: "clinc150-full", Figure: "in_scope_at_94", Label: "in scope right, threshold for 94 % on the other half", Goal: .94},
		{Set: "clinc150-full", Figure: "oos_recall_at_94", Label: "out of scope refused at that threshold", Goal: .60},
		{Set: "clinc150-full", Figure: "auroc_oos", Label: "AUROC", Goal: .94, Published: "BERT-base .942, SNGP .969"},
		{Set: "clinc150-full", Figure: "ece", Label: "calibration error", Goal: .03, AtMost: true},
		{Set: "banking77-full", Figure: "ece", Label: "calibration error", Goal: .03, AtMost: true},
		{Set: "nlupp-banking-k5", Figure: "hit1", Label: "hit@1"},
		{Set: "lcqmc-pairs", Figure: "encoder_auc", Label: "AUC, encoder", Study: .786, Goal: .786},
		{Set: "lcqmc-pairs", Figure: "encoder_spearman", Label: "Spearman, encoder", Published: "on test, where the goal is 66: bge-small-zh 72.2, multilingual-e5-small 72.7; the study 60.8"},
		{Set: "lcqmc-pairs", Figure: "pair_auc", Label: "AUC, pair model"},
		{Set: "lcqmc-pairs", Figure: "pair_spearman", Label: "Spearman, pair model"},
		{Set: "lcqmc-retrieval", Figure: "hit1", Label: "hit@1", Published: "on test, where the goal is 91: the study 89.5"},
		{Set: "house-zh", Figure: "right_decision", Label: "right decisions", Goal: .90},
		{Set: "house-zh", Figure: "hybrid_gain", Label: "hit@1 above the best leg", Goal: .02},
		{Set: "house-en", Figure: "right_decision", Label: "right decisions", Goal: .90},
		{Set: "house-en", Figure: "hybrid_gain", Label: "hit@1 above the best leg", Goal: .02},
		{Set: "demo-shop", Figure: "hit1", Label: "hit@1"},
		{Set: "demo-shop-held-out", Figure: "hit1", Label: "hit@1"},
		{Set: "demo-shop-held-out", Figure: "false_answer_rate", Label: "false answers"},
	}
}

// result is a target with what was measured.
type result struct {
	Target
	set   *Set
	found bool // the figure exists
	e     Estimate
}

// results pairs the targets with the figures of the sets that were run. A goal
// whose figure does not exist, because no threshold reaches it, is missed.
func (f *Figures) results() []result {
	var out []result
	for _, t := range Targets() {
		s := f.set(t.Set)
		if s == nil {
			continue
		}
		e, ok := s.Figures[t.Figure]
		if ok || t.Goal != 0 {
			out = append(out, result{Target: t, set: s, found: ok, e: e})
		}
	}
	return out
}

// value writes the figure.
func (r result) value() string {
	if !r.found {
		return "not reached"
	}
	if r.Goal != 0 && r.e.Value != r.Goal && percent(r.e.Value) == percent(r.Goal) {
		return fmt.Sprintf("%.2f", 100*r.e.Value) // 69.96 is not 70
	}
	return percent(r.e.Value)
}

func (r result) verdict() string {
	if !r.found {
		return verdictMissed
	}
	return r.Target.verdict(r.e)
}

// The verdicts on a target.
const (
	verdictReached = "reached"      // the whole interval lies on the right side
	verdictAbout   = "just reached" // the figure does, its interval reaches over
	verdictOpen    = "just missed"  // the figure does not, its interval does
	verdictMissed  = "missed"
	verdictNone    = "–"
)

// verdict compares an estimate with a goal.
func (t Target) verdict(e Estimate) string {
	if t.Goal == 0 {
		return verdictNone
	}
	value, sure, reach := e.Value, e.Value, e.Value
	if e.Low != nil && e.High != nil {
		sure, reach = *e.Low, *e.High
	}
	goal := t.Goal
	if t.AtMost {
		sure, reach = reach, sure
		value, sure, reach, goal = -value, -sure, -reach, -goal
	}
	switch {
	case sure >= goal:
		return verdictReached
	case value >= goal:
		return verdictAbout
	case reach >= goal:
		return verdictOpen
	}
	return verdictMissed
}
