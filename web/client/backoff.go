package client

import (
	"math/rand/v2"
	"time"
)

// backoff chooses the pause before the next attempt: full jitter over a span
// that doubles. Full jitter spreads a herd best (AWS Architecture Blog,
// "Exponential Backoff And Jitter", 2015).
type backoff struct {
	min, max time.Duration
	attempt  int
}

// next returns a pause in [floor, floor+span) and doubles the span.
func (b *backoff) next(floor time.Duration) time.Duration {
	span := b.max
	// min << attempt without overflow: 30 doublings pass any sensible maximum.
	if b.attempt < 30 {
		span = min(b.max, b.min<<b.attempt)
		b.attempt++
	}
	return floor + time.Duration(rand.Int64N(int64(span)+1)) //nolint:gosec // jitter needs no secrecy
}

// reset starts again from the smallest span.
func (b *backoff) reset() { b.attempt = 0 }
