package postgres

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

// EXPECTATIONS C Routing, each item as a test of its name; "one slot, 100 chats, 3
// nodes" stands in dispatch_test.go, "nobody starves" in chat/routing.

func TestAgentDisconnectGivesTheirChatsToOthersFromTheHeadOfTheQueue(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	alice := f.online("alice", 2)
	_, first := f.asks()
	_, second := f.asks()
	f.until("both are hers", func() bool { return f.holder(first) == alice.ID && f.holder(second) == alice.ID })
	_, third := f.asks() // waits: she is full
	f.settled()
	f.exec("INSERT INTO agents (user_id, cap) VALUES ($1, 2)", f.agent("bob").ID)
	// What presence does when she is gone for the grace: each back to the head, one after another, then offline.
	gone := chat.Lost{User: alice.ID, Node: f.id}
	held, err := f.store.HeldBy(t.Context(), gone)
	if err != nil {
		t.Fatal(err)
	}
	f.set(alice, chat.Offline)
	for _, conv := range held {
		if _, _, err := f.Append(t.Context(), identity.Everything(), chat.Entry{
			Conversation: conv, CID: newID(), Author: chat.Author{Kind: chat.AuthorSystem}, Kind: chat.KindReleased,
			Data: chat.Data{Reason: "agent_gone"}, Change: &chat.Change{Act: chat.ActRelease, From: alice.ID, Head: true, Reason: "agent_gone"},
		}); err != nil {
			t.Fatal(err)
		}
	}
	f.settled()
	bob := f.online("robert", 2)
	f.until("the two that she had are given first", func() bool { return f.holder(first) == bob.ID && f.holder(second) == bob.ID })
	f.settled()
	if f.holder(third) != "" {
		t.Error("the one that came later was given first, or over the cap")
	}
	f.healthy()
}

// reserve sets how long agents are asked for.
func (f *floor) reserve(seconds int) {
	f.t.Helper()
	f.configure(func(c *routing.Config) { c.ReservationSeconds = seconds })
}

func (f *floor) configure(change func(*routing.Config)) {
	f.t.Helper()
	cfg, err := f.store.RoutingConfig(f.t.Context(), f.scope(), 1)
	if err != nil {
		f.t.Fatal(err)
	}
	change(&cfg)
	if _, err := f.store.SaveRoutingConfig(f.t.Context(), f.scope(), 1, cfg, "admin", time.Now()); err != nil {
		f.t.Fatal(err)
	}
	f.dispatcher.Changed(1)
}

// offered waits for an offer to the agent.
func (f *floor) offered(a identity.Actor) (offer chat.OfferSignal) {
	f.t.Helper()
	f.until("there is an offer", func() bool {
		all, err := f.dispatcher.Offers(f.t.Context(), a)
		if err != nil {
			f.t.Fatal(err)
		}
		if len(all) > 0 {
			offer = all[0]
		}
		return len(all) > 0
	})
	return offer
}

func TestAcceptAfterTimeoutIsRefusedAndTheChatIsSomebodyElses(t *testing.T) {
	t.Parallel()
	floors := newFloors(t, 2, asIs)
	f := floors[0]
	f.reserve(1)
	alice := f.online("alice", 5)
	_, conv := f.asks()
	offer := f.offered(alice)
	if offer.Conversation != conv || f.holder(conv) != "" {
		t.Fatalf("%+v, held by %q", offer, f.holder(conv))
	}
	f.until("the offer is over", func() bool {
		all, err := f.dispatcher.Offers(t.Context(), alice)
		return err == nil && len(all) == 0
	})
	for _, node := range floors { // on either node
		if _, err := node.dispatcher.Answer(t.Context(), alice, offer.ID, true); !errors.Is(err, chat.ErrOfferEnded) {
			t.Fatalf("accepted too late: %v", err)
		}
	}
	if f.holder(conv) != "" {
		t.Fatal("she has it though she was too late")
	}
	// She let it pass: it is the next one's, not hers again.
	bob := f.online("bob", 5)
	next := f.offered(bob)
	if next.Conversation != conv {
		t.Fatalf("%+v", next)
	}
	end, err := floors[1].dispatcher.Answer(t.Context(), bob, next.ID, true) // his socket is on another node
	if err != nil || end.Result != chat.OfferAccepted || f.holder(conv) != bob.ID {
		t.Fatalf("%+v, %v, held by %q", end, err, f.holder(conv))
	}
	rows := f.log(conv)
	if rec := rows[len(rows)-1].Data.Routing; rec == nil || !rec.Reserved {
		t.Errorf("%+v", rec)
	}
	if _, err := f.dispatcher.Answer(t.Context(), bob, next.ID, true); !errors.Is(err, chat.ErrOfferEnded) {
		t.Errorf("accepted twice: %v", err)
	}
}

