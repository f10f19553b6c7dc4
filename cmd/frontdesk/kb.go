package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

func newKB(opts *options) *cobra.Command {
	cmd := &cobra.Command{Use: "kb", Short: "Import and export the knowledge base (JSONL)"}
	var site string
	cmd.PersistentFlags().StringVar(&site, "site", "", "key of the site (default: the first one)")

	var dryRun bool
	imp := &cobra.Command{
		Use:   "import FILE",
		Short: "Publish all articles of a JSONL file, or none; - reads standard input",
		Long: `Publish all articles of a JSONL file, or none.

One article a line: {"id","title","locale","questions":[…],"answer","tags":[…]}.
Key is (id, locale); lines with one id are translations of one article.
The same file again changes nothing. The server may run meanwhile: it answers
from the new articles as soon as the command ends.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := cmd.InOrStdin()
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return fmt.Errorf("import: %w", err)
				}
				defer file.Close()
				in = file
			}
			return withStack(cmd, opts, func(s *stack) error {
				at, err := s.site(cmd.Context(), site)
				if err != nil {
					return err
				}
				report, err := s.knowledge.Import(cmd.Context(), identity.System(), in, kb.ImportOptions{Site: at.ID, DryRun: dryRun})
				if err != nil {
					return fmt.Errorf("import %s: nothing was imported: %w", args[0], err)
				}
				verb := "imported"
				if dryRun {
					verb = "would import"
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %d articles: %d added, %d changed, %d unchanged\n",
					verb, report.Lines, report.Added, report.Changed, report.Unchanged)
				return err
			})
		},
	}
	imp.Flags().BoolVar(&dryRun, "dry-run", false, "check and count only")

	exp := &cobra.Command{
		Use:   "export FILE",
		Short: "Write all published articles to a JSONL file; - writes to standard output",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStack(cmd, opts, func(s *stack) error {
				at, err := s.site(cmd.Context(), site)
				if err != nil {
					return err
				}
				if args[0] == "-" {
					return s.knowledge.Export(cmd.Context(), identity.System(), at.ID, cmd.OutOrStdout())
				}
				return writeWhole(args[0], func(w io.Writer) error {
					return s.knowledge.Export(cmd.Context(), identity.System(), at.ID, w)
				})
			})
		},
	}
	cmd.AddCommand(imp, exp)
	return cmd
}

// withStack runs fn on the configured database.
func withStack(cmd *cobra.Command, opts *options, fn func(*stack) error) error {
	cfg, err := opts.load(os.Environ())
	if err != nil {
		return err
	}
	logger := cfg.logger()
	db, err := openDatabase(cmd.Context(), cfg, logger)
	if err != nil {
		return err
	}
	s, err := newStack(cmd.Context(), cfg, db, prometheus.NewRegistry(), logger)
	if err != nil {
		return err
	}
	return errors.Join(fn(s), s.close(cmd.Context()))
}

// writeWhole writes a file that appears only when it is complete.
func writeWhole(path string, write func(io.Writer) error) error {
	partial := path + ".partial"
	out, err := os.OpenFile(partial, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(partial)
	if err := errors.Join(write(out), out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(partial, path)
}
