package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"frontdesk/inference"
	"frontdesk/internal/integration/hub"
	"frontdesk/internal/safedial"
	"frontdesk/models"
)

var _ hub.Recorder = (*inference.Engine)(nil)

func newModelPull(opts *options) *cobra.Command {
	var o hub.Options
	var question, passage string
	cmd := &cobra.Command{
		Use:   "pull OWNER/NAME",
		Short: "Fetch a model from a hub, prove that it runs, and install it",
		Long: `Fetch a model from a hub, prove that it runs, and install it.

The hub is models.hub or HF_ENDPOINT, its token models.token or HF_TOKEN. The
repository must hold an ONNX file and a tokenizer.json; pooling, prefixes, limits
and labels are read from its files. A pull that was interrupted goes on where it
stopped. Every file is compared with the checksum that the hub announces and
pinned in the manifest; the model is run once for the golden values that each
later start compares with.

Installed is not in use: frontdesk model use OWNER/NAME.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("question-prefix") {
				o.QuestionPrefix = &question
			}
			if cmd.Flags().Changed("passage-prefix") {
				o.PassagePrefix = &passage
			}
			return pullModel(cmd.Context(), cfg, args[0], o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Revision, "revision", "main", "branch, tag or commit")
	f.StringVar(&o.Task, "task", "", "embed, rerank or classify (default: as the repository says)")
	f.StringVar(&o.File, "file", "", "the ONNX file in the repository (default onnx/model.onnx or model.onnx)")
	f.BoolVar(&o.Quantized, "quantized", false, "take the file with weights of 8 bits")
	f.StringVar(&o.Pooling, "pooling", "", "mean, cls, last or graph (default: as the repository says)")
	f.IntVar(&o.Dims, "dims", 0, "cut vectors to this length; for Matryoshka models (default: all)")
	f.IntVar(&o.MaxTokens, "max-tokens", 0, "cut texts at fewer tokens than the model takes")
	f.StringVar(&question, "question-prefix", "", "what goes before questions (default: as the repository says)")
	f.StringVar(&passage, "passage-prefix", "", "what goes before passages (default: as the repository says)")
	f.BoolVar(&o.Update, "update", false, "replace the model if another version or one with other options is installed")
	return cmd
}

// pullModel fetches a model and tells how far it is.
func pullModel(ctx context.Context, cfg Config, name string, o hub.Options, out io.Writer) (err error) {
	if cfg.Models.Hub == "" {
		return errors.New("no model hub is configured: set HF_ENDPOINT, FRONTDESK_MODELS_HUB or models.hub to its base URL; " +
			"without a hub, copy a model's folder from another machine into " + cfg.Models.Dir)
	}
	store, err := models.OpenStore(cfg.Models.Dir)
	if err != nil {
		return err
	}
	client, err := hubClient(cfg)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	// The engine first: without the library, nothing need be fetched.
	engine, err := inference.New(inference.Config{Library: cfg.Inference.Library, Slots: cfg.Inference.Slots}) //nolint:contextcheck // loads once, at once
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	puller, err := hub.New(hub.Config{Endpoint: cfg.Models.Hub, Token: cfg.Models.Token, Client: client, Store: store, Recorder: engine})
	if err != nil {
		return err
	}
	bar := newByteBar(out)
	m, err := puller.Pull(ctx, name, o, func(e hub.Event) {
		switch {
		case e.Retry != nil:
			bar.end()
			line := e.Step + ": " + e.Retry.Error()
			if e.Wait > 0 {
				line = fmt.Sprintf("trying again in %v: %v", e.Wait.Round(100*time.Millisecond), e.Retry)
			}
			fmt.Fprintln(out, line)
		case e.File != "":
			bar.show(e.File, e.Done, e.Total)
		default:
			bar.say(e.Step)
		}
	})
	bar.end()
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted; what came is kept: frontdesk model pull %s goes on where it stopped", name)
		}
		return err
	}
	return printPulled(out, m, filepath.Join(store.Root(), models.Folder(name)))
}

// hubClient makes connections to public addresses and to those that egress_allow opens.
func hubClient(cfg Config) (*http.Client, error) {
	dialer, err := safedial.New(safedial.Config{Allow: cfg.egress()})
	if err != nil {
		return nil, err
	}
	return dialer.Client(), nil
}

func printPulled(out io.Writer, m models.Manifest, dir string) error {
	what := fmt.Sprintf("%d labels", len(m.Labels))
	switch m.Task {
	case models.TaskEmbed:
		what = fmt.Sprintf("%d dims, pooling %s", m.Dims, m.Pooling)
	case models.TaskRerank:
		what = "one score a pair"
	}
	lines := []string{
		fmt.Sprintf("%s %s is installed in %s", m.Name, m.Version, dir),
		fmt.Sprintf("task %s, %s, up to %d tokens, %s", m.Task, what, m.MaxTokens.Passage, size(bytesOf(m))),
		"licence " + m.License,
	}
	if p := m.Prefixes; p != (models.Prefixes{}) {
		lines = append(lines, fmt.Sprintf("prefix of questions %q, of passages %q", p.Question, p.Passage))
	}
	switch {
	case m.License == "NOASSERTION":
		lines = append(lines, "the repository names no licence: ask its owner before you use it")
	case strings.HasPrefix(m.License, "LicenseRef-"), strings.Contains(m.License, "-NC"):
		lines = append(lines, "this licence has terms of its own: read them in the folder's README.md before you use it")
	}
	lines = append(lines, "put it in use with: frontdesk model use "+m.Name)
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}
