package chat

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

func asDefault(*DispatcherConfig) {}

func agentActor(id string) identity.Actor {
	return identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, ID: id, Name: id, Scope: identity.Scope{Sites: []int32{1}, AllDepartments: true}}
}

// settleIn lets time pass on the bubble's clock, with everything that follows from it.
func settleIn(d time.Duration) {
	elapse(d)
	synctest.Wait()
}

func TestWhatNobodyCanTakeGoesToOthersWhenItsOverflowStepComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		cfg := routing.DefaultConfig()
		cfg.Version = 1
		cfg.Overflow = []routing.Step{
			{AfterSeconds: 30, Levels: 2},
			{AfterSeconds: 90, Relax: []string{routing.RelaxSkills, routing.RelaxLanguage}},
		}
		h.configs[1] = cfg
		h.agent("novice", 5, func(a *routing.Agent) { a.Skills[1] = []routing.Skill{{Name: "refund", Level: 2}} })
		n := h.open(t, 1, false, asDefault)[0]
		easy := n.put(t, h, func(q *Queued) { q.Skills = []routing.Skill{{Name: "refund", Level: 4}} })
		hard := n.put(t, h, func(q *Queued) { q.Skills = []routing.Skill{{Name: "repair", Level: 1}} })
		settleIn(29 * time.Second)
		if h.holder(easy) != "" || h.holder(hard) != "" {
			t.Fatal("given before its step")
		}
		settleIn(2 * time.Second)
		if h.holder(easy) != "novice" || h.holder(hard) != "" {
			t.Fatalf("after the first step: %q and %q", h.holder(easy), h.holder(hard))
		}
		settleIn(58 * time.Second)
		if h.holder(hard) != "" {
			t.Fatal("given before its step")
		}
		settleIn(2 * time.Second)
		if h.holder(hard) != "novice" {
			t.Fatal("the last step did not come")
		}
	})
}

func TestAnOfferThatNobodyAnswersGoesToTheNextWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		cfg := routing.DefaultConfig()
		cfg.Version, cfg.ReservationSeconds = 1, 20
		h.configs[1] = cfg
		h.agent("alice", 1, plainAgent)
		h.agent("bob", 1, func(a *routing.Agent) { a.IdleSince = time.Now().Add(time.Hour) }) // the second choice
		nodes := h.open(t, 3, false, asDefault)
		conv := nodes[0].put(t, h, plainItem)
		settleIn(time.Second)
		other := nodes[1].put(t, h, plainItem)
		settleIn(time.Second)
		open := func(agent string) []OfferSignal {
			all, err := nodes[2].Offers(t.Context(), agentActor(agent)) // any node knows
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		first := open("alice")
		if len(first) != 1 || len(open("bob")) != 1 || first[0].Conversation != conv {
			t.Fatalf("%+v, %+v", first, open("bob"))
		}
		if _, err := nodes[1].Answer(t.Context(), agentActor("bob"), open("bob")[0].ID, true); err != nil || h.holder(other) != "bob" {
			t.Fatalf("%v, %q", err, h.holder(other))
		}
		settleIn(16 * time.Second)
		if len(open("alice")) != 1 {
			t.Fatal("the offer ended before its time")
		}
		settleIn(5 * time.Second)
		if len(open("alice")) != 0 || h.holder(conv) != "" {
			t.Fatalf("%+v, %q", open("alice"), h.holder(conv))
		}
		if _, err := nodes[0].Answer(t.Context(), agentActor("alice"), first[0].ID, true); !errors.Is(err, ErrOfferEnded) {
			t.Fatalf("%v", err)
		}
		// Bob is full, and she let it pass: nobody else is there, so she is asked again, 15 s later.
		settleIn(10 * time.Second)
		if len(open("alice")) != 0 {
			t.Fatal("asked again too soon")
		}
		settleIn(6 * time.Second)
		again := open("alice")
		if len(again) != 1 {
			t.Fatal("not asked again, though nobody else is there")
		}
		// That she declines is respected for longer, but not for ever.
		if _, err := nodes[0].Answer(t.Context(), agentActor("alice"), again[0].ID, false); err != nil {
			t.Fatal(err)
		}
		settleIn(58 * time.Second)
		if len(open("alice")) != 0 {
			t.Fatal("asked again too soon after she declined")
		}
		settleIn(5 * time.Second)
		if len(open("alice")) != 1 {
			t.Fatal("never asked again, though nobody else is there")
		}
		if m := nodes[0].Metrics(); m.Failures > 0 {
			t.Errorf("%+v", m)
		}
	})
}

