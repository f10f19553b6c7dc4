package postgres

import (
	"context"
	_ "embed" // for the queries

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/internal/identity"
)

//go:embed query/history_export_heads.sql
var historyExportHeadsSQL string

//go:embed query/history_export_count.sql
var historyExportCountSQL string

//go:embed query/history_export_rows.sql
var historyExportRowsSQL string

var _ history.ExportStore = (*History)(nil)

// Count implements history.ExportStore.
func (h *History) Count(ctx context.Context, scope identity.Scope, f history.Filter) (conversations, rows int64, err error) {
	args := filterArgs(scope, f)
	args["notes"] = f.Notes
	err = h.pool.QueryRow(ctx, historyExportCountSQL, args).Scan(&conversations, &rows)
	return conversations, rows, chatError(err)
}

// Heads implements history.ExportStore.
func (h *History) Heads(ctx context.Context, scope identity.Scope, f history.Filter, cursor string, limit int) ([]chat.Conversation, string, error) {
	at, after, err := readCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	args := filterArgs(scope, f)
	args["notes"], args["at"], args["after"], args["limit"] = f.Notes, optionalTime(at), optional(after), limit
	heads, err := many(ctx, h.pool, scanHead, historyExportHeadsSQL, args)
	if err != nil || len(heads) < limit {
		return heads, "", err
	}
	last := heads[len(heads)-1]
	return heads, writeCursor(last.CreatedAt, last.ID), nil
}

// RowsOf implements history.ExportStore.
func (h *History) RowsOf(ctx context.Context, conversations []string, after uint32, limit int) ([]chat.Row, error) {
	return many(ctx, h.pool, scanRow, historyExportRowsSQL, pgx.NamedArgs{"ids": uuids(conversations), "after": signed(&after), "limit": limit})
}
