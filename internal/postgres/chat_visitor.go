package postgres

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/chat_start_site.sql
var chatStartSiteSQL string

//go:embed query/chat_start_contact.sql
var chatStartContactSQL string

//go:embed query/chat_start_new_contact.sql
var chatStartNewContactSQL string

//go:embed query/chat_start_current.sql
var chatStartCurrentSQL string

//go:embed query/chat_start_conversation.sql
var chatStartConversationSQL string

//go:embed query/chat_queue_position.sql
var chatQueuePositionSQL string

//go:embed query/chat_agents_online.sql
var chatAgentsOnlineSQL string

// Start implements chat.VisitorStore. The contact is locked, so that any number
// of starts at once find the same conversation. No conversation is locked after it.
func (s *Chat) Start(ctx context.Context, req chat.StartRequest, newContact, newID string, now time.Time) (contact chat.Contact, conv chat.Conversation, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		site, err := one(ctx, tx, identity.ErrNotFound, pgx.RowToStructByPos[startSite], chatStartSiteSQL,
			pgx.NamedArgs{"key": req.Site, "contact": optional(req.Contact)})
		if err != nil {
			return err
		}
		if contact, err = startContact(ctx, tx, site, req, newContact); err != nil {
			return err
		}
		current := pgx.NamedArgs{"contact": contact.ID, "since": now.Add(-chat.ReopenWindow)}
		conv, err = one(ctx, tx, chat.ErrNotFound, scanHead, chatStartCurrentSQL, current)
		if !errors.Is(err, chat.ErrNotFound) {
			return err
		}
		if _, err := tx.Exec(ctx, chatStartConversationSQL, pgx.NamedArgs{
			"id": newID, "site": site.ID, "department": site.Department, "contact": contact.ID,
			"locale": cmp.Or(req.Locale, contact.Locale), "page": req.Page,
		}); err != nil {
			return err
		}
		conv, err = one(ctx, tx, nil, scanHead, chatStartCurrentSQL, current)
		return err
	})
	if errors.Is(err, identity.ErrNotFound) || errors.Is(err, chat.ErrNotFound) {
		return contact, conv, err
	}
	return contact, conv, chatError(err)
}

type startSite struct {
	ID         int32
	Department int32
	Locale     string
}

// startContact locks the request's contact, or makes a new one: without an id,
// or when the site does not have it.
func startContact(ctx context.Context, tx pgx.Tx, site startSite, req chat.StartRequest, newContact string) (chat.Contact, error) {
	if req.Contact != "" {
		contact, err := one(ctx, tx, chat.ErrNotFound, pgx.RowToStructByPos[chat.Contact], chatStartContactSQL,
			pgx.NamedArgs{"contact": req.Contact, "site": site.ID})
		if !errors.Is(err, chat.ErrNotFound) || req.Existing {
			return contact, err
		}
	}
	contact := chat.Contact{ID: newContact, Site: site.ID, Locale: req.Locale}
	if contact.Locale == "" {
		contact.Locale = site.Locale
	}
	_, err := tx.Exec(ctx, chatStartNewContactSQL, pgx.NamedArgs{
		"contact": contact.ID, "site": site.ID, "department": site.Department, "locale": contact.Locale,
	})
	return contact, err
}

// QueuePosition implements chat.VisitorStore.
func (s *Chat) QueuePosition(ctx context.Context, scope identity.Scope, id string) (chat.QueuePosition, error) {
	var seconds *float64
	return one(ctx, s.pool, chat.ErrNotFound, func(row pgx.CollectableRow) (p chat.QueuePosition, err error) {
		err = row.Scan(&p.Position, &p.Waiting, &seconds)
		if seconds != nil {
			wait := time.Duration(*seconds * float64(time.Second)).Round(time.Second)
			p.Expected = &wait
		}
		return p, err
	}, chatQueuePositionSQL, scopeArgs(scope, pgx.NamedArgs{"id": id}))
}

// AgentsOnline implements chat.VisitorStore.
func (s *Chat) AgentsOnline(ctx context.Context, site, department int32) (int, error) {
	return one(ctx, s.pool, nil, pgx.RowTo[int], chatAgentsOnlineSQL, pgx.NamedArgs{"site": site, "department": department})
}
