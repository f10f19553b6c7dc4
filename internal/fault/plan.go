package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// The disturbances of a [Step].
const (
	Cutting    = "cut"
	Resetting  = "reset"
	Delaying   = "delay"
	Slowing    = "slow"
	Deafening  = "partition to server"
	Silencing  = "partition from server"
	Separating = "partition"
)

// Step is one disturbance: after a calm, for a time.
type Step struct {
	After time.Duration
	Kind  string
	For   time.Duration
}

// String returns the step as a fault report prints it.
func (s Step) String() string { return fmt.Sprintf("+%v %s %v", s.After, s.Kind, s.For) }

// Plan returns n steps drawn from seed, each calm and each disturbance at most
// longest. The same arguments give the same plan.
func Plan(seed uint64, n int, longest time.Duration) []Step {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // G404: a test's dice, replayed by their seed
	kinds := []string{Cutting, Resetting, Delaying, Slowing, Deafening, Silencing, Separating}
	within := func() time.Duration { return time.Duration(1 + r.Int64N(int64(max(longest, 2)-1))) }
	steps := make([]Step, n)
	for i := range steps {
		steps[i] = Step{After: within(), Kind: kinds[r.IntN(len(kinds))], For: within()}
	}
	return steps
}

// Play disturbs as planned and heals after each step, and at the end. It returns
// when the plan is over or ctx ends.
func (p *Proxy) Play(ctx context.Context, plan []Step) {
	defer p.Heal()
	for _, s := range plan {
		if !sleep(ctx, s.After) {
			return
		}
		switch s.Kind {
		case Cutting:
			p.Cut()
		case Resetting:
			p.Reset()
		case Delaying:
			p.Delay(s.For/4, s.For/4)
		case Slowing:
			p.Slow(4 << 10)
		case Deafening:
			p.Partition(ToServer)
		case Silencing:
			p.Partition(FromServer)
		case Separating:
			p.Partition(Both)
		}
		if !sleep(ctx, s.For) {
			return
		}
		p.Heal()
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
