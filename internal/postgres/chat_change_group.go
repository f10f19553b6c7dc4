package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// transitions are the state changes of one transaction, each of another
// conversation. A step of the transaction is one round trip for all of them; one
// that ends early (transition.ended) leaves the others alone.
type transitions []*transition

// open are those that are still to be written.
func (g transitions) open() transitions {
	return slices.DeleteFunc(slices.Clone(g), func(t *transition) bool { return t.ended })
}

// lock locks the conversations and reads their heads. It waits for a single one;
// of several it passes over those that another transaction holds. Those whose
// row stands in the log already, or that expect another state, have ended.
func (g transitions) lock(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	ids := make([]string, len(g))
	for i, t := range g {
		ids[i] = t.entry.Conversation
	}
	sql := chatLockSQL
	batch.Queue(chatLockTimeoutSQL)
	if len(g) == 1 {
		sql = chatLockWaitSQL
	}
	var locked string
	batch.Queue(sql, uuids(ids)).QueryRow(func(row pgx.Row) error {
		var plans, scans string
		return row.Scan(&locked, &plans, &scans)
	})
	heads := make([][]chat.Conversation, len(g))
	rows := make([][]chat.Row, len(g))
	for i, t := range g {
		id := t.entry.Conversation
		batch.Queue(chatConversationSQL, scopeArgs(t.entry.Scope, pgx.NamedArgs{"id": id})).Query(func(r pgx.Rows) (err error) {
			heads[i], err = pgx.CollectRows(r, scanHead)
			return err
		})
		batch.Queue(chatRowInConversationSQL, scopeArgs(t.entry.Scope, pgx.NamedArgs{"id": id, "cid": t.entry.CID})).Query(func(r pgx.Rows) (err error) {
			rows[i], err = pgx.CollectRows(r, scanRow)
			return err
		})
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err //nolint:wrapcheck // the caller looks for a lock that was not to be had
	}
	for i, t := range g {
		switch {
		case len(heads[i]) == 0:
			t.end(chat.Missing)
		case !strings.Contains(locked, t.entry.Conversation):
			t.end(chat.Held)
		case len(rows[i]) > 0:
			t.out.Row, t.out.Head = rows[i][0], heads[i][0]
			t.end(chat.Repeated)
		default:
			t.head = heads[i][0]
			if !t.expected() {
				t.end(chat.Stale)
			}
		}
	}
	return nil
}

// expected judges what chat_append will judge again, so that a row that it
// refuses does not take its neighbours with it. Only an article is left to it.
func (t *transition) expected() bool {
	e, c := t.entry.Expect, t.head
	switch {
	case e.Owner != nil && *e.Owner != c.Owner,
		e.OwnerEpoch != nil && *e.OwnerEpoch != c.OwnerEpoch,
		e.LastSeq != nil && *e.LastSeq != c.LastSeq,
		e.Open && c.Status != chat.StatusOpen:
		return false
	}
	return true
}

// decide completes the changes and applies them.
func (g transitions) decide(ctx context.Context) error {
	for _, t := range g.open() {
		if err := t.decide(ctx); ofDatabase(err) {
			return err
		} else if err != nil {
			t.fail(err)
		}
	}
	return nil
}

// agentLoad is how much an agent holds, and may hold.
type agentLoad struct {
	UserID      string
	Active, Cap int32
}

// lockAgents locks those whose load changes, all at once, and marks takes over
// the cap. An automatic assignment beside another change of the same agent is
// put off (Held): what it may take shows only after that one is written.
func (g transitions) lockAgents(ctx context.Context, tx pgx.Tx) error {
	var ids []string
	for _, t := range g.open() {
		before, after := holder(t.head), holder(t.next)
		if before == after {
			continue
		}
		if t.entry.Change.Guard != nil && (slices.Contains(ids, before) || slices.Contains(ids, after)) {
			t.end(chat.Held)
			continue
		}
		for _, id := range []string{before, after} {
			if id != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	rows, err := many(ctx, tx, pgx.RowToStructByPos[agentLoad], chatChangeAgentsSQL, uuids(ids))
	if errors.Is(err, chat.ErrRefused) && len(g) == 1 { // foreign key: no such user
		g[0].fail(identity.ErrNotFound)
		return nil
	}
	if err != nil {
		return err
	}
	loads := make(map[string]*agentLoad, len(rows))
	for i := range rows {
		loads[rows[i].UserID] = &rows[i]
	}
	for _, t := range g.open() {
		if err := t.weigh(ctx, loads); err != nil {
			return err
		}
	}
	return nil
}

// weigh moves the conversation between the loads, and marks or refuses what is over a cap.
func (t *transition) weigh(ctx context.Context, loads map[string]*agentLoad) error {
	before, after := holder(t.head), holder(t.next)
	if before == after {
		return nil
	}
	if l := loads[before]; l != nil {
		l.Active--
	}
	if l := loads[after]; l != nil {
		t.entry.Data.OverCap = t.entry.Data.OverCap || l.Active >= l.Cap
		l.Active++
	}
	if t.entry.Change.Guard == nil {
		return nil
	}
	if err := t.guard(ctx, after); ofDatabase(err) {
		return err
	} else if err != nil {
		t.fail(err)
	}
	return nil
}

// ofDatabase reports whether the database failed, and the transaction with it.
func ofDatabase(err error) bool {
	_, answered := errors.AsType[*pgconn.PgError](err)
	return answered || errors.Is(err, chat.ErrUnavailable) || errors.Is(err, context.Canceled)
}

// write appends the rows and writes the states, in one round trip.
func (g transitions) write(ctx context.Context, tx pgx.Tx) error {
	open := g.open()
	if len(open) == 0 {
		return nil
	}
	entries := make([]chat.Scoped, len(open))
	for i, t := range open {
		entries[i] = t.entry
	}
	p, err := appendParams(entries)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	if len(p.articleOrd) > 0 {
		batch.Queue(chatLockArticlesSQL, p.articleOrd, p.articleSite, p.articleID, p.articleLocale, p.articleVersion)
	}
	batch.Queue(chatAppendSQL, p.args()...).Query(func(rows pgx.Rows) error {
		for i := 0; rows.Next(); i++ {
			if open[i].out, err = scanOutcome(rows, &entries[i].Entry); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	for _, t := range open {
		t.queueState(batch)
	}
	heads := make(map[string]chat.Conversation, len(open))
	batch.Queue(chatHeadsSQL, p.conversations).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			c, err := scanHead(rows)
			if err != nil {
				return err
			}
			heads[c.ID] = c
		}
		return rows.Err()
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return chatError(err)
	}
	return g.settle(open, heads)
}

// settle completes what was written. A row that chat_append refused after all
// (its article was taken back at this moment) undoes the whole transaction.
func (g transitions) settle(open transitions, heads map[string]chat.Conversation) error {
	for _, t := range open {
		if t.out.Verdict == chat.Stored {
			continue
		}
		if len(g) > 1 {
			return chat.ErrConflict // each is tried alone
		}
		t.end(t.out.Verdict) // the caller rolls back
		return nil
	}
	for _, t := range open {
		place(&t.out, heads[t.entry.Conversation])
		t.out.Row.Left = t.out.Row.Data.Left
	}
	return nil
}
