package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

//go:embed query/chat_conversation.sql
var chatConversationSQL string

//go:embed query/chat_row_in_conversation.sql
var chatRowInConversationSQL string

//go:embed query/chat_change_agent.sql
var chatChangeAgentSQL string

//go:embed query/chat_change_team.sql
var chatChangeTeamSQL string

//go:embed query/chat_change_agents.sql
var chatChangeAgentsSQL string

//go:embed query/chat_change_head.sql
var chatChangeHeadSQL string

//go:embed query/chat_change_load.sql
var chatChangeLoadSQL string

//go:embed query/chat_change_enqueue.sql
var chatChangeEnqueueSQL string

//go:embed query/chat_change_dequeue.sql
var chatChangeDequeueSQL string

//go:embed query/chat_change_helper.sql
var chatChangeHelperSQL string

//go:embed query/chat_change_contact.sql
var chatChangeContactSQL string

// Change implements chat.LogStore. Locks are taken in the order that holds
// everywhere: the conversation, then agents by id, then the queue.
func (s *Chat) Change(ctx context.Context, e chat.Scoped, now time.Time) (out chat.Outcome, err error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return out, chatError(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	t := &transition{tx: tx, entry: e, now: now}
	if done, err := t.lock(ctx); done || err != nil {
		return t.out, err
	}
	if err := s.at(chat.PointChangeLocked); err != nil {
		return out, err
	}
	if err := t.decide(ctx); err != nil {
		return chat.Outcome{Head: t.head}, err
	}
	if err := t.lockAgents(ctx); err != nil {
		return out, err
	}
	if err := s.at(chat.PointChangeWritten); err != nil {
		return out, err
	}
	if err := t.write(ctx); err != nil || t.out.Verdict != chat.Stored {
		return t.out, err
	}
	return t.out, chatError(tx.Commit(ctx))
}

// transition is one state change in its transaction.
type transition struct {
	tx         pgx.Tx
	entry      chat.Scoped
	now        time.Time
	head, next chat.Conversation
	out        chat.Outcome
}

// lock waits for the conversation and reads its head. It is done when the row
// stands in the log already.
func (t *transition) lock(ctx context.Context) (done bool, err error) {
	batch := &pgx.Batch{}
	batch.Queue(chatLockTimeoutSQL)
	batch.Queue(chatLockWaitSQL, uuids([]string{t.entry.Conversation}))
	var heads []chat.Conversation
	var rows []chat.Row
	batch.Queue(chatConversationSQL, scopeArgs(t.entry.Scope, pgx.NamedArgs{"id": t.entry.Conversation})).Query(func(r pgx.Rows) (err error) {
		heads, err = pgx.CollectRows(r, scanHead)
		return err
	})
	batch.Queue(chatRowInConversationSQL, scopeArgs(t.entry.Scope, pgx.NamedArgs{"id": t.entry.Conversation, "cid": t.entry.CID})).Query(func(r pgx.Rows) (err error) {
		rows, err = pgx.CollectRows(r, scanRow)
		return err
	})
	if err := t.tx.SendBatch(ctx, batch).Close(); lockTimedOut(err) {
		t.out.Verdict = chat.Held
		return true, nil
	} else if err != nil {
		return false, chatError(err)
	}
	switch {
	case len(heads) == 0:
		t.out.Verdict = chat.Missing
		return true, nil
	case len(rows) > 0:
		t.out = chat.Outcome{Verdict: chat.Repeated, Row: rows[0], Head: heads[0]}
		return true, nil
	}
	t.head = heads[0]
	return false, nil
}

// decide completes the change with what it names, and applies it to the head.
func (t *transition) decide(ctx context.Context) error {
	change := *t.entry.Change
	t.entry.Change = &change
	if (change.Act == chat.ActTransfer && change.Team == "") || change.Act == chat.ActInvite || change.Act == chat.ActAssign {
		name, err := one(ctx, t.tx, identity.ErrNotFound, pgx.RowTo[string], chatChangeAgentSQL,
			pgx.NamedArgs{"agent": change.Assignee.ID, "site": t.head.Site, "department": t.head.Department})
		if err != nil {
			return err
		}
		t.entry.Change.Assignee.Name = name
		if change.Act == chat.ActInvite {
			t.entry.Data.Invitee = &chat.Invitee{ID: change.Assignee.ID, Name: name}
		}
	}
	next, err := t.entry.Change.Apply(t.head, t.now)
	if err != nil {
		return err
	}
	if next.Team != "" && next.Team != t.head.Team {
		next.Department, err = one(ctx, t.tx, identity.ErrNotFound, pgx.RowTo[int32], chatChangeTeamSQL,
			pgx.NamedArgs{"team": next.Team, "site": t.head.Site})
		if err != nil {
			return err
		}
	}
	t.next = next
	if state := next.State(); state != t.head.State() {
		t.entry.Data.State = &state
	}
	return nil
}

// holder is the agent whose load a conversation counts towards.
func holder(c chat.Conversation) string {
	if c.Owner != chat.OwnerHuman || c.Status == chat.StatusResolved {
		return ""
	}
	return c.Assignee.ID
}

// lockAgents locks those whose load changes, and marks a take over the cap.
func (t *transition) lockAgents(ctx context.Context) error {
	before, after := holder(t.head), holder(t.next)
	if before == after {
		return nil
	}
	ids := slices.DeleteFunc([]string{before, after}, func(id string) bool { return id == "" })
	type load struct {
		UserID      string
		Active, Cap int32
	}
	loads, err := many(ctx, t.tx, pgx.RowToStructByPos[load], chatChangeAgentsSQL, uuids(ids))
	if errors.Is(err, chat.ErrRefused) { // foreign key: no such user
		return fmt.Errorf("agent: %w", identity.ErrNotFound)
	}
	if err != nil {
		return err
	}
	for _, l := range loads {
		if l.UserID == after && l.Active >= l.Cap {
			t.entry.Data.OverCap = true
		}
	}
	if t.entry.Change.Guard != nil {
		return t.guard(ctx, after)
	}
	return nil
}

// write appends the row and writes the state, in one round trip; the caller
// commits only if the row was stored.
func (t *transition) write(ctx context.Context) error {
	p, err := appendParams([]chat.Scoped{t.entry})
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	if len(p.articleOrd) > 0 {
		batch.Queue(chatLockArticlesSQL, p.articleOrd, p.articleSite, p.articleID, p.articleLocale, p.articleVersion)
	}
	batch.Queue(chatAppendSQL, p.args()...).QueryRow(func(row pgx.Row) error {
		out, err := scanOutcome(row, &t.entry.Entry)
		t.out = out
		return err
	})
	t.queueState(batch)
	var heads []chat.Conversation
	batch.Queue(chatHeadsSQL, p.conversations).Query(func(r pgx.Rows) (err error) {
		heads, err = pgx.CollectRows(r, scanHead)
		return err
	})
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return chatError(err)
	}
	if t.out.Verdict == chat.Stale { // what was written is rolled back
		t.out.Head = t.head
		return nil
	}
	place(&t.out, heads[0])
	if left := t.head.Department; left != t.out.Row.Department {
		t.out.Row.Left = left
	}
	return nil
}

