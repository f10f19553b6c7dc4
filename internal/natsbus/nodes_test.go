package natsbus_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/natsbus"
)

func unchanged(int, *options) {}

func TestAnyNodeServesAnyConversation(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 3, unchanged)
	visitor, conv := h.nodes[0].visitor()
	agent := h.nodes[1].agent("alice")
	views := []*view{h.nodes[0].follow(visitor, conv.ID), h.nodes[1].follow(agent, conv.ID), h.nodes[2].follow(agent, conv.ID)}
	inbox := h.nodes[2].inbox(agent)
	var wg sync.WaitGroup
	for i, v := range h.nodes { // all three write at once
		wg.Go(func() {
			for k := range 20 {
				v.say(visitor, conv.ID, fmt.Sprintf("%d from node %d", k, i))
			}
		})
	}
	wg.Wait()
	for i, s := range views {
		s.whole(t, fmt.Sprintf("node %d", i), 60)
	}
	until(t, "the inbox has all rows", func() bool { return len(inbox.seqs(conv.ID)) == 60 })
	if err := h.nodes[0].Typing(t.Context(), visitor, conv.ID, true); err != nil {
		t.Fatal(err)
	}
	until(t, "typing crosses the nodes", func() bool {
		views[2].mu.Lock()
		defer views[2].mu.Unlock()
		return slices.ContainsFunc(views[2].signals, func(s *chat.Signal) bool { return s.Typing != nil && s.Typing.Author.ID == visitor.ID })
	})
}

// EXPECTATIONS C Chat 2: kill -9 between commit and publish, with nothing after it. The dead node is a store without a
// service: it commits, and never says so.
func TestChat02ACommitThatWasNeverPublishedIsShownWithinASecond(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 2, unchanged)
	visitor, conv := h.nodes[0].visitor()
	agent := h.nodes[0].agent("alice")
	s, inbox := h.nodes[0].follow(visitor, conv.ID), h.nodes[0].inbox(agent)
	var worst time.Duration
	for i := range 5 {
		entry := chat.Scoped{Scope: identity.Everything(), Entry: chat.Entry{
			Conversation: conv.ID, CID: chat.NewID(time.Now()), Author: chat.Author{Kind: chat.AuthorVisitor, ID: visitor.ID}, Kind: chat.KindMessage, Content: "unsaid",
		}}
		outs, err := h.nodes[1].store.AppendBatch(t.Context(), []chat.Scoped{entry}, true)
		if err != nil || outs[0].Verdict != chat.Stored {
			t.Fatalf("%+v, %v", outs, err)
		}
		committed := time.Now()
		s.whole(t, "the visitor", i+1)
		worst = max(worst, time.Since(committed))
	}
	until(t, "the inbox has them too", func() bool { return len(inbox.seqs(conv.ID)) == 5 })
	t.Logf("shown after at most %v (the sweep runs every 200 ms here, each second in a server)", worst)
}

// EXPECTATIONS C Chat 3: the same cid on two nodes at once is one row, shown once everywhere.
func TestChat03TheSameCIDOnTwoNodesAtOnceIsOneRow(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 2, unchanged)
	visitor, conv := h.nodes[0].visitor()
	views := []*view{h.nodes[0].follow(visitor, conv.ID), h.nodes[1].follow(visitor, conv.ID)}
	const n = 30
	var wg sync.WaitGroup
	for i := range n {
		cid := chat.NewID(time.Now())
		var seqs [2]uint32
		for k, v := range h.nodes {
			wg.Go(func() {
				row, _, err := v.Send(t.Context(), visitor, chat.Send{Conversation: conv.ID, CID: cid, Content: fmt.Sprint("message ", i)})
				if err != nil {
					t.Error(err)
				}
				seqs[k] = row.Seq
			})
		}
		wg.Wait()
		if seqs[0] != seqs[1] {
			t.Fatalf("one cid, two rows: %v", seqs)
		}
	}
	for i, s := range views {
		s.whole(t, fmt.Sprintf("node %d", i), n)
	}
}

