package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/bot"
	"frontdesk/bot/evalset"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/local"
	"frontdesk/internal/text"
	"frontdesk/kb"
	"frontdesk/models"
)

// evaluator is a temporary cluster with the production path on it.
type evaluator struct {
	stack     *stack
	knowledge *bot.EvalKnowledge
	responder *bot.Responder
}

// newEvaluator starts one. The model's name is that of an installed encoder;
// empty means the bundled one. The caller closes it.
func newEvaluator(ctx context.Context, cfg Config, model string) (e *evaluator, err error) {
	logger := cfg.logger()
	cluster, err := local.Temporary(ctx, local.TemporaryConfig{})
	if err != nil {
		return nil, err
	}
	db := &database{url: cluster.URL(), cluster: cluster, logger: logger}
	if model != "" {
		if err := putInUse(ctx, cfg, db, model, logger); err != nil {
			db.close(ctx)
			return nil, err
		}
	}
	s, err := newStack(ctx, cfg, db, prometheus.NewRegistry(), logger)
	if err != nil {
		return nil, err
	}
	e = &evaluator{stack: s, knowledge: bot.NewEvalKnowledge(s.knowledge)}
	if e.responder, err = newResponder(cfg, e.knowledge, nil, nil); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	return e, nil
}

func (e *evaluator) close(ctx context.Context) error { return e.stack.close(ctx) }

// publish makes articles, in the import format, the content of a site.
func (e *evaluator) publish(ctx context.Context, site int32, articles io.Reader) (articleIDs map[string][]string, err error) {
	if _, err := e.stack.knowledge.Import(ctx, identity.System(), articles, kb.ImportOptions{Site: site}); err != nil {
		return nil, err
	}
	return articleLocales(ctx, e.stack, site)
}

// latencySample is how many questions are timed one after another; where there
// are fewer, all are.
const latencySample = 500

// ask evaluates questions on a site, of which timed are timed; below 0: none.
func (e *evaluator) ask(ctx context.Context, site int32, articles map[string][]string, questions []evalset.Question, timed int) (bot.Report, error) {
	return bot.RunEvaluation(ctx, e.responder, bot.EvalConfig{
		Site: site, Articles: articles, Questions: questions, Knowledge: e.knowledge, Parallel: runtime.NumCPU(), Timed: timed,
	})
}

// evaluate imports kbFile into a temporary cluster and asks the questions. The
// model's name is that of an installed encoder; empty means the bundled one.
func evaluate(ctx context.Context, cfg Config, model, kbFile, questionFile string) (bot.Report, error) {
	return evaluateFiles(ctx, cfg, evalOptions{kb: kbFile, questions: questionFile, model: model})
}

// evaluateFiles is evaluate with all options.
func evaluateFiles(ctx context.Context, cfg Config, o evalOptions) (report bot.Report, err error) {
	if o.report != "" { // before the work of minutes, not after it
		if err := writable("--report", o.report); err != nil {
			return report, err
		}
	}
	questions, err := readQuestionFile(o.questions)
	if err != nil {
		return report, err
	}
	articles, err := os.ReadFile(o.kb)
	if err != nil {
		return report, fmt.Errorf("open knowledge base: %w", err)
	}
	data, rows, err := inspect(articles, questions, o.dropLeaks)
	if err != nil {
		return report, fmt.Errorf("%s: %w", o.kb, err)
	}
	if len(rows) == 0 {
		return report, fmt.Errorf("%s: no question is left: all of them stand in %s: %w", o.questions, o.kb, evalset.ErrData)
	}
	e, err := newEvaluator(ctx, cfg, o.model)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, e.close(ctx)) }()
	site, err := e.stack.site(ctx, "")
	if err != nil {
		return report, err
	}
	ids, err := e.publish(ctx, site.ID, bytes.NewReader(articles))
	if err != nil {
		return report, fmt.Errorf("%s: %w", o.kb, err)
	}
	if report, err = e.ask(ctx, site.ID, ids, rows, latencySample); err != nil {
		return report, fmt.Errorf("%s: %w", o.questions, err)
	}
	report.Data = &data
	resamples := o.bootstrap
	if resamples == 0 && o.report != "" {
		resamples = defaultResamples
	}
	if resamples > 0 {
		err = report.AddIntervals(bot.BootstrapConfig{Resamples: resamples, Seed: o.seed})
	}
	return report, err
}

func readQuestionFile(name string) (evalset.Questions, error) {
	f, err := os.Open(name)
	if err != nil {
		return evalset.Questions{}, fmt.Errorf("open questions: %w", err)
	}
	defer f.Close()
	questions, err := evalset.ReadQuestions(f)
	if err != nil {
		return questions, fmt.Errorf("%s: %w", name, err)
	}
	return questions, nil
}

// inspect counts what would make the figures look better than they are, and
// leaves leaking questions out if told to.
func inspect(articles []byte, q evalset.Questions, dropLeaks bool) (bot.EvalData, []evalset.Question, error) {
	if err := evalset.CheckEncoding(articles); err != nil {
		return bot.EvalData{}, nil, err
	}
	known, ids := map[string]bool{}, map[string]bool{}
	err := kb.ReadJSONL(bytes.NewReader(articles), func(a kb.Article) error {
		ids[a.ID] = true
		for _, s := range a.Questions {
			known[text.Key(s)] = true
		}
		return nil
	})
	if err != nil {
		return bot.EvalData{}, nil, err
	}
	if len(ids) == 0 {
		return bot.EvalData{}, nil, fmt.Errorf("the knowledge base is empty: no article in the file: %w", evalset.ErrData)
	}
	data := bot.EvalData{Articles: len(ids), Repeated: len(q.Repeated), RepeatedLines: q.Repeated, ContradictoryLines: q.Contradictory}
	rows := make([]evalset.Question, 0, len(q.Rows))
	for _, r := range q.Rows {
		if known[text.Key(r.Text)] {
			data.Leaking++
			data.LeakingLines = append(data.LeakingLines, r.Line)
			if dropLeaks {
				data.Dropped++
				continue
			}
		}
		rows = append(rows, r)
	}
	data.Describe()
	return data, rows, nil
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
