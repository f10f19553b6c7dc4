package postgres

import (
	"errors"
	"slices"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

// skewed gives each node, in their order, a clock that is so far off.
func skewed(off ...time.Duration) func(*chat.DispatcherConfig) {
	i := -1
	return func(c *chat.DispatcherConfig) {
		i++
		right, by := c.Clock, off[i]
		c.Clock = func() time.Time { return right().Add(by) }
		c.Reconcile = 200 * time.Millisecond // offers are compared as well
	}
}

// offers returns the open offers to the agent as the node knows them.
func (f *floor) offers(a identity.Actor) []chat.OfferSignal {
	f.t.Helper()
	all, err := f.dispatcher.Offers(f.t.Context(), a)
	if err != nil {
		f.t.Fatal(err)
	}
	return all
}

func TestWrongClocksEndNoOfferAndRelaxNothing(t *testing.T) {
	t.Parallel()
	floors := newFloors(t, 3, skewed(0, time.Hour, -time.Hour))
	f := floors[0]
	const reserve, step, convs = 600, 1800, 9
	f.configure(func(c *routing.Config) {
		c.ReservationSeconds = reserve
		c.Overflow = []routing.Step{{AfterSeconds: step, Relax: []string{routing.RelaxSkills}}}
		c.Rules = []routing.Rule{{
			Name: "repair", On: true, Skills: []routing.Skill{{Name: "repair", Level: 3}},
			When: []routing.Condition{{Field: "reason", Op: routing.OpIs, Value: "repair"}},
		}}
	})
	alice := f.online("alice", convs+1)
	visitor, hard := f.visitor()
	if _, err := f.RequestHuman(t.Context(), visitor, hard.ID, "repair"); err != nil {
		t.Fatal(err)
	}
	for i := range convs { // some fall to each node
		floors[i%3].asks()
	}
	for i, node := range floors {
		node.until("all are offered", func() bool { return len(node.offers(alice)) == convs })
		for _, o := range node.offers(alice) {
			if o.Left <= (reserve-100)*time.Second || o.Left > reserve*time.Second {
				t.Errorf("node %d says that an offer stands for %v", i, o.Left)
			}
		}
		node.until("what nobody can do waits", func() bool {
			x, err := node.dispatcher.Explain(t.Context(), identity.System(), hard.ID)
			if err != nil {
				t.Fatal(err)
			}
			if x.Step != 0 || x.NextStepS > step {
				t.Fatalf("node %d is at step %d, the next in %v s", i, x.Step, x.NextStepS)
			}
			return len(x.Rejected) == 1 && x.NextStepS > step-100 && node.dispatcher.Metrics().Waiting == 1
		})
	}
	for i, o := range f.offers(alice) { // each stands, on whatever node it is answered
		if end, err := floors[i%3].dispatcher.Answer(t.Context(), alice, o.ID, true); err != nil || end.Result != chat.OfferAccepted {
			t.Fatalf("%+v, %v", end, err)
		}
	}
	for i, node := range floors {
		m := node.dispatcher.Metrics()
		if m.Ended[chat.OfferTimeout] > 0 || m.Failures > 0 {
			t.Errorf("node %d: %+v", i, m)
		}
	}
}

func TestOffersEndInTheirTimeThoughAllClocksAreBehind(t *testing.T) {
	t.Parallel()
	floors := newFloors(t, 2, skewed(-time.Hour, -2*time.Hour))
	f := floors[0]
	f.reserve(1)
	alice := f.online("alice", 5)
	_, conv := f.asks()
	f.until("she let it pass", func() bool {
		x, err := f.dispatcher.Explain(t.Context(), identity.System(), conv)
		return err == nil && slices.ContainsFunc(x.Rejected, func(r routing.Rejection) bool { return r.Agent == alice.ID && r.Code == routing.RejectExcluded })
	})
	f.reserve(600)
	bob := f.online("bob", 5)
	if o := f.offered(bob); o.Conversation != conv {
		t.Errorf("%+v", o)
	}
}

func TestOnlyTheDatabaseSaysThatAnOfferIsOver(t *testing.T) {
	t.Parallel()
	f := newFloor(t, func(c *chat.DispatcherConfig) { c.WatchOnly = true })
	ctx := t.Context()
	alice, bob := f.online("alice", 5), f.online("bob", 5)
	_, conv := f.asks()
	item := func() chat.Queued {
		items, err := f.store.QueuedItems(ctx, []string{conv})
		if err != nil || len(items) != 1 {
			t.Fatalf("%d items, %v", len(items), err)
		}
		return items[0]
	}
	offer := func(to identity.Actor, d time.Duration) string {
		q := item()
		o := chat.Offer{ID: newID(), Conversation: conv, Agent: to.ID, ExcludedAt: q.ExcludedAt}
		if _, err := f.store.MakeOffer(ctx, o, q.Epoch, chat.Guard{Channel: "chat", Weight: 3}, routing.Record{}, d); err != nil {
			t.Fatal(err)
		}
		return o.ID
	}
	end := func(id string, how chat.OfferEnding, want bool, least time.Duration) {
		t.Helper()
		ended, left, err := f.store.EndOffer(ctx, id, how)
		if err != nil || ended != want || left < least || left > least+time.Minute {
			t.Errorf("%s: ended %t, %v left, %v", how, ended, left, err)
		}
	}
	excluded := func(want ...identity.Actor) []routing.Exclusion {
		t.Helper()
		got := item().Excluded
		if len(got) != len(want) {
			t.Fatalf("%+v, want %d", got, len(want))
		}
		for _, a := range want {
			if !slices.ContainsFunc(got, func(x routing.Exclusion) bool { return x.Agent == a.ID }) {
				t.Errorf("%+v without %s", got, a.Name)
			}
		}
		return got
	}
	id := offer(alice, 2*time.Minute)
	end(id, chat.EndOverdue, false, time.Minute)
	if o, _, err := f.store.Offer(ctx, id); err != nil || o.Channel != "chat" || o.Weight != 3 || o.Left <= time.Minute || o.Left > 2*time.Minute {
		t.Errorf("%+v, %v", o, err)
	}
	excluded()
	end(id, chat.EndFreed, true, 0)
	excluded()
	end(id, chat.EndFreed, false, 0)
	end(id, chat.EndOverdue, false, 0)
	// Each who lets it pass is barred from then on, whoever does so later.
	end(offer(alice, time.Hour), chat.EndDeclined, true, 0)
	first := excluded(alice)[0]
	if first.Missed {
		t.Error("declined, and noted as missed")
	}
	end(offer(bob, time.Nanosecond), chat.EndOverdue, true, 0)
	both := excluded(alice, bob)
	if missed := slices.IndexFunc(both, func(x routing.Exclusion) bool { return x.Missed }); missed < 0 || both[missed].Agent != bob.ID {
		t.Errorf("%+v: bob let it pass", both)
	}
	if i := slices.Index(both, first); i < 0 || !both[1-i].At.After(first.At) || !item().ExcludedAt.Equal(both[1-i].At) {
		t.Errorf("%+v after %+v", both, first)
	}
	// One who gives it back by hand as well, with those who did before.
	if _, err := f.Claim(ctx, alice, conv, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Release(ctx, alice, conv); err != nil {
		t.Fatal(err)
	}
	if again := excluded(alice)[0]; !again.At.After(first.At) {
		t.Errorf("%+v after %+v", again, first)
	}
}

func TestAnAcceptedOfferThatItsAgentHasNoRoomForGoesToTheNextAtOnce(t *testing.T) {
	t.Parallel()
	floors := newFloors(t, 2, asIs)
	f := floors[0]
	f.reserve(600)
	alice := f.online("alice", 1)
	for i := range 4 { // made by either node, answered on the other as well
		_, conv := f.asks()
		offer := f.offered(alice)
		_, other := f.visitor()
		if _, err := f.Claim(t.Context(), alice, other.ID, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := floors[i%2].dispatcher.Answer(t.Context(), alice, offer.ID, true); !errors.Is(err, chat.ErrOfferEnded) {
			t.Fatalf("accepted over the cap: %v", err)
		}
		bob := f.online("bob"+conv, 1)
		if next := f.offered(bob); next.Conversation != conv {
			t.Fatalf("%+v", next)
		}
		x, err := f.dispatcher.Simulate(t.Context(), identity.System(), routing.Item{Site: 1, Department: 1}, time.Time{})
		if err != nil || !slices.ContainsFunc(x.Rejected, func(r routing.Rejection) bool { return r.Agent == alice.ID && r.Code == routing.RejectFull }) {
			t.Errorf("%+v, %v", x.Rejected, err)
		}
		if items, err := f.store.QueuedItems(t.Context(), []string{conv}); err != nil || len(items) != 1 || len(items[0].Excluded) != 0 {
			t.Errorf("who wanted it is barred from it: %+v, %v", items, err)
		}
		if _, err := f.Resolve(t.Context(), alice, other.ID); err != nil {
			t.Fatal(err)
		}
		f.until("she has room again", func() bool { return f.load(alice) == 0 })
	}
}

func TestAnOfferEndsWhenItsAgentGoes(t *testing.T) {
	t.Parallel()
	floors := newFloors(t, 2, asIs)
	f := floors[0]
	f.reserve(600)
	alice := f.online("alice", 4)
	convs := make([]string, 4)
	for i := range convs { // made by either node
		_, convs[i] = floors[i%2].asks()
	}
	for _, node := range floors {
		node.until("all are offered to her", func() bool { return len(node.offers(alice)) == len(convs) })
	}
	bob := floors[1].online("bob", 4)
	f.set(alice, chat.Away)
	for _, node := range floors {
		node.until("all are offered to him", func() bool { return len(node.offers(bob)) == len(convs) && len(node.offers(alice)) == 0 })
	}
	// She comes back, he goes: what she did not decline is hers again.
	f.set(alice, chat.Online)
	floors[1].set(bob, chat.Invisible)
	for _, node := range floors {
		node.until("all are offered to her again", func() bool { return len(node.offers(alice)) == len(convs) && len(node.offers(bob)) == 0 })
	}
}

func TestAnOfferIsAcceptedOnItsOwnChannel(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	f.reserve(600)
	alice := f.agent("alice")
	if err := f.store.SaveAgentProfiles(t.Context(), f.scope(), 1, []chat.AgentProfile{{User: alice.ID, Cap: 5, Caps: map[string]int{"chat": 0, "ticket": 1}}}, "admin", time.Now()); err != nil {
		t.Fatal(err)
	}
	f.comes(alice)
	v, conv := f.visitor()
	f.exec("UPDATE conversations SET channel = 'ticket' WHERE id = $1", conv.ID)
	if _, err := f.RequestHuman(t.Context(), v, conv.ID, ""); err != nil {
		t.Fatal(err)
	}
	offer := f.offered(alice)
	if end, err := f.dispatcher.Answer(t.Context(), alice, offer.ID, true); err != nil || end.Result != chat.OfferAccepted {
		t.Fatalf("%+v, %v", end, err)
	}
}
