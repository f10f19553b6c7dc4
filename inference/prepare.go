package inference

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// breath is after how many texts of a bulk request the others on its core have a turn.
const breath = 16

// prepare tokenises the n texts of a request by one, and counts the time.
//
// A bulk request first waits for a desk, of which there is one a core: many large requests at once would keep every core
// busy for milliseconds on end, and a question that arrives meanwhile would wait in Go's own queue behind them.
// Questions go past the desks. The wait ends with ctx; how many wait is bounded by the callers.
func (e *Engine) prepare(ctx context.Context, m *model, ln lane, n int, one func(i int) (sequence, error)) ([]sequence, time.Duration, error) {
	if ln == bulk {
		select {
		case e.desks <- struct{}{}:
			defer func() { <-e.desks }()
		case <-ctx.Done():
			return nil, 0, fmt.Errorf("wait to tokenise: %w", context.Cause(ctx))
		}
	}
	start := e.cfg.Now()
	rows := make([]sequence, n)
	for i := range rows {
		if err := ctx.Err(); err != nil {
			return nil, 0, fmt.Errorf("tokenise: %w", context.Cause(ctx))
		}
		var err error
		if rows[i], err = one(i); err != nil {
			return nil, 0, err
		}
		if ln == bulk && i%breath == breath-1 {
			runtime.Gosched()
		}
	}
	took := e.cfg.Now().Sub(start)
	m.metrics.tokenized(took)
	return rows, took, nil
}