// EXPECTATIONS C Chat 9, first half: a node cut from NATS for 30 s goes on, and so does everybody else; afterwards nobody
// misses anything. The cut lasts as many renewals of the lease here (200 ms) as 30 s do in a server (2 s), and with
// them longer than all that could end meanwhile: a node's silence on the bus (3.5 beats), a lease (three renewals), the
// grace of agents whose node would be taken for dead (2 s), the sweep and the read of what was missed (a tick of 200 ms).
func TestChat09ANodeCutFromTheBusMissesNothing(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 2, unchanged)
	near, far := h.nodes[0], h.nodes[1]
	visitor, conv := near.visitor()
	agent := near.agent("alice")
	views := []*view{near.follow(visitor, conv.ID), far.follow(agent, conv.ID)}
	inboxes := []*view{near.inbox(agent), far.inbox(agent)}
	other, unseen := near.visitor() // nobody follows it: only inboxes show it
	far.toBus.Cut()
	over := time.NewTimer(15 * 200 * time.Millisecond)
	defer over.Stop()
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	const n = 40
	for i := range n {
		<-pause.C
		near.say(visitor, conv.ID, fmt.Sprint("near ", i))
		far.say(visitor, conv.ID, fmt.Sprint("far ", i))
		if i%4 == 0 {
			near.say(other, unseen.ID, "near")
			far.say(other, unseen.ID, "far")
		}
	}
	until(t, "both notice", func() bool {
		return near.bus.Stats().Peers == 0 && far.bus.Stats().Peers == 0 && !far.bus.Stats().Connected
	})
	for i, s := range views { // while the cut lasts: the database is read instead
		s.whole(t, fmt.Sprintf("node %d, cut", i), 2*n)
	}
	for i, s := range inboxes {
		until(t, fmt.Sprintf("the inbox of node %d, cut", i), func() bool { return len(s.seqs(unseen.ID)) == n/2 && len(s.seqs(conv.ID)) == 2*n })
	}
	<-over.C
	until(t, "neither takes the other for dead: leases go by the database", func() bool { return near.OtherNodes() == 1 && far.OtherNodes() == 1 })
	far.toBus.Heal()
	until(t, "they hear each other again", func() bool { return near.bus.Stats().Peers == 1 && far.bus.Stats().Peers == 1 })
	before := far.bus.Stats().Received
	near.say(visitor, conv.ID, "again by the bus")
	for i, s := range views {
		s.whole(t, fmt.Sprintf("node %d, healed", i), 2*n+1)
	}
	until(t, "the bus carries rows again", func() bool { return far.bus.Stats().Received > before })
}

// EXPECTATIONS C Chat 9, second half: a node cut from PostgreSQL refuses sends at once or in time, and the others go on.
// (Its /readyz is TestANodeCutFromItsDatabaseIsUnready of cmd/frontdesk.)
func TestChat09ANodeCutFromTheDatabaseRefusesSends(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 2, unchanged)
	near, far := h.nodes[0], h.nodes[1]
	visitor, conv := near.visitor()
	views := []*view{near.follow(visitor, conv.ID), far.follow(visitor, conv.ID)}
	far.toDB.Cut()
	cid := chat.NewID(time.Now())
	_, _, err := far.Send(t.Context(), visitor, chat.Send{Conversation: conv.ID, CID: cid, Content: "to be repeated"})
	if !errors.Is(err, chat.ErrUnavailable) {
		t.Fatalf("cut from the database: %v", err)
	}
	near.say(visitor, conv.ID, "the other node goes on")
	views[1].whole(t, "the cut node's socket, by the bus", 1)
	far.toDB.Heal()
	until(t, "the same message passes", func() bool {
		_, _, err := far.Send(t.Context(), visitor, chat.Send{Conversation: conv.ID, CID: cid, Content: "to be repeated"})
		return err == nil
	})
	for i, s := range views {
		s.whole(t, fmt.Sprintf("node %d", i), 2)
	}
}

// unruly brings each packet's rows again, out of order and late.
type unruly struct {
	natsbus.Receiver
	late chan []*chat.Row
}

func (u unruly) PublishRemote(rows ...*chat.Row) {
	back := slices.Clone(rows)
	slices.Reverse(back)
	u.Receiver.PublishRemote(back...) // reordered
	u.Receiver.PublishRemote(rows...) // doubled
	select {
	case u.late <- rows: // and once more, much later
	default:
	}
	if len(u.late) > 8 {
		u.Receiver.PublishRemote(<-u.late...)
	}
}

