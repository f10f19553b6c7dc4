package routing_test

import (
	"testing"
	"time"

	"frontdesk/chat/routing"
)

func plain(id string) routing.Agent {
	return routing.Agent{ID: id, Node: "n", Presence: routing.PresenceOnline, Sites: []int32{1}, AllDepartments: true, Cap: 9, IdleSince: start}
}

// given is who gets what waits at the moment; "" = nobody.
func given(e *routing.Engine, at time.Time) (agent string) {
	e.Decide(at, func(d *routing.Decision) bool {
		agent = d.Agent.ID
		return false
	})
	return agent
}

func passed(e *routing.Engine, by ...routing.Exclusion) {
	for _, id := range []string{"first", "second"} {
		e.PutAgent(plain(id))
	}
	e.PutItem(routing.Item{Conversation: "c", Site: 1, Department: 1, EnqueuedAt: start.Add(-time.Hour), Excluded: by}, start)
}

func TestWhoDeclinedIsBarredForTheirOwnTimeWhateverOthersDoLater(t *testing.T) {
	t.Parallel()
	e := newEngine(t, routing.DefaultConfig())
	passed(e, routing.Exclusion{Agent: "first", At: start}, routing.Exclusion{Agent: "second", At: start.Add(4 * time.Minute)})
	e.PutAgent(plain("third"))
	x, _ := e.ExplainWaiting("c", start.Add(299*time.Second))
	if len(x.Candidates) != 1 || x.Candidates[0].Agent != "third" {
		t.Fatalf("%+v could, of whom two declined", x.Candidates)
	}
	for _, r := range x.Rejected {
		if want := map[string]float64{"first": 1, "second": 241}[r.Agent]; r.Code != routing.RejectExcluded || r.Value != want {
			t.Errorf("%+v, want %v s more", r, want)
		}
	}
	if x, _ := e.ExplainWaiting("c", start.Add(301*time.Second)); len(x.Candidates) != 2 {
		t.Errorf("%+v could, when one's time was over", x.Candidates)
	}
}

// Nobody waits beside a free agent: where all let it pass, they are asked again, the least recently first.
func TestWhoLetItPassIsAskedAgainSoonWhenNobodyElseIsThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by    []routing.Exclusion
		agent string
		after time.Duration
	}{
		"one missed, the other declined": {
			[]routing.Exclusion{{Agent: "first", At: start}, {Agent: "second", At: start.Add(10 * time.Second), Missed: true}}, "second", 25 * time.Second,
		},
		"both missed": {
			[]routing.Exclusion{{Agent: "first", At: start.Add(2 * time.Second), Missed: true}, {Agent: "second", At: start, Missed: true}}, "second", 15 * time.Second,
		},
		"both declined": {
			[]routing.Exclusion{{Agent: "first", At: start}, {Agent: "second", At: start.Add(time.Second)}}, "first", time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, routing.DefaultConfig())
			passed(e, c.by...)
			at := start.Add(c.after)
			if got := given(e, at.Add(-time.Millisecond)); got != "" {
				t.Fatalf("given to %q too soon", got)
			}
			x, _ := e.ExplainWaiting("c", at.Add(-time.Second))
			for _, r := range x.Rejected {
				if r.Agent == c.agent && r.Value != 1 {
					t.Errorf("%v s until they are asked again, want 1", r.Value)
				}
			}
			if next := e.Next(start); next.After(at) {
				t.Errorf("looked at again at %v", next)
			}
			if got := given(e, at); got != c.agent {
				t.Errorf("given to %q, want %q", got, c.agent)
			}
		})
	}
}

func TestOfAllWhoLetItPassTheLeastRecentIsAskedFirst(t *testing.T) {
	t.Parallel()
	e := newEngine(t, routing.DefaultConfig())
	passed(e, routing.Exclusion{Agent: "first", At: start.Add(time.Second), Missed: true}, routing.Exclusion{Agent: "second", At: start, Missed: true})
	at := start.Add(time.Minute)
	if x, _ := e.ExplainWaiting("c", at); len(x.Candidates) != 2 || x.Candidates[0].Agent != "second" || len(x.Rejected) != 0 {
		t.Errorf("%+v", x)
	}
	e.Decide(at, func(d *routing.Decision) bool {
		if d.Agent.ID != "second" || d.Strategy != routing.StrategyReturned || d.Candidates != 2 {
			t.Errorf("%s by %q of %d", d.Agent.ID, d.Strategy, d.Candidates)
		}
		return true
	})
	if e.Len() != 0 {
		t.Error("it waits beside two free agents")
	}
}

// Whoever reads why somebody else was chosen must not learn who works invisibly.
func TestARecordTellsTheInvisibleAsAway(t *testing.T) {
	t.Parallel()
	e := newEngine(t, routing.DefaultConfig())
	hidden := plain("hidden")
	hidden.Presence = routing.PresenceInvisible
	e.PutAgent(hidden)
	e.PutAgent(plain("there"))
	e.PutItem(routing.Item{Conversation: "c", Site: 1, Department: 1, EnqueuedAt: start}, start)
	e.Decide(start, func(d *routing.Decision) bool {
		if r := e.Record(d, start).Rejected; len(r) != 1 || r[0].Text != routing.PresenceAway {
			t.Errorf("%+v", r)
		}
		return true
	})
}

func TestAnAgentWhoWasReadAnewRestsOnlyIfNothingWasNew(t *testing.T) {
	t.Parallel()
	e := newEngine(t, routing.DefaultConfig())
	a := plain("a")
	e.PutAgent(a)
	e.PutItem(routing.Item{Conversation: "c", Site: 1, Department: 1, EnqueuedAt: start}, start)
	e.Rest("a", start.Add(30*time.Second))
	e.PutAgent(a)
	if got := given(e, start.Add(time.Second)); got != "" {
		t.Fatalf("given to %q, whom the database refused for no reason that is known", got)
	}
	a.AllDepartments, a.Departments = false, []int32{1, 2} // one was taken from them: that was the reason
	e.PutAgent(a)
	if got := given(e, start.Add(2*time.Second)); got != "a" {
		t.Errorf("given to %q", got)
	}
}