// returned is who gave the conversation back by hand, and is not to get it again at once.
func (t *transition) returned() []string {
	if holder(t.head) == "" || t.entry.Change.Head {
		return nil
	}
	return []string{t.head.Assignee.ID}
}

// skillsJSON returns skills as the queue keeps them.
func skillsJSON(skills []routing.Skill) string {
	if len(skills) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(skills) // strings and numbers
	return string(b)
}

// queueState adds the statements that write the new state.
func (t *transition) queueState(batch *pgx.Batch) {
	change, next := t.entry.Change, t.next
	batch.Queue(chatChangeHeadSQL, pgx.NamedArgs{
		"id": next.ID, "status": next.Status, "owner": next.Owner, "owner_epoch": next.OwnerEpoch,
		"assignee": optional(next.Assignee.ID), "team": optional(next.Team), "department": next.Department,
		"email": next.Email,
	})
	if before, after := holder(t.head), holder(next); before != after {
		weight := change.Guard.NewWeight()
		if weight == 0 && before == "" {
			weight = 1 // taken by hand
		}
		for id, by := range map[string]int{before: -1, after: 1} {
			if id != "" {
				batch.Queue(chatChangeLoadSQL, pgx.NamedArgs{"agent": id, "by": by, "id": next.ID, "weight": weight})
			}
		}
	}
	switch waits := next.Owner == chat.OwnerQueue && next.Status != chat.StatusResolved; {
	case waits && (t.head.Owner != chat.OwnerQueue || next.OwnerEpoch != t.head.OwnerEpoch):
		batch.Queue(chatChangeEnqueueSQL, pgx.NamedArgs{
			"id": next.ID, "site": next.Site, "department": next.Department, "team": optional(next.Team),
			"reason": change.Reason, "head": change.Head, "priority": change.Priority, "skills": skillsJSON(change.Skills),
			"excluded": uuids(t.returned()),
		})
	case !waits && t.head.Owner == chat.OwnerQueue:
		batch.Queue(chatChangeDequeueSQL, pgx.NamedArgs{
			"id": next.ID, "owner_epoch": t.head.OwnerEpoch, "claimed": next.Owner == chat.OwnerHuman,
		})
	}
	if change.Act == chat.ActInvite {
		batch.Queue(chatChangeHelperSQL, pgx.NamedArgs{
			"id": next.ID, "agent": change.Assignee.ID, "site": next.Site, "department": next.Department,
			"by": t.entry.Author.Name, "reason": change.Reason,
		})
	}
	if change.Act == chat.ActEmail {
		batch.Queue(chatChangeContactSQL, pgx.NamedArgs{"contact": next.Contact.ID, "email": next.Email})
	}
}
