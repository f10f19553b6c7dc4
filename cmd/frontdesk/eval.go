package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"frontdesk/bot"
)

// evalOptions are the flags of eval.
type evalOptions struct {
	kb, questions string
	model         string // installed encoder; empty = the bundled one
	report        string // folder; empty = none
	compare       string // report file; empty = evaluate
	bootstrap     int    // resamples; 0 = no intervals
	seed          uint64
	dropLeaks     bool
	json          bool
}

func newEval(opts *options) *cobra.Command {
	var o evalOptions
	cmd := &cobra.Command{
		Use:   "eval --kb KB.jsonl --questions Q.tsv [--json] [--report DIR] | eval --compare A.json B.json",
		Short: "Measure how well the bot answers questions from a knowledge base",
		Long: `Measure how well the bot answers questions from a knowledge base.

Runs the production path (normaliser, search, fusion, pair model, decision) on a
temporary database that is removed afterwards. Q.tsv has a line per question:
expected-article-id<TAB>question, with - as id where nothing should answer. Several
ids are joined by |; @human, @smalltalk and @clarify expect that decision, and a
line "# word" names the kind of the rows that follow.

--report DIR writes index.html, risk-coverage.svg and report.json (figures and
every row). --bootstrap N adds 95 % intervals. --compare sets two report.json (or
the output of --json) side by side, paired by question where both keep their rows.
--model tries an installed encoder before it is put in use.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if o.compare == "" {
				return cobra.NoArgs(cmd, args)
			}
			if len(args) != 1 {
				return errors.New("--compare takes two files: --compare A.json B.json")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.bootstrap < 0 || o.bootstrap > maxResamples {
				return fmt.Errorf("--bootstrap is %d; want 0 to %d resamples", o.bootstrap, maxResamples)
			}
			if o.compare != "" {
				return compareReports(cmd.OutOrStdout(), o, args[0])
			}
			if o.kb == "" || o.questions == "" {
				return errors.New("eval needs --kb and --questions, or --compare A.json B.json, or the subcommand sets")
			}
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			report, err := evaluateFiles(cmd.Context(), cfg, o)
			if err != nil {
				return err
			}
			if report.Data.Note != "" && !o.json {
				fmt.Fprintln(cmd.ErrOrStderr(), "note: "+report.Data.Note)
			}
			if o.report != "" {
				if err := writeReport(o, report); err != nil {
					return err
				}
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), report)
			}
			return printReport(cmd.OutOrStdout(), report)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.kb, "kb", "", "knowledge base (JSONL)")
	f.StringVar(&o.questions, "questions", "", "questions (TSV)")
	f.StringVar(&o.model, "model", "", "encoder to answer with (default: the bundled one)")
	f.StringVar(&o.report, "report", "", "folder for an HTML report, the risk-coverage curve and all rows")
	f.StringVar(&o.compare, "compare", "", "report to compare another one with, instead of evaluating")
	f.IntVar(&o.bootstrap, "bootstrap", 0, "resamples for 95 % intervals (default: 1000 with --report and --compare, else none)")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the resamples")
	f.BoolVar(&o.dropLeaks, "drop-leaks", false, "leave out questions that stand in the knowledge base, word for word")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	cmd.AddCommand(newEvalSets(opts))
	return cmd
}

// maxResamples bounds --bootstrap: a million would run for hours.
const maxResamples = 100_000

// defaultResamples is how many there are where intervals belong to the output.
const defaultResamples = 1000

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printReport writes the figures for a person.
func printReport(w io.Writer, r bot.Report) error {
	var out strings.Builder
	whole, parts := r.Stated(), map[string]bot.Values{}
	for _, locale := range locales() {
		if m, ok := r.ByLocale[locale]; ok && m.N > 0 {
			parts[locale] = m.Stated()
		}
	}
	fmt.Fprintf(&out, "%-36s %8d", "n", r.N)
	for _, locale := range locales() {
		if m := r.ByLocale[locale]; m.N > 0 {
			fmt.Fprintf(&out, "   %s %8d", locale, m.N)
		}
	}
	out.WriteByte('\n')
	for _, f := range bot.Figures() {
		if f > bot.FigureHandover && whole.At(f) == nil {
			continue
		}
		fmt.Fprintf(&out, "%-36s %8s", f, figure(whole.At(f)))
		if x, ok := r.Intervals.Of(f); ok {
			fmt.Fprintf(&out, "  [%.3f, %.3f]", x[0], x[1])
		}
		if f <= bot.FigureHandover {
			for _, locale := range locales() {
				if v, ok := parts[locale]; ok {
					fmt.Fprintf(&out, "   %s %8s", locale, figure(v.At(f)))
				}
			}
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "%-36s p50 %s, p99 %s\n", "latency_ms", figure(r.LatencyMS.P50), figure(r.LatencyMS.P99))
	for _, kind := range r.Kinds() {
		k := r.ByKind[kind]
		fmt.Fprintf(&out, "%-36s %3d of %3d right\n", "kind "+kind, k.Right, k.N)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func locales() []string { return []string{"zh-CN", "en"} }

func figure(p *float64) string {
	if p == nil {
		return "–" // undefined: nothing to measure it on
	}
	return fmt.Sprintf("%.3f", *p)
}

// newResponder returns the bot's decision with the configured thresholds.
// newResponder returns a responder as configured. Policies and cache may be nil:
// then every site is as configured, and each question is searched anew.
func newResponder(cfg Config, knowledge bot.Knowledge, policies bot.Policies, cache *bot.Cache) (*bot.Responder, error) {
	sees, err := newSignals()
	if err != nil {
		return nil, err
	}
	return bot.NewResponder(bot.ResponderConfig{
		Knowledge:  knowledge,
		Signals:    sees,
		Thresholds: bot.Thresholds{Answer: cfg.Bot.AnswerAt, Clarify: cfg.Bot.ClarifyAt},
		Policies:   policies,
		Cache:      cache,
		Clock:      time.Now,
	})
}
