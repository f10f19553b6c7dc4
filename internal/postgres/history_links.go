package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/internal/identity"
)

//go:embed query/history_link_add.sql
var historyLinkAddSQL string

//go:embed query/history_links.sql
var historyLinksSQL string

//go:embed query/history_link_revoke.sql
var historyLinkRevokeSQL string

//go:embed query/history_link_open.sql
var historyLinkOpenSQL string

//go:embed query/history_transcript.sql
var historyTranscriptSQL string

//go:embed query/history_transcript_before.sql
var historyTranscriptBeforeSQL string

var _ history.LinkStore = (*History)(nil)

// AddLink implements history.LinkStore.
func (h *History) AddLink(ctx context.Context, scope identity.Scope, l history.Link, most int) error {
	by := "agent"
	if l.Visitor {
		by = "visitor"
	}
	_, err := one(ctx, h.pool, chat.ErrNotFound, pgx.RowTo[string], historyLinkAddSQL, scopeArgs(scope, pgx.NamedArgs{
		"id": uuidOf(l.ID), "conversation": uuidOf(l.Conversation), "made_by": by, "agent": uuidOf(l.Agent), "locale": l.Locale,
		"created_at": l.CreatedAt, "expires_at": l.ExpiresAt, "most": most,
	}))
	if errors.Is(err, chat.ErrNotFound) {
		if _, err := NewChat(h.pool).Conversation(ctx, scope, l.Conversation); err != nil {
			return err
		}
		return fmt.Errorf("%w: the conversation has %d links already; revoke one first", history.ErrInvalid, most)
	}
	return err
}

// Links implements history.LinkStore.
func (h *History) Links(ctx context.Context, scope identity.Scope, conversation string) ([]history.Link, error) {
	if _, err := NewChat(h.pool).Conversation(ctx, scope, conversation); err != nil {
		return nil, err
	}
	return many(ctx, h.pool, scanLink, historyLinksSQL, scopeArgs(scope, pgx.NamedArgs{"id": conversation}))
}

func scanLink(row pgx.CollectableRow) (l history.Link, err error) {
	var agent pgtype.UUID
	var revoked pgtype.Timestamptz
	err = row.Scan(&l.ID, &l.Conversation, &l.Site, &l.Visitor, &agent, &l.AgentName, &l.Locale, &l.CreatedAt, &l.ExpiresAt, &revoked, &l.Opened)
	l.Agent, l.RevokedAt, l.CreatedAt, l.ExpiresAt = text(agent), utc(revoked), l.CreatedAt.UTC(), l.ExpiresAt.UTC()
	return l, err
}

// RevokeLink implements history.LinkStore.
func (h *History) RevokeLink(ctx context.Context, scope identity.Scope, id string, at time.Time) (history.Link, error) {
	return one(ctx, h.pool, chat.ErrNotFound, scanLink, historyLinkRevokeSQL, scopeArgs(scope, pgx.NamedArgs{"id": uuidOf(id), "at": at}))
}

// OpenLink implements history.LinkStore.
func (h *History) OpenLink(ctx context.Context, id string, at time.Time) (history.Link, chat.Conversation, error) {
	l, err := one(ctx, h.pool, history.ErrLink, scanLink, historyLinkOpenSQL, pgx.NamedArgs{"id": uuidOf(id), "at": at})
	if err != nil {
		return l, chat.Conversation{}, err
	}
	head, err := NewChat(h.pool).Conversation(ctx, identity.Everything(), l.Conversation)
	if errors.Is(err, chat.ErrNotFound) { // erased this moment
		err = history.ErrLink
	}
	return l, head, err
}

// Tail implements history.LinkStore.
func (h *History) Tail(ctx context.Context, conversation string, limit, bytes int) (rows []chat.Row, cut bool, err error) {
	args := pgx.NamedArgs{"id": uuidOf(conversation), "limit": limit, "bytes": bytes}
	rows, err = many(ctx, h.pool, scanRow, historyTranscriptSQL, args)
	if err != nil || len(rows) == 0 || rows[0].Seq == 1 {
		return rows, false, err
	}
	args["seq"] = signed(&rows[0].Seq)
	cut, err = one(ctx, h.pool, nil, pgx.RowTo[bool], historyTranscriptBeforeSQL, args)
	return rows, cut, err
}
