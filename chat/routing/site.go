package routing

import (
	"fmt"
	"time"

	"frontdesk/internal/calendar"
)

// site is a site's configuration, compiled.
type site struct {
	cfg      Config
	filters  []active
	orders   []active
	rulesOn  bool
	vip      int // priority of a VIP; 0 = none
	overflow []Step
	teams    map[string]*TeamConfig
	hours    []teamHours   // of teams that have any
	wait     time.Duration // for whom the visitor talked to last
	returned float64       // seconds; see StrategyReturned
	custom   bool          // there is a filter that is not built in
}

// active is a strategy that is switched on, with its parameters.
type active struct {
	*Strategy
	params []float64
}

// teamHours are a team's hours, asked once a minute.
type teamHours struct {
	team   int32
	hours  *calendar.Hours
	minute int64
	open   bool
}

// compile checks cfg and returns what it means; team numbers come from e.
func (e *Engine) compile(cfg Config) (*site, error) {
	if err := e.strategies.Validate(cfg); err != nil {
		return nil, err
	}
	s := &site{cfg: cfg, teams: make(map[string]*TeamConfig, len(cfg.Teams))}
	for _, sc := range cfg.Strategies {
		if !sc.On {
			continue
		}
		i := e.strategies.index(sc.Name)
		st := &e.strategies.all[i]
		params := make([]float64, len(st.Spec.Params))
		for k, p := range st.Spec.Params {
			params[k] = p.Default
			if v, ok := sc.Params[p.Name]; ok {
				params[k] = v
			}
		}
		switch a := (active{st, params}); st.Spec.Kind {
		case KindFilter:
			s.filters = append(s.filters, a)
			s.custom = s.custom || i >= e.strategies.builtin
		case KindOrder:
			s.orders = append(s.orders, a)
		case KindItem:
		}
		switch sc.Name {
		case StrategyRules:
			s.rulesOn = true
		case StrategyVIP:
			s.vip = int(params[0])
		case StrategyOverflow:
			s.overflow = cfg.Overflow
		case StrategySticky:
			s.wait = seconds(params[0])
		case StrategyReturned:
			s.returned = params[0]
		}
	}
	for i := range cfg.Teams {
		t := &cfg.Teams[i]
		s.teams[t.Team] = t
		if t.Hours == nil {
			continue
		}
		hours, err := calendar.New(*t.Hours)
		if err != nil {
			return nil, fmt.Errorf("%w: team %d: %w", ErrConfig, i+1, err)
		}
		s.hours = append(s.hours, teamHours{team: e.number(nameTeam, t.Team), hours: hours, minute: -1})
	}
	return s, nil
}

// steps returns the overflow of an item that waits for a team.
func (s *site) steps(team string) []Step {
	if s.overflow == nil {
		return nil
	}
	if t := s.teams[team]; t != nil && len(t.Overflow) > 0 {
		return t.Overflow
	}
	return s.overflow
}

// works reports whether the agent works now: the team that is waited for, or any
// of theirs, is open. Teams without hours always are, and so is who has no team.
func (s *site) works(a *seat, e *entry, now time.Time) bool {
	if len(s.hours) == 0 {
		return true
	}
	if e.team != 0 && len(e.others) == 0 && a.inTeam(e.team) {
		return s.open(e.team, now)
	}
	if len(a.teams) == 0 {
		return true
	}
	for _, t := range a.teams {
		if s.open(t, now) {
			return true
		}
	}
	return false
}

func (s *site) open(team int32, now time.Time) bool {
	for i := range s.hours {
		h := &s.hours[i]
		if h.team != team {
			continue
		}
		if minute := now.Unix() / 60; minute != h.minute {
			h.minute, h.open = minute, h.hours.IsOpen(now)
		}
		return h.open
	}
	return true
}
