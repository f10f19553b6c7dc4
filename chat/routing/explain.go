package routing

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// MaxRejected is how many rejections a [Record] names; it counts all.
const MaxRejected = 20

// Explain says who would get the item now, and why nobody else. An item that
// waits is explained as it waits; any other as if it had come at EnqueuedAt (zero =
// now). It changes nothing.
func (e *Engine) Explain(item Item, now time.Time) Explanation {
	w := e.entries[item.Conversation]
	if w != nil {
		e.advance(now)
	} else {
		if item.EnqueuedAt.IsZero() {
			item.EnqueuedAt = now
		}
		w = e.entryOf(item, now)
		defer e.forget(w)
	}
	return e.explain(w, now)
}

// ExplainWaiting explains what waits under this id; false when nothing does.
func (e *Engine) ExplainWaiting(conv string, now time.Time) (Explanation, bool) {
	e.advance(now)
	w := e.entries[conv]
	if w == nil {
		return Explanation{}, false
	}
	return e.explain(w, now), true
}

// Record returns what the log keeps of a decision. It is called while the
// decision is made.
func (e *Engine) Record(d *Decision, now time.Time) Record {
	w := e.view.entry
	cfg := e.site(w.item.Site)
	v := &View{now: now, site: cfg, entry: w, seat: e.seats[d.Agent.ID]}
	r := Record{
		Strategy: d.Strategy, Candidates: d.Candidates, Weight: w.item.Weight, WaitedMS: max(0, now.Sub(w.item.EnqueuedAt).Milliseconds()),
		Reasons: append(e.choice(d, v), e.told(v)...), Counts: map[string]int{},
	}
	best := make([]float64, len(cfg.orders))
	score(cfg, v, best)
	for _, s := range e.bySite[w.item.Site] {
		if s == v.seat {
			continue
		}
		o := View{now: now, site: cfg, entry: w, seat: s}
		rej, ok := e.reject(&o)
		if ok {
			rej = outranked(&o, best)
		}
		if rej.Code == RejectPresence && rej.Text == PresenceInvisible { // colleagues read it, to whom they are away
			rej.Text = PresenceAway
		}
		r.Counts[rej.Code]++
		if rej.Code != RejectPresence || rej.Text != PresenceOffline { // who is not there is only counted
			r.Rejected = append(r.Rejected, rej)
		}
	}
	slices.SortFunc(r.Rejected, func(a, b Rejection) int {
		// Who came closest, first: those who could have.
		closest := func(r Rejection) int {
			if r.Code == RejectOutranked {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(closest(a), closest(b)), strings.Compare(a.Name, b.Name), strings.Compare(a.Agent, b.Agent))
	})
	r.Rejected = r.Rejected[:min(len(r.Rejected), MaxRejected)]
	return r
}

// choice is why the item was given now, and by what.
func (e *Engine) choice(d *Decision, v *View) []Reason {
	w := v.entry
	var out []Reason
	switch {
	case d.Candidates == 1:
		out = append(out, Reason{Code: ReasonOnly, Value: 1})
	case d.Candidates > 1:
		out = append(out, Reason{Code: ReasonDecided, Text: d.Strategy, Value: float64(d.Candidates)})
	}
	if waited := v.now.Sub(w.item.EnqueuedAt); waited >= time.Second {
		out = append(out, Reason{Code: ReasonWaited, Value: waited.Truncate(time.Second).Seconds()})
	}
	if w.step > 0 {
		out = append(out, Reason{Code: ReasonStep, Value: float64(w.step), Of: float64(len(v.site.steps(w.item.Team)))})
	}
	if w.item.VIP {
		out = append(out, Reason{Code: ReasonVIP, Value: 1})
	}
	if w.item.Priority != 0 {
		out = append(out, Reason{Code: ReasonPriority, Value: float64(w.item.Priority)})
	}
	for _, name := range w.rules {
		out = append(out, Reason{Code: ReasonRule, Text: name, Value: 1})
	}
	return out
}

// told is what the strategies looked at of the view's agent.
func (e *Engine) told(v *View) []Reason {
	var out []Reason
	for _, group := range [][]active{v.site.filters, v.site.orders} {
		for i := range group {
			if group[i].Told == nil {
				continue
			}
			v.params = group[i].params
			if r := group[i].Told(v); r.Code != "" {
				out = append(out, r)
			}
		}
	}
	return out
}

// reject returns why the view's agent may not take the item; ok when they may.
func (e *Engine) reject(v *View) (r Rejection, ok bool) {
	s, item := v.seat, &v.entry.item
	r = Rejection{Agent: s.agent.ID, Name: s.agent.Name}
	switch {
	case !slices.Contains(s.agent.Sites, item.Site):
		r.Code, r.Value = RejectSite, float64(item.Site)
		return r, false
	case !s.reach(item):
		r.Code, r.Value = RejectDepartment, float64(item.Department)
		return r, false
	case s.presence() != PresenceOnline:
		r.Code, r.Text = RejectPresence, s.presence()
		return r, false
	case s.rests > v.now.UnixNano():
		r.Code, r.Value = RejectRests, time.Duration(s.rests-v.now.UnixNano()).Seconds()
		return r, false
	}
	for i := range v.site.filters {
		f := &v.site.filters[i]
		v.params = f.params
		if f.Allow(v) {
			continue
		}
		why := Rejection{Code: f.Spec.Name}
		if f.Why != nil {
			why = f.Why(v)
		}
		why.Agent, why.Name = s.agent.ID, s.agent.Name
		return why, false
	}
	if s.used+item.Weight > s.agent.Cap {
		r.Code, r.Value, r.Of = RejectFull, float64(s.used), float64(s.agent.Cap)
		return r, false
	}
	if !s.room(item) {
		c := s.channel(item.Channel)
		r.Code, r.Text, r.Value, r.Of = RejectChannel, item.Channel, float64(c.used), float64(c.cap)
		return r, false
	}
	return Rejection{}, true
}

// outranked says what preferred an agent with these scores to the view's.
func outranked(v *View, best []float64) Rejection {
	r := Rejection{Agent: v.seat.agent.ID, Name: v.seat.agent.Name, Code: RejectOutranked}
	for k := range v.site.orders {
		o := &v.site.orders[k]
		v.params = o.params
		if got := o.Score(v); got != best[k] {
			r.Text, r.Value, r.Of = o.Spec.Name, got, best[k]
			if o.Spec.Name == StrategyIdle { // in seconds that they have been idle, not in the engine's time
				idle := func(ns float64) float64 {
					return max(0, v.now.Sub(time.Unix(0, int64(ns))).Round(time.Second).Seconds())
				}
				r.Value, r.Of = idle(got), idle(best[k])
			}
			return r
		}
	}
	return r
}

func (e *Engine) explain(w *entry, now time.Time) Explanation {
	cfg := e.site(w.item.Site)
	out := Explanation{Item: w.item, Step: w.step, Candidates: []Candidate{}, Rejected: []Rejection{}}
	if steps := cfg.steps(w.item.Team); w.step < len(steps) {
		after := time.Duration(steps[w.step].AfterSeconds) * time.Second
		out.NextStepS = max(0, w.item.EnqueuedAt.Add(after).Sub(now).Seconds())
	}
	type scored struct {
		seat   *seat
		scores []float64
	}
	var could []scored
	var passed []*seat // who let it pass
	for _, s := range e.bySite[w.item.Site] {
		v := View{now: now, site: cfg, entry: w, seat: s}
		if r, ok := e.reject(&v); !ok {
			if r.Code == RejectExcluded {
				passed = append(passed, s)
			}
			out.Rejected = append(out.Rejected, r)
			continue
		}
		scores := make([]float64, len(cfg.orders))
		score(cfg, &v, scores)
		could = append(could, scored{s, scores})
	}
	slices.SortFunc(could, func(a, b scored) int {
		return cmp.Or(slices.Compare(a.scores, b.scores), strings.Compare(a.seat.agent.ID, b.seat.agent.ID))
	})
	for _, c := range could {
		v := View{now: now, site: cfg, entry: w, seat: c.seat}
		out.Candidates = append(out.Candidates, Candidate{Agent: c.seat.agent.ID, Name: c.seat.agent.Name, Reasons: e.told(&v)})
	}
	var first *seat
	if len(could) > 0 {
		first = could[0].seat
	} else {
		first = e.explainAgain(&View{now: now, site: cfg, entry: w}, passed, &out)
	}
	slices.SortFunc(out.Rejected, func(a, b Rejection) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Agent, b.Agent))
	})
	if first != nil {
		if left := e.waits(cfg, w, first, now); left > 0 {
			s := e.seats[w.item.Sticky]
			out.Waits = &Rejection{Agent: s.agent.ID, Name: s.agent.Name, Code: RejectWaits, Value: left.Seconds()}
		}
	}
	return out
}

