package routing_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"frontdesk/chat/routing"
)

// oracle is the decision by its definition, without indexes, numbers or state:
// the queue in order, for each item all agents, filtered and sorted.
type oracle struct {
	cfg    routing.Config
	agents []routing.Agent
	items  []routing.Item
	now    time.Time
}

type pair struct{ conv, agent string }

func (o *oracle) on(name string) (params map[string]float64, on bool) {
	for _, s := range o.cfg.Strategies {
		if s.Name == name {
			return s.Params, s.On
		}
	}
	return nil, false
}

// needed is what an item needs after the steps that it is past.
type needed struct {
	routing.Item
	slack, priority      int
	anyLanguage, anyTeam bool
	anySkill             bool
	others               []string
	place                time.Time
}

func (o *oracle) need(it routing.Item) needed {
	n := needed{Item: it, priority: it.Priority, place: it.Place}
	n.Weight = max(1, n.Weight)
	if n.place.IsZero() {
		n.place = it.EnqueuedAt
	}
	if _, on := o.on(routing.StrategyRules); on {
		for _, r := range o.cfg.Rules {
			fits := r.On
			for _, c := range r.When {
				fits = fits && it.Attributes[c.Field] == c.Value // the generator only makes OpIs
			}
			if fits {
				n.VIP = n.VIP || r.VIP
				n.priority += r.Priority
				n.Weight = max(n.Weight, r.Weight)
				for _, s := range r.Skills {
					i := slices.IndexFunc(n.Skills, func(h routing.Skill) bool { return h.Name == s.Name })
					if i < 0 {
						n.Skills = append(slices.Clone(n.Skills), s)
					} else {
						n.Skills = slices.Clone(n.Skills)
						n.Skills[i].Level = max(n.Skills[i].Level, s.Level)
					}
				}
			}
		}
	}
	if p, on := o.on(routing.StrategyVIP); on && n.VIP {
		n.priority += int(p["priority"])
	}
	if _, on := o.on(routing.StrategyOverflow); on {
		for _, s := range o.cfg.Overflow {
			if o.now.Sub(it.EnqueuedAt) < time.Duration(s.AfterSeconds)*time.Second {
				break
			}
			n.slack += s.Levels
			n.priority += s.Priority
			n.others = append(n.others, s.Teams...)
			n.anyLanguage = n.anyLanguage || slices.Contains(s.Relax, routing.RelaxLanguage)
			n.anyTeam = n.anyTeam || slices.Contains(s.Relax, routing.RelaxTeam)
			n.anySkill = n.anySkill || slices.Contains(s.Relax, routing.RelaxSkills)
		}
	}
	n.place = n.place.Add(-time.Duration(n.priority*o.cfg.AgeingSeconds) * time.Second)
	return n
}

func (o *oracle) level(a *routing.Agent, site int32, skill string) int {
	for _, s := range a.Skills[site] {
		if s.Name == skill {
			return s.Level
		}
	}
	return 0
}

// barred reports whether the agent let n pass less than for_s ago.
func (o *oracle) barred(a *routing.Agent, n needed) bool {
	p, on := o.on(routing.StrategyReturned)
	return on && slices.ContainsFunc(n.Excluded, func(x routing.Exclusion) bool {
		return x.Agent == a.ID && o.now.Before(x.At.Add(time.Duration(p["for_s"])*time.Second))
	})
}

// askedAgain reports whether the agent, who let n pass, has had their moment: 15 s after they missed it, 60 s after
// they declined it or gave it back, or for_s. at is when they did.
func (o *oracle) askedAgain(a *routing.Agent, n needed) (at time.Time, ok bool) {
	p, _ := o.on(routing.StrategyReturned)
	for _, x := range n.Excluded {
		moment := 60
		if x.Missed {
			moment = 15
		}
		if x.Agent == a.ID {
			return x.At, !o.now.Before(x.At.Add(time.Duration(min(moment, int(p["for_s"]))) * time.Second))
		}
	}
	return at, false
}

func (o *oracle) may(a *routing.Agent, n needed) bool { return o.could(a, n) && !o.barred(a, n) }