func TestWhoIsSlowerGoesFirstWhenTheirPriorityIsWorthIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		cfg := routing.DefaultConfig()
		cfg.Version, cfg.AgeingSeconds = 1, 60
		h.configs[1] = cfg
		h.agent("alice", 1, func(a *routing.Agent) { a.Presence = Away })
		n := h.open(t, 1, false, asDefault)[0]
		old := n.put(t, h, plainItem)
		settleIn(5 * time.Minute)
		plain := n.put(t, h, plainItem)
		vip := n.put(t, h, func(q *Queued) { q.VIP = true }) // ten steps of a minute
		settleIn(2 * time.Second)
		h.mu.Lock()
		listed := h.items[vip].Listed
		h.agents["alice"].Presence = Online
		h.mu.Unlock()
		if want := time.Now().Add(-10*time.Minute - 2*time.Second); listed.After(want.Add(time.Second)) || listed.Before(want.Add(-time.Second)) {
			t.Errorf("lists show the VIP at %v, want %v", listed, want)
		}
		for _, want := range []string{vip, old, plain} {
			n.AgentChanged("alice")
			settleIn(time.Second)
			if h.holder(want) != "alice" {
				t.Fatalf("%s is not next", want)
			}
			n.do(t, want, Change{Act: ActResolve}, KindResolved)
			settleIn(time.Second)
		}
	})
}

// With a priority of P steps nobody is overtaken by what comes more than P·T later.
func TestNobodyStarvesHoweverManyVIPsCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		cfg := routing.DefaultConfig()
		cfg.Version, cfg.AgeingSeconds = 1, 6 // a VIP goes before what came a minute earlier
		h.configs[1] = cfg
		h.agent("alice", 1, plainAgent)
		n := h.open(t, 1, false, asDefault)[0]
		busy := n.put(t, h, plainItem)
		settleIn(time.Second)
		poor := n.put(t, h, plainItem)
		came := time.Now()
		for h.holder(poor) == "" { // two VIPs come for each one that ends
			n.put(t, h, func(q *Queued) { q.VIP = true })
			n.put(t, h, func(q *Queued) { q.VIP = true })
			settleIn(10 * time.Second)
			if time.Since(came) > 10*time.Minute {
				t.Fatal("starved")
			}
			n.do(t, busy, Change{Act: ActResolve}, KindResolved)
			settleIn(time.Second)
			h.mu.Lock()
			for id, c := range h.heads {
				if hallHolder(*c) == "alice" {
					busy = id
				}
			}
			h.mu.Unlock()
		}
		if waited := time.Since(came); waited < 50*time.Second || waited > 4*time.Minute {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestAnotherNodeAssignsWhatItsNodeLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		h.agent("alice", 100, plainAgent)
		h.nodes = 3
		// Three nodes are known to live, one runs: two thirds fall to others, who are late.
		n := h.open(t, 1, false, asDefault)[0]
		const chats = 30
		for range chats {
			n.put(t, h, plainItem)
		}
		settleIn(200 * time.Millisecond)
		m := n.Metrics()
		if m.Assigned == 0 || m.Assigned == chats {
			t.Fatalf("%d of %d at once: what falls to others is left to them at first", m.Assigned, chats)
		}
		settleIn(time.Second)
		if m := n.Metrics(); m.Assigned != chats || m.Late == 0 {
			t.Fatalf("%+v", m)
		}
	})
}

