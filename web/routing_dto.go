package web

import (
	"time"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/calendar"
)

// RoutingSkill is something an agent can do, or a conversation needs.
type RoutingSkill struct {
	Name  string `json:"name" minLength:"1" maxLength:"100"`
	Level int    `json:"level" minimum:"1" maximum:"5"`
}

func skillsOf(from []routing.Skill) []RoutingSkill {
	out := make([]RoutingSkill, len(from))
	for i, s := range from {
		out[i] = RoutingSkill(s)
	}
	return out
}

func skillsFrom(from []RoutingSkill) []routing.Skill {
	out := make([]routing.Skill, len(from))
	for i, s := range from {
		out[i] = routing.Skill(s)
	}
	return out
}

// RoutingReason is why an agent was chosen, or comes before others.
type RoutingReason struct {
	Code  string  `json:"code" doc:"See docs/routing.md"`
	Value float64 `json:"value"`
	Of    float64 `json:"of" doc:"What value is a part of; 0 = of nothing"`
	Text  string  `json:"text" doc:"What the code speaks of: a skill, a team, a language"`
}

func reasonsOf(from []routing.Reason) []RoutingReason {
	out := make([]RoutingReason, len(from))
	for i, r := range from {
		out[i] = RoutingReason(r)
	}
	return out
}

// RoutingRejection is why an agent did not get it.
type RoutingRejection struct {
	Agent string  `json:"agent" doc:"User id"`
	Name  string  `json:"name"`
	Code  string  `json:"code" doc:"See docs/routing.md"`
	Value float64 `json:"value"`
	Of    float64 `json:"of" doc:"What value is a part of; 0 = of nothing"`
	Text  string  `json:"text" doc:"What the code speaks of: a skill, a team, a language, a presence"`
}

// RoutingCandidate is an agent who could take it.
type RoutingCandidate struct {
	Agent   string          `json:"agent" doc:"User id"`
	Name    string          `json:"name"`
	Reasons []RoutingReason `json:"reasons" nullable:"false"`
}

// RoutingNeeds is what a conversation asks of an agent, after the rules.
type RoutingNeeds struct {
	Department int32          `json:"department"`
	Team       string         `json:"team" doc:"Team id; empty = anybody of the department"`
	Language   string         `json:"language"`
	Skills     []RoutingSkill `json:"skills" nullable:"false"`
	Priority   int            `json:"priority"`
	VIP        bool           `json:"vip"`
	Weight     int            `json:"weight" doc:"What it takes of a capacity"`
}

func needsOf(i routing.Item) RoutingNeeds {
	return RoutingNeeds{
		Department: i.Department, Team: i.Team, Language: i.Language, Skills: skillsOf(i.Skills), Priority: i.Priority, VIP: i.VIP,
		Weight: max(1, i.Weight),
	}
}

// RoutingExplanation says who could take a conversation, and why nobody else.
type RoutingExplanation struct {
	Needs      RoutingNeeds             `json:"needs"`
	Step       int                      `json:"step" doc:"Of the overflow; 0 = none yet"`
	NextStepS  float64                  `json:"next_step_s" doc:"Seconds until the next; 0 = there is none"`
	Candidates []RoutingCandidate       `json:"candidates" nullable:"false" doc:"The best first"`
	Rejected   []RoutingRejection       `json:"rejected" nullable:"false"`
	Waits      OrNull[RoutingRejection] `json:"waits" doc:"It is kept for this agent for now"`
}

func explanationOf(e routing.Explanation) RoutingExplanation {
	out := RoutingExplanation{
		Needs: needsOf(e.Item), Step: e.Step, NextStepS: e.NextStepS,
		Candidates: []RoutingCandidate{}, Rejected: []RoutingRejection{},
	}
	for _, c := range e.Candidates {
		out.Candidates = append(out.Candidates, RoutingCandidate{Agent: c.Agent, Name: c.Name, Reasons: reasonsOf(c.Reasons)})
	}
	for _, r := range e.Rejected {
		out.Rejected = append(out.Rejected, RoutingRejection(r))
	}
	if e.Waits != nil {
		waits := RoutingRejection(*e.Waits)
		out.Waits.Value = &waits
	}
	return out
}

// RoutingCount counts agents by why they do not get it.
type RoutingCount struct {
	Code string `json:"code"`
	N    int    `json:"n"`
}

// RoutingWaiting is a conversation of the live queue.
type RoutingWaiting struct {
	Conversation string         `json:"conversation"`
	ContactID    string         `json:"contact_id"`
	Contact      string         `json:"contact" doc:"The visitor's name; may be empty"`
	LastMessage  string         `json:"last_message"`
	Position     int            `json:"position" doc:"In the order in which they are given out; 0 = it is being offered"`
	Since        time.Time      `json:"since"`
	Needs        RoutingNeeds   `json:"needs"`
	Step         int            `json:"step"`
	NextStepS    float64        `json:"next_step_s"`
	Explained    bool           `json:"explained" doc:"Whether candidates and counts are told: they are of the first ones, and of none that is being offered"`
	Candidates   int            `json:"candidates" doc:"How many agents could take it"`
	Counts       []RoutingCount `json:"counts" nullable:"false" doc:"Why the others do not, most first"`
	OfferedTo    OrNull[Person] `json:"offered_to" doc:"Who is asked right now"`
	OfferedUntil *time.Time     `json:"offered_until" nullable:"true"`
}

