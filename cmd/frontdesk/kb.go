package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"frontdesk/internal/identity"
	"frontdesk/internal/integration/documents"
	"frontdesk/kb"
)

func newKB(opts *options) *cobra.Command {
	cmd := &cobra.Command{Use: "kb", Short: "Import and export the knowledge base"}
	var site string
	cmd.PersistentFlags().StringVar(&site, "site", "", "key of the site (default: the first one)")
	cmd.AddCommand(newKBImport(opts, &site), newKBExport(opts, &site), &cobra.Command{
		Use: readPDFCommand, Hidden: true, Args: cobra.NoArgs,
		Short: "Read one PDF from standard input, within limits of this process (used by imports)",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return documents.ServePDF(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	})
	return cmd
}

func newKBImport(opts *options, site *string) *cobra.Command {
	var run kbImport
	var format string
	cmd := &cobra.Command{
		Use:   "import FILE|FOLDER|URL",
		Short: "Publish all articles of a file or folder, or none; - reads standard input",
		Long: `Publish all articles of a file or folder, or none; or make drafts of a website.

JSONL, CSV, XLSX and Markdown (a folder, a .zip or one .md file) hold curated
articles and are published, with --drafts they become working copies. HTML, PDF,
DOCX and web addresses (a page, with --follow what it links to, or a sitemap)
become working copies for somebody to read first. What a file is, is found by itself.

Key is (id, locale); the same file again changes nothing. The server may run
meanwhile: it answers from the new articles as soon as the command ends.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if run.format, err = kb.ParseFormat(format); err != nil {
				return err
			}
			if run.limits.Pages < 1 || run.limits.Pages > kb.MaxCrawlPages {
				return fmt.Errorf("--pages must lie between 1 and %d", kb.MaxCrawlPages)
			}
			src, err := run.open(cmd, args[0])
			if err != nil {
				return fmt.Errorf("import %s: %w", args[0], err)
			}
			return withStack(cmd, opts, func(s *stack) error { return run.do(cmd, opts, s, *site, args[0], src) })
		},
	}
	cmd.Flags().BoolVar(&run.dryRun, "dry-run", false, "check and count only")
	cmd.Flags().BoolVar(&run.drafts, "drafts", false, "make working copies instead of publishing")
	cmd.Flags().BoolVar(&run.limits.Follow, "follow", false, "of a web page, also read the pages that it links to, below its folder")
	cmd.Flags().IntVar(&run.limits.Pages, "pages", 200, "read at most so many web pages")
	cmd.Flags().StringVar(&format, "format", "", "jsonl, csv, xlsx, markdown, html, pdf or docx (default: found by itself)")
	return cmd
}

// kbImport is one run of the import command.
type kbImport struct {
	format         kb.Format
	dryRun, drafts bool
	limits         kb.CrawlLimits
}

func webAddress(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// open reads what is to be imported; of an address nothing is read yet.
func (k kbImport) open(cmd *cobra.Command, name string) (src kb.Source, err error) {
	src = kb.Source{Name: filepath.Base(name), Format: k.format}
	var raw []byte
	switch info, statErr := os.Stat(name); {
	case webAddress(name):
		return kb.Source{Name: name, Format: kb.FormatPages}, nil
	case name == "-":
		src.Name = ""
		src.Format = cmp.Or(k.format, kb.FormatJSONL)
		raw, err = io.ReadAll(cmd.InOrStdin())
	case statErr != nil:
		return src, statErr
	case info.IsDir():
		src.Format = kb.FormatMarkdown
		raw, err = packFolder(name)
	default:
		raw, err = os.ReadFile(name)
	}
	src.Content, src.Size = bytes.NewReader(raw), int64(len(raw))
	return src, err
}

// packFolder makes of a folder's Markdown files what an upload of them is. Links are not followed.
func packFolder(dir string) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		ext := strings.ToLower(filepath.Ext(path))
		if err != nil || !d.Type().IsRegular() || (ext != ".md" && ext != ".markdown") {
			return err
		}
		raw, err := fs.ReadFile(root.FS(), path)
		if err != nil {
			return err
		}
		f, err := w.Create(filepath.ToSlash(path))
		if err == nil {
			_, err = f.Write(raw)
		}
		return err
	})
	if err := errors.Join(err, w.Close()); err != nil { // Close writes the directory: the bytes are whole only now
		return nil, err
	}
	return out.Bytes(), nil
}

func (k kbImport) do(cmd *cobra.Command, opts *options, s *stack, site, name string, src kb.Source) error {
	cfg, err := opts.load(os.Environ())
	if err != nil {
		return err
	}
	at, err := s.site(cmd.Context(), site)
	if err != nil {
		return err
	}
	transfer, err := newTransfer(cfg, s)
	if err != nil {
		return err
	}
	if src.Format == kb.FormatPages {
		var fetched bytes.Buffer
		err := transfer.Fetch(cmd.Context(), identity.System(), name, k.limits, &fetched, func(p kb.Progress) {
			if p.Done > 0 && p.Done%10 == 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "%d pages read\n", p.Done)
			}
		})
		if err != nil {
			return k.failed(cmd, name, err)
		}
		src.Content, src.Size = bytes.NewReader(fetched.Bytes()), int64(fetched.Len())
	}
	report, err := transfer.Import(cmd.Context(), identity.System(), src, kb.ImportOptions{Site: at.ID, DryRun: k.dryRun, Drafts: k.drafts, Learn: true})
	for _, w := range report.Warnings {
		fmt.Fprintln(cmd.ErrOrStderr(), "note:", w)
	}
	if err != nil {
		return k.failed(cmd, name, err)
	}
	verb, what := "imported", "articles"
	if k.dryRun {
		verb = "would import"
	}
	if report.Drafts {
		what = "articles as working copies"
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %d %s: %d added, %d changed, %d unchanged\n",
		verb, report.Lines, what, report.Added, report.Changed, report.Unchanged)
	return err
}

// failed lists everything that is wrong with a file.
func (k kbImport) failed(cmd *cobra.Command, name string, err error) error {
	if wrong, ok := errors.AsType[*kb.ImportError](err); ok && len(wrong.Problems) > 1 {
		for _, p := range wrong.Problems {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", p.Where, p.Reason)
		}
		return fmt.Errorf("import %s: nothing was imported: %d problems", name, len(wrong.Problems)+wrong.More)
	}
	return fmt.Errorf("import %s: nothing was imported: %w", name, err)
}

func newKBExport(opts *options, site *string) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "export FILE",
		Short: "Write all published articles to a file; - writes to standard output",
		Long: `Write all published articles to a file, in a format that import reads.

The format is --format, or else told by the file's name: .jsonl, .csv, .xlsx, or
.zip for a folder of Markdown files. - writes to standard output.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := exportFormat(format, args[0])
			if err != nil {
				return err
			}
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			return withStack(cmd, opts, func(s *stack) error {
				at, err := s.site(cmd.Context(), *site)
				if err != nil {
					return err
				}
				transfer, err := newTransfer(cfg, s)
				if err != nil {
					return err
				}
				write := func(w io.Writer) error { return transfer.Export(cmd.Context(), identity.System(), at.ID, f, w) }
				if args[0] == "-" {
					return write(cmd.OutOrStdout())
				}
				return writeWhole(args[0], write)
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "jsonl, csv, xlsx or markdown (default: by the file's name)")
	return cmd
}

// exportFormat is the format asked for, or the one that the file's name tells.
func exportFormat(asked, file string) (kb.Format, error) {
	f, err := kb.ParseFormat(asked)
	if err != nil {
		return "", err
	}
	if f == "" {
		switch strings.ToLower(filepath.Ext(file)) {
		case ".csv":
			f = kb.FormatCSV
		case ".xlsx":
			f = kb.FormatXLSX
		case ".zip":
			f = kb.FormatMarkdown
		default:
			f = kb.FormatJSONL
		}
	}
	if !f.Curated() {
		return "", fmt.Errorf("format %q cannot be written; there are jsonl, csv, xlsx and markdown", f)
	}
	return f, nil
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
	return errors.Join(fn(s), s.close(context.WithoutCancel(cmd.Context())))
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
