package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"frontdesk/bot"
	"frontdesk/bot/evalreport"
	"frontdesk/bot/evalset"
)

// The seeds of the standard sets, written down so that figures stay comparable.
const (
	seedHalves    = 20260101 // cuts questions into half A (thresholds) and half B (figures)
	seedHoldBack  = 20260102 // holds a fifth of Banking77 back
	seedPick      = 20260103 // picks the question of each LCQMC cluster
	seedResamples = 1        // of the bootstrap
)

// drawSeeds are those of the k-shot draws.
func drawSeeds() []uint64 { return []uint64{1, 2, 3} }

// setsOptions are the flags of eval sets.
type setsOptions struct {
	data, out string
	house     string   // folder of the house and demo sets; empty = out
	only      []string // parts of set names; empty = all
	half      string   // that reports: A or B
	model     string
	rows      string // folder for every row; empty = none
	bootstrap int
}

func newEvalSets(opts *options) *cobra.Command {
	var o setsOptions
	cmd := &cobra.Command{
		Use:   "sets --data DIR --out DIR [--only NAME]",
		Short: "Measure the standard sets: public intent and pair sets, the house set, the demo shop",
		Long: `Measure the standard sets: public intent and pair sets, the house set, the demo shop.

DIR of --data holds intent_banking77_train.tsv, intent_clinc150_train.tsv,
intent_clinc150_val.tsv, intent_nlupp.tsv and pair_lcqmc_dev.tsv, itself or in its
folder eval. Sets run on temporary databases, a site each. Writes
figures.json, FIGURES.md and index.html into DIR of --out, where docs/eval's house
and demo sets are read from too (or from --house). --only runs the sets whose name
contains one of the words; figures of other sets in figures.json stay. --rows keeps
every row of every draw, for eval --compare.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			if cfg.Log.Level == "info" {
				cfg.Log.Level = "warn" // a line for every draw's fit would bury the figures
			}
			return runSets(cmd.Context(), cfg, o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "folder of the public sets")
	f.StringVar(&o.out, "out", "", "folder for the figures")
	f.StringVar(&o.house, "house", "", "folder of the house and demo sets (default: that of --out)")
	f.StringSliceVar(&o.only, "only", nil, "sets to run, by part of their name")
	f.StringVar(&o.half, "half", "B", "half of the questions that reports: B, or A to choose settings on")
	f.StringVar(&o.model, "model", "", "encoder to answer with (default: the bundled one)")
	f.StringVar(&o.rows, "rows", "", "folder for a report with every row of each draw (of house sets the tuning third)")
	f.IntVar(&o.bootstrap, "bootstrap", defaultResamples, "resamples for the 95 % intervals")
	_ = cmd.MarkFlagRequired("data") // fails for unknown flags only
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

func (o *setsOptions) check() error {
	if o.half != "A" && o.half != "B" {
		return fmt.Errorf("--half is %q; want A or B", o.half)
	}
	if o.bootstrap < 1 || o.bootstrap > maxResamples {
		return fmt.Errorf("--bootstrap is %d; want 1 to %d resamples", o.bootstrap, maxResamples)
	}
	if info, err := os.Stat(o.data); err != nil || !info.IsDir() {
		return fmt.Errorf("--data %s is no folder that can be read; name the folder of the public sets", o.data)
	}
	if o.house == "" {
		o.house = o.out
	}
	return nil
}

func (o *setsOptions) resamples() bot.BootstrapConfig {
	return bot.BootstrapConfig{Resamples: o.bootstrap, Seed: seedResamples}
}

// wants reports whether a set runs.
func (o *setsOptions) wants(name string) bool {
	if len(o.only) == 0 {
		return true
	}
	for _, part := range o.only {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// dataFile opens a file of the public sets.
func (o *setsOptions) dataFile(name string) (*os.File, error) {
	f, err := os.Open(filepath.Join(o.data, "eval", name))
	if errors.Is(err, os.ErrNotExist) {
		f, err = os.Open(filepath.Join(o.data, name))
	}
	if err != nil {
		return nil, fmt.Errorf("--data %s has no %s, itself or in its folder eval: %w", o.data, name, err)
	}
	return f, nil
}

// intents reads an intent set.
func (o *setsOptions) intents(name string) ([]evalset.Row, evalset.Notes, error) {
	f, err := o.dataFile(name)
	if err != nil {
		return nil, evalset.Notes{}, err
	}
	defer f.Close()
	rows, notes, err := evalset.ReadIntents(f)
	if err != nil {
		return nil, notes, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return rows, notes, nil
}

// standardSet is a set that eval sets runs.
type standardSet struct {
	name string
	run  func(b *bench, ctx context.Context, name string) (evalreport.Set, error)
}

// standardSets lists them in the order in which they are shown.
func standardSets() []standardSet {
	var sets []standardSet
	for _, k := range []int{1, 5, 10} {
		sets = append(sets, standardSet{fmt.Sprintf("banking77-k%d", k), func(b *bench, ctx context.Context, name string) (evalreport.Set, error) {
			return b.banking(ctx, name, k)
		}})
	}
	sets = append(sets, standardSet{"banking77-full", func(b *bench, ctx context.Context, name string) (evalreport.Set, error) {
		return b.banking(ctx, name, 0)
	}})
	for _, k := range []int{1, 5, 10} {
		sets = append(sets, standardSet{fmt.Sprintf("clinc150-k%d", k), func(b *bench, ctx context.Context, name string) (evalreport.Set, error) {
			return b.clinc(ctx, name, k)
		}})
	}
	return append(sets,
		standardSet{"clinc150-full", func(b *bench, ctx context.Context, name string) (evalreport.Set, error) { return b.clinc(ctx, name, 0) }},
		standardSet{"nlupp-banking-k5", (*bench).nlupp5},
		standardSet{"lcqmc-pairs", (*bench).lcqmcPairs},
		standardSet{"lcqmc-retrieval", (*bench).lcqmcRetrieval},
		standardSet{"house-zh", func(b *bench, ctx context.Context, name string) (evalreport.Set, error) {
			return b.house(ctx, name, "house-zh.tsv")
		}},
		standardSet{"house-en", func(b *bench, ctx context.Context, name string) (evalreport.Set, error) {
			return b.house(ctx, name, "house-en.tsv")
		}},
		standardSet{"demo-shop", func(b *bench, ctx context.Context, name string) (evalreport.Set, error) {
			return b.demo(ctx, name, "demo-questions.tsv")
		}},
		standardSet{"demo-shop-held-out", func(b *bench, ctx context.Context, name string) (evalreport.Set, error) {
			return b.demo(ctx, name, "demo-questions-held-out.tsv")
		}},
	)
}

// runSets runs the sets that o wants and writes what came out.
func runSets(ctx context.Context, cfg Config, o setsOptions, progress io.Writer) (err error) {
	var chosen []standardSet
	var names []string
	for _, s := range standardSets() {
		names = append(names, s.name)
		if o.wants(s.name) {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("--only %s fits no set; there are %s", strings.Join(o.only, ","), strings.Join(names, ", "))
	}
	if err := writable("--out", o.out); err != nil {
		return err
	}
	if o.rows != "" {
		if err := writable("--rows", o.rows); err != nil {
			return err
		}
	}
	figures, err := readFigures(o.out, len(chosen) == len(names))
	if err != nil {
		return err
	}
	open := func(ctx context.Context) (*evaluator, error) { return newEvaluator(ctx, cfg, o.model) }
	e, err := open(ctx)
	if err != nil {
		return err
	}
	b := &bench{evaluator: e, open: open, opts: o, shops: map[string]shop{}}
	defer func() {
		if b.evaluator != nil {
			err = errors.Join(err, b.close(ctx))
		}
	}()
	figures.About = e.about(o)
	for _, s := range chosen {
		start := time.Now()
		b.set, b.kept = s.name, 0
		set, err := s.run(b, ctx, s.name)
		if err != nil {
			return fmt.Errorf("set %s: %w", s.name, err)
		}
		set.Name, set.Seconds = s.name, time.Since(start).Seconds()
		figures.Put(set, names)
		fmt.Fprintf(progress, "%-20s %6d questions, %5.1f s%s\n", s.name, set.Questions, set.Seconds, set.Headline())
		if err := writeFigures(o.out, figures); err != nil { // after each: an interrupted run keeps what it has
			return err
		}
	}
	return nil
}

// about says what was measured, with what, on what.
func (e *evaluator) about(o setsOptions) evalreport.About {
	a := evalreport.About{
		Version: version, Cores: runtime.NumCPU(), Half: o.half, Resamples: o.bootstrap, Level: 0.95,
		Seeds: map[string][]uint64{"draws": drawSeeds(), "halves": {seedHalves}, "held_back": {seedHoldBack}, "clusters": {seedPick}, "resamples": {seedResamples}},
	}
	for _, m := range e.stack.engine.Models() {
		a.Models = append(a.Models, evalreport.Model{Task: m.Manifest.Task, Name: m.Manifest.Name, Fingerprint: m.Manifest.Fingerprint})
	}
	t := e.responder.Thresholds()
	a.AnswerAt, a.ClarifyAt = t.Answer, t.Clarify
	return a
}
