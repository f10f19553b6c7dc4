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

//go:embed query/chat_presence_lock.sql
var chatPresenceLockSQL string

//go:embed query/chat_presence_leaving.sql
var chatPresenceLeavingSQL string

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
	return s.ofAgents(ctx, []string{lost.User}, chatPresenceLeaveSQL, pgx.NamedArgs{"user": lost.User, "node": optional(lost.Node)})
}

// Leaving implements chat.PresenceStore.
func (s *Chat) Leaving(ctx context.Context, node string, users []string) error {
	return s.ofAgents(ctx, users, chatPresenceLeavingSQL, pgx.NamedArgs{"users": uuids(users), "node": node})
}

// ofAgents runs a statement on agents with their rows locked before it begins.
func (s *Chat) ofAgents(ctx context.Context, users []string, sql string, args pgx.NamedArgs) error {
	return chatError(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, chatPresenceLockSQL, pgx.NamedArgs{"users": uuids(users)}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sql, args)
		return err
	}))
}

// Lost implements chat.PresenceStore.
func (s *Chat) Lost(ctx context.Context, node string, grace time.Duration) ([]chat.Lost, error) {
	return many(ctx, s.pool, func(row pgx.CollectableRow) (l chat.Lost, err error) {
		var node pgtype.UUID
		err = row.Scan(&l.User, &node, &l.Chose)
		l.Node = text(node)
		return l, err
	}, chatPresenceLostSQL, pgx.NamedArgs{"node": optional(node), "grace_ms": grace.Milliseconds()})
}

// HeldBy implements chat.PresenceStore.
func (s *Chat) HeldBy(ctx context.Context, lost chat.Lost) ([]string, error) {
	return many(ctx, s.pool, pgx.RowTo[string], chatPresenceHeldSQL, pgx.NamedArgs{"user": lost.User, "node": optional(lost.Node), "chose": lost.Chose})
}