// RoutingAgent is what routing knows of an agent.
type RoutingAgent struct {
	ID             string         `json:"id"`
	Name           string         `json:"name"`
	Role           string         `json:"role" enum:"agent,admin"`
	Presence       string         `json:"presence" enum:"online,away,invisible,offline"`
	Reason         string         `json:"reason" doc:"Of being away"`
	Active         int            `json:"active" doc:"What is in hand, of all sites and channels"`
	Cap            int            `json:"cap"`
	Caps           map[string]int `json:"caps" nullable:"false" doc:"By channel; one that is absent has only cap"`
	Departments    []int32        `json:"departments" nullable:"false"`
	AllDepartments bool           `json:"all_departments"`
	Teams          []string       `json:"teams" nullable:"false" doc:"Team ids"`
	Skills         []RoutingSkill `json:"skills" nullable:"false"`
	Languages      []string       `json:"languages" nullable:"false" doc:"None = all"`
}

func routingAgentOf(p chat.AgentProfile) RoutingAgent {
	out := RoutingAgent{
		ID: p.User, Name: p.Name, Role: p.Role, Presence: p.Presence, Reason: p.Reason, Active: p.Active, Cap: p.Cap, Caps: p.Caps,
		Departments: p.Departments, AllDepartments: p.AllDepartments, Teams: p.Teams, Skills: skillsOf(p.Skills), Languages: p.Languages,
	}
	if out.Caps == nil {
		out.Caps = map[string]int{}
	}
	if out.Departments == nil {
		out.Departments = []int32{}
	}
	if out.Teams == nil {
		out.Teams = []string{}
	}
	if out.Languages == nil {
		out.Languages = []string{}
	}
	return out
}

// RoutingStep is what is relaxed for a conversation that has waited; steps add up.
type RoutingStep struct {
	AfterS   int      `json:"after_s" minimum:"0" maximum:"86400"`
	Relax    []string `json:"relax" nullable:"false" doc:"language, team, skills: no longer needed" maxItems:"3"`
	Levels   int      `json:"levels" minimum:"0" maximum:"5" doc:"By how many levels each skill may fall short"`
	Teams    []string `json:"teams" nullable:"false" doc:"These teams may take it too" maxItems:"100"`
	Priority int      `json:"priority" minimum:"0" maximum:"100" doc:"It goes before others"`
}

func stepsOf(from []routing.Step) []RoutingStep {
	out := make([]RoutingStep, len(from))
	for i, s := range from {
		out[i] = RoutingStep{AfterS: s.AfterSeconds, Relax: append([]string{}, s.Relax...), Levels: s.Levels, Teams: append([]string{}, s.Teams...), Priority: s.Priority}
	}
	return out
}

func stepsFrom(from []RoutingStep) []routing.Step {
	out := make([]routing.Step, len(from))
	for i, s := range from {
		out[i] = routing.Step{AfterSeconds: s.AfterS, Relax: s.Relax, Levels: s.Levels, Teams: s.Teams, Priority: s.Priority}
	}
	return out
}

// RoutingStrategy switches and tunes one strategy.
type RoutingStrategy struct {
	Name   string             `json:"name" maxLength:"100"`
	On     bool               `json:"on"`
	Params map[string]float64 `json:"params" nullable:"false" doc:"Those that are absent have their default"`
}

// RoutingCondition looks at one attribute of a conversation.
type RoutingCondition struct {
	Field string `json:"field" maxLength:"100" doc:"page, locale, reason, email, site, or attr.NAME"`
	Op    string `json:"op" enum:"is,not,contains,prefix,suffix,exists"`
	Value string `json:"value" maxLength:"500"`
}

// RoutingRule changes what fits all its conditions as it enters the queue.
type RoutingRule struct {
	Name     string             `json:"name" maxLength:"100"`
	On       bool               `json:"on"`
	When     []RoutingCondition `json:"when" nullable:"false" maxItems:"10"`
	VIP      bool               `json:"vip"`
	Priority int                `json:"priority" minimum:"0" maximum:"100"`
	Team     string             `json:"team" maxLength:"36" doc:"Team id; empty = unchanged"`
	Skills   []RoutingSkill     `json:"skills" nullable:"false" maxItems:"20"`
	Weight   int                `json:"weight" minimum:"0" maximum:"100" doc:"0 = unchanged"`
}

// RoutingTeamRules is what differs for one team.
type RoutingTeamRules struct {
	Team     string         `json:"team" maxLength:"36" doc:"Team id"`
	Hours    *calendar.Spec `json:"hours,omitempty" doc:"When it works; absent = always"`
	Overflow []RoutingStep  `json:"overflow" nullable:"false" maxItems:"10" doc:"Instead of the site's, for what waits for this team; none = the site's"`
}

