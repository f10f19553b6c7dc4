package chat

import (
	"context"
	"fmt"
	"slices"
	"time"

	"frontdesk/internal/identity"
)

// maxMentions bounds whom one note mentions.
const maxMentions = 20

// Mention is an agent whom a note mentions.
type Mention struct {
	ID   string `json:"id"`   // user id
	Name string `json:"name"` // as it was when the note was written
}

// Mentioned is a note that mentions somebody.
type Mentioned struct {
	Conversation string
	Contact      string // the visitor's name
	Seq          uint32
	Author       Author
	Content      string
	Time         time.Time
	Seen         bool // the agent has read the conversation this far
}

// MentionStore finds who is mentioned, and where.
type MentionStore interface {
	// Mentionable returns those of the users who may read the conversation, with their names. Others are left out.
	Mentionable(ctx context.Context, scope identity.Scope, conv string, users []string) ([]Mention, error)
	// Mentions returns the newest limit notes of the scope that mention the user, newest first, and how many of the
	// last 200 they have not read.
	Mentions(ctx context.Context, scope identity.Scope, user string, limit int) (notes []Mentioned, unread int, err error)
}

// mentions checks whom a note is to mention.
func (s *Service) mentions(ctx context.Context, actor identity.Actor, conv string, ids []string) ([]Mention, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > maxMentions {
		return nil, fmt.Errorf("%w: mentions: at most %d people", ErrInvalid, maxMentions)
	}
	conv, ok := CanonicalID(conv)
	if !ok {
		return nil, ErrNotFound
	}
	users := make([]string, 0, len(ids))
	for _, id := range ids {
		user, ok := CanonicalID(id)
		if !ok {
			return nil, fmt.Errorf("%w: mentions: must be ids of agents", ErrInvalid)
		}
		if !slices.Contains(users, user) {
			users = append(users, user)
		}
	}
	found, err := s.store.Mentionable(ctx, actor.Scope, conv, users)
	if err != nil {
		return nil, fmt.Errorf("look up who is mentioned: %w", err)
	}
	if len(found) < len(users) {
		return nil, fmt.Errorf("%w: mentions: somebody who may not read this conversation", ErrInvalid)
	}
	return found, nil
}

// Mentions returns the newest notes that mention the calling agent, at most
// limit (1–100, 0 = 30), newest first, and how many they have not read.
func (s *Service) Mentions(ctx context.Context, actor identity.Actor, limit int) (notes []Mentioned, unread int, err error) {
	if err := permit(actor, identity.PermChatRead); err != nil {
		return nil, 0, err
	}
	if limit <= 0 {
		limit = 30
	}
	if err := s.marks.flushUser(ctx, s.store, actor.ID); err != nil {
		return nil, 0, err
	}
	return s.store.Mentions(ctx, actor.Scope, actor.ID, min(limit, 100))
}
