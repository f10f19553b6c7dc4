package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/chat"
	"frontdesk/chat/history"
)

//go:embed query/history_lease.sql
var historyLeaseSQL string

//go:embed query/history_hold.sql
var historyHoldSQL string

//go:embed query/history_read_to.sql
var historyReadToSQL string

//go:embed query/history_begin.sql
var historyBeginSQL string

//go:embed query/history_dirty.sql
var historyDirtySQL string

//go:embed query/history_parts.sql
var historyPartsSQL string

//go:embed query/history_save.sql
var historySaveSQL string

// Lease implements history.IndexStore and history.KeeperStore.
func (h *History) Lease(ctx context.Context, task, holder string, lasts time.Duration) (readTo, now time.Time, err error) {
	type lease struct {
		to pgtype.Timestamptz
		at time.Time
	}
	l, err := one(ctx, h.pool, history.ErrLease, func(row pgx.CollectableRow) (l lease, err error) {
		err = row.Scan(&l.to, &l.at)
		return l, err
	}, historyLeaseSQL, pgx.NamedArgs{"task": task, "holder": uuidOf(holder), "lasts": lasts.Seconds()})
	return utc(l.to), l.at.UTC(), err
}

// Begin implements history.IndexStore.
func (h *History) Begin(ctx context.Context) (time.Time, error) {
	at, err := one(ctx, h.pool, chat.ErrNotFound, pgx.RowTo[time.Time], historyBeginSQL)
	if errors.Is(err, chat.ErrNotFound) {
		return time.Time{}, nil
	}
	return at.UTC(), err
}

// Dirty implements history.IndexStore.
func (h *History) Dirty(ctx context.Context, from, to time.Time) ([]history.Dirty, error) {
	return many(ctx, h.pool, func(row pgx.CollectableRow) (d history.Dirty, err error) {
		err = row.Scan(&d.Conversation, &d.Part)
		return d, err
	}, historyDirtySQL, pgx.NamedArgs{"from": from, "to": to})
}

// Parts implements history.IndexStore.
func (h *History) Parts(ctx context.Context, dirty []history.Dirty) ([]history.Part, error) {
	ids, numbers := make([]string, len(dirty)), make([]int32, len(dirty))
	for i := range dirty {
		ids[i], numbers[i] = dirty[i].Conversation, dirty[i].Part
	}
	rows, err := h.pool.Query(ctx, historyPartsSQL, pgx.NamedArgs{"conversations": uuids(ids), "parts": numbers})
	if err != nil {
		return nil, chatError(err)
	}
	var out []history.Part
	var p history.Part
	var r chat.Row
	var author pgtype.UUID
	_, err = pgx.ForEachRow(rows, []any{
		&p.Conversation, &p.Part, &p.Site, &p.Department, &p.Seen, &p.Contact.ID, &p.Contact.Name, &p.Contact.Email,
		&r.Seq, &r.Author.Kind, &author, &r.Kind, &r.Content, &r.Data.Reason, &r.Time,
	}, func() error {
		if n := len(out); n == 0 || out[n-1].Conversation != p.Conversation || out[n-1].Part != p.Part {
			out = append(out, p)
		}
		r.Author.ID = text(author)
		last := &out[len(out)-1]
		last.Rows = append(last.Rows, r)
		return nil
	})
	return out, chatError(err)
}

// Save implements history.IndexStore. The index can be made again: its commits
// do not wait for the disk, and so do not keep those of messages waiting.
func (h *History) Save(ctx context.Context, holder string, parts []history.Part, readTo time.Time) error {
	n := len(parts)
	if n == 0 && readTo.IsZero() {
		return nil
	}
	conversations, numbers := make([]string, n), make([]int32, n)
	sites, moved, seen := make([]int32, n), make([]int32, n), make([]int32, n)
	firsts, lasts, vectors := make([]time.Time, n), make([]time.Time, n), make([]string, n)
	for i := range parts {
		p := &parts[i]
		conversations[i], numbers[i], sites[i], moved[i], seen[i] = p.Conversation, p.Part, p.Site, p.Department, *signed(&p.Seen)
		firsts[i], lasts[i], vectors[i] = p.Rows[0].Time, p.Rows[len(p.Rows)-1].Time, p.Vector()
	}
	err := pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		if _, err := one(ctx, tx, history.ErrLease, pgx.RowTo[bool], historyHoldSQL, pgx.NamedArgs{"task": "index", "holder": uuidOf(holder)}); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue("SET LOCAL synchronous_commit = off")
		if n > 0 {
			batch.Queue(historySaveSQL, pgx.NamedArgs{
				"conversations": uuids(conversations), "parts": numbers, "sites": sites, "departments": moved, "seen": seen,
				"firsts": firsts, "lasts": lasts, "vectors": vectors,
			})
		}
		if !readTo.IsZero() {
			batch.Queue(historyReadToSQL, pgx.NamedArgs{"task": "index", "read_to": readTo})
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if errors.Is(err, history.ErrLease) {
		return err
	}
	return chatError(err)
}
