package postgres

import (
	"context"
	_ "embed" // for the queries
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/chat_marks_raise.sql
var chatMarksRaiseSQL string

//go:embed query/chat_marks_read.sql
var chatMarksReadSQL string

//go:embed query/chat_marks.sql
var chatMarksSQL string

// RaiseMarks implements chat.MarkStore: one round trip and one transaction, rows
// in the order of their keys, so that two nodes do not lock each other out.
func (s *Chat) RaiseMarks(ctx context.Context, marks []chat.StoredMark) error {
	type sides struct{ visitor, agents chat.Progress }
	all := make(map[string]*sides, len(marks))
	var ids []string
	var users, read []string
	var seqs []int32
	for _, m := range marks {
		at := all[m.Conversation]
		if at == nil {
			at = &sides{}
			all[m.Conversation] = at
			ids = append(ids, m.Conversation)
		}
		if m.User == "" {
			at.visitor = further(at.visitor, m.Progress)
			continue
		}
		at.agents = further(at.agents, m.Progress)
		if m.Read > 0 {
			users, read, seqs = append(users, m.User), append(read, m.Conversation), append(seqs, *signed(&m.Read))
		}
	}
	slices.SortFunc(ids, strings.Compare)
	var vd, vr, ad, ar []int32
	for _, id := range ids {
		at := all[id]
		vd, vr = append(vd, *signed(&at.visitor.Delivered)), append(vr, *signed(&at.visitor.Read))
		ad, ar = append(ad, *signed(&at.agents.Delivered)), append(ar, *signed(&at.agents.Read))
	}
	batch := &pgx.Batch{}
	batch.Queue(chatMarksRaiseSQL, pgx.NamedArgs{
		"ids": uuids(ids), "visitor_delivered": vd, "visitor_read": vr, "agent_delivered": ad, "agent_read": ar,
	})
	if len(users) > 0 {
		batch.Queue(chatMarksReadSQL, pgx.NamedArgs{"users": uuids(users), "ids": uuids(read), "seqs": seqs})
	}
	return chatError(s.pool.SendBatch(ctx, batch).Close())
}

func further(a, b chat.Progress) chat.Progress {
	return chat.Progress{Delivered: max(a.Delivered, b.Delivered), Read: max(a.Read, b.Read)}
}

// Marks implements chat.MarkStore.
func (s *Chat) Marks(ctx context.Context, scope identity.Scope, user, conv string) (chat.Marks, error) {
	return one(ctx, s.pool, chat.ErrNotFound, func(row pgx.CollectableRow) (m chat.Marks, err error) {
		err = row.Scan(&m.Visitor.Delivered, &m.Visitor.Read, &m.Agents.Delivered, &m.Agents.Read, &m.Own)
		return m, err
	}, chatMarksSQL, scopeArgs(scope, pgx.NamedArgs{"id": conv, "user": optional(user)}))
}

//go:embed query/chat_mentionable.sql
var chatMentionableSQL string

//go:embed query/chat_mentions.sql
var chatMentionsSQL string

// Mentionable implements chat.MentionStore.
func (s *Chat) Mentionable(ctx context.Context, scope identity.Scope, conv string, users []string) ([]chat.Mention, error) {
	found, err := many(ctx, s.pool, pgx.RowToStructByPos[chat.Mention], chatMentionableSQL,
		scopeArgs(scope, pgx.NamedArgs{"id": conv, "users": uuids(users)}))
	if err == nil && len(found) == 0 { // nobody, or no such conversation?
		_, err = s.Conversation(ctx, scope, conv)
	}
	return found, err
}

// Mentions implements chat.MentionStore.
func (s *Chat) Mentions(ctx context.Context, scope identity.Scope, user string, limit int) (notes []chat.Mentioned, unread int, err error) {
	all, err := many(ctx, s.pool, func(row pgx.CollectableRow) (m chat.Mentioned, err error) {
		var author pgtype.UUID
		err = row.Scan(&m.Conversation, &m.Contact, &m.Seq, &m.Author.Kind, &author, &m.Author.Name, &m.Content, &m.Time, &m.Seen)
		m.Author.ID, m.Time = text(author), m.Time.UTC()
		return m, err
	}, chatMentionsSQL, scopeArgs(scope, pgx.NamedArgs{"user": user, "mentioned": user}))
	if err != nil {
		return nil, 0, err
	}
	for i := range all {
		if !all[i].Seen {
			unread++
		}
	}
	return all[:min(limit, len(all))], unread, nil
}
