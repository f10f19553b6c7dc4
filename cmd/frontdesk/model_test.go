package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"frontdesk/internal/integration/hub/hubtest"
	"frontdesk/models"
)

// modelRun is the program with its own data directory and hub.
type modelRun struct {
	hub  *hubtest.Server
	data string
}

func newModelRun(t *testing.T) *modelRun {
	t.Helper()
	return &modelRun{hub: hubtest.New(t), data: t.TempDir()}
}

// run runs a command as a person would type it.
func (r *modelRun) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	config := filepath.Join(r.data, "frontdesk.toml")
	text := "egress_allow = [\"127.0.0.0/8\"]\n[models]\nhub = \"" + r.hub.URL + "\"\ntoken = \"hf_right\"\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	root := newRoot()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(append([]string{"--config", config, "--data", r.data}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// bundledRepo is a repository that holds the bundled encoder.
func bundledRepo(t *testing.T) *hubtest.Repo {
	t.Helper()
	b, err := models.Default()
	if err != nil {
		t.Fatal(err)
	}
	return &hubtest.Repo{
		Gated: true,
		Card:  map[string]any{"license": "cc-by-sa-4.0", "language": []string{"zh", "en"}},
		Files: map[string][]byte{
			"config.json":                       []byte(`{"architectures":["BertModel"],"hidden_size":256,"max_position_embeddings":256,"matryoshka_dimensions":[64,128]}`),
			"tokenizer.json":                    b.Tokenizer,
			"config_sentence_transformers.json": []byte(`{"prompts":{"query":"","document":""}}`),
			"onnx/model.onnx":                   b.Model,
		},
	}
}

