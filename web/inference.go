package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"frontdesk/internal/identity"
	"frontdesk/models"
)

// Limits of the model routes.
const (
	// maxInferenceBytes bounds a body: 2,048 texts of 4 kB, or a text of 1 MiB with most of its characters escaped.
	maxInferenceBytes = 8 << 20
	// maxTextBytes bounds one text.
	maxTextBytes = 1 << 20
	// maxOpenAITexts is OpenAI's own limit of a request to /v1/embeddings.
	maxOpenAITexts = 2048
	// maxInferenceRequests bounds the model requests at once; text-embeddings-inference calls it max_concurrent_requests.
	maxInferenceRequests = 512
	// maxInferenceHeld bounds the bytes of the bodies that are held at once, each weighed by what its route makes of them;
	// one key may hold half of it.
	maxInferenceHeld = 256 << 20
	// inferenceTimeout ends a request, its reading included, before the connection's own deadline does it without a word.
	inferenceTimeout = 50 * time.Second
)

// appetite is what a route makes of its body.
type appetite struct {
	maxBytes int64 // of the body
	weight   int64 // memory that a request needs, its body included, as a multiple of the body
}

// The appetites: a vector is no larger than a text of some length; a token may be one byte and becomes some 170, two
// structs and its JSON.
func forVectors() appetite { return appetite{maxBytes: maxInferenceBytes, weight: 1} }
func forTokens() appetite  { return appetite{maxBytes: maxInferenceBytes / 4, weight: 64} }

// modelCall is one request to a model route that was let in.
type modelCall struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	key    identity.APIKey
	body   modelBody
	began  time.Time

	reserved int    // tokens taken from the key's budget
	place    func() // gives back the place that it takes its body apart on
}

// model registers a POST route that asks the engine. Its errors are told in the wire of its path.
func (s *Server) model(pattern string, a appetite, h func(context.Context, *modelCall) error) {
	s.plain(http.MethodPost, pattern, identity.PermInference, func(w http.ResponseWriter, r *http.Request) {
		if err := s.callModel(w, r, a, h); err != nil {
			s.writeProblem(w, r, err)
		}
	})
}

func (s *Server) callModel(w http.ResponseWriter, r *http.Request, a appetite, h func(context.Context, *modelCall) error) error {
	c := &modelCall{server: s, w: w, r: r, key: callerOf(r.Context()).key, began: s.clock()}
	ctx, cancel := context.WithTimeoutCause(r.Context(), inferenceTimeout, fmt.Errorf("wait for the model: %w", context.DeadlineExceeded))
	defer cancel()
	limits := s.keyLimits(c.key)
	if err := s.budgets.request(c.key.ID, limits); err != nil {
		s.metrics.rateLimited.WithLabelValues("api_key_requests").Inc()
		s.budgets.headers(w.Header(), c.key.ID, limits)
		return err
	}
	defer func() { // what was reserved and not used is given back, also after a panic
		s.budgets.settle(c.key.ID, limits, c.reserved)
	}()
	s.budgets.headers(w.Header(), c.key.ID, limits)
	if s.cfg.Inference == nil {
		return models.ErrNoModel
	}
	if err := checkJSON(r); err != nil {
		return err
	}
	length := r.ContentLength
	if length > a.maxBytes {
		return &tooLargeError{limit: a.maxBytes}
	}
	if length < 0 { // the client doesn't say
		length = a.maxBytes
	}
	grow, leave, err := s.modelGate.enter(c.key.ID, length)
	if err != nil {
		return err
	}
	defer leave()
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, a.maxBytes))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return &tooLargeError{limit: a.maxBytes}
		}
		return fmt.Errorf("%w: %w", errBadRequest, err)
	}
	if err := grow(int64(len(raw)) * (a.weight - 1)); err != nil {
		return err
	}
	if err := s.takePlace(ctx, c); err != nil {
		return err
	}
	defer c.place()
	if c.body, err = readModelBody(raw); err != nil {
		return err
	}
	return h(ctx, c)
}

// takePlace waits for a core to take the body apart on; [modelCall.reserve], when that is done, gives it back. There are no
// more places than cores: Go's scheduler serves whoever runs in turn, and a short request, /readyz above all, must not
// find a long row of large bodies before it.
func (s *Server) takePlace(ctx context.Context, c *modelCall) error {
	select {
	case s.reading <- struct{}{}:
		c.place = sync.OnceFunc(func() { <-s.reading })
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait to read the body: %w", context.Cause(ctx))
	}
}

// checkJSON refuses a body that says to be something else; one that says nothing is taken for JSON.
func checkJSON(r *http.Request) error {
	header := r.Header.Get("Content-Type")
	if header == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(header)
	if err != nil || (kind != "application/json" && !strings.HasSuffix(kind, "+json")) {
		return errMediaType
	}
	return nil
}

