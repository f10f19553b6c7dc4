package chat

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"frontdesk/chat/routing"
)

// take applies what was heard to memory.
func (d *Dispatcher) take() {
	events, lost := d.inbox.take()
	if lost {
		d.counts.overflows.Add(1)
		signal(d.now)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock()
	for _, e := range events {
		switch {
		case e.row != nil:
			d.row(e.row, e.remote, now)
		case e.missed:
			signal(d.now)
		case e.all:
			d.refreshed = true
		case e.agent != "":
			if e.signal == nil || d.differs(e.signal.Presence) {
				d.refresh[e.agent] = d.refresh[e.agent] || e.told
			}
		case e.signal.Offer != nil:
			d.offeredElsewhere(e.signal, now)
		case e.signal.OfferEnd != nil:
			d.endedElsewhere(e.signal.OfferEnd, now)
		}
	}
}

// differs reports whether a presence told by another node is news.
func (d *Dispatcher) differs(p *PresenceSignal) bool {
	a, ok := d.engine.Agent(p.Agent.ID)
	return !ok || a.Presence != p.Presence || a.Reason != p.Reason || a.Cap != p.Cap
}

// row applies a row of the log.
func (d *Dispatcher) row(r *Row, remote bool, now time.Time) {
	if r.Kind == KindMessage && r.Author.Kind == AuthorAgent {
		d.engine.Work(r.Author.ID, routing.WorkWrote, now)
	}
	st := r.Data.State
	k := d.convs[r.Conversation]
	if st == nil || k != nil && r.Seq <= k.seq {
		return
	}
	if k == nil {
		k = &known{}
		d.convs[r.Conversation] = k
	}
	k.seq, k.learned = r.Seq, now
	switch {
	case st.Owner == OwnerQueue && st.Status != StatusResolved:
		d.endOffer(r.Conversation, OfferTaken, remote)
		d.drop(r.Conversation, remote, now)
		k.waits, k.over = true, false
		d.fetch[r.Conversation] = true
	case st.Owner == OwnerHuman && st.Status != StatusResolved:
		d.held(r, k, remote, now)
	default:
		d.endOffer(r.Conversation, OfferTaken, remote)
		d.drop(r.Conversation, remote, now)
		d.gone(r.Conversation, k)
		k.over = true
	}
}

// held notes that an agent has the conversation in hand.
func (d *Dispatcher) held(r *Row, k *known, remote bool, now time.Time) {
	conv, agent := r.Conversation, r.Data.State.Assignee.ID
	result := OfferTaken
	if o := d.offers[conv]; o != nil && o.Agent == agent {
		result = OfferAccepted
	}
	d.endOffer(conv, result, remote)
	if k.waits {
		wait := Wait{Site: r.Site, Department: r.Department, Team: k.queued.Team, At: r.Time, Waited: r.Time.Sub(k.queued.EnqueuedAt)}
		if !k.queued.EnqueuedAt.IsZero() && wait.Waited >= 0 {
			d.cfg.Room.waited(wait)
		}
	}
	before, channel, weight := d.engine.Held(conv)
	switch rec := r.Data.Routing; {
	case rec != nil:
		weight = rec.Weight
	case before == "" || d.given[conv] != nil: // taken by hand
		weight = 1
	}
	if channel == "" {
		channel = routing.ChannelChat
	}
	delete(d.given, conv)
	d.engine.Hold(conv, agent, channel, weight, now) // of the same agent: what they took by hand may weigh less than what was decided
	if !remote {
		d.loads[agent], d.loads[before] = true, true
	}
	d.gone(conv, k)
	k.over = false
}

// gone notes that the conversation does not wait any more.
func (d *Dispatcher) gone(conv string, k *known) {
	d.engine.RemoveItem(conv)
	delete(d.fetch, conv)
	delete(d.later, conv)
	k.waits, k.queued = false, Queued{}
	d.moved = true
}

// drop notes that nobody has the conversation in hand, nor will get it by what was decided.
func (d *Dispatcher) drop(conv string, remote bool, now time.Time) {
	delete(d.given, conv)
	if agent := d.engine.Drop(conv, now); agent != "" && !remote {
		d.loads[agent] = true
	}
}

// read reads what events made necessary. It reports whether anything was read,
// and hence time passed. What cannot be read is tried again after a second.
func (d *Dispatcher) read(ctx context.Context) bool {
	d.mu.Lock()
	now := d.clock()
	for conv, at := range d.later {
		if !at.After(now) {
			delete(d.later, conv)
			d.fetch[conv] = true
		}
	}
	if now.Before(d.retryAt) {
		d.mu.Unlock()
		return false
	}
	convs := slices.Collect(maps.Keys(d.fetch))
	users, all := slices.Collect(maps.Keys(d.refresh)), d.refreshed
	told := maps.Clone(d.refresh)
	clear(d.fetch)
	clear(d.refresh)
	d.refreshed = false
	d.mu.Unlock()
	if len(convs) == 0 && len(users) == 0 && !all {
		return false
	}
	call, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if all {
		d.readAll(call)
	}
	if len(users) > 0 {
		d.readAgents(call, users, told)
	}
	if len(convs) > 0 {
		d.readItems(call, convs)
	}
	return true
}

func (d *Dispatcher) readItems(ctx context.Context, convs []string) {
	items, err := d.cfg.Store.QueuedItems(ctx, convs)
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock()
	if err != nil {
		d.failed("queue", err)
		for _, conv := range convs {
			d.fetch[conv] = true
		}
		return
	}
	for i := range items {
		d.put(items[i], now)
	}
	for _, conv := range convs { // what does not wait any more: its row is on its way
		if k := d.convs[conv]; k != nil && k.waits && !slices.ContainsFunc(items, func(q Queued) bool { return q.Conversation == conv }) {
			d.engine.RemoveItem(conv)
			d.moved = true
		}
	}
}

// put adds what waits to the queue, unless it is being given to somebody.
func (d *Dispatcher) put(q Queued, now time.Time) {
	k := d.convs[q.Conversation]
	if k == nil {
		k = &known{}
		d.convs[q.Conversation] = k
	}
	if q.LastSeq < k.seq { // a row is newer than what was read
		return
	}
	k.seq, k.waits, k.over, k.queued = max(k.seq, q.LastSeq), true, false, q
	if d.given[q.Conversation] != nil || d.offers[q.Conversation] != nil || d.takeEarly(q.Conversation, now) {
		return
	}
	d.engine.PutItem(q.Item, now)
	d.moved = true
}

func (d *Dispatcher) readAgents(ctx context.Context, users []string, told map[string]bool) {
	began := d.clock()
	agents, err := d.cfg.Store.RoutingAgents(ctx, users)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.failed("agents", err)
		for _, u := range users {
			d.refresh[u] = told[u]
		}
		return
	}
	for _, u := range users {
		d.agentsAt[u] = began
		i := slices.IndexFunc(agents, func(a routing.Agent) bool { return a.ID == u })
		if i < 0 {
			d.engine.RemoveAgent(u)
			continue
		}
		d.engine.PutAgent(agents[i])
		if told[u] {
			d.tellAgent(u)
		}
	}
}

