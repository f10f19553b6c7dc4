package fault

import (
	"errors"
	"slices"
	"syscall"
	"testing"
	"time"
)

func TestAPointActsAtItsHitOnly(t *testing.T) {
	t.Parallel()
	p, err := ParsePoints("a=kill@3; a=delay:5ms@2;b=error", []string{"a", "b", "c"})
	if err != nil {
		t.Fatal(err)
	}
	var signals []syscall.Signal
	var slept []time.Duration
	p.kill = func(s syscall.Signal) error { signals = append(signals, s); return nil }
	p.sleep = func(d time.Duration) { slept = append(slept, d) }
	for hit := 1; hit <= 4; hit++ {
		if err := p.Hit("a"); err != nil {
			t.Fatal(err)
		}
		if killed := len(signals) == 1; killed != (hit >= 3) {
			t.Fatalf("hit %d: signals %v", hit, signals)
		}
	}
	if !slices.Equal(slept, []time.Duration{5 * time.Millisecond}) || signals[0] != syscall.SIGKILL {
		t.Errorf("slept %v, signals %v", slept, signals)
	}
	if err := p.Hit("b"); !errors.Is(err, ErrInjected) {
		t.Errorf("b: %v", err)
	}
	if err := p.Hit("c"); err != nil {
		t.Errorf("c has no rule: %v", err)
	}
}

func TestPointsThatWereNotAskedForDoNothing(t *testing.T) {
	t.Parallel()
	p, err := ParsePoints("", []string{"a"})
	if err != nil || p != nil {
		t.Fatalf("%v, %v", p, err)
	}
	if err := p.Hit("a"); err != nil {
		t.Error(err)
	}
}

func TestABadRuleSaysWhatToWrite(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a", "x=kill", "a=explode", "a=kill@0", "a=kill@soon", "a=delay", "a=delay:soon"} {
		if _, err := ParsePoints(text, []string{"a"}); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
