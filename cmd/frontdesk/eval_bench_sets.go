package main

import (
	"context"
	"fmt"
	"strings"

	"frontdesk/bot"
	"frontdesk/bot/evalreport"
	"frontdesk/bot/evalset"
)

// fifth is the share of Banking77's rows that is held back from the knowledge base.
const fifth = 0.2

// banking runs Banking77 with k rows an intent; 0 = all but the fifth held back.
func (b *bench) banking(ctx context.Context, _ string, k int) (evalreport.Set, error) {
	rows, notes, err := b.opts.intents("intent_banking77_train.tsv")
	if err != nil {
		return evalreport.Set{}, err
	}
	pool, held := evalset.HoldBack(rows, fifth, seedHoldBack)
	report, _ := b.halves(held)
	set, runs, err := b.draws(ctx, pool, k, questionsOf(report, ""))
	if err != nil {
		return set, err
	}
	set.Title, set.Left = titleOf("Banking77", k), notes.String()
	set.About = "Questions: half " + b.opts.half + " of a seeded fifth of the train rows, held back from the knowledge base"
	return set, b.fill(&set, runs)
}

func titleOf(name string, k int) string {
	if k == 0 {
		return name + ", all examples"
	}
	return fmt.Sprintf("%s, %d an intent", name, k)
}

// outOfScope is CLINC150's label of questions that nothing answers.
const outOfScope = "oos"

// inScopeGoal is the share of rows in scope that must stay right (NUMBERS.md, "Truth").
const inScopeGoal = 0.94

// clinc runs CLINC150 with k train rows an intent (0 = all) and val as questions.
func (b *bench) clinc(ctx context.Context, _ string, k int) (evalreport.Set, error) {
	train, notes, err := b.opts.intents("intent_clinc150_train.tsv")
	if err != nil {
		return evalreport.Set{}, err
	}
	val, valNotes, err := b.opts.intents("intent_clinc150_val.tsv")
	if err != nil {
		return evalreport.Set{}, err
	}
	notes = evalset.Merge(notes, valNotes)
	val, notes.Leaks = evalset.DropLeaks(train, val)
	pool, _ := evalset.Without(train, outOfScope)
	report, other := b.halves(val)
	asked := report
	if k == 0 { // the other half chooses the threshold
		asked = val
	}
	set, runs, err := b.draws(ctx, pool, k, questionsOf(asked, outOfScope))
	if err != nil {
		return set, err
	}
	set.Title, set.Left = titleOf("CLINC150", k), notes.String()
	set.About = "Questions: half " + b.opts.half + " of val, out-of-scope rows included"
	if k == 0 {
		if err := b.supervised(&set, only(runs, other)[0], only(runs, report)[0]); err != nil {
			return set, err
		}
	}
	return set, b.fill(&set, only(runs, report))
}

// supervised chooses thresholds on one half and measures them on the other.
func (b *bench) supervised(set *evalreport.Set, chooseOn, report []bot.EvalRow) error {
	set.Figures = map[string]evalreport.Estimate{}
	overall := bot.OverallThreshold(chooseOn)
	o, err := bot.AtThreshold(report, overall, b.opts.resamples())
	if err != nil {
		return err
	}
	set.Add("supervised_in_scope", o.InScope)
	set.Add("supervised_oos_recall", o.OOSRecall)
	set.Remarks = append(set.Remarks, fmt.Sprintf("threshold that is right most often on the other half: %.3f", overall))
	t, ok := bot.RecallThreshold(chooseOn, inScopeGoal)
	if !ok {
		set.Remarks = append(set.Remarks, fmt.Sprintf("no threshold keeps %.0f %% in scope right on the other half", 100*inScopeGoal))
		return nil
	}
	if o, err = bot.AtThreshold(report, t, b.opts.resamples()); err != nil {
		return err
	}
	set.Add("in_scope_at_94", o.InScope)
	set.Add("oos_recall_at_94", o.OOSRecall)
	set.Remarks = append(set.Remarks, fmt.Sprintf("highest threshold that keeps %.0f %% in scope right on the other half: %.3f", 100*inScopeGoal, t))
	return nil
}

// Of NLU++'s combinations of intents, those with enough rows to draw from and to ask.
const (
	nluppShots = 5
	nluppLeast = 10
)

// nlupp5 runs the banking part of NLU++, whose rows have several intents each:
// a combination is an article.
func (b *bench) nlupp5(ctx context.Context, _ string) (evalreport.Set, error) {
	rows, notes, err := b.opts.intents("intent_nlupp.tsv")
	if err != nil {
		return evalreport.Set{}, err
	}
	count := map[string]int{}
	for _, r := range rows {
		count[r.Label]++
	}
	var pool []evalset.Row
	for _, r := range rows {
		if strings.HasPrefix(r.Label, "banking:") && count[r.Label] >= nluppLeast {
			pool = append(pool, r)
		}
	}
	if len(pool) == 0 {
		return evalreport.Set{}, fmt.Errorf(`no label "banking:…" with %d rows: %w`, nluppLeast, evalset.ErrData)
	}
	kept, held := evalset.HoldBack(pool, 0.5, seedHoldBack)
	set, runs, err := b.draws(ctx, kept, nluppShots, questionsOf(held, ""))
	if err != nil {
		return set, err
	}
	set.Title, set.Left = titleOf("NLU++ banking", nluppShots), notes.String()
	set.About = fmt.Sprintf("Articles: combinations of intents with at least %d rows; questions: half of their rows, held back", nluppLeast)
	return set, b.fill(&set, runs)
}

// readPairs reads LCQMC dev.
func (b *bench) readPairs() ([]evalset.Pair, evalset.Notes, error) {
	f, err := b.opts.dataFile("pair_lcqmc_dev.tsv")
	if err != nil {
		return nil, evalset.Notes{}, err
	}
	defer f.Close()
	pairs, notes, err := evalset.ReadPairs(f)
	if err != nil {
		return nil, notes, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return pairs, notes, nil
}

// lcqmcRetrieval asks one sentence of each cluster that has several; all other
// sentences are the knowledge base, a cluster an article.
func (b *bench) lcqmcRetrieval(ctx context.Context, _ string) (evalreport.Set, error) {
	pairs, notes, err := b.readPairs()
	if err != nil {
		return evalreport.Set{}, err
	}
	rest, asked, of := evalset.PickOne(evalset.Clusters(pairs), seedPick)
	var kbLines lines
	for _, c := range rest {
		if err := kbLines.add(fmt.Sprintf("cluster-%d", c.ID), c.Texts); err != nil {
			return evalreport.Set{}, err
		}
	}
	questions := make([]evalset.Question, len(asked))
	for i, s := range asked {
		questions[i] = evalset.Question{Line: i + 1, Text: s, Articles: []string{fmt.Sprintf("cluster-%d", of[i])}}
	}
	set := evalreport.Set{
		Title: "LCQMC dev, retrieval", Articles: kbLines.articles, Variants: kbLines.variants, Draws: 1, Left: notes.String(),
		About: "Articles: clusters of sentences joined by positive pairs; questions: one sentence of each cluster that has several",
	}
	report, took, err := b.answer(ctx, &kbLines, questions, latencySample)
	if err != nil {
		return set, err
	}
	set.PublishSeconds = took.Seconds()
	return set, b.fill(&set, [][]bot.EvalRow{report.Rows})
}
