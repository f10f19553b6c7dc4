package routing

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Engine decides who gets what. It is not safe for use by several goroutines at once.
//
// What an agent has in hand it knows from Hold and Drop, so that telling it the same
// twice does no harm. A decision holds the item at once; the caller confirms it by
// doing nothing, or takes it back with Drop and PutItem.
type Engine struct {
	strategies *Strategies
	custom     bool // a site uses filters that classes know nothing of
	sites      map[int32]*site
	fallback   *site // of sites that have no configuration
	numbers    map[string]int32

	seats   map[string]*seat
	all     []*seat
	bySite  map[int32][]*seat
	bySkill map[int32][]*seat
	byTeam  map[int32][]*seat

	entries map[string]*entry
	queue   []*entry // in order
	classes map[string]*class
	pass    uint64
	changes int64 // the earliest of the entries' and of rests; 0 = never
	stale   bool  // something changed since the last pass over the whole queue
	minute  int64 // of that pass, where teams have hours

	held map[string]holding

	view     View // reused: a decision allocates nothing
	decision Decision
	best     []float64
	scores   []float64
}

// holding is what an agent has in hand.
type holding struct {
	agent, channel string
	weight         int
}

// What numbers stand for.
const (
	nameSkill    = "s"
	nameTeam     = "t"
	nameLanguage = "l"
)

// NewEngine returns an engine without agents that knows these strategies, nil =
// [BuiltIn], and decides by their default configuration.
func NewEngine(strategies *Strategies) (*Engine, error) {
	if strategies == nil {
		strategies = BuiltIn()
	}
	e := &Engine{
		strategies: strategies, sites: make(map[int32]*site), numbers: make(map[string]int32),
		seats: make(map[string]*seat), bySite: make(map[int32][]*seat), bySkill: make(map[int32][]*seat), byTeam: make(map[int32][]*seat),
		entries: make(map[string]*entry), classes: make(map[string]*class), held: make(map[string]holding),
	}
	e.best, e.scores = make([]float64, len(strategies.all)), make([]float64, len(strategies.all))
	fallback, err := e.compile(strategies.Default())
	if err != nil {
		return nil, err
	}
	e.fallback, e.custom = fallback, fallback.custom
	return e, nil
}

// SetConfig replaces a site's configuration; what waits there is judged anew.
// Errors wrap [ErrConfig]; then the old one stays.
func (e *Engine) SetConfig(id int32, cfg Config, now time.Time) error {
	s, err := e.compile(cfg)
	if err != nil {
		return err
	}
	e.sites[id] = s
	e.stale, e.custom = true, e.fallback.custom
	for _, one := range e.sites {
		e.custom = e.custom || one.custom
	}
	for _, w := range slices.Clone(e.queue) {
		if w.item.Site == id {
			e.PutItem(w.given, now)
		}
	}
	return nil
}

// Config returns a site's configuration.
func (e *Engine) Config(id int32) Config { return e.site(id).cfg }

func (e *Engine) site(id int32) *site {
	if s := e.sites[id]; s != nil {
		return s
	}
	return e.fallback
}

// number returns the number of a name, given to it now if it has none. Numbers start at 1.
func (e *Engine) number(kind, name string) int32 {
	key := kind + name
	n, ok := e.numbers[key]
	if !ok {
		n = int32(len(e.numbers) + 1)
		e.numbers[key] = n
	}
	return n
}

func (e *Engine) skillNumber(site int32, name string) int32 {
	return e.number(nameSkill, strconv.Itoa(int(site))+"/"+strings.ToLower(name))
}

// PutAgent adds an agent or replaces what is known of them. What they have in
// hand (Hold) and did (Work) stays.
func (e *Engine) PutAgent(a Agent) {
	s := e.seats[a.ID]
	if s != nil && s.agent.same(&a) {
		s.idle(a.IdleSince)
		return
	}
	if s == nil {
		s = &seat{}
		e.seats[a.ID] = s
		s.index = len(e.all)
		e.all = append(e.all, s)
		for _, h := range e.held {
			if h.agent == a.ID {
				s.used += h.weight
				s.channel(h.channel).used += h.weight
			}
		}
	} else {
		e.unlist(s)
		s.rests = 0 // what was wrong about them is known now
		s.used -= s.agent.Active
		for name, c := range s.agent.Channels {
			load := s.channel(name)
			load.used, load.cap = load.used-c.Active, -1
		}
	}
	s.agent = a
	s.used += a.Active
	for name, c := range a.Channels {
		load := s.channel(name)
		load.used, load.cap = load.used+c.Active, c.Cap
	}
	s.idle(a.IdleSince)
	s.teams, s.languages = s.teams[:0], s.languages[:0]
	for _, t := range a.Teams {
		s.teams = append(s.teams, e.number(nameTeam, t))
	}
	for _, l := range a.Languages {
		s.languages = append(s.languages, e.number(nameLanguage, baseLanguage(l)))
	}
	clear(s.levels)
	for site, skills := range a.Skills {
		for _, sk := range skills {
			n := e.skillNumber(site, sk.Name)
			if need := int(n) + 1 - len(s.levels); need > 0 {
				s.levels = append(s.levels, make([]uint8, need)...)
			}
			s.levels[n] = uint8(min(max(0, sk.Level), MaxLevel))
		}
	}
	e.list(s)
	s.refresh()
	e.stale = true
}