func TestADeclinedOfferGoesToTheNextAndIsNobodyElses(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	f.reserve(60)
	alice := f.online("alice", 5)
	_, conv := f.asks()
	offer := f.offered(alice)
	bob := f.online("bob", 5)
	if _, err := f.dispatcher.Answer(t.Context(), bob, offer.ID, true); !errors.Is(err, identity.ErrNotFound) {
		t.Fatalf("bob accepts alice's offer: %v", err)
	}
	end, err := f.dispatcher.Answer(t.Context(), alice, offer.ID, false)
	if err != nil || end.Result != chat.OfferDeclined {
		t.Fatalf("%+v, %v", end, err)
	}
	next := f.offered(bob)
	if next.Conversation != conv || next.ID == offer.ID {
		t.Fatalf("%+v", next)
	}
	if all, err := f.dispatcher.Offers(t.Context(), alice); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	// An offer counts as load.
	if a, err := f.store.RoutingDigest(t.Context()); err != nil || len(a.Offers) != 1 || a.Offers[0].Agent != bob.ID {
		t.Errorf("%+v, %v", a.Offers, err)
	}
}

func TestOfflineStickyAgentIsNotWaitedForAndOneWhoIsThereIs(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	f.configure(func(c *routing.Config) {
		for i := range c.Strategies {
			if c.Strategies[i].Name == routing.StrategySticky {
				c.Strategies[i].Params = map[string]float64{"wait_s": 600}
			}
		}
	})
	alice := f.online("alice", 1)
	visitor, conv := f.asks()
	f.until("it is hers", func() bool { return f.holder(conv) == alice.ID })
	f.say(alice, conv, "hello")
	if _, err := f.Resolve(t.Context(), alice, conv); err != nil {
		t.Fatal(err)
	}
	bob := f.online("bob", 5)
	// She is there and has room: she gets it although he is as idle.
	if _, err := f.RequestHuman(t.Context(), visitor, conv, ""); err != nil {
		t.Fatal(err)
	}
	f.until("it is hers again", func() bool { return f.holder(conv) == alice.ID })
	// She is full: it waits for her, and says so, though bob is free.
	if _, err := f.Resolve(t.Context(), alice, conv); err != nil {
		t.Fatal(err)
	}
	f.until("nothing is hers", func() bool { return f.load(alice) == 0 })
	_, other := f.visitor()
	if _, err := f.Claim(t.Context(), alice, other.ID, nil); err != nil {
		t.Fatal(err)
	}
	f.settled()
	if _, err := f.RequestHuman(t.Context(), visitor, conv, ""); err != nil {
		t.Fatal(err)
	}
	f.until("it waits for her", func() bool {
		x, err := f.dispatcher.Explain(t.Context(), identity.System(), conv)
		return err == nil && x.Waits != nil && x.Waits.Agent == alice.ID && f.dispatcher.Metrics().Waiting == 1
	})
	// She goes: nobody waits for one who is not there.
	f.set(alice, chat.Offline)
	f.until("it is bob's", func() bool { return f.holder(conv) == bob.ID })
	f.healthy()
}

