package postgres

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

func TestOfManyClaimsAtOnceExactlyOneWins(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	nodes := []*desk{openDesk(t, url, func(*chat.Config) {}), openDesk(t, url, func(*chat.Config) {})}
	agents := make([]identity.Actor, 8)
	for i := range agents {
		agents[i] = nodes[0].agent(fmt.Sprintf("agent%d", i))
	}
	for round := range 5 {
		visitor, conv := nodes[0].visitor()
		if round%2 == 0 { // from the queue; otherwise from the bot
			if _, err := nodes[0].RequestHuman(t.Context(), visitor, conv.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		head, err := nodes[0].Conversation(t.Context(), visitor, conv.ID)
		if err != nil {
			t.Fatal(err)
		}
		var won atomic.Int64
		var wg sync.WaitGroup
		for i, a := range agents {
			wg.Go(func() {
				_, err := nodes[i%2].Claim(t.Context(), a, conv.ID, &head.OwnerEpoch)
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, chat.ErrStale):
					t.Errorf("the loser got %v", err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d agents won", won.Load())
		}
	}
	total := 0
	for _, a := range agents {
		total += nodes[0].load(a)
	}
	if total != 5 {
		t.Fatalf("the agents hold %d conversations together, want 5", total)
	}
}

func TestClaimingWhatOneHoldsChangesNothingAndAWrongEpochIsStale(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, conv := d.visitor()
	alice := d.agent("alice")
	wrong := uint32(9)
	_, err := d.Claim(t.Context(), alice, conv.ID, &wrong)
	want(t, err, chat.ErrStale)
	if n := d.load(alice); n != 0 {
		t.Fatalf("a stale claim counts: %d", n)
	}
	for range 2 {
		if head, err := d.Claim(t.Context(), alice, conv.ID, nil); err != nil || head.LastSeq != 1 || d.load(alice) != 1 {
			t.Fatalf("%+v, %v, load %d", head, err, d.load(alice))
		}
	}
}

func TestAManualTakeMayExceedTheCapAndSaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.agent("alice")
	d.exec("INSERT INTO agents (user_id, cap) VALUES ($1, 1)", alice.ID)
	for i := range 2 {
		_, conv := d.visitor()
		if _, err := d.Claim(t.Context(), alice, conv.ID, nil); err != nil {
			t.Fatal(err)
		}
		if row := d.log(conv.ID)[0]; row.Data.OverCap != (i == 1) {
			t.Errorf("take %d: over cap %v", i+1, row.Data.OverCap)
		}
	}
}

func TestATransferMovesLoadQueueAndDepartment(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	alice, bob := d.agent("alice"), d.agent("bob")
	if _, err := d.Claim(t.Context(), alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	head, err := d.Transfer(t.Context(), alice, conv.ID, chat.To{Agent: bob.ID}, "knows parcels")
	if err != nil || head.Assignee.ID != bob.ID || head.Assignee.Name != "bob" || head.OwnerEpoch != 3 {
		t.Fatalf("%+v, %v", head, err)
	}
	if d.load(alice) != 0 || d.load(bob) != 1 {
		t.Fatalf("load %d and %d", d.load(alice), d.load(bob))
	}
	var department int32
	var team string
	if err := d.pool.QueryRow(t.Context(), "INSERT INTO departments (site_id, name) VALUES (1, 'Repairs') RETURNING id").Scan(&department); err != nil {
		t.Fatal(err)
	}
	if err := d.pool.QueryRow(t.Context(), "INSERT INTO teams (id, site_id, department_id, name) VALUES (gen_random_uuid(), 1, $1, 'Repairs') RETURNING id", department).Scan(&team); err != nil {
		t.Fatal(err)
	}
	head, err = d.Transfer(t.Context(), bob, conv.ID, chat.To{Team: team}, "")
	if err != nil || head.Owner != chat.OwnerQueue || head.Team != team || head.Department != department || d.load(bob) != 0 {
		t.Fatalf("%+v, %v, load %d", head, err, d.load(bob))
	}
	if place, err := d.QueuePosition(t.Context(), visitor, conv.ID); err != nil || place.Position != 1 {
		t.Fatalf("%+v, %v", place, err)
	}
	for _, to := range []chat.To{{}, {Agent: bob.ID, Team: team}} {
		_, err := d.Transfer(t.Context(), bob, conv.ID, to, "")
		want(t, err, chat.ErrInvalid)
	}
	for _, to := range []chat.To{{Agent: newID()}, {Team: newID()}, {Agent: "bob"}} {
		_, err := d.Transfer(t.Context(), bob, conv.ID, to, "")
		want(t, err, identity.ErrNotFound)
	}
	if n := len(d.log(conv.ID)); n != 3 {
		t.Fatalf("%d rows", n)
	}
}

func TestReleasingReopeningAndWritingInAResolvedConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	alice := d.agent("alice")
	_, err := d.Release(t.Context(), alice, conv.ID)
	want(t, err, chat.ErrStale) // the bot has it
	if _, err := d.Claim(t.Context(), alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	head, err := d.Release(t.Context(), alice, conv.ID)
	if err != nil || head.Owner != chat.OwnerQueue || d.load(alice) != 0 {
		t.Fatalf("%+v, %v", head, err)
	}
	if head, err = d.Resolve(t.Context(), alice, conv.ID); err != nil || head.Owner != chat.OwnerBot || !head.QueuedAt.IsZero() {
		t.Fatalf("resolved from the queue: %+v, %v", head, err)
	}
	_, _, err = d.Send(t.Context(), alice, chat.Send{Conversation: conv.ID, CID: newID(), Content: "too late"})
	want(t, err, chat.ErrResolved)
	if _, _, err := d.Send(t.Context(), alice, chat.Send{Conversation: conv.ID, CID: newID(), Kind: chat.KindNote, Content: "for the record"}); err != nil {
		t.Fatal(err)
	}
	_, err = d.Claim(t.Context(), alice, conv.ID, nil)
	want(t, err, chat.ErrResolved)
	if head, err = d.Reopen(t.Context(), alice, conv.ID); err != nil || head.Owner != chat.OwnerHuman || head.Assignee.ID != alice.ID || d.load(alice) != 1 {
		t.Fatalf("reopened: %+v, %v", head, err)
	}
	// When the visitor has a newer open conversation, the old one stays closed.
	if _, err := d.Resolve(t.Context(), alice, conv.ID); err != nil {
		t.Fatal(err)
	}
	d.exec("INSERT INTO conversations (id, site_id, department_id, contact_id) VALUES ($1, 1, 1, $2)", newID(), visitor.ID)
	_, err = d.Reopen(t.Context(), alice, conv.ID)
	want(t, err, chat.ErrStale)
	// And the visitor's message to it goes to the open one.
	if row, _ := d.say(visitor, conv.ID, "hello"); row.Conversation == conv.ID {
		t.Fatal("two open conversations")
	}
}

func TestVisitorsMayNotActAsAgentsNorTheOtherWayRound(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	alice := d.agent("alice")
	ctx := t.Context()
	_, err := d.Claim(ctx, visitor, conv.ID, nil)
	want(t, err, identity.ErrForbidden)
	_, err = d.Transfer(ctx, visitor, conv.ID, chat.To{Agent: alice.ID}, "")
	want(t, err, identity.ErrForbidden)
	_, err = d.Resolve(ctx, visitor, conv.ID)
	want(t, err, identity.ErrForbidden)
	_, err = d.Inbox(ctx, visitor, chat.InboxQuery{})
	want(t, err, identity.ErrForbidden)
	_, _, err = d.Unread(ctx, visitor)
	want(t, err, identity.ErrForbidden)
	_, err = d.Stats(ctx, alice)
	want(t, err, identity.ErrForbidden)
	_, err = d.RequestHuman(ctx, alice, conv.ID, "")
	want(t, err, identity.ErrForbidden)
	_, err = d.LeaveEmail(ctx, alice, conv.ID, "a@b.test")
	want(t, err, identity.ErrForbidden)
	_, err = d.Claim(ctx, identity.System(), conv.ID, nil)
	want(t, err, identity.ErrForbidden)
	_, _, err = d.Send(ctx, identity.Bot(), chat.Send{Conversation: conv.ID, CID: newID(), Content: "x"})
	want(t, err, identity.ErrForbidden)
}

func TestTheInboxPagesThroughEachViewWithoutRepeatsOrGaps(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.agent("alice")
	const n = 7
	for i := range n {
		visitor, conv := d.visitor()
		d.say(visitor, conv.ID, fmt.Sprintf("Frage %d", i))
		if _, err := d.RequestHuman(t.Context(), visitor, conv.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, view := range []chat.View{chat.ViewQueue, chat.ViewAll} {
		seen := make(map[string]bool)
		var texts []string
		q := chat.InboxQuery{View: view, Limit: 3}
		for {
			page, err := d.Inbox(t.Context(), alice, q)
			if err != nil {
				t.Fatal(err)
			}
			if page.Counts[chat.ViewQueue] != n || page.Counts[chat.ViewAll] != n || page.Counts[chat.ViewMine] != 0 {
				t.Fatalf("counts %v", page.Counts)
			}
			for _, item := range page.Items {
				if seen[item.ID] || item.Unread != 1 {
					t.Fatalf("%s twice, or unread %d", item.ID, item.Unread)
				}
				seen[item.ID] = true
				texts = append(texts, item.LastMessage)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		first, last := "Frage 0", "Frage 6"
		if view == chat.ViewAll { // last activity first
			first, last = last, first
		}
		if len(texts) != n || texts[0] != first || texts[n-1] != last {
			t.Errorf("%s: %v", view, texts)
		}
	}
	all, err := d.Inbox(t.Context(), alice, chat.InboxQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range all.Items {
		if _, err := d.Resolve(t.Context(), alice, item.ID); err != nil {
			t.Fatal(err)
		}
	}
	page, err := d.Inbox(t.Context(), alice, chat.InboxQuery{View: chat.ViewResolved, Limit: 4})
	if err != nil || len(page.Items) != 4 || page.Items[0].LastMessage != "Frage 0" || page.Counts[chat.ViewResolved] != n {
		t.Fatalf("resolved, last first: %+v, %v", page, err)
	}
	page, err = d.Inbox(t.Context(), alice, chat.InboxQuery{View: chat.ViewResolved, Limit: 4, Cursor: page.Next})
	if err != nil || len(page.Items) != 3 || page.Next != "" {
		t.Fatalf("second page: %d, %v", len(page.Items), err)
	}
	page, err = d.Inbox(t.Context(), alice, chat.InboxQuery{View: chat.ViewResolved, Search: "FRAGE 4"})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("search: %d found, %v", len(page.Items), err)
	}
	_, err = d.Inbox(t.Context(), alice, chat.InboxQuery{Cursor: "bm9uc2Vuc2U"})
	want(t, err, chat.ErrInvalid)
	_, err = d.Inbox(t.Context(), alice, chat.InboxQuery{View: "x"})
	want(t, err, chat.ErrInvalid)
}
