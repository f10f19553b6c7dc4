package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the build: -ldflags "-X main.version=…".
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newRoot().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "frontdesk: %v\n", err)
		os.Exit(1)
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "frontdesk",
		Short:         "Self-hosted customer service: bot first, humans next, nothing lost",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	opts := &options{}
	opts.bind(root.PersistentFlags())
	root.AddCommand(
		newServe(opts), newMigrate(opts), newKB(opts), newEval(opts),
		newBackup(opts), newRestore(opts), newUser(opts), newAPIKey(opts), newModel(opts), newDoctor(opts), newVersion(),
	)
	return root
}