func TestCapThreeOpenFourCloseOneGivesTheFourthAtOnce(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	alice := f.online("alice", 3)
	convs := make([]string, 4)
	for i := range convs {
		_, convs[i] = f.asks()
	}
	f.until("three are hers", func() bool { return f.load(alice) == 3 })
	f.settled()
	if f.holder(convs[3]) != "" {
		t.Fatal("over the cap")
	}
	if _, err := f.Resolve(t.Context(), alice, convs[1]); err != nil {
		t.Fatal(err)
	}
	f.until("the fourth is hers", func() bool { return f.holder(convs[3]) == alice.ID })
	if n := f.load(alice); n != 3 {
		t.Errorf("load %d", n)
	}
	// A manual take may exceed the cap, and is marked; auto then waits until she is below it.
	_, more := f.asks()
	head, err := f.Claim(t.Context(), alice, more, nil)
	if err != nil || head.Assignee.ID != alice.ID || f.load(alice) != 4 {
		t.Fatalf("%+v, %v", head, err)
	}
	rows := f.log(more)
	if !rows[len(rows)-1].Data.OverCap {
		t.Error("the take over the cap is not marked")
	}
	_, waits := f.asks()
	if _, err := f.Resolve(t.Context(), alice, convs[0]); err != nil {
		t.Fatal(err)
	}
	f.until("she has three", func() bool { return f.load(alice) == 3 })
	f.settled()
	if f.holder(waits) != "" {
		t.Error("over the cap")
	}
	f.healthy()
}

func TestAutoNeverBeatsManual(t *testing.T) {
	t.Parallel()
	floors := newFloors(t, 2, asIs)
	f := floors[0]
	alice := f.online("alice", 1000)
	bob := f.agent("bob") // takes by hand, not online
	for i := range 30 {
		visitor, conv := f.visitor()
		f.say(visitor, conv.ID, "hello")
		// The hand is on it before it waits: what the router does of it comes too late, whatever node it is on.
		var wg sync.WaitGroup
		var claimed error
		wg.Go(func() { _, _ = floors[i%2].RequestHuman(t.Context(), visitor, conv.ID, "") })
		wg.Go(func() { _, claimed = f.Claim(t.Context(), bob, conv.ID, nil) })
		wg.Wait()
		f.until("somebody has it", func() bool { return f.holder(conv.ID) != "" })
		claims := 0
		for _, row := range f.log(conv.ID) {
			if row.Kind == chat.KindClaimed {
				claims++
			}
		}
		holder := f.holder(conv.ID)
		switch {
		case claimed == nil && holder != bob.ID:
			t.Fatalf("bob took it by hand and %s has it", holder)
		case claimed != nil && !errors.Is(claimed, chat.ErrStale):
			t.Fatal(claimed)
		case claims != 1:
			t.Fatalf("%d claims", claims)
		}
		if n := f.load(alice); n > i+1 {
			t.Fatalf("load %d", n)
		}
	}
	// An offer gives way to a hand, and its end is told.
	f.reserve(600)
	_, conv := f.asks()
	offer := f.offered(alice)
	if _, err := f.Claim(t.Context(), bob, conv, nil); err != nil || f.holder(conv) != bob.ID {
		t.Fatalf("%v, held by %q", err, f.holder(conv))
	}
	if _, err := floors[1].dispatcher.Answer(t.Context(), alice, offer.ID, true); !errors.Is(err, chat.ErrOfferEnded) {
		t.Errorf("%v", err)
	}
	f.until("the offer is gone", func() bool {
		all, err := f.dispatcher.Offers(t.Context(), alice)
		return err == nil && len(all) == 0
	})
}

