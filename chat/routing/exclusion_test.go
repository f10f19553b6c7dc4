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

func TestWhoDeclinedIsBarredForTheirOwnTimeWhateverOthersDoLater(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{
		299 * time.Second: "", 301 * time.Second: "first", 9*time.Minute - time.Second: "first",
	} {
		e := newEngine(t, routing.DefaultConfig())
		for _, id := range []string{"first", "second"} {
			e.PutAgent(plain(id))
		}
		e.PutItem(routing.Item{
			Conversation: "c", Site: 1, Department: 1, EnqueuedAt: start.Add(-time.Hour),
			Excluded: []routing.Exclusion{{Agent: "first", At: start}, {Agent: "second", At: start.Add(4 * time.Minute)}},
		}, start)
		if got := given(e, start.Add(5*time.Minute-time.Millisecond)); got != "" {
			t.Fatalf("given to %q too soon", got)
		}
		if next := e.Next(start); !next.Equal(start.Add(5 * time.Minute)) {
			t.Errorf("looked at again at %v", next)
		}
		if got := given(e, start.Add(after)); got != want {
			t.Errorf("after %v: given to %q, want %q", after, got, want)
		}
	}
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