// EXPECTATIONS C Chat 10: duplicated, reordered and delayed bus messages do no harm.
func TestChat10DoubledReorderedAndLateBusMessagesDoNoHarm(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 2, func(i int, o *options) {
		if i == 1 {
			o.receiver = func(hub *chat.Hub) natsbus.Receiver { return unruly{hub, make(chan []*chat.Row, 64)} }
		}
	})
	h.nodes[1].toBus.Delay(5*time.Millisecond, 30*time.Millisecond)
	visitor, conv := h.nodes[0].visitor()
	views := []*view{h.nodes[0].follow(visitor, conv.ID), h.nodes[1].follow(visitor, conv.ID)}
	const n = 100
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			for i := range n / 5 {
				h.nodes[0].say(visitor, conv.ID, fmt.Sprint(i))
			}
		})
	}
	wg.Wait()
	for i, s := range views {
		s.whole(t, fmt.Sprintf("node %d", i), n)
	}
}

// sleepy takes its time with every packet.
type sleepy struct{ natsbus.Receiver }

func (s sleepy) PublishRemote(rows ...*chat.Row) {
	<-time.After(20 * time.Millisecond)
	s.Receiver.PublishRemote(rows...)
}

// EXPECTATIONS C Chat 12: a slow bus subscriber holds nobody up, and gets everything.
func TestChat12ASlowBusSubscriberHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 2, func(i int, o *options) {
		if i == 1 {
			o.receiver = func(hub *chat.Hub) natsbus.Receiver { return sleepy{hub} }
		}
	})
	visitor, conv := h.nodes[0].visitor()
	views := []*view{h.nodes[0].follow(visitor, conv.ID), h.nodes[1].follow(visitor, conv.ID)}
	const n = 300
	began := time.Now()
	for i := range n { // one packet each: six seconds' worth for the sleepy one
		h.nodes[0].say(visitor, conv.ID, fmt.Sprint(i))
	}
	views[0].whole(t, "the sender's node", n)
	t.Logf("%d messages stored and shown on the fast node in %v", n, time.Since(began))
	views[1].whole(t, "the slow node", n)
}

// EXPECTATIONS C Chat 13: all sockets drop within one second, and come back to whichever node.
func TestChat13EverybodyComesBackAtOnceToAnotherNode(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 2, unchanged)
	const n = 300
	type socket struct {
		actor identity.Actor
		conv  string
		view  *view
		stop  func()
	}
	all := make([]socket, n)
	each(t, n, func(i int) error {
		contact, conv, err := h.nodes[0].StartVisitor(t.Context(), chat.StartRequest{Site: "default"})
		if err != nil {
			return err
		}
		s := socket{actor: asVisitor(contact), conv: conv.ID, view: &view{}}
		_, s.stop, err = h.nodes[0].Follow(t.Context(), s.actor, s.conv, 0, s.view)
		all[i] = s
		return err
	})
	each(t, n, func(i int) error {
		_, _, err := h.nodes[0].Send(t.Context(), all[i].actor, chat.Send{Conversation: all[i].conv, CID: chat.NewID(time.Now()), Content: "before"})
		return err
	})
	for i := range all {
		all[i].stop() // the node is gone for them
	}
	each(t, n, func(i int) error { // meanwhile something is said
		_, _, err := h.nodes[0].Send(t.Context(), all[i].actor, chat.Send{Conversation: all[i].conv, CID: chat.NewID(time.Now()), Content: "meanwhile"})
		return err
	})
	began := time.Now()
	each(t, n, func(i int) error {
		s := &all[i]
		_, stop, err := h.nodes[1].Follow(t.Context(), s.actor, s.conv, uint32(min(s.view.count(), 1)), s.view)
		t.Cleanup(stop)
		return err
	})
	t.Logf("%d sockets followed again on the other node in %v", n, time.Since(began))
	for i := range all {
		all[i].view.whole(t, "a visitor", 2)
	}
}

