package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/contact_family_lock.sql
var contactFamilyLockSQL string

//go:embed query/contact_family.sql
var contactFamilySQL string

//go:embed query/contact_family_save.sql
var contactFamilySaveSQL string

//go:embed query/contact_merge.sql
var contactMergeSQL string

//go:embed query/contact_merge_point.sql
var contactMergePointSQL string

//go:embed query/contact_block_copy.sql
var contactBlockCopySQL string

// MergeContacts implements chat.ContactWriter.
func (s *Contacts) MergeContacts(ctx context.Context, scope identity.Scope, from, into string, by chat.Author) error {
	return s.tied(ctx, scope, []string{from, into}, func(tx pgx.Tx, f family) error {
		a, b := f[from], f[into]
		switch {
		case a == nil || b == nil || !a.Visible || !b.Visible:
			return chat.ErrContactNotFound
		case a.Site != b.Site:
			return fmt.Errorf("%w: they belong to different sites", chat.ErrMerged)
		case a.Into != "" || b.Into != "":
			return fmt.Errorf("%w: one of them is merged already; load it again", chat.ErrMerged)
		}
		f.merge(from, into)
		return audit(ctx, tx, by, b.Site, "contact.merge", into, from)
	})
}

// SplitContact implements chat.ContactWriter. Who was barred while they were merged stays so, both of them.
func (s *Contacts) SplitContact(ctx context.Context, scope identity.Scope, id string, by chat.Author) error {
	return s.tied(ctx, scope, []string{id}, func(tx pgx.Tx, f family) error {
		t := f[id]
		if t == nil || !t.Visible || !t.byHand() {
			return chat.ErrContactNotFound
		}
		since := time.Time{}
		if t.Before != nil {
			since = t.Before.At
		}
		if _, err := tx.Exec(ctx, contactBlockCopySQL, pgx.NamedArgs{"of": f.root(id).ID, "to": id, "since": optionalTime(since)}); err != nil {
			return err
		}
		f.split(id)
		return audit(ctx, tx, by, t.Site, "contact.split", id, "")
	})
}

// tied runs change over the contacts with all that they are merged with, under
// their locks, and stores what it made of them. Merges wait for one another, and do not deadlock.
func (s *Contacts) tied(ctx context.Context, scope identity.Scope, ids []string, change func(pgx.Tx, family) error) (err error) {
	for range identifyAttempts {
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			f, err := lockFamily(ctx, tx, scope, ids...)
			if err != nil {
				return err
			}
			return f.change(ctx, tx, func() error { return change(tx, f) })
		})
		if !errors.Is(err, errAgain) {
			return contactError(err)
		}
	}
	return chat.ErrUnavailable
}

// lockFamily locks contacts with all that they are merged with. errAgain: somebody joined them meanwhile.
func lockFamily(ctx context.Context, tx pgx.Tx, scope identity.Scope, ids ...string) (family, error) {
	locked, err := many(ctx, tx, pgx.RowTo[string], contactFamilyLockSQL, pgx.NamedArgs{"ids": uuids(ids)})
	if err != nil {
		return nil, err
	}
	f, err := readFamily(ctx, tx, scope, ids...)
	if err != nil {
		return nil, err
	}
	for id := range f {
		if !slices.Contains(locked, id) {
			return nil, errAgain
		}
	}
	return f, nil
}

func readFamily(ctx context.Context, tx querier, scope identity.Scope, ids ...string) (family, error) {
	all, err := many(ctx, tx, scanTie, contactFamilySQL, scopeArgs(scope, pgx.NamedArgs{"ids": uuids(ids)}))
	if err != nil {
		return nil, err
	}
	f := family{}
	for _, t := range all {
		f[t.ID] = t
	}
	return f, nil
}

// change runs do and stores what is different afterwards.
func (f family) change(ctx context.Context, tx pgx.Tx, do func() error) error {
	was := family{}
	for id, t := range f {
		was[id] = t.clone()
	}
	if err := do(); err != nil {
		return err
	}
	for id, t := range f {
		if reflect.DeepEqual(t, was[id]) {
			continue
		}
		attributes, err := json.Marshal(t.Attributes)
		if err != nil {
			return fmt.Errorf("write attributes of contact %s: %w", id, err)
		}
		var before any
		if t.Before != nil {
			b, err := json.Marshal(t.Before)
			if err != nil {
				return fmt.Errorf("write what contact %s was before its merge: %w", id, err)
			}
			before = string(b)
		}
		if _, err := tx.Exec(ctx, contactFamilySaveSQL, pgx.NamedArgs{
			"id": id, "name": t.Name, "email": t.Email, "phone": t.Phone, "attributes": string(attributes),
			"into": optional(t.Into), "via": optional(t.Via), "before": before, "seen": t.Seen,
		}); err != nil {
			return err
		}
	}
	return nil
}

// untie takes back the merges by hand that a sign-in overtakes: what a person
// said of the anonymous contact, which proves now who it is, and what was merged
// into it. The latter are returned, to be merged into the other again.
func (m *identifying) untie(ctx context.Context, f family) (children []string, err error) {
	from := f[m.req.Contact]
	if from == nil {
		return nil, nil
	}
	for id, t := range f {
		if t.Via == from.ID && t.byHand() {
			children = append(children, id)
		}
	}
	slices.Sort(children)
	if from.byHand() { // who is barred cannot get out of it by signing in
		if _, err := m.tx.Exec(ctx, contactBlockCopySQL, pgx.NamedArgs{"of": f.root(from.ID).ID, "to": m.into, "since": nil}); err != nil {
			return nil, err
		}
	}
	return children, f.change(ctx, m.tx, func() error {
		for _, id := range children {
			f.split(id)
		}
		if from.byHand() {
			f.split(from.ID)
		}
		return nil
	})
}

// tieAgain merges those by hand into the contact that the anonymous one signed in as.
func (m *identifying) tieAgain(ctx context.Context, children []string) error {
	if len(children) == 0 {
		return nil
	}
	f, err := readFamily(ctx, m.tx, identity.Everything(), append(slices.Clone(children), m.into)...)
	if err != nil {
		return err
	}
	return f.change(ctx, m.tx, func() error {
		for _, id := range children {
			if root := f.root(m.into).ID; root != id {
				f.merge(id, root)
			}
		}
		return nil
	})
}