// RemoveAgent forgets an agent; what they hold stays held, for when they come back.
func (e *Engine) RemoveAgent(id string) {
	s := e.seats[id]
	if s == nil {
		return
	}
	e.unlist(s)
	delete(e.seats, id)
	last := e.all[len(e.all)-1]
	e.all[s.index], last.index = last, s.index
	e.all = e.all[:len(e.all)-1]
}

// Agents returns what is known of all agents, with their load, in no order.
func (e *Engine) Agents() []Agent {
	out := make([]Agent, 0, len(e.all))
	for _, s := range e.all {
		out = append(out, s.snapshot())
	}
	return out
}

// Agent returns what is known of an agent, with their load.
func (e *Engine) Agent(id string) (Agent, bool) {
	s := e.seats[id]
	if s == nil {
		return Agent{}, false
	}
	return s.snapshot(), true
}

// There reports whether the agent could be given work now, had they room, and whether they are known at all.
func (e *Engine) There(id string) (there, known bool) {
	s := e.seats[id]
	return s != nil && s.presence() == PresenceOnline, s != nil
}

// snapshot is the agent with all that they have in hand.
func (s *seat) snapshot() Agent {
	a := s.agent
	a.Active = s.used
	a.IdleSince = time.Unix(0, s.idleSince)
	a.Channels = make(map[string]Capacity, len(s.on))
	for _, c := range s.on {
		a.Channels[c.name] = Capacity{Active: c.used, Cap: c.cap}
	}
	return a
}

// list adds the seat to the indexes, unlist takes it out.
func (e *Engine) list(s *seat) {
	for _, id := range s.agent.Sites {
		e.bySite[id] = append(e.bySite[id], s)
	}
	for _, t := range s.teams {
		e.byTeam[t] = append(e.byTeam[t], s)
	}
	for skill, level := range s.levels {
		if level > 0 {
			e.bySkill[int32(skill)] = append(e.bySkill[int32(skill)], s)
		}
	}
}

func (e *Engine) unlist(s *seat) {
	drop := func(all []*seat) []*seat { return slices.DeleteFunc(all, func(o *seat) bool { return o == s }) }
	for _, id := range s.agent.Sites {
		e.bySite[id] = drop(e.bySite[id])
	}
	for _, t := range s.teams {
		e.byTeam[t] = drop(e.byTeam[t])
	}
	for skill, level := range s.levels {
		if level > 0 {
			e.bySkill[int32(skill)] = drop(e.bySkill[int32(skill)])
		}
	}
}

// Hold says that the agent has the conversation in hand, whoever had it before;
// it waits no longer. Saying it twice changes nothing.
func (e *Engine) Hold(conv, agent, channel string, weight int, now time.Time) {
	e.RemoveItem(conv)
	h := holding{agent: agent, channel: channel, weight: max(1, weight)}
	if old, ok := e.held[conv]; ok {
		if old == h {
			return
		}
		e.Drop(conv, now)
	}
	e.held[conv] = h
	if s := e.seats[agent]; s != nil {
		s.add(channel, h.weight)
		s.idleSince = now.UnixNano()
		s.did(WorkGiven, now)
	}
}

// Drop says that nobody has the conversation in hand. It returns who had.
func (e *Engine) Drop(conv string, now time.Time) (agent string) {
	h, ok := e.held[conv]
	if !ok {
		return ""
	}
	delete(e.held, conv)
	e.stale = true
	if s := e.seats[h.agent]; s != nil {
		s.add(h.channel, -h.weight)
		s.idleSince = now.UnixNano()
	}
	return h.agent
}

// Rest keeps the agent from being given anything until then: the claim was
// refused, and what is known of them is being read again.
func (e *Engine) Rest(agent string, until time.Time) {
	if s := e.seats[agent]; s != nil {
		s.rests = until.UnixNano()
		if e.changes == 0 || s.rests < e.changes {
			e.changes = s.rests
		}
	}
}

// Held returns who has the conversation in hand, on which channel and with what
// weight; "" when nobody has.
func (e *Engine) Held(conv string) (agent, channel string, weight int) {
	h := e.held[conv]
	return h.agent, h.channel, h.weight
}

// Holder returns who has the conversation in hand, or "".
func (e *Engine) Holder(conv string) string { return e.held[conv].agent }

// Holdings calls yield with each conversation and who has it in hand, in no order.
func (e *Engine) Holdings(yield func(conv, agent string) bool) {
	for conv, h := range e.held {
		if !yield(conv, h.agent) {
			return
		}
	}
}

// Work adds to what the agent did in the last five minutes, see [WorkWrote].
// What is held counts as given without it.
func (e *Engine) Work(agent string, amount float64, now time.Time) {
	if s := e.seats[agent]; s != nil {
		s.did(amount, now)
	}
}
