package routing_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"frontdesk/chat/routing"
)

// crowd is n agents of one site, in ten teams, with skills and languages.
func crowd(n int) []routing.Agent {
	agents := make([]routing.Agent, n)
	for i := range agents {
		agents[i] = routing.Agent{
			ID: fmt.Sprintf("agent-%04d", i), Name: fmt.Sprintf("Agent %d", i), Node: "n", Presence: routing.PresenceOnline,
			Sites: []int32{1}, AllDepartments: true, Teams: []string{fmt.Sprint("team", i%10)}, Cap: 5,
			Languages: [][]string{{"en"}, {"zh-CN"}, {"en", "zh-CN"}}[i%3],
			Skills: map[int32][]routing.Skill{1: {
				{Name: fmt.Sprint("skill", i%7), Level: 1 + i%5}, {Name: fmt.Sprint("skill", (i+3)%7), Level: 1 + i%3},
			}},
			IdleSince: start.Add(-time.Duration(i) * time.Second),
		}
	}
	return agents
}

func demand(i int) routing.Item {
	it := routing.Item{
		Conversation: fmt.Sprintf("conv-%07d", i), Site: 1, Department: 1, Channel: routing.ChannelChat,
		Language: []string{"en", "zh-CN"}[i%2], EnqueuedAt: start.Add(time.Duration(i) * time.Millisecond),
	}
	if i%3 != 0 {
		it.Skills = []routing.Skill{{Name: fmt.Sprint("skill", i%7), Level: 1 + i%4}}
	}
	if i%5 == 0 {
		it.Team = fmt.Sprint("team", i%10)
	}
	return it
}

// What is inside the clock: one item put into the queue, and the decision for it,
// among 1,000 agents with 0–4 of 5 in hand, all of them at the item's site. P99 of
// single decisions; the item's conversation ends outside the clock.
func BenchmarkDecisionAmongAThousandAgents(b *testing.B) {
	e := newEngine(b, routing.DefaultConfig())
	for _, a := range crowd(1000) {
		a.Active = len(a.ID) % 3
		e.PutAgent(a)
	}
	var took []time.Duration
	i := 0
	var given []string
	for b.Loop() {
		it := demand(i)
		now := it.EnqueuedAt
		began := time.Now()
		e.PutItem(it, now)
		e.Decide(now, func(d *routing.Decision) bool { return d != nil })
		took = append(took, time.Since(began))
		given = append(given, it.Conversation)
		if len(given) > 1500 {
			e.Drop(given[0], now)
			given = given[1:]
		}
		i++
	}
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	report("router.decision_p99_us", float64(p99.Nanoseconds())/1000, "us")
	report("router.decision_p50_us", float64(took[len(took)/2].Nanoseconds())/1000, "us")
}

// The queue is long and everybody is busy but one, who can do little.
func BenchmarkDecisionWithTenThousandWaiting(b *testing.B) {
	e := newEngine(b, routing.DefaultConfig())
	for i, a := range crowd(1000) {
		if a.Active = 5; i == 0 {
			a.Active, a.Skills, a.Teams = 4, nil, nil
		}
		e.PutAgent(a)
	}
	for i := range 10_000 {
		it := demand(3*i + 1) // each needs a skill
		e.PutItem(it, start)
	}
	var took []time.Duration
	for b.Loop() {
		e.Hold("another", "agent-0500", routing.ChannelChat, 1, start) // something ends: there is a reason to look
		e.Drop("another", start)
		began := time.Now()
		e.Decide(start, func(*routing.Decision) bool { b.Fatal("nobody can"); return false })
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	report("router.pass_10000_waiting_p99_us", float64(took[len(took)*99/100].Nanoseconds())/1000, "us")
}

func TestADecisionAllocatesNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts those of the whole process
	e := newEngine(t, routing.DefaultConfig())
	for i, a := range crowd(200) {
		a.Cap = 10_000
		_ = i
		e.PutAgent(a)
	}
	const n = 400
	for i := range n {
		e.PutItem(demand(i), start)
	}
	given := 0
	// A decision puts into maps that have grown before: measured are those after.
	e.Decide(start, func(*routing.Decision) bool { given++; return given < n/2 })
	got := testing.AllocsPerRun(100, func() {
		e.Decide(start, func(*routing.Decision) bool { given++; return false })
	})
	if got > 0 {
		t.Errorf("%g allocations a decision", got)
	}
}

// report prints a figure by its name in the table of goals.
func report(name string, value float64, unit string) {
	fmt.Fprintf(os.Stdout, "bench %s %.4g %s\n", name, value, unit)
}