// could is who may take n, had they not let it pass.
func (o *oracle) could(a *routing.Agent, n needed) bool {
	if !slices.Contains(a.Sites, n.Site) || !a.AllDepartments && !slices.Contains(a.Departments, n.Department) || a.Presence != "online" || a.Node == "" {
		return false
	}
	if _, on := o.on(routing.StrategyTeam); on && n.Team != "" && !n.anyTeam &&
		!slices.ContainsFunc(append([]string{n.Team}, n.others...), func(t string) bool { return slices.Contains(a.Teams, t) }) {
		return false
	}
	if _, on := o.on(routing.StrategyLanguage); on && n.Language != "" && !n.anyLanguage && len(a.Languages) > 0 &&
		!slices.ContainsFunc(a.Languages, func(l string) bool { return l[:2] == n.Language[:2] }) {
		return false
	}
	if _, on := o.on(routing.StrategySkills); on && !n.anySkill {
		for _, s := range n.Skills {
			if have := o.level(a, n.Site, s.Name); have == 0 || have+n.slack < s.Level {
				return false
			}
		}
	}
	return true
}

func (o *oracle) room(a *routing.Agent, n needed) bool {
	c, ok := a.Channels[routing.ChannelChat]
	return a.Active+n.Weight <= a.Cap && (!ok || c.Active+n.Weight <= c.Cap)
}

func (o *oracle) score(a *routing.Agent, n needed, name string) float64 {
	short := 0
	for _, s := range n.Skills {
		short += max(0, s.Level-o.level(a, n.Site, s.Name))
	}
	switch name {
	case routing.StrategySticky:
		if n.Sticky == a.ID {
			return 0
		}
		return 1
	case routing.StrategyStep:
		return float64(short)
	case routing.StrategyLoad:
		return float64(a.Active) / float64(max(1, a.Cap))
	case routing.StrategyRecent:
		return a.Recent
	case routing.StrategyIdle:
		return float64(a.IdleSince.UnixNano())
	case routing.StrategySpare:
		spare := 0
		for _, s := range n.Skills {
			spare += max(0, o.level(a, n.Site, s.Name)-s.Level)
		}
		return float64(spare)
	}
	return 0
}

func (o *oracle) decide() (out []pair) {
	queue := make([]needed, len(o.items))
	for i, it := range o.items {
		queue[i] = o.need(it)
	}
	slices.SortFunc(queue, func(a, b needed) int {
		return cmp.Or(a.place.Compare(b.place), a.EnqueuedAt.Compare(b.EnqueuedAt), strings.Compare(a.Conversation, b.Conversation))
	})
	for _, n := range queue {
		var fit []*routing.Agent
		for i := range o.agents {
			if a := &o.agents[i]; o.may(a, n) && o.room(a, n) {
				fit = append(fit, a)
			}
		}
		again := len(fit) == 0
		for i := range o.agents { // who let it pass is asked again only where nobody else is there
			a := &o.agents[i]
			if _, ok := o.askedAgain(a, n); again && ok && o.could(a, n) && o.room(a, n) {
				fit = append(fit, a)
			}
		}
		if len(fit) == 0 {
			continue
		}
		best := slices.MinFunc(fit, func(a, b *routing.Agent) int {
			if again { // the least recently first
				first, _ := o.askedAgain(a, n)
				second, _ := o.askedAgain(b, n)
				return cmp.Or(first.Compare(second), strings.Compare(a.ID, b.ID))
			}
			for _, s := range o.cfg.Strategies {
				if c := cmp.Compare(o.score(a, n, s.Name), o.score(b, n, s.Name)); s.On && c != 0 {
					return c
				}
			}
			return strings.Compare(a.ID, b.ID)
		})
		if o.keeps(n, best) {
			continue
		}
		out = append(out, pair{n.Conversation, best.ID})
		best.Active += n.Weight
		if c, ok := best.Channels[routing.ChannelChat]; ok {
			best.Channels[routing.ChannelChat] = routing.Capacity{Active: c.Active + n.Weight, Cap: c.Cap}
		}
		best.IdleSince, best.Recent = o.now, best.Recent+routing.WorkGiven
	}
	return out
}