// reserve ends the reading of a request and takes an estimate of its tokens from the key's budget: about one a three bytes, which a Chinese
// character has. What the model really saw is charged by [modelCall.charge]; a failed request costs none.
func (c *modelCall) reserve(estimate int) error {
	if c.reserved > 0 { // the model is asked again
		return nil
	}
	limits := c.server.keyLimits(c.key)
	if err := c.server.budgets.tokens(c.key.ID, limits, estimate); err != nil {
		c.server.metrics.rateLimited.WithLabelValues("api_key_tokens").Inc()
		c.server.budgets.headers(c.w.Header(), c.key.ID, limits)
		return err
	}
	c.reserved = estimate
	c.place()
	return nil
}

// charge replaces the estimate by what the request really took.
func (c *modelCall) charge(tokens int) {
	limits := c.server.keyLimits(c.key)
	c.server.budgets.settle(c.key.ID, limits, c.reserved-tokens)
	c.reserved = 0
	c.server.budgets.headers(c.w.Header(), c.key.ID, limits)
}

// estimate guesses the tokens of a text, of which the model takes at most limit.
func estimate(text string, limit int) int { return min(len(text)/3+2, max(limit, 1)) }

// work is what a request cost, for the headers.
type work struct {
	characters, tokens int
	times              models.Times
}

// costs sets the headers in which text-embeddings-inference says where the time went, in whole milliseconds
// (router/src/lib.rs, ResponseMetadata).
func (c *modelCall) costs(k work) {
	h := c.w.Header()
	ms := func(name string, d time.Duration) { h.Set(name, strconv.FormatInt(d.Milliseconds(), 10)) }
	total := c.server.clock().Sub(c.began)
	h.Set("x-compute-type", "cpu")
	ms("x-compute-time", total)
	h.Set("x-compute-characters", strconv.Itoa(k.characters))
	h.Set("x-compute-tokens", strconv.Itoa(k.tokens))
	ms("x-total-time", total)
	ms("x-tokenization-time", k.times.Tokenize)
	ms("x-queue-time", k.times.Queue)
	ms("x-inference-time", k.times.Run)
}

// answerJSON writes a finished body.
func (c *modelCall) answerJSON(raw []byte) {
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	h.Set("Cache-Control", "no-store")
	_, _ = c.w.Write(raw) // a client that went away
}

func countCharacters(texts []string) (n int) {
	for _, t := range texts {
		n += utf8.RuneCountInString(t)
	}
	return n
}

func sum(tokens []int) (n int) {
	for _, t := range tokens {
		n += t
	}
	return n
}

// inUse returns the model that serves a task.
func (s *Server) inUse(task string) (models.Info, bool) {
	if s.cfg.Inference == nil {
		return models.Info{}, false
	}
	for _, m := range s.cfg.Inference.Models() {
		if m.InUse && m.Manifest.Task == task {
			return m, true
		}
	}
	return models.Info{}, false
}

// modelGate bounds the model requests that are held at once and the memory that they take, of all and of each key, so
// that no program keeps the others out. What finds it full is refused with 429, most of it before its body is read.
type modelGate struct {
	mu       sync.Mutex // guards what follows
	requests int
	held     int64
	byKey    map[string]int64
}

// enter lets a request in that needs this many bytes; leave lets it out. grow takes more for it.
func (g *modelGate) enter(key string, need int64) (grow func(need int64) error, leave func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.requests >= maxInferenceRequests || !g.take(key, need) {
		return nil, nil, &crowdedError{after: time.Second}
	}
	g.requests++
	grow = func(more int64) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		if !g.take(key, more) {
			return &crowdedError{after: time.Second}
		}
		need += more
		return nil
	}
	leave = func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.requests--
		g.held -= need
		if g.byKey[key] -= need; g.byKey[key] == 0 {
			delete(g.byKey, key)
		}
	}
	return grow, leave, nil
}

// take counts bytes in, unless that is too much. The caller holds mu.
func (g *modelGate) take(key string, need int64) bool {
	if g.held+need > maxInferenceHeld || g.byKey[key]+need > maxInferenceHeld/2 {
		return false
	}
	if g.byKey == nil {
		g.byKey = map[string]int64{}
	}
	g.held += need
	g.byKey[key] += need
	return true
}

// tooLargeError is errTooLarge with the limit.
type tooLargeError struct{ limit int64 }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("the body is larger than %d bytes; split it", e.limit)
}
func (e *tooLargeError) Unwrap() error { return errTooLarge }

// crowdedError says that the server holds as many model requests as it may.
type crowdedError struct{ after time.Duration }

func (e *crowdedError) Error() string             { return "the model is overloaded" }
func (e *crowdedError) RetryAfter() time.Duration { return e.after }