func TestModelIsPulledListedVerifiedAndMeasured(t *testing.T) {
	t.Parallel()
	r := newModelRun(t)
	r.hub.Add("acme/encoder", bundledRepo(t))
	r.hub.Fail("onnx/model.onnx", hubtest.Fault{CutAfter: 2 << 20}, hubtest.Fault{CutAfter: 1 << 20})
	out, err := r.run(t, "model", "pull", "acme/encoder", "--dims", "128")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"trying again", "acme/encoder 0123456789ab is installed", "128 dims, pooling graph", "CC-BY-SA-4.0", "frontdesk model use acme/encoder"} {
		if !strings.Contains(out, want) {
			t.Errorf("pull does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "hf_right") || strings.Contains(out, "\r") {
		t.Errorf("pull shows the token, or draws a bar where nobody sees it:\n%s", out)
	}

	out, err = r.run(t, "model", "list", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []listedModel
	if err := json.Unmarshal([]byte(out), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || rows[3].Name != "acme/encoder" || rows[3].Dims != 128 || rows[3].Error != "" || rows[3].InUse != nil || rows[3].Bytes < 5<<20 {
		t.Errorf("list: %+v", rows)
	}

	if out, err = r.run(t, "model", "verify"); err != nil || strings.Count(out, "ok  ") != 4 {
		t.Errorf("verify: %v\n%s", err, out)
	}
	out, err = r.run(t, "model", "bench", "acme/encoder", "--duration", "50ms", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var report benchReport
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Figures {
		if f.PerSec <= 0 || f.Tokens < f.PerSec || f.P99 < f.P50 {
			t.Errorf("bench: %+v", f)
		}
	}
	if len(report.Figures) != 3 || report.RSS <= 0 || report.HighRSS < report.RSS {
		t.Errorf("bench: %+v", report)
	}
}

func TestBrokenModelIsListedWithItsReasonAndFailsToVerify(t *testing.T) {
	t.Parallel()
	r := newModelRun(t)
	r.hub.Add("acme/encoder", bundledRepo(t))
	if out, err := r.run(t, "model", "pull", "acme/encoder"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file := filepath.Join(r.data, "models", "acme--encoder", "onnx", "model.onnx")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[1000] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := r.run(t, "model", "verify", "acme/encoder", "frontdesk-static-zh-en")
	if err == nil || !strings.Contains(out, "FAIL  acme/encoder") || !strings.Contains(out, "onnx/model.onnx has sha256") || !strings.Contains(out, "ok    frontdesk-static-zh-en") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	if err := os.Truncate(file, 5); err != nil {
		t.Fatal(err)
	}
	out, err = r.run(t, "model", "list")
	if err != nil || !strings.Contains(out, "BROKEN") || !strings.Contains(out, "onnx/model.onnx is no file or has 5 bytes") {
		t.Errorf("list: %v\n%s", err, out)
	}
	// The mend that the message advises.
	if out, err := r.run(t, "model", "pull", "acme/encoder"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := r.run(t, "model", "verify", "acme/encoder"); err != nil {
		t.Errorf("after another pull: %v\n%s", err, out)
	}
}

func TestModelThatGivesNonsenseIsNotInstalled(t *testing.T) {
	t.Parallel()
	r := newModelRun(t)
	repo := bundledRepo(t)
	// The tokenizer of another model: the graph has too few rows for its ids, or is garbage.
	repo.Files["onnx/model.onnx"] = hubtest.Graph(10, []hubtest.Value{hubtest.Int("input_ids"), hubtest.Int("attention_mask")},
		[]hubtest.Value{hubtest.Float("sentence_embedding", -1, 256)})
	r.hub.Add("acme/encoder", repo)
	out, err := r.run(t, "model", "pull", "acme/encoder")
	if err == nil || !strings.Contains(err.Error(), "run the model") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := r.run(t, "model", "list"); err != nil || strings.Contains(out, "acme/encoder") {
		t.Errorf("list: %v\n%s", err, out)
	}
}

func TestPullWithoutAHubSaysWhatToSet(t *testing.T) {
	t.Setenv("HF_ENDPOINT", "")
	t.Setenv("FRONTDESK_MODELS_HUB", "")
	root := newRoot()
	root.SetArgs([]string{"--data", t.TempDir(), "model", "pull", "acme/encoder"})
	if err := root.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "HF_ENDPOINT") || !strings.Contains(err.Error(), "copy a model's folder") {
		t.Errorf("error %v", err)
	}
}

func TestBenchMeasuresAClock(t *testing.T) {
	t.Parallel()
	r := newModelRun(t)
	texts := filepath.Join(r.data, "texts")
	if err := os.WriteFile(texts, []byte("how do i return this\n\n怎么退货\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := r.run(t, "model", "bench", "--texts", texts, "--duration", "20ms")
	if err != nil || !strings.Contains(out, "saturated, bulk") || !strings.Contains(out, "memory") {
		t.Errorf("%v\n%s", err, out)
	}
	for _, args := range [][]string{{"--duration", "0s"}, {"--texts", filepath.Join(r.data, "none")}, {"acme/none"}} {
		if out, err := r.run(t, append([]string{"model", "bench"}, args...)...); err == nil {
			t.Errorf("%v: %s", args, out)
		}
	}
}

func TestByteBarDrawsOverItselfOnATerminalAndPrintsSeldomElsewhere(t *testing.T) {
	t.Parallel()
	for _, terminal := range []bool{true, false} {
		var out bytes.Buffer
		now := time.Unix(0, 0)
		bar := &byteBar{out: &out, terminal: terminal, now: func() time.Time { return now }}
		for done := int64(0); done <= 100; done++ {
			bar.show("model.onnx", done<<20, 100<<20)
			now = now.Add(50 * time.Millisecond)
		}
		bar.show("model.onnx", 100<<20, 100<<20)
		bar.say("running")
		bar.end()
		drawn, lines := strings.Count(out.String(), "\r"), strings.Count(out.String(), "\n")
		if terminal && (drawn < 40 || drawn > 60 || lines != 2 || !strings.Contains(out.String(), "[############............] 5")) {
			t.Errorf("a terminal got %d redraws, %d lines", drawn, lines)
		}
		if !terminal && (drawn != 0 || lines != 2 || !strings.Contains(out.String(), "100.0 MiB of 100.0 MiB, 20.0 MiB/s")) {
			t.Errorf("a log got %q", out.String())
		}
	}
}
