package postgres

import (
	"encoding/json"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

// repairs adds a department with a team, and returns both.
func (d *desk) repairs() (department int32, team string) {
	d.t.Helper()
	ctx := d.t.Context()
	if err := d.pool.QueryRow(ctx, "INSERT INTO departments (site_id, name) VALUES (1, 'Repairs') RETURNING id").Scan(&department); err != nil {
		d.t.Fatal(err)
	}
	if err := d.pool.QueryRow(ctx, "INSERT INTO teams (id, site_id, department_id, name) VALUES (gen_random_uuid(), 1, $1, 'Repairs') RETURNING id", department).Scan(&team); err != nil {
		d.t.Fatal(err)
	}
	return department, team
}

func TestAfterATransferTheOldDepartmentSeesThatAndNothingMore(t *testing.T) {
	t.Parallel()
	d := openDesk(t, pgtest.New(t), func(c *chat.Config) { c.Reconcile = time.Hour }) // shows nothing twice
	ctx := t.Context()
	visitor, conv := d.visitor()
	alice, bob := d.agent("alice"), d.agent("bob")
	department, team := d.repairs()
	alice.Scope = identity.Scope{Sites: []int32{1}, Departments: []int32{conv.Department}}
	bob.Scope = identity.Scope{Sites: []int32{1}, Departments: []int32{department}}
	d.say(visitor, conv.ID, "It is broken.")
	if _, err := d.Claim(ctx, alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	old, inbox, other, own := newRecorder(), newRecorder(), newRecorder(), newRecorder()
	for actor, sink := range map[*identity.Actor]*recorder{&alice: old, &visitor: own} {
		_, stop, err := d.Follow(ctx, *actor, conv.ID, 2, sink)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
	}
	defer d.hub.WatchInbox(alice.Scope, inbox)()
	defer d.hub.WatchInbox(bob.Scope, other)()
	if _, err := d.Transfer(ctx, alice, conv.ID, chat.To{Team: team}, "a repair"); err != nil {
		t.Fatal(err)
	}
	d.say(visitor, conv.ID, "My address is a secret.")
	if rows := own.wait(t, 2); len(rows) != 2 { // the last sink's news: the others had theirs
		t.Fatalf("the visitor got %d rows", len(rows))
	}
	other.wait(t, 2)
	for name, sink := range map[string]*recorder{"follower": old, "inbox": inbox} {
		if rows := sink.wait(t, 1); len(rows) != 1 || rows[0].Kind != chat.KindTransferred {
			t.Errorf("the old department's %s got %d rows", name, len(rows))
		}
	}
	_, _, err := d.Follow(ctx, alice, conv.ID, 0, old)
	want(t, err, chat.ErrNotFound)
	// As the sweep, a recall or a repetition reads it, the transfer tells the old department as well, and its successor does not.
	rows, err := d.store.Rows(ctx, identity.Everything(), conv.ID, 2, 0, 10)
	if err != nil || len(rows) != 2 || !rows[0].Visible(alice.Scope) || !rows[0].Visible(bob.Scope) || rows[1].Visible(alice.Scope) {
		t.Fatalf("read: %+v, %v", rows, err)
	}
	if v := rows[0].ForVisitor(); v.Data.Left != 0 {
		t.Errorf("a visitor is told of department %d", v.Data.Left)
	}
}

func TestAskingForAHumanTellsTheAgentWhatWasAskedAndOffered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	visitor, conv := d.visitor()
	d.say(visitor, conv.ID, "Where is my parcel?")
	if _, _, err := d.Append(ctx, identity.Everything(), chat.Entry{
		Conversation: conv.ID, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Content: "On its way.",
		Data: chat.Data{
			Source:  &chat.Source{Article: "parcel", Locale: "en", Title: "Parcels", Version: 1, Confidence: 0.75},
			Buttons: []chat.Button{{ID: "article:late", Label: "Late parcels", Kind: "article"}, {ID: "human", Label: "A person", Kind: "human"}},
		},
	}); err != nil {
		t.Fatal(err)
	}
	d.say(visitor, conv.ID, "It is late.")
	if _, err := d.RequestHuman(ctx, visitor, conv.ID, ""); err != nil {
		t.Fatal(err)
	}
	row := d.log(conv.ID)[3]
	var got, expected any
	if err := json.Unmarshal(row.Data.Extra, &got); err != nil {
		t.Fatalf("%s: %v", row.Data.Extra, err)
	}
	if err := json.Unmarshal([]byte(`{"action":"handover","reason":"requested","question":"It is late.","questions":["Where is my parcel?","It is late."],
		"confidence":0.75,"tried":[{"article":"parcel","title":"Parcels","locale":"en","outcome":"answered"}],"candidates":[{"article":"parcel","score":0.75,"variant":"Parcels"},{"article":"late","variant":"Late parcels"}]}`), &expected); err != nil {
		t.Fatal(err)
	}
	if g, e := mustJSON(t, got), mustJSON(t, expected); row.Kind != chat.KindHandover || g != e {
		t.Errorf("row %s carries\n%s, want\n%s", row.Kind, g, e)
	}
	rows, err := d.History(ctx, visitor, conv.ID, 0, 0, 10)
	if err != nil || len(rows) != 4 || rows[3].Data.Extra != nil {
		t.Errorf("the visitor reads the packet: %+v, %v", rows, err)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAWidgetThatWasOnlyOpenedIsNotOnTheDesk(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	admin := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAdmin, ID: newID(), Scope: identity.Everything()}
	shown := func() (listed [2]int, counted [2]int, open int) {
		for i, view := range []chat.View{chat.ViewAll, chat.ViewBot} {
			page, err := d.Inbox(ctx, admin, chat.InboxQuery{View: view})
			if err != nil {
				t.Fatal(err)
			}
			listed[i], counted[i] = len(page.Items), page.Counts[view]
		}
		stats, err := d.Stats(ctx, admin)
		if err != nil {
			t.Fatal(err)
		}
		return listed, counted, stats.Open
	}
	visitor, conv := d.visitor()
	if l, c, open := shown(); l != [2]int{} || c != [2]int{} || open != 0 {
		t.Errorf("listed %v, counted %v, open %d", l, c, open)
	}
	d.say(visitor, conv.ID, "hello")
	if l, c, open := shown(); l != [2]int{1, 1} || c != [2]int{1, 1} || open != 1 {
		t.Errorf("after a message: listed %v, counted %v, open %d", l, c, open)
	}
	if owed, err := d.UnansweredByBot(ctx); err != nil || len(owed) != 1 {
		t.Errorf("the bot owes %d answers, %v", len(owed), err)
	}
}
