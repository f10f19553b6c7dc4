package routing

import "time"

// Strategy is a named part of the decision. Those of the [Catalog] are built in;
// [NewStrategies] takes others. Its functions are pure and allocate nothing: they run for
// each agent of each decision.
type Strategy struct {
	Spec StrategySpec
	// Allow reports whether the agent may take the item. Of filters.
	Allow func(v *View) bool
	// Why says why Allow refused; its Agent and Name are filled in. Of filters; nil = a Rejection with the strategy's name.
	Why func(v *View) Rejection
	// Score compares agents: the smaller is better. Of orders.
	Score func(v *View) float64
	// Told says what Score looked at, of the agent chosen. Of filters and orders; nil, or no Code = nothing.
	Told func(v *View) Reason
}

// View is what a strategy looks at: one item and one agent, with the strategy's
// parameters.
type View struct {
	now    time.Time
	site   *site
	entry  *entry
	seat   *seat
	params []float64
	again  bool // who let the item pass is looked at once more
}

// Now is when the decision is made.
func (v *View) Now() time.Time { return v.now }

// Item is what waits, after the rules. It must not be changed.
func (v *View) Item() *Item { return &v.entry.item }

// Agent is who is looked at. It must not be changed.
func (v *View) Agent() *Agent { return &v.seat.agent }

// Param returns the i-th parameter of the strategy, as its Spec lists them.
func (v *View) Param(i int) float64 { return v.params[i] }

// Load is what the agent has in hand, all channels together, in weights.
func (v *View) Load() int { return v.seat.used }

