package routing

import (
	"errors"
	"time"

	"frontdesk/internal/calendar"
)

// ErrConfig says what is wrong with a configuration; it is wrapped with the field and the mend.
var ErrConfig = errors.New("this routing setting cannot be used")

// Limits of a [Config].
const (
	MaxSteps      = 10
	MaxRules      = 100
	MaxConditions = 10
	MaxSkills     = 20  // of an item, and of a rule
	MaxPriority   = 100 // of a rule, a step, a requeue
	MaxLevel      = 5
	MaxNameBytes  = 100
)

// Config is how a site's conversations are given to agents. Version 0 = nobody
// has set anything: [DefaultConfig].
type Config struct {
	Version    int64            `json:"version"`
	Strategies []StrategyConfig `json:"strategies"` // in the order in which they are asked
	// AgeingSeconds is T: a step of priority goes before what came T seconds earlier, so nothing starves.
	AgeingSeconds int `json:"ageing_s"`
	// ReservationSeconds is how long an agent may think about an offer; 0 = assigned at once.
	ReservationSeconds int          `json:"reservation_s"`
	Overflow           []Step       `json:"overflow"` // when nobody was found after a time
	Rules              []Rule       `json:"rules"`
	Teams              []TeamConfig `json:"teams"`
	DefaultCap         int          `json:"default_cap"` // of agents who get their first conversation
	UpdatedAt          time.Time    `json:"updated_at,omitzero"`
	UpdatedBy          string       `json:"updated_by,omitempty"` // user id
}

// StrategyConfig switches and tunes one strategy of the [Catalog].
type StrategyConfig struct {
	Name   string             `json:"name"`
	On     bool               `json:"on"`
	Params map[string]float64 `json:"params,omitempty"` // those that are absent have their default
}

// Step is what is relaxed for an item that has waited; steps add up.
type Step struct {
	AfterSeconds int      `json:"after_s"`
	Relax        []string `json:"relax,omitempty"`    // "language", "team", "skills": no longer needed
	Levels       int      `json:"levels,omitempty"`   // by how many levels each skill may fall short
	Teams        []string `json:"teams,omitempty"`    // these teams may take it too
	Priority     int      `json:"priority,omitempty"` // it goes before others
}

// What a [Step] can relax.
const (
	RelaxLanguage = "language"
	RelaxTeam     = "team"
	RelaxSkills   = "skills"
)

// Rule changes an item that fits all its conditions, as it enters the queue.
type Rule struct {
	Name     string      `json:"name"`
	On       bool        `json:"on"`
	When     []Condition `json:"when"`
	VIP      bool        `json:"vip,omitempty"`
	Priority int         `json:"priority,omitempty"`
	Team     string      `json:"team,omitempty"` // unless it was put into a team's queue by hand
	Skills   []Skill     `json:"skills,omitempty"`
	Weight   int         `json:"weight,omitempty"`
}

// Condition looks at one attribute of an item: "page", "locale", "reason" (of
// the hand-over), "email", "site", or "attr.NAME", an attribute of the contact.
// Letter case is ignored.
type Condition struct {
	Field string `json:"field"`
	Op    string `json:"op"` // see Ops
	Value string `json:"value,omitempty"`
}

// The operators of a [Condition].
const (
	OpIs       = "is"
	OpNot      = "not"
	OpContains = "contains"
	OpPrefix   = "prefix"
	OpSuffix   = "suffix"
	OpExists   = "exists"
)

// Ops returns the operators that a [Condition] may have.
func Ops() []string { return []string{OpIs, OpNot, OpContains, OpPrefix, OpSuffix, OpExists} }

// TeamConfig is what differs for one team.
type TeamConfig struct {
	Team     string         `json:"team"`
	Hours    *calendar.Spec `json:"hours,omitempty"`    // nil = always
	Overflow []Step         `json:"overflow,omitempty"` // instead of the site's, for what waits in this team's queue
}
