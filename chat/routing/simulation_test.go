package routing_test

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"frontdesk/chat/routing"
)

// world is a desk of several nodes: each has an engine of its own, which hears of
// everything late and in its own order, and claims what it decides from one truth,
// guarded as the database does. That nobody gets too much and nothing is given twice is
// the guard's doing, here this file's own: what it kept the engines from is counted, and
// the database's is judged by BenchmarkAssignmentsOnThreeNodes of internal/postgres. What
// is judged here is the engines' own: nobody starves, and all get the same. Time is
// simulated; one seed is one run.
type world struct {
	t      testing.TB
	rng    *rand.Rand
	now    time.Time
	nodes  []*node
	events events

	// The truth.
	waits  map[string]routing.Item
	holder map[string]string
	load   map[string]int
	limit  map[string]int
	given  map[string]int // by agent

	decisions int
	stale     int           // of them: of what was over by then
	double    int           // of them: of what somebody else had, as nothing but the guard knew
	over      int           // of them: for somebody who was full, as nothing but the guard knew
	longest   time.Duration // from the queue to a claim
}

type node struct {
	engine *routing.Engine
	index  int
}

// event happens at a time.
type event struct {
	at time.Time
	do func()
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) } //nolint:forcetypeassert // container/heap
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

func newWorld(t testing.TB, seed uint64, nodes int, agents []routing.Agent, cfg routing.Config) *world {
	t.Helper()
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), now: start, waits: map[string]routing.Item{}, holder: map[string]string{},
		load: map[string]int{}, limit: map[string]int{}, given: map[string]int{},
	}
	for i := range nodes {
		n := &node{engine: newEngine(t, cfg), index: i}
		for _, a := range agents {
			n.engine.PutAgent(a)
			w.limit[a.ID] = a.Cap
		}
		w.nodes = append(w.nodes, n)
	}
	return w
}

func (w *world) after(d time.Duration, do func()) { heap.Push(&w.events, event{w.now.Add(d), do}) }

// tell has every node hear of something, each after a delay of its own, and decide.
func (w *world) tell(what func(*routing.Engine)) {
	for _, n := range w.nodes {
		w.after(time.Duration(w.rng.IntN(5000))*time.Microsecond, func() {
			what(n.engine)
			w.decide(n)
		})
	}
}

// decide has a node claim what it decides, whichever node it falls to: worse than a dispatcher does.
func (w *world) decide(n *node) {
	type claim struct {
		item  routing.Item
		agent string
	}
	var claims []claim
	n.engine.Decide(w.now, func(d *routing.Decision) bool {
		claims = append(claims, claim{*d.Item, d.Agent.ID})
		return true
	})
	for _, c := range claims {
		w.decisions++
		w.after(time.Duration(w.rng.IntN(2000))*time.Microsecond, func() { w.claim(n, c.item, c.agent) })
	}
}

// claim is the guarded transaction.
func (w *world) claim(n *node, item routing.Item, agent string) {
	conv := item.Conversation
	truth, waits := w.waits[conv]
	switch {
	case !waits:
		if w.holder[conv] == "" {
			w.stale++
		} else {
			w.double++
		}
		if n.engine.Holder(conv) == agent && w.holder[conv] != agent {
			n.engine.Drop(conv, w.now) // who has it is being told
		}
		return
	case w.load[agent] >= w.limit[agent]:
		w.over++
		if n.engine.Holder(conv) == agent {
			n.engine.Rest(agent, w.now.Add(10*time.Millisecond))
			n.engine.PutItem(truth, w.now)
			w.after(10*time.Millisecond, func() { w.decide(n) })
		}
		return
	}
	delete(w.waits, conv)
	w.holder[conv] = agent
	w.load[agent]++
	w.given[agent]++
	w.longest = max(w.longest, w.now.Sub(truth.EnqueuedAt))
	w.tell(func(e *routing.Engine) { e.Hold(conv, agent, routing.ChannelChat, 1, w.now) })
	w.after(time.Second+time.Duration(w.rng.IntN(4000))*time.Millisecond, func() { // it is resolved
		delete(w.holder, conv)
		w.load[agent]--
		w.tell(func(e *routing.Engine) {
			if e.Holder(conv) == agent {
				e.Drop(conv, w.now)
			}
		})
	})
}

