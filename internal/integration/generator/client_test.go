package generator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"frontdesk/internal/safedial"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a client of a server that answers with h, allowed on loopback.
func open(t *testing.T, h http.HandlerFunc, change ...func(*Config)) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // only with the body read does a server notice that its client leaves
		r.Body = io.NopCloser(bytes.NewReader(body))
		h(w, r)
	}))
	t.Cleanup(server.Close)
	dialer, err := safedial.New(safedial.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{URL: server.URL + "/v1/", Model: "small", Key: "secret", Dialer: dialer, Timeout: 300 * time.Millisecond}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]string{"role": "assistant", "content": text}, "finish_reason": "stop"}}})
	}
}

func TestTheServerIsAskedAsOpenAIsAPIWantsIt(t *testing.T) {
	t.Parallel()
	var got request
	var path, key string
	c := open(t, func(w http.ResponseWriter, r *http.Request) {
		path, key = r.Method+" "+r.URL.Path, r.Header.Get("Authorization")
		_ = json.NewDecoder(r.Body).Decode(&got)
		says(" Seven days. ")(w, r)
	})
	text, err := c.Complete(t.Context(), "rewrite", "the article", 99)
	if err != nil || text != "Seven days." {
		t.Fatalf("%q, %v", text, err)
	}
	if path != "POST /v1/chat/completions" || key != "Bearer secret" || got.Model != "small" || got.MaxTokens != 99 || got.Stream || got.Temperature != 0 {
		t.Errorf("asked %s with %q: %+v", path, key, got)
	}
	if len(got.Messages) != 2 || got.Messages[0] != (message{"system", "rewrite"}) || got.Messages[1] != (message{"user", "the article"}) {
		t.Errorf("messages %+v", got.Messages)
	}
}

func TestAServerThatMisbehavesGivesNoText(t *testing.T) {
	t.Parallel()
	wait := make(chan struct{})
	t.Cleanup(func() { close(wait) })
	jsonSays := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		}
	}
	for name, h := range map[string]http.HandlerFunc{
		"hangs": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-wait:
			case <-r.Context().Done():
			}
		},
		"drips slowly": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for range 10_000 {
				select {
				case <-r.Context().Done():
					return
				case <-tick.C:
					_, _ = io.WriteString(w, " ")
					w.(http.Flusher).Flush() //nolint:forcetypeassert // net/http's own writer
				}
			}
		},
		"answers 500": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "boom", http.StatusInternalServerError) },
		"answers 429": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "later", http.StatusTooManyRequests) },
		"answers 401": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "who", http.StatusUnauthorized) },
		"sends a giant body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"choices":[{"message":{"content":"`)
			for range 4096 {
				if _, err := io.WriteString(w, strings.Repeat("x", 4096)); err != nil {
					return
				}
			}
			_, _ = io.WriteString(w, `"}}]}`)
		},
		"sends no JSON":       jsonSays(`{"choices":[`),
		"sends another JSON":  jsonSays(`{"error":{"message":"no such model"}}`),
		"sends no choice":     jsonSays(`{"choices":[]}`),
		"sends an empty text": says("  \n"),
		"sends a NUL":         jsonSays(`{"choices":[{"message":{"content":"a\u0000b"}}]}`),
		"is cut off":          jsonSays(`{"choices":[{"message":{"content":"Seven"},"finish_reason":"length"}]}`),
		"calls a tool":        jsonSays(`{"choices":[{"message":{"content":"x"},"finish_reason":"tool_calls"}]}`),
		"sends HTML":          func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>Sign in</html>") },
		"redirects to metadata": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusTemporaryRedirect)
		},
		"redirects to elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusPermanentRedirect)
		},
		"closes midway": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"choices":[{"message":{"content":"Sev`)
			panic(http.ErrAbortHandler)
		},
		"closes at once": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, h)
			began := time.Now()
			text, err := c.Complete(t.Context(), "i", "x", 10)
			if text != "" || !errors.Is(err, ErrGenerator) {
				t.Errorf("%q, %v", text, err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %v with a limit of 300 ms", took)
			}
			if strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("the key is in the error: %v", err)
			}
		})
	}
}

func TestAServerThatKeepsFailingIsLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	var calls, good atomic.Int64
	var mu sync.Mutex // guards now
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := open(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if good.Load() > 0 {
			says("fine")(w, r)
			return
		}
		http.Error(w, "boom", http.StatusBadGateway)
	}, func(cfg *Config) {
		cfg.Failures, cfg.Pause = 3, time.Minute
		cfg.Clock = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		}
	})
	ask := func() error {
		_, err := c.Complete(t.Context(), "i", "x", 10)
		return err
	}
	for range 3 {
		if err := ask(); !errors.Is(err, ErrAnswer) {
			t.Fatal(err)
		}
	}
	for range 10 {
		if err := ask(); !errors.Is(err, ErrPaused) {
			t.Fatal(err)
		}
	}
	if calls.Load() != 3 {
		t.Errorf("%d calls reached a server that was to be left alone", calls.Load())
	}
	pass := func() {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(61 * time.Second)
	}
	pass() // one tries, fails, and the pause begins anew
	if err := ask(); !errors.Is(err, ErrAnswer) {
		t.Fatal(err)
	}
	if err := ask(); !errors.Is(err, ErrPaused) || calls.Load() != 4 {
		t.Fatal(err, calls.Load())
	}
	good.Store(1)
	pass()
	for range 3 {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMoreCallsThanPlacesAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	started, release := make(chan struct{}, 2), make(chan struct{})
	c := open(t, func(w http.ResponseWriter, r *http.Request) {
		started <- struct{}{}
		<-release
		says("fine")(w, r)
	}, func(cfg *Config) { cfg.MaxConcurrent, cfg.Timeout = 2, 10*time.Second })
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, err := c.Complete(t.Context(), "i", "x", 10); err != nil {
				t.Error(err)
			}
		})
	}
	<-started
	<-started
	if _, err := c.Complete(t.Context(), "i", "x", 10); !errors.Is(err, ErrBusy) {
		t.Errorf("a third call: %v", err)
	}
	close(release)
	wg.Wait()
}

func TestACallerWhoLeavesSaysNothingAboutTheServer(t *testing.T) {
	t.Parallel()
	started := make(chan struct{}, 10)
	c := open(t, func(_ http.ResponseWriter, r *http.Request) {
		started <- struct{}{}
		<-r.Context().Done()
	}, func(cfg *Config) { cfg.Failures, cfg.Timeout = 1, 10*time.Second })
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := c.Complete(ctx, "i", "x", 10)
			done <- err
		}()
		<-started
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

func TestAnAddressInAClosedRangeIsNotCalled(t *testing.T) {
	t.Parallel()
	called := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(server.Close)
	dialer, err := safedial.New(safedial.Config{}) // loopback is not in egress_allow
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{URL: server.URL, Model: "m", Dialer: dialer})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Complete(t.Context(), "i", "x", 10); !errors.Is(err, safedial.ErrRefused) || !errors.Is(err, ErrGenerator) || called {
		t.Errorf("%v, called %v", err, called)
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	dialer, err := safedial.New(safedial.Config{})
	if err != nil {
		t.Fatal(err)
	}
	good := Config{URL: "https://llm.example.com/v1", Model: "m", Dialer: dialer}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"no URL": func(c *Config) { c.URL = "" }, "another scheme": func(c *Config) { c.URL = "ftp://x/v1" }, "a user": func(c *Config) { c.URL = "https://a:b@x/v1" },
		"a query": func(c *Config) { c.URL += "?a=b" }, "no model": func(c *Config) { c.Model = "" }, "no dialer": func(c *Config) { c.Dialer = nil },
		"a negative time": func(c *Config) { c.Timeout = -1 },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