// RoutingRuleSet is all that admins set of a site's routing.
type RoutingRuleSet struct {
	Version      int64              `json:"version" minimum:"0" doc:"Send it back when saving; refused with conflict when somebody else saved since. 0 = nothing is set yet"`
	Strategies   []RoutingStrategy  `json:"strategies" nullable:"false" maxItems:"50" doc:"In the order in which they are asked"`
	AgeingS      int                `json:"ageing_s" minimum:"1" maximum:"86400" doc:"A step of priority goes before what came so many seconds earlier"`
	ReservationS int                `json:"reservation_s" minimum:"0" maximum:"600" doc:"How long an agent may think about an offer; 0 = given at once"`
	Overflow     []RoutingStep      `json:"overflow" nullable:"false" maxItems:"10"`
	Rules        []RoutingRule      `json:"rules" nullable:"false" maxItems:"100"`
	Teams        []RoutingTeamRules `json:"teams" nullable:"false" maxItems:"1000"`
	DefaultCap   int                `json:"default_cap" minimum:"0" maximum:"1000" doc:"Of agents who get their first conversation"`
}

// RoutingRules are they with who set them, and what strategies there are.
type RoutingRules struct {
	RoutingRuleSet
	UpdatedAt *time.Time            `json:"updated_at" nullable:"true"`
	UpdatedBy string                `json:"updated_by" doc:"A name; empty = nobody yet"`
	Running   bool                  `json:"running" doc:"Whether this installation gives conversations out (routing.enabled)"`
	Catalog   []RoutingStrategySpec `json:"catalog" nullable:"false"`
}

// RoutingStrategySpec describes a strategy.
type RoutingStrategySpec struct {
	Name   string             `json:"name"`
	Kind   string             `json:"kind" enum:"item,filter,order" doc:"item changes what enters, filter says who may, order who should"`
	Params []RoutingParamSpec `json:"params" nullable:"false"`
}

// RoutingParamSpec describes a parameter of a strategy.
type RoutingParamSpec struct {
	Name    string  `json:"name"`
	Kind    string  `json:"kind" enum:"int,seconds,bool"`
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Default float64 `json:"default"`
}

func catalogOf(from []routing.StrategySpec) []RoutingStrategySpec {
	out := make([]RoutingStrategySpec, len(from))
	for i, s := range from {
		out[i] = RoutingStrategySpec{Name: s.Name, Kind: string(s.Kind), Params: make([]RoutingParamSpec, len(s.Params))}
		for j, p := range s.Params {
			out[i].Params[j] = RoutingParamSpec(p)
		}
	}
	return out
}

func ruleSetOf(c routing.Config) RoutingRuleSet {
	out := RoutingRuleSet{
		Version: c.Version, AgeingS: c.AgeingSeconds, ReservationS: c.ReservationSeconds, Overflow: stepsOf(c.Overflow), DefaultCap: c.DefaultCap,
		Strategies: make([]RoutingStrategy, len(c.Strategies)), Rules: make([]RoutingRule, len(c.Rules)), Teams: make([]RoutingTeamRules, len(c.Teams)),
	}
	for i, s := range c.Strategies {
		out.Strategies[i] = RoutingStrategy(s)
		if s.Params == nil {
			out.Strategies[i].Params = map[string]float64{}
		}
	}
	for i, r := range c.Rules {
		rule := RoutingRule{Name: r.Name, On: r.On, When: make([]RoutingCondition, len(r.When)), VIP: r.VIP, Priority: r.Priority, Team: r.Team, Skills: skillsOf(r.Skills), Weight: r.Weight}
		for j, w := range r.When {
			rule.When[j] = RoutingCondition(w)
		}
		out.Rules[i] = rule
	}
	for i, t := range c.Teams {
		out.Teams[i] = RoutingTeamRules{Team: t.Team, Hours: t.Hours, Overflow: stepsOf(t.Overflow)}
	}
	return out
}

func (r RoutingRuleSet) config() routing.Config {
	out := routing.Config{
		Version: r.Version, AgeingSeconds: r.AgeingS, ReservationSeconds: r.ReservationS, Overflow: stepsFrom(r.Overflow), DefaultCap: r.DefaultCap,
		Strategies: make([]routing.StrategyConfig, len(r.Strategies)), Rules: make([]routing.Rule, len(r.Rules)), Teams: make([]routing.TeamConfig, len(r.Teams)),
	}
	for i, s := range r.Strategies {
		out.Strategies[i] = routing.StrategyConfig(s)
	}
	for i, from := range r.Rules {
		rule := routing.Rule{Name: from.Name, On: from.On, When: make([]routing.Condition, len(from.When)), VIP: from.VIP, Priority: from.Priority, Team: from.Team, Skills: skillsFrom(from.Skills), Weight: from.Weight}
		for j, w := range from.When {
			rule.When[j] = routing.Condition(w)
		}
		out.Rules[i] = rule
	}
	for i, t := range r.Teams {
		out.Teams[i] = routing.TeamConfig{Team: t.Team, Hours: t.Hours, Overflow: stepsFrom(t.Overflow)}
	}
	return out
}