// builtin returns the strategies that are always there.
func builtin() []Strategy {
	return []Strategy{
		{Spec: StrategySpec{Name: StrategyRules, Kind: KindItem, On: true, Params: []ParamSpec{}}},
		{Spec: StrategySpec{Name: StrategyVIP, Kind: KindItem, On: true, Params: []ParamSpec{
			{Name: "priority", Kind: "int", Min: 0, Max: MaxPriority, Default: 10},
		}}},
		{Spec: StrategySpec{Name: StrategyOverflow, Kind: KindItem, On: true, Params: []ParamSpec{}}},
		{
			Spec: StrategySpec{Name: StrategyReturned, Kind: KindFilter, On: true, Params: []ParamSpec{
				{Name: "for_s", Kind: "seconds", Min: 0, Max: 86400, Default: 300},
			}},
			Allow: func(v *View) bool { return v.again || v.entry.excludes(v.seat, v.now, v.params[0]) <= 0 },
			Why: func(v *View) Rejection {
				return Rejection{Code: RejectExcluded, Value: v.entry.excludes(v.seat, v.now, v.params[0]).Seconds()}
			},
		},
		{
			Spec:  StrategySpec{Name: StrategyHours, Kind: KindFilter, On: true, Params: []ParamSpec{}},
			Allow: func(v *View) bool { return v.site.works(v.seat, v.entry, v.now) },
			Why:   func(*View) Rejection { return Rejection{Code: RejectHours} },
		},
		{
			Spec:  StrategySpec{Name: StrategyTeam, Kind: KindFilter, On: true, Params: []ParamSpec{}},
			Allow: func(v *View) bool { return v.entry.team == 0 || v.entry.inTeams(v.seat) },
			Why:   func(v *View) Rejection { return Rejection{Code: RejectTeam, Text: v.entry.item.Team} },
			Told:  toldTeam,
		},
		{
			Spec:  StrategySpec{Name: StrategyLanguage, Kind: KindFilter, On: true, Params: []ParamSpec{}},
			Allow: func(v *View) bool { return v.entry.language == 0 || v.seat.speaks(v.entry.language) },
			Why:   func(v *View) Rejection { return Rejection{Code: RejectLanguage, Text: v.entry.item.Language} },
			Told:  toldLanguage,
		},
		{
			Spec:  StrategySpec{Name: StrategySkills, Kind: KindFilter, On: true, Params: []ParamSpec{}},
			Allow: func(v *View) bool { return v.entry.skilled(v.seat) },
			Why:   whySkill,
			Told:  toldSkill,
		},
		{
			Spec: StrategySpec{Name: StrategySticky, Kind: KindOrder, On: true, Params: []ParamSpec{
				{Name: "wait_s", Kind: "seconds", Min: 0, Max: 600, Default: 0},
			}},
			Score: func(v *View) float64 {
				if v.entry.item.Sticky == v.seat.agent.ID {
					return 0
				}
				return 1
			},
			Told: func(v *View) Reason {
				if v.entry.item.Sticky != v.seat.agent.ID {
					return Reason{}
				}
				return Reason{Code: ReasonSticky, Value: 1}
			},
		},
		{
			Spec:  StrategySpec{Name: StrategyStep, Kind: KindOrder, On: true, Params: []ParamSpec{}},
			Score: func(v *View) float64 { short, _ := v.entry.levels(v.seat); return float64(short) },
		},
		{
			Spec:  StrategySpec{Name: StrategyLoad, Kind: KindOrder, On: true, Params: []ParamSpec{}},
			Score: func(v *View) float64 { return float64(v.seat.used) / float64(max(1, v.seat.agent.Cap)) },
			Told: func(v *View) Reason {
				return Reason{Code: ReasonLoad, Value: float64(v.seat.used), Of: float64(v.seat.agent.Cap)}
			},
		},
		{
			Spec:  StrategySpec{Name: StrategyRecent, Kind: KindOrder, On: true, Params: []ParamSpec{}},
			Score: func(v *View) float64 { return v.seat.recent(v.now) },
			Told:  func(v *View) Reason { return Reason{Code: ReasonRecent, Value: v.seat.recent(v.now)} },
		},
		{
			Spec:  StrategySpec{Name: StrategyIdle, Kind: KindOrder, On: true, Params: []ParamSpec{}},
			Score: func(v *View) float64 { return float64(v.seat.idleSince) },
			Told: func(v *View) Reason {
				return Reason{Code: ReasonIdle, Value: max(0, v.now.Sub(time.Unix(0, v.seat.idleSince)).Round(time.Second).Seconds())}
			},
		},
		{
			Spec:  StrategySpec{Name: StrategySpare, Kind: KindOrder, On: false, Params: []ParamSpec{}},
			Score: func(v *View) float64 { _, spare := v.entry.levels(v.seat); return float64(spare) },
			Told: func(v *View) Reason {
				if len(v.entry.needs) == 0 {
					return Reason{}
				}
				_, spare := v.entry.levels(v.seat)
				return Reason{Code: ReasonSpareLevel, Value: float64(spare)}
			},
		},
	}
}

func toldTeam(v *View) Reason {
	if v.entry.item.Team == "" || !v.seat.inTeam(v.entry.ownTeam) {
		return Reason{}
	}
	return Reason{Code: ReasonTeam, Text: v.entry.item.Team, Value: 1}
}

func toldLanguage(v *View) Reason {
	e := v.entry
	if e.ownLanguage == 0 || len(v.seat.languages) == 0 {
		return Reason{}
	}
	r := Reason{Code: ReasonLanguage, Text: e.item.Language}
	if v.seat.speaks(e.ownLanguage) {
		r.Value = 1
	}
	return r
}

// toldSkill names the skill that comes closest to falling short.
func toldSkill(v *View) Reason {
	r, least := Reason{}, 2*MaxLevel
	for i, n := range v.entry.needs {
		if over := v.seat.level(n.skill) - n.level; over < least {
			least = over
			r = Reason{Code: ReasonSkill, Text: v.entry.item.Skills[i].Name, Value: float64(v.seat.level(n.skill)), Of: float64(n.level)}
		}
	}
	return r
}

// whySkill names the first skill that falls short.
func whySkill(v *View) Rejection {
	for i, n := range v.entry.needs {
		if !v.entry.enough(v.seat, n) {
			return Rejection{Code: RejectSkill, Text: v.entry.item.Skills[i].Name, Value: float64(v.seat.level(n.skill)), Of: float64(n.level)}
		}
	}
	return Rejection{Code: RejectSkill}
}
