package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"frontdesk/bot"
	"frontdesk/bot/evalreport"
	"frontdesk/bot/evalset"
	"frontdesk/kb/demo"
)

// houseBase returns the house set's knowledge base: the set's own, or the demo shop's.
func (b *bench) houseBase() ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(b.opts.house, "house-kb.jsonl"))
	if errors.Is(err, os.ErrNotExist) {
		return demo.JSONL(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the house set's knowledge base: %w", err)
	}
	return raw, nil
}

// askFile publishes a knowledge base and asks it a question file of ours.
func (b *bench) askFile(ctx context.Context, articles []byte, name string) (set evalreport.Set, questions evalset.Questions, rows []bot.EvalRow, err error) {
	if questions, err = readQuestionFile(filepath.Join(b.opts.house, name)); err != nil {
		return set, questions, nil, err
	}
	data, _, err := inspect(articles, questions, false)
	if err != nil {
		return set, questions, nil, err
	}
	shop, err := b.shop(ctx, articles)
	if err != nil {
		return set, questions, nil, err
	}
	set.PublishSeconds, set.Draws, set.Articles = shop.took.Seconds(), 1, len(shop.ids)
	set.Left = data.Note
	report, err := b.ask(ctx, shop.site, shop.ids, questions.Rows, latencySample)
	if err != nil {
		return set, questions, nil, fmt.Errorf("%s: %w", name, err)
	}
	return set, questions, report.Rows, nil
}

// shopTexts is about how many texts a knowledge base of ours has.
const shopTexts = 2500

// shop is a knowledge base of ours on a site.
type shop struct {
	site int32
	ids  map[string][]string
	took time.Duration
}

// shop publishes articles, or finds the site where they are: several sets ask
// the same knowledge base.
func (b *bench) shop(ctx context.Context, articles []byte) (shop, error) {
	if s, ok := b.shops[string(articles)]; ok {
		return s, nil
	}
	site, err := b.newSite(ctx, shopTexts)
	if err != nil {
		return shop{}, err
	}
	start := time.Now()
	ids, err := b.publish(ctx, site, bytes.NewReader(articles))
	if err != nil {
		return shop{}, err
	}
	s := shop{site: site, ids: ids, took: time.Since(start)}
	b.shops[string(articles)] = s
	return s, nil
}

// house runs a house set: two thirds report; what the tuning third gives stands
// apart, and no text of the others is shown anywhere.
func (b *bench) house(ctx context.Context, _, file string) (evalreport.Set, error) {
	base, err := b.houseBase()
	if err != nil {
		return evalreport.Set{}, err
	}
	set, questions, rows, err := b.askFile(ctx, base, file)
	if err != nil {
		return set, err
	}
	var tuning, report []bot.EvalRow
	for i, q := range questions.Rows {
		if q.Tuning() {
			tuning = append(tuning, rows[i])
		} else {
			report = append(report, rows[i])
		}
	}
	if len(tuning) == 0 || len(report) == 0 {
		return set, fmt.Errorf("%s: %d rows tune and %d report; want some of both: %w", file, len(tuning), len(report), evalset.ErrData)
	}
	set.Title = "House set, " + map[string]string{"house-zh.tsv": "Chinese", "house-en.tsv": "English"}[file]
	set.About = fmt.Sprintf("Two thirds of each kind report; the other third (%d rows) may set thresholds", len(tuning))
	if err := b.keep(tuning); err != nil { // the others' texts are to be read by nobody
		return set, err
	}
	set.Kinds = bot.NewReport(report).ByKind
	set.TuningKinds = bot.NewReport(tuning).ByKind
	if err := b.fill(&set, [][]bot.EvalRow{report}); err != nil {
		return set, err
	}
	e, err := bot.Bootstrap([][]bot.EvalRow{tuning}, b.opts.resamples())
	if err != nil {
		return set, err
	}
	set.Add("tuning_right_decision", e[bot.FigureRightDecision])
	set.Add("tuning_hit1", e[bot.FigureHit1])
	return set, nil
}

// demo runs a question file on the demo shop.
func (b *bench) demo(ctx context.Context, name, file string) (evalreport.Set, error) {
	set, _, rows, err := b.askFile(ctx, demo.JSONL(), file)
	if err != nil {
		return set, err
	}
	set.Title = "Demo shop"
	set.About = "Paraphrases of the demo's articles in both languages; looked at while the bot was made"
	if name == "demo-shop-held-out" {
		set.Title = "Demo shop, held out"
		set.About = "The same kind, written after the bot"
	}
	if err := b.keep(rows); err != nil {
		return set, err
	}
	return set, b.fill(&set, [][]bot.EvalRow{rows})
}
