// Command parity proves that package tokenizer gives what Hugging Face's tokenizers (Rust) give.
//
// It starts the oracle (oracle.mjs, the Rust implementation behind a prebuilt native binding), streams the same texts through
// both and compares ids, tokens, type ids, masks, offsets, word ids and overflowing parts. `make parity` runs the full proof,
// `make parity-quick` a sample. With -bench it clocks both sides in turns instead, with -golden it writes the sample that
// `make test` replays. It owns the oracle's process and one goroutine that feeds it; it is no part of the server.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

// options is what the command line says.
type options struct {
	dir     string   // of oracle.mjs and its node_modules
	files   string   // of the real tokenizer files
	data    []string // folders of real lines
	out     string   // where differences are written
	only    string   // names of targets, comma-separated; empty = all
	suites  string   // names of suites, comma-separated; empty = all
	lines   int      // real and generated lines a target
	scalars int      // every nth Unicode scalar
	seed    uint64
	max     int // differences that are written in full
	list    bool
	bench   bool
	golden  string // file to write the stored sample to
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	var data string
	flags := flag.NewFlagSet("parity", flag.ContinueOnError)
	flags.StringVar(&o.dir, "dir", "inference/tokenizer/parity", "folder of oracle.mjs")
	flags.StringVar(&o.files, "files", "inference/tokenizer/testdata", "folder of the tokenizer files")
	flags.StringVar(&data, "data", "../shared/datasets/train,../shared/datasets/eval", "folders of real lines (TSV)")
	flags.StringVar(&o.out, "out", "/tmp/parity", "folder for differences")
	flags.StringVar(&o.only, "only", "", "targets, comma-separated (a name or its beginning with *)")
	flags.StringVar(&o.suites, "suites", "", "suites, comma-separated: "+strings.Join(suiteNames(), ", "))
	flags.IntVar(&o.lines, "lines", 1_000_000, "lines a large target")
	flags.IntVar(&o.scalars, "scalars", 1, "take every nth Unicode scalar")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of all that is generated")
	flags.IntVar(&o.max, "max", 40, "differences to write in full, a suite")
	flags.StringVar(&o.golden, "golden", "", "write the stored sample to this file instead")
	flags.BoolVar(&o.bench, "bench", false, "clock both sides instead; without -only: one tokenizer of each kind")
	flags.BoolVar(&o.list, "list", false, "only name the targets")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o.data = strings.Split(data, ",")
	if o.bench && o.only == "" {
		o.only = benched
	}
	targets, err := targets(o)
	if err != nil {
		return err
	}
	if o.list {
		for _, t := range targets {
			fmt.Fprintln(out, t.Name)
		}
		return nil
	}
	if o.golden != "" {
		return writeGolden(ctx, o, targets, out)
	}
	if o.bench {
		return bench(ctx, o, targets, out)
	}
	return prove(ctx, o, targets, out)
}
