// Command signals trains the model of the turn gate (models/default/signals).
//
// It takes its features from package models/signals, so that training and serving cannot differ, and is deterministic:
// the same data and seed lines give the same bytes. README.md names the data; ../../default/signals/CARD.md the figures.
//
//	go run ./models/training/signals --data DIR/train --eval DIR/eval,docs/eval --out models/default/signals
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"frontdesk/models/signals"
)

func main() {
	data := flag.String("data", "", "folder with the training files (intent_hwu64.tsv …)")
	seeds := flag.String("seeds", "models/training/signals/seeds", "folder with the seed lines")
	eval := flag.String("eval", "", "folders with evaluation tables, separated by commas; a text that stands in one is not trained on")
	out := flag.String("out", "models/default/signals", "folder that the model is written to")
	version := flag.String("version", "1", "version in the manifest")
	flag.Parse()
	if err := run(*data, *seeds, *eval, *out, *version, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "signals:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

// folds is how many parts held-out scores are computed in.
const folds = 5

// precision is what the point of one half is chosen for, on texts whose line, or whose combination, was held out. The
// look-alikes among the seeds are harder than what visitors write, and the gate asks more than the model where less will do.
func precision(l signals.Label) float64 {
	switch l {
	case signals.Pleased, signals.Chitchat, signals.Greeting, signals.Goodbye, signals.Acknowledged, signals.Identity, signals.Withdrawn:
		return 0.9 // only what is short and asks for nothing is taken for it
	case signals.Injection:
		return 0.95
	default:
		return 0.98
	}
}

func run(data, seeds, eval, out, version string, log io.Writer) error {
	start := time.Now()
	if data == "" || eval == "" {
		return errors.New("--data and --eval are required: the folders with the training files and with what is evaluated on")
	}
	keys, err := evaluationKeys(eval)
	if err != nil {
		return err
	}
	lines, err := readSeeds(seeds)
	if err != nil {
		return err
	}
	bulk, err := readData(data)
	if err != nil {
		return err
	}
	bulk = append(bulk, pinyinOf(bulk)...)
	all, seedTexts, rows := without(append(expandAll(lines), bulk...), keys)
	fmt.Fprintf(log, "%d seed texts and %d rows are evaluation texts: dropped\n", seedTexts, rows)
	for i := range all {
		all[i].features = signals.Features(all[i].text)
	}
	all = slices.DeleteFunc(all, func(e example) bool { return len(e.features) == 0 })
	fmt.Fprintf(log, "%d seed lines, %d rows of data, %d examples\n", len(lines), len(bulk), len(all))

	held, err := heldOut(all, func(e *example) int { return e.fold })
	if err != nil {
		return err
	}
	cut := cuts(all, held)
	byFamily, err := heldOut(all, func(e *example) int { return e.family })
	if err != nil {
		return err
	}
	figures := figuresOf(all, byFamily, cut)
	w := train(all, func(*example) bool { return true })
	for l := range w.bias {
		w.bias[l] -= float32(cut[l])
	}
	model, err := signals.New(w.rows, w.bias)
	if err != nil {
		return err
	}
	for l, f := range figures {
		fmt.Fprintf(log, "%-12s precision/recall held out: new families %.3f %.3f of %4d, data %.3f %.3f of %5d (%.3f %% of the others), cut %.1f\n", signals.Label(l),
			f.NewFamily.Precision, f.NewFamily.Recall, f.NewFamily.Positives, f.Rows.Precision, f.Rows.Recall, f.Rows.Positives, 100*f.Rows.FalseRate, f.Cut)
	}
	if err := write(out, version, model, all, figures); err != nil {
		return err
	}
	fmt.Fprintf(log, "written to %s in %s\n", out, time.Since(start).Round(time.Second))
	return nil
}

// heldOut scores every example by a model that has not seen its part.
func heldOut(all []example, part func(*example) int) ([][]float64, error) {
	held := make([][]float64, len(all))
	for fold := range folds {
		m, err := fit(all, func(e *example) bool { return part(e) != fold })
		if err != nil {
			return nil, err
		}
		for i := range all {
			if part(&all[i]) == fold {
				logits := m.Logits(all[i].features)
				held[i] = logits[:]
			}
		}
	}
	return held, nil
}

// goldenEvery is how many examples lie between two golden texts.
const goldenEvery = 499

func write(dir, version string, m *signals.Model, all []example, figures []figure) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	texts := []string{"转人工！！", "I want to talk to a person", "😀 ok", "怎么reset密码", "WHERE IS MY ORDER", "où est ma commande ?", "zenme tuihuo", "а где заказ"}
	for i := 0; i < len(all); i += goldenEvery {
		texts = append(texts, all[i].text)
	}
	golden, err := m.MarshalGolden(texts)
	if err != nil {
		return err
	}
	raw := m.Bytes()
	manifest := signals.Manifest{
		Name: "frontdesk-signals-zh-en", Version: version, Labels: signals.Labels(), License: "CC-BY-SA-4.0",
		Model: signals.FileOf("model.bin", raw), Golden: signals.FileOf("golden.jsonl", golden),
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	byLabel := map[string]figure{}
	for l, f := range figures {
		byLabel[signals.Label(l).String()] = f
	}
	report, err := json.MarshalIndent(byLabel, "", "  ")
	if err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	for name, content := range map[string][]byte{
		"model.bin": raw, "golden.jsonl": golden, "manifest.json": append(text, '\n'), "figures.json": append(report, '\n'),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("write model: %w", err)
		}
	}
	return nil
}
