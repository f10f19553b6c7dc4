// Command deskload puts load on a Frontdesk server over the real protocol and
// judges what came of it: visitors and agents with sockets of their own, an
// open loop that counts latency from the moment a message was due, and an
// oracle that compares every message with what each client was shown and with
// the server's stored history. docs/deskload.md says how to read the figures.
//
// Goroutines: a run starts them and has ended them when it returns. deskload
// kill also starts a server, and ends only that one. It never puts load on
// another machine unless told to, and every run is bounded in time and number.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// errFaults: the oracle found something; the report says what.
var errFaults = errors.New("faults found")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := newRoot().ExecuteContext(ctx)
	stop()
	switch {
	case errors.Is(err, errFaults):
		os.Exit(1)
	case err != nil:
		fmt.Fprintf(os.Stderr, "deskload: %v\n", err)
		os.Exit(2)
	}
}

func newRoot() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:   "deskload",
		Short: "Load generator and reliability oracle for Frontdesk",
		Long: "Runs visitors and agents against a Frontdesk server and prints what was sent, acknowledged, received, lost,\n" +
			"duplicated and reordered, latencies, and the server's memory. Exit status 0: no fault; 1: faults found; 2: the run failed.",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			// A signal ends the load; what was sent is judged nevertheless. A second one ends deskload.
			rep, err := runAll(context.WithoutCancel(cmd.Context()), cmd.Context(), o)
			if err != nil {
				return err
			}
			return finish(cmd, rep, o.json)
		},
	}
	o.bind(root.Flags())
	root.AddCommand(newKill(), newFaults(), newPart())
	return root
}

// runAll runs in this process or over several.
func runAll(ctx, loadCtx context.Context, o *options) (*report, error) {
	if o.processes > 1 {
		return runFleet(ctx, loadCtx, o)
	}
	r, err := newRun(o)
	if err != nil {
		return nil, err
	}
	return r.execute(ctx, loadCtx)
}

// finish prints the report and turns faults into the exit status.
func finish(cmd *cobra.Command, rep *report, asJSON bool) error {
	if err := rep.print(cmd.OutOrStdout(), asJSON); err != nil {
		return err
	}
	if !rep.OK {
		return errFaults
	}
	return nil
}
