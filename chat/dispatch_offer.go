package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"frontdesk/internal/identity"
)

const (
	// othersOffer is how much longer other nodes wait before they end an offer that the node which made it should have ended.
	othersOffer = 2 * time.Second
	// offerAgain is how long a node waits before it tries again to end an offer.
	offerAgain = time.Second
)

// offer asks the agent. What it returns runs in Run's goroutine.
func (d *Dispatcher) offer(ctx context.Context, conv string, g *given) func() {
	o := Offer{
		ID: NewID(d.clock()), Conversation: conv, Site: g.queued.Site, Department: g.queued.Department, Agent: g.agent,
		ContactName: g.queued.ContactName, LastMessage: g.queued.LastMessage, Skills: g.queued.Skills, Reason: g.queued.Attributes["reason"],
		ExcludedAt: g.queued.ExcludedAt, Channel: g.queued.channel(), Weight: g.record.Weight,
	}
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), changeTimeout)
	defer cancel()
	expires, err := d.cfg.Offers.MakeOffer(call, o, g.queued.Epoch, Guard{Channel: o.Channel, Weight: o.Weight}, g.record, g.reserve)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if err != nil {
			d.refused(conv, g, err)
			return
		}
		d.counts.offers.Add(1)
		o.Expires = expires
		if d.given[conv] != g { // taken by hand meanwhile: the offer went with the queue entry
			return
		}
		now := d.clock()
		o.made, o.since, o.until = true, now, now.Add(g.reserve)
		g.busy = false
		d.offers[conv] = &o
		d.chat.Signal(o.signal(now))
	}
}

// signal is the offer as its agent sees it now.
func (o *Offer) signal(now time.Time) *Signal {
	skills := make([]string, 0, len(o.Skills))
	for _, s := range o.Skills {
		skills = append(skills, s.Name)
	}
	return &Signal{
		To: Audience{Site: o.Site, Department: o.Department, User: o.Agent},
		Offer: &OfferSignal{
			ID: o.ID, Conversation: o.Conversation, ContactName: o.ContactName, LastMessage: o.LastMessage, Skills: skills,
			Reason: o.Reason, Expires: o.Expires, Left: max(0, o.until.Sub(now)), Weight: o.Weight,
		},
	}
}

// endOffer forgets the offer of a conversation, if there is one. The node where
// it ended tells the agent.
func (d *Dispatcher) endOffer(conv, result string, remote bool) {
	o := d.offers[conv]
	if o == nil {
		return
	}
	delete(d.offers, conv)
	d.counts.offerEnded(result)
	if remote {
		return
	}
	d.chat.Signal(&Signal{
		To:       Audience{Site: o.Site, Department: o.Department, User: o.Agent},
		OfferEnd: &OfferEndSignal{ID: o.ID, Conversation: conv, Result: result},
	})
}

// offerEnds is when this node ends the offer if nobody answers: its time is over,
// or its agent is not there any more.
func (d *Dispatcher) offerEnds(o *Offer, now time.Time) time.Time {
	if o.ending {
		return time.Time{}
	}
	at := o.until
	switch there, known := d.engine.There(o.Agent); {
	case there, !known && !o.made: // who made it knows them: their news comes
		o.gone = time.Time{}
	case o.gone.IsZero():
		o.gone = now
	}
	if !o.gone.IsZero() && o.gone.Before(at) {
		at = o.gone
	}
	if !o.made {
		at = at.Add(othersOffer)
	}
	if at.Before(o.again) {
		return o.again
	}
	return at
}

