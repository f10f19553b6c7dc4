package postgres

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/contact_by_identity.sql
var contactByIdentitySQL string

//go:embed query/contact_identify_turn.sql
var contactIdentifyTurnSQL string

//go:embed query/contact_identify_new.sql
var contactIdentifyNewSQL string

//go:embed query/contact_identify_name.sql
var contactIdentifyNameSQL string

//go:embed query/contact_identify_from.sql
var contactIdentifyFromSQL string

//go:embed query/contact_identify_conversations.sql
var contactIdentifyConversationsSQL string

//go:embed query/contact_identify_lock.sql
var contactIdentifyLockSQL string

//go:embed query/contact_identify_aside.sql
var contactIdentifyAsideSQL string

//go:embed query/contact_identify_move.sql
var contactIdentifyMoveSQL string

//go:embed query/contact_identify_told.sql
var contactIdentifyToldSQL string

//go:embed query/contact_identify_profile.sql
var contactIdentifyProfileSQL string

// errAgain: somebody else changed what the transaction had read before it held its locks.
var errAgain = errors.New("changed meanwhile")

// identifyAttempts bounds how often a move starts over. Each time somebody else has come further.
const identifyAttempts = 10

// Identify implements chat.VisitorContacts. Locks are taken in the order that
// holds everywhere: the conversations by id, then the contacts by id; before them
// a lock of the identified contact's own, which nobody else takes. What has
// changed between the reading of what there is to lock and the locks is seen
// under them, and the transaction starts over.
func (s *Contacts) Identify(ctx context.Context, req chat.IdentifyRequest, now time.Time) (out chat.Identified, err error) {
	for range identifyAttempts {
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			m := &identifying{tx: tx, req: req, now: now}
			if err := m.run(ctx); err != nil {
				return err
			}
			out = m.out
			return nil
		})
		if !errors.Is(err, errAgain) && !errors.Is(chatError(err), chat.ErrConflict) && !lockTimedOut(err) {
			break
		}
	}
	switch {
	case err == nil:
		return out, nil
	case errors.Is(err, errAgain), errors.Is(err, chat.ErrConflict):
		return chat.Identified{}, chat.ErrUnavailable
	}
	return chat.Identified{}, contactError(err)
}

// identifying is one attempt in its transaction.
type identifying struct {
	tx   pgx.Tx
	req  chat.IdentifyRequest
	now  time.Time
	into string // the contact that the proof is about
	made bool
	from bool // the anonymous contact is to be moved
	out  chat.Identified
}

func (m *identifying) run(ctx context.Context) error {
	if _, err := m.tx.Exec(ctx, chatLockTimeoutSQL); err != nil {
		return err
	}
	if err := m.find(ctx); err != nil {
		return err
	}
	if !m.made { // each of many at once would find that the one before it had changed what there is to lock
		if _, err := m.tx.Exec(ctx, contactIdentifyTurnSQL, pgx.NamedArgs{"contact": m.into}); err != nil {
			return err
		}
	}
	if m.req.Contact != "" && m.req.Contact != m.into {
		var err error
		if m.from, err = m.movable(ctx); err != nil {
			return err
		}
	}
	if m.from {
		if err := m.move(ctx); err != nil {
			return err
		}
	} else if _, err := m.tx.Exec(ctx, contactIdentifyLockSQL, pgx.NamedArgs{"contact": m.into}); err != nil {
		return err
	}
	if m.req.Contact != "" && m.out.Rows == nil { // moved already, perhaps by a commit of which nobody heard: tell again
		var err error
		if m.out.Rows, err = many(ctx, m.tx, scanRow, contactIdentifyToldSQL, pgx.NamedArgs{"contact": m.into, "was": m.req.Contact}); err != nil {
			return err
		}
	}
	if !m.made {
		if err := m.call(ctx); err != nil {
			return err
		}
	}
	return m.arrive(ctx)
}