// readAll reads all agents and settings.
func (d *Dispatcher) readAll(ctx context.Context) {
	began := d.clock()
	agents, err := d.cfg.Store.RoutingAgents(ctx, nil)
	var configs map[int32]routing.Config
	if err == nil {
		configs, err = d.cfg.Store.RoutingConfigs(ctx)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.failed("settings", err)
		d.refreshed = true
		return
	}
	d.setConfigs(configs)
	d.setAgents(agents, began)
}

// setConfigs brings the engine to the settings; it returns how many differed.
func (d *Dispatcher) setConfigs(configs map[int32]routing.Config) (changed int) {
	for site, cfg := range configs {
		if old := d.engine.Config(site); old.Version >= cfg.Version {
			continue
		}
		if err := d.engine.SetConfig(site, cfg, d.clock()); err != nil {
			d.log.Error("routing settings cannot be used, the ones before hold", "site", site, "version", cfg.Version, "error", err)
			continue
		}
		changed++
		d.moved = true
	}
	return changed
}

// setAgents brings the engine to the agents; it returns how many could be given
// something before and now not, or the other way round. Who was read since they
// were is known better.
func (d *Dispatcher) setAgents(agents []routing.Agent, began time.Time) (changed int) {
	seen := make(map[string]bool, len(agents))
	for _, a := range agents {
		seen[a.ID] = true
		if d.agentsAt[a.ID].After(began) {
			continue
		}
		d.agentsAt[a.ID] = began
		old, ok := d.engine.Agent(a.ID)
		if ok && old.Presence != a.Presence || !ok && a.Presence == Online {
			changed++
		}
		d.engine.PutAgent(a)
	}
	for _, a := range d.engine.Agents() {
		if !seen[a.ID] && !d.agentsAt[a.ID].After(began) {
			d.engine.RemoveAgent(a.ID)
			delete(d.agentsAt, a.ID)
		}
	}
	return changed
}

// failed notes that something could not be read: nothing is for a second.
func (d *Dispatcher) failed(what string, err error) {
	d.counts.failures.Add(1)
	d.retryAt = d.clock().Add(time.Second)
	if !errors.Is(err, context.Canceled) {
		d.log.Warn("routing cannot read, trying again", "what", what, "error", err)
	}
}
