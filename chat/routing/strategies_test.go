package routing_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"frontdesk/chat/routing"
)

func own(name string) routing.Strategy {
	return routing.Strategy{Spec: routing.StrategySpec{Name: name, Kind: routing.KindFilter}, Allow: func(*routing.View) bool { return false }}
}

func TestAnOwnStrategyMustBeWhole(t *testing.T) {
	t.Parallel()
	if s, err := routing.NewStrategies(own("mine")); err != nil || len(s.Specs()) != len(routing.Catalog())+1 {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*routing.Strategy){
		"without a name":        func(s *routing.Strategy) { s.Spec.Name = "" },
		"of a built-in's name":  func(s *routing.Strategy) { s.Spec.Name = routing.StrategySkills },
		"without Allow":         func(s *routing.Strategy) { s.Allow = nil },
		"an order without one":  func(s *routing.Strategy) { s.Spec.Kind = routing.KindOrder },
		"that changes items":    func(s *routing.Strategy) { s.Spec.Kind = routing.KindItem },
		"of no kind":            func(s *routing.Strategy) { s.Spec.Kind = "magic" },
		"a parameter of a kind": func(s *routing.Strategy) { s.Spec.Params = []routing.ParamSpec{{Name: "p", Kind: "text"}} },
		"a default too high": func(s *routing.Strategy) {
			s.Spec.Params = []routing.ParamSpec{{Name: "p", Kind: "int", Max: 1, Default: 2}}
		},
		"a default of no number": func(s *routing.Strategy) {
			s.Spec.Params = []routing.ParamSpec{{Name: "p", Kind: "int", Max: 1, Default: math.NaN()}}
		},
	} {
		s := own("mine")
		change(&s)
		if _, err := routing.NewStrategies(s); err == nil {
			t.Errorf("a strategy %s passes", what)
		}
	}
	if _, err := routing.NewStrategies(own("mine"), own("mine")); err == nil {
		t.Error("two of one name pass")
	}
}

func TestSettingsOutliveTheStrategiesThatTheyName(t *testing.T) {
	t.Parallel()
	with, err := routing.NewStrategies(own("mine"))
	if err != nil {
		t.Fatal(err)
	}
	saved := with.Default()
	saved.Version, saved.AgeingSeconds = 3, 7
	if err := with.Validate(saved); err != nil {
		t.Fatal(err)
	}
	without := routing.BuiltIn()
	if err := without.Validate(saved); !errors.Is(err, routing.ErrConfig) {
		t.Errorf("a strategy that there is not passes: %v", err)
	}
	today := without.Complete(saved)
	if err := without.Validate(today); err != nil || today.AgeingSeconds != 7 || len(today.Strategies) != len(routing.Catalog()) {
		t.Errorf("%+v, %v", today, err)
	}
	if !slices.ContainsFunc(saved.Strategies, func(s routing.StrategyConfig) bool { return s.Name == "mine" }) {
		t.Error("what was given is changed")
	}
	again := with.Complete(today)
	if i := slices.IndexFunc(again.Strategies, func(s routing.StrategyConfig) bool { return s.Name == "mine" }); i < 0 || again.Strategies[i].On {
		t.Errorf("%+v", again.Strategies)
	}
}

// A filter that only some sites use costs the others nothing, and is used where it is switched on alone.
func TestAnOwnFilterHoldsWhereItIsSwitchedOn(t *testing.T) {
	t.Parallel()
	known, err := routing.NewStrategies(own("nobody"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := routing.NewEngine(known)
	if err != nil {
		t.Fatal(err)
	}
	a := plain("a")
	a.Sites = []int32{1, 2}
	e.PutAgent(a)
	on := known.Default()
	on.Strategies[len(on.Strategies)-1].On = true
	if err := e.SetConfig(2, on, start); err != nil {
		t.Fatal(err)
	}
	put := func(conv string, site int32) {
		e.PutItem(routing.Item{Conversation: conv, Site: site, Department: 1, EnqueuedAt: start}, start)
	}
	put("c1", 1)
	if got := given(e, start); got != "a" {
		t.Errorf("site 1: given to %q", got)
	}
	put("c2", 2)
	if got := given(e, start); got != "" {
		t.Errorf("site 2: given to %q", got)
	}
	if err := e.SetConfig(2, known.Default(), start); err != nil {
		t.Fatal(err)
	}
	if got := given(e, start); got != "a" {
		t.Errorf("site 2, switched off: given to %q", got)
	}
}
