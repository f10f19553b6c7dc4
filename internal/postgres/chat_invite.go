package postgres

import (
	"context"
	_ "embed" // for the query

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/chat_invitations.sql
var chatInvitationsSQL string

// Invitations returns the open conversations within scope that an agent was
// asked to take part in and does not hold, the newest first, at most 200.
func (s *Chat) Invitations(ctx context.Context, scope identity.Scope, user string) ([]chat.Invitation, error) {
	return many(ctx, s.pool, pgx.RowToStructByPos[chat.Invitation], chatInvitationsSQL, scopeArgs(scope, pgx.NamedArgs{"user": user}))
}
