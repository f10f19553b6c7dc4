package postgres

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// attends runs a presence with the floor's dispatcher, as a server does, with a grace of its own.
func (f *floor) attends(t *testing.T, store chat.PresenceStore, grace time.Duration) *chat.Presence {
	t.Helper()
	p, err := chat.NewPresence(t.Context(), chat.PresenceConfig{
		Store: store, Chat: f.Service, Node: newID(), Logger: slog.New(slog.DiscardHandler), Renew: 10 * time.Second, Grace: grace,
		Changed: f.dispatcher.AgentChanged, Look: 5 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	runPresence(t, p)
	return p
}

// lateLeave stores that somebody is gone only after the router has given out all that it would.
type lateLeave struct {
	*Chat
	floor *floor
}

func (l lateLeave) Leave(ctx context.Context, lost chat.Lost) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		d, err := l.RoutingDigest(ctx)
		if m := l.floor.dispatcher.Metrics(); err == nil && m.Waiting == len(d.Waiting) && m.Held == len(d.Held) {
			break
		}
		<-tick.C
	}
	return l.Chat.Leave(ctx, lost)
}

// arrives adds an agent with a socket and room for most conversations.
func (f *floor) arrives(p *chat.Presence, name string, most int) identity.Actor {
	f.t.Helper()
	a := f.agent(name)
	f.exec("INSERT INTO agents (user_id, cap, own_cap) VALUES ($1, $2, true)", a.ID, most)
	if _, err := p.Connect(f.t.Context(), a); err != nil {
		f.t.Fatal(err)
	}
	return a
}

// holds returns how many conversations the agent has in hand, by the database.
func (f *floor) holds(a identity.Actor) (n int) {
	f.t.Helper()
	if err := f.pool.QueryRow(f.t.Context(), "SELECT count(*) FROM conversations WHERE assignee_id = $1 AND status <> 'resolved'", a.ID).Scan(&n); err != nil {
		f.t.Fatal(err)
	}
	return n
}

// away reports whether the agent is with no node.
func (f *floor) away(a identity.Actor) (gone bool) {
	f.t.Helper()
	if err := f.pool.QueryRow(f.t.Context(), "SELECT node IS NULL FROM agents WHERE user_id = $1", a.ID).Scan(&gone); err != nil {
		f.t.Fatal(err)
	}
	return gone
}

// The agent wrote last in each, so each is hers first (sticky): of what is taken from her nothing comes back.
func TestWhatIsTakenFromAnAgentWhoIsGoneDoesNotComeBackToThem(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	p := f.attends(t, lateLeave{f.store, f}, 50*time.Millisecond)
	const chats = 5
	for range 4 {
		alice := f.arrives(p, newID(), 100)
		var convs []string
		for range chats {
			_, conv := f.asks()
			convs = append(convs, conv)
			f.until("it is hers", func() bool { return f.holder(conv) == alice.ID })
			f.say(alice, conv, "hello")
		}
		_, more := f.visitor() // taken by hand
		if _, err := f.Claim(t.Context(), alice, more.ID, nil); err != nil {
			t.Fatal(err)
		}
		p.Disconnect(alice)
		f.until("she is gone", func() bool { return f.away(alice) })
		f.settled()
		if n, load := f.holds(alice), f.load(alice); n != 0 || load != 0 {
			t.Fatalf("she is gone and holds %d, load %d", n, load)
		}
		bob := f.arrives(p, newID(), 100)
		f.until("all are the next one's", func() bool { return f.holds(bob) == chats+1 })
		f.settled()
		for _, conv := range append(convs, more.ID) {
			if _, err := f.Resolve(t.Context(), identity.System(), conv); err != nil {
				t.Fatal(err)
			}
		}
		p.Disconnect(bob)
		f.until("he is gone", func() bool { return f.away(bob) })
	}
}

func TestNothingNewIsGivenInTheGraceAfterADisconnect(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	p := f.attends(t, f.store, time.Hour)
	alice := f.arrives(p, "alice", 100)
	_, first := f.asks()
	f.until("it is hers", func() bool { return f.holder(first) == alice.ID })
	p.Disconnect(alice)
	f.until("the router knows", func() bool {
		x, err := f.dispatcher.Explain(t.Context(), identity.System(), first)
		return err == nil && len(x.Candidates) == 0
	})
	_, conv := f.asks()
	f.settled()
	if f.holder(conv) != "" || f.holder(first) != alice.ID {
		t.Fatalf("%q has the new one, %q hers", f.holder(conv), f.holder(first))
	}
	if _, err := p.Connect(t.Context(), alice); err != nil { // the page was reloaded
		t.Fatal(err)
	}
	f.until("it is hers now", func() bool { return f.holder(conv) == alice.ID })
	f.healthy()
}