// each calls f for 0 to n-1, sixteen at a time.
func each(t *testing.T, n int, f func(i int) error) {
	t.Helper()
	var wg sync.WaitGroup
	slots := make(chan struct{}, 16)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := f(i); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// EXPECTATIONS C Chat 14: a clock that is an hour wrong on one node, either way, disturbs neither order nor times nor presence.
func TestChat14AWrongClockOnOneNodeDisturbsNothing(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		h := openHouse(t, 2, func(i int, o *options) {
			if i == 1 {
				o.clock = func() time.Time { return time.Now().Add(off) }
			}
		})
		right, wrong := h.nodes[0], h.nodes[1]
		visitor, conv := wrong.visitor()
		agent := right.agent("alice")
		if _, err := wrong.presence.Connect(t.Context(), agent); err != nil {
			t.Fatal(err)
		}
		views := []*view{right.follow(visitor, conv.ID), wrong.follow(visitor, conv.ID)}
		for i := range 20 {
			h.nodes[i%2].say(visitor, conv.ID, fmt.Sprint(i))
		}
		for i, s := range views {
			s.whole(t, fmt.Sprintf("node %d", i), 20)
		}
		rows := views[0].all()
		for i, r := range rows {
			if age := time.Since(r.Time); age < -time.Minute || age > 5*time.Minute || i > 0 && r.Time.Before(rows[i-1].Time) {
				t.Errorf("clock off by %v: row %d has time %v", off, r.Seq, r.Time)
			}
		}
		if n, err := right.AgentsOnline(t.Context(), 1, 1); err != nil || n != 1 {
			t.Errorf("clock off by %v: %d agents online, %v", off, n, err)
		}
		if right.OtherNodes() != 1 || wrong.OtherNodes() != 1 {
			t.Errorf("clock off by %v: a node is taken for dead", off)
		}
	}
}

// EXPECTATIONS C Chat 16: fifty parallel starts of one visitor on two nodes give one conversation.
func TestChat16FiftyParallelStartsOnTwoNodesAreOneConversation(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 2, unchanged)
	visitor, first := h.nodes[0].visitor()
	agent := h.nodes[0].agent("alice")
	if _, err := h.nodes[0].Resolve(t.Context(), agent, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.nodes[0].pool.Exec(t.Context(), "UPDATE conversations SET resolved_at = now() - interval '25 hours' WHERE id = $1", first.ID); err != nil {
		t.Fatal(err)
	}
	ids := make([]string, 50)
	each(t, len(ids), func(i int) error {
		_, conv, err := h.nodes[i%2].StartVisitor(t.Context(), chat.StartRequest{Site: "default", Contact: visitor.ID})
		ids[i] = conv.ID
		return err
	})
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != 1 || ids[0] == first.ID {
		t.Errorf("%d conversations: %v", len(ids), ids)
	}
}

// A node dies without a word: its agents stay while they come back elsewhere within the grace; who does not is gone, and
// their conversations wait at the head of the queue.
func TestPresenceSurvivesANodesDeath(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 2, unchanged)
	living := h.nodes[0]
	alice, bob := living.agent("alice"), living.agent("bob")
	dead := chat.NewID(time.Now())
	if _, err := living.store.RenewLease(t.Context(), chat.Node{ID: dead}, time.Second); err != nil { // its last
		t.Fatal(err)
	}
	held := map[string]string{}
	for _, a := range []identity.Actor{alice, bob} {
		if _, err := living.store.SetPresence(t.Context(), a.ID, dead, "", ""); err != nil {
			t.Fatal(err)
		}
		_, conv := living.visitor()
		if _, err := living.Claim(t.Context(), a, conv.ID, nil); err != nil {
			t.Fatal(err)
		}
		held[a.ID] = conv.ID
	}
	if _, err := h.nodes[1].presence.Connect(t.Context(), alice); err != nil { // her browser found the other node
		t.Fatal(err)
	}
	until(t, "bob is gone", func() bool {
		conv, err := living.Conversation(t.Context(), identity.System(), held[bob.ID])
		return err == nil && conv.Owner == chat.OwnerQueue
	})
	conv, err := living.Conversation(t.Context(), identity.System(), held[alice.ID])
	if err != nil || conv.Owner != chat.OwnerHuman || conv.Assignee.ID != alice.ID {
		t.Errorf("alice lost her conversation: %+v, %v", conv, err)
	}
	if n, err := living.AgentsOnline(t.Context(), 1, 1); err != nil || n != 1 {
		t.Errorf("%d online, %v", n, err)
	}
}

func TestTheStatisticsShowAllNodes(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 2, unchanged)
	visitor, conv := h.nodes[1].visitor()
	h.nodes[1].follow(visitor, conv.ID)
	admin := identity.Actor{Kind: identity.KindAgent, ID: "x", Role: identity.RoleAdmin, Scope: identity.Everything()}
	until(t, "the other node's visitor counts", func() bool {
		stats, err := h.nodes[0].Stats(t.Context(), admin)
		if err != nil {
			t.Fatal(err)
		}
		return stats.VisitorsOnline == 1 && len(stats.Nodes) == 2 && stats.Nodes[0].Living && stats.Nodes[1].Living &&
			stats.Nodes[0].Reached == 1 && stats.Nodes[1].Reached == 1
	})
}
