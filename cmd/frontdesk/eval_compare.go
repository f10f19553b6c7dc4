package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"frontdesk/bot"
	"frontdesk/bot/evalset"
)

// compareReports prints how the second report differs from the first.
func compareReports(w io.Writer, o evalOptions, second string) error {
	a, err := readReport(o.compare)
	if err != nil {
		return err
	}
	b, err := readReport(second)
	if err != nil {
		return err
	}
	resamples := o.bootstrap
	if resamples == 0 {
		resamples = defaultResamples
	}
	c, err := bot.Compare(a, b, bot.BootstrapConfig{Resamples: resamples, Seed: o.seed})
	if err != nil {
		return fmt.Errorf("compare %s with %s: %w", o.compare, second, err)
	}
	if o.json {
		return printJSON(w, c)
	}
	return printComparison(w, o.compare, second, c)
}

// maxReportBytes bounds a report file: a million rows fit.
const maxReportBytes = 1 << 30

// readReport reads what --json printed or --report wrote.
func readReport(name string) (bot.SavedReport, error) {
	var r bot.SavedReport
	f, err := os.Open(name)
	if err != nil {
		return r, fmt.Errorf("open report: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxReportBytes+1))
	if err != nil {
		return r, fmt.Errorf("read report: %w", err)
	}
	if len(raw) > maxReportBytes {
		return r, fmt.Errorf("%s: longer than %d bytes: %w", name, maxReportBytes, evalset.ErrData)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("%s is not a report of frontdesk eval (--json, or report.json of --report): %v: %w", name, err, evalset.ErrData) //nolint:errorlint // the JSON error is for reading, ErrData for code
	}
	if r.N == 0 {
		return r, fmt.Errorf(`%s is not a report of frontdesk eval: "n" is missing or 0: %w`, name, evalset.ErrData)
	}
	return r, nil
}

func printComparison(w io.Writer, nameA, nameB string, c bot.Comparison) error {
	var out strings.Builder
	fmt.Fprintf(&out, "A = %s\nB = %s\n", nameA, nameB)
	if c.Paired {
		fmt.Fprintf(&out, "%d questions paired, %d only in A, %d only in B; 95 %% intervals of the difference from %d resamples, seed %d\n", c.Rows, c.OnlyA, c.OnlyB, c.Resamples, c.Seed)
	} else {
		out.WriteString("not paired (a file has no rows; --report writes them): intervals as if both were independent\n")
	}
	if c.Note != "" {
		fmt.Fprintf(&out, "note: %s\n", c.Note)
	}
	fmt.Fprintf(&out, "\n%-36s %8s %8s %8s  %-19s\n", "", "A", "B", "B − A", "95 %")
	for _, d := range c.Figures {
		interval := "–"
		if d.Low != nil && d.High != nil {
			interval = fmt.Sprintf("[%+.3f, %+.3f]", unsigned(*d.Low), unsigned(*d.High))
		}
		fmt.Fprintf(&out, "%-36s %8.3f %8.3f %+8.3f  %-19s %s\n", d.Name, d.A, d.B, unsigned(d.Difference), interval, d.Verdict)
	}
	if c.ChangedN > 0 {
		fmt.Fprintf(&out, "\n%d questions became right (+) or wrong (-)%s\n", c.ChangedN, shownOf(len(c.Changed), c.ChangedN))
		for _, r := range c.Changed {
			sign := "-"
			if r.Better {
				sign = "+"
			}
			fmt.Fprintf(&out, "%s %s   (%s → %s)\n", sign, printable(r.Text), orNone(r.FirstA), orNone(r.FirstB))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// unsigned takes the sign from what is 0 at three decimals: -0.000 says nothing.
func unsigned(x float64) float64 {
	if math.Abs(x) < 0.0005 {
		return 0
	}
	return x
}

func shownOf(shown, all int) string {
	if shown == all {
		return ":"
	}
	return fmt.Sprintf("; the first %d:", shown)
}

func orNone(id string) string {
	if id == "" {
		return "none"
	}
	return id
}

// printable keeps a visitor's text from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) {
			return ' '
		}
		return r
	}, s)
}
