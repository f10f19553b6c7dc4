package postgres

import (
	"context"
	_ "embed" // for the queries
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/internal/identity"
)

//go:embed query/history_policies.sql
var historyPoliciesSQL string

//go:embed query/history_policy_save.sql
var historyPolicySaveSQL string

//go:embed query/history_expired.sql
var historyExpiredSQL string

//go:embed query/history_expired_some.sql
var historyExpiredSomeSQL string

//go:embed query/history_forget.sql
var historyForgetSQL string

//go:embed query/history_forget_contacts.sql
var historyForgetContactsSQL string

//go:embed query/history_run_start.sql
var historyRunStartSQL string

//go:embed query/history_run_save.sql
var historyRunSaveSQL string

//go:embed query/history_links_expire.sql
var historyLinksExpireSQL string

var _ history.PrivacyStore = (*History)(nil)

// Policies implements history.PolicyStore.
func (h *History) Policies(ctx context.Context, scope identity.Scope) ([]history.Policy, error) {
	return many(ctx, h.pool, func(row pgx.CollectableRow) (p history.Policy, err error) {
		var at, started, ended pgtype.Timestamptz
		var run history.Run
		err = row.Scan(&p.Site, &p.Version, &p.Anonymous, &p.Identified, &p.UpdatedBy, &p.ByName, &at,
			&started, &ended, &run.Conversations, &run.Messages, &run.Contacts)
		p.UpdatedAt = utc(at)
		if run.StartedAt, run.EndedAt = utc(started), utc(ended); started.Valid {
			p.Last = &run
		}
		return p, err
	}, historyPoliciesSQL, pgx.NamedArgs{"all": scope.All, "sites": notNil(scope.Sites)})
}

// SavePolicy implements history.PolicyStore.
func (h *History) SavePolicy(ctx context.Context, scope identity.Scope, p history.Policy) (history.Policy, error) {
	version, err := one(ctx, h.pool, history.ErrConflict, pgx.RowTo[int64], historyPolicySaveSQL, pgx.NamedArgs{
		"all": scope.All, "sites": notNil(scope.Sites), "site": p.Site, "version": p.Version,
		"anonymous": p.Anonymous, "identified": p.Identified, "by": p.UpdatedBy, "at": p.UpdatedAt,
	})
	p.Version = version
	return p, err
}

// cutArgs adds the parameters of a cut: what has no end is kept.
func cutArgs(site int32, cut history.Cut) pgx.NamedArgs {
	return pgx.NamedArgs{"site": site, "anonymous": cutTime(cut.Anonymous), "identified": cutTime(cut.Identified)}
}

func cutTime(t time.Time) pgtype.Timestamptz {
	if t.IsZero() {
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
	return pgtype.Timestamptz{Time: t, Valid: true}
}

// Expired implements history.PolicyStore.
func (h *History) Expired(ctx context.Context, site int32, cut history.Cut) (out history.Preview, err error) {
	_, err = many(ctx, h.pool, func(row pgx.CollectableRow) (struct{}, error) {
		var identified bool
		var d history.Deleted
		var oldest time.Time
		if err := row.Scan(&identified, &d.Conversations, &d.Messages, &d.Contacts, &oldest); err != nil {
			return struct{}{}, err
		}
		if out.Oldest.IsZero() || oldest.Before(out.Oldest) {
			out.Oldest = oldest.UTC()
		}
		if identified {
			out.Identified = d
		} else {
			out.Anonymous = d
		}
		return struct{}{}, nil
	}, historyExpiredSQL, cutArgs(site, cut))
	return out, err
}

// DropExpired implements history.PolicyStore.
func (h *History) DropExpired(ctx context.Context, site int32, cut history.Cut, limit int) (d history.Deleted, gone []chat.Gone, err error) {
	err = pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		args := cutArgs(site, cut)
		args["limit"] = limit
		if gone, err = many(ctx, tx, scanGone, historyExpiredSomeSQL, args); err != nil {
			return err
		}
		counts, err := forget(ctx, tx, site, gone)
		if err != nil {
			return err
		}
		d.Conversations, d.Messages = int(counts["conversations"]), counts["conversation_log"]
		if len(gone) < limit { // the conversations are through: those who have none left
			tag, err := tx.Exec(ctx, historyForgetContactsSQL, args)
			if err != nil {
				return err
			}
			d.Contacts = int(tag.RowsAffected())
		}
		return nil
	})
	return d, gone, chatError(err)
}

func scanGone(row pgx.CollectableRow) (g chat.Gone, err error) {
	err = row.Scan(&g.Conversation, &g.To.Site, &g.To.Department, &g.To.Contact)
	return g, err
}

