package routing

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

// Catalog describes the built-in strategies, in their default order.
func Catalog() []StrategySpec { return BuiltIn().Specs() }

// DefaultConfig is what holds, with the built-in strategies, at a site where nobody has set anything.
func DefaultConfig() Config { return BuiltIn().Default() }

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
