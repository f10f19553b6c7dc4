package postgres

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

// EXPECTATIONS C, Chat 16: two rooms for one visitor.
func TestFiftyStartsAtOnceOnTwoNodesFindOneConversation(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	nodes := []*desk{openDesk(t, url, func(*chat.Config) {}), openDesk(t, url, func(*chat.Config) {})}
	contact, first, err := nodes[0].StartVisitor(t.Context(), chat.StartRequest{Site: "default"})
	if err != nil {
		t.Fatal(err)
	}
	nodes[0].exec("DELETE FROM conversations WHERE id = $1", first.ID)
	var mu sync.Mutex
	found := make(map[string]int)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			got, conv, err := nodes[i%2].StartVisitor(t.Context(), chat.StartRequest{Site: "default", Contact: contact.ID})
			if err != nil || got.ID != contact.ID {
				t.Errorf("start: contact %s, %v", got.ID, err)
			}
			mu.Lock()
			defer mu.Unlock()
			found[conv.ID]++
		})
	}
	wg.Wait()
	if len(found) != 1 {
		t.Fatalf("%d conversations: %v", len(found), found)
	}
}

func TestStartingAtAnUnknownSiteOrWithAForeignContact(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, _, err := d.StartVisitor(t.Context(), chat.StartRequest{Site: "nowhere"})
	want(t, err, identity.ErrNotFound)
	_, _, err = d.StartVisitor(t.Context(), chat.StartRequest{Site: "default", Contact: "x"})
	want(t, err, chat.ErrInvalid)
	visitor, _ := d.visitor()
	d.exec("INSERT INTO sites (key, name, locale, default_department) VALUES ('other', 'Other', 'zh-CN', 1)")
	contact, conv, err := d.StartVisitor(t.Context(), chat.StartRequest{Site: "other", Contact: visitor.ID, Page: "https://other.test/"})
	if err != nil || contact.ID == visitor.ID || conv.Site == 1 {
		t.Fatalf("another site's contact was taken over: %+v, %v", contact, err)
	}
	if contact.Locale != "zh-CN" || conv.Locale != "zh-CN" || conv.Page != "https://other.test/" {
		t.Fatalf("%+v %+v", contact, conv)
	}
}

