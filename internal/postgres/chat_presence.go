package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/chat_presence_set.sql
var chatPresenceSetSQL string

//go:embed query/chat_presence_leave.sql
var chatPresenceLeaveSQL string

//go:embed query/chat_presence_lost.sql
var chatPresenceLostSQL string

//go:embed query/chat_presence_held.sql
var chatPresenceHeldSQL string

// SetPresence implements chat.PresenceStore.
func (s *Chat) SetPresence(ctx context.Context, user, node, presence, reason string) (string, error) {
	stored, err := one(ctx, s.pool, nil, pgx.RowTo[string], chatPresenceSetSQL,
		pgx.NamedArgs{"user": user, "node": node, "presence": presence, "reason": reason})
	if errors.Is(err, chat.ErrRefused) { // foreign key: no such user
		return "", fmt.Errorf("agent: %w", identity.ErrNotFound)
	}
	return stored, err
}

// Leave implements chat.PresenceStore.
func (s *Chat) Leave(ctx context.Context, lost chat.Lost) error {
	_, err := s.pool.Exec(ctx, chatPresenceLeaveSQL, pgx.NamedArgs{"user": lost.User, "node": optional(lost.Node)})
	return chatError(err)
}

// Lost implements chat.PresenceStore.
func (s *Chat) Lost(ctx context.Context, grace time.Duration) ([]chat.Lost, error) {
	return many(ctx, s.pool, func(row pgx.CollectableRow) (l chat.Lost, err error) {
		var node pgtype.UUID
		err = row.Scan(&l.User, &node)
		l.Node = text(node)
		return l, err
	}, chatPresenceLostSQL, pgx.NamedArgs{"grace_ms": grace.Milliseconds()})
}

// HeldBy implements chat.PresenceStore.
func (s *Chat) HeldBy(ctx context.Context, lost chat.Lost) ([]string, error) {
	return many(ctx, s.pool, pgx.RowTo[string], chatPresenceHeldSQL, pgx.NamedArgs{"user": lost.User, "node": optional(lost.Node)})
}
