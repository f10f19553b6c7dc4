package main

import (
	"slices"
	"testing"
	"time"

	"frontdesk/chat"
)

func TestTheSameSeedGivesTheSameFaults(t *testing.T) {
	t.Parallel()
	f := &faultOptions{nodes: 3, seed: 42, kinds: faultNames(), calm: 2 * time.Second, hold: 5 * time.Second}
	f.duration = 10 * time.Minute
	plan := planFaults(f)
	if !slices.Equal(plan, planFaults(f)) {
		t.Error("two plans of one seed differ")
	}
	other := *f
	other.seed++
	if slices.Equal(plan, planFaults(&other)) {
		t.Error("two seeds give one plan")
	}
	seen, total := map[string]int{}, time.Duration(0)
	for i, s := range plan {
		seen[s.Kind]++
		total += s.Calm + s.Hold
		if s.Node < 0 || s.Node >= f.nodes || s.Calm <= 0 || s.Calm > f.calm || s.Hold <= 0 || faultByName(s.Kind) == nil || s.Hold > max(f.hold, faultByName(s.Kind).least) {
			t.Errorf("step %d: %+v", i, s)
		}
	}
	for _, name := range f.kinds { // each comes before any comes again
		if n := seen[name]; n < len(plan)/len(f.kinds) || n > len(plan)/len(f.kinds)+1 {
			t.Errorf("%s comes %d times in %d steps", name, n, len(plan))
		}
	}
	if total < f.duration || total > f.duration+f.calm+30*time.Second {
		t.Errorf("the plan lasts %v", total)
	}
}

func TestANodeIsKilledAtBoundariesThatTheLoadPasses(t *testing.T) {
	t.Parallel()
	points := passedPoints()
	for _, point := range []string{chat.PointAppendCommitted, chat.PointAppendPublished, chat.PointChangeCommitted} {
		if !slices.Contains(points, point) {
			t.Errorf("%s is left out", point)
		}
	}
	for _, point := range []string{chat.PointEditCommitted, chat.PointIdentifyCommitted, chat.PointMergeCommitted} {
		if slices.Contains(points, point) {
			t.Errorf("%s is waited for in vain", point)
		}
	}
}

func TestFaultOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"no nodes":         {"--nodes", "0"},
		"unknown fault":    {"--faults", "earthquake"},
		"a bus of one":     {"--nodes", "1", "--faults", "bus-cut"},
		"no load":          {"--rate", "0"},
		"no server":        {"--server", "/nonexistent"},
		"endless":          {"--hold", "2h"},
		"long in a minute": {"--faults", "bus-cut-long", "--duration", "1m"},
		"agents of nobody": {"--agents", "9"},
		"another server":   {"--mode", "bot"},
	} {
		cmd := newFaults()
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(append([]string{"--plan", "--server", "/bin/sh"}, args...))
		if cmd.Execute() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
