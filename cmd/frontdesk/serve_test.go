package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"frontdesk/internal/postgres/local"
)

// running is a whole server in this process.
type running struct {
	t    *testing.T
	url  string
	out  *output
	stop func() error
}

// output collects what the server prints and tells when a line is there.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
	hit chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.hit <- struct{}{}:
	default:
	}
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// filling lets one test at a time fill the demo: each embeds 2,400 texts and
// learns from them on all processors, so together they only make each other late.
var filling sync.Mutex

// readyWithin only ends a test whose server hangs: a machine that is three times
// slower than CI's, under the race detector, is no fault.
const readyWithin = 5 * time.Minute

// start runs a server on data and waits until it says that it is ready.
func start(t *testing.T, data string, demo bool) *running {
	t.Helper()
	cfg := defaultConfig()
	cfg.Addr, cfg.Data, cfg.Web.DrainTimeout = "127.0.0.1:0", data, 100*time.Millisecond
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Remove(data) }) // runs after the stop below; root's clusters lie outside the test's folder
	if demo {
		filling.Lock()
		defer filling.Unlock() // once it is ready, or will never be
	}
	out := &output{hit: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, cfg, demo, out, slog.New(slog.DiscardHandler)) }()
	stop := sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("server ended with: %v", err)
		}
	})
	ready := regexp.MustCompile(`http://localhost:(\d+)/console`)
	deadline := time.After(readyWithin)
	for {
		if m := ready.FindStringSubmatch(out.String()); m != nil {
			return &running{t: t, url: "http://127.0.0.1:" + m[1], out: out, stop: stop}
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("server ended early: %v\n%s", err, out)
		case <-deadline:
			t.Fatalf("server not ready in %v\n%s", readyWithin, out)
		case <-out.hit:
		}
	}
}

// call does one request and decodes the answer.
func (r *running) call(method, path, bearer string, body, into any) int {
	r.t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			r.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, in)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	switch into := into.(type) {
	case nil:
	case *string:
		*into = string(raw)
	default:
		if err := json.Unmarshal(raw, into); err != nil {
			r.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	return resp.StatusCode
}

// metric returns the value of a series without labels.
func (r *running) metric(name string) float64 {
	r.t.Helper()
	var page string
	if status := r.call(http.MethodGet, "/metrics", "", nil, &page); status != http.StatusOK {
		r.t.Fatalf("metrics: %d", status)
	}
	for line := range strings.Lines(page) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				r.t.Fatal(err)
			}
			return f
		}
	}
	r.t.Fatalf("no series %s", name)
	return 0
}

type events struct {
	Events []struct {
		Seq    uint32 `json:"seq"`
		Kind   string `json:"kind"`
		Author struct {
			Kind string `json:"kind"`
		} `json:"author"`
		Content string `json:"content"`
		Source  *struct {
			Article string `json:"article"`
			Locale  string `json:"locale"`
		} `json:"source"`
	} `json:"events"`
}

// ask sends a question as a new visitor and returns the log once somebody answered.
func (r *running) ask(question string) events {
	r.t.Helper()
	var session struct{ Token, Conversation string }
	if status := r.call(http.MethodPost, "/api/visitor/session", "", map[string]any{}, &session); status != http.StatusOK {
		r.t.Fatalf("session: %d", status)
	}
	return r.say(session.Token, question)
}

func (r *running) say(token, question string) events {
	r.t.Helper()
	var ack struct{ Seq uint32 }
	if status := r.call(http.MethodPost, "/api/visitor/send-message", token,
		map[string]any{"cid": uuid.Must(uuid.NewV7()).String(), "type": "text", "content": question}, &ack); status != http.StatusOK {
		r.t.Fatalf("send: %d", status)
	}
	for range 2000 { // each round is a request: no sleep is needed to be fair
		var got events
		r.call(http.MethodGet, fmt.Sprintf("/api/visitor/messages?after=%d", ack.Seq), token, nil, &got)
		if len(got.Events) > 0 {
			return got
		}
	}
	r.t.Fatal("no answer")
	return events{}
}