// explainAgain moves those of out who are asked once more, as nobody else can take the view's item, to its candidates;
// it tells of the others when they will be. It returns the first.
func (e *Engine) explainAgain(v *View, passed []*seat, out *Explanation) (first *seat) {
	type asked struct {
		seat *seat
		at   time.Time
	}
	var again []asked
	for _, s := range passed {
		i := slices.IndexFunc(v.entry.item.Excluded, func(x Exclusion) bool { return x.Agent == s.agent.ID })
		if i < 0 || !e.fits(v, s) {
			continue
		}
		x := &v.entry.item.Excluded[i]
		k := slices.IndexFunc(out.Rejected, func(r Rejection) bool { return r.Agent == s.agent.ID })
		if left := x.again(v.site.returned).Sub(v.now); left > 0 {
			out.Rejected[k].Value = left.Seconds()
			continue
		}
		out.Rejected = slices.Delete(out.Rejected, k, k+1)
		again = append(again, asked{s, x.At})
	}
	slices.SortFunc(again, func(a, b asked) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.seat.agent.ID, b.seat.agent.ID))
	})
	for _, a := range again {
		o := View{now: v.now, site: v.site, entry: v.entry, seat: a.seat}
		out.Candidates = append(out.Candidates, Candidate{Agent: a.seat.agent.ID, Name: a.seat.agent.Name, Reasons: e.told(&o)})
	}
	if len(again) > 0 {
		first = again[0].seat
	}
	return first
}

// forget ends an entry that was only made to be looked at.
func (e *Engine) forget(w *entry) {
	if w.class.items == 0 {
		delete(e.classes, w.class.key)
	}
}