// forget deletes locked conversations of a site with all that hangs on them.
func forget(ctx context.Context, tx pgx.Tx, site int32, gone []chat.Gone) (map[string]int64, error) {
	counts := map[string]int64{}
	if len(gone) == 0 {
		return counts, nil
	}
	ids := make([]string, len(gone))
	for i := range gone {
		ids[i] = gone[i].Conversation
	}
	rows, err := tx.Query(ctx, historyForgetSQL, pgx.NamedArgs{"ids": ids, "sites": []int32{site}})
	if err != nil {
		return nil, err
	}
	var table string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&table, &n}, func() error {
		counts[table] = n
		return nil
	})
	return counts, err
}

// StartRun implements history.PolicyStore.
func (h *History) StartRun(ctx context.Context, site int32, actor string, at time.Time) (int64, error) {
	return one(ctx, h.pool, nil, pgx.RowTo[int64], historyRunStartSQL, pgx.NamedArgs{"site": site, "actor": actor, "at": at})
}

// SaveRun implements history.PolicyStore.
func (h *History) SaveRun(ctx context.Context, id int64, d history.Deleted, ended time.Time) error {
	_, err := h.pool.Exec(ctx, historyRunSaveSQL, pgx.NamedArgs{
		"id": id, "conversations": d.Conversations, "messages": d.Messages, "contacts": d.Contacts, "ended": optionalTime(ended),
	})
	return chatError(err)
}

// DropLinks implements history.KeeperStore.
func (h *History) DropLinks(ctx context.Context, before time.Time) error {
	_, err := h.pool.Exec(ctx, historyLinksExpireSQL, pgx.NamedArgs{"before": before})
	return chatError(err)
}

// RanThrough implements history.KeeperStore.
func (h *History) RanThrough(ctx context.Context, at time.Time) error {
	_, err := h.pool.Exec(ctx, historyReadToSQL, pgx.NamedArgs{"task": "retention", "read_to": at})
	return chatError(err)
}

//go:embed query/history_person.sql
var historyPersonSQL string

//go:embed query/history_people.sql
var historyPeopleSQL string

//go:embed query/history_erasure_add.sql
var historyErasureAddSQL string

//go:embed query/history_erasure_lock.sql
var historyErasureLockSQL string

//go:embed query/history_erase_some.sql
var historyEraseSomeSQL string

//go:embed query/history_erase_lock.sql
var historyEraseLockSQL string

//go:embed query/history_erase_contact.sql
var historyEraseContactSQL string

//go:embed query/history_erasure_save.sql
var historyErasureSaveSQL string

//go:embed query/history_erasures.sql
var historyErasuresSQL string

//go:embed query/history_unfinished.sql
var historyUnfinishedSQL string

//go:embed query/history_quotes.sql
var historyQuotesSQL string

// Person implements history.EraseStore.
func (h *History) Person(ctx context.Context, scope identity.Scope, contact string) (history.Person, error) {
	return one(ctx, h.pool, identity.ErrNotFound, func(row pgx.CollectableRow) (p history.Person, err error) {
		err = row.Scan(&p.Contact.ID, &p.Contact.Site, &p.Contact.Name, &p.Contact.Email, &p.Contact.Locale, &p.Conversations, &p.Messages, &p.Open)
		return p, err
	}, historyPersonSQL, scopeArgs(scope, pgx.NamedArgs{"id": uuidOf(contact)}))
}

// People implements history.EraseStore.
func (h *History) People(ctx context.Context, scope identity.Scope, q string, limit int) ([]history.Person, error) {
	return many(ctx, h.pool, func(row pgx.CollectableRow) (p history.Person, err error) {
		err = row.Scan(&p.Contact.ID, &p.Contact.Site, &p.Contact.Name, &p.Contact.Email, &p.Contact.Locale, &p.Conversations, &p.Messages)
		return p, err
	}, historyPeopleSQL, scopeArgs(scope, pgx.NamedArgs{"q": q, "id": uuidOf(q), "limit": limit}))
}

