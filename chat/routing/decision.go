package routing

import "slices"

// Reason is why an agent was chosen: a code and its numbers. Pages write the
// words.
type Reason struct {
	Code  string  `json:"code"`
	Value float64 `json:"value"`
	Of    float64 `json:"of,omitempty"` // what Value is a part of
	Text  string  `json:"text,omitempty"`
}

// The codes of a [Reason]. Value and Of in brackets.
const (
	ReasonOnly       = "only"     // nobody else could (candidates)
	ReasonDecided    = "decided"  // Text is the strategy that told the chosen one from the next (candidates)
	ReasonWaited     = "waited"   // seconds in the queue
	ReasonStep       = "step"     // the overflow step that it was at (step of steps)
	ReasonVIP        = "vip"      //
	ReasonPriority   = "priority" // steps of priority
	ReasonTeam       = "team"     // Text is the team
	ReasonLanguage   = "language" // Text is the language (1 = they speak it)
	ReasonSkill      = "skill"    // Text is the skill (level of the level needed)
	ReasonSticky     = "sticky"   // the visitor talked to them last
	ReasonLoad       = "load"     // weight in hand, of the cap
	ReasonRecent     = "recent"   // work of the last five minutes
	ReasonIdle       = "idle"     // seconds since their load last changed
	ReasonSpareLevel = "spare"    // levels beyond those needed
	ReasonRule       = "rule"     // Text is the rule's name
)

// ReasonCodes returns all codes of a [Reason].
func ReasonCodes() []string {
	return slices.Clone([]string{
		ReasonOnly, ReasonDecided, ReasonWaited, ReasonStep, ReasonVIP, ReasonPriority, ReasonTeam, ReasonLanguage, ReasonSkill,
		ReasonSticky, ReasonLoad, ReasonRecent, ReasonIdle, ReasonSpareLevel, ReasonRule,
	})
}

// Rejection is why an agent was not chosen.
type Rejection struct {
	Agent string  `json:"agent"`
	Name  string  `json:"name,omitempty"`
	Code  string  `json:"code"`
	Value float64 `json:"value,omitempty"`
	Of    float64 `json:"of,omitempty"`
	Text  string  `json:"text,omitempty"`
}

// The codes of a [Rejection]. Value and Of in brackets.
const (
	RejectSite       = "site"       // works for other sites
	RejectDepartment = "department" // works for other departments
	RejectPresence   = "presence"   // Text is away, invisible or offline
	RejectRests      = "rests"      // was refused by the database a moment ago and is read again (seconds left)
	RejectExcluded   = "excluded"   // gave it back or let it pass (seconds until they are asked again)
	RejectHours      = "hours"      // their teams are closed
	RejectTeam       = "team"       // is not in the team; Text is it
	RejectLanguage   = "language"   // does not speak it; Text is it
	RejectSkill      = "skill"      // Text is the skill (level of the level needed)
	RejectFull       = "full"       // weight in hand, of the cap
	RejectChannel    = "channel"    // Text is the channel (weight in hand, of its cap)
	RejectWaits      = "waits"      // it waits for whom the visitor talked to last (seconds left)
	RejectOutranked  = "outranked"  // could have; Text is the strategy that preferred another (their value, of the chosen one's)
)

// RejectCodes returns all codes of a [Rejection].
func RejectCodes() []string {
	return slices.Clone([]string{
		RejectSite, RejectDepartment, RejectPresence, RejectRests, RejectExcluded, RejectHours, RejectTeam, RejectLanguage, RejectSkill,
		RejectFull, RejectChannel, RejectWaits, RejectOutranked,
	})
}

// Decision is one item and who gets it. It is valid until the engine is used again.
type Decision struct {
	Item       *Item // after the rules
	Agent      *Agent
	Strategy   string // that told the chosen one from the next best; empty when nobody else could
	Candidates int    // how many could
}

// Record is what the log keeps of a decision, for staff.
type Record struct {
	Strategy   string         `json:"strategy,omitempty"`
	Reasons    []Reason       `json:"reasons"`
	Rejected   []Rejection    `json:"rejected,omitempty"`
	Counts     map[string]int `json:"counts,omitempty"` // of rejections, by code
	WaitedMS   int64          `json:"waited_ms"`
	Candidates int            `json:"candidates"`
	Weight     int            `json:"weight"`             // of the agent's capacity
	Reserved   bool           `json:"reserved,omitempty"` // they were asked first
}

// Explanation says who would get an item, and why nobody else.
type Explanation struct {
	Item       Item        `json:"item"`        // after the rules
	Step       int         `json:"step"`        // of the overflow, 0 = none yet
	NextStepS  float64     `json:"next_step_s"` // seconds until the next; 0 = none
	Candidates []Candidate `json:"candidates"`  // who could, the best first
	Rejected   []Rejection `json:"rejected"`
	Waits      *Rejection  `json:"waits,omitempty"` // it is kept for somebody, for now
}

// Candidate is an agent who could take the item, with what was compared.
type Candidate struct {
	Agent   string   `json:"agent"`
	Name    string   `json:"name"`
	Reasons []Reason `json:"reasons"`
}
