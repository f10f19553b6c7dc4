package routing

import "slices"

// The strategies' names.
const (
	StrategyRules    = "rules"         // the site's rules change what enters the queue
	StrategyVIP      = "vip"           // VIPs go before others
	StrategyOverflow = "overflow"      // what waits long is relaxed
	StrategyReturned = "returned"      // who gave it back or declined it is not asked again for a while
	StrategyHours    = "hours"         // teams work in their hours only
	StrategyTeam     = "team"          // what waits for a team is its members'
	StrategyLanguage = "language"      // who speaks the visitor's language
	StrategySkills   = "skills"        // who has the skills, at their levels
	StrategySticky   = "sticky"        // whom the visitor talked to last
	StrategyStep     = "skill_step"    // who falls short by the fewest levels
	StrategyLoad     = "least_load"    // the smallest share of their capacity in use
	StrategyRecent   = "least_recent"  // the least work of the last five minutes
	StrategyIdle     = "longest_idle"  // whose load has not changed for longest
	StrategySpare    = "spare_experts" // who has the fewest levels to spare
)

// Kind says what a strategy does.
type Kind string

// The kinds of strategy.
const (
	KindItem   Kind = "item"   // changes what waits; its place in the list means nothing
	KindFilter Kind = "filter" // says who may; its place in the list decides which reason is given
	KindOrder  Kind = "order"  // says who should: the first that tells two agents apart decides
)

// StrategySpec describes a strategy to people.
type StrategySpec struct {
	Name   string      `json:"name"`
	Kind   Kind        `json:"kind"`
	On     bool        `json:"on"` // by default
	Params []ParamSpec `json:"params"`
}

// ParamSpec describes a parameter.
type ParamSpec struct {
	Name    string  `json:"name"`
	Kind    string  `json:"kind"` // "int", "seconds", "bool"
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Default float64 `json:"default"`
}

// Catalog returns what strategies there are, in their default order.
func Catalog() []StrategySpec {
	all := builtin()
	specs := make([]StrategySpec, len(all))
	for i, s := range all {
		specs[i] = s.Spec
	}
	return specs
}

// DefaultConfig is what holds at a site where nobody has set anything.
func DefaultConfig() Config { return defaultConfig(Catalog()) }

func defaultConfig(specs []StrategySpec) Config {
	c := Config{
		AgeingSeconds: 60, DefaultCap: 5, Rules: []Rule{}, Teams: []TeamConfig{},
		Overflow: []Step{
			{AfterSeconds: 60, Relax: []string{RelaxLanguage}, Levels: 1},
			{AfterSeconds: 180, Relax: []string{RelaxSkills}},
		},
	}
	for _, s := range specs {
		sc := StrategyConfig{Name: s.Name, On: s.On}
		for _, p := range s.Params {
			if sc.Params == nil {
				sc.Params = map[string]float64{}
			}
			sc.Params[p.Name] = p.Default
		}
		c.Strategies = append(c.Strategies, sc)
	}
	return c
}

// Complete returns c with the strategies that it does not name, of a newer
// release, as they are by default.
func (c Config) Complete() Config {
	for _, d := range DefaultConfig().Strategies {
		if !slices.ContainsFunc(c.Strategies, func(s StrategyConfig) bool { return s.Name == d.Name }) {
			c.Strategies = append(slices.Clip(c.Strategies), d)
		}
	}
	return c
}