func TestNodesThatHearNothingOfEachOtherRepairByComparing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		h.agent("alice", 3, plainAgent)
		h.agent("bob", 3, plainAgent)
		nodes := h.open(t, 3, true, func(c *DispatcherConfig) { c.Reconcile = 5 * time.Second })
		var convs []string
		for i := range 9 {
			convs = append(convs, nodes[i%3].put(t, h, plainItem))
		}
		settleIn(30 * time.Second)
		given := 0
		for _, c := range convs {
			if h.holder(c) != "" {
				given++
			}
		}
		if given != 6 || h.agents["alice"].Active != 3 || h.agents["bob"].Active != 3 {
			t.Fatalf("%d are given, alice has %d, bob %d", given, h.agents["alice"].Active, h.agents["bob"].Active)
		}
		found := int64(0)
		for _, n := range nodes {
			m := n.Metrics()
			if m.Held != 6 || m.Waiting != 3 {
				t.Errorf("a node knows of %d in hand and %d waiting", m.Held, m.Waiting)
			}
			for _, k := range m.Found {
				found += k
			}
		}
		if found == 0 {
			t.Error("nothing was found, though nothing was heard")
		}
		// And in a healthy run nothing is.
		well := newHall()
		well.agent("alice", 100, plainAgent)
		joined := well.open(t, 3, false, func(c *DispatcherConfig) { c.Reconcile = 5 * time.Second })
		for i := range 50 {
			joined[i%3].put(t, well, plainItem)
			settleIn(time.Second)
		}
		for _, n := range joined {
			for kind, k := range n.Metrics().Found {
				if k > 0 {
					t.Errorf("%d %s found in a healthy run", k, kind)
				}
			}
		}
	})
}

// Whatever is overdue, the next look is not at once: that would be a loop.
func TestADispatcherThatHasNothingToDoSleeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, watch := range []bool{false, true} {
			h := newHall()
			cfg := routing.DefaultConfig()
			cfg.Version, cfg.ReservationSeconds = 1, 600
			h.configs[1] = cfg
			h.agent("alice", 2, plainAgent)
			h.nodes = 3 // what falls to the others is offered late
			n := h.open(t, 1, false, func(c *DispatcherConfig) { c.WatchOnly = watch })[0]
			for range 6 {
				n.put(t, h, plainItem)
			}
			for range 5 { // past the steps, into the offers
				settleIn(50 * time.Second)
				n.mu.Lock()
				n.toldAt = time.Now() // positions are told by then
				n.moved = false
				n.mu.Unlock()
				if d := n.next(); d < time.Second {
					t.Errorf("the next look is in %v, watch only: %v", d, watch)
				}
			}
		}
	})
}

func TestADatabaseThatIsAwayIsAskedAgainAndNothingIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		h.agent("alice", 5, plainAgent)
		n := h.open(t, 1, false, asDefault)[0]
		h.mu.Lock()
		h.fail = ErrUnavailable
		h.mu.Unlock()
		conv := n.put(t, h, plainItem)
		settleIn(10 * time.Second)
		if h.holder(conv) != "" {
			t.Fatal("given without having been read")
		}
		h.mu.Lock()
		h.fail = nil
		h.mu.Unlock()
		settleIn(2 * time.Second)
		if h.holder(conv) != "alice" || n.Metrics().Failures == 0 {
			t.Fatalf("%q, %+v", h.holder(conv), n.Metrics())
		}
	})
}

func TestPositionsAndExpectedWaitsComeFromMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		h.agent("alice", 1, plainAgent)
		n := h.open(t, 1, false, asDefault)[0]
		contacts := make([]string, 4)
		convs := make([]string, 4)
		for i := range convs { // each waits 100 s longer than the one before: 0, 100, 200 s are the last waits
			convs[i] = n.put(t, h, func(q *Queued) { contacts[i] = q.Contact })
			settleIn(time.Millisecond)
		}
		settleIn(2 * time.Second)
		stand := func(i int) QueuePosition {
			q, ok := n.cfg.Room.position(identity.Scope{Sites: []int32{1}, AllDepartments: true, Contact: contacts[i]}, convs[i])
			if !ok {
				return QueuePosition{}
			}
			return q
		}
		if q := stand(3); q.Position != 3 || q.Waiting != 3 || q.Expected != nil {
			t.Fatalf("%+v", q)
		}
		if _, ok := n.cfg.Room.position(identity.Scope{Sites: []int32{1}, AllDepartments: true, Contact: "another"}, convs[3]); ok {
			t.Error("a stranger reads where it stands")
		}
		for i := range 3 {
			settleIn(100 * time.Second)
			n.do(t, convs[i], Change{Act: ActResolve}, KindResolved)
			settleIn(2 * time.Second)
		}
		n.do(t, convs[3], Change{Act: ActTransfer, Team: "t"}, KindTransferred)
		settleIn(2 * time.Second)
		// In the queue of a team there are no waits yet; back in the department's there are four: 0, 102, 206, 310 s.
		if q := stand(3); q.Position != 0 && q.Expected != nil {
			t.Errorf("%+v", q)
		}
		last := n.put(t, h, func(q *Queued) { contacts[3] = q.Contact })
		convs[3] = last
		settleIn(2 * time.Second)
		if q := stand(3); h.holder(last) == "" && (q.Position != 1 || q.Expected == nil || *q.Expected < 100*time.Second || *q.Expected > 320*time.Second) {
			t.Errorf("%+v", q)
		}
	})
}

