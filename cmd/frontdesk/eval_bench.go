package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"frontdesk/bot"
	"frontdesk/bot/evalreport"
	"frontdesk/bot/evalset"
	"frontdesk/internal/text"
)

// bench runs standard sets, a site each. A search passes over the vectors of
// every site of its database: once there are many, the next site gets a new one,
// so that times are those of its own texts.
type bench struct {
	*evaluator
	open  func(context.Context) (*evaluator, error)
	opts  setsOptions
	set   string // that runs
	kept  int    // reports of the set
	sites int
	texts int             // published on the evaluator
	shops map[string]shop // by their articles in the import format
}

// manyTexts is how many texts sites share a database with.
const manyTexts = 4000

// newSite makes a site for this many texts.
func (b *bench) newSite(ctx context.Context, texts int) (int32, error) {
	if b.texts > 0 && b.texts+texts > manyTexts {
		if err := b.close(ctx); err != nil {
			return 0, err
		}
		b.evaluator = nil
	}
	if b.evaluator == nil {
		var err error
		if b.evaluator, err = b.open(ctx); err != nil {
			return 0, err
		}
		b.texts, b.shops = 0, map[string]shop{}
	}
	b.texts += texts
	b.sites++
	key := fmt.Sprintf("set-%d", b.sites)
	site, err := b.stack.accounts.EnsureSite(ctx, key, key, text.English)
	return site.ID, err
}

// wordless is the title and answer of an article that has none: nothing in it
// can be looked up.
const wordless = "—"

// knowledge base of a set, in the import format.
type lines struct {
	bytes.Buffer
	articles, variants int
}

// add writes an article whose questions are all there is to find it by. A public
// set has no titles, and an intent's name would tell too much: the first question
// is the title too, as it often is in real knowledge bases.
func (l *lines) add(id string, questions []string) error {
	locale := text.Language(questions[0], text.English)
	title := questions[0]
	if r := []rune(title); len(r) > maxTitle {
		title = string(r[:maxTitle])
	}
	raw, err := json.Marshal(map[string]any{"id": id, "title": title, "locale": locale, "questions": questions, "answer": wordless})
	if err != nil {
		return fmt.Errorf("write article %q: %w", id, err)
	}
	l.articles++
	l.variants += len(questions)
	l.Write(append(raw, '\n'))
	return nil
}

// maxTitle is kb.MaxTitleRunes, fewer than a question may have.
const maxTitle = 200

// articlesOf makes an article of each label.
func articlesOf(rows []evalset.Row) (*lines, error) {
	byLabel := map[string][]string{}
	for _, r := range rows {
		byLabel[r.Label] = append(byLabel[r.Label], r.Text)
	}
	var out lines
	for _, label := range evalset.Labels(rows) {
		if err := out.add(label, byLabel[label]); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// questionsOf turns rows into questions that expect their label; those of the
// label outside expect nothing.
func questionsOf(rows []evalset.Row, outside string) []evalset.Question {
	out := make([]evalset.Question, len(rows))
	for i, r := range rows {
		out[i] = evalset.Question{Line: r.Line, Text: r.Text, Articles: []string{r.Label}}
		if r.Label == outside {
			out[i].Want, out[i].Articles = evalset.WantNothing, nil
		}
	}
	return out
}

// answer publishes a knowledge base on a site of its own and asks it; timed
// questions are timed.
func (b *bench) answer(ctx context.Context, kbLines *lines, questions []evalset.Question, timed int) (bot.Report, time.Duration, error) {
	site, err := b.newSite(ctx, kbLines.variants)
	if err != nil {
		return bot.Report{}, 0, err
	}
	start := time.Now()
	ids, err := b.publish(ctx, site, &kbLines.Buffer)
	if err != nil {
		return bot.Report{}, 0, err
	}
	took := time.Since(start)
	report, err := b.ask(ctx, site, ids, questions, timed)
	if err == nil {
		err = b.keep(report.Rows)
	}
	return report, took, err
}

// keep writes rows where --rows says.
func (b *bench) keep(rows []bot.EvalRow) error {
	if b.opts.rows == "" {
		return nil
	}
	if err := os.MkdirAll(b.opts.rows, 0o755); err != nil { //nolint:gosec // figures, for everybody
		return fmt.Errorf("make the folder of --rows: %w", err)
	}
	b.kept++
	return putFile(b.opts.rows, fmt.Sprintf("%s-%d.json", b.set, b.kept), func(w io.Writer) error {
		return printJSON(w, bot.SavedReport{Report: bot.NewReport(rows), Rows: rows})
	})
}

// draws runs a set once for each draw of k rows a label (0 = one run with all)
// and averages the figures over the draws; all ask the same questions.
func (b *bench) draws(ctx context.Context, pool []evalset.Row, k int, questions []evalset.Question) (evalreport.Set, [][]bot.EvalRow, error) {
	var set evalreport.Set
	var runs [][]bot.EvalRow
	seeds := drawSeeds()
	if k == 0 {
		seeds = seeds[:1]
	}
	timed := latencySample
	for _, seed := range seeds {
		drawn := pool
		if k > 0 {
			var notes evalset.Notes
			var err error
			if drawn, _, notes, err = evalset.Shots(pool, k, seed); err != nil {
				return set, nil, err
			}
			set.Small = notes.Small
		}
		kbLines, err := articlesOf(drawn)
		if err != nil {
			return set, nil, err
		}
		set.Articles, set.Variants = kbLines.articles, kbLines.variants
		report, took, err := b.answer(ctx, kbLines, questions, timed)
		if err != nil {
			return set, nil, err
		}
		timed = -1 // the first draw's times say it
		set.PublishSeconds += took.Seconds() / float64(len(seeds))
		runs = append(runs, report.Rows)
	}
	set.Draws = len(seeds)
	return set, runs, nil
}

// fill measures the rows of runs, which asked the same questions, into set.
func (b *bench) fill(set *evalreport.Set, runs [][]bot.EvalRow) error {
	estimates, err := bot.Bootstrap(runs, b.opts.resamples())
	if err != nil {
		return err
	}
	set.Questions = len(runs[0])
	if set.Figures == nil {
		set.Figures = map[string]evalreport.Estimate{}
	}
	for f, e := range estimates {
		set.Add(bot.Figure(f).String(), e)
	}
	var all []bot.EvalRow
	for _, rows := range runs {
		all = append(all, rows...)
	}
	m := bot.Measure(all)
	set.Latency = m.LatencyMS
	set.Draw(all)
	return nil
}

// only keeps the rows of the questions, by line, in their order.
func only(runs [][]bot.EvalRow, questions []evalset.Row) [][]bot.EvalRow {
	keep := map[int]bool{}
	for _, q := range questions {
		keep[q.Line] = true
	}
	out := make([][]bot.EvalRow, len(runs))
	for i, rows := range runs {
		for _, r := range rows {
			if keep[r.Line] {
				out[i] = append(out[i], r)
			}
		}
	}
	return out
}

// halves returns the half that reports and the other one, and their names.
func (b *bench) halves(rows []evalset.Row) (report, other []evalset.Row) {
	a, z := evalset.Halves(rows, seedHalves)
	if b.opts.half == "A" {
		return a, z
	}
	return z, a
}
