package postgres

import (
	"log/slog"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

func TestOnlyAgentsOnALivingNodeWithinReachAreOnline(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	alice := d.agent("alice")
	node := newID()
	count := func(site, department int32) int {
		n, err := d.AgentsOnline(ctx, site, department)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if _, err := d.store.RenewLease(ctx, chat.Node{ID: node}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if p, err := d.store.SetPresence(ctx, alice.ID, node, "", ""); err != nil || p != chat.Online {
		t.Fatalf("%q, %v", p, err)
	}
	if count(1, 1) != 1 || count(2, 1) != 0 {
		t.Fatalf("online: %d here, %d at a site that is not hers", count(1, 1), count(2, 1))
	}
	if p, err := d.store.SetPresence(ctx, alice.ID, node, chat.Away, ""); err != nil || p != chat.Away || count(1, 1) != 0 {
		t.Fatalf("%q, %v", p, err)
	}
	if p, err := d.store.SetPresence(ctx, alice.ID, node, "", ""); err != nil || p != chat.Away {
		t.Fatalf("a second socket changed what she chose: %q, %v", p, err)
	}
	if _, err := d.store.SetPresence(ctx, alice.ID, node, chat.Online, ""); err != nil || count(1, 1) != 1 {
		t.Fatal(err)
	}
	if _, err := d.store.RenewLease(ctx, chat.Node{ID: node}, 0); err != nil || count(1, 1) != 0 {
		t.Fatalf("online on a dead node: %d, %v", count(1, 1), err)
	}
	_, err := d.store.SetPresence(ctx, newID(), node, "", "")
	want(t, err, identity.ErrNotFound)
}

// EXPECTATIONS A 14: a vanished agent's chats go back to the head of the queue
// with a visible line.
func TestALostAgentsConversationsGoBackToTheHeadOfTheQueue(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	alice := d.agent("alice")
	held := make([]string, 2)
	for i := range held {
		visitor, conv := d.visitor()
		held[i] = conv.ID
		d.say(visitor, conv.ID, "hello")
		if _, err := d.Claim(ctx, alice, conv.ID, nil); err != nil {
			t.Fatal(err)
		}
	}
	waiting, queued := d.visitor()
	if _, err := d.RequestHuman(ctx, waiting, queued.ID, ""); err != nil {
		t.Fatal(err)
	}
	dead := newID()
	if _, err := d.store.RenewLease(ctx, chat.Node{ID: dead}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.SetPresence(ctx, alice.ID, dead, "", ""); err != nil {
		t.Fatal(err)
	}
	presence, err := chat.NewPresence(ctx, chat.PresenceConfig{
		Logger: slog.New(slog.DiscardHandler), Store: d.store, Chat: d.Service, Renew: 10 * time.Millisecond, Grace: 30 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	sink := newRecorder()
	_, stop, err := d.Follow(ctx, identity.System(), held[1], 2, sink)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	other := newRecorder()
	_, stopOther, err := d.Follow(ctx, identity.System(), held[0], 2, other)
	if err != nil {
		t.Fatal(err)
	}
	defer stopOther()
	runPresence(t, presence)
	row := sink.wait(t, 1)[0]
	other.wait(t, 1)
	if row.Kind != chat.KindReleased || row.Data.Reason != "agent_gone" || row.Data.State == nil || row.Data.State.Owner != chat.OwnerQueue {
		t.Fatalf("%+v", row)
	}
	page, err := d.Inbox(ctx, alice, chat.InboxQuery{View: chat.ViewQueue})
	if err != nil || len(page.Items) != 3 {
		t.Fatalf("%d in the queue, %v", len(page.Items), err)
	}
	for i, id := range []string{held[0], held[1], queued.ID} { // who waited longest, first
		if page.Items[i].ID != id {
			t.Errorf("place %d is wrong", i+1)
		}
	}
	if n := d.load(alice); n != 0 {
		t.Errorf("load %d", n)
	}
}

func TestAnAgentWhoComesBackOnAnotherNodeKeepsTheirConversations(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	d := openDesk(t, url, func(*chat.Config) {})
	ctx := t.Context()
	alice := d.agent("alice")
	_, conv := d.visitor()
	if _, err := d.Claim(ctx, alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	first, second := newID(), newID()
	for _, node := range []string{first, second} {
		if _, err := d.store.RenewLease(ctx, chat.Node{ID: node}, time.Minute); err != nil {
			t.Fatal(err)
		}
		if _, err := d.store.SetPresence(ctx, alice.ID, node, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	if held, err := d.store.HeldBy(ctx, chat.Lost{User: alice.ID, Node: first}); err != nil || len(held) != 0 {
		t.Fatalf("the old node would release %v, %v", held, err)
	}
	if err := d.store.Leave(ctx, chat.Lost{User: alice.ID, Node: first}); err != nil {
		t.Fatal(err)
	}
	if n, err := d.AgentsOnline(ctx, 1, 1); err != nil || n != 1 {
		t.Fatalf("%d online, %v", n, err)
	}
	if held, err := d.store.HeldBy(ctx, chat.Lost{User: alice.ID, Node: second}); err != nil || len(held) != 1 {
		t.Fatalf("%v, %v", held, err)
	}
}

// Leaving keeps what an agent chose; one who never chose comes online.
func TestWhatAnAgentChoseOutlivesTheirLeaving(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	alice := d.agent("alice")
	node := newID()
	if _, err := d.store.RenewLease(ctx, chat.Node{ID: node}, time.Minute); err != nil {
		t.Fatal(err)
	}
	d.exec("INSERT INTO agents (user_id) VALUES ($1)", alice.ID) // a conversation was transferred to her
	if p, err := d.store.SetPresence(ctx, alice.ID, node, "", ""); err != nil || p != chat.Online {
		t.Fatalf("at first %q, %v", p, err)
	}
	for _, chosen := range []string{chat.Away, chat.Offline, chat.Online} {
		if _, err := d.store.SetPresence(ctx, alice.ID, node, chosen, ""); err != nil {
			t.Fatal(err)
		}
		if err := d.store.Leave(ctx, chat.Lost{User: alice.ID, Node: node}); err != nil {
			t.Fatal(err)
		}
		if n, err := d.AgentsOnline(ctx, 1, 1); err != nil || n != 0 {
			t.Errorf("%d online after leaving, %v", n, err)
		}
		if lost, err := d.store.Lost(ctx, "", 0); err != nil || len(lost) != 0 {
			t.Errorf("who left is lost: %v, %v", lost, err)
		}
		if p, err := d.store.SetPresence(ctx, alice.ID, node, "", ""); err != nil || p != chosen {
			t.Errorf("%q after coming back, want %q, %v", p, chosen, err)
		}
	}
}

// A node without the agent's socket must not draw them to it and then take them offline.
func TestAChoiceMadeOnAnotherNodeLeavesTheAgentWhereTheyAre(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	alice := d.agent("alice")
	home, other := newID(), newID()
	for _, node := range []string{home, other} {
		if _, err := d.store.RenewLease(ctx, chat.Node{ID: node}, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.store.SetPresence(ctx, alice.ID, home, "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.SetPresence(ctx, alice.ID, other, chat.Online, ""); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Leave(ctx, chat.Lost{User: alice.ID, Node: other}); err != nil {
		t.Fatal(err)
	}
	if n, err := d.AgentsOnline(ctx, 1, 1); err != nil || n != 1 {
		t.Errorf("%d online, %v", n, err)
	}
}

// A node that is gone for days is kept until its agents' conversations are released.
func TestANodeIsForgottenOnlyAfterItsAgentsHaveLeft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	alice := d.agent("alice")
	dead, node := newID(), newID()
	if _, err := d.store.RenewLease(ctx, chat.Node{ID: dead}, -48*time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.SetPresence(ctx, alice.ID, dead, "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.RenewLease(ctx, chat.Node{ID: node}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if lost, err := d.store.Lost(ctx, node, time.Minute); err != nil || len(lost) != 1 || lost[0] != (chat.Lost{User: alice.ID, Node: dead}) {
		t.Errorf("%v, %v", lost, err)
	}
}

// runPresence runs p until the test ends.
func runPresence(t *testing.T, p *chat.Presence) {
	t.Helper()
	ctx, stop := contextOf(t)
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
