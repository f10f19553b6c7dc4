package postgres

import (
	"context"
	_ "embed" // for the query
	"slices"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/chat_thread.sql
var chatThreadSQL string

// Thread implements chat.ReadStore: one pgx.Batch, the head first, so that no row
// is missing that the head counts.
func (s *Chat) Thread(ctx context.Context, scope identity.Scope, id string, limit int) (chat.Conversation, []chat.Row, error) {
	batch := &pgx.Batch{}
	var heads []chat.Conversation
	batch.Queue(chatConversationSQL, scopeArgs(scope, pgx.NamedArgs{"id": id})).Query(func(r pgx.Rows) (err error) {
		heads, err = pgx.CollectRows(r, scanHead)
		return err
	})
	var rows []chat.Row
	batch.Queue(chatThreadSQL, scopeArgs(scope, pgx.NamedArgs{"id": id, "limit": limit})).Query(func(r pgx.Rows) (err error) {
		rows, err = pgx.CollectRows(r, scanRow)
		return err
	})
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return chat.Conversation{}, nil, chatError(err)
	}
	if len(heads) == 0 {
		return chat.Conversation{}, nil, chat.ErrNotFound
	}
	slices.Reverse(rows)
	return heads[0], rows, nil
}
