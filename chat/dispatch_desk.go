package chat

import (
	"context"
	"fmt"
	"slices"
	"time"

	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

const (
	// maxQueue bounds what Queue returns, maxExplained how many of them are explained, maxFresh how many are read again.
	maxQueue, maxExplained, maxFresh = 500, 50, 100
)

// Queue returns what waits at a site within the caller's scope, in order; the
// first ones are explained, and what is being offered says to whom.
func (d *Dispatcher) Queue(ctx context.Context, actor identity.Actor, site int32) ([]Waiting, error) {
	if err := permit(actor, identity.PermChatRead); err != nil {
		return nil, err
	}
	d.mu.Lock()
	out := []Waiting{}
	for _, o := range d.offers {
		k := d.convs[o.Conversation]
		if k == nil || o.Site != site || !actor.Scope.Allows(o.Site, o.Department, k.queued.Contact) {
			continue
		}
		offered := *o
		out = append(out, Waiting{Item: k.queued.Item, ContactID: k.queued.Contact, Contact: k.queued.ContactName, LastMessage: k.queued.LastMessage, Offered: &offered})
	}
	position := 0
	for item := range d.engine.Queue {
		if item.Site != site {
			continue
		}
		position++
		k := d.convs[item.Conversation]
		if k == nil || len(out) >= maxQueue || !actor.Scope.Allows(item.Site, item.Department, k.queued.Contact) {
			continue
		}
		out = append(out, Waiting{Item: *item, ContactID: k.queued.Contact, Contact: k.queued.ContactName, LastMessage: k.queued.LastMessage, Position: position})
	}
	d.mu.Unlock()
	for i := range min(len(out), maxExplained) { // each by itself, so that deciding waits for none of them
		if out[i].Offered != nil {
			continue
		}
		d.mu.Lock()
		e, ok := d.engine.ExplainWaiting(out[i].Item.Conversation, d.clock())
		d.mu.Unlock()
		if ok {
			out[i].Explanation = e
		}
	}
	d.readAgain(ctx, out[:min(len(out), maxFresh)])
	return out, nil
}

// readAgain reads who waits, and what they said last, anew: deciding knows both as they were when they began to wait.
// Without a database it stays at that.
func (d *Dispatcher) readAgain(ctx context.Context, waiting []Waiting) {
	if len(waiting) == 0 {
		return
	}
	ids := make([]string, len(waiting))
	for i := range waiting {
		ids[i] = waiting[i].Item.Conversation
	}
	now, err := d.cfg.Store.QueuedItems(ctx, ids)
	if err != nil {
		d.cfg.Logger.WarnContext(ctx, "the live queue shows names of before", "error", err)
		return
	}
	for i := range waiting {
		at := slices.IndexFunc(now, func(q Queued) bool { return q.Conversation == ids[i] })
		if at >= 0 {
			waiting[i].ContactID, waiting[i].Contact, waiting[i].LastMessage = now[at].Contact, now[at].ContactName, now[at].LastMessage
		}
	}
}

// Explain says who would get a conversation now, and why nobody else: as it waits,
// or as if it were put into the queue now. ErrNotFound.
func (d *Dispatcher) Explain(ctx context.Context, actor identity.Actor, conv string) (routing.Explanation, error) {
	c, err := d.chat.Conversation(ctx, actor, conv)
	if err != nil {
		return routing.Explanation{}, err
	}
	if actor.Kind == identity.KindVisitor {
		return routing.Explanation{}, fmt.Errorf("%s: %w", identity.PermChatRead, identity.ErrForbidden)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock()
	if e, ok := d.engine.ExplainWaiting(c.ID, now); ok {
		return e, nil
	}
	return d.engine.Explain(routing.Item{
		Site: c.Site, Department: c.Department, Team: c.Team, Language: c.Locale, EnqueuedAt: now,
		Attributes: map[string]string{"page": c.Page, "locale": c.Locale, "email": c.Email},
	}, now), nil
}

// Simulate says who would get such an item at a moment (zero = now), without
// giving it to anybody. It has waited since item.EnqueuedAt. Errors: routing.ErrConfig when
// a skill makes no sense, identity.ErrNotFound for a site or department that is not the caller's.
func (d *Dispatcher) Simulate(_ context.Context, actor identity.Actor, item routing.Item, at time.Time) (routing.Explanation, error) {
	if err := permit(actor, identity.PermChatRead); err != nil {
		return routing.Explanation{}, err
	}
	if !actor.Scope.Allows(item.Site, item.Department, actor.Scope.Contact) {
		return routing.Explanation{}, fmt.Errorf("simulate: %w", identity.ErrNotFound)
	}
	if err := routing.ValidateSkills("skills", item.Skills); err != nil {
		return routing.Explanation{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock()
	if at.IsZero() {
		at = now
	}
	item.Conversation = ""
	return d.engine.Explain(item, at), nil
}
