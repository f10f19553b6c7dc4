package postgres

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/chat_rows_after.sql
var chatRowsAfterSQL string

//go:embed query/chat_rows_before.sql
var chatRowsBeforeSQL string

//go:embed query/chat_row_by_cid.sql
var chatRowByCIDSQL string

//go:embed query/chat_rows_of.sql
var chatRowsOfSQL string

//go:embed query/chat_behind.sql
var chatBehindSQL string

//go:embed query/chat_epoch.sql
var chatEpochSQL string

// Conversation implements chat.ReadStore.
func (s *Chat) Conversation(ctx context.Context, scope identity.Scope, id string) (chat.Conversation, error) {
	return one(ctx, s.pool, chat.ErrNotFound, scanHead, chatConversationSQL, scopeArgs(scope, pgx.NamedArgs{"id": id}))
}

// Rows implements chat.ReadStore.
func (s *Chat) Rows(ctx context.Context, scope identity.Scope, id string, after, before uint32, limit int) ([]chat.Row, error) {
	sql := chatRowsAfterSQL
	args := scopeArgs(scope, pgx.NamedArgs{"id": id, "after": signed(&after), "limit": limit})
	if before > 0 {
		sql = chatRowsBeforeSQL
		args["before"] = signed(&before)
	}
	rows, err := many(ctx, s.pool, scanRow, sql, args)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 { // nothing there, or nothing for the caller?
		_, err := s.Conversation(ctx, scope, id)
		return nil, err
	}
	if before > 0 {
		slices.Reverse(rows)
	}
	return rows, nil
}

// FindRow implements chat.ReadStore.
func (s *Chat) FindRow(ctx context.Context, scope identity.Scope, cid string) (chat.Row, error) {
	return one(ctx, s.pool, chat.ErrNotFound, scanRow, chatRowByCIDSQL, scopeArgs(scope, pgx.NamedArgs{"cid": cid}))
}

// RowsOf implements chat.LogStore.
func (s *Chat) RowsOf(ctx context.Context, scope identity.Scope, keys []chat.RowKey) ([]chat.Row, error) {
	conversations, cids := make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		conversations[i], cids[i] = k.Conversation, k.CID
	}
	return many(ctx, s.pool, scanRow, chatRowsOfSQL, scopeArgs(scope, pgx.NamedArgs{"conversations": uuids(conversations), "cids": uuids(cids)}))
}

// Behind implements chat.ReadStore.
func (s *Chat) Behind(ctx context.Context, ids []string, known []uint32) (map[string]uint32, error) {
	seqs := make([]int32, len(known))
	for i := range known {
		seqs[i] = *signed(&known[i])
	}
	rows, err := s.pool.Query(ctx, chatBehindSQL, uuids(ids), seqs)
	if err != nil {
		return nil, chatError(err)
	}
	behind := make(map[string]uint32)
	var id string
	var last uint32
	_, err = pgx.ForEachRow(rows, []any{&id, &last}, func() error {
		behind[id] = last
		return nil
	})
	return behind, chatError(err)
}

// LogEpoch implements chat.ReadStore.
func (s *Chat) LogEpoch(ctx context.Context) (string, error) {
	var system, nonce string
	var timeline int32
	if err := s.pool.QueryRow(ctx, chatEpochSQL).Scan(&system, &timeline, &nonce); err != nil {
		return "", chatError(err)
	}
	if nonce == "" {
		return "", errors.New("settings have no log_epoch_nonce")
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%s", system, timeline, nonce))
	return hex.EncodeToString(sum[:12]), nil
}
