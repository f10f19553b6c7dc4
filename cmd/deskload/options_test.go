package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func TestOptionsThatCannotWorkAreRefusedWithTheirName(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--url http://example.org:8080":   "--allow-remote",
		"--url http://192.168.1.4":        "--allow-remote",
		"--url ftp://localhost":           "--url",
		"--visitors 0":                    "--visitors",
		"--visitors 30000":                "sockets need",
		"--agents 1":                      "--agent-credentials",
		"--rate -1":                       "--rate",
		"--agent-share 2":                 "--agent-share",
		"--duration 0s":                   "--duration",
		"--duration 48h":                  "--duration",
		"--max-messages 100000000":        "--max-messages",
		"--mode dance":                    "--mode",
		"--encoding xml":                  "--encoding",
		"--questions q.tsv":               "--mode bot",
		"--mode bot --agents 1":           "no agents",
		"--window 0":                      "--window",
		"--pid -1":                        "--pid",
		"--mode bot --beat -1s":           "--beat",
		"--settle 0s --answer-limit 500h": "--settle",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			err := parse(t, args).validate()
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error about %s", err, want)
			}
		})
	}
	for _, args := range []string{"", "--url http://localhost:1", "--url http://127.8.9.1:80", "--url http://[::1]:80", "--url https://example.org --allow-remote", "--rate 0"} {
		if err := parse(t, args).validate(); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func parse(t *testing.T, args string) *options {
	t.Helper()
	o := &options{}
	f := pflag.NewFlagSet("test", pflag.ContinueOnError)
	o.bind(f)
	if err := f.Parse(strings.Fields(args)); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestVisitorsComeFromManyAddressesOnlyWhereTheseExist(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://localhost:8080": false, "http://[::1]:80": false, "https://example.org": false,
	} {
		if got := canSpread(base); got != (want && runtime.GOOS == "linux") {
			t.Errorf("%s: %v", base, got)
		}
	}
	seen := map[string]bool{}
	for n := range 400 { // enough for 20,000 visitors
		a := source(n)
		if !a.IsLoopback() || seen[a.String()] {
			t.Fatalf("door %d has address %s", n, a)
		}
		seen[a.String()] = true
	}
}

func TestACommandLineIsSplitWithoutAShell(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"bin/frontdesk serve --demo":    {"bin/frontdesk", "serve", "--demo"},
		`  a  'b c' "d 'e'" f""g ''`:    {"a", "b c", "d 'e'", "fg", ""},
		"x $(touch /tmp/y) ; echo `id`": {"x", "$(touch", "/tmp/y)", ";", "echo", "`id`"},
	} {
		got, err := splitWords(in)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "   ", "a 'b"} {
		if _, err := splitWords(in); err == nil {
			t.Errorf("%q passes", in)
		}
	}
}

func TestAServerThatDoesNotStartIsReported(t *testing.T) {
	t.Parallel()
	for name, command := range map[string]string{"no such file": "/no/such/server", "ends at once": "/bin/true"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := parse(t, "--url http://127.0.0.1:9 --rate 10")
			k := &killOptions{options: *o, server: command, kills: 1, every: time.Second, readyTimeout: 5 * time.Second, stopTimeout: time.Second}
			if _, err := k.run(t.Context()); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestTheReportIsOneJSONObjectWithTheContractsFields(t *testing.T) {
	t.Parallel()
	_, o := setup(t)
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetArgs([]string{"--url", o.url, "--visitors", "2", "--agents", "1", "--agent-credentials", o.credentials, "--rate", "100", "--duration", "200ms", "--pid", "1", "--json"})
	if err := root.ExecuteContext(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%s: %v", out.String(), err)
	}
	for _, field := range []string{"sent", "acked", "received", "lost", "duplicated", "reordered", "latency_ms", "rss", "errors", "reconnects"} {
		if _, ok := got[field]; !ok {
			t.Errorf("no field %q in %s", field, out.String())
		}
	}
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("more than one line: %s", out.String())
	}
}

func TestQuestionsAreReadFromPlainAndTabSeparatedFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "q.tsv")
	if err := os.WriteFile(path, []byte("returns\tHow do I return it?\n\n-\t今天天气怎么样\nplain question\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readQuestions(path)
	want := []question{{"How do I return it?", "en"}, {"今天天气怎么样", "zh-CN"}, {"plain question", "en"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := readQuestions(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing file passes")
	}
}
