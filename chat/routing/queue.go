package routing

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// PutItem adds an item to the queue or replaces it. What is held no longer is.
// Its slices and maps must not be changed afterwards.
func (e *Engine) PutItem(item Item, now time.Time) {
	e.Drop(item.Conversation, now)
	e.RemoveItem(item.Conversation)
	w := e.entryOf(item, now)
	w.class.items++
	e.stale = true
	e.entries[item.Conversation] = w
	i, _ := slices.BinarySearchFunc(e.queue, w, compareEntries)
	e.queue = slices.Insert(e.queue, i, w)
	e.note(w)
}

// RemoveItem takes an item out of the queue. It reports whether it waited.
func (e *Engine) RemoveItem(conv string) bool {
	w := e.entries[conv]
	if w == nil {
		return false
	}
	delete(e.entries, conv)
	e.unclass(w)
	if i, ok := slices.BinarySearchFunc(e.queue, w, compareEntries); ok {
		e.queue = slices.Delete(e.queue, i, i+1)
	}
	return true
}

// Waiting returns the item as it waits, after the rules, or false.
func (e *Engine) Waiting(conv string) (Item, bool) {
	w := e.entries[conv]
	if w == nil {
		return Item{}, false
	}
	return w.item, true
}

// Len is how many items wait.
func (e *Engine) Len() int { return len(e.queue) }

// Queue calls yield with what waits, in order, with the time that its place
// stands for: when it came, or so much earlier as its priority is worth.
func (e *Engine) Queue(yield func(item *Item, place time.Time) bool) {
	for _, w := range e.queue {
		if !yield(&w.item, time.Unix(0, w.key)) {
			return
		}
	}
}

// entryOf applies the rules to the item and compiles it.
func (e *Engine) entryOf(item Item, now time.Time) *entry {
	w := &entry{given: item}
	if item.Channel == "" {
		item.Channel = ChannelChat
	}
	item.Weight = max(1, item.Weight)
	if item.Place.IsZero() {
		item.Place = item.EnqueuedAt
	}
	s := e.site(item.Site)
	w.rules = s.applyRules(&item)
	if item.VIP {
		item.Priority += s.vip
	}
	w.item = item
	if item.Team != "" {
		w.ownTeam = e.number(nameTeam, item.Team)
	}
	if item.Language != "" {
		w.ownLanguage = e.number(nameLanguage, baseLanguage(item.Language))
	}
	for _, sk := range item.Skills {
		w.needs = append(w.needs, need{skill: e.skillNumber(item.Site, sk.Name), level: sk.Level})
	}
	e.age(w, s, now)
	return w
}

// age sets what depends on how long the item has waited.
func (e *Engine) age(w *entry, s *site, now time.Time) {
	waited := now.Sub(w.item.EnqueuedAt)
	w.step, w.slack, w.any, w.changes = 0, 0, false, 0
	w.team, w.language, w.others = w.ownTeam, w.ownLanguage, w.others[:0]
	priority := w.item.Priority
	next := func(at time.Time) {
		if ns := at.UnixNano(); at.After(now) && (w.changes == 0 || ns < w.changes) {
			w.changes = ns
		}
	}
	for _, step := range s.steps(w.item.Team) {
		after := time.Duration(step.AfterSeconds) * time.Second
		if waited < after {
			next(w.item.EnqueuedAt.Add(after))
			break
		}
		w.step++
		w.slack += step.Levels
		priority += step.Priority
		for _, t := range step.Teams {
			w.others = append(w.others, e.number(nameTeam, t))
		}
		for _, r := range step.Relax {
			switch r {
			case RelaxLanguage:
				w.language = 0
			case RelaxTeam:
				w.team = 0
			case RelaxSkills:
				w.any = true
			}
		}
	}
	w.key = w.item.Place.Add(-time.Duration(priority) * time.Duration(s.cfg.AgeingSeconds) * time.Second).UnixNano()
	if w.item.Sticky != "" && s.wait > 0 {
		next(w.item.EnqueuedAt.Add(s.wait))
	}
	for _, x := range w.item.Excluded { // each for a time of their own
		next(x.again(s.returned))
		next(x.At.Add(seconds(s.returned)))
	}
	w.class = e.classOf(w)
}

// classOf returns the class of what w needs now.
func (e *Engine) classOf(w *entry) *class {
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d/%s/%d/%d/%d/%v/%v/%d/%t", w.item.Site, w.item.Department, w.item.Channel, w.item.Weight, w.team, w.language, w.others, w.needs, w.slack, w.any)
	key := b.String()
	c := e.classes[key]
	if c == nil {
		c = &class{key: key}
		e.classes[key] = c
	}
	return c
}

// unclass counts w out of its class, which ends with its last item.
func (e *Engine) unclass(w *entry) {
	if w.class.items--; w.class.items <= 0 {
		delete(e.classes, w.class.key)
	}
}

func (e *Engine) note(w *entry) {
	if w.changes != 0 && (e.changes == 0 || w.changes < e.changes) {
		e.changes = w.changes
	}
}

// Advance brings what waits to now, as Decide does: overflow steps, and with them the order.
func (e *Engine) Advance(now time.Time) { e.advance(now) }

// advance brings what waits to now: overflow steps, and with them the order.
func (e *Engine) advance(now time.Time) {
	if e.changes == 0 || now.UnixNano() < e.changes {
		return
	}
	e.changes, e.stale = 0, true
	for _, s := range e.all {
		if s.rests > now.UnixNano() && (e.changes == 0 || s.rests < e.changes) {
			e.changes = s.rests
		}
	}
	moved := false
	for _, w := range e.queue {
		if w.changes != 0 && w.changes <= now.UnixNano() {
			key := w.key
			e.unclass(w)
			e.age(w, e.site(w.item.Site), now)
			w.class.items++
			moved = moved || w.key != key
		}
		e.note(w)
	}
	if moved {
		slices.SortFunc(e.queue, compareEntries)
	}
}

// Next returns when time alone may change something for what waits: an overflow
// step, the end of a wait, the next minute where teams have hours. Zero = never.
func (e *Engine) Next(now time.Time) time.Time {
	if len(e.queue) == 0 {
		return time.Time{}
	}
	var at time.Time
	if e.changes != 0 {
		at = time.Unix(0, e.changes)
	}
	for _, s := range e.sites {
		if minute := now.Truncate(time.Minute).Add(time.Minute); len(s.hours) > 0 && (at.IsZero() || minute.Before(at)) {
			at = minute
		}
	}
	return at
}

// Position returns the item's place among those of its site, department and
// team, from 1, and how many they are; 0 when it does not wait.
func (e *Engine) Position(conv string) (position, waiting int) {
	w := e.entries[conv]
	if w == nil {
		return 0, 0
	}
	for _, o := range e.queue {
		if o.item.Site == w.item.Site && o.item.Department == w.item.Department && o.item.Team == w.item.Team {
			if waiting++; o == w {
				position = waiting
			}
		}
	}
	return position, waiting
}
