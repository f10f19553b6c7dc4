package postgres

import (
	"slices"
	"testing"
	"time"

	"frontdesk/chat"
)

// living makes n nodes that live.
func (d *desk) living(n int) []string {
	d.t.Helper()
	nodes := make([]string, n)
	for i := range nodes {
		nodes[i] = newID()
		if _, err := d.store.RenewLease(d.t.Context(), chat.Node{ID: nodes[i], Name: "m", Visitors: i}, time.Minute); err != nil {
			d.t.Fatal(err)
		}
	}
	return nodes
}

func TestARenewedLeaseTellsOfTheOtherNodes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	nodes := d.living(2)
	lease, err := d.store.RenewLease(ctx, chat.Node{ID: nodes[0]}, time.Minute)
	if err != nil || lease != (chat.Lease{Living: 1, Recent: true}) {
		t.Errorf("%+v, %v", lease, err)
	}
	if _, err := d.store.RenewLease(ctx, chat.Node{ID: nodes[1], Visitors: 1}, 0); err != nil { // it stops
		t.Fatal(err)
	}
	if lease, err = d.store.RenewLease(ctx, chat.Node{ID: nodes[0]}, time.Minute); err != nil || lease != (chat.Lease{Recent: true}) {
		t.Errorf("after the other's end: %+v, %v", lease, err)
	}
	d.exec("UPDATE nodes SET lease_until = now() - interval '2 minutes'")
	if lease, err = d.store.RenewLease(ctx, chat.Node{ID: nodes[0]}, time.Minute); err != nil || lease != (chat.Lease{Lapsed: true}) {
		t.Errorf("after its own had ended: %+v, %v", lease, err)
	}
	all, err := d.store.Nodes(ctx)
	if err != nil || len(all) != 2 || all[0].ID != nodes[0] || !all[0].Living || all[1].Living || all[1].Visitors != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}

// Two tabs of one agent on two nodes: the end of either, in order or by death, leaves them online and their conversations with them.
func TestAnAgentWithSocketsOnTwoNodesSurvivesTheLossOfEither(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"leaves", "dies"} {
		d := newDesk(t)
		ctx := t.Context()
		alice := d.agent("alice")
		_, conv := d.visitor()
		if _, err := d.Claim(ctx, alice, conv.ID, nil); err != nil {
			t.Fatal(err)
		}
		nodes := d.living(2)
		for _, node := range nodes { // the second answers for her
			if _, err := d.store.SetPresence(ctx, alice.ID, node, "", ""); err != nil {
				t.Fatal(err)
			}
		}
		gone := chat.Lost{User: alice.ID, Node: nodes[1]}
		if end == "dies" {
			d.exec("UPDATE nodes SET lease_until = now() - interval '1 second' WHERE id = $1", nodes[1])
			if n, err := d.AgentsOnline(ctx, 1, 1); err != nil || n != 0 {
				t.Fatalf("%d online on a dead node, %v", n, err)
			}
			if _, err := d.store.RenewLease(ctx, chat.Node{ID: nodes[0]}, time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if held, err := d.store.HeldBy(ctx, gone); err != nil || len(held) != 0 {
			t.Errorf("%s: %v would be taken from her, %v", end, held, err)
		}
		if err := d.store.Leave(ctx, gone); err != nil {
			t.Fatal(err)
		}
		if n, err := d.AgentsOnline(ctx, 1, 1); err != nil || n != 1 {
			t.Errorf("%s: %d online, %v", end, n, err)
		}
		if lost, err := d.store.Lost(ctx, "", 0); err != nil || len(lost) != 0 {
			t.Errorf("%s: lost %v, %v", end, lost, err)
		}
		gone.Node = nodes[0]
		if held, err := d.store.HeldBy(ctx, gone); err != nil || !slices.Equal(held, []string{conv.ID}) {
			t.Errorf("%s: the other node holds %v, %v", end, held, err)
		}
	}
}

func TestRowsThatTheBusLostAreFoundByTheirAge(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.exec("INSERT INTO agents (user_id) SELECT id FROM users ON CONFLICT DO NOTHING")
	var convs []string
	for range 5 {
		visitor, conv := d.visitor()
		d.say(visitor, conv.ID, "before")
		d.exec("UPDATE conversation_log SET created_at = now() - interval '1 hour' WHERE conversation_id = $1", conv.ID)
		d.say(visitor, conv.ID, "during")
		convs = append(convs, conv.ID)
	}
	slices.Sort(convs)
	quiet, conv := d.visitor()
	d.say(quiet, conv.ID, "long ago")
	d.exec("UPDATE conversation_log SET created_at = now() - interval '1 hour' WHERE conversation_id = $1", conv.ID)
	var found []string
	after := ""
	for range 5 {
		rows, err := d.store.RowsSince(ctx, time.Minute, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.Content != "during" || r.Seq != 2 || r.Site != 1 || r.Contact == "" {
				t.Errorf("%+v", r)
			}
			after = r.Conversation
			found = append(found, after)
		}
	}
	if !slices.Equal(found, convs) {
		t.Errorf("found %v, want %v", found, convs)
	}
}
