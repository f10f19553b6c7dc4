package bot_test

import (
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
)

// remove takes the visitor's row seq back, as the log does.
func (d *desk) remove(seq uint32) {
	d.mu.Lock()
	at := time.Now()
	d.rows[conv][seq-1].Content, d.rows[conv][seq-1].Data.Deleted = "", &at
	row := d.store(chat.Entry{
		Conversation: conv, CID: "remove", Author: chat.Author{Kind: chat.AuthorVisitor}, Kind: chat.KindDeleted,
		Data: chat.Data{Amendment: chat.Amendment{Target: seq}},
	})
	sink := d.sink
	d.mu.Unlock()
	sink.Deliver(&chat.Update{Row: &row})
}

func TestWhatTheVisitorTookBackIsNotAnsweredAndTheRestIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		decider := &slow{Decider: s, started: make(chan bot.Question, 10), release: make(chan struct{}, 10)}
		_, stop := run(t, d, decider)
		defer stop()
		d.say("my card number is 4111", "")
		<-decider.started
		d.say("how do I get a refund", "")
		<-decider.started
		d.remove(1)
		decider.release <- struct{}{} // what it decided is stale by now
		again := <-decider.started
		decider.release <- struct{}{}
		synctest.Wait()
		if again.Text != "how do I get a refund" {
			t.Fatalf("the turn saw %q", again.Text)
		}
		if rows := d.bots(); len(rows) != 1 || rows[0].Seq != 4 {
			t.Fatalf("%+v", rows)
		}
	})
}
