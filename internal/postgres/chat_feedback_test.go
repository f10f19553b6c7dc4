package postgres

import (
	"testing"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// answered lets the bot say an article in conv and returns that row.
func (d *desk) answered(conv, answer string) chat.Row {
	d.t.Helper()
	row, _, err := d.Append(d.t.Context(), identity.Bot().Scope, chat.Entry{
		Conversation: conv, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Kind: chat.KindMessage, Content: answer,
		Data: chat.Data{Source: &chat.Source{Article: "shipping", Locale: "en", Title: "Shipping", Version: 1, Confidence: .9}},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return row
}

func TestAVoteIsARowThatNobodyIsNotifiedOf(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	visitor, conv := d.visitor()
	alice := d.agent("alice")
	d.say(visitor, conv.ID, "how long?")
	answer := d.answered(conv.ID, "Two days.")
	if _, err := d.Resolve(ctx, alice, conv.ID); err != nil {
		t.Fatal(err)
	}
	before, err := d.Conversation(ctx, alice, conv.ID)
	if err != nil {
		t.Fatal(err)
	}
	shown := newRecorder()
	defer d.hub.WatchInbox(alice.Scope, shown)()
	cid := newID()
	row, err := d.Vote(ctx, visitor, conv.ID, cid, chat.Feedback{Seq: answer.Seq, Helpful: false})
	if err != nil || row.Kind != chat.KindFeedback || row.Data.Feedback == nil || row.Data.Feedback.Seq != answer.Seq || row.Data.Feedback.Helpful {
		t.Fatalf("%+v, %v", row, err)
	}
	if rows := shown.wait(t, 1); rows[0].Kind != chat.KindFeedback {
		t.Fatalf("agents are shown %+v", rows[0])
	}
	after, err := d.Conversation(ctx, alice, conv.ID)
	if err != nil {
		t.Fatal(err)
	}
	after.LastSeq--
	if after != before {
		t.Fatalf("a vote changed the conversation:\n%+v\n%+v", before, after)
	}
	again, err := d.Vote(ctx, visitor, conv.ID, cid, chat.Feedback{Seq: answer.Seq, Helpful: false})
	if err != nil || again.Seq != row.Seq {
		t.Fatalf("the same cid: %+v, %v", again, err)
	}
	_, err = d.Vote(ctx, visitor, conv.ID, cid, chat.Feedback{Seq: answer.Seq, Helpful: true})
	want(t, err, chat.ErrCIDTaken)
	same, err := d.Vote(ctx, visitor, conv.ID, newID(), chat.Feedback{Seq: answer.Seq, Helpful: false})
	if err != nil || same.Seq != row.Seq {
		t.Fatalf("the same vote again: %+v, %v", same, err)
	}
	changed, err := d.Vote(ctx, visitor, "", newID(), chat.Feedback{Seq: answer.Seq, Helpful: true})
	if err != nil || changed.Seq != row.Seq+1 || changed.Conversation != conv.ID {
		t.Fatalf("another vote: %+v, %v", changed, err)
	}
	if total, _, err := d.Unread(ctx, alice); err != nil || total != 0 {
		t.Fatalf("%d unread, %v", total, err)
	}
}

func TestOnlyTheVisitorsOwnAnswersCanBeVotedOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	visitor, conv := d.visitor()
	stranger, _ := d.visitor()
	said, _ := d.say(visitor, conv.ID, "how long?")
	answer := d.answered(conv.ID, "Two days.")
	talk, _, err := d.Append(ctx, identity.Bot().Scope, chat.Entry{
		Conversation: conv.ID, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Content: "You're welcome.", Kind: chat.KindMessage,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, seq := range map[string]uint32{"none": 0, "their own": said.Seq, "small talk": talk.Seq, "not there": 99} {
		if _, err := d.Vote(ctx, visitor, conv.ID, newID(), chat.Feedback{Seq: seq}); err == nil {
			t.Errorf("%s: a vote was taken", name)
		}
	}
	_, err = d.Vote(ctx, stranger, conv.ID, newID(), chat.Feedback{Seq: answer.Seq})
	want(t, err, chat.ErrNotFound)
	_, err = d.Vote(ctx, d.agent("alice"), conv.ID, newID(), chat.Feedback{Seq: answer.Seq})
	want(t, err, identity.ErrForbidden)
	_, err = d.Vote(ctx, visitor, conv.ID, "no uuid", chat.Feedback{Seq: answer.Seq})
	want(t, err, chat.ErrInvalid)
	for i := range 20 {
		if _, err := d.Vote(ctx, visitor, conv.ID, newID(), chat.Feedback{Seq: answer.Seq, Helpful: i%2 == 0}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = d.Vote(ctx, visitor, conv.ID, newID(), chat.Feedback{Seq: answer.Seq, Helpful: true})
	want(t, err, chat.ErrInvalid)
}
