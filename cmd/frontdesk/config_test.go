package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

func load(t *testing.T, environ []string, args ...string) (Config, error) {
	t.Helper()
	opts := &options{}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	opts.bind(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return opts.load(environ)
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "frontdesk.toml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLaterSourcesOverrideEarlierOnes(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "addr = \":1001\"\n[web]\ndrain_timeout = \"3s\"\nsessions_per_minute = 7\n[log]\nlevel = \"warn\"\n")
	cfg, err := load(t, []string{"FRONTDESK_LOG_LEVEL=error", "FRONTDESK_ADDR=:1002", "FRONTDESK_SERVICE_HOST=10.0.0.1"},
		"--config", path, "--addr", "127.0.0.1:1003")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Addr != "127.0.0.1:1003" || cfg.Log.Level != "error" || cfg.Web.SessionsPerMinute != 7 || cfg.Web.DrainTimeout != 3*time.Second {
		t.Fatalf("got %+v", cfg)
	}
	if cfg.PublicURL != "http://localhost:1003" || !filepath.IsAbs(cfg.Data) {
		t.Fatalf("dependent defaults: %+v", cfg)
	}
}

func TestBadConfigurationNamesTheKeyAndTheMend(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file    string
		environ []string
		args    []string
		want    []string
	}{
		"unknown key in file":     {file: "adr = \":1\"", want: []string{`unknown key "adr"`, "addr"}},
		"unknown nested key":      {file: "[web]\nsession_per_minute = 1", want: []string{`"web.session_per_minute"`, "web.sessions_per_minute"}},
		"file is not TOML":        {file: "addr = ", want: []string{"read configuration file"}},
		"address without port":    {args: []string{"--addr", "localhost"}, want: []string{"key addr", "write :8080"}},
		"port out of range":       {args: []string{"--addr", ":70000"}, want: []string{"key addr"}},
		"public URL":              {environ: []string{"FRONTDESK_PUBLIC_URL=shop"}, want: []string{"key public_url", "https://"}},
		"number that is none":     {environ: []string{"FRONTDESK_CHAT_WRITERS=two"}, want: []string{"wrong form"}},
		"too many writers":        {environ: []string{"FRONTDESK_CHAT_WRITERS=9"}, want: []string{"key chat.writers", "1–8"}},
		"generator without model": {environ: []string{"FRONTDESK_BOT_GENERATOR_URL=https://llm.example.com/v1"}, want: []string{"key bot.generator.model", "must name"}},
		"generator with a user":   {environ: []string{"FRONTDESK_BOT_GENERATOR_URL=https://a:b@llm.example.com/v1", "FRONTDESK_BOT_GENERATOR_MODEL=m"}, want: []string{"key bot.generator.url", "without user"}},
		"generator's key":         {environ: []string{"FRONTDESK_BOT_GENERATOR_KEY=a b"}, want: []string{"key bot.generator.key", "not shown"}},
		"generator's timeout":     {environ: []string{"FRONTDESK_BOT_GENERATOR_TIMEOUT=30s"}, want: []string{"key bot.generator.timeout", "4s"}},
		"threshold to answer":     {environ: []string{"FRONTDESK_BOT_ANSWER_AT=1.3"}, want: []string{"key bot.answer_at", "0–1"}},
		"threshold to clarify":    {environ: []string{"FRONTDESK_BOT_CLARIFY_AT=-0.1"}, want: []string{"key bot.clarify_at", "0–1"}},
		"no drain time":           {environ: []string{"FRONTDESK_WEB_DRAIN_TIMEOUT=0s"}, want: []string{"key web.drain_timeout"}},
		"log level":               {args: []string{"--log-level", "loud"}, want: []string{"key log.level"}},
		"library that is missing": {args: []string{"--onnxruntime", "/nowhere/lib.so"}, want: []string{"key inference.library"}},
		"egress without range":    {environ: []string{"FRONTDESK_EGRESS_ALLOW=10.0.0.0/8,intranet"}, want: []string{"key egress_allow", "entry 2", "10.0.0.0/8"}},
		"hub without scheme":      {environ: []string{"HF_ENDPOINT=hub.example"}, want: []string{"key models.hub", "https://"}},
		"hub with a password":     {environ: []string{"FRONTDESK_MODELS_HUB=https://u:p@hub.example"}, want: []string{"key models.hub", "models.token"}},
		"token of two lines":      {environ: []string{"HF_TOKEN=a\nb"}, want: []string{"key models.token"}},
		"negative limit":          {environ: []string{"FRONTDESK_INFERENCE_TOKENS_PER_MINUTE=-1"}, want: []string{"key inference.tokens_per_minute"}},
		"no batch":                {environ: []string{"FRONTDESK_INFERENCE_CLIENT_BATCH=0"}, want: []string{"key inference.client_batch", "1–2048"}},
		"several at once":         {args: []string{"--addr", "x", "--log-format", "xml"}, want: []string{"key addr", "key log.format"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := tt.args
			if tt.file != "" {
				args = append(args, "--config", writeFile(t, tt.file))
			}
			_, err := load(t, tt.environ, args...)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error lacks %q: %v", want, err)
				}
			}
		})
	}
}

func TestTheHubsOwnVariablesAreUnderstood(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "egress_allow = [\"10.0.0.0/8\", \"192.168.1.20\"]\n[models]\nhub = \"https://file.example\"\n")
	cfg, err := load(t, []string{"HF_ENDPOINT=https://mirror.example/", "HF_TOKEN=secret"}, "--config", path, "--data", "/srv/frontdesk")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Models.Hub != "https://mirror.example" || cfg.Models.Token != "secret" || cfg.Models.Dir != "/srv/frontdesk/models" {
		t.Fatalf("got %+v", cfg.Models)
	}
	if got := fmt.Sprint(cfg.egress()); got != "[10.0.0.0/8 192.168.1.20/32]" {
		t.Fatalf("egress ranges %s", got)
	}
	cfg, err = load(t, []string{"HF_ENDPOINT=https://mirror.example", "FRONTDESK_MODELS_HUB=https://ours.example", "FRONTDESK_EGRESS_ALLOW=fd00::/8,10.1.2.3"})
	if err != nil || cfg.Models.Hub != "https://ours.example" || len(cfg.egress()) != 2 {
		t.Fatalf("got %+v %v, %v", cfg.Models, cfg.EgressAllow, err)
	}
}

func TestMissingConfigurationFileIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := load(t, []string{"FRONTDESK_CONFIG=/nowhere/frontdesk.toml"}); err == nil {
		t.Fatal("no error")
	}
}

func TestEveryKeyIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	k := koanf.New(".")
	if err := k.Load(structs.Provider(defaultConfig(), "koanf"), nil); err != nil {
		t.Fatal(err)
	}
	for _, key := range k.Keys() {
		if !strings.Contains(string(page), "| `"+key+"` |") {
			t.Errorf("docs/configuration.md lacks %s", key)
		}
	}
}
