package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"frontdesk/inference"
	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/local"
	"frontdesk/models"
)

func newModel(opts *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "model",
		Short: "List, fetch, check, measure and use models",
		Long: `List, fetch, check, measure and use models.

A model is a folder below models.dir with a manifest that has the SHA-256 of each
of its files. Every machine that serves needs the models in use. docs/models.md
says more.`,
	}
	cmd.AddCommand(newModelList(opts), newModelPull(opts), newModelVerify(opts), newModelBench(opts), newModelUse(opts))
	return cmd
}

func newModelList(opts *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [--json]",
		Short: "List the models that are compiled in and the installed ones",
		Long: `List the models that are compiled in and the installed ones, broken ones with the
reason. Sizes are looked at, contents are not: frontdesk model verify does that.
Which model is in use is told if the database is up.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			store, err := models.OpenStore(cfg.Models.Dir)
			if err != nil {
				return err
			}
			entries, err := store.List(cmd.Context())
			if err != nil {
				return err
			}
			rows := listed(entries, modelUses(cmd.Context(), cfg))
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(rows)
			}
			return printModels(cmd.OutOrStdout(), rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// listedModel is a line of the list.
type listedModel struct {
	Name        string   `json:"name"`
	Version     string   `json:"version,omitempty"`
	Task        string   `json:"task,omitempty"`
	Dims        int      `json:"dims,omitempty"`
	Runtime     string   `json:"runtime,omitempty"`
	Languages   []string `json:"languages,omitempty"`
	License     string   `json:"license,omitempty"`
	Bytes       int64    `json:"bytes"`
	Fingerprint string   `json:"fingerprint,omitempty"`
	Dir         string   `json:"dir,omitempty"`
	// InUse is nil if the database could not be asked.
	InUse *bool  `json:"in_use,omitempty"`
	Error string `json:"error,omitempty"`
}

// listed makes lines; uses is nil if nobody knows.
func listed(entries []models.Entry, uses map[string]models.Use) []listedModel {
	rows := make([]listedModel, 0, len(entries))
	for _, e := range entries {
		m := e.Manifest
		row := listedModel{
			Name: e.Name, Version: m.Version, Task: m.Task, Dims: m.Dims, Runtime: m.Runtime, Languages: m.Languages,
			License: m.License, Bytes: e.Bytes, Fingerprint: m.Fingerprint, Dir: e.Dir,
		}
		if uses != nil {
			used := e.Err == nil && m.Fingerprint != "" && uses[m.Task].Fingerprint == m.Fingerprint
			if u := uses[m.Task]; e.Dir == "" && m.Task != models.TaskEmbed && !used { // a model of this very release serves
				def, ok, err := models.DefaultOf(m.Task)
				used = u.Name == m.Name || u.Name == "" && ok && err == nil && def.Manifest.Name == m.Name
			}
			row.InUse = &used
		}
		if e.Err != nil {
			row.Error = e.Err.Error()
		}
		rows = append(rows, row)
	}
	return rows
}

// modelUses asks which models are in use; nil if no database is up. It starts none.
func modelUses(ctx context.Context, cfg Config) map[string]models.Use {
	ctx, cancel := context.WithTimeoutCause(ctx, 3*time.Second, errors.New("the database did not answer within 3 s"))
	defer cancel()
	url := cfg.Database.URL
	if url == "" {
		var err error
		if url, err = local.Attach(ctx, cfg.Data); err != nil {
			return nil
		}
	}
	pool, err := postgres.Open(ctx, url, 1)
	if err != nil {
		return nil
	}
	defer pool.Close()
	uses, err := postgres.NewModels(pool).Uses(ctx)
	if err != nil { // also a schema of an older release
		return nil
	}
	return uses
}

func printModels(w io.Writer, rows []listedModel) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tVERSION\tTASK\tDIMS\tRUNTIME\tLANGUAGES\tLICENCE\tSIZE\tSTATE")
	for _, r := range rows {
		state := "installed"
		switch {
		case r.Error != "":
			state = "BROKEN"
		case r.InUse != nil && *r.InUse:
			state = "in use"
		case r.Dir == "":
			state = "compiled in"
		}
		dims := "-"
		if r.Dims > 0 {
			dims = fmt.Sprint(r.Dims)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, orDash(r.Version), orDash(r.Task), dims, orDash(r.Runtime),
			orDash(shortList(r.Languages)), orDash(r.License), size(r.Bytes), state)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, r := range rows {
		if r.Error != "" {
			if _, err := fmt.Fprintf(w, "\n%s: %s\n", r.Name, r.Error); err != nil {
				return err
			}
		}
	}
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// shortList keeps a table readable: models of a hundred languages exist.
func shortList(all []string) string {
	if len(all) > 4 {
		return fmt.Sprintf("%s +%d", strings.Join(all[:4], ","), len(all)-4)
	}
	return strings.Join(all, ",")
}

// size writes bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

func newModelVerify(opts *options) *cobra.Command {
	return &cobra.Command{
		Use:   "verify [NAME…]",
		Short: "Read every byte of models again and run their golden values",
		Long: `Read every byte of models again, compare it with the SHA-256 in the manifest, and
run the model: it must give the values that were recorded when it was made or
pulled. Without a name all models are verified.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			store, err := models.OpenStore(cfg.Models.Dir)
			if err != nil {
				return err
			}
			var hidden []models.Entry
			if len(args) == 0 {
				entries, err := store.List(cmd.Context())
				if err != nil {
					return err
				}
				for _, e := range entries {
					if _, builtIn, _ := models.BuiltIn(e.Name); builtIn && e.Dir != "" {
						hidden = append(hidden, e) // its name would verify the other one
						continue
					}
					args = append(args, e.Name)
				}
			}
			out := cmd.OutOrStdout()
			bar := newByteBar(out)
			failed := len(hidden)
			for _, e := range hidden {
				fmt.Fprintf(out, "FAIL  %s: %v\n", e.Dir, e.Err)
			}
			for _, name := range args {
				m, err := verifyModel(cmd.Context(), cfg, store, name, bar)
				bar.end()
				if cmd.Context().Err() != nil {
					return context.Cause(cmd.Context())
				}
				if err != nil {
					failed++
					fmt.Fprintf(out, "FAIL  %s: %v\n", name, err)
					continue
				}
				fmt.Fprintf(out, "ok    %s %s: %d files, %s, golden values match\n", m.Name, m.Version, len(m.Files), size(bytesOf(m)))
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d models cannot be used; each line says why", failed, len(args)+len(hidden))
			}
			return nil
		},
	}
}

func bytesOf(m models.Manifest) (sum int64) {
	for _, f := range m.Files {
		sum += f.Size
	}
	return sum
}

// verifyModel hashes a model and runs it.
func verifyModel(ctx context.Context, cfg Config, store *models.Store, name string, bar *byteBar) (m models.Manifest, err error) {
	m, err = store.Verify(ctx, name, func(file string, done, total int64) {
		bar.show("hashing "+name+"/"+file, done, total)
	})
	if err != nil {
		return m, err
	}
	b, err := store.Load(name) //nolint:contextcheck // loads once, at once
	if err != nil {
		return m, err
	}
	bar.say("running " + name)
	engine, err := inference.New(inference.Config{Library: cfg.Inference.Library, Models: []models.Bundle{b}, Slots: cfg.Inference.Slots}) //nolint:contextcheck // loads once, at once
	if err != nil {
		return m, err
	}
	return m, engine.Close()
}
