package routing

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// Strategies are those that an installation knows: the built-in ones and its own.
// Whoever lists, checks or uses configurations has the same.
type Strategies struct {
	all     []Strategy
	builtin int // how many of them are, the first ones
}

// NewStrategies returns the strategies of the [Catalog] and these, which are filters
// and orders. It returns an error when two have one name, or one lacks what its kind needs.
func NewStrategies(more ...Strategy) (*Strategies, error) {
	own := builtin()
	s := &Strategies{all: append(own, more...), builtin: len(own)}
	seen := make(map[string]bool)
	for i, one := range s.all {
		spec := one.Spec
		switch {
		case spec.Name == "" || len(spec.Name) > MaxNameBytes || !utf8.ValidString(spec.Name) || seen[spec.Name]:
			return nil, fmt.Errorf("routing strategy %q: its name is empty, longer than %d bytes or taken", spec.Name, MaxNameBytes)
		case spec.Kind == KindFilter && one.Allow == nil, spec.Kind == KindOrder && one.Score == nil:
			return nil, fmt.Errorf("routing strategy %q: a filter needs Allow, an order Score", spec.Name)
		case spec.Kind != KindFilter && spec.Kind != KindOrder && i >= s.builtin:
			return nil, fmt.Errorf("routing strategy %q: its kind %q is neither %q nor %q", spec.Name, spec.Kind, KindFilter, KindOrder)
		}
		seen[spec.Name] = true
		for _, p := range spec.Params {
			if p.Name == "" || !slices.Contains([]string{"int", "seconds", "bool"}, p.Kind) || !(p.Default >= p.Min && p.Default <= p.Max) { // NaN is neither
				return nil, fmt.Errorf("routing strategy %q: parameter %q needs a name, the kind int, seconds or bool, and a default within its bounds", spec.Name, p.Name)
			}
		}
	}
	return s, nil
}

// BuiltIn returns the strategies of the [Catalog] alone.
func BuiltIn() *Strategies {
	own := builtin()
	return &Strategies{all: own, builtin: len(own)}
}

// Specs describes them, in their default order.
func (s *Strategies) Specs() []StrategySpec {
	specs := make([]StrategySpec, len(s.all))
	for i, one := range s.all {
		specs[i] = one.Spec
	}
	return specs
}

// Default is what holds at a site where nobody has set anything.
func (s *Strategies) Default() Config { return defaultConfig(s.Specs()) }

// Complete returns a stored configuration as it means today: strategies that it
// does not name, being newer, as they are by default; without those that there
// are no more.
func (s *Strategies) Complete(c Config) Config {
	c.Strategies = slices.DeleteFunc(slices.Clone(c.Strategies), func(one StrategyConfig) bool { return s.index(one.Name) < 0 })
	for _, d := range s.Default().Strategies {
		if !slices.ContainsFunc(c.Strategies, func(one StrategyConfig) bool { return one.Name == d.Name }) {
			c.Strategies = append(c.Strategies, d)
		}
	}
	return c
}

// index returns where a strategy is, -1 when there is none of this name.
func (s *Strategies) index(name string) int {
	return slices.IndexFunc(s.all, func(one Strategy) bool { return one.Spec.Name == name })
}