// keeps reports whether n waits for whom the visitor talked to last.
func (o *oracle) keeps(n needed, best *routing.Agent) bool {
	p, on := o.on(routing.StrategySticky)
	if !on || n.Sticky == best.ID || !o.now.Before(n.EnqueuedAt.Add(time.Duration(p["wait_s"])*time.Second)) {
		return false
	}
	return slices.ContainsFunc(o.agents, func(a routing.Agent) bool {
		return a.ID == n.Sticky && o.may(&a, n) && !o.room(&a, n)
	})
}

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func drawAgent(r *rapid.T, i int) routing.Agent {
	a := routing.Agent{
		ID: fmt.Sprintf("a%02d", i), Name: fmt.Sprintf("Agent %d", i), Node: rapid.SampledFrom([]string{"n1", "n2", "n1", ""}).Draw(r, "node"),
		Sites: rapid.SampledFrom([][]int32{{1}, {1, 2}, {2}}).Draw(r, "sites"), AllDepartments: rapid.Bool().Draw(r, "all"),
		Departments: rapid.SampledFrom([][]int32{{1}, {2}, {1, 2}, nil}).Draw(r, "departments"),
		Teams:       rapid.SampledFrom([][]string{nil, {"t1"}, {"t2"}, {"t1", "t2"}}).Draw(r, "teams"),
		Languages:   rapid.SampledFrom([][]string{nil, {"en"}, {"zh-CN"}, {"zh-CN", "en"}}).Draw(r, "languages"),
		Presence:    rapid.SampledFrom([]string{"online", "online", "online", "away", "invisible", "offline"}).Draw(r, "presence"),
		Active:      rapid.IntRange(0, 3).Draw(r, "active"), Cap: rapid.IntRange(0, 5).Draw(r, "cap"),
		Recent:    float64(rapid.IntRange(0, 3).Draw(r, "recent")),
		IdleSince: start.Add(-time.Duration(rapid.IntRange(0, 5).Draw(r, "idle")) * time.Minute),
		Skills:    map[int32][]routing.Skill{},
	}
	for _, site := range a.Sites {
		for _, name := range []string{"refund", "repair"} {
			if l := rapid.IntRange(0, 5).Draw(r, name); l > 0 {
				a.Skills[site] = append(a.Skills[site], routing.Skill{Name: name, Level: l})
			}
		}
	}
	if rapid.Bool().Draw(r, "channel") {
		a.Channels = map[string]routing.Capacity{routing.ChannelChat: {Active: rapid.IntRange(0, 2).Draw(r, "on chat"), Cap: rapid.IntRange(0, 4).Draw(r, "chat cap")}}
	}
	return a
}

func drawItem(r *rapid.T, i, agents int) routing.Item {
	it := routing.Item{
		Conversation: fmt.Sprintf("c%02d", i), Site: int32(rapid.IntRange(1, 2).Draw(r, "site")), Department: int32(rapid.IntRange(1, 2).Draw(r, "department")),
		Team: rapid.SampledFrom([]string{"", "", "t1", "t2"}).Draw(r, "team"), Channel: routing.ChannelChat,
		Language: rapid.SampledFrom([]string{"", "en", "zh-CN"}).Draw(r, "language"), Priority: rapid.IntRange(0, 2).Draw(r, "priority"),
		VIP: rapid.Bool().Draw(r, "vip"), Weight: rapid.IntRange(0, 2).Draw(r, "weight"),
		EnqueuedAt: start.Add(-time.Duration(rapid.IntRange(0, 20).Draw(r, "waited")) * 30 * time.Second),
		Attributes: map[string]string{"attr.plan": rapid.SampledFrom([]string{"gold", "free"}).Draw(r, "plan")},
	}
	if rapid.Bool().Draw(r, "needs") {
		it.Skills = []routing.Skill{{Name: rapid.SampledFrom([]string{"refund", "repair", "none"}).Draw(r, "skill"), Level: rapid.IntRange(1, 5).Draw(r, "level")}}
	}
	if rapid.Bool().Draw(r, "known") {
		it.Sticky = fmt.Sprintf("a%02d", rapid.IntRange(0, agents).Draw(r, "sticky"))
	}
	for n := rapid.IntRange(0, 3).Draw(r, "given back"); n > 1; n-- { // each at a time of their own
		agent := fmt.Sprintf("a%02d", rapid.IntRange(0, agents).Draw(r, "excluded"))
		if !slices.ContainsFunc(it.Excluded, func(x routing.Exclusion) bool { return x.Agent == agent }) {
			it.Excluded = append(it.Excluded, routing.Exclusion{Agent: agent, Missed: rapid.Bool().Draw(r, "missed"), At: it.EnqueuedAt.Add(time.Duration(rapid.IntRange(0, 40).Draw(r, "given back at")) * 15 * time.Second)})
		}
	}
	return it
}

