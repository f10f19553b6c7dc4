package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"frontdesk/internal/identity"
)

// Saved looks after the questions whose answers must stay right. It is safe for
// concurrent use.
type Saved struct {
	store SavedStore
	clock func() time.Time
}

// NewSaved returns the service over store. A nil clock is time.Now.
func NewSaved(store SavedStore, clock func() time.Time) (*Saved, error) {
	if store == nil {
		return nil, errors.New("bot: NewSaved needs a store")
	}
	if clock == nil {
		clock = time.Now
	}
	return &Saved{store: store, clock: clock}, nil
}

// List returns a site's questions. Errors: identity.ErrForbidden.
func (s *Saved) List(ctx context.Context, actor identity.Actor, site int32) ([]SavedQuestion, error) {
	if !actor.Can(identity.PermBotAdmin) {
		return nil, fmt.Errorf("list saved questions: %w", identity.ErrForbidden)
	}
	return s.store.Saved(ctx, actor.Scope, site) //nolint:wrapcheck // says what was done
}

// Put saves questions, all or none; one that is there already expects what is
// said now. Errors: [ErrSaved], identity.ErrForbidden, identity.ErrNotFound.
func (s *Saved) Put(ctx context.Context, actor identity.Actor, site int32, list []SavedQuestion) (added int, err error) {
	if !actor.Can(identity.PermBotAdmin) {
		return 0, fmt.Errorf("save questions: %w", identity.ErrForbidden)
	}
	if len(list) > MaxSaved {
		return 0, fmt.Errorf("%w: %d questions at once, at most %d", ErrSaved, len(list), MaxSaved)
	}
	out := make([]SavedQuestion, len(list))
	now := s.clock().UTC()
	for i, q := range list {
		if out[i], err = q.Validate(); err != nil {
			return 0, err
		}
		out[i].Site, out[i].CreatedBy, out[i].CreatedAt, out[i].UpdatedAt = site, actor.ID, now, now
	}
	return s.store.PutSaved(ctx, actor.Scope, site, out) //nolint:wrapcheck // says what was done
}

// Import saves the questions of a file in the format of frontdesk eval. Errors:
// [ErrQuestions] with the line, and those of Put.
func (s *Saved) Import(ctx context.Context, actor identity.Actor, site int32, file io.Reader) (read, added int, err error) {
	if !actor.Can(identity.PermBotAdmin) {
		return 0, 0, fmt.Errorf("import questions: %w", identity.ErrForbidden)
	}
	list, err := ReadSaved(file, site)
	if err != nil {
		return 0, 0, err
	}
	added, err = s.Put(ctx, actor, site, list)
	return len(list), added, err
}

// Drop deletes a question. Errors: [ErrSavedNotFound], identity.ErrForbidden.
func (s *Saved) Drop(ctx context.Context, actor identity.Actor, site int32, id int64) error {
	if !actor.Can(identity.PermBotAdmin) {
		return fmt.Errorf("delete saved question: %w", identity.ErrForbidden)
	}
	return s.store.DropSaved(ctx, actor.Scope, site, id) //nolint:wrapcheck // says what was done
}
