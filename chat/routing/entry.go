package routing

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// entry is an item in the queue, compiled: names are numbers.
type entry struct {
	item  Item // after the rules
	given Item // as it was put
	rules []string
	key   int64 // Unix nanoseconds: the place less the priority

	step        int // overflow steps that it is past
	ownTeam     int32
	ownLanguage int32
	team        int32 // needed now; 0 = none
	others      []int32
	language    int32 // needed now; 0 = any
	needs       []need
	slack       int  // levels that each need may fall short by
	any         bool // skills are no longer needed
	class       *class
	changes     int64 // Unix nanoseconds at which time alone changes it; 0 = never
}

// need is a skill with its least level.
type need struct {
	skill int32
	level int
}

// class is what items have in common that the same agents may take.
type class struct {
	key     string
	items   int
	blocked uint64 // the pass that found nobody for it
}

// compareEntries orders the queue. The conversation's id makes it the same on every node.
func compareEntries(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.key, b.key), a.item.EnqueuedAt.Compare(b.item.EnqueuedAt), strings.Compare(a.item.Conversation, b.item.Conversation))
}

// enough reports whether the agent's level will do for n.
func (e *entry) enough(s *seat, n need) bool {
	have := s.level(n.skill)
	return have > 0 && have+e.slack >= n.level
}

// skilled reports whether the agent can do all that is needed.
func (e *entry) skilled(s *seat) bool {
	if e.any {
		return true
	}
	for _, n := range e.needs {
		if !e.enough(s, n) {
			return false
		}
	}
	return true
}

// levels returns by how many levels, over all needs, the agent falls short and has to spare.
func (e *entry) levels(s *seat) (short, spare int) {
	for _, n := range e.needs {
		switch have := s.level(n.skill); {
		case have < n.level:
			short += n.level - have
		default:
			spare += have - n.level
		}
	}
	return short, spare
}

func (e *entry) inTeams(s *seat) bool {
	return s.inTeam(e.team) || slices.ContainsFunc(e.others, func(t int32) bool { return s.inTeam(t) })
}

// excludes returns for how much longer the agent is not asked, as they gave the item back less than forSeconds ago.
func (e *entry) excludes(s *seat, now time.Time, forSeconds float64) time.Duration {
	for _, x := range e.item.Excluded {
		if x.Agent == s.agent.ID {
			return max(0, x.At.Add(seconds(forSeconds)).Sub(now))
		}
	}
	return 0
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// matches reports whether the condition holds for the attributes.
func (c *Condition) matches(attributes map[string]string) bool {
	have, ok := attributes[c.Field]
	have, want := strings.ToLower(have), strings.ToLower(c.Value)
	switch c.Op {
	case OpExists:
		return ok && have != ""
	case OpIs:
		return ok && have == want
	case OpNot:
		return have != want
	case OpContains:
		return ok && strings.Contains(have, want)
	case OpPrefix:
		return ok && strings.HasPrefix(have, want)
	case OpSuffix:
		return ok && strings.HasSuffix(have, want)
	}
	return false
}

// applyRules changes the item as the site's rules say and returns the names of
// those that did. Skills are joined, of two levels the higher counts.
func (s *site) applyRules(item *Item) (names []string) {
	if !s.rulesOn {
		return nil
	}
	for i := range s.cfg.Rules {
		r := &s.cfg.Rules[i]
		if !r.On || slices.ContainsFunc(r.When, func(c Condition) bool { return !c.matches(item.Attributes) }) {
			continue
		}
		names = append(names, r.Name)
		item.VIP = item.VIP || r.VIP
		item.Priority += r.Priority
		item.Weight = max(item.Weight, r.Weight)
		if item.Team == "" {
			item.Team = r.Team
		}
		for _, sk := range r.Skills {
			item.Skills = joinSkill(item.Skills, sk)
		}
	}
	return names
}

// joinSkill returns all with sk, never changing all's array.
func joinSkill(all []Skill, sk Skill) []Skill {
	if i := slices.IndexFunc(all, func(o Skill) bool { return strings.EqualFold(o.Name, sk.Name) }); i >= 0 {
		all = slices.Clone(all)
		all[i].Level = max(all[i].Level, sk.Level)
		return all
	}
	return append(slices.Clip(all), sk)
}
