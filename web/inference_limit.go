package web

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"frontdesk/internal/identity"
)

// perMinute are the limits of one key; 0 or less = none.
type perMinute struct{ requests, tokens int }

// keyLimits returns what a key may ask for: its own limits, where it has none the server's.
func (s *Server) keyLimits(k identity.APIKey) perMinute {
	limits := perMinute{requests: k.RequestsPerMinute, tokens: k.TokensPerMinute}
	if limits.requests == 0 {
		limits.requests = s.cfg.KeyRequestsPerMinute
	}
	if limits.tokens == 0 {
		limits.tokens = s.cfg.KeyTokensPerMinute
	}
	return limits
}

// quotaError says that a key has used up what it may ask for in a minute.
type quotaError struct {
	what  string // "requests" or "tokens", OpenAI's words
	limit int
	after time.Duration
}

func (e *quotaError) Error() string {
	return fmt.Sprintf("the limit of %d %s a minute is reached; try again in %s", e.limit, e.what, roundUp(e.after))
}
func (e *quotaError) Unwrap() error             { return errRateLimited }
func (e *quotaError) RetryAfter() time.Duration { return e.after }

// budgets holds a bucket of requests and one of tokens for each key, in this process. A bucket holds a minute's worth.
//
// Tokens are counted by the model only after a request was let in: an estimate is taken first and corrected after, so
// that a bucket can sink below 0 by as much as the estimates were too low; it is refilled from there.
type budgets struct {
	clock func() time.Time

	mu   sync.Mutex // guards keys and what they hold
	keys *simplelru.LRU[string, *budget]
}

type budget struct{ requests, tokens level }

// level is a bucket: how much is in it, and when that was.
type level struct {
	left float64
	at   time.Time
}

func newBudgets(clock func() time.Time) (*budgets, error) {
	// When it is full, the key unused for longest is forgotten and starts with full buckets; there are not so many keys.
	keys, err := simplelru.NewLRU[string, *budget](limiterKeys, nil)
	if err != nil {
		return nil, fmt.Errorf("make budgets: %w", err)
	}
	return &budgets{clock: clock, keys: keys}, nil
}

// of returns a key's buckets, refilled to now. The caller holds mu.
func (b *budgets) of(key string, limits perMinute) *budget {
	now := b.clock()
	k, ok := b.keys.Get(key)
	if !ok {
		k = &budget{requests: level{float64(limits.requests), now}, tokens: level{float64(limits.tokens), now}}
		b.keys.Add(key, k)
	}
	k.requests.fill(now, limits.requests)
	k.tokens.fill(now, limits.tokens)
	return k
}

func (l *level) fill(now time.Time, limit int) {
	// A clock that steps back must not drain the bucket.
	l.left = min(float64(limit), l.left+math.Max(0, now.Sub(l.at).Minutes())*float64(limit))
	l.at = now
}

// until is how long it takes until the bucket holds n.
func (l *level) until(n float64, limit int) time.Duration {
	return time.Duration(max(0, n-l.left) / float64(limit) * float64(time.Minute))
}

// request takes one request, or says how long to wait for it.
func (b *budgets) request(key string, limits perMinute) error {
	if limits.requests <= 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.of(key, limits)
	if k.requests.left < 1 {
		return &quotaError{what: "requests", limit: limits.requests, after: k.requests.until(1, limits.requests)}
	}
	k.requests.left--
	return nil
}

// tokens takes n tokens, or says how long to wait for them. A request that is larger than the whole bucket passes
// when the bucket is full: refused for ever it would be a riddle.
func (b *budgets) tokens(key string, limits perMinute, n int) error {
	if limits.tokens <= 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.of(key, limits)
	if need := float64(min(n, limits.tokens)); k.tokens.left < need {
		return &quotaError{what: "tokens", limit: limits.tokens, after: k.tokens.until(need, limits.tokens)}
	}
	k.tokens.left -= float64(n)
	return nil
}

// settle gives n tokens back, or takes more when n is negative.
func (b *budgets) settle(key string, limits perMinute, n int) {
	if limits.tokens <= 0 || n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.of(key, limits)
	k.tokens.left = min(float64(limits.tokens), k.tokens.left+float64(n))
}

// headers tells a client what is left and when the buckets are full again, in OpenAI's headers and form ("6m0s").
func (b *budgets) headers(h http.Header, key string, limits perMinute) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.of(key, limits)
	for _, bucket := range []struct {
		name  string
		level *level
		limit int
	}{{"requests", &k.requests, limits.requests}, {"tokens", &k.tokens, limits.tokens}} {
		if bucket.limit <= 0 {
			continue
		}
		h.Set("x-ratelimit-limit-"+bucket.name, strconv.Itoa(bucket.limit))
		h.Set("x-ratelimit-remaining-"+bucket.name, strconv.Itoa(max(0, int(bucket.level.left))))
		h.Set("x-ratelimit-reset-"+bucket.name, roundUp(bucket.level.until(float64(bucket.limit), bucket.limit)).String())
	}
}

// roundUp keeps durations short to read and never too short to wait.
func roundUp(d time.Duration) time.Duration {
	unit := time.Millisecond
	if d >= time.Second {
		unit = 100 * time.Millisecond
	}
	return (d + unit - 1).Truncate(unit)
}
