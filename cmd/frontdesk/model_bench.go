package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"frontdesk/inference"
	"frontdesk/models"
)

const (
	// benchPassage is the length of a made-up passage in bytes, about that of a paragraph.
	benchPassage = 400
	// benchTexts is how many passages, pairs or inputs a request of the saturated measurements has.
	benchTexts = 32
	// benchCandidates is how many texts a question is reranked with at concurrency 1.
	benchCandidates = 16
)

func newModelBench(opts *options) *cobra.Command {
	var file string
	var lasting time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "bench [NAME] [--texts FILE] [--duration 5s] [--json]",
		Short: "Measure how fast a model is on this machine",
		Long: `Measure how fast a model is on this machine, through the engine that serves.

At concurrency 1, the interactive lane: one question (or reranking of 16 texts,
or one text to classify) after the other. Saturated: questions, then requests of
32 texts in the bulk lane, by twice as many clients as there are slots. Inside
the clock are tokenising, queue, run, pooling; outside are loading and warming.
Texts are the model's golden ones, passages are put together from them; --texts
takes your own, one a line. Without a name the bundled encoder is measured.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			report, err := benchModel(cmd.Context(), cfg, name, file, lasting)
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(report)
			}
			return report.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&file, "texts", "", "texts to measure with, one a line")
	cmd.Flags().DurationVar(&lasting, "duration", 5*time.Second, "how long each measurement lasts")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// benchReport is what was measured.
type benchReport struct {
	Name    string         `json:"name"`
	Version string         `json:"version"`
	Task    string         `json:"task"`
	Slots   int            `json:"slots"`
	Load    float64        `json:"load_seconds"` // reading, proving and warming the model
	Figures []benchFigures `json:"figures"`
	// RSS is the memory of the process at the end, and at its highest.
	RSS     int64 `json:"rss_bytes"`
	HighRSS int64 `json:"rss_high_bytes"`
}

// benchFigures are those of one measurement.
type benchFigures struct {
	Name    string  `json:"name"`
	Clients int     `json:"clients"`
	Texts   int     `json:"texts"` // a request
	PerSec  float64 `json:"texts_per_second"`
	Tokens  float64 `json:"tokens_per_second"`
	P50     float64 `json:"p50_ms"` // of a request
	P99     float64 `json:"p99_ms"`
}

// benchModel loads a model and measures it.
func benchModel(ctx context.Context, cfg Config, name, file string, lasting time.Duration) (r *benchReport, err error) {
	if lasting <= 0 {
		return nil, fmt.Errorf("--duration is %v; it must be longer than 0", lasting)
	}
	bundle, err := loadBundle(cfg, name) //nolint:contextcheck // loads once, at once
	if err != nil {
		return nil, err
	}
	texts, err := benchTextsOf(bundle, file)
	if err != nil {
		return nil, err
	}
	slots := cfg.Inference.Slots
	if slots == 0 {
		slots = runtime.GOMAXPROCS(0)
	}
	began := time.Now()
	engine, err := inference.New(inference.Config{Library: cfg.Inference.Library, Models: []models.Bundle{bundle}, Slots: slots}) //nolint:contextcheck // loads once, at once
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	m := bundle.Manifest
	r = &benchReport{Name: m.Name, Version: m.Version, Task: m.Task, Slots: slots, Load: time.Since(began).Seconds()}
	b := &modelBench{engine: engine, task: m.Task, short: texts, long: passagesOf(texts), lasting: lasting}
	for _, run := range []struct {
		name    string
		clients int
		texts   int
		bulk    bool
	}{
		{"one after the other", 1, b.alone(), false},
		{"saturated, interactive", 2 * slots, b.alone(), false},
		{"saturated, bulk", 2 * slots, benchTexts, true},
	} {
		f, err := b.measure(ctx, run.clients, run.texts, run.bulk)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", run.name, err)
		}
		f.Name = run.name
		r.Figures = append(r.Figures, f)
	}
	r.RSS, r.HighRSS = residentBytes()
	return r, nil
}

// benchTextsOf are the texts of a file, or the golden ones.
func benchTextsOf(b models.Bundle, file string) ([]string, error) {
	var texts []string
	if file == "" {
		for _, g := range b.Golden {
			texts = append(texts, g.Text)
		}
	} else {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read texts: %w", err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			texts = append(texts, lines.Text())
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("read texts of %s: %w", file, err)
		}
	}
	texts = slices.DeleteFunc(texts, func(s string) bool { return strings.TrimSpace(s) == "" || !strings.ContainsFunc(s, isWord) })
	if len(texts) == 0 {
		return nil, errors.New("there are no texts to measure with; give some with --texts FILE, one a line")
	}
	return texts, nil
}

// isWord leaves out texts in which a model may see no token.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// passagesOf puts texts together to about the length of paragraphs.
func passagesOf(texts []string) []string {
	var all []string
	var passage strings.Builder
	for i := 0; len(all) < 4*benchTexts; i++ {
		passage.WriteString(texts[i%len(texts)] + " ")
		if passage.Len() >= benchPassage || i%7 == 6 { // paragraphs differ in length, too
			all = append(all, passage.String())
			passage.Reset()
		}
	}
	return all
}

// modelBench measures one model.
type modelBench struct {
	engine      *inference.Engine
	task        string
	short, long []string
	lasting     time.Duration
}

// alone is the number of texts of a request that a person waits for.
func (b *modelBench) alone() int {
	if b.task == models.TaskRerank {
		return benchCandidates
	}
	return 1
}

// measure lets clients ask one request after the other.
func (b *modelBench) measure(ctx context.Context, clients, texts int, bulk bool) (benchFigures, error) {
	if _, err := b.ask(ctx, 0, texts, bulk); err != nil { // outside the clock
		return benchFigures{}, err
	}
	took := make([][]time.Duration, clients)
	var next, tokens atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for c := range clients {
		group.Go(func() error {
			for time.Since(began) < b.lasting || len(took[c]) == 0 {
				at := time.Now()
				n, err := b.ask(ctx, int(next.Add(1)), texts, bulk)
				if err != nil {
					return err
				}
				tokens.Add(int64(n))
				took[c] = append(took[c], time.Since(at))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return benchFigures{}, err
	}
	lasted := time.Since(began).Seconds()
	all := slices.Concat(took...)
	slices.Sort(all)
	ms := func(share float64) float64 {
		return float64(all[min(len(all)-1, int(share*float64(len(all))))].Microseconds()) / 1000
	}
	return benchFigures{
		Clients: clients, Texts: texts, PerSec: float64(len(all)*texts) / lasted, Tokens: float64(tokens.Load()) / lasted,
		P50: ms(0.5), P99: ms(0.99),
	}, nil
}

// ask makes the i-th request and returns how many tokens it had.
func (b *modelBench) ask(ctx context.Context, i, texts int, bulk bool) (tokens int, err error) {
	source := b.short
	if bulk || b.task == models.TaskRerank {
		source = b.long
	}
	batch := make([]string, texts)
	for k := range batch {
		batch[k] = source[(i*texts+k)%len(source)]
	}
	var served models.Served
	switch b.task {
	case models.TaskRerank:
		var r models.RerankResult
		r, err = b.engine.Rerank(ctx, models.RerankRequest{Query: b.short[i%len(b.short)], Texts: batch, Bulk: bulk})
		served = r.Served
	case models.TaskClassify:
		inputs := make([]models.Input, texts)
		for k, text := range batch {
			inputs[k].Text = text
		}
		var r models.ClassifyResult
		r, err = b.engine.Classify(ctx, models.ClassifyRequest{Inputs: inputs, Bulk: bulk})
		served = r.Served
	default:
		var r models.EmbedResult
		r, err = b.engine.Embed(ctx, models.EmbedRequest{Texts: batch, Question: !bulk})
		served = r.Served
	}
	for _, n := range served.Tokens {
		tokens += n
	}
	return tokens, err
}

// residentBytes reads the process's memory from Linux; elsewhere it is 0.
func residentBytes() (now, high int64) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kib, _ := strconv.ParseInt(fields[1], 10, 64)
		switch fields[0] {
		case "VmRSS:":
			now = kib << 10
		case "VmHWM:":
			high = kib << 10
		}
	}
	return now, high
}

func (r *benchReport) print(w io.Writer) error {
	fmt.Fprintf(w, "%s %s (%s), %d slots, loaded and proven in %.2f s\n", r.Name, r.Version, r.Task, r.Slots, r.Load)
	fmt.Fprintf(w, "%-24s %8s %8s %12s %12s %10s %10s\n", "", "clients", "texts", "texts/s", "tokens/s", "P50 ms", "P99 ms")
	for _, f := range r.Figures {
		fmt.Fprintf(w, "%-24s %8d %8d %12.1f %12.0f %10.3f %10.3f\n", f.Name, f.Clients, f.Texts, f.PerSec, f.Tokens, f.P50, f.P99)
	}
	_, err := fmt.Fprintf(w, "memory %s, at its highest %s\n", size(r.RSS), size(r.HighRSS))
	return err
}
