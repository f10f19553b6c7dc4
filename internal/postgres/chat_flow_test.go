package postgres

import (
	"testing"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

func TestAConversationGoesFromTheBotToTheQueueToAnAgentAndIsResolved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	visitor, conv := d.visitor()
	alice := d.agent("alice")
	if conv.Owner != chat.OwnerBot || conv.Status != chat.StatusOpen || conv.LastSeq != 0 || conv.Locale != "en" {
		t.Fatalf("new conversation: %+v", conv)
	}
	row, head := d.say(visitor, conv.ID, "Where is my parcel?")
	if row.Seq != 1 || row.Author.ID != visitor.ID || row.Contact != visitor.ID || row.Site != 1 || row.Time.IsZero() {
		t.Fatalf("row: %+v", row)
	}
	if head.LastMessage != "Where is my parcel?" || head.LastAuthor != chat.AuthorVisitor || head.WaitingSince.IsZero() {
		t.Fatalf("head: %+v", head)
	}
	row, head, err := d.Handover(ctx, conv.ID, head.OwnerEpoch, head.LastSeq, "no_answer", []byte(`{"asked":"parcel"}`))
	if err != nil {
		t.Fatal(err)
	}
	if head.Owner != chat.OwnerQueue || head.QueuedAt.IsZero() || head.OwnerEpoch != 2 || row.Data.State == nil || row.Data.State.Owner != chat.OwnerQueue {
		t.Fatalf("after handover: %+v, row %+v", head, row)
	}
	place, err := d.QueuePosition(ctx, visitor, conv.ID)
	if err != nil || place.Position != 1 || place.Waiting != 1 || place.Expected != nil {
		t.Fatalf("place %+v, %v", place, err)
	}
	page, err := d.Inbox(ctx, alice, chat.InboxQuery{View: chat.ViewQueue})
	if err != nil || len(page.Items) != 1 || page.Items[0].Unread != 1 || page.Counts[chat.ViewQueue] != 1 {
		t.Fatalf("queue: %+v, %v", page, err)
	}
	head, err = d.Claim(ctx, alice, conv.ID, &head.OwnerEpoch)
	if err != nil || head.Owner != chat.OwnerHuman || head.Assignee.ID != alice.ID || head.Assignee.Name != "alice" || head.WaitingSince.IsZero() {
		t.Fatalf("claimed: %+v, %v", head, err)
	}
	if d.load(alice) != 1 {
		t.Fatalf("alice's load is %d", d.load(alice))
	}
	if _, head = d.say(alice, conv.ID, "Let me look."); !head.WaitingSince.IsZero() {
		t.Fatal("the visitor still waits after an answer")
	}
	total, _, err := d.Unread(ctx, alice)
	if err != nil || total != 1 {
		t.Fatalf("unread %d, %v: her own message does not count", total, err)
	}
	if err := d.MarkRead(ctx, alice, conv.ID, 99); err != nil {
		t.Fatal(err)
	}
	if total, _, _ = d.Unread(ctx, alice); total != 0 {
		t.Fatalf("unread %d after reading", total)
	}
	if head, err = d.Resolve(ctx, alice, conv.ID); err != nil || head.Status != chat.StatusResolved || head.ResolvedAt.IsZero() || head.Assignee.ID != alice.ID {
		t.Fatalf("resolved: %+v, %v", head, err)
	}
	if d.load(alice) != 0 {
		t.Fatalf("alice's load is %d after resolving", d.load(alice))
	}
	kinds := []chat.Kind{chat.KindMessage, chat.KindHandover, chat.KindClaimed, chat.KindMessage, chat.KindResolved}
	for i, r := range d.log(conv.ID) {
		if r.Kind != kinds[i] {
			t.Errorf("row %d is %s, want %s", i+1, r.Kind, kinds[i])
		}
	}
	_, err = d.Resolve(ctx, alice, conv.ID)
	want(t, err, chat.ErrResolved)
	stats, err := d.Stats(ctx, identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAdmin, Scope: identity.Everything()})
	if err != nil || stats.ResolvedToday != 1 || stats.HandoversToday != 1 || stats.Open != 0 {
		t.Fatalf("stats %+v, %v", stats, err)
	}
}

func TestTheBotPicksUpWhatItOwesAnAnswerTo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owed := func() []chat.Conversation {
		convs, err := d.UnansweredByBot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return convs
	}
	d.visitor() // said nothing yet
	visitor, conv := d.visitor()
	_, head := d.say(visitor, conv.ID, "Where is my parcel?")
	asked, queued := d.visitor()
	d.say(asked, queued.ID, "a human")
	if _, err := d.RequestHuman(t.Context(), asked, queued.ID, ""); err != nil {
		t.Fatal(err)
	}
	if got := owed(); len(got) != 1 || got[0].ID != conv.ID || got[0].LastSeq != 1 {
		t.Fatalf("%+v", got)
	}
	bot := chat.OwnerBot
	row, _, err := d.Append(t.Context(), identity.Everything(), chat.Entry{
		Conversation: conv.ID, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Content: "On its way.",
		Data:   chat.Data{Source: &chat.Source{Article: "parcel", Locale: "en", Title: "Parcels", Version: 1, Confidence: 0.9}},
		Expect: chat.Expect{Owner: &bot, OwnerEpoch: &head.OwnerEpoch, LastSeq: &head.LastSeq},
	})
	if err != nil || row.Seq != 2 {
		t.Fatalf("%+v, %v", row, err)
	}
	if got := owed(); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	if stored := d.log(conv.ID)[1]; stored.Data.Source == nil || stored.Data.Source.Confidence != 0.9 || stored.Author.Kind != chat.AuthorBot {
		t.Fatalf("%+v", stored)
	}
	admin := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAdmin, Scope: identity.Everything()}
	if stats, err := d.Stats(t.Context(), admin); err != nil || stats.BotAnsweredToday != 1 || stats.Open != 2 || stats.Queued != 1 || stats.WithBot != 1 {
		t.Fatalf("%+v, %v", stats, err)
	}
}
