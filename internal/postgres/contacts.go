package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/contact_list.sql
var contactListSQL string

//go:embed query/contact_list_edge.sql
var contactListEdgeSQL string

//go:embed query/contact_one.sql
var contactOneSQL string

//go:embed query/contact_merged.sql
var contactMergedSQL string

//go:embed query/contact_timeline.sql
var contactTimelineSQL string

//go:embed query/contact_attributes.sql
var contactAttributesSQL string

// Contacts keeps contacts and the block list. It implements chat.ContactStore
// and chat.BlockStore.
type Contacts struct {
	pool   *pgxpool.Pool
	looked int // see contactsLooked
}

// NewContacts returns a store on pool, which stays the caller's.
func NewContacts(pool *pgxpool.Pool) *Contacts { return &Contacts{pool: pool, looked: contactsLooked} }

// scanPerson reads the columns of contact_list and contact_one.
func scanPerson(row pgx.CollectableRow) (p chat.Person, err error) {
	var identified, created, seen pgtype.Timestamptz
	var attributes, reasons []byte
	var address *netip.Prefix
	var blocked bool
	if err := row.Scan(&p.ID, &p.Site, &p.Department, &p.Name, &p.Email, &p.Locale, &p.Phone, &identified, &p.External,
		&attributes, &p.Place.URL, &p.Place.Title, &p.Place.Referrer, &p.Place.UserAgent, &p.Place.TimeZone, &address, &p.Visits, &created, &seen,
		&p.Spam.Score, &reasons, &p.SpamCleared, &p.Version, &p.Conversations, &blocked); err != nil {
		return p, err
	}
	p.IdentifiedAt, p.CreatedAt, p.SeenAt = utc(identified), utc(created), utc(seen)
	p.Identified = identified.Valid
	if address != nil {
		p.Address = shown(*address)
	}
	if blocked {
		p.Blocks = []chat.Block{{Kind: chat.BlockContact, Contact: p.Contact}} // a list shows only that there is one
	}
	if err := json.Unmarshal(attributes, &p.Attributes); err != nil {
		return p, fmt.Errorf("read attributes of contact %s: %w", p.ID, err)
	}
	if err := json.Unmarshal(reasons, &p.Spam.Reasons); err != nil {
		return p, fmt.Errorf("read spam reasons of contact %s: %w", p.ID, err)
	}
	return p, nil
}

// shown writes a single address without its length.
func shown(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// contactError translates what a contact's statement failed with.
func contactError(err error) error {
	switch {
	case errors.Is(err, chat.ErrContactNotFound), errors.Is(err, chat.ErrBlockNotFound), errors.Is(err, chat.ErrContactChanged), errors.Is(err, chat.ErrMerged), errors.Is(err, identity.ErrNotFound):
		return err
	}
	return chatError(err)
}

// Contacts implements chat.ContactReader.
func (s *Contacts) Contacts(ctx context.Context, scope identity.Scope, q chat.ContactQuery) (chat.ContactPage, error) {
	at, after, err := readCursor(q.Cursor)
	if err != nil {
		return chat.ContactPage{}, err
	}
	edge, err := s.edge(ctx, scope, q, at, after)
	if err != nil {
		return chat.ContactPage{}, err
	}
	all, err := many(ctx, s.pool, scanPerson, contactListSQL, scopeArgs(scope, pgx.NamedArgs{
		"site": q.Site, "filter": string(q.Filter), "search": q.Search, "likely": chat.SpamLikely,
		"at": optionalTime(at), "after": optional(after), "to": optionalTime(edge.At), "last": optional(edge.ID), "limit": q.Limit + 1,
	}))
	if err != nil {
		return chat.ContactPage{}, err
	}
	if len(all) <= q.Limit && edge.ID != "" {
		return chat.ContactPage{Items: all, Next: writeCursor(edge.At, edge.ID)}, nil
	}
	page := chat.ContactPage{Items: all}
	if len(all) > q.Limit {
		page.Items = all[:q.Limit]
		last := page.Items[q.Limit-1]
		page.Next = writeCursor(last.SeenAt, last.ID)
	}
	return page, nil
}

// contactsLooked is how many contacts one page of a search or a filter looks at, however many there are.
const contactsLooked = 10_000

type listEdge struct {
	At time.Time
	ID string
}

// edge returns the last contact that one page looks at; none where that is all of them.
func (s *Contacts) edge(ctx context.Context, scope identity.Scope, q chat.ContactQuery, at time.Time, after string) (listEdge, error) {
	if q.Search == "" && q.Filter == chat.ContactsAll {
		return listEdge{}, nil
	}
	edge, err := one(ctx, s.pool, chat.ErrContactNotFound, pgx.RowToStructByPos[listEdge], contactListEdgeSQL, scopeArgs(scope, pgx.NamedArgs{
		"site": q.Site, "at": optionalTime(at), "after": optional(after), "scan": s.looked,
	}))
	if errors.Is(err, chat.ErrContactNotFound) {
		return listEdge{}, nil
	}
	return edge, err
}

// Person implements chat.ContactReader.
func (s *Contacts) Person(ctx context.Context, scope identity.Scope, id string) (chat.Person, error) {
	p, err := one(ctx, s.pool, chat.ErrContactNotFound, scanPerson, contactOneSQL, scopeArgs(scope, pgx.NamedArgs{"id": id}))
	if err != nil {
		return p, contactError(err)
	}
	if p.Merged, err = many(ctx, s.pool, pgx.RowToStructByPos[chat.Contact], contactMergedSQL, pgx.NamedArgs{"id": p.ID}); err != nil {
		return p, err
	}
	p.Blocks, err = s.blocks(ctx, scope, pgx.NamedArgs{"of": p.ID, "live": true, "limit": 20})
	return p, err
}

// Timeline implements chat.ContactReader.
func (s *Contacts) Timeline(ctx context.Context, scope identity.Scope, id, cursor string, limit int) (page []chat.Conversation, next string, err error) {
	at, after, err := readCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	if _, err := one(ctx, s.pool, chat.ErrContactNotFound, scanPerson, contactOneSQL, scopeArgs(scope, pgx.NamedArgs{"id": id})); err != nil {
		return nil, "", contactError(err)
	}
	page, err = many(ctx, s.pool, scanHead, contactTimelineSQL, scopeArgs(scope, pgx.NamedArgs{
		"id": id, "at": optionalTime(at), "after": optional(after), "limit": limit + 1,
	}))
	if err != nil {
		return nil, "", err
	}
	if len(page) > limit {
		page = page[:limit]
		last := page[limit-1]
		next = writeCursor(last.CreatedAt, last.ID)
	}
	return page, next, nil
}

// ContactAttributes implements chat.ContactReader.
func (s *Contacts) ContactAttributes(ctx context.Context, scope identity.Scope, site int32) ([]chat.Attribute, error) {
	return many(ctx, s.pool, pgx.RowToStructByPos[chat.Attribute], contactAttributesSQL,
		pgx.NamedArgs{"site": site, "all": scope.All, "sites": scope.Sites})
}

// optionalPrefix returns an address or network as a parameter, nil for what is none.
func optionalPrefix(s string) any {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked()
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen())
	}
	return nil
}

// auditTime is when an act of staff's is noted: the database's statements have no clock of ours.
func auditTime() time.Time { return time.Now().UTC() }