// EXPECTATIONS C, Chat 19: reopening after a hand-over gives the conversation to
// the bot once; nothing sends it round again.
func TestChat19AMessageWithinADayReopensWithTheBotAndDoesNotLoop(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	alice := d.agent("alice")
	d.say(visitor, conv.ID, "a human, please")
	asked, err := d.RequestHuman(t.Context(), visitor, conv.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Claim(t.Context(), alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Resolve(t.Context(), alice, conv.ID); err != nil {
		t.Fatal(err)
	}
	if _, again, err := d.StartVisitor(t.Context(), chat.StartRequest{Site: "default", Contact: visitor.ID}); err != nil || again.ID != conv.ID {
		t.Fatalf("within a day the visitor comes back to %s, %v", again.ID, err)
	}
	d.advance(23 * time.Hour)
	row, head := d.say(visitor, conv.ID, "one more thing")
	if head.ID != conv.ID || head.Status != chat.StatusOpen || head.Owner != chat.OwnerBot || head.Assignee.ID != "" || !head.ResolvedAt.IsZero() {
		t.Fatalf("reopened: %+v", head)
	}
	if s := row.Data.State; s == nil || s.Owner != chat.OwnerBot || s.OwnerEpoch != head.OwnerEpoch {
		t.Fatalf("the row does not carry the state: %+v", row.Data)
	}
	second, next := d.say(visitor, conv.ID, "hello?")
	if next.OwnerEpoch != head.OwnerEpoch || next.Owner != chat.OwnerBot || second.Data.State != nil {
		t.Fatalf("a second message moved the state again: %+v", next)
	}
	// What the bot decided before the hand-over has no effect on the reopened conversation.
	_, _, err = d.Handover(t.Context(), conv.ID, asked.OwnerEpoch-1, 1, "low_confidence", nil)
	want(t, err, chat.ErrStale)
	if d.load(alice) != 0 {
		t.Fatalf("load %d", d.load(alice))
	}
	if rows := d.log(conv.ID); len(rows) != 6 {
		t.Fatalf("%d rows", len(rows))
	}
}

// EXPECTATIONS C, Chat 17: a stale client writes to a conversation resolved over
// 24 h ago: it goes into a new one, once, however often it is sent.
func TestChat17AStaleClientsMessageLandsOnceInANewConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, old := d.visitor()
	alice := d.agent("alice")
	d.say(visitor, old.ID, "first")
	if _, err := d.Resolve(t.Context(), alice, old.ID); err != nil {
		t.Fatal(err)
	}
	d.advance(25 * time.Hour)
	m := chat.Send{Conversation: old.ID, CID: newID(), Content: "a week later"}
	var wg sync.WaitGroup
	rows := make([]chat.Row, 8)
	for i := range rows {
		wg.Go(func() {
			var err error
			if rows[i], _, err = d.Send(t.Context(), visitor, m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, r := range rows {
		if r.Conversation == old.ID || r.Conversation != rows[0].Conversation || r.Seq != 1 {
			t.Fatalf("landed at %s seq %d", r.Conversation, r.Seq)
		}
	}
	// Again after the new one is over too: still the same row, and no third conversation.
	if _, err := d.Resolve(t.Context(), alice, rows[0].Conversation); err != nil {
		t.Fatal(err)
	}
	d.advance(25 * time.Hour)
	row, _, err := d.Send(t.Context(), visitor, m)
	if err != nil || row.Conversation != rows[0].Conversation || row.Seq != 1 {
		t.Fatalf("%+v, %v", row, err)
	}
	m.Content = "something else"
	_, _, err = d.Send(t.Context(), visitor, m)
	want(t, err, chat.ErrCIDTaken)
	if n := len(d.log(old.ID)); n != 2 {
		t.Fatalf("%d rows in the old conversation", n)
	}
}

func TestAVisitorsMessageWakesASnoozedConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	alice := d.agent("alice")
	if _, err := d.Claim(t.Context(), alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	d.exec("UPDATE conversations SET status = 'snoozed', snoozed_until = now() + interval '1 hour' WHERE id = $1", conv.ID)
	row, head := d.say(visitor, conv.ID, "are you there?")
	if head.Status != chat.StatusOpen || head.Owner != chat.OwnerHuman || head.Assignee.ID != alice.ID || row.Data.State == nil {
		t.Fatalf("%+v", head)
	}
}

func TestAskingForAHumanTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	for range 2 {
		head, err := d.RequestHuman(t.Context(), visitor, conv.ID, "")
		if err != nil || head.Owner != chat.OwnerQueue || head.LastSeq != 1 {
			t.Fatalf("%+v, %v", head, err)
		}
	}
	alice := d.agent("alice")
	if _, err := d.Claim(t.Context(), alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	if head, err := d.RequestHuman(t.Context(), visitor, conv.ID, ""); err != nil || head.Owner != chat.OwnerHuman {
		t.Fatalf("%+v, %v", head, err)
	}
	// In a resolved conversation it opens it again, straight to the queue.
	if _, err := d.Resolve(t.Context(), alice, conv.ID); err != nil {
		t.Fatal(err)
	}
	if head, err := d.RequestHuman(t.Context(), visitor, conv.ID, ""); err != nil || head.ID != conv.ID || head.Owner != chat.OwnerQueue {
		t.Fatalf("%+v, %v", head, err)
	}
	if _, err := d.Resolve(t.Context(), alice, conv.ID); err != nil {
		t.Fatal(err)
	}
	d.advance(25 * time.Hour)
	if head, err := d.RequestHuman(t.Context(), visitor, conv.ID, ""); err != nil || head.ID == conv.ID || head.Owner != chat.OwnerQueue {
		t.Fatalf("%+v, %v", head, err)
	}
}

func TestAnAddressIsStoredWithTheConversationAndTheContact(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	for _, bad := range []string{"", "x", "Ann <ann@example.test>", "a@b\x00.test", "a b@example.test"} {
		_, err := d.LeaveEmail(t.Context(), visitor, conv.ID, bad)
		want(t, err, chat.ErrInvalid)
	}
	head, err := d.LeaveEmail(t.Context(), visitor, conv.ID, " ann@example.test ")
	if err != nil || head.Email != "ann@example.test" || head.Contact.Email != "ann@example.test" {
		t.Fatalf("%+v, %v", head, err)
	}
	if rows := d.log(conv.ID); rows[0].Kind != chat.KindEmail || rows[0].Content != "ann@example.test" || rows[0].Data.State != nil {
		t.Fatalf("%+v", rows[0])
	}
}

func TestTheQueueSaysItsPlaceAndTheWaitOnceThereIsHistory(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.agent("alice")
	for i := range 3 {
		visitor, conv := d.visitor()
		if _, err := d.RequestHuman(t.Context(), visitor, conv.ID, ""); err != nil {
			t.Fatal(err)
		}
		d.exec("UPDATE queue_entries SET enqueued_at = enqueued_at - interval '90 seconds'")
		if place, err := d.QueuePosition(t.Context(), visitor, conv.ID); err != nil || place.Expected != nil {
			t.Fatalf("expected wait with %d waits in history: %+v, %v", i, place, err)
		}
		if _, err := d.Claim(t.Context(), alice, conv.ID, nil); err != nil {
			t.Fatal(err)
		}
		if place, err := d.QueuePosition(t.Context(), visitor, conv.ID); err != nil || place != (chat.QueuePosition{}) {
			t.Fatalf("with an agent: %+v, %v", place, err)
		}
	}
	for i := range 3 {
		visitor, conv := d.visitor()
		if _, err := d.RequestHuman(t.Context(), visitor, conv.ID, ""); err != nil {
			t.Fatal(err)
		}
		place, err := d.QueuePosition(t.Context(), visitor, conv.ID)
		if err != nil || place.Position != i+1 || place.Waiting != i+1 || place.Expected == nil || *place.Expected < 90*time.Second || *place.Expected > 4*time.Minute {
			t.Fatalf("%+v, %v", place, err)
		}
	}
}

func TestAVisitorSeesANoteOnlyAsAGap(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	alice := d.agent("alice")
	_, _, err := d.Send(t.Context(), visitor, chat.Send{Conversation: conv.ID, CID: newID(), Kind: chat.KindNote, Content: "x"})
	want(t, err, chat.ErrInvalid)
	sink := newRecorder()
	if _, _, err := d.Send(t.Context(), alice, chat.Send{Conversation: conv.ID, CID: newID(), Kind: chat.KindNote, Content: "secret 1"}); err != nil {
		t.Fatal(err)
	}
	_, stop, err := d.Follow(t.Context(), visitor, conv.ID, 0, sink)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if _, head, err := d.Send(t.Context(), alice, chat.Send{Conversation: conv.ID, CID: newID(), Kind: chat.KindNote, Content: "secret 2"}); err != nil || head.Owner != chat.OwnerBot || head.LastMessage != "" {
		t.Fatalf("a note took the conversation over or shows in the list: %+v, %v", head, err)
	}
	history, err := d.History(t.Context(), visitor, conv.ID, 0, 0, 0)
	if err != nil || len(history) != 2 {
		t.Fatalf("%d rows, %v", len(history), err)
	}
	for _, r := range append(history, sink.wait(t, 2)...) {
		if r.Kind != chat.KindHidden || r.Content != "" || r.Author.ID != "" || r.Author.Name != "" || r.CID != "" {
			t.Errorf("a visitor sees %+v", r)
		}
	}
	if rows := d.log(conv.ID); rows[0].Content != "secret 1" {
		t.Errorf("staff sees %+v", rows[0])
	}
}

func TestHistoryPagesForwardsAndBackwards(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	for i := range 9 {
		d.say(visitor, conv.ID, fmt.Sprint(i+1))
	}
	for _, c := range []struct {
		after, before uint32
		limit         int
		want          string
	}{
		{0, 0, 3, "[1 2 3]"}, {7, 0, 3, "[8 9]"}, {9, 0, 3, "[]"}, {0, 5, 2, "[3 4]"}, {2, 4, 9, "[3]"}, {0, 4294967295, 2, "[8 9]"},
	} {
		rows, err := d.History(t.Context(), visitor, conv.ID, c.after, c.before, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		seqs := []uint32{}
		for _, r := range rows {
			seqs = append(seqs, r.Seq)
		}
		if got := fmt.Sprint(seqs); got != c.want {
			t.Errorf("after %d before %d limit %d: %s, want %s", c.after, c.before, c.limit, got, c.want)
		}
	}
}
