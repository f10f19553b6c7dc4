package routing

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// seat is an agent as the engine works with them: names are numbers.
type seat struct {
	agent     Agent
	teams     []int32
	languages []int32 // none = all
	levels    []uint8 // by the number of the skill at a site
	used      int     // agent.Active and what is held
	on        []channelLoad
	idleSince int64 // Unix nanoseconds
	work      [workSlots]float64
	workAt    int64 // the slot of the last entry in work, since the epoch
	rests     int64 // Unix nanoseconds until which they are given nothing
	ready     bool  // may be given something at all
	index     int   // in Engine.all
}

// channelLoad is what a seat does on a channel. cap < 0 = none of its own.
type channelLoad struct {
	name      string
	used, cap int
}

// Work is counted in slots of half a minute, ten of which are the last five minutes.
const (
	workSlots  = 10
	workSlotNS = int64(30 * time.Second)
)

// What counts as work of the last five minutes, see [Engine.Work].
const (
	// WorkGiven is an item that was given to the agent.
	WorkGiven = 1.0
	// WorkWrote is a message that they wrote.
	WorkWrote = 0.25
)

// idle notes since when they are, as somebody else knows it: it only rises.
func (s *seat) idle(since time.Time) {
	if !since.IsZero() {
		s.idleSince = max(s.idleSince, since.UnixNano())
	}
}

// same reports whether b says what a does, but for since when they are idle.
func (a *Agent) same(b *Agent) bool {
	return a.Name == b.Name && a.AllDepartments == b.AllDepartments && a.Presence == b.Presence && a.Reason == b.Reason && a.Node == b.Node &&
		a.Active == b.Active && a.Cap == b.Cap && a.Recent == b.Recent &&
		slices.Equal(a.Sites, b.Sites) && slices.Equal(a.Departments, b.Departments) && slices.Equal(a.Teams, b.Teams) &&
		slices.Equal(a.Languages, b.Languages) && maps.Equal(a.Channels, b.Channels) && maps.EqualFunc(a.Skills, b.Skills, slices.Equal[[]Skill])
}

// did adds work.
func (s *seat) did(amount float64, now time.Time) {
	s.roll(now)
	s.work[s.workAt%workSlots] += amount
}

// recent is the work of the last five minutes.
func (s *seat) recent(now time.Time) float64 {
	sum, oldest := s.agent.Recent, now.UnixNano()/workSlotNS-workSlots+1
	for i := range int64(workSlots) {
		if at := s.workAt - i; at >= oldest && at >= 0 {
			sum += s.work[at%workSlots]
		}
	}
	return sum
}

// roll forgets what is older than the window.
func (s *seat) roll(now time.Time) {
	slot := now.UnixNano() / workSlotNS
	for s.workAt < slot {
		if slot-s.workAt > workSlots {
			s.workAt = slot - workSlots
		}
		s.workAt++
		s.work[s.workAt%workSlots] = 0
	}
}

func (s *seat) inTeam(team int32) bool { return slices.Contains(s.teams, team) }

func (s *seat) speaks(language int32) bool {
	return len(s.languages) == 0 || slices.Contains(s.languages, language)
}

// level is how well they do it; 0 = not at all.
func (s *seat) level(skill int32) int {
	if int(skill) >= len(s.levels) {
		return 0
	}
	return int(s.levels[skill])
}

// channel returns the load of one channel, made if there is none.
func (s *seat) channel(name string) *channelLoad {
	for i := range s.on {
		if s.on[i].name == name {
			return &s.on[i]
		}
	}
	s.on = append(s.on, channelLoad{name: name, cap: -1})
	return &s.on[len(s.on)-1]
}

// room reports whether the item fits into what they may do.
func (s *seat) room(item *Item) bool {
	if s.used+item.Weight > s.agent.Cap {
		return false
	}
	for i := range s.on {
		if c := &s.on[i]; c.name == item.Channel {
			return c.cap < 0 || c.used+item.Weight <= c.cap
		}
	}
	return true
}

// add moves the load by a weight, which may be negative.
func (s *seat) add(channel string, weight int) {
	s.used += weight
	s.channel(channel).used += weight
	s.refresh()
}

func (s *seat) refresh() {
	s.ready = s.agent.Presence == PresenceOnline && s.agent.Node != "" && s.used < s.agent.Cap
}

// reach reports whether the item lies within the walls around the agent.
func (s *seat) reach(item *Item) bool {
	return slices.Contains(s.agent.Sites, item.Site) && (s.agent.AllDepartments || slices.Contains(s.agent.Departments, item.Department))
}

// presence is what counts: without a node nobody is there.
func (s *seat) presence() string {
	if s.agent.Node == "" || s.agent.Presence == "" {
		return PresenceOffline
	}
	return s.agent.Presence
}

// baseLanguage is the part of a language tag before its region (RFC 5646, section 2.2).
func baseLanguage(tag string) string {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	return strings.ToLower(tag)
}
