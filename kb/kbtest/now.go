package kbtest

import (
	"context"

	"frontdesk/kb"
)

// Now implements kb.Moments.
func (s *Store) Now(ctx context.Context, site int32) (kb.Now, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return kb.Now{Epoch: s.epochs[site], Fingerprint: s.active}, ctx.Err()
}
