package postgres

import (
	"context"
	_ "embed" // for the queries
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
)

//go:embed query/chat_edit_target.sql
var chatEditTargetSQL string

//go:embed query/chat_edit_row.sql
var chatEditRowSQL string

//go:embed query/chat_edit_earlier.sql
var chatEditEarlierSQL string

//go:embed query/chat_edit_excerpt.sql
var chatEditExcerptSQL string

//go:embed query/chat_edit_forget.sql
var chatEditForgetSQL string

//go:embed query/chat_edit_forget_gaps.sql
var chatEditForgetGapsSQL string

// Rewrite implements chat.EditStore. The conversation is locked as by any other
// writer, so that the new row takes the next seq.
func (s *Chat) Rewrite(ctx context.Context, e chat.Scoped, now time.Time) (out chat.Outcome, err error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return out, chatError(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	r := &rewriting{tx: tx, entry: e}
	if done, err := r.lock(ctx); done || err != nil {
		return r.out, err
	}
	if err := s.at(chat.PointEditLocked); err != nil {
		return out, err
	}
	target, entry, err := chat.Amend(r.target, r.entry.Entry, now)
	if err != nil {
		return out, err
	}
	r.target, r.entry.Entry = target, entry
	if err := s.at(chat.PointEditWritten); err != nil {
		return out, err
	}
	if err := r.write(ctx); err != nil || r.out.Verdict != chat.Stored {
		return r.out, err
	}
	return r.out, chatError(tx.Commit(ctx))
}

// rewriting is one edit in its transaction.
type rewriting struct {
	tx     pgx.Tx
	entry  chat.Scoped
	target chat.Row
	out    chat.Outcome
}

// lock waits for the conversation and reads the target. It is done when the edit
// stands in the log already.
func (r *rewriting) lock(ctx context.Context) (done bool, err error) {
	id := r.entry.Conversation
	batch := &pgx.Batch{}
	batch.Queue(chatLockTimeoutSQL)
	batch.Queue(chatLockWaitSQL, uuids([]string{id}))
	var heads []chat.Conversation
	var repeated, targets []chat.Row
	batch.Queue(chatConversationSQL, scopeArgs(r.entry.Scope, pgx.NamedArgs{"id": id})).Query(func(rows pgx.Rows) (err error) {
		heads, err = pgx.CollectRows(rows, scanHead)
		return err
	})
	batch.Queue(chatRowInConversationSQL, scopeArgs(r.entry.Scope, pgx.NamedArgs{"id": id, "cid": r.entry.CID})).Query(func(rows pgx.Rows) (err error) {
		repeated, err = pgx.CollectRows(rows, scanRow)
		return err
	})
	seq := r.entry.Data.Target
	batch.Queue(chatEditTargetSQL, scopeArgs(r.entry.Scope, pgx.NamedArgs{"id": id, "seq": signed(&seq)})).Query(func(rows pgx.Rows) (err error) {
		targets, err = pgx.CollectRows(rows, scanRow)
		return err
	})
	if err := r.tx.SendBatch(ctx, batch).Close(); lockTimedOut(err) {
		r.out.Verdict = chat.Held
		return true, nil
	} else if err != nil {
		return false, chatError(err)
	}
	switch {
	case len(heads) == 0:
		r.out.Verdict = chat.Missing
		return true, nil
	case len(repeated) > 0:
		r.out = chat.Outcome{Verdict: chat.Repeated, Row: repeated[0], Head: heads[0]}
		return true, nil
	case len(targets) == 0:
		return false, chat.ErrNotFound
	}
	r.target = targets[0]
	return false, nil
}

// write appends the row that tells of the edit and changes its target.
func (r *rewriting) write(ctx context.Context) error {
	p, err := appendParams([]chat.Scoped{r.entry})
	if err != nil {
		return err
	}
	data, err := json.Marshal(r.target.Data)
	if err != nil {
		return fmt.Errorf("%w: write data: %w", chat.ErrRefused, err)
	}
	id, seq := r.entry.Conversation, r.target.Seq
	batch := &pgx.Batch{}
	batch.Queue(chatEditEarlierSQL, pgx.NamedArgs{"id": id, "seq": signed(&seq)})
	batch.Queue(chatAppendSQL, p.args()...).QueryRow(func(row pgx.Row) error {
		out, err := scanOutcome(row, &r.entry.Entry)
		r.out = out
		return err
	})
	batch.Queue(chatEditRowSQL, pgx.NamedArgs{"id": id, "seq": signed(&seq), "content": r.target.Content, "data": string(data)})
	var heads []chat.Conversation
	if r.target.Kind == chat.KindMessage {
		batch.Queue(chatEditExcerptSQL, pgx.NamedArgs{"id": id})
	}
	batch.Queue(chatEditForgetSQL, pgx.NamedArgs{"id": id})
	if r.target.Author.Kind == chat.AuthorVisitor {
		batch.Queue(chatEditForgetGapsSQL, pgx.NamedArgs{"id": id, "seq": signed(&seq)})
	}
	batch.Queue(chatHeadsSQL, p.conversations).Query(func(rows pgx.Rows) (err error) {
		heads, err = pgx.CollectRows(rows, scanHead)
		return err
	})
	if err := r.tx.SendBatch(ctx, batch).Close(); err != nil {
		return chatError(err)
	}
	if r.out.Verdict != chat.Stored {
		return nil
	}
	place(&r.out, heads[0])
	return nil
}
