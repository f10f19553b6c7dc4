package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

// othersOffer is how much longer other nodes wait before they end an offer that the node which made it should have ended.
const othersOffer = 2 * time.Second

// offer asks the agent. What it returns runs in Run's goroutine.
func (d *Dispatcher) offer(ctx context.Context, conv string, g *given) func() {
	o := Offer{
		ID: NewID(d.clock()), Conversation: conv, Site: g.queued.Site, Department: g.queued.Department, Agent: g.agent,
		ContactName: g.queued.ContactName, LastMessage: g.queued.LastMessage, Skills: g.queued.Skills, Reason: g.queued.Attributes["reason"],
		ExcludedAt: g.queued.ExcludedAt,
	}
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), changeTimeout)
	defer cancel()
	expires, err := d.cfg.Offers.MakeOffer(call, o, g.queued.Epoch, Guard{Channel: g.queued.channel(), Weight: g.record.Weight}, g.record, g.reserve)
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
		o.made = true
		g.busy = false
		d.offers[conv] = &o
		d.chat.Signal(o.signal())
	}
}

// signal is the offer as its agent sees it.
func (o *Offer) signal() *Signal {
	skills := make([]string, 0, len(o.Skills))
	for _, s := range o.Skills {
		skills = append(skills, s.Name)
	}
	return &Signal{
		To: Audience{Site: o.Site, Department: o.Department, User: o.Agent},
		Offer: &OfferSignal{
			ID: o.ID, Conversation: o.Conversation, ContactName: o.ContactName, LastMessage: o.LastMessage, Skills: skills,
			Reason: o.Reason, Expires: o.Expires,
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

// offerEnds is when this node ends the offer if nobody answers.
func (d *Dispatcher) offerEnds(_ string, o *Offer) time.Time {
	if o.ending {
		return time.Time{}
	}
	if !o.made {
		return o.Expires.Add(othersOffer)
	}
	return o.Expires
}

// expireOffers ends those that nobody answered.
func (d *Dispatcher) expireOffers(ctx context.Context, w *dispatchWork, now time.Time) {
	for conv, o := range d.offers {
		at := d.offerEnds(conv, o)
		if at.IsZero() || at.After(now) {
			continue
		}
		if w.running >= d.cfg.Claims {
			return
		}
		o.ending = true
		w.start(func() func() {
			_, err := d.end(ctx, o.ID)
			return func() {
				d.mu.Lock()
				defer d.mu.Unlock()
				if err != nil {
					o.ending = false
					o.Expires = d.clock().Add(time.Second) // asked again then
					d.log.Warn("cannot end an offer, trying again", "offer", o.ID, "error", err)
					return
				}
				d.returned(o, OfferTimeout, false)
			}
		})
	}
}

func (d *Dispatcher) end(ctx context.Context, id string) (bool, error) {
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), changeTimeout)
	defer cancel()
	return d.cfg.Offers.EndOffer(call, id)
}

// returned puts what was offered back into the queue.
func (d *Dispatcher) returned(o *Offer, result string, remote bool) {
	if d.offers[o.Conversation] != o {
		return
	}
	d.endOffer(o.Conversation, result, remote)
	d.drop(o.Conversation, true, d.clock())
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
		ContactName: s.ContactName, LastMessage: s.LastMessage, Skills: k.queued.Skills, Reason: s.Reason, Expires: s.Expires,
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
	if now.Sub(e.at) > earlyFor || !e.signal.Offer.Expires.After(now) {
		return false
	}
	d.offeredElsewhere(e.signal, now)
	return d.offers[conv] != nil
}

// adoptOffer keeps the conversation for whom it is offered to.
func (d *Dispatcher) adoptOffer(o *Offer, k *known, now time.Time) {
	conv := o.Conversation
	d.drop(conv, true, now)
	d.engine.Hold(conv, o.Agent, k.queued.channel(), max(1, k.queued.Weight), now)
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
	out := []OfferSignal{}
	for _, o := range d.offers {
		if o.Agent == actor.ID && !o.ending {
			out = append(out, *o.signal().Offer)
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
		ended, err := d.end(ctx, o.ID)
		switch {
		case err != nil:
			return OfferEndSignal{}, fmt.Errorf("decline offer: %w", err)
		case !ended:
			return OfferEndSignal{}, ErrOfferEnded
		}
		d.declined(&o)
		return OfferEndSignal{ID: o.ID, Conversation: o.Conversation, Result: OfferDeclined}, nil
	}
	_, _, err = d.chat.Append(ctx, identity.Everything(), Entry{
		Conversation: o.Conversation, CID: NewID(d.clock()), Author: Author{Kind: AuthorSystem}, Kind: KindClaimed,
		Data: Data{Routing: &record},
		Change: &Change{
			Act: ActAssign, Assignee: author(actor), Guard: &Guard{Channel: routing.ChannelChat, Weight: record.Weight, Offer: o.ID},
		},
	})
	switch {
	case errors.Is(err, ErrGuard), errors.Is(err, ErrStale), errors.Is(err, ErrResolved):
		return OfferEndSignal{}, ErrOfferEnded
	case err != nil:
		return OfferEndSignal{}, fmt.Errorf("accept offer: %w", err)
	}
	return OfferEndSignal{ID: o.ID, Conversation: o.Conversation, Result: OfferAccepted}, nil
}

// declined puts what an agent declined back into the queue, here and elsewhere.
func (d *Dispatcher) declined(o *Offer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if mine := d.offers[o.Conversation]; mine != nil && mine.ID == o.ID {
		d.returned(mine, OfferDeclined, false)
	} else {
		d.chat.Signal(&Signal{
			To:       Audience{Site: o.Site, Department: o.Department, User: o.Agent},
			OfferEnd: &OfferEndSignal{ID: o.ID, Conversation: o.Conversation, Result: OfferDeclined},
		})
		d.fetch[o.Conversation] = true
	}
	signal(d.inbox.wake)
}
