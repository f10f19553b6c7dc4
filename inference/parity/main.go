// Command parity proves that the engine computes what training computed, for the compiled-in encoder and pair model.
//
// It reads the lines that models/training/parity.py wrote (a text and its vector, or a pair and its raw score, computed
// there without ONNX), lets the engine that serves compute them anew, in batches of mixed lengths, and fails where one
// differs by more than a limit. `make models-parity` runs both. It is no part of the server.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"

	"frontdesk/inference"
	"frontdesk/models"
)

const (
	// leastCosine is what every text must agree by.
	leastCosine = 0.99999
	// mostScore is what a raw score may differ by, of its size or of 1, whichever is more: both sides compute in float32,
	// but sum up in another order.
	mostScore = 1e-4
	// batch is how many texts are asked for at once.
	batch = 64
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

// line is what training computed for one text or pair.
type line struct {
	Text   string   `json:"text"`
	Vector string   `json:"vector"` // little-endian float32 in base64
	Pair   string   `json:"pair"`
	Score  *float64 `json:"score"`
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("parity", flag.ContinueOnError)
	name := flags.String("in", "", "file that models/training/parity.py wrote")
	if err := flags.Parse(args); err != nil {
		return err
	}
	texts, pairs, err := read(*name)
	if err != nil {
		return err
	}
	pair, err := models.DefaultPair()
	if err != nil {
		return err
	}
	engine, err := inference.New(inference.Config{Models: []models.Bundle{pair}}) //nolint:contextcheck // loads once, at once
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	return errors.Join(compareTexts(ctx, engine, texts, out), comparePairs(ctx, engine, pairs, out))
}

// read returns the lines with a vector and those with a score; there must be some of each.
func read(name string) (texts, pairs []line, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("open the lines of training: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, nil, fmt.Errorf("%s, line %d: %w", name, n, err)
		}
		switch {
		case l.Score != nil:
			pairs = append(pairs, l)
		case l.Vector != "":
			texts = append(texts, l)
		default:
			return nil, nil, fmt.Errorf("%s, line %d has neither vector nor score", name, n)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(texts) == 0 || len(pairs) == 0 {
		return nil, nil, fmt.Errorf("%s has %d texts and %d pairs: run models/training/parity.py anew", name, len(texts), len(pairs))
	}
	return texts, pairs, nil
}

func compareTexts(ctx context.Context, engine *inference.Engine, lines []line, out io.Writer) error {
	least, worst := 2.0, ""
	for from := 0; from < len(lines); from += batch {
		some := lines[from:min(from+batch, len(lines))]
		texts := make([]string, len(some))
		for i, l := range some {
			texts[i] = l.Text
		}
		got, err := engine.Embed(ctx, models.EmbedRequest{Texts: texts, Question: true})
		if err != nil {
			return fmt.Errorf("lines from %d: %w", from, err)
		}
		for i, l := range some {
			want, err := vector(l.Vector)
			if err != nil {
				return fmt.Errorf("text %q: %w", l.Text, err)
			}
			if c := cosine(got.Vectors[i], want); !(c >= least) { // NaN is the worst
				least, worst = c, l.Text
			}
		}
	}
	fmt.Fprintf(out, "%s: %d texts, least cosine to training %.8f\n", engine.Model().Name, len(lines), least)
	if !(least >= leastCosine) {
		return fmt.Errorf("text %q has cosine %.8f to training, want %v", worst, least, leastCosine)
	}
	return nil
}

func comparePairs(ctx context.Context, engine *inference.Engine, lines []line, out io.Writer) error {
	most, worst := 0.0, ""
	var name string
	for _, l := range lines {
		got, err := engine.Rerank(ctx, models.RerankRequest{Query: l.Text, Texts: []string{l.Pair, "x", l.Text}, Raw: true})
		if err != nil {
			return fmt.Errorf("pair %q, %q: %w", l.Text, l.Pair, err)
		}
		name = got.Model
		if d := math.Abs(float64(got.Scores[0])-*l.Score) / max(1, math.Abs(*l.Score)); !(d <= most) {
			most, worst = d, l.Text+" / "+l.Pair
		}
	}
	fmt.Fprintf(out, "%s: %d pairs, raw scores differ from training by at most %.2g\n", name, len(lines), most)
	if !(most <= mostScore) {
		return fmt.Errorf("pair %q differs from training by %g, want at most %g", worst, most, mostScore)
	}
	return nil
}

func vector(text string) ([]float32, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("vector is no base64: %w", err)
	}
	v := make([]float32, len(raw)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return v, nil
}

// cosine is NaN for vectors of different lengths: they are as different as can be.
func cosine(a, b []float32) float64 {
	if len(a) != len(b) {
		return math.NaN()
	}
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}
