package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
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

// Changes implements chat.LogStore. Locks are taken in the order that holds
// everywhere: the conversations by id, then agents by id, then the queue.
func (s *Chat) Changes(ctx context.Context, entries []chat.Scoped, now time.Time) ([]chat.Changed, error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return nil, chatError(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	g := make(transitions, len(entries))
	for i := range entries {
		g[i] = &transition{tx: tx, entry: entries[i], now: now}
	}
	if err := g.lock(ctx, tx); lockTimedOut(err) { // of a single one
		return []chat.Changed{{Outcome: chat.Outcome{Verdict: chat.Held}}}, nil
	} else if err != nil {
		return nil, chatError(err)
	}
	if err := s.at(chat.PointChangeLocked); err != nil {
		return nil, err
	}
	if err := g.decide(ctx); err != nil {
		return nil, err
	}
	if err := g.lockAgents(ctx, tx); err != nil {
		return nil, err
	}
	if err := s.at(chat.PointChangeWritten); err != nil {
		return nil, err
	}
	if err := g.write(ctx, tx); err != nil {
		return nil, err
	}
	if len(g.open()) > 0 {
		if err := tx.Commit(ctx); err != nil {
			return nil, chatError(err)
		}
	}
	results := make([]chat.Changed, len(g))
	for i, t := range g {
		results[i] = chat.Changed{Outcome: t.out, Err: t.err}
	}
	return results, nil
}

// transition is one state change in its transaction.
type transition struct {
	tx         pgx.Tx
	entry      chat.Scoped
	now        time.Time
	head, next chat.Conversation
	out        chat.Outcome
	err        error
	ended      bool // out or err stands; nothing of it is written
}

// end settles a transition before it is written.
func (t *transition) end(verdict chat.Verdict) {
	t.ended, t.out.Verdict = true, verdict
	if verdict == chat.Stale {
		t.out.Head = t.head
	}
}

// fail settles it with an error.
func (t *transition) fail(err error) {
	t.ended, t.err, t.out = true, err, chat.Outcome{Head: t.head}
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
	if next.Department != t.head.Department {
		t.entry.Data.Left = t.head.Department
	}
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