func TestAnAgentWhoChoosesOfflineGivesTheirsBackAfterTheGrace(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	p := f.attends(t, f.store, 50*time.Millisecond)
	patient := f.attends(t, f.store, time.Hour) // another node, whose grace is not over
	alice, carol := f.arrives(p, "alice", 100), f.arrives(patient, "carol", 100)
	var convs []string
	for range 3 {
		_, conv := f.asks()
		convs = append(convs, conv)
	}
	f.until("all are given", func() bool { return f.holds(alice)+f.holds(carol) == 3 })
	f.settled()
	for _, conv := range convs { // two are alice's, who wrote last, one is carol's
		if f.holder(conv) == alice.ID {
			f.say(alice, conv, "hello")
		}
	}
	hers := f.holds(carol)
	for _, a := range []identity.Actor{carol, alice} {
		of := map[string]*chat.Presence{alice.ID: p, carol.ID: patient}[a.ID]
		if err := of.Set(t.Context(), a, chat.Offline, ""); err != nil {
			t.Fatal(err)
		}
	}
	f.until("alice holds nothing", func() bool { return f.holds(alice) == 0 && f.load(alice) == 0 })
	f.settled()
	if n := f.holds(carol); n != hers || f.away(alice) {
		t.Errorf("carol holds %d of %d in her grace; alice, whose page is open, is gone: %v", n, hers, f.away(alice))
	}
	for _, conv := range convs {
		rows := f.log(conv)
		if last := rows[len(rows)-1]; f.holder(conv) == "" && (last.Kind != chat.KindReleased || last.Data.Reason != "agent_gone") {
			t.Errorf("%+v", last)
		}
	}
	if err := p.Set(t.Context(), alice, chat.Online, ""); err != nil { // and gets them when she is back
		t.Fatal(err)
	}
	f.until("they are hers again", func() bool { return f.holds(alice) == 3-hers })
	f.healthy()
}

// What an agent who is offline takes by hand is theirs for the grace at least.
func TestWhoIsOfflineAndTakesByHandHasItForTheGrace(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	alice := f.arrives(f.presence, "alice", 5)
	f.set(alice, chat.Offline)
	f.exec("UPDATE agents SET chosen_at = now() - interval '1 hour', idle_since = now() - interval '1 hour'")
	_, conv := f.visitor()
	if _, err := f.Claim(t.Context(), alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	if lost, err := f.store.Lost(t.Context(), f.id, 30*time.Second); err != nil || len(lost) != 0 {
		t.Errorf("%+v, %v", lost, err)
	}
	f.exec("UPDATE agents SET idle_since = now() - interval '31 seconds'")
	gone := chat.Lost{User: alice.ID, Node: f.id, Chose: true}
	if lost, err := f.store.Lost(t.Context(), f.id, 30*time.Second); err != nil || len(lost) != 1 || lost[0] != gone {
		t.Errorf("%+v, %v", lost, err)
	}
	if held, err := f.store.HeldBy(t.Context(), gone); err != nil || len(held) != 1 {
		t.Errorf("%v, %v", held, err)
	}
	f.set(alice, chat.Away)
	if held, err := f.store.HeldBy(t.Context(), gone); err != nil || len(held) != 0 {
		t.Errorf("she chose otherwise, and %v is taken from her: %v", held, err)
	}
}

// Two tabs on two nodes that close at once: nobody is left to answer for her as if she were there.
func TestAnAgentWhoLeavesTwoNodesAtOnceIsThereOnNeither(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.agent("alice")
	nodes := d.living(2)
	for range 20 {
		for _, node := range nodes {
			if _, err := d.store.SetPresence(t.Context(), alice.ID, node, "", ""); err != nil {
				t.Fatal(err)
			}
		}
		var both sync.WaitGroup
		for _, node := range nodes {
			both.Go(func() {
				if err := d.store.Leaving(t.Context(), node, []string{alice.ID}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		agents, err := d.store.RoutingAgents(t.Context(), []string{alice.ID})
		if err != nil || len(agents) != 1 || agents[0].Presence != chat.Offline || agents[0].Node != "" {
			t.Fatalf("%+v, %v", agents, err)
		}
	}
}

// A list that says otherwise than what pages hear would tell who is invisible.
func TestColleaguesReadTheInvisibleAsAwayAndWhoLeftAsOffline(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	alice := f.online("alice", 5)
	site, err := NewAccounts(f.pool).SiteByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	team := identity.Team{Site: site.ID, Department: site.DefaultDepartment, Name: "Desk", Members: []string{alice.ID}}
	if _, err := NewAccounts(f.pool).EnsureTeam(t.Context(), team); err != nil {
		t.Fatal(err)
	}
	seen := func(want string) {
		t.Helper()
		rosters, err := NewAccounts(f.pool).Rosters(t.Context(), identity.Everything())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rosters {
			for _, p := range r.People {
				if p.ID == alice.ID && p.Presence != want {
					t.Errorf("seen %s, want %s", p.Presence, want)
				}
			}
		}
	}
	for chosen, want := range map[string]string{chat.Online: chat.Online, chat.Away: chat.Away, chat.Invisible: chat.Away, chat.Offline: chat.Offline} {
		f.set(alice, chosen)
		seen(want)
	}
	f.set(alice, chat.Invisible)
	if err := f.store.Leaving(t.Context(), f.id, []string{alice.ID}); err != nil {
		t.Fatal(err)
	}
	seen(chat.Offline)
}
