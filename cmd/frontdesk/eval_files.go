package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"frontdesk/bot"
	"frontdesk/bot/evalreport"
)

// The files of an evaluation.
const (
	figuresFile  = "figures.json"
	markdownFile = "FIGURES.md"
	indexFile    = "index.html"
	curveFile    = "risk-coverage.svg"
	reportFile   = "report.json"
)

// readFigures reads the figures that are there, for a run that renews some of
// them; fresh starts anew.
func readFigures(dir string, fresh bool) (evalreport.Figures, error) {
	var f evalreport.Figures
	if fresh {
		return f, nil
	}
	raw, err := os.ReadFile(filepath.Join(dir, figuresFile))
	if errors.Is(err, os.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("read earlier figures: %w", err)
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return f, fmt.Errorf("read earlier figures: %s: %w; delete it to start anew", filepath.Join(dir, figuresFile), err)
	}
	return f, nil
}

// writeFigures writes the figures of standard sets.
func writeFigures(dir string, f evalreport.Figures) error {
	return errors.Join(
		putFile(dir, figuresFile, func(w io.Writer) error { return printJSON(w, f) }),
		putFile(dir, markdownFile, func(w io.Writer) error { return evalreport.WriteMarkdown(w, f) }),
		putFile(dir, indexFile, func(w io.Writer) error { return evalreport.WriteIndex(w, f) }),
	)
}

// writeReport writes the files of one evaluation.
func writeReport(o evalOptions, r bot.Report) error {
	page := evalreport.Page{KB: filepath.Base(o.kb), Questions: filepath.Base(o.questions), Report: r}
	return errors.Join(
		putFile(o.report, indexFile, func(w io.Writer) error { return evalreport.WritePage(w, page) }),
		putFile(o.report, curveFile, func(w io.Writer) error { return evalreport.WriteCurve(w, bot.Curve(r.Rows)) }),
		putFile(o.report, reportFile, func(w io.Writer) error { return printJSON(w, bot.SavedReport{Report: r, Rows: r.Rows}) }),
	)
}

// writable makes the folder that a flag names and tries whether files can be
// made in it.
func writable(flag, dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s %s is a file; name a folder, which is made if it is not there", flag, dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // figures, for whoever may read the folder
		return fmt.Errorf("%s: the folder cannot be made: %w; name one that you may write to", flag, err)
	}
	f, err := os.CreateTemp(dir, ".frontdesk-*")
	if err != nil {
		return fmt.Errorf("%s: no file can be made in %s: %w; name a folder that you may write to", flag, dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// putFile writes a file whole or not at all.
func putFile(dir, name string, fill func(io.Writer) error) error {
	var content bytes.Buffer
	if err := fill(&content); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	temporary := filepath.Join(dir, "."+name+".new")
	if err := os.WriteFile(temporary, content.Bytes(), 0o644); err != nil { //nolint:gosec // as the folder's owner wants it read
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(temporary, filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("write %s: %w", name, errors.Join(err, os.Remove(temporary)))
	}
	return nil
}
