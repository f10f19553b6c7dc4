package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// question is what was asked; it is what a difference is reported with.
type question struct {
	suite, setting string
	text, pair     string
	hasPair        bool
}

// report counts cases and writes differences to a file of the target.
type report struct {
	path        string
	out         *bufio.Writer
	file        *os.File
	max         int
	cases       int
	differences int
	bySuite     map[string][2]int // cases, differences
}

func newReport(folder, target string, limit int) (*report, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // others read it
		return nil, err
	}
	path := filepath.Join(folder, "diffs-"+target+".txt")
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &report{path: path, file: f, out: bufio.NewWriter(f), max: limit, bySuite: make(map[string][2]int)}, nil
}

func (r *report) close() error {
	if err := r.out.Flush(); err != nil {
		return err
	}
	return r.file.Close()
}

// check counts one case and writes it down when got is not want.
func (r *report) check(q question, got, want answer) {
	what := differ(got, want)
	r.note(q, what, func() string {
		return fmt.Sprintf("  ours   %s\n  oracle %s\n", show(got), show(want))
	})
}

// note counts one case; what names the difference, or is empty.
func (r *report) note(q question, what string, detail func() string) {
	n := r.bySuite[q.suite]
	n[0]++
	r.cases++
	if what != "" {
		n[1]++
		r.differences++
		if n[1] <= r.max {
			fmt.Fprintf(r.out, "%s [%s] differs in %s: %+q", q.suite, q.setting, what, q.text)
			if q.hasPair {
				fmt.Fprintf(r.out, " / %+q", q.pair)
			}
			fmt.Fprintf(r.out, "\n%s", detail())
		}
	}
	r.bySuite[q.suite] = n
}

// differ names the first part in which two answers differ, or returns "".
func differ(a, b answer) string {
	switch {
	case (a.err == "") != (b.err == ""):
		return "error"
	case a.err != "":
		return ""
	case !slices.Equal(a.ids, b.ids):
		return "ids"
	case !slices.Equal(a.tokens, b.tokens):
		return "tokens"
	case !slices.Equal(a.offsets, b.offsets):
		return "offsets"
	case !slices.Equal(a.types, b.types):
		return "type ids"
	case !slices.Equal(a.attention, b.attention):
		return "attention mask"
	case !slices.Equal(a.special, b.special):
		return "special mask"
	case a.words != nil && !slices.Equal(a.words, b.words):
		return "word ids"
	case len(a.overflow) != len(b.overflow):
		return "overflowing"
	}
	for i := range a.overflow {
		if what := differ(a.overflow[i], b.overflow[i]); what != "" {
			return fmt.Sprintf("overflowing %d %s", i, what)
		}
	}
	return ""
}

func show(a answer) string {
	if a.err != "" {
		return "error: " + a.err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "ids %v tokens %+q offsets %v types %v attention %v special %v words %v", a.ids, a.tokens, a.offsets, a.types, a.attention, a.special, a.words)
	for _, o := range a.overflow {
		fmt.Fprintf(&b, "\n    overflow %s", show(o))
	}
	if s := b.String(); len(s) > 6000 {
		return s[:cut(s, 6000)] + "…"
	}
	return b.String()
}
