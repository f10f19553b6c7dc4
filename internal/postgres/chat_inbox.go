package postgres

import (
	"context"
	_ "embed"
	"encoding/base64"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/chat_inbox.sql
var chatInboxSQL string

//go:embed query/chat_inbox_queue.sql
var chatInboxQueueSQL string

//go:embed query/chat_inbox_resolved.sql
var chatInboxResolvedSQL string

//go:embed query/chat_inbox_counts.sql
var chatInboxCountsSQL string

//go:embed query/chat_unread.sql
var chatUnreadSQL string

// inboxRow is one line of a list with the key it is sorted by.
type inboxRow struct {
	chat.InboxItem
	at time.Time
}

// Inbox implements chat.InboxStore.
func (s *Chat) Inbox(ctx context.Context, scope identity.Scope, user string, q chat.InboxQuery) (chat.InboxPage, error) {
	at, after, err := readCursor(q.Cursor)
	if err != nil {
		return chat.InboxPage{}, err
	}
	sql := chatInboxSQL
	args := pgx.NamedArgs{}
	switch q.View {
	case chat.ViewQueue:
		sql = chatInboxQueueSQL
	case chat.ViewResolved:
		sql = chatInboxResolvedSQL
	default:
		args["view"] = string(q.View)
	}
	maps.Copy(args, scopeArgs(scope, pgx.NamedArgs{
		"user": optional(user), "search": strings.TrimSpace(q.Search),
		"at": optionalTime(at), "after": optional(after), "limit": q.Limit + 1,
	}))
	var rows []inboxRow
	page := chat.InboxPage{}
	batch := &pgx.Batch{}
	batch.Queue(sql, args).Query(func(r pgx.Rows) (err error) {
		rows, err = pgx.CollectRows(r, scanInboxRow)
		return err
	})
	batch.Queue(chatInboxCountsSQL, scopeArgs(scope, pgx.NamedArgs{"user": optional(user)})).QueryRow(func(row pgx.Row) error {
		var queue, mine, bot, human, resolved, all int
		err := row.Scan(&queue, &mine, &bot, &human, &resolved, &all)
		page.Counts = map[chat.View]int{
			chat.ViewQueue: queue, chat.ViewMine: mine, chat.ViewBot: bot,
			chat.ViewHuman: human, chat.ViewResolved: resolved, chat.ViewAll: all,
		}
		return err
	})
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return chat.InboxPage{}, chatError(err)
	}
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		last := rows[len(rows)-1]
		page.Next = writeCursor(last.at, last.ID)
	}
	for _, row := range rows {
		page.Items = append(page.Items, row.InboxItem)
	}
	return page, nil
}

func scanInboxRow(row pgx.CollectableRow) (out inboxRow, err error) {
	var h headRow
	err = row.Scan(append(h.targets(), &out.at, &out.Unread)...)
	out.Conversation = h.conversation()
	return out, err
}

// Unread implements chat.InboxStore.
func (s *Chat) Unread(ctx context.Context, scope identity.Scope, user string) ([]chat.InboxItem, error) {
	return many(ctx, s.pool, func(row pgx.CollectableRow) (item chat.InboxItem, err error) {
		var h headRow
		err = row.Scan(append(h.targets(), &item.Unread)...)
		item.Conversation = h.conversation()
		return item, err
	}, chatUnreadSQL, scopeArgs(scope, pgx.NamedArgs{"user": user}))
}

// writeCursor names the place after a conversation in a list sorted by a time.
func writeCursor(at time.Time, id string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", at.UnixMicro(), id))
}

func readCursor(cursor string) (at time.Time, id string, err error) {
	if cursor == "" {
		return time.Time{}, "", nil
	}
	raw, _ := base64.RawURLEncoding.DecodeString(cursor)
	micros, id, _ := strings.Cut(string(raw), " ")
	n, err := strconv.ParseInt(micros, 10, 64)
	id, ok := chat.CanonicalID(id)
	if err != nil || !ok {
		return time.Time{}, "", fmt.Errorf("%w: cursor is not one of ours", chat.ErrInvalid)
	}
	return time.UnixMicro(n), id, nil
}
