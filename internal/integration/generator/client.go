package generator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"frontdesk/internal/safedial"
)

// Errors of [Client.Complete]. All wrap [ErrGenerator].
var (
	// ErrGenerator: no text came. Callers keep the text that they have.
	ErrGenerator = errors.New("the text generator gave no text")
	// ErrBusy: all places are taken.
	ErrBusy = fmt.Errorf("%w: too many requests at once", ErrGenerator)
	// ErrPaused: it failed so often that it is left alone for a while.
	ErrPaused = fmt.Errorf("%w: paused after failures", ErrGenerator)
	// ErrAnswer: what it answered is no completion.
	ErrAnswer = fmt.Errorf("%w: no completion in the answer", ErrGenerator)
)

// Config of a [Client]. URL, Model and Dialer are required.
type Config struct {
	// URL is the base of the server's API, such as https://llm.example.com/v1.
	URL string
	// Model is the name sent along.
	Model string
	// Key is sent as a Bearer token; empty = none.
	Key string
	// Dialer makes the connections.
	Dialer *safedial.Dialer
	// Timeout bounds a whole call, connection to last byte. Defaults to 3 s.
	Timeout time.Duration
	// MaxConcurrent is how many calls run at once; one more is refused at once with [ErrBusy]. Defaults to 4.
	MaxConcurrent int
	// MaxResponseBytes bounds what is read of an answer. Defaults to 64 KiB.
	MaxResponseBytes int64
	// Failures is after how many failed calls in a row it is left alone. Defaults to 5.
	Failures int
	// Pause is for how long; then one call tries, and its failure begins another pause. Defaults to 30 s.
	Pause time.Duration
	// Clock defaults to time.Now.
	Clock func() time.Time
}

// Client calls one server. It is safe for concurrent use.
type Client struct {
	endpoint string
	model    string
	key      string
	http     *http.Client
	timeout  time.Duration
	max      int64
	places   chan struct{} // see Config.MaxConcurrent
	breaker  *breaker
}

// New checks cfg and returns a client; it does not call the server.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(strings.TrimRight(cfg.URL, "/"))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("generator: URL must be an http or https address without user, query and fragment")
	}
	if cfg.Model == "" || cfg.Dialer == nil {
		return nil, errors.New("generator: Model and Dialer are required")
	}
	if cfg.Timeout < 0 || cfg.MaxConcurrent < 0 || cfg.MaxResponseBytes < 0 || cfg.Failures < 0 || cfg.Pause < 0 {
		return nil, errors.New("generator: limits and durations must not be negative")
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	defaultTo(&cfg.Timeout, 3*time.Second)
	defaultTo(&cfg.MaxConcurrent, 4)
	defaultTo(&cfg.MaxResponseBytes, 64<<10)
	defaultTo(&cfg.Failures, 5)
	defaultTo(&cfg.Pause, 30*time.Second)
	client := cfg.Dialer.Client()
	// A completions API has no reason to send anybody elsewhere; the texts go to the address that the operator wrote, or nowhere.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return errRedirect }
	return &Client{
		endpoint: u.String() + "/chat/completions", model: cfg.Model, key: cfg.Key, http: client, timeout: cfg.Timeout, max: cfg.MaxResponseBytes,
		places: make(chan struct{}, cfg.MaxConcurrent), breaker: &breaker{limit: cfg.Failures, pause: cfg.Pause, clock: cfg.Clock},
	}, nil
}

var (
	errRedirect = errors.New("the server redirects")
	errTimeout  = errors.New("the text generator took too long")
)

func defaultTo[T int | int64 | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// request is the part of OpenAI's "Create chat completion" that every server of that kind reads.
type request struct {
	Model       string    `json:"model"`
	Messages    []message `json:"messages"`
	MaxTokens   int       `json:"max_tokens"`
	Temperature float64   `json:"temperature"`
	Stream      bool      `json:"stream"`
}

type response struct {
	Choices []struct {
		Message      message `json:"message"`
		FinishReason string  `json:"finish_reason"`
	} `json:"choices"`
}

// Complete returns what the server writes: instructions go as the system's
// message, input as the user's. At most maxTokens are asked for; an answer that
// was cut off there is none. Errors wrap [ErrGenerator], or are the context's.
func (c *Client) Complete(ctx context.Context, instructions, input string, maxTokens int) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	default:
		return "", ErrBusy
	}
	if !c.breaker.enter() {
		return "", ErrPaused
	}
	call, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	out, err := c.call(call, instructions, input, maxTokens)
	switch {
	case err == nil:
		c.breaker.good()
	case ctx.Err() != nil: // the caller left: says nothing about the server
		c.breaker.leave()
		return "", ctx.Err()
	default:
		c.breaker.bad()
		if cause := context.Cause(call); errors.Is(cause, errTimeout) {
			err = errTimeout
		}
		if !errors.Is(err, ErrGenerator) {
			err = fmt.Errorf("%w: %w", ErrGenerator, err)
		}
	}
	return out, err
}

func (c *Client) call(ctx context.Context, instructions, input string, maxTokens int) (string, error) {
	body, err := json.Marshal(request{
		Model: c.model, Messages: []message{{"system", instructions}, {"user", input}}, MaxTokens: maxTokens, Temperature: 0,
	})
	if err != nil {
		return "", fmt.Errorf("encode request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", fmt.Errorf("call: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%w: status %d", ErrAnswer, resp.StatusCode)
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return "", fmt.Errorf("%w: not JSON", ErrAnswer)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, c.max+1))
	if err != nil {
		return "", fmt.Errorf("read answer: %w", err)
	}
	if int64(len(raw)) > c.max {
		return "", fmt.Errorf("%w: longer than %d bytes", ErrAnswer, c.max)
	}
	var out response
	if err := json.Unmarshal(raw, &out); err != nil {
		return "", fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if len(out.Choices) == 0 {
		return "", fmt.Errorf("%w: no choice", ErrAnswer)
	}
	choice := out.Choices[0]
	text := strings.TrimSpace(choice.Message.Content)
	switch {
	case text == "":
		return "", fmt.Errorf("%w: empty", ErrAnswer)
	case choice.FinishReason != "" && choice.FinishReason != "stop":
		return "", fmt.Errorf("%w: it did not come to its end", ErrAnswer)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", fmt.Errorf("%w: not plain text", ErrAnswer)
	}
	return text, nil
}
