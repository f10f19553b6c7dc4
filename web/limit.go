package web

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// errRateLimited says that the caller asks too often.
var errRateLimited = errors.New("too many requests; slow down")

// rateLimitedError is errRateLimited with the pause that helps.
type rateLimitedError struct{ after time.Duration }

func (e *rateLimitedError) Error() string             { return errRateLimited.Error() }
func (e *rateLimitedError) Unwrap() error             { return errRateLimited }
func (e *rateLimitedError) RetryAfter() time.Duration { return e.after }

// limiterKeys bounds a limiter's memory. When it is full the key unused for
// longest is forgotten, which gives its owner a full bucket again: an attacker
// with that many addresses is not stopped by counting per address anyway.
const limiterKeys = 65_536

// limiter is a token bucket for each key.
type limiter struct {
	perSecond float64 // 0 = no limit
	burst     float64
	clock     func() time.Time

	mu      sync.Mutex // guards buckets and what they hold
	buckets *simplelru.LRU[string, *bucket]
}

type bucket struct {
	tokens float64
	at     time.Time
}

// newLimiter returns a limiter of perSecond on average and burst at once; perSecond 0 or less lets everything pass.
func newLimiter(perSecond, burst float64, clock func() time.Time) (*limiter, error) {
	buckets, err := simplelru.NewLRU[string, *bucket](limiterKeys, nil)
	if err != nil {
		return nil, fmt.Errorf("make limiter: %w", err)
	}
	return &limiter{perSecond: max(perSecond, 0), burst: max(burst, 1), clock: clock, buckets: buckets}, nil
}

// take takes one token of key's bucket, or returns how long to wait for it.
func (l *limiter) take(key string) error {
	if l.perSecond <= 0 {
		return nil
	}
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets.Get(key)
	if !ok {
		b = &bucket{tokens: l.burst, at: now}
		l.buckets.Add(key, b)
	}
	// A clock that steps back must not drain the bucket.
	b.tokens = min(l.burst, b.tokens+math.Max(0, now.Sub(b.at).Seconds())*l.perSecond)
	b.at = now
	if b.tokens < 1 {
		return &rateLimitedError{after: time.Duration((1 - b.tokens) / l.perSecond * float64(time.Second))}
	}
	b.tokens--
	return nil
}

// loopback reports whether address is this machine's own. Behind a proxy whose
// forwarded addresses are not trusted every visitor has it, so it limits nobody.
func loopback(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Unmap().IsLoopback()
}
