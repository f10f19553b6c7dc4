package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"frontdesk/inference/tokenizer/internal/samples"
)

// slots of the oracle.
const (
	slotDefault  = iota // the file, its truncation and padding switched off
	slotStripped        // the same without special added tokens
	slotFile            // the file as it is
)

// proof is one target's run.
type proof struct {
	o      options
	oracle *oracle
	target target
	ours   ours
	report *report
	corpus *corpus

	added      []string // contents of the added tokens
	specials   []string // of the special ones among them
	normalized bool     // one of the special ones is looked for in normalised text
}

// suite is one kind of question.
type suite struct {
	name string
	run  func(*proof) error
}

func suites() []suite {
	return []suite{
		{"scalars", func(p *proof) error { return p.texts("scalars", scalars(p.scalarStep())) }},
		{"lines", func(p *proof) error { return p.texts("lines", p.corpus.texts(p.lineCount())) }},
		{"specials", (*proof).specialTexts},
		{"bare", (*proof).bare},
		{"truncation", (*proof).truncated},
		{"padding", (*proof).padded},
		{"file", (*proof).fileDefaults},
	}
}

func suiteNames() []string {
	var names []string
	for _, s := range suites() {
		names = append(names, s.name)
	}
	return names
}

var errDiffers = errors.New("differences")

// prove runs all suites for all targets and prints a line a target.
func prove(ctx context.Context, o options, targets []target, out io.Writer) error {
	c, err := readCorpus(o.data, o.seed)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "corpus: %d real lines, the rest is generated (seed %d)\n", len(c.lines), o.seed)
	bad := 0
	for _, t := range targets {
		n, err := proveOne(ctx, o, t, c, out)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		bad += n
	}
	if bad > 0 {
		return fmt.Errorf("%d %w, see %s", bad, errDiffers, filepath.Join(o.out, "diffs-*.txt"))
	}
	return nil
}

func proveOne(ctx context.Context, o options, t target, c *corpus, out io.Writer) (differences int, err error) {
	r, err := newReport(o.out, t.Name, o.max)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := os.WriteFile(filepath.Join(o.out, t.Name+".tokenizer.json"), t.File, 0o644); err != nil { //nolint:gosec // others read it
		return 0, err
	}
	orc, err := startOracle(ctx, o.dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, orc.close()) }()
	p := &proof{o: o, oracle: orc, target: t, report: r, corpus: c}
	switch err := p.load(); {
	case err != nil && !t.Large && refused(err): // by name, at load: nothing is approximated
		fmt.Fprintf(out, "parity %s refused: %v\n", t.Name, err)
		return 0, nil
	case err != nil:
		r.note(question{suite: "load", text: t.Name}, "what is accepted", func() string { return "  " + err.Error() + "\n" })
	default:
		for _, s := range suites() {
			if o.suites == "" || slices.Contains(strings.Split(o.suites, ","), s.name) {
				if err := s.run(p); err != nil {
					return 0, fmt.Errorf("%s: %w", s.name, err)
				}
			}
		}
	}
	fmt.Fprintf(out, "parity %s cases %d differences %d", t.Name, r.cases, r.differences)
	for _, name := range slices.Sorted(maps.Keys(r.bySuite)) {
		fmt.Fprintf(out, " · %s %d/%d", name, r.bySuite[name][1], r.bySuite[name][0])
	}
	fmt.Fprintln(out)
	return r.differences, nil
}

// load makes both sides.
func (p *proof) load() error {
	bare, err := samples.Stripped(p.target.File)
	if err != nil {
		return err
	}
	for slot, file := range [][]byte{slotDefault: p.target.File, slotStripped: bare, slotFile: p.target.File} {
		if err := p.oracle.load(slot, file); err != nil {
			return err
		}
		if slot != slotFile {
			if err := p.oracle.configure(slot, oracleSettings{}); err != nil {
				return err
			}
		}
	}
	tok, err := p.target.parse()
	if err != nil {
		return fmt.Errorf("ours: %w", err)
	}
	p.ours = ours{tok}
	return p.readAdded()
}

func (p *proof) scalarStep() int {
	if p.target.Large {
		return p.o.scalars
	}
	return 101 * p.o.scalars
}

func (p *proof) lineCount() int {
	if p.target.Large {
		return p.o.lines
	}
	return max(p.o.lines/200, 500)
}

// readAdded notes the file's added tokens.
func (p *proof) readAdded() error {
	var f struct {
		Added []struct {
			Content    string `json:"content"`
			Special    bool   `json:"special"`
			Normalized bool   `json:"normalized"`
		} `json:"added_tokens"`
	}
	if err := json.Unmarshal(p.target.File, &f); err != nil {
		return err
	}
	for _, a := range f.Added {
		p.added = append(p.added, a.Content)
		if a.Special {
			p.specials = append(p.specials, a.Content)
			p.normalized = p.normalized || a.Normalized
		}
	}
	return nil
}