func TestDemoAnswersInBothLanguagesFromAnONNXRun(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := start(t, data, true)
	for _, tt := range []struct{ question, locale string }{
		{"7天无理由退货的运费谁出？", "zh-CN"},
		{"How do I get an invoice for my company?", "en"},
	} {
		got := r.ask(tt.question)
		first := got.Events[0]
		if first.Author.Kind != "bot" || first.Source == nil || first.Source.Locale != tt.locale {
			t.Errorf("%s: got %+v", tt.question, first)
		}
	}
	work := func() float64 {
		return r.metric("frontdesk_inference_runs_total") - r.metric("frontdesk_inference_probes_total")
	}
	before, questions := work(), []string{
		"什么时候发货", "when do you ship?", "怎么退货", "How do I cancel my order?", "TH02 怎么连 Wi-Fi",
		"gift card balance", "支持花呗分期吗", "Do you ship abroad?", "水壶怎么除垢", "my parcel is damaged",
	}
	for _, q := range questions {
		r.ask(q)
	}
	// A probe may have been counted whose run was not yet: one less at most.
	if ran := work() - before; ran < float64(len(questions)-1) {
		t.Errorf("%d answers raised the ONNX runs by %v: some ran no graph", len(questions), ran)
	}
	handed := r.ask("我要转人工")
	if kinds := fmt.Sprint(handed.Events); !strings.Contains(kinds, "handover") {
		t.Errorf("no hand-over: %v", kinds)
	}

	raw, err := os.ReadFile(filepath.Join(data, "demo-accounts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var accounts demoAccounts
	if err := json.Unmarshal(raw, &accounts); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.out.String(), accounts.Admin.Password) {
		t.Error("the first start does not print the password")
	}
	if status := r.call(http.MethodPost, "/api/agent/login", "",
		map[string]string{"email": accounts.Admin.Email, "password": accounts.Admin.Password}, nil); status != http.StatusOK {
		t.Errorf("sign-in with the printed password: %d", status)
	}

	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := local.Attach(t.Context(), data); !errors.Is(err, local.ErrNotRunning) {
		t.Errorf("after the stop: %v, want ErrNotRunning", err)
	}
	again := start(t, data, true)
	if strings.Contains(again.out.String(), accounts.Admin.Password) {
		t.Error("the second start prints the password again")
	}
}

func TestSecondServerOnTheSameDataIsRefused(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, data, false)
	cfg := defaultConfig()
	cfg.Addr, cfg.Data = "127.0.0.1:0", data
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	err := serve(t.Context(), cfg, false, io.Discard, slog.New(slog.DiscardHandler))
	if !errors.Is(err, local.ErrInUse) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Fatalf("got %v, want ErrInUse with this process's id", err)
	}
}

func TestPortInUseIsToldBeforeADatabaseIsMade(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cfg := defaultConfig()
	cfg.Addr, cfg.Data = l.Addr().String(), t.TempDir()
	err = serve(t.Context(), cfg, false, io.Discard, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "--addr") {
		t.Fatalf("got %v", err)
	}
	if left, _ := os.ReadDir(cfg.Data); len(left) > 0 {
		t.Fatalf("the data directory was touched: %v", left)
	}
}

func TestSetupURLMakesTheFirstAdminOnce(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), false)
	m := regexp.MustCompile(`setup\?token=(\S+)`).FindStringSubmatch(r.out.String())
	if m == nil {
		t.Fatalf("no setup URL in:\n%s", r.out)
	}
	admin := map[string]string{"token": m[1], "locale": "zh-CN", "name": "Li", "email": "li@example.com", "password": "correct horse battery"}
	wrong := map[string]string{"token": "WRONG", "locale": "en", "name": "Eve", "email": "eve@example.com", "password": "correct horse battery"}
	if status := r.call(http.MethodPost, "/api/setup", "", wrong, nil); status < 400 || status > 499 {
		t.Errorf("wrong token: %d", status)
	}
	if status := r.call(http.MethodPost, "/api/setup", "", admin, nil); status != http.StatusOK {
		t.Errorf("right token: %d", status)
	}
	admin["email"] = "second@example.com"
	if status := r.call(http.MethodPost, "/api/setup", "", admin, nil); status < 400 || status > 499 {
		t.Errorf("used token: %d", status)
	}
}

func TestDemoIsNotPutIntoARealDatabase(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := start(t, data, false)
	m := regexp.MustCompile(`setup\?token=(\S+)`).FindStringSubmatch(r.out.String())
	r.call(http.MethodPost, "/api/setup", "",
		map[string]string{"token": m[1], "locale": "en", "name": "Li", "email": "li@example.com", "password": "correct horse battery"}, nil)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	cfg := defaultConfig()
	cfg.Addr, cfg.Data = "127.0.0.1:0", data
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	if err := serve(t.Context(), cfg, true, io.Discard, slog.New(slog.DiscardHandler)); !errors.Is(err, errNotDemo) {
		t.Fatalf("got %v, want errNotDemo", err)
	}
}

func TestBackupAndRestoreBringEverythingBackUnderANewLogEpoch(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := start(t, data, true)
	got := r.ask("How long does shipping take?")
	if got.Events[0].Author.Kind != "bot" {
		t.Fatalf("got %+v", got.Events[0])
	}
	url, err := local.Attach(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup.dump")
	if size, err := backup(t.Context(), url, file); err != nil || size == 0 {
		t.Fatalf("backup: %d bytes, %v", size, err)
	}
	if err := restore(t.Context(), url, file); err == nil || !strings.Contains(err.Error(), "running") {
		t.Fatalf("restore beside a running server: %v", err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}

	c, err := local.Temporary(t.Context(), local.TemporaryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	bad := filepath.Join(t.TempDir(), "bad.dump")
	if err := os.WriteFile(bad, []byte("not a dump"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := restore(t.Context(), c.URL(), bad); err == nil {
		t.Fatal("a file that is no backup was restored")
	}
	if err := restore(t.Context(), c.URL(), file); err != nil {
		t.Fatal(err)
	}
	before, after := epochAndRows(t, c.URL())
	if err := restore(t.Context(), c.URL(), file); err != nil {
		t.Fatalf("restore over content: %v", err)
	}
	epoch, rows := epochAndRows(t, c.URL())
	if rows != after || rows < 2 {
		t.Errorf("rows = %d, then %d", after, rows)
	}
	if epoch == before {
		t.Error("restore kept the log epoch's nonce")
	}
}
