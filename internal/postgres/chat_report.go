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

// UnansweredByBot implements chat.ReportStore.
func (s *Chat) UnansweredByBot(ctx context.Context, limit int) ([]chat.Conversation, error) {
	return many(ctx, s.pool, scanHead, chatUnansweredSQL, pgx.NamedArgs{"limit": limit})
}