// find looks the contact up, or makes it.
func (m *identifying) find(ctx context.Context) (err error) {
	m.into, err = one(ctx, m.tx, chat.ErrContactNotFound, pgx.RowTo[string], contactByIdentitySQL,
		pgx.NamedArgs{"site": m.req.Site, "external": m.req.Proof.External, "email": m.req.Proof.Email})
	if !errors.Is(err, chat.ErrContactNotFound) {
		return err
	}
	m.into, m.made = m.req.NewContact, true
	tag, err := m.tx.Exec(ctx, contactIdentifyNewSQL, pgx.NamedArgs{"contact": m.into, "site": m.req.Site, "locale": m.req.Locale})
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return identity.ErrNotFound
	}
	return m.call(ctx)
}

// call stores what the proof calls the contact.
func (m *identifying) call(ctx context.Context) error {
	for kind, value := range map[string]string{"id": m.req.Proof.External, "email": m.req.Proof.Email} {
		if value == "" {
			continue
		}
		tag, err := m.tx.Exec(ctx, contactIdentifyNameSQL, pgx.NamedArgs{"site": m.req.Site, "kind": kind, "value": value, "contact": m.into})
		if err != nil {
			return err
		}
		if tag.RowsAffected() > 0 || kind == "email" && m.req.Proof.External != "" { // an address may be shared
			continue
		}
		if owner, err := one(ctx, m.tx, chat.ErrContactNotFound, pgx.RowTo[string], contactByIdentitySQL,
			pgx.NamedArgs{"site": m.req.Site, "external": m.req.Proof.External, "email": m.req.Proof.Email}); err != nil || owner != m.into {
			return errAgain // another transaction was first
		}
	}
	return nil
}

func (m *identifying) movable(ctx context.Context) (bool, error) {
	return one(ctx, m.tx, nil, pgx.RowTo[bool], contactIdentifyFromSQL, pgx.NamedArgs{"contact": m.req.Contact, "site": m.req.Site})
}

type touched struct {
	ID      string
	Contact string
	Status  string
	LastSeq uint32
	Aside   bool
}

// move gives the anonymous contact's conversations to the other.
func (m *identifying) move(ctx context.Context) error {
	both := pgx.NamedArgs{"from": m.req.Contact, "into": m.into}
	before, err := many(ctx, m.tx, pgx.RowToStructByPos[touched], contactIdentifyConversationsSQL, both)
	if err != nil {
		return err
	}
	ids := make([]string, len(before))
	for i, c := range before {
		ids[i] = c.ID
	}
	if _, err := m.tx.Exec(ctx, chatLockWaitSQL, uuids(ids)); err != nil {
		return err
	}
	tied, err := lockFamily(ctx, m.tx, identity.Everything(), m.req.Contact, m.into)
	if err != nil {
		return err
	}
	// Nobody starts a conversation of theirs from here on: that takes the contact.
	all, err := many(ctx, m.tx, pgx.RowToStructByPos[touched], contactIdentifyConversationsSQL, both)
	if err != nil {
		return err
	}
	for _, c := range all {
		if !slices.Contains(ids, c.ID) {
			return errAgain
		}
	}
	if ok, err := m.movable(ctx); err != nil || !ok { // another merge was first: there is nothing left to move
		return err
	}
	if err := m.setAside(ctx, all); err != nil {
		return err
	}
	children, err := m.untie(ctx, tied)
	if err != nil {
		return err
	}
	if m.out.Moved, err = one(ctx, m.tx, nil, pgx.RowTo[int], contactIdentifyMoveSQL, both); err != nil {
		return err
	}
	for _, sql := range []string{contactMergeSQL, contactMergePointSQL} {
		if _, err := m.tx.Exec(ctx, sql, both); err != nil {
			return err
		}
	}
	if err := m.tieAgain(ctx, children); err != nil {
		return err
	}
	return m.tell(ctx, all)
}