// expireOffers ends those that nobody answered. Whether their time is over the
// database says; it is asked when it should be.
func (d *Dispatcher) expireOffers(ctx context.Context, w *dispatchWork, now time.Time) {
	for _, o := range d.offers {
		at := d.offerEnds(o, now)
		if at.IsZero() || at.After(now) {
			continue
		}
		if w.running >= d.cfg.Claims {
			return
		}
		how := EndOverdue
		if !o.gone.IsZero() {
			how = EndFreed
		}
		o.ending = true
		w.start(func() func() {
			_, left, err := d.end(ctx, o.ID, how)
			return func() {
				d.mu.Lock()
				defer d.mu.Unlock()
				if err == nil && left <= 0 {
					d.returned(o, OfferTimeout, false)
					return
				}
				o.ending = false
				if err == nil {
					o.until = d.clock().Add(left)
				} else {
					o.again = d.clock().Add(offerAgain)
					d.log.Warn("cannot end an offer, trying again", "offer", o.ID, "error", err)
				}
			}
		})
	}
}

func (d *Dispatcher) end(ctx context.Context, id string, how OfferEnding) (ended bool, left time.Duration, err error) {
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), changeTimeout)
	defer cancel()
	return d.cfg.Offers.EndOffer(call, id, how)
}

// returned puts what was offered back into the queue.
func (d *Dispatcher) returned(o *Offer, result string, remote bool) {
	if d.offers[o.Conversation] != o {
		return
	}
	now := d.clock()
	if k := d.convs[o.Conversation]; k != nil { // a comparison that began before does not bring it back
		k.learned = now
	}
	d.endOffer(o.Conversation, result, remote)
	d.drop(o.Conversation, true, now)
	d.fetch[o.Conversation] = true
}

// offeredElsewhere notes an offer that another node made.
func (d *Dispatcher) offeredElsewhere(sig *Signal, now time.Time) {
	s := sig.Offer
	k := d.convs[s.Conversation]
	switch {
	case d.offers[s.Conversation] != nil:
		return
	case k == nil || !k.waits || d.fetch[s.Conversation]: // the row that put it into the queue comes after its offer
		d.early[s.Conversation] = earlyOffer{sig, now}
		return
	}
	o := &Offer{
		ID: s.ID, Conversation: s.Conversation, Site: sig.To.Site, Department: sig.To.Department, Agent: sig.To.User,
		ContactName: s.ContactName, LastMessage: s.LastMessage, Skills: k.queued.Skills, Reason: s.Reason, Expires: s.Expires, Left: s.Left,
		Channel: k.queued.channel(), Weight: s.Weight,
	}
	d.adoptOffer(o, k, now)
}

// earlyFor is how long an offer waits for the row that it is about.
const earlyFor = 5 * time.Second

// earlyOffer is an offer of another node that came before the row which put the conversation into the queue.
type earlyOffer struct {
	signal *Signal
	at     time.Time
}

// takeEarly adopts an offer that came before its conversation. It reports whether there was one.
func (d *Dispatcher) takeEarly(conv string, now time.Time) bool {
	e, ok := d.early[conv]
	if !ok {
		return false
	}
	delete(d.early, conv)
	if now.Sub(e.at) > earlyFor || now.Sub(e.at) >= e.signal.Offer.Left {
		return false
	}
	d.offeredElsewhere(e.signal, e.at)
	return d.offers[conv] != nil
}

// adoptOffer keeps the conversation for whom it is offered to, as it was told then.
func (d *Dispatcher) adoptOffer(o *Offer, k *known, now time.Time) {
	conv := o.Conversation
	o.since, o.until = now, now.Add(o.Left)
	d.drop(conv, true, now)
	d.engine.Hold(conv, o.Agent, o.Channel, max(1, o.Weight), now)
	d.given[conv] = &given{queued: k.queued, agent: o.Agent, at: now}
	d.offers[conv] = o
	d.moved = true
}

func (d *Dispatcher) endedElsewhere(s *OfferEndSignal, _ time.Time) {
	if e, ok := d.early[s.Conversation]; ok && e.signal.Offer.ID == s.ID {
		delete(d.early, s.Conversation)
	}
	o := d.offers[s.Conversation]
	if o == nil || o.ID != s.ID {
		return
	}
	if s.Result == OfferAccepted || s.Result == OfferTaken { // its row tells the rest
		d.endOffer(s.Conversation, s.Result, true)
		return
	}
	d.returned(o, s.Result, true)
}