func TestNoneWaitsWhileAFitAgentIsFree(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	for i, skill := range []string{"refund", "repair"} {
		a := f.online(fmt.Sprint("agent-", skill), 3)
		if err := f.store.SaveAgentProfiles(t.Context(), f.scope(), 1, []chat.AgentProfile{
			{User: a.ID, Cap: 3, Skills: []routing.Skill{{Name: skill, Level: 3 + i}}},
		}, "admin", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	f.configure(func(c *routing.Config) {
		c.Overflow = nil
		for _, skill := range []string{"refund", "repair"} {
			c.Rules = append(c.Rules, routing.Rule{
				Name: skill, On: true, Skills: []routing.Skill{{Name: skill, Level: 3}},
				When: []routing.Condition{{Field: "reason", Op: routing.OpIs, Value: skill}},
			})
		}
	})
	for i := range 10 {
		v, conv := f.visitor()
		if _, err := f.RequestHuman(t.Context(), v, conv.ID, []string{"refund", "repair", "other"}[i%3]); err != nil {
			t.Fatal(err)
		}
	}
	f.until("both are full", func() bool { return f.dispatcher.Metrics().Held == 6 })
	f.settled()
	waiting, err := f.dispatcher.Queue(t.Context(), identity.System(), 1)
	if err != nil || len(waiting) != 4 {
		t.Fatalf("%d wait, %v", len(waiting), err)
	}
	for _, w := range waiting {
		if len(w.Explanation.Candidates) > 0 || len(w.Explanation.Rejected) != 2 {
			t.Errorf("%+v", w.Explanation)
		}
	}
	f.healthy()
}

func TestTheLiveQueueShowsWhoWaitsAndTheirWordsAsTheyAreNow(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	v, conv := f.asks()
	f.until("it waits", func() bool { return f.dispatcher.Metrics().Waiting == 1 })
	f.say(v, conv, "more of it")
	f.exec("UPDATE contacts SET name = 'Late Name' WHERE id = $1", v.Scope.Contact)
	waiting, err := f.dispatcher.Queue(t.Context(), identity.System(), 1)
	if err != nil || len(waiting) != 1 || waiting[0].Contact != "Late Name" || waiting[0].LastMessage != "more of it" || waiting[0].ContactID != v.Scope.Contact {
		t.Fatalf("%+v, %v", waiting, err)
	}
}

func TestADisconnectStormLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	floors := newFloors(t, 3, func(c *chat.DispatcherConfig) { c.Reconcile = 200 * time.Millisecond }) // as after a storm: what is lost is found
	const agents, chats = 12, 60
	people := make([]identity.Actor, agents)
	for i := range people {
		people[i] = floors[i%3].online(fmt.Sprint("agent", i), 8)
	}
	convs := make([]string, chats)
	var wg sync.WaitGroup
	for i := range convs {
		wg.Go(func() { _, convs[i] = floors[i%3].asks() })
	}
	wg.Wait()
	// All leave at once, each releasing what they have, and come back while the others still leave.
	for i, a := range people {
		wg.Go(func() {
			f := floors[i%3]
			f.set(a, chat.Offline)
			held, err := f.store.HeldBy(t.Context(), chat.Lost{User: a.ID, Node: f.id})
			if err != nil {
				t.Error(err)
				return
			}
			for _, conv := range held {
				_, _, err := f.Append(t.Context(), identity.Everything(), chat.Entry{
					Conversation: conv, CID: newID(), Author: chat.Author{Kind: chat.AuthorSystem}, Kind: chat.KindReleased,
					Change: &chat.Change{Act: chat.ActRelease, From: a.ID, Head: true, Reason: "agent_gone"},
				})
				if err != nil && !errors.Is(err, chat.ErrStale) {
					t.Error(err)
				}
			}
			f.set(a, chat.Online)
		})
	}
	wg.Wait()
	f := floors[0]
	f.until("every chat is somebody's", func() bool {
		d, err := f.store.RoutingDigest(t.Context())
		return err == nil && len(d.Waiting) == 0 && len(d.Held) == chats
	})
	for i, a := range people {
		var held int
		if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM conversations WHERE assignee_id = $1 AND owner = 'human'", a.ID).Scan(&held); err != nil {
			t.Fatal(err)
		}
		if load := f.load(a); load != held || held > 8 {
			t.Errorf("agent %d: load %d, holds %d", i, load, held)
		}
	}
}