// run has n items come, one each gap on average, and ends when all are done.
func (w *world) run(n int, gap time.Duration, item func(i int) routing.Item) {
	came := 0
	var next func()
	next = func() {
		it := item(came)
		it.Conversation, it.EnqueuedAt = fmt.Sprintf("c%07d", came), w.now
		w.waits[it.Conversation] = it
		w.tell(func(e *routing.Engine) {
			if _, still := w.waits[it.Conversation]; still { // the dispatcher reads it when it hears of it
				e.PutItem(it, w.now)
			}
		})
		if came++; came < n {
			w.after(time.Duration(w.rng.ExpFloat64()*float64(gap)), next)
		}
	}
	w.after(0, next)
	for len(w.events) > 0 {
		e := heap.Pop(&w.events).(event) //nolint:forcetypeassert // its only kind
		w.now = e.at
		e.do()
	}
}

// jain is the fairness of what agents got: (Σx)² / (n Σx²), 1 = all the same (Jain, Chiu and Hawe, 1984).
func (w *world) jain() float64 {
	sum, squares := 0.0, 0.0
	for a := range w.limit {
		x := float64(w.given[a])
		sum, squares = sum+x, squares+x*x
	}
	return sum * sum / (float64(len(w.limit)) * squares)
}

func simulate(t testing.TB, seed uint64, items int) *world {
	t.Helper()
	agents := make([]routing.Agent, 40)
	for i := range agents {
		agents[i] = routing.Agent{
			ID: fmt.Sprintf("a%02d", i), Node: "n", Presence: routing.PresenceOnline, Sites: []int32{1}, AllDepartments: true, Cap: 3,
			IdleSince: start.Add(-time.Duration(i) * time.Second),
		}
	}
	cfg := routing.DefaultConfig()
	cfg.AgeingSeconds = 1
	w := newWorld(t, seed, 3, agents, cfg)
	// 120 slots of 3 s on average serve 40 a second; 38 come, with bursts that fill all.
	w.run(items, time.Second/38, func(i int) routing.Item {
		return routing.Item{Site: 1, Department: 1, VIP: i%10 == 0}
	})
	return w
}

func (w *world) check(t testing.TB, items int) {
	t.Helper()
	total := 0
	for _, n := range w.given {
		total += n
	}
	switch {
	case len(w.waits) > 0 || total != items:
		t.Errorf("%d starved: %d of %d were given", len(w.waits), total, items)
	case w.decisions != items+w.stale+w.double+w.over:
		t.Errorf("%d decisions are not %d assignments, %d stale, %d double, %d over capacity", w.decisions, items, w.stale, w.double, w.over)
	case w.double == 0 || w.over == 0:
		t.Errorf("the nodes never got in each other's way (%d double, %d over capacity): the guard was not needed", w.double, w.over)
	case w.jain() < .99:
		t.Errorf("Jain %.4f", w.jain())
	case w.longest > 2*time.Minute:
		t.Errorf("somebody waited %v", w.longest)
	}
	for _, n := range w.nodes { // every node's memory is the truth
		if n.engine.Len() > 0 {
			t.Errorf("node %d believes that %d wait", n.index, n.engine.Len())
		}
		for conv, agent := range n.engine.Holdings {
			t.Errorf("node %d believes that %s has %s", n.index, agent, conv)
			return
		}
	}
}

func TestTenThousandDecisionsOnThreeNodesAreFairAndNobodyStarves(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		w := simulate(t, seed, 5000)
		t.Logf("seed %d: %d decisions; kept from: %d stale, %d double, %d over capacity; Jain %.4f, longest wait %v", seed, w.decisions, w.stale, w.double, w.over, w.jain(), w.longest)
		w.check(t, 5000)
	}
}

// A million decisions on three nodes that hear of everything 0–5 ms late, each
// claiming all that it decides. ROUTER_ITEMS sets how many items come (a third of
// the decisions); inside the clock is the whole simulation.
func BenchmarkAMillionDecisionsOnThreeNodes(b *testing.B) {
	items := 20_000
	if n, err := strconv.Atoi(os.Getenv("ROUTER_ITEMS")); err == nil {
		items = n
	}
	var w *world
	total := 0
	for b.Loop() {
		w, total = simulate(b, 42, items), 0
		w.check(b, items)
		for _, n := range w.given {
			total += n
		}
	}
	report("router.simulated_decisions", float64(w.decisions), "count")
	report("router.simulated_kept_from_overcapacity", float64(w.over), "count")
	report("router.simulated_kept_from_double", float64(w.double), "count")
	report("router.starved", float64(items-total), "count")
	report("router.jain", w.jain(), "index")
	report("router.longest_wait_s", w.longest.Seconds(), "s")
}