// Offers returns the open offers to the caller.
func (d *Dispatcher) Offers(_ context.Context, actor identity.Actor) ([]OfferSignal, error) {
	if err := permit(actor, identity.PermChatClaim); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock()
	out := []OfferSignal{}
	for _, o := range d.offers {
		if o.Agent == actor.ID && !o.ending {
			out = append(out, *o.signal(now).Offer)
		}
	}
	return out, nil
}

// Answer takes or declines an offer, on any node, and returns how it ended.
// Errors: [ErrOfferEnded] when it was answered, ran out, or somebody else has the
// conversation; identity.ErrNotFound when it is none of the caller's.
func (d *Dispatcher) Answer(ctx context.Context, actor identity.Actor, id string, accept bool) (OfferEndSignal, error) {
	if err := permit(actor, identity.PermChatClaim); err != nil {
		return OfferEndSignal{}, err
	}
	o, record, err := d.cfg.Offers.Offer(ctx, id)
	if _, ok := CanonicalID(id); ok && errors.Is(err, identity.ErrNotFound) { // nothing is kept of those that ended
		return OfferEndSignal{}, ErrOfferEnded
	}
	if err != nil {
		return OfferEndSignal{}, fmt.Errorf("read offer: %w", err)
	}
	if o.Agent != actor.ID {
		return OfferEndSignal{}, fmt.Errorf("offer: %w", identity.ErrNotFound)
	}
	if !accept {
		ended, _, err := d.end(ctx, o.ID, EndDeclined)
		switch {
		case err != nil:
			return OfferEndSignal{}, fmt.Errorf("decline offer: %w", err)
		case !ended:
			return OfferEndSignal{}, ErrOfferEnded
		}
		d.endedHere(&o, OfferDeclined)
		return OfferEndSignal{ID: o.ID, Conversation: o.Conversation, Result: OfferDeclined}, nil
	}
	_, _, err = d.chat.Append(ctx, identity.Everything(), Entry{
		Conversation: o.Conversation, CID: NewID(d.clock()), Author: Author{Kind: AuthorSystem}, Kind: KindClaimed,
		Data: Data{Routing: &record},
		Change: &Change{
			Act: ActAssign, Assignee: author(actor), Guard: &Guard{Channel: o.Channel, Weight: o.Weight, Offer: o.ID},
		},
	})
	if guard, ok := errors.AsType[*GuardError](err); ok && guard.Code != RejectOffer { // away or full by now: it is not kept for them
		if ended, _, err := d.end(ctx, o.ID, EndFreed); err != nil {
			return OfferEndSignal{}, fmt.Errorf("end an offer that its agent cannot take: %w", err)
		} else if ended {
			d.endedHere(&o, OfferTimeout)
		}
	}
	switch {
	case errors.Is(err, ErrGuard), errors.Is(err, ErrStale), errors.Is(err, ErrResolved):
		return OfferEndSignal{}, ErrOfferEnded
	case err != nil:
		return OfferEndSignal{}, fmt.Errorf("accept offer: %w", err)
	}
	return OfferEndSignal{ID: o.ID, Conversation: o.Conversation, Result: OfferAccepted}, nil
}

// endedHere puts the conversation of an offer that its agent ended on this node back into the queue, here and elsewhere.
func (d *Dispatcher) endedHere(o *Offer, result string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if mine := d.offers[o.Conversation]; mine != nil && mine.ID == o.ID {
		d.returned(mine, result, false)
	} else {
		d.chat.Signal(&Signal{
			To:       Audience{Site: o.Site, Department: o.Department, User: o.Agent},
			OfferEnd: &OfferEndSignal{ID: o.ID, Conversation: o.Conversation, Result: result},
		})
		d.fetch[o.Conversation] = true
	}
	signal(d.inbox.wake)
}
