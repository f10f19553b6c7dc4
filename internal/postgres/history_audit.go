package postgres

import (
	"context"
	_ "embed" // for the queries

	"github.com/jackc/pgx/v5"

	"frontdesk/chat/history"
	"frontdesk/internal/identity"
)

//go:embed query/history_audit.sql
var historyAuditSQL string

//go:embed query/history_audit_names.sql
var historyAuditNamesSQL string

var _ history.AuditStore = (*History)(nil)

// AuditRows implements history.AuditStore.
func (h *History) AuditRows(ctx context.Context, scope identity.Scope, q history.AuditQuery) ([]history.AuditRow, error) {
	return many(ctx, h.pool, func(row pgx.CollectableRow) (a history.AuditRow, err error) {
		err = row.Scan(&a.ID, &a.At, &a.Actor, &a.ActorName, &a.Action, &a.Object, &a.Detail, &a.Site)
		a.At = a.At.UTC()
		return a, err
	}, historyAuditSQL, pgx.NamedArgs{
		"all": scope.All, "sites": notNil(scope.Sites), "before": q.Before, "from": optionalTime(q.From), "to": optionalTime(q.To),
		"action": q.Action, "actor": q.Actor, "object": q.Text, "site": q.Site, "limit": q.Limit,
	})
}

// AuditActions implements history.AuditStore.
func (h *History) AuditActions(ctx context.Context) ([]string, error) {
	return many(ctx, h.pool, pgx.RowTo[string], historyAuditNamesSQL)
}