func drawConfig(r *rapid.T) routing.Config {
	cfg := routing.DefaultConfig()
	for i := range cfg.Strategies {
		s := &cfg.Strategies[i]
		s.On = rapid.IntRange(0, 4).Draw(r, s.Name) > 0
		switch s.Name {
		case routing.StrategySticky:
			s.Params = map[string]float64{"wait_s": float64(rapid.SampledFrom([]int{0, 60, 300}).Draw(r, "wait"))}
		case routing.StrategyReturned:
			s.Params = map[string]float64{"for_s": float64(rapid.SampledFrom([]int{0, 10, 30, 300}).Draw(r, "for"))}
		case routing.StrategyVIP:
			s.Params = map[string]float64{"priority": float64(rapid.IntRange(0, 3).Draw(r, "vip priority"))}
		}
	}
	cfg.Strategies = rapid.Permutation(cfg.Strategies).Draw(r, "order")
	cfg.AgeingSeconds = rapid.SampledFrom([]int{1, 60, 600}).Draw(r, "ageing")
	cfg.Overflow = nil
	for i := range rapid.IntRange(0, 3).Draw(r, "steps") {
		cfg.Overflow = append(cfg.Overflow, routing.Step{
			AfterSeconds: (i + 1) * 90, Levels: rapid.IntRange(0, 2).Draw(r, "slack"), Priority: rapid.IntRange(0, 2).Draw(r, "step priority"),
			Relax: rapid.SampledFrom([][]string{nil, {"language"}, {"team"}, {"skills"}, {"team", "language"}}).Draw(r, "relax"),
			Teams: rapid.SampledFrom([][]string{nil, {"t2"}}).Draw(r, "step teams"),
		})
	}
	if rapid.Bool().Draw(r, "rule") {
		cfg.Rules = []routing.Rule{{
			Name: "gold", On: rapid.Bool().Draw(r, "rule on"), When: []routing.Condition{{Field: "attr.plan", Op: routing.OpIs, Value: "gold"}},
			VIP: rapid.Bool().Draw(r, "rule vip"), Priority: rapid.IntRange(0, 2).Draw(r, "rule priority"), Weight: rapid.IntRange(0, 2).Draw(r, "rule weight"),
			Skills: []routing.Skill{{Name: "repair", Level: rapid.IntRange(1, 5).Draw(r, "rule level")}},
		}}
	}
	return cfg
}

// Whatever agents, items and settings: the engine decides what the definition
// says, in one pass and in small steps in any order.
func TestTheEngineDecidesAsTheDefinitionSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		cfg := drawConfig(r)
		o := oracle{cfg: cfg, now: start}
		e := newEngine(r, cfg)
		agents := rapid.IntRange(0, 8).Draw(r, "agents")
		for i := range agents {
			a := drawAgent(r, i)
			if rapid.IntRange(0, 3).Draw(r, "twice") == 0 { // what is known of them is replaced
				old := drawAgent(r, i)
				old.IdleSince = a.IdleSince // which only rises
				e.PutAgent(old)
			}
			e.PutAgent(a)
			a.Channels = mapsClone(a.Channels)
			o.agents = append(o.agents, a)
		}
		for i := range rapid.IntRange(0, 12).Draw(r, "items") {
			it := drawItem(r, i, agents)
			o.items = append(o.items, it)
			e.PutItem(it, it.EnqueuedAt) // as it came: the steps are for Decide to find
		}
		want := o.decide()
		got := []pair{}
		for range rapid.IntRange(1, 3).Draw(r, "passes") { // each may end early
			most := rapid.IntRange(0, 12).Draw(r, "most")
			e.Decide(start, func(d *routing.Decision) bool {
				got = append(got, pair{d.Item.Conversation, d.Agent.ID})
				most--
				return most > 0
			})
		}
		e.Decide(start, func(d *routing.Decision) bool {
			got = append(got, pair{d.Item.Conversation, d.Agent.ID})
			return true
		})
		if fmt.Sprint(got) != fmt.Sprint(want) {
			r.Fatalf("engine %v\ndefinition %v", got, want)
		}
		if e.Len() != len(o.items)-len(got) {
			r.Fatalf("%d wait of %d, %d were given", e.Len(), len(o.items), len(got))
		}
		for _, it := range o.items {
			if _, waits := e.Waiting(it.Conversation); waits {
				if x := e.Explain(it, start); len(x.Candidates) > 0 && x.Waits == nil {
					r.Fatalf("%s waits although %s could take it", it.Conversation, x.Candidates[0].Agent)
				}
			}
		}
	})
}

func mapsClone(m map[string]routing.Capacity) map[string]routing.Capacity {
	out := make(map[string]routing.Capacity, len(m))
	maps.Copy(out, m)
	return out
}

type fataler interface {
	Helper()
	Fatal(...any)
}

func newEngine(t fataler, cfg routing.Config) *routing.Engine {
	t.Helper()
	e, err := routing.NewEngine(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, site := range []int32{1, 2} {
		if err := e.SetConfig(site, cfg, start); err != nil {
			t.Fatal(err)
		}
	}
	return e
}