// AddErasure implements history.EraseStore.
func (h *History) AddErasure(ctx context.Context, e history.Erasure) error {
	_, err := h.pool.Exec(ctx, historyErasureAddSQL, pgx.NamedArgs{
		"id": uuidOf(e.ID), "site": e.Site, "contact": uuidOf(e.Contact), "actor": e.Actor, "actor_name": e.ActorName, "reason": e.Reason, "at": e.AskedAt,
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" { // unique_violation
		return history.ErrRunning
	}
	return chatError(err)
}

// Quotes implements history.EraseStore.
func (h *History) Quotes(ctx context.Context, site int32, contact string) ([]history.ArticleRef, error) {
	return many(ctx, h.pool, func(row pgx.CollectableRow) (a history.ArticleRef, err error) {
		err = row.Scan(&a.ID, &a.Locale)
		return a, err
	}, historyQuotesSQL, pgx.NamedArgs{"site": site, "id": uuidOf(contact)})
}

// EraseSome implements history.EraseStore.
func (h *History) EraseSome(ctx context.Context, id string, limit int, now time.Time) (gone []chat.Gone, done bool, err error) {
	err = pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		var contact string
		var site int32
		var raw []byte
		err := tx.QueryRow(ctx, historyErasureLockSQL, pgx.NamedArgs{"id": uuidOf(id)}).Scan(&contact, &site, &raw)
		if errors.Is(err, pgx.ErrNoRows) { // somebody else has finished it
			done = true
			return nil
		}
		if err != nil {
			return err
		}
		total := map[string]int64{}
		if err := json.Unmarshal(raw, &total); err != nil {
			return fmt.Errorf("read receipt: %w", err)
		}
		if gone, err = many(ctx, tx, scanGone, historyEraseSomeSQL, pgx.NamedArgs{"id": uuidOf(contact), "limit": limit}); err != nil {
			return err
		}
		counts, err := forget(ctx, tx, site, gone)
		if err != nil {
			return err
		}
		if len(gone) < limit {
			if done, err = eraseContact(ctx, tx, contact, counts); err != nil {
				return err
			}
		}
		for table, n := range counts {
			if n > 0 {
				total[table] += n
			}
		}
		if raw, err = json.Marshal(total); err != nil {
			return fmt.Errorf("write receipt: %w", err)
		}
		_, err = tx.Exec(ctx, historyErasureSaveSQL, pgx.NamedArgs{"id": uuidOf(id), "counts": raw, "at": now, "done": done})
		return err
	})
	if err != nil {
		return nil, false, chatError(err)
	}
	return gone, done, nil
}

// eraseContact deletes a contact without conversations, counts what went, and says whether it is gone with all that were merged into it.
func eraseContact(ctx context.Context, tx pgx.Tx, contact string, counts map[string]int64) (gone bool, err error) {
	args := pgx.NamedArgs{"id": uuidOf(contact)}
	if _, err := tx.Exec(ctx, historyEraseLockSQL, args); err != nil {
		return false, err
	}
	var contacts, identities, blocks int64
	// A statement of its own sees what was committed before the lock.
	err = tx.QueryRow(ctx, historyEraseContactSQL, args).Scan(&contacts, &identities, &blocks, &gone)
	counts["contacts"], counts["contact_identities"], counts["contact_blocks"] = contacts, identities, blocks
	return gone, err
}

// Erasures implements history.EraseStore.
func (h *History) Erasures(ctx context.Context, scope identity.Scope, limit int) ([]history.Erasure, error) {
	return h.erasures(ctx, scope, pgtype.UUID{}, limit)
}

// Erasure implements history.EraseStore.
func (h *History) Erasure(ctx context.Context, scope identity.Scope, id string) (history.Erasure, error) {
	list, err := h.erasures(ctx, scope, uuidOf(id), 1)
	if err == nil && len(list) == 0 {
		err = identity.ErrNotFound
	}
	if err != nil {
		return history.Erasure{}, err
	}
	return list[0], nil
}

func (h *History) erasures(ctx context.Context, scope identity.Scope, id pgtype.UUID, limit int) ([]history.Erasure, error) {
	return many(ctx, h.pool, func(row pgx.CollectableRow) (e history.Erasure, err error) {
		var done pgtype.Timestamptz
		var raw []byte
		if err = row.Scan(&e.ID, &e.Site, &e.Contact, &e.Actor, &e.ActorName, &e.Reason, &e.Done, &e.AskedAt, &done, &raw); err != nil {
			return e, err
		}
		e.AskedAt, e.DoneAt = e.AskedAt.UTC(), utc(done)
		return e, json.Unmarshal(raw, &e.Counts)
	}, historyErasuresSQL, pgx.NamedArgs{"all": scope.All, "sites": notNil(scope.Sites), "id": id, "limit": limit})
}

// Unfinished implements history.EraseStore.
func (h *History) Unfinished(ctx context.Context, since time.Time) ([]history.Erasure, error) {
	return many(ctx, h.pool, func(row pgx.CollectableRow) (e history.Erasure, err error) {
		err = row.Scan(&e.ID, &e.Contact)
		return e, err
	}, historyUnfinishedSQL, pgx.NamedArgs{"since": since})
}
