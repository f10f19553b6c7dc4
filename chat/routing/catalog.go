package routing

// The strategies' names.
const (
	StrategyRules    = "rules"         // the site's rules change what enters the queue
	StrategyVIP      = "vip"           // VIPs go before others
	StrategyOverflow = "overflow"      // what waits long is relaxed
	StrategyHours    = "hours"         // teams work in their hours only
	StrategyTeam     = "team"          // what waits for a team is its members'
	StrategyLanguage = "language"      // who speaks the visitor's language
	StrategySkills   = "skills"        // who has the skills, at their levels
	StrategySticky   = "sticky"        // whom the visitor talked to last
	StrategyStep     = "skill_step"    // who falls short by the fewest levels
	StrategySpare    = "spare_experts" // who has the fewest levels to spare
	StrategyLoad     = "least_load"    // the smallest share of their capacity in use
	StrategyRecent   = "least_recent"  // the least work of the last five minutes
	StrategyIdle     = "longest_idle"  // whose load has not changed for longest
)

// Kind says what a strategy does.
type Kind string

// The kinds of strategy.
const (
	KindItem   Kind = "item"   // changes what enters the queue; its place in the list means nothing
	KindFilter Kind = "filter" // says who may; its place in the list decides which reason is given
	KindOrder  Kind = "order"  // says who should: the first that tells two agents apart decides
)

// StrategySpec describes a strategy to people.
type StrategySpec struct {
	Name   string      `json:"name"`
	Kind   Kind        `json:"kind"`
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
