package history

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"frontdesk/internal/identity"
)

// AuditRow is one administrative act, as it was recorded.
type AuditRow struct {
	ID        int64
	At        time.Time
	Actor     string // user id, or "system"
	ActorName string // as they are called now; empty for the system and for who is gone
	Action    string // such as conversations.export
	Object    string
	Detail    string
	Site      int32 // 0 = of none
}

// AuditQuery selects acts.
type AuditQuery struct {
	From, To time.Time // To is exclusive
	Action   string    // an act, or the first part of some: kb
	Actor    string    // user id
	Text     string    // part of what it was done to
	Site     int32
	Before   int64 // acts with smaller ids: the last row's of the page before
	Limit    int   // 1–200; 0 = 50
}

// AuditPage is one page of acts, newest first.
type AuditPage struct {
	Rows    []AuditRow
	Next    int64    // Before of the next page; 0 on the last
	Actions []string // that there are
}

// AuditStore reads the record.
type AuditStore interface {
	// AuditRows returns acts at sites in scope, newest first, at most q.Limit.
	AuditRows(ctx context.Context, scope identity.Scope, q AuditQuery) ([]AuditRow, error)
	// AuditActions returns the acts that there are.
	AuditActions(ctx context.Context) ([]string, error)
}

// Audits shows who did what.
type Audits struct{ store AuditStore }

// NewAudits returns the record in store.
func NewAudits(store AuditStore) (*Audits, error) {
	if store == nil {
		return nil, errors.New("audits: a store is required")
	}
	return &Audits{store: store}, nil
}

// List returns a page of acts at the actor's sites. Those of no site (signing
// in) are for who has every site. Errors: [ErrInvalid], identity.ErrForbidden.
func (a *Audits) List(ctx context.Context, actor identity.Actor, q AuditQuery) (AuditPage, error) {
	if !actor.Can(identity.PermAudit) {
		return AuditPage{}, fmt.Errorf("%s: %w", identity.PermAudit, identity.ErrForbidden)
	}
	for name, s := range map[string]string{"action": q.Action, "actor": q.Actor, "q": q.Text} {
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > 200 {
			return AuditPage{}, fmt.Errorf("%w: %s must be text of at most 200 characters", ErrInvalid, name)
		}
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return AuditPage{}, fmt.Errorf("%w: from must lie before to", ErrInvalid)
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	limit := min(q.Limit, 200)
	q.Limit = limit + 1
	rows, err := a.store.AuditRows(ctx, actor.Scope, q)
	if err != nil {
		return AuditPage{}, fmt.Errorf("read audit log: %w", err)
	}
	actions, err := a.store.AuditActions(ctx)
	if err != nil {
		return AuditPage{}, fmt.Errorf("read audit log: %w", err)
	}
	page := AuditPage{Rows: rows, Actions: actions}
	if len(rows) > limit {
		page.Rows, page.Next = rows[:limit], rows[limit-1].ID
	}
	return page, nil
}
