package kb

import (
	"context"
	"fmt"
)

// Now is the state of a site's knowledge base at one moment: two searches for the
// same question at the same Now find the same.
type Now struct {
	Epoch       int64  // rises with every publication, in its transaction
	Fingerprint string // of the model in use that embeds; empty = the bundled one, from the start on
	Pair        string // of the model in use that reads pairs; empty = the bundled one, or none
}

// Moments tells what is published and in use at this moment.
type Moments interface {
	// Now returns the state of a site. Errors: [ErrNotFound] (no such site) and the store's.
	Now(ctx context.Context, site int32) (Now, error)
}

// Now returns the state of a site as the database has it at this moment: one tiny
// query. Who keeps what a search led to keeps it by this.
func (s *Service) Now(ctx context.Context, site int32) (Now, error) {
	now, err := s.store.Now(ctx, site)
	if err != nil {
		return Now{}, fmt.Errorf("read the knowledge base's epoch: %w", err)
	}
	return now, nil
}