func TestWhatAHandTakesWeighsOneWhateverItWasOfferedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		cfg := routing.DefaultConfig()
		cfg.Version, cfg.ReservationSeconds = 1, 600
		cfg.Rules = []routing.Rule{{Name: "heavy", On: true, Weight: 3, When: []routing.Condition{{Field: "reason", Op: routing.OpIs, Value: "heavy"}}}}
		h.configs[1] = cfg
		h.agent("alice", 5, plainAgent)
		nodes := h.open(t, 3, false, asDefault)
		conv := nodes[0].put(t, h, func(q *Queued) { q.Attributes = map[string]string{"reason": "heavy"} })
		settleIn(time.Second)
		weighs := func(want int) {
			t.Helper()
			for i, n := range nodes {
				n.mu.Lock()
				agent, _, weight := n.engine.Held(conv)
				n.mu.Unlock()
				if agent != "alice" || weight != want {
					t.Errorf("node %d: %q has it with weight %d, want %d", i, agent, weight, want)
				}
			}
		}
		weighs(3)
		nodes[1].do(t, conv, Change{Act: ActAssign, Assignee: Author{Kind: AuthorAgent, ID: "alice"}}, KindClaimed)
		settleIn(time.Second)
		weighs(1)
	})
}

// A comparison reads the database, and is looked at later: what was made and ended meanwhile is newer.
func TestAComparisonNeitherEndsNorBringsBackWhatIsNewer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		cfg := routing.DefaultConfig()
		cfg.Version, cfg.ReservationSeconds = 1, 600
		h.configs[1] = cfg
		h.agent("alice", 1, plainAgent)
		n := h.open(t, 1, false, func(c *DispatcherConfig) { c.Settle = 500 * time.Millisecond })[0]
		offers := func() []OfferSignal {
			all, err := n.Offers(t.Context(), agentActor("alice"))
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		conv := n.put(t, h, plainItem)
		settleIn(time.Second)
		if len(offers()) != 1 {
			t.Fatal("no offer")
		}
		// It is read, then declined, then compared.
		n.Reconcile()
		settleIn(100 * time.Millisecond)
		if _, err := n.Answer(t.Context(), agentActor("alice"), offers()[0].ID, false); err != nil {
			t.Fatal(err)
		}
		settleIn(time.Second)
		if m := n.Metrics(); m.Waiting != 1 || m.Found[FoundOffer] != 0 {
			t.Errorf("%d wait, %v", m.Waiting, m.Found)
		}
		// It is read after it was decided and before it is made, then compared.
		n.mu.Lock()
		now := n.clock()
		began := now.Add(-time.Millisecond)
		o := &Offer{ID: NewID(now), Conversation: conv, Agent: "alice", made: true, since: now, until: now.Add(time.Hour)}
		n.engine.RemoveItem(conv)
		n.given[conv] = &given{queued: n.convs[conv].queued, agent: "alice", at: began.Add(-time.Millisecond)}
		n.offers[conv] = o
		n.adoptOffers(comparison{began: began}, now)
		if n.offers[conv] != o {
			t.Error("an offer that was made since is ended")
		}
		n.adoptOffers(comparison{began: now.Add(time.Millisecond)}, now.Add(time.Millisecond))
		if n.offers[conv] != nil {
			t.Error("an offer that is not there stands")
		}
		n.mu.Unlock()
	})
}
