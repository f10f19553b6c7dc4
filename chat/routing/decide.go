package routing

import "time"

// Decide gives what waits, the first first, to who should have it, and calls
// yield with each decision: the agent holds the item from then on, and it waits no
// longer. It ends when nobody can take anything that waits, or yield returns false;
// yield may use the engine to explain, not to change it.
//
// An item goes to the first agent by the site's orders among those within its
// walls (site, department) who are online, pass its filters and have room. An item
// for which there is none goes to who let it pass before and has had a moment, whose
// last time is longest ago; else it keeps its place and lets others pass: whoever
// passes could not have been its.
func (e *Engine) Decide(now time.Time, yield func(*Decision) bool) {
	e.advance(now)
	if !e.due(now) {
		return
	}
	e.pass++
	more := true
	kept := e.queue[:0]
	for i, w := range e.queue {
		if !more {
			e.stale = true // the rest was not looked at
			kept = append(kept, e.queue[i:]...)
			break
		}
		if w.class.blocked == e.pass {
			kept = append(kept, w)
			continue
		}
		s, candidates := e.choose(w, now)
		if s == nil {
			if candidates == 0 && len(w.item.Excluded) == 0 && !e.site(w.item.Site).custom {
				w.class.blocked = e.pass
			}
			kept = append(kept, w)
			continue
		}
		delete(e.entries, w.item.Conversation)
		e.unclass(w)
		more = yield(&e.decision)
		e.held[w.item.Conversation] = holding{agent: s.agent.ID, channel: w.item.Channel, weight: w.item.Weight}
		s.add(w.item.Channel, w.item.Weight)
		s.idleSince = now.UnixNano()
		s.did(WorkGiven, now)
	}
	clear(e.queue[len(kept):])
	e.queue = kept
}

// due reports whether a pass could decide anything: something changed since the
// last, and somebody has room. A desk on which nothing happens costs nothing,
// however many wait.
func (e *Engine) due(now time.Time) bool {
	minute := now.Unix() / 60
	hours := minute != e.minute && e.hours()
	if !e.stale && !hours && !e.custom {
		return false
	}
	e.stale, e.minute = false, minute
	for _, s := range e.all {
		if s.ready {
			return true
		}
	}
	return false
}

// hours reports whether any team has hours.
func (e *Engine) hours() bool {
	for _, s := range e.sites {
		if len(s.hours) > 0 {
			return true
		}
	}
	return false
}

// choose returns the agent for w and fills in e.decision; nil when there is
// none now. candidates counts those who could, also when it waits for another.
func (e *Engine) choose(w *entry, now time.Time) (best *seat, candidates int) {
	cfg := e.site(w.item.Site)
	e.view = View{now: now, site: cfg, entry: w}
	v := &e.view
	decided := -1
	for _, s := range e.reachable(w) {
		if !s.ready || s.rests > v.now.UnixNano() || !s.room(&w.item) || !s.reach(&w.item) {
			continue
		}
		v.seat = s
		if !allowed(cfg, v) {
			continue
		}
		candidates++
		if best == nil {
			best = s
			score(cfg, v, e.best)
			continue
		}
		// Where s and the best differ first; the orders before are equal.
		better, at := false, -1
		for k := range cfg.orders {
			v.params = cfg.orders[k].params
			e.scores[k] = cfg.orders[k].Score(v)
			if e.scores[k] != e.best[k] {
				better, at = e.scores[k] < e.best[k], k
				break
			}
		}
		if at < 0 { // all equal: the same on every node
			better = s.agent.ID < best.agent.ID
		}
		if better {
			best = s
			score(cfg, v, e.best)
			decided = at
		} else if at > decided {
			decided = at
		}
	}
	again := best == nil
	if again {
		best, candidates = e.again(v)
	}
	if best == nil || e.waits(cfg, w, best, now) > 0 {
		return nil, candidates
	}
	d := &e.decision
	d.Item, d.Agent, d.Candidates, d.Strategy = &w.item, &best.agent, candidates, ""
	switch {
	case again && candidates > 1:
		d.Strategy = StrategyReturned
	case decided >= 0:
		d.Strategy = cfg.orders[decided].Spec.Name
	}
	return best, candidates
}

// again returns who is asked once more for an item that nobody else can take now, of how many.
func (e *Engine) again(v *View) (best *seat, candidates int) {
	var since time.Time
	for i := range v.entry.item.Excluded {
		x := &v.entry.item.Excluded[i]
		s := e.seats[x.Agent]
		if s == nil || v.site.returned == 0 || v.now.Before(x.again(v.site.returned)) || !e.fits(v, s) {
			continue
		}
		candidates++
		if best == nil || x.At.Before(since) || x.At.Equal(since) && s.agent.ID < best.agent.ID {
			best, since = s, x.At
		}
	}
	return best, candidates
}

// fits reports whether the agent could take the view's item, had they not let it pass.
func (e *Engine) fits(v *View, s *seat) bool {
	v.seat, v.again = s, true
	_, ok := e.reject(v)
	v.again = false
	return ok
}

// allowed reports whether the view's agent passes the filters.
func allowed(cfg *site, v *View) bool {
	for i := range cfg.filters {
		v.params = cfg.filters[i].params
		if !cfg.filters[i].Allow(v) {
			return false
		}
	}
	return true
}

func score(cfg *site, v *View, into []float64) {
	for k := range cfg.orders {
		v.params = cfg.orders[k].params
		into[k] = cfg.orders[k].Score(v)
	}
}

// waits returns for how long w is kept for whom the visitor talked to last: they
// are online and may take it, but have no room now.
func (e *Engine) waits(cfg *site, w *entry, best *seat, now time.Time) time.Duration {
	if cfg.wait <= 0 || w.item.Sticky == "" || best.agent.ID == w.item.Sticky {
		return 0
	}
	left := w.item.EnqueuedAt.Add(cfg.wait).Sub(now)
	s := e.seats[w.item.Sticky]
	if left <= 0 || s == nil || s.presence() != PresenceOnline || !s.reach(&w.item) || s.room(&w.item) {
		return 0
	}
	v := View{now: now, site: cfg, entry: w, seat: s}
	if !allowed(cfg, &v) {
		return 0
	}
	return left
}

// reachable returns the smallest index that holds all who could take w.
func (e *Engine) reachable(w *entry) []*seat {
	least := e.bySite[w.item.Site]
	cfg := e.site(w.item.Site)
	for i := range cfg.filters {
		switch cfg.filters[i].Spec.Name {
		case StrategySkills:
			if !w.any {
				for _, n := range w.needs {
					if l := e.bySkill[n.skill]; len(l) < len(least) {
						least = l
					}
				}
			}
		case StrategyTeam:
			if w.team != 0 && len(w.others) == 0 {
				if l := e.byTeam[w.team]; len(l) < len(least) {
					least = l
				}
			}
		}
	}
	return least
}
