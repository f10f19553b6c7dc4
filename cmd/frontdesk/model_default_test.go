package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"frontdesk/models"
)

func TestThePairModelServesByDefaultIsSwitchedOffAndComesBack(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := start(t, data, true)
	cfg := defaultConfig()
	cfg.Data = data
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	pair, err := models.DefaultPair()
	if err != nil {
		t.Fatal(err)
	}
	use := func(b models.Bundle, want string) {
		t.Helper()
		var out bytes.Buffer
		if err := useModel(t.Context(), cfg, b, &out, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Fatalf("printed %q, want %q", out.String(), want)
		}
	}
	serves := func(r *running, want bool) {
		t.Helper()
		// A server follows a switch within a second of it, not in the same moment.
		line := fmt.Sprintf(`frontdesk_model_info{fingerprint="%s",model="%s",task="rerank"`, pair.Manifest.Fingerprint, pair.Manifest.Name)
		for patience := time.After(time.Minute); ; {
			var page string
			r.call(http.MethodGet, "/metrics", "", nil, &page)
			if strings.Contains(page, line) == want {
				break
			}
			select {
			case <-time.After(50 * time.Millisecond):
				continue
			case <-patience:
				t.Fatalf("/metrics has %s: %v, want %v", line, !want, want)
			}
		}
		if got := r.ask("how can I cancel my order").Events[0]; got.Author.Kind != "bot" || got.Source == nil {
			t.Errorf("answered %+v", got)
		}
		if status := r.call(http.MethodGet, "/readyz", "", nil, nil); status != http.StatusOK {
			t.Errorf("readyz: %d", status)
		}
	}
	serves(r, true)
	use(models.Nothing(models.TaskRerank), "no model is in use for rerank\n")
	serves(r, false)
	use(models.Nothing(models.TaskRerank), "no model is in use for rerank already")
	use(pair, "is in use for rerank\n")
	serves(r, true)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	use(models.Nothing(models.TaskRerank), "no server was running")
	again := start(t, data, true)
	serves(again, false)
}

func TestNoneIsRefusedWhereSomethingMustServe(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"none"}, {"none", "--task", "embed"}, {"frontdesk-pair-zh-en", "--task", "rerank"}} {
		cmd := newModelUse(&options{})
		cmd.SetArgs(args)
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "--task") {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestACompiledInScorerOfAnotherReleaseCountsAsServed(t *testing.T) {
	t.Parallel()
	pair, err := models.DefaultPair()
	if err != nil {
		t.Fatal(err)
	}
	engine := newPuppet("old")
	s := newSwitcher(nil, engine, anyModel, nil, "a", slog.New(slog.DiscardHandler))
	older := models.Use{Task: models.TaskRerank, Name: pair.Manifest.Name, Version: "0", Fingerprint: "of another release"}
	if s.serves(older, s.serving()) {
		t.Error("nothing reranks here, yet it counts as served")
	}
	staged, err := engine.Stage(t.Context(), pair)
	if err != nil {
		t.Fatal(err)
	}
	if err := staged.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !s.serves(older, s.serving()) {
		t.Error("this release's pair model serves, yet the node would load it for ever")
	}
	older.Name = "acme/judge"
	if s.serves(older, s.serving()) {
		t.Error("an installed model must be the very one")
	}
	if s.serves(models.Use{Task: models.TaskRerank, Name: models.NoModel, Fingerprint: models.NoModel}, s.serving()) {
		t.Error("a reranker serves although it was switched off")
	}
}
