package postgres

import (
	"context"
	_ "embed"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/chat_stats.sql
var chatStatsSQL string

//go:embed query/chat_stats_agents.sql
var chatStatsAgentsSQL string

//go:embed query/chat_export.sql
var chatExportSQL string

//go:embed query/chat_export_rows.sql
var chatExportRowsSQL string

//go:embed query/chat_unanswered.sql
var chatUnansweredSQL string

// Stats implements chat.ReportStore.
func (s *Chat) Stats(ctx context.Context, scope identity.Scope, now time.Time) (chat.Stats, error) {
	stats, err := one(ctx, s.pool, nil, func(row pgx.CollectableRow) (st chat.Stats, err error) {
		var wait float64
		err = row.Scan(&st.Open, &st.Queued, &st.WithBot, &st.WithHuman, &st.ResolvedToday, &st.BotAnsweredToday, &st.HandoversToday, &wait)
		st.LongestWait = time.Duration(wait * float64(time.Second)).Truncate(time.Millisecond)
		return st, err
	}, chatStatsSQL, scopeArgs(scope, pgx.NamedArgs{"midnight": now.UTC().Truncate(24 * time.Hour)}))
	if err != nil {
		return stats, err
	}
	stats.AgentsOnline, err = one(ctx, s.pool, nil, pgx.RowTo[int], chatStatsAgentsSQL,
		pgx.NamedArgs{"all": scope.All, "sites": scope.Sites})
	return stats, err
}

// ExportPage implements chat.ReportStore.
func (s *Chat) ExportPage(ctx context.Context, scope identity.Scope, f chat.ExportFilter, cursor string, limit int) ([]chat.Exported, string, error) {
	at, after, err := readCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	heads, err := many(ctx, s.pool, scanHead, chatExportSQL, scopeArgs(scope, pgx.NamedArgs{
		"from": optionalTime(f.From), "to": optionalTime(f.To), "at": optionalTime(at), "after": optional(after), "limit": limit,
	}))
	if err != nil || len(heads) == 0 {
		return nil, "", err
	}
	page := make([]chat.Exported, len(heads))
	place := make(map[string]*chat.Exported, len(heads))
	ids := make([]string, len(heads))
	for i, head := range heads {
		page[i].Conversation, ids[i], place[head.ID] = head, head.ID, &page[i]
	}
	rows, err := many(ctx, s.pool, scanRow, chatExportRowsSQL, uuids(ids))
	if err != nil {
		return nil, "", err
	}
	for _, r := range rows {
		e := place[r.Conversation]
		e.Rows = append(e.Rows, r)
	}
	next := ""
	if last := heads[len(heads)-1]; len(heads) == limit {
		next = writeCursor(last.CreatedAt, last.ID)
	}
	return page, next, nil
}

// UnansweredByBot implements chat.ReportStore.
func (s *Chat) UnansweredByBot(ctx context.Context, limit int) ([]chat.Conversation, error) {
	return many(ctx, s.pool, scanHead, chatUnansweredSQL, pgx.NamedArgs{"limit": limit})
}
