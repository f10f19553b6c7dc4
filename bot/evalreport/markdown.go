package evalreport

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"frontdesk/bot"
)

// WriteMarkdown writes FIGURES.md.
func WriteMarkdown(w io.Writer, f Figures) error {
	var b strings.Builder
	b.WriteString("# The bot in figures\n\nWritten by `frontdesk eval sets` (`make eval DATA=…`); what the sets are and how they are cut: [README.md](README.md).\n\n")
	writeAbout(&b, f.About)
	writeGoals(&b, f)
	writeSets(&b, f)
	writeLegs(&b, f)
	writeKinds(&b, f)
	writeMade(&b, f)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeAbout(b *strings.Builder, a About) {
	var models []string
	for _, m := range a.Models {
		models = append(models, fmt.Sprintf("%s `%s` (%.12s)", m.Task, m.Name, m.Fingerprint))
	}
	fmt.Fprintf(b, "Shares in percent, in brackets the %.0f %% interval from %d resamples of the questions (percentile bootstrap, seeded; of several draws the same\n", 100*a.Level, a.Resamples)
	fmt.Fprintf(b, "questions are resampled in each). Where a set has halves, half %s is reported. Models: %s. The bot answers from\na confidence of %s, and hands over below a probability of %s that anything answers. Machine: %d cores.\n", a.Half, strings.Join(models, ", "), point(a.AnswerAt), point(a.ClarifyAt), a.Cores)
}

// writeGoals sets each goal beside what was measured.
func writeGoals(b *strings.Builder, f Figures) {
	b.WriteString("\n## Goals\n\nReached / missed: the whole interval lies there. \"Just\": only the figure does, the interval reaches over the goal.\n\n")
	b.WriteString("| set | figure | Frontdesk | study | goal | | others |\n|---|---|---|---|---|---|---|\n")
	before := ""
	for _, r := range f.results() {
		title := r.set.Title
		if title == before {
			title = ""
		}
		before = r.set.Title
		fmt.Fprintf(b, "| %s | %s | **%s**%s | %s | %s | %s | %s |\n", title, r.Label, r.value(), interval(r.e), r.bare(r.Study), r.bound(), r.verdict(), r.Published)
	}
}

func (t Target) bare(x float64) string {
	if x == 0 {
		return "–"
	}
	return percent(x)
}

func (t Target) bound() string {
	switch {
	case t.Goal == 0:
		return "–"
	case t.AtMost:
		return "≤ " + percent(t.Goal)
	}
	return "≥ " + percent(t.Goal)
}

func percent(x float64) string { return fmt.Sprintf("%.1f", 100*x) }

func interval(e Estimate) string {
	if e.Low == nil || e.High == nil {
		return ""
	}
	return fmt.Sprintf(" [%s, %s]", percent(*e.Low), percent(*e.High))
}

func cell(s Set, figure string) string {
	e, ok := s.Figures[figure]
	if !ok {
		return "–"
	}
	return percent(e.Value) + interval(e)
}

// setFigures are the columns of the table of sets.
func setFigures() [][2]string {
	return [][2]string{
		{"hit1", "hit@1"},
		{"hit3", "hit@3"},
		{"auroc_oos", "AUROC"},
		{"oos_recall_at_5pct_false_rejection", "OOS at 5 %"},
		{"auroc_oos_by_confidence", "AUROC by confidence"},
		{"oos_recall_at_5pct_by_confidence", "OOS at 5 % by confidence"},
		{"selective_accuracy_at_70pct", "accuracy at 70 %"},
		{"ece", "ECE"},
		{"false_answer_rate", "false answers"},
		{"clarify_rate", "asks back"},
		{"handover_rate", "hands over"},
		{"right_decision", "right decisions"},
	}
}

func writeSets(b *strings.Builder, f Figures) {
	b.WriteString("\n## All sets\n\nOOS at 5 %: questions out of scope refused at the threshold that refuses 5 % of those in scope. It and AUROC are of the probability that anything\nanswers, by which the bot refuses, and by confidence: that the first article does, by which it answers. Milliseconds: question in, decision out, one after another\n(P50 / P99 of 500 questions, or all).\n\n| set | questions | articles |")
	for _, c := range setFigures() {
		b.WriteString(" " + c[1] + " |")
	}
	b.WriteString(" ms |\n|---|---|---|" + strings.Repeat("---|", len(setFigures())+1) + "\n")
	for _, s := range f.Sets {
		if _, ok := s.Figures["hit1"]; !ok {
			continue
		}
		draws := ""
		if s.Draws > 1 {
			draws = fmt.Sprintf(" × %d draws", s.Draws)
		}
		fmt.Fprintf(b, "| %s | %d%s | %d |", s.Title, s.Questions, draws, s.Articles)
		for _, c := range setFigures() {
			b.WriteString(" " + cell(s, c[0]) + " |")
		}
		fmt.Fprintf(b, " %s |\n", milliseconds(s.Latency))
	}
}

func milliseconds(l bot.EvalLatency) string {
	if l.P50 == nil || l.P99 == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f / %.1f", *l.P50, *l.P99)
}

// legFigures are the columns of the table of legs.
func legFigures() [][2]string {
	return [][2]string{
		{"bm25_hit1", "BM25"},
		{"char_hit1", "n-grams"},
		{"dense_hit1", "encoder"},
		{"base_hit1", "fused"},
		{"head_hit1", "head"},
		{"pair_hit1", "pair model"},
		{"hit1", "final"},
		{"hybrid_gain", "final − best of the first three"},
	}
}

func writeLegs(b *strings.Builder, f Figures) {
	b.WriteString("\n## Which leg finds it\n\nhit@1 if each leg ranked alone. The head is fitted to the knowledge base when it is published; the pair model reads only the best articles of the others.\n\n| set |")
	for _, c := range legFigures() {
		b.WriteString(" " + c[1] + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(legFigures())) + "\n")
	for _, s := range f.Sets {
		if _, ok := s.Figures["dense_hit1"]; !ok {
			continue
		}
		fmt.Fprintf(b, "| %s |", s.Title)
		for _, c := range legFigures() {
			b.WriteString(" " + cell(s, c[0]) + " |")
		}
		b.WriteByte('\n')
	}
}

func writeKinds(b *strings.Builder, f Figures) {
	for _, s := range f.Sets {
		if len(s.Kinds) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n## %s: right decisions by kind\n\n| kind | reporting two thirds | | tuning third |\n|---|---|---|---|\n", s.Title)
		for _, kind := range slices.Sorted(maps.Keys(s.Kinds)) {
			k, t := s.Kinds[kind], s.TuningKinds[kind]
			fmt.Fprintf(b, "| %s | %d of %d | %s | %d of %d |\n", kind, k.Right, k.N, percent(k.Share), t.Right, t.N)
		}
		fmt.Fprintf(b, "| **all** | | %s | %s |\n", cell(s, "right_decision"), cell(s, "tuning_right_decision"))
	}
}

// writeMade says how each set was made.
func writeMade(b *strings.Builder, f Figures) {
	b.WriteString("\n## How the sets were made\n\n| set | texts | | left out | published in |\n|---|---|---|---|---|\n")
	for _, s := range f.Sets {
		left := s.Left
		if len(s.Small) > 0 {
			left = strings.TrimPrefix(left+fmt.Sprintf("; %d labels with fewer rows than drawn", len(s.Small)), "; ")
		}
		about := strings.Join(append([]string{s.About}, s.Remarks...), "; ")
		published := "–"
		if s.PublishSeconds > 0 {
			published = fmt.Sprintf("%.1f s", s.PublishSeconds)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", s.Title, count(s.Variants), about, orDash(left), published)
	}
}

func count(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
