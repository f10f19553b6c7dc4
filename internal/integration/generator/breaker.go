package generator

import (
	"sync"
	"time"
)

// breaker leaves a server alone that keeps failing: closed until limit failures in a
// row, then open for pause, then half open: one call tries.
type breaker struct {
	limit int
	pause time.Duration
	clock func() time.Time

	mu     sync.Mutex // guards all below
	failed int        // in a row
	until  time.Time  // open until then
	trying bool       // the one call of the half-open state is on its way
}

// enter reports whether a call may be made. Each that may ends in good, bad or leave.
func (b *breaker) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < b.limit {
		return true
	}
	if b.trying || b.clock().Before(b.until) {
		return false
	}
	b.trying = true
	return true
}

func (b *breaker) good() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed, b.trying = 0, false
}

func (b *breaker) bad() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed++
	b.trying = false
	if b.failed >= b.limit {
		b.until = b.clock().Add(b.pause)
	}
}

// leave ends a call that told nothing.
func (b *breaker) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
}
