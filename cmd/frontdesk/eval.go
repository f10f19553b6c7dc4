package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"frontdesk/bot"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/local"
	"frontdesk/kb"
	"frontdesk/models"
)

func newEval(opts *options) *cobra.Command {
	var kbFile, questionFile, model string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "eval --kb KB.jsonl --questions Q.tsv [--json]",
		Short: "Measure how well the bot answers questions from a knowledge base",
		Long: `Measure how well the bot answers questions from a knowledge base.

Runs the production path (normaliser, search, fusion, decision) on a temporary
database that is removed afterwards. Q.tsv has a line per question:
expected-article-id<TAB>question, with - as id where nothing should answer.
--model tries an installed encoder before it is put in use.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			report, err := evaluate(cmd.Context(), cfg, model, kbFile, questionFile)
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(report)
			}
			return printReport(cmd.OutOrStdout(), report)
		},
	}
	cmd.Flags().StringVar(&kbFile, "kb", "", "knowledge base (JSONL)")
	cmd.Flags().StringVar(&questionFile, "questions", "", "questions (TSV)")
	cmd.Flags().StringVar(&model, "model", "", "encoder to answer with (default: the bundled one)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.MarkFlagsRequiredTogether("kb", "questions")
	cmd.MarkFlagsOneRequired("kb")
	return cmd
}

// evaluate imports kbFile into a temporary cluster and asks the questions. The
// model's name is that of an installed encoder; empty means the bundled one.
func evaluate(ctx context.Context, cfg Config, model, kbFile, questionFile string) (report bot.Report, err error) {
	articles, err := os.Open(kbFile)
	if err != nil {
		return report, fmt.Errorf("open knowledge base: %w", err)
	}
	defer articles.Close()
	lines, err := os.Open(questionFile)
	if err != nil {
		return report, fmt.Errorf("open questions: %w", err)
	}
	defer lines.Close()
	questions, err := bot.ReadQuestions(lines)
	if err != nil {
		return report, fmt.Errorf("%s: %w", questionFile, err)
	}

	logger := cfg.logger()
	cluster, err := local.Temporary(ctx, local.TemporaryConfig{})
	if err != nil {
		return report, err
	}
	db := &database{url: cluster.URL(), cluster: cluster, logger: logger}
	if model != "" {
		if err := putInUse(ctx, cfg, db, model, logger); err != nil {
			db.close(ctx)
			return report, err
		}
	}
	s, err := newStack(ctx, cfg, db, prometheus.NewRegistry(), logger)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()

	site, err := s.site(ctx, "")
	if err != nil {
		return report, err
	}
	if _, err := s.knowledge.Import(ctx, identity.System(), articles, kb.ImportOptions{Site: site.ID}); err != nil {
		return report, fmt.Errorf("%s: %w", kbFile, err)
	}
	locales, err := articleLocales(ctx, s, site.ID)
	if err != nil {
		return report, err
	}
	responder, err := newResponder(cfg, s.knowledge)
	if err != nil {
		return report, err
	}
	return bot.RunEvaluation(ctx, responder, bot.EvalConfig{Site: site.ID, Articles: locales, Questions: questions})
}

// putInUse puts an encoder in use in a new database.
func putInUse(ctx context.Context, cfg Config, db *database, name string, logger *slog.Logger) error {
	bundle, err := loadBundle(cfg, name) //nolint:contextcheck // reads a folder, at once
	if err != nil {
		return err
	}
	if task := bundle.Manifest.Task; task != models.TaskEmbed {
		return fmt.Errorf("model %s is for %s; --model takes an encoder", name, task)
	}
	return useModelOn(ctx, cfg, db, bundle, io.Discard, logger)
}

// articleLocales lists which locales each article has.
func articleLocales(ctx context.Context, s *stack, site int32) (map[string][]string, error) {
	locales := map[string][]string{}
	for q := (kb.ListQuery{Site: site, Limit: 200}); ; {
		page, err := s.knowledge.List(ctx, identity.System(), q)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			locales[item.ID] = append(locales[item.ID], item.Locale)
		}
		if page.Next == "" {
			return locales, nil
		}
		q.Cursor = page.Next
	}
}

// printReport writes the figures for a person.
func printReport(w io.Writer, r bot.Report) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var figures map[string]any
	if err := json.Unmarshal(raw, &figures); err != nil {
		return err
	}
	byLocale, _ := figures["by_locale"].(map[string]any)
	for _, name := range []string{
		"n", "hit1", "hit3", "mrr10", "auroc_oos", "oos_recall_at_5pct_false_rejection", "selective_accuracy_at_70pct",
		"coverage_at_2pct_risk", "aurc", "ece", "false_answer_rate", "clarify_rate", "handover_rate",
	} {
		var line strings.Builder
		fmt.Fprintf(&line, "%-36s %8s", name, figure(figures[name]))
		for _, locale := range []string{"zh-CN", "en"} {
			if part, ok := byLocale[locale].(map[string]any); ok {
				fmt.Fprintf(&line, "   %s %8s", locale, figure(part[name]))
			}
		}
		if _, err := fmt.Fprintln(w, line.String()); err != nil {
			return err
		}
	}
	if ms, ok := figures["latency_ms"].(map[string]any); ok {
		_, err = fmt.Fprintf(w, "%-36s p50 %s, p99 %s\n", "latency_ms", figure(ms["p50"]), figure(ms["p99"]))
	}
	return err
}

func figure(v any) string {
	f, ok := v.(float64)
	switch {
	case !ok:
		return "–" // undefined: nothing to measure it on
	case f == float64(int64(f)) && f > 1:
		return fmt.Sprintf("%d", int64(f))
	}
	return fmt.Sprintf("%.3f", f)
}

// newResponder returns the bot's decision with the configured thresholds.
func newResponder(cfg Config, knowledge *kb.Service) (*bot.Responder, error) {
	return bot.NewResponder(bot.ResponderConfig{
		Knowledge:  knowledge,
		Thresholds: bot.Thresholds{Answer: cfg.Bot.AnswerAt, Clarify: cfg.Bot.ClarifyAt},
		Clock:      time.Now,
	})
}
