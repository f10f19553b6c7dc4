package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"frontdesk/inference/tokenizer"
)

// benched names a tokenizer of each kind.
const benched = "bert-uncased,bert-chinese,bundled,unigram*,gpt2,spbpe*"

// rounds is how often both sides are clocked, in turns.
const rounds = 7

// bench clocks both sides on the same texts, one core each, in turns, and prints lines "bench NAME VALUE UNIT".
//
// Inside Hugging Face's clock: one encodeBatch call in the Node process with its thread pool switched off, from JavaScript strings
// to native encodings (ids, tokens, offsets and masks; no getter is called). Inside ours: AppendIDs into one buffer, ids only;
// the lines "full" clock Encode, which builds what Hugging Face builds. Either side's time is the less of wall and CPU time, so
// that a busy machine favours none. Short texts are questions, long ones about 6 kB of lines. A ratio is the median of the rounds'
// ratios; tokenizer.vs_hf_short and _long are those of the bundled tokenizer, _worst those of the slowest kind. Allocations are
// counted with a warm pool and no collector at work, and rounded down as testing.AllocsPerRun does.
func bench(ctx context.Context, o options, targets []target, out io.Writer) (err error) {
	c, err := readCorpus(o.data, o.seed)
	if err != nil {
		return err
	}
	short, long := c.benchTexts()
	orc, err := startOracle(ctx, o.dir, "TOKENIZERS_PARALLELISM=false", "RAYON_NUM_THREADS=1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, orc.close()) }()
	var worst, own [2]float64
	allocs := 0.0
	for _, t := range targets {
		tok, err := t.parse()
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		if err := orc.load(slotDefault, t.File); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		if err := orc.configure(slotDefault, oracleSettings{}); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		for i, texts := range [][]string{short, long} {
			r, err := race(orc, tok, texts)
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			r.print(out, t.Name, []string{"short", "long"}[i])
			if worst[i] == 0 || r.ratio < worst[i] {
				worst[i] = r.ratio
			}
			if t.Name == "bundled" {
				own[i] = r.ratio
			}
			allocs = max(allocs, r.allocs)
		}
	}
	for i, texts := range []string{"short", "long"} {
		if own[i] > 0 {
			fmt.Fprintf(out, "bench tokenizer.vs_hf_%s %.1f ratio\n", texts, own[i])
		}
		fmt.Fprintf(out, "bench tokenizer.vs_hf_%s_worst %.1f ratio\n", texts, worst[i])
	}
	fmt.Fprintf(out, "bench tokenizer.allocs %.2f allocs\n", allocs)
	return nil
}

// benchTexts are 2,000 questions of at most 120 bytes, and 100 texts of about 6 kB, half of the lines Chinese where the data is.
func (c *corpus) benchTexts() (short, long []string) {
	lines := c.lines
	if len(lines) == 0 {
		g := newGenerator(c.seed, c.words)
		for range 20000 {
			lines = append(lines, g.sentence(g.real))
		}
	}
	step := max(len(lines)/40000, 1)
	var b strings.Builder
	for i := 0; i < len(lines); i += step {
		line := lines[i]
		if len(short) < 2000 && len(line) >= 20 && len(line) <= 120 && i%(7*step) == 0 {
			short = append(short, line)
		}
		b.WriteString(line)
		b.WriteByte('\n')
		if b.Len() > 6000 {
			if len(long) < 100 {
				long = append(long, b.String())
			}
			b.Reset()
		}
	}
	return short, long
}

// result is one race.
type result struct {
	ratio, full, single float64 // Hugging Face's time ÷ ours: ids only, all of Encode, against one call a text
	ours, theirs        float64 // microseconds a text
	megabytes           float64 // ours, a second
	allocs              float64 // ours, a text
}

func race(orc *oracle, tok *tokenizer.Tokenizer, texts []string) (result, error) {
	bytes := 0
	for _, s := range texts {
		bytes += len(s)
	}
	dst := make([]int32, 0, 1<<16)
	ids := func() (time.Duration, error) {
		return clocked(func() error {
			for _, s := range texts {
				dst = tok.AppendIDs(dst[:0], s, unlimited)
			}
			return nil
		})
	}
	full := func() (time.Duration, error) {
		return clocked(func() error {
			for _, s := range texts {
				if _, err := tok.Encode(s, tokenizer.Options{}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var ratio, fulls, single, ours, theirs []float64
	for i := range rounds + 1 {
		hf, err := orc.clock(slotDefault, 0, texts)
		if err != nil {
			return result{}, err
		}
		mine, err := ids()
		if err != nil {
			return result{}, err
		}
		each, err := orc.clock(slotDefault, clockOneByOne, texts)
		if err != nil {
			return result{}, err
		}
		all, err := full()
		if err != nil {
			return result{}, err
		}
		if i == 0 {
			continue // both sides are warm now
		}
		ratio = append(ratio, float64(hf)/float64(mine))
		fulls = append(fulls, float64(hf)/float64(all))
		single = append(single, float64(each)/float64(mine))
		ours = append(ours, float64(mine))
		theirs = append(theirs, float64(hf))
	}
	n := float64(len(texts))
	r := result{ratio: median(ratio), full: median(fulls), single: median(single)}
	r.ours, r.theirs = median(ours)/n/1e3, median(theirs)/n/1e3
	r.megabytes = float64(bytes) / median(ours) * 1e3
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection would empty the pool
	var before, after runtime.MemStats
	for range 2 {
		runtime.ReadMemStats(&before)
		if _, err := ids(); err != nil {
			return result{}, err
		}
		runtime.ReadMemStats(&after)
	}
	r.allocs = math.Floor(float64(after.Mallocs-before.Mallocs) / n)
	return r, nil
}

// clocked returns how long work took by the clock, or in CPU time of this process where that is less.
func clocked(work func() error) (time.Duration, error) {
	used := func() (time.Duration, error) {
		var u syscall.Rusage
		err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
	}
	before, err := used()
	if err != nil {
		return 0, err
	}
	from := time.Now()
	if err := work(); err != nil {
		return 0, err
	}
	wall := time.Since(from)
	after, err := used()
	return min(wall, after-before), err
}

func (r result) print(out io.Writer, name, texts string) {
	for _, l := range []struct {
		what  string
		value float64
		unit  string
	}{
		{"vs_hf", r.ratio, "ratio"},
		{"vs_hf_one_by_one", r.single, "ratio"},
		{"full_vs_hf", r.full, "ratio"},
		{"us_a_text", r.ours, "us"},
		{"hf_us_a_text", r.theirs, "us"},
		{"mb_per_s", r.megabytes, "MB/s"},
	} {
		fmt.Fprintf(out, "bench tokenizer.%s_%s.%s %.2f %s\n", l.what, texts, name, l.value, l.unit)
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
