package postgres

import (
	"context"
	_ "embed"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/contact_blocks.sql
var contactBlocksSQL string

//go:embed query/contact_block_lock.sql
var contactBlockLockSQL string

//go:embed query/contact_block_add.sql
var contactBlockAddSQL string

//go:embed query/contact_block_lift.sql
var contactBlockLiftSQL string

//go:embed query/contact_barred.sql
var contactBarredSQL string

// Blocks implements chat.BlockStore.
func (s *Contacts) Blocks(ctx context.Context, scope identity.Scope, site int32, live bool, limit int) ([]chat.Block, error) {
	return s.blocks(ctx, scope, pgx.NamedArgs{"site": site, "live": live, "limit": limit})
}

// blocks selects entries: of one site, about one contact ("of") or "one" of them.
func (s *Contacts) blocks(ctx context.Context, scope identity.Scope, args pgx.NamedArgs) ([]chat.Block, error) {
	for name, none := range map[string]any{"site": int32(0), "of": nil, "one": nil, "live": false} {
		if _, ok := args[name]; !ok {
			args[name] = none
		}
	}
	return many(ctx, s.pool, scanBlock, contactBlocksSQL, scopeArgs(scope, args))
}

func scanBlock(row pgx.CollectableRow) (b chat.Block, err error) {
	var contact pgtype.UUID
	var created, expires, lifted pgtype.Timestamptz
	if err := row.Scan(&b.ID, &b.Site, &b.Kind, &contact, &b.Contact.Name, &b.Contact.Email, &b.Contact.Locale, &b.Contact.Identified,
		&b.Prefix, &b.Domain, &b.Reason, &created, &b.Creator, &expires, &lifted, &b.Lifter); err != nil {
		return b, err
	}
	b.Contact.ID, b.CreatedAt, b.ExpiresAt, b.LiftedAt = text(contact), utc(created), utc(expires), utc(lifted)
	if contact.Valid {
		b.Contact.Site = b.Site
	}
	if p, err := netip.ParsePrefix(b.Prefix); err == nil {
		b.Prefix = shown(p)
	}
	return b, nil
}

// AddBlock implements chat.BlockStore.
func (s *Contacts) AddBlock(ctx context.Context, scope identity.Scope, b chat.Block, by chat.Author) (chat.Block, error) {
	type entry struct {
		Site int32
		ID   string
	}
	var made entry
	err := contactError(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, contactBlockLockSQL)
		if err != nil {
			return err
		}
		made, err = one(ctx, tx, chat.ErrContactNotFound, pgx.RowToStructByPos[entry], contactBlockAddSQL, scopeArgs(scope, pgx.NamedArgs{
			"id": b.ID, "site": b.Site, "kind": string(b.Kind), "of": optional(b.Contact.ID), "prefix": optionalPrefix(b.Prefix), "domain": b.Domain,
			"reason": b.Reason, "by": optional(by.ID), "creator": by.Name, "expires": optionalTime(b.ExpiresAt),
		}))
		if err != nil {
			return err
		}
		return audit(ctx, tx, by, made.Site, "contact.block", made.ID, string(b.Kind))
	}))
	if err != nil {
		return chat.Block{}, err
	}
	return s.Block(ctx, scope, made.ID)
}

// Block implements chat.BlockStore.
func (s *Contacts) Block(ctx context.Context, scope identity.Scope, id string) (chat.Block, error) {
	found, err := s.blocks(ctx, scope, pgx.NamedArgs{"one": id, "limit": 1})
	if err != nil {
		return chat.Block{}, err
	}
	if len(found) == 0 {
		return chat.Block{}, chat.ErrBlockNotFound
	}
	return found[0], nil
}

// LiftBlock implements chat.BlockStore.
func (s *Contacts) LiftBlock(ctx context.Context, scope identity.Scope, id string, by chat.Author) (chat.Block, error) {
	err := contactError(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		site, err := one(ctx, tx, chat.ErrBlockNotFound, pgx.RowTo[int32], contactBlockLiftSQL, scopeArgs(scope, pgx.NamedArgs{"id": id, "lifter": by.Name}))
		if err != nil {
			return err
		}
		return audit(ctx, tx, by, site, "contact.unblock", id, "")
	}))
	if err != nil {
		return chat.Block{}, err
	}
	return s.Block(ctx, scope, id)
}

// barredByDomain bounds the contacts of one barred e-mail domain that are known beforehand, last seen first. Whoever
// gives such an address anew is refused with it.
const barredByDomain = 20_000

// Barred implements chat.BlockStore.
func (s *Contacts) Barred(ctx context.Context, members bool) ([]chat.Barred, error) {
	return many(ctx, s.pool, func(row pgx.CollectableRow) (b chat.Barred, err error) {
		var expires *time.Time
		if err := row.Scan(&b.Site, &b.Kind, &b.Contacts, &b.Prefix, &b.Domain, &expires); err != nil {
			return b, err
		}
		if expires != nil {
			b.Expires = expires.UTC()
		}
		return b, nil
	}, contactBarredSQL, pgx.NamedArgs{"limit": barredByDomain, "members": members})
}
