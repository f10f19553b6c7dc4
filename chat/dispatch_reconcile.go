package chat

import (
	"context"
	"time"

	"frontdesk/chat/routing"
)

// forgetAfter is how long a conversation that neither waits nor is in hand is
// remembered, for rows that come late.
const forgetAfter = time.Minute

// loadsKey is what the comparing of loads falls to a node by.
const loadsKey = "loads"

// comparison is the database as it was at a moment.
type comparison struct {
	began   time.Time
	digest  RoutingDigest
	agents  []routing.Agent
	configs map[int32]routing.Config
	items   []Queued // of those that memory did not know to wait
	loads   int      // of agents, that were not what they have in hand
	err     error
}

// compare reads the database beside Run's goroutine, and lets what is on its way
// arrive before the two are compared. One at a time.
func (w *dispatchWork) compare(ctx context.Context) {
	if w.comparing {
		return
	}
	w.comparing = true
	w.wait.Go(func() {
		c := w.d.look(ctx)
		pause(ctx, w.d.cfg.Settle)
		w.compared <- c // holds one, and there is one at a time
	})
}

// look reads the database, and what time it is there.
func (d *Dispatcher) look(ctx context.Context) (c comparison) {
	began := d.cfg.Clock()
	defer func() { c.began = d.time.at(began) }()
	call, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if c.agents, c.err = d.cfg.Store.RoutingAgents(call, nil); c.err != nil {
		return c
	}
	if c.configs, c.err = d.cfg.Store.RoutingConfigs(call); c.err != nil {
		return c
	}
	asked := d.cfg.Clock()
	if c.digest, c.err = d.cfg.Store.RoutingDigest(call); c.err != nil {
		return c
	}
	d.time.learn(asked, c.digest.Now)
	if d.cfg.Loads != nil && weightsMost(d.cfg.Node, c.digest.Nodes, loadsKey) {
		if c.loads, c.err = d.cfg.Loads.RepairLoads(call); c.err != nil {
			return c
		}
	}
	var unknown []string
	d.mu.Lock()
	for conv := range c.digest.Waiting {
		if k := d.convs[conv]; k == nil || !k.waits {
			unknown = append(unknown, conv)
		}
	}
	d.mu.Unlock()
	if len(unknown) > 0 {
		c.items, c.err = d.cfg.Store.QueuedItems(call, unknown)
	}
	return c
}

// settle repairs memory by what a comparison found, and counts it.
func (d *Dispatcher) settle(ctx context.Context, w *dispatchWork, c comparison) {
	w.comparing = false
	if c.err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		if ctx.Err() == nil {
			d.failed("comparison", c.err)
		}
		return
	}
	d.take() // what has arrived is known first
	d.mu.Lock()
	defer d.mu.Unlock()
	d.adopt(c, false)
}

// adopt brings memory to c. What memory learned after c began is newer, and stays.
func (d *Dispatcher) adopt(c comparison, first bool) {
	now := d.clock()
	count := func(kind string, n int) {
		if !first {
			d.counts.foundOne(kind, n)
		}
	}
	d.nodes = c.digest.Nodes
	count(FoundConfig, d.setConfigs(c.configs))
	count(FoundAgent, d.setAgents(c.agents, c.began))
	for _, h := range c.digest.Held {
		count(FoundHeld, d.adoptHeld(h, c.began, now))
	}
	for i := range c.items {
		conv := c.items[i].Conversation
		if k := d.convs[conv]; k != nil && !k.learned.Before(c.began) || d.given[conv] != nil {
			continue
		}
		d.engine.Drop(conv, now)
		d.put(c.items[i], now)
		count(FoundWaiting, 1)
	}
	count(FoundGone, d.forget(c, now))
	count(FoundOffer, d.adoptOffers(c, now))
	d.counts.foundOne(FoundLoad, c.loads) // a leak, also when it is older than this process
	if first {
		for _, wait := range c.digest.Waits {
			d.cfg.Room.waited(wait)
		}
	}
}

// adoptHeld notes what an agent has in hand; it returns 1 if that is news.
func (d *Dispatcher) adoptHeld(h HeldConversation, began, now time.Time) int {
	k := d.convs[h.Conversation]
	if k != nil && !k.learned.Before(began) {
		return 0
	}
	agent, channel, weight := d.engine.Held(h.Conversation)
	if agent == h.Agent && channel == h.Channel && weight == h.Weight && (k == nil || !k.waits) {
		return 0
	}
	if k == nil {
		k = &known{}
		d.convs[h.Conversation] = k
	}
	d.endOffer(h.Conversation, OfferTaken, false)
	delete(d.given, h.Conversation)
	d.engine.Hold(h.Conversation, h.Agent, h.Channel, h.Weight, now)
	d.gone(h.Conversation, k)
	k.seq, k.over = max(k.seq, h.LastSeq), false
	return 1
}

// forget drops what neither waits nor is in hand by c, and what is long over.
func (d *Dispatcher) forget(c comparison, now time.Time) (found int) {
	held := make(map[string]bool, len(c.digest.Held))
	for _, h := range c.digest.Held {
		held[h.Conversation] = true
	}
	for conv, k := range d.convs {
		if _, waits := c.digest.Waiting[conv]; waits || held[conv] || !k.learned.Before(c.began) {
			continue
		}
		if !k.over {
			d.endOffer(conv, OfferTaken, false)
			d.drop(conv, true, now)
			d.gone(conv, k)
			k.over, k.learned = true, now
			found++
		} else if now.Sub(k.learned) > forgetAfter {
			delete(d.convs, conv)
		}
	}
	return found
}

// adoptOffers brings offers to c.
func (d *Dispatcher) adoptOffers(c comparison, now time.Time) (found int) {
	stands := make(map[string]bool, len(c.digest.Offers))
	for i := range c.digest.Offers {
		o := &c.digest.Offers[i]
		stands[o.ID] = true
		k := d.convs[o.Conversation]
		if k == nil || !k.waits || !k.learned.Before(c.began) || d.offers[o.Conversation] != nil {
			continue
		}
		if g := d.given[o.Conversation]; g != nil && !g.at.Before(c.began) {
			continue
		}
		d.adoptOffer(o, k, now)
		found++
	}
	for conv, e := range d.early {
		if now.Sub(e.at) > earlyFor {
			delete(d.early, conv)
		}
	}
	for _, o := range d.offers {
		g := d.given[o.Conversation]
		if stands[o.ID] || o.ending || g == nil || !o.since.Before(c.began) { // one decided before may have been made since
			continue
		}
		d.returned(o, OfferTaken, false)
		found++
	}
	return found
}
