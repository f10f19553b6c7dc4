package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

// reception is a desk with a bot over the same database.
type reception struct {
	*desk
	kb    *kb.Service
	turns *bot.Turns
	rows  chan chat.Row // everything that is shown
}

func newReception(t *testing.T) *reception {
	t.Helper()
	r := &reception{desk: newDesk(t), rows: make(chan chat.Row, 100)}
	var err error
	if r.kb, err = kb.NewService(kb.Config{Store: NewKnowledge(r.pool), Embedder: &kbtest.Embedder{}}); err != nil {
		t.Fatal(err)
	}
	responder, err := bot.NewResponder(bot.ResponderConfig{Knowledge: r.kb})
	if err != nil {
		t.Fatal(err)
	}
	if r.turns, err = bot.NewTurns(bot.TurnsConfig{Decider: responder, Chat: r.Service, Reconcile: 50 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.hub.WatchAll(r))
	return r
}

// Deliver implements chat.Sink.
func (r *reception) Deliver(u *chat.Update) {
	if u.Row != nil {
		r.rows <- *u.Row
	}
}

// open lets the bot work until the test ends.
func (r *reception) open() {
	r.t.Cleanup(r.hub.WatchAll(r.turns))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.turns.Run(ctx) }()
	r.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
	})
}

func (r *reception) publish(id, answer string, questions ...string) kb.Article {
	r.t.Helper()
	a, err := r.kb.Save(r.t.Context(), identity.System(), kb.Article{Site: 1, ID: id, Locale: "en", Title: "About " + id, Questions: questions, Answer: answer})
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// next waits for the bot's next row.
func (r *reception) next() chat.Row {
	r.t.Helper()
	for {
		select {
		case row := <-r.rows:
			if row.Author.Kind == chat.AuthorBot {
				return row
			}
		case <-time.After(20 * time.Second):
			r.t.Fatal("the bot says nothing")
		}
	}
}

func TestAVisitorIsAnsweredFromTheKnowledgeBaseOrHandedOver(t *testing.T) {
	t.Parallel()
	r := newReception(t)
	r.publish("refund", "Refunds take three days.", "how do I get a refund", "money back")
	r.publish("parcel", "Parcels take a week.", "where is my parcel")
	r.open()
	visitor, conv := r.visitor()
	r.say(visitor, conv.ID, "Hello, where is my parcel?")
	row := r.next()
	if row.Seq != 2 || row.Content != "Parcels take a week." || row.Data.Source == nil || row.Data.Source.Article != "parcel" || row.Data.Source.Version != 1 {
		t.Fatalf("%+v", row)
	}
	if public := row.ForVisitor(); public.Data.Extra != nil || public.Data.Source.Confidence != 0 {
		t.Fatalf("the visitor is shown %+v", public.Data)
	}
	r.say(visitor, conv.ID, "I want to talk to a human")
	row = r.next()
	if row.Kind != chat.KindHandover || row.Data.State == nil || row.Data.State.Owner != chat.OwnerQueue || !strings.Contains(row.Content, "e-mail") {
		t.Fatalf("with nobody online: %+v", row)
	}
	place, err := r.QueuePosition(t.Context(), visitor, conv.ID)
	if err != nil || place.Position != 1 {
		t.Fatalf("%+v, %v", place, err)
	}
}

func TestWhatTheBotSaysMeanwhileTakesNobodyOutOfTheQueue(t *testing.T) {
	t.Parallel()
	r := newReception(t)
	r.publish("refund", "Refunds take three days.", "how do I get a refund", "money back")
	r.open()
	visitor, conv := r.visitor()
	r.say(visitor, conv.ID, "I want to talk to a human")
	r.next()
	before, _, err := r.Thread(t.Context(), identity.System(), conv.ID, 10)
	if err != nil || before.Owner != chat.OwnerQueue || before.WaitingSince.IsZero() {
		t.Fatalf("%+v, %v", before, err)
	}
	r.say(visitor, conv.ID, "bob@example.com")
	if row := r.next(); row.Data.Reason != string(bot.ReasonEmail) {
		t.Fatalf("%+v", row)
	}
	r.say(visitor, conv.ID, "how do I get a refund")
	if row := r.next(); row.Content != "Refunds take three days." || row.Data.State != nil {
		t.Fatalf("%+v", row)
	}
	after, rows, err := r.Thread(t.Context(), identity.System(), conv.ID, 10)
	if err != nil || after.Owner != chat.OwnerQueue || after.OwnerEpoch != before.OwnerEpoch || !after.WaitingSince.Equal(before.WaitingSince) || !after.QueuedAt.Equal(before.QueuedAt) || after.Email != "bob@example.com" || after.Contact.Email != "bob@example.com" {
		t.Fatalf("%+v became %+v, %v", before, after, err)
	}
	for _, row := range rows {
		if len(row.Data.Extra) != 0 {
			t.Errorf("a thread carries traces: %s", row.Data.Extra)
		}
	}
	if place, err := r.QueuePosition(t.Context(), visitor, conv.ID); err != nil || place.Position != 1 {
		t.Fatalf("%+v, %v", place, err)
	}
	agent := r.agent("alice")
	r.say(agent, conv.ID, "Let me see.") // and now it is a human's
	r.say(visitor, conv.ID, "money back")
	head, rows, err := r.Thread(t.Context(), identity.System(), conv.ID, 10)
	if err != nil || head.Owner != chat.OwnerHuman || rows[len(rows)-1].Author.Kind != chat.AuthorVisitor || head.WaitingSince.IsZero() {
		t.Fatalf("%+v, %+v, %v", head, rows, err)
	}
}

func TestTheAnswerThatIsCommittedIsThePublishedVersion(t *testing.T) {
	t.Parallel()
	r := newReception(t)
	old := r.publish("refund", "Refunds take three days.", "how do I get a refund")
	visitor, conv := r.visitor()
	_, head := r.say(visitor, conv.ID, "how do I get a refund")
	r.publish("refund", "Refunds take one day.", "how do I get a refund")
	owner := chat.OwnerBot
	_, _, err := r.Append(t.Context(), identity.Bot().Scope, chat.Entry{
		Conversation: conv.ID, CID: chat.NewID(time.Now()), Author: chat.Author{Kind: chat.AuthorBot}, Kind: chat.KindMessage, Content: old.Answer,
		Expect: chat.Expect{Owner: &owner, LastSeq: &head.LastSeq, Article: &chat.ArticleVersion{Site: 1, ID: "refund", Locale: "en", Version: old.Version}},
	})
	if !errors.Is(err, chat.ErrStale) {
		t.Fatalf("version 1 was said after version 2 was published: %v", err)
	}
	r.open()
	if row := r.next(); row.Content != "Refunds take one day." || row.Data.Source.Version != 2 {
		t.Fatalf("%+v", row)
	}
}

func TestFiftyVisitorsAreEachAnsweredOnce(t *testing.T) {
	t.Parallel()
	r := newReception(t)
	r.publish("refund", "Refunds take three days.", "how do I get a refund")
	r.open()
	type chatter struct {
		actor identity.Actor
		conv  string
	}
	var all []chatter
	for range 50 {
		actor, conv := r.visitor()
		all = append(all, chatter{actor, conv.ID})
		r.say(actor, conv.ID, "how do I get a refund")
	}
	answered := map[string]int{}
	for len(answered) < len(all) {
		answered[r.next().Conversation]++
	}
	for _, c := range all {
		rows := r.log(c.conv)
		if len(rows) != 2 || rows[1].Author.Kind != chat.AuthorBot {
			t.Fatalf("%+v", rows)
		}
	}
}
