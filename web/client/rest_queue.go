package client

import (
	"context"
	"fmt"
	"net/http"
)

// Transfer passes a conversation to another agent, by user id.
func (a *API) Transfer(ctx context.Context, s AgentSession, conv, agent, reason string) error {
	in := map[string]any{"conversation": conv, "to": map[string]string{"agent": agent}, "reason": reason}
	if err := a.call(ctx, http.MethodPost, "/api/agent/transfer", s.header(), in, nil); err != nil {
		return fmt.Errorf("transfer conversation: %w", err)
	}
	return nil
}

// QueuePosition is a visitor's place in the queue.
type QueuePosition struct {
	Position     int      `json:"position"` // from 1; 0 = not waiting
	Waiting      int      `json:"waiting"`
	ExpectedWait *float64 `json:"expected_wait_s"` // seconds; nil = not known
}

// QueuePosition reads the visitor's place in the queue.
func (a *API) QueuePosition(ctx context.Context, token string) (QueuePosition, error) {
	var q QueuePosition
	if err := a.call(ctx, http.MethodGet, "/api/visitor/queue-position", bearer(token), nil, &q); err != nil {
		return QueuePosition{}, fmt.Errorf("read queue position: %w", err)
	}
	return q, nil
}
