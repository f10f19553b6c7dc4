package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"frontdesk/inference"
	"frontdesk/internal/postgres"
	"frontdesk/kb"
	"frontdesk/models"
)

const (
	// useLook is how often the progress of a switch is read.
	useLook = 250 * time.Millisecond
	// useLine is how often a progress line is printed at least, where it cannot be overwritten.
	useLine = 5 * time.Second
)

func newModelUse(opts *options) *cobra.Command {
	var withoutONNX bool
	var task string
	cmd := &cobra.Command{
		Use:   "use NAME | none --task TASK",
		Short: "Put an installed model in use, without a pause in the answers",
		Long: `Put an installed model in use for its task, without a pause in the answers.

The running servers load the model beside the one in use. For an encoder they
embed the whole knowledge base with it in the background, then all switch in one
step; until then every question is answered by the former model. The command
shows the progress and ends when the model is in use, or with the reason why it
is not. Ctrl-C ends only the watching; the servers go on. Without a running
server the command does the work itself, and goes on where it was interrupted.

A model is installed with frontdesk model pull on every machine that serves; a
node that cannot load it stops the switch, and nothing changes. To go back, use
the former model: while its vectors are kept (an hour), that takes moments. To
call off a switch, use the model that is in use.

As long as nobody has chosen, the compiled-in models serve. A task other than
embedding is switched off with the name none: frontdesk model use none --task
rerank. Its compiled-in model is put in use again by its name.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			none := args[0] == models.NoModel
			if none && task != models.TaskRerank && task != models.TaskClassify {
				return fmt.Errorf("--task is %q: name the task that is switched off, %s or %s", task, models.TaskRerank, models.TaskClassify)
			}
			if !none && task != "" {
				return fmt.Errorf("--task goes with the name %s only: a model has its own", models.NoModel)
			}
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			if none {
				return useModel(cmd.Context(), cfg, models.Nothing(task), cmd.OutOrStdout(), cfg.logger())
			}
			bundle, err := loadBundle(cfg, args[0]) // before anything is asked for: what is damaged here is told at once
			if err != nil {
				return err
			}
			if m := bundle.Manifest; m.Task == models.TaskEmbed && m.Runtime != models.RuntimeONNX && !withoutONNX {
				return fmt.Errorf("model %s is an encoder in pure Go: with it in use, answers run no ONNX graph; if that is what you want, say --without-onnx", m.Name)
			}
			return useModel(cmd.Context(), cfg, bundle, cmd.OutOrStdout(), cfg.logger())
		},
	}
	cmd.Flags().BoolVar(&withoutONNX, "without-onnx", false, "allow an encoder in pure Go, with which answers run no ONNX graph")
	cmd.Flags().StringVar(&task, "task", "", "with the name none: the task that is switched off, rerank or classify")
	return cmd
}

// spoken names a model to people.
func spoken(name, version string) string {
	if name == models.NoModel {
		return "no model"
	}
	return name + " " + version
}

// useModel asks for the model and watches until it is in use.
func useModel(ctx context.Context, cfg Config, bundle models.Bundle, out io.Writer, logger *slog.Logger) (err error) {
	db, err := openDatabase(ctx, cfg, logger)
	if err != nil {
		return err
	}
	defer db.close(ctx)
	return useModelOn(ctx, cfg, db, bundle, out, logger)
}

// useModelOn is useModel on a database that is open.
func useModelOn(ctx context.Context, cfg Config, db *database, bundle models.Bundle, out io.Writer, logger *slog.Logger) error {
	if _, err := postgres.Migrate(ctx, db.url); err != nil {
		return err
	}
	pool, err := postgres.Open(ctx, db.url, int32(cfg.Database.MaxConns))
	if err != nil {
		return err
	}
	defer pool.Close()
	store, m := postgres.NewModels(pool), bundle.Manifest
	wished, err := store.Wish(ctx, models.Switch{Task: m.Task, Name: m.Name, Version: m.Version, Fingerprint: m.Fingerprint})
	if err != nil {
		return err
	}
	if wished.State == models.SwitchDone {
		_, err := fmt.Fprintf(out, "%s is in use for %s already; a switch to another model, if one was under way, is called off\n", spoken(m.Name, m.Version), m.Task)
		return err
	}
	w := &useWatch{store: store, out: out, terminal: isTerminal(out), work: func(ctx context.Context, s models.Switch) error {
		return moveHere(ctx, cfg, store, postgres.NewKnowledge(pool), bundle, s, logger)
	}}
	return w.until(ctx, wished)
}

// moveHere does the work of a switch in this process: no server is up.
func moveHere(ctx context.Context, cfg Config, store *postgres.Models, knowledge *postgres.Knowledge, bundle models.Bundle, s models.Switch, logger *slog.Logger) (err error) {
	var bundles []models.Bundle
	if bundle.Manifest.Name != models.NoModel {
		bundles = append(bundles, bundle)
	}
	engine, err := inference.New(inference.Config{Library: cfg.Inference.Library, Models: bundles, Slots: cfg.Inference.Slots}) //nolint:contextcheck // loads once, at once
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	service, err := kb.NewService(kb.Config{Store: knowledge, Embedder: engine, Logger: logger})
	if err != nil {
		return err
	}
	m := newMover(store, service, logger)
	defer func() { // so that a server, or the command again, goes on at once
		giving, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 2*time.Second, errors.New("the database did not answer within 2 s"))
		defer cancel()
		err = errors.Join(err, store.Release(giving, m.node))
	}()
	return m.move(ctx, s, engine)
}

// useWatch shows a switch to a person until it is closed.
type useWatch struct {
	store    *postgres.Models
	out      io.Writer
	terminal bool
	// work moves the switch in this process.
	work func(context.Context, models.Switch) error

	last    string // line
	printed time.Time
}

// until returns nil when the model is in use, or why it is not.
func (w *useWatch) until(ctx context.Context, s models.Switch) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	working, here, worked := false, false, make(chan error, 1)
	defer func() {
		cancel()
		if working {
			err = errors.Join(err, ignoreCancel(<-worked))
		}
	}()
	for {
		now, err := w.store.Switch(ctx, s.ID)
		if err != nil {
			return w.interrupted(ctx, working, err)
		}
		switch now.State {
		case models.SwitchDone:
			w.end()
			if here {
				_, err = fmt.Fprintf(w.out, "%s is in use for %s; no server was running\n", spoken(s.Name, s.Version), s.Task)
			} else {
				_, err = fmt.Fprintf(w.out, "%s is in use for %s\n", spoken(s.Name, s.Version), s.Task)
			}
			return err
		case models.SwitchFailed:
			w.end()
			return fmt.Errorf("model %s was not put in use, the former one answers: %s", s.Name, now.Error)
		case models.SwitchSuperseded:
			w.end()
			return fmt.Errorf("model %s was not put in use: %s", s.Name, now.Error)
		}
		w.show(now)
		nodes, err := w.store.Nodes(ctx, 0)
		if err != nil {
			return w.interrupted(ctx, working, err)
		}
		if len(nodes) == 0 && !working {
			working, here = true, true
			go func() { worked <- w.work(ctx, now) }() // ends before this function returns
		}
		select {
		case err := <-worked:
			working = false
			if err != nil {
				return fmt.Errorf("put model %s in use: %w; run the command again to go on", s.Name, err)
			}
		case <-time.After(useLook):
		case <-ctx.Done():
			return w.interrupted(ctx, working, context.Cause(ctx))
		}
	}
}

// ignoreCancel leaves out what the end of the watching caused.
func ignoreCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// interrupted says what goes on after the watching has ended.
func (w *useWatch) interrupted(ctx context.Context, working bool, err error) error {
	w.end()
	switch {
	case ctx.Err() == nil:
		return err
	case working:
		return errors.New("interrupted: run the command again to go on, or start the server")
	}
	return errors.New("no longer watching: the servers go on; run the command again to watch")
}

// show prints how far the switch is: over the last line on a terminal, otherwise now and then.
func (w *useWatch) show(s models.Switch) {
	line := "waiting for a server to begin"
	switch s.State {
	case models.SwitchEmbedding:
		line = "loading the model"
		if s.Total > 0 {
			line = fmt.Sprintf("embedding the knowledge base: %d of %d texts (%d%%)", s.Done, s.Total, 100*s.Done/s.Total)
		}
		if s.Total > 0 && s.Done == s.Total {
			line = fmt.Sprintf("embedded %d texts; fitting the confidence", s.Total)
		}
	case models.SwitchWaiting:
		line = s.Error
	}
	switch {
	case line == w.last:
	case w.terminal:
		fmt.Fprintf(w.out, "\r\x1b[K%s", line)
		w.last = line
	case time.Since(w.printed) > useLine:
		fmt.Fprintln(w.out, line)
		w.last, w.printed = line, time.Now()
	}
}

// end leaves the line that is overwritten.
func (w *useWatch) end() {
	if w.terminal && w.last != "" {
		fmt.Fprintln(w.out)
	}
}

// isTerminal reports whether a person sees w as it is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
