package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/contact_save.sql
var contactSaveSQL string

//go:embed query/contact_save_merged.sql
var contactSaveMergedSQL string

//go:embed query/contact_attributes_drop.sql
var contactAttributesDropSQL string

//go:embed query/contact_attributes_put.sql
var contactAttributesPutSQL string

//go:embed query/contact_arrive.sql
var contactArriveSQL string

//go:embed query/contact_spam.sql
var contactSpamSQL string

//go:embed query/contact_gone.sql
var contactGoneSQL string

// audit notes an act of staff's in the transaction that does it: ids, no text of customers.
func audit(ctx context.Context, tx pgx.Tx, by chat.Author, site int32, action, object, detail string) error {
	actor := by.ID
	if actor == "" {
		actor = "system"
	}
	_, err := tx.Exec(ctx, accountAddAuditSQL, pgx.NamedArgs{
		"at": auditTime(), "actor": actor, "action": action, "object": object, "detail": detail, "site": site,
	})
	return err
}

// attributesJSON writes attributes; none is an empty object.
func attributesJSON(values map[string]any) (string, error) {
	if len(values) == 0 {
		return "{}", nil
	}
	b, err := json.Marshal(values)
	if err != nil {
		return "", fmt.Errorf("%w: attributes: %w", chat.ErrContactInvalid, err)
	}
	return string(b), nil
}

type savedContact struct {
	Site  int32
	Name  string
	Email string
}

// SaveContact implements chat.ContactWriter.
func (s *Contacts) SaveContact(ctx context.Context, scope identity.Scope, e chat.ContactEdit, by chat.Author) error {
	attributes, err := attributesJSON(e.Attributes)
	if err != nil {
		return err
	}
	return contactError(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		saved, err := one(ctx, tx, chat.ErrContactChanged, pgx.RowToStructByPos[savedContact], contactSaveSQL, scopeArgs(scope, pgx.NamedArgs{
			"id": e.ID, "version": e.Version, "name": e.Name, "email": e.Email, "phone": e.Phone, "attributes": attributes, "not_spam": e.NotSpam,
		}))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, contactSaveMergedSQL, pgx.NamedArgs{"id": e.ID, "name": saved.Name, "email": saved.Email}); err != nil {
			return err
		}
		action := "contact.edit"
		if e.NotSpam {
			action = "contact.not_spam"
		}
		return audit(ctx, tx, by, saved.Site, action, e.ID, "")
	}))
}

// SaveContactAttributes implements chat.ContactWriter.
func (s *Contacts) SaveContactAttributes(ctx context.Context, scope identity.Scope, site int32, all []chat.Attribute, by chat.Author) error {
	if !scope.All && !slices.Contains(scope.Sites, site) {
		return chat.ErrContactNotFound
	}
	err := contactError(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, contactAttributesDropSQL, pgx.NamedArgs{"site": site}); err != nil {
			return err
		}
		for i, a := range all {
			options := a.Options
			if options == nil {
				options = []string{}
			}
			if _, err := tx.Exec(ctx, contactAttributesPutSQL, pgx.NamedArgs{
				"site": site, "key": a.Key, "label_en": a.LabelEN, "label_zh": a.LabelZH, "type": string(a.Type), "options": options,
				"from_page": a.FromPage, "position": i,
			}); err != nil {
				return err
			}
		}
		return audit(ctx, tx, by, site, "contact.attributes", "", "")
	}))
	if errors.Is(err, chat.ErrRefused) { // foreign key: no such site
		return chat.ErrContactNotFound
	}
	return err
}

// Arrive implements chat.VisitorContacts.
func (s *Contacts) Arrive(ctx context.Context, scope identity.Scope, a chat.Arrival) error {
	attributes, err := attributesJSON(a.Attributes)
	if err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, contactArriveSQL, scopeArgs(scope, pgx.NamedArgs{
		"visitor": a.Contact, "url": a.Place.URL, "title": a.Place.Title, "referrer": a.Place.Referrer, "user_agent": a.Place.UserAgent,
		"time_zone": a.Place.TimeZone, "address": optionalPrefix(a.Address), "attributes": attributes,
	}))
	return chatError(err)
}

// NoteSpam implements chat.VisitorContacts.
func (s *Contacts) NoteSpam(ctx context.Context, contact string, spam chat.Spam) error {
	reasons, err := json.Marshal(spam.Reasons)
	if err != nil {
		return fmt.Errorf("write spam reasons: %w", err)
	}
	_, err = s.pool.Exec(ctx, contactSpamSQL, pgx.NamedArgs{"contact": contact, "score": spam.Score, "reasons": string(reasons)})
	return chatError(err)
}

// Gone implements chat.VisitorContacts.
func (s *Contacts) Gone(ctx context.Context, contact string) (bool, error) {
	return one(ctx, s.pool, nil, pgx.RowTo[bool], contactGoneSQL, pgx.NamedArgs{"contact": uuidOf(contact)})
}