// setAside sees to it that one open conversation is the current one: the one that
// the visitor is writing in, or the other's if nothing was said there yet.
func (m *identifying) setAside(ctx context.Context, all []touched) error {
	var mine, theirs *touched
	for i := range all {
		c := &all[i]
		switch {
		case c.Status == string(chat.StatusResolved) || c.Aside:
		case c.Contact == m.req.Contact:
			mine = c
		default:
			theirs = c
		}
	}
	if mine == nil || theirs == nil {
		return nil
	}
	loser := theirs
	if mine.LastSeq == 0 {
		loser = mine
	}
	_, err := m.tx.Exec(ctx, contactIdentifyAsideSQL, pgx.NamedArgs{"id": loser.ID})
	return err
}

// tell appends a row to each open conversation that moved: agents see who it is,
// and whoever follows it learns whose it is now.
func (m *identifying) tell(ctx context.Context, all []touched) error {
	var entries []chat.Scoped
	for _, c := range all {
		if c.Contact == m.req.Contact && c.Status != string(chat.StatusResolved) && c.LastSeq > 0 {
			entries = append(entries, chat.Scoped{Scope: identity.Everything(), Entry: chat.Entry{
				Conversation: c.ID, CID: chat.NewID(m.now), Author: chat.Author{Kind: chat.AuthorSystem}, Kind: chat.KindIdentified,
				Content: cmp.Or(m.req.Proof.Name, m.req.Proof.Email, m.req.Proof.External), Data: chat.Data{Was: m.req.Contact},
			}})
		}
	}
	if len(entries) == 0 {
		return nil
	}
	p, err := appendParams(entries)
	if err != nil {
		return err
	}
	read := 0
	outs, err := many(ctx, m.tx, func(row pgx.CollectableRow) (chat.Outcome, error) {
		read++
		return scanOutcome(row, &entries[read-1].Entry)
	}, chatAppendSQL, p.args()...)
	if err != nil {
		return err
	}
	heads, err := many(ctx, m.tx, scanHead, chatHeadsSQL, p.conversations)
	if err != nil {
		return err
	}
	for i := range outs {
		h := slices.IndexFunc(heads, func(c chat.Conversation) bool { return c.ID == entries[i].Conversation })
		if outs[i].Verdict != chat.Stored || h < 0 {
			return errAgain
		}
		place(&outs[i], heads[h])
		m.out.Rows = append(m.out.Rows, outs[i].Row)
	}
	return nil
}

// arrive writes what the site vouches for, and finds the current conversation.
func (m *identifying) arrive(ctx context.Context) error {
	p := m.req.Proof
	attributes, err := attributesJSON(m.req.Attributes)
	if err != nil {
		return err
	}
	m.out.Contact, err = one(ctx, m.tx, errAgain, pgx.RowToStructByPos[chat.Contact], contactIdentifyProfileSQL, pgx.NamedArgs{
		"contact": m.into, "name": p.Name, "email": p.Email, "phone": p.Phone, "locale": p.Locale, "attributes": attributes,
	})
	if err != nil {
		return err
	}
	current := pgx.NamedArgs{"contact": m.into, "since": m.now.Add(-chat.ReopenWindow)}
	m.out.Conversation, err = one(ctx, m.tx, chat.ErrNotFound, scanHead, chatStartCurrentSQL, current)
	if !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	site, err := one(ctx, m.tx, identity.ErrNotFound, pgx.RowToStructByPos[startSite], chatStartSiteSQL, pgx.NamedArgs{"key": "", "contact": m.into})
	if err != nil {
		return err
	}
	if _, err := m.tx.Exec(ctx, chatStartConversationSQL, pgx.NamedArgs{
		"id": m.req.NewConversation, "site": site.ID, "department": site.Department, "contact": m.into,
		"locale": cmp.Or(m.req.Locale, m.out.Contact.Locale), "page": m.req.Page,
	}); err != nil {
		return err
	}
	m.out.Conversation, err = one(ctx, m.tx, nil, scanHead, chatStartCurrentSQL, current)
	return err
}
