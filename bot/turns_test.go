package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// desk is a chat in memory with the rules of the commit: expectations, one row a cid.
type desk struct {
	mu       sync.Mutex // guards all below
	head     map[string]*chat.Conversation
	rows     map[string][]chat.Row
	archived map[string]bool
	online   int
	appends  int
	fail     error // of the next Append
	lost     bool  // the next Append is stored but not published
	before   func(e chat.Entry)
	sink     chat.Sink
	policies bot.Policies
}

func newDesk() *desk {
	return &desk{head: map[string]*chat.Conversation{}, rows: map[string][]chat.Row{}, archived: map[string]bool{}, online: 1}
}

const conv = "01900000-0000-7000-8000-00000000000a"

func (d *desk) open(locale string) {
	d.head[conv] = &chat.Conversation{ID: conv, Site: 1, Department: 1, Status: chat.StatusOpen, Owner: chat.OwnerBot, OwnerEpoch: 1, Locale: locale}
}

// say stores a visitor's message and publishes it.
func (d *desk) say(content, button string) {
	d.mu.Lock()
	row := d.store(chat.Entry{Conversation: conv, CID: content, Author: chat.Author{Kind: chat.AuthorVisitor}, Kind: chat.KindMessage, Content: content, Data: chat.Data{Button: button}})
	sink := d.sink
	d.mu.Unlock()
	if sink != nil {
		sink.Deliver(&chat.Update{Row: &row})
	}
}

// store needs mu.
func (d *desk) store(e chat.Entry) chat.Row {
	h := d.head[e.Conversation]
	h.LastSeq++
	row := chat.Row{Conversation: e.Conversation, Seq: h.LastSeq, CID: e.CID, Site: h.Site, Author: e.Author, Kind: e.Kind, Content: e.Content, Data: e.Data}
	if e.Change != nil && e.Change.Act == chat.ActEmail {
		h.Email = e.Change.Email
	} else if e.Change != nil {
		h.Owner, h.OwnerEpoch = chat.OwnerQueue, h.OwnerEpoch+1
		row.Data.State = &chat.State{Owner: h.Owner, OwnerEpoch: h.OwnerEpoch}
	}
	d.rows[e.Conversation] = append(d.rows[e.Conversation], row)
	return row
}

func (d *desk) Thread(ctx context.Context, _ identity.Actor, id string, _ int) (chat.Conversation, []chat.Row, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.head[id]; h != nil {
		return *h, slices.Clone(d.rows[id]), ctx.Err()
	}
	return chat.Conversation{}, nil, chat.ErrNotFound
}

func (d *desk) Append(_ context.Context, _ identity.Scope, e chat.Entry) (chat.Row, chat.Conversation, error) {
	if d.before != nil {
		d.before(e)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.appends++
	if err := d.fail; err != nil {
		d.fail = nil
		return chat.Row{}, chat.Conversation{}, err
	}
	h := d.head[e.Conversation]
	for _, r := range d.rows[e.Conversation] {
		if r.CID == e.CID {
			return r, *h, nil
		}
	}
	x := e.Expect
	if *x.Owner != h.Owner || *x.OwnerEpoch != h.OwnerEpoch || *x.LastSeq != h.LastSeq || h.Status != chat.StatusOpen || (x.Article != nil && d.archived[x.Article.ID]) {
		return chat.Row{}, *h, chat.ErrStale
	}
	row := d.store(e)
	if d.lost {
		d.lost = false
		return chat.Row{}, *h, chat.ErrUnavailable
	}
	return row, *h, nil
}

func (d *desk) UnansweredByBot(context.Context) ([]chat.Conversation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []chat.Conversation
	for id, rows := range d.rows {
		if n := len(rows); n > 0 && d.head[id].Owner == chat.OwnerBot && rows[n-1].Author.Kind == chat.AuthorVisitor {
			out = append(out, *d.head[id])
		}
	}
	return out, nil
}

func (d *desk) AgentsOnline(context.Context, int32, int32) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.online, nil
}

// bots returns what the bot wrote.
func (d *desk) bots() (out []chat.Row) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.rows[conv] {
		if r.Author.Kind == chat.AuthorBot {
			out = append(out, r)
		}
	}
	return out
}

// slow is a decider that waits for a word before each decision.
type slow struct {
	bot.Decider
	started chan bot.Question
	release chan struct{}
}

func (s *slow) Decide(ctx context.Context, q bot.Question) (bot.Decision, error) {
	s.started <- q
	select {
	case <-s.release:
		return s.Decider.Decide(ctx, q)
	case <-ctx.Done():
		return bot.Decision{}, ctx.Err()
	}
}

// run starts turns over d in the bubble of a synctest and returns them with their end.
func run(t *testing.T, d *desk, decider bot.Decider) (turns *bot.Turns, stop func()) {
	t.Helper()
	turns, err := bot.NewTurns(bot.TurnsConfig{Decider: decider, Chat: d, Policies: d.policies, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	d.sink = turns
	d.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- turns.Run(ctx) }()
	return turns, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestAMessageIsAnsweredAtOnceAndOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		turns, stop := run(t, d, s)
		defer stop()
		d.say("how do I get a refund", "")
		synctest.Wait()
		<-time.After(time.Minute) // synctest's clock: reconciling reads find nothing more to do
		rows := d.bots()
		if len(rows) != 1 || rows[0].Content != "Refunds take **three** days." || rows[0].Data.Source.Article != "refund" || rows[0].Seq != 2 {
			t.Fatalf("%+v", rows)
		}
		if _, ok := chat.CanonicalID(rows[0].CID); !ok {
			t.Fatalf("cid %q is no UUID", rows[0].CID)
		}
		if c := turns.Counts(); c.Committed != 1 || c.Reconciled != 0 || c.Failed != 0 {
			t.Fatalf("%+v", c)
		}
	})
}

func TestANewerMessageCancelsTheTurnAndJoinsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		decider := &slow{Decider: s, started: make(chan bot.Question, 10), release: make(chan struct{}, 10)}
		turns, stop := run(t, d, decider)
		defer stop()
		d.say("how do I get", "")
		first := <-decider.started
		d.say("a refund", "")
		second := <-decider.started
		decider.release <- struct{}{}
		synctest.Wait()
		if first.Text != "how do I get" || second.Text != "how do I get\na refund" {
			t.Fatalf("turns saw %q, then %q", first.Text, second.Text)
		}
		if rows := d.bots(); len(rows) != 1 || rows[0].Seq != 3 {
			t.Fatalf("%+v", rows)
		}
		if c := turns.Counts(); c.Cancelled != 1 || c.Committed != 1 {
			t.Fatalf("%+v", c)
		}
	})
}

// After the bus was cut a node is shown what was stored meanwhile once more, its own rows among them.
func TestARowThatIsShownAgainDoesNotEndTheTurnThatAnswersIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		decider := &slow{Decider: s, started: make(chan bot.Question, 10), release: make(chan struct{}, 10)}
		turns, stop := run(t, d, decider)
		defer stop()
		again := func(remote bool) {
			d.mu.Lock()
			rows := slices.Clone(d.rows[conv])
			d.mu.Unlock()
			for i := range rows {
				turns.Deliver(&chat.Update{Row: &rows[i], Remote: remote})
			}
		}
		d.say("how do I get a refund", "")
		<-decider.started
		again(true)
		again(false)
		decider.release <- struct{}{}
		synctest.Wait()
		if rows := d.bots(); len(rows) != 1 || rows[0].Seq != 2 {
			t.Fatalf("%+v", rows)
		}
		if c := turns.Counts(); c.Committed != 1 || c.Cancelled != 0 || c.Reconciled != 0 {
			t.Fatalf("%+v", c)
		}
		again(true) // with the answer
		synctest.Wait()

		d.say("what does the TH01 measure", "")
		<-decider.started
		d.mu.Lock() // a newer one, by way of another node: that one answers both
		d.store(chat.Entry{Conversation: conv, CID: "there", Author: chat.Author{Kind: chat.AuthorVisitor}, Kind: chat.KindMessage, Content: "and its range?"})
		d.mu.Unlock()
		again(true)
		synctest.Wait()
		if rows := d.bots(); len(rows) != 1 || len(decider.started) != 0 {
			t.Fatalf("%d answers, %d turns under way", len(rows), len(decider.started))
		}
	})
}

// A visitor writes on one node and signs in on another: the turn of the first starts over, once.
func TestATurnStartsOverWhenItsVisitorIsIdentifiedOnAnotherNode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		decider := &slow{Decider: s, started: make(chan bot.Question, 10), release: make(chan struct{}, 10)}
		turns, stop := run(t, d, decider)
		defer stop()
		d.say("how do I get a refund", "")
		<-decider.started
		d.mu.Lock()
		row := d.store(chat.Entry{Conversation: conv, CID: "identified", Author: chat.Author{Kind: chat.AuthorSystem}, Kind: chat.KindIdentified})
		d.mu.Unlock()
		for range 3 { // by the bus, and twice by the reconciling read
			turns.Deliver(&chat.Update{Row: &row, Remote: true})
			synctest.Wait()
		}
		decider.release <- struct{}{}
		synctest.Wait()
		if rows := d.bots(); len(rows) != 1 || rows[0].Seq != 3 {
			t.Fatalf("%+v", rows)
		}
		if c := turns.Counts(); c.Cancelled != 1 || c.Committed != 1 {
			t.Fatalf("%+v", c)
		}
	})
}

func TestAfterAnAnswerATurnSeesTheQuestionBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		decider := &slow{Decider: s, started: make(chan bot.Question, 10), release: make(chan struct{}, 10)}
		_, stop := run(t, d, decider)
		defer stop()
		for _, text := range []string{"how do I get a refund", "what does the TH01 measure"} {
			d.say(text, "")
			decider.release <- struct{}{}
			synctest.Wait()
		}
		<-decider.started
		if q := <-decider.started; len(q.Previous) != 1 || q.Previous[0] != "how do I get a refund" || q.Text != "what does the TH01 measure" {
			t.Fatalf("%+v", q)
		}
	})
}

// EXPECTATIONS C, Chat 18: the bot never talks over a human.
func TestWhatAHumanOvertookIsDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		decider := &slow{Decider: s, started: make(chan bot.Question, 10), release: make(chan struct{}, 10)}
		turns, stop := run(t, d, decider)
		defer stop()
		d.say("how do I get a refund", "")
		<-decider.started
		d.mu.Lock()
		d.head[conv].Owner, d.head[conv].OwnerEpoch = chat.OwnerHuman, 2
		d.store(chat.Entry{Conversation: conv, CID: "agent", Author: chat.Author{Kind: chat.AuthorAgent}, Kind: chat.KindMessage, Content: "Let me see."})
		d.mu.Unlock()
		decider.release <- struct{}{}
		synctest.Wait()
		if rows := d.bots(); len(rows) != 0 {
			t.Fatalf("the bot talked over a human: %+v", rows)
		}
		if c := turns.Counts(); c.Stale != 1 {
			t.Fatalf("%+v", c)
		}
		d.say("and another thing", "") // in a human's conversation: not even read
		synctest.Wait()
		if len(decider.started) != 0 {
			t.Fatal("the bot thinks about a human's conversation")
		}
	})
}

// EXPECTATIONS C, Bot 3: with the answer in flight, the article is archived.
func TestAnUnpublishedArticleIsNotSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		d.before = func(e chat.Entry) {
			d.mu.Lock()
			defer d.mu.Unlock()
			if e.Data.Source != nil && !d.archived["refund"] {
				d.archived["refund"] = true
				if err := s.kb.Archive(context.Background(), identity.System(), 1, "refund", ""); err != nil {
					t.Error(err)
				}
			}
		}
		turns, stop := run(t, d, s)
		defer stop()
		d.say("how do I get a refund", "")
		synctest.Wait()
		rows := d.bots()
		if len(rows) != 1 || (rows[0].Data.Source != nil && rows[0].Data.Source.Article == "refund") {
			t.Fatalf("%+v", rows)
		}
		if c := turns.Counts(); c.Stale != 1 || c.Committed != 1 {
			t.Fatalf("%+v", c)
		}
	})
}

func TestAHandoverIsOneRowWithReasonTextAndPacket(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, online := range []int{1, 0} {
			s, d := newShop(t), newDesk()
			s.stock()
			d.open("zh-CN")
			d.online = online
			_, stop := run(t, d, s)
			d.say("我要找人工客服", "")
			synctest.Wait()
			stop()
			rows := d.bots()
			if len(rows) != 1 || rows[0].Kind != chat.KindHandover || rows[0].Data.Reason != string(bot.ReasonAskedForHuman) || rows[0].Data.State.Owner != chat.OwnerQueue {
				t.Fatalf("%+v", rows)
			}
			if strings.Contains(rows[0].Content, "邮箱") != (online == 0) {
				t.Fatalf("with %d agents online it says %q", online, rows[0].Content)
			}
			var packet struct{ Action, Reason string }
			if err := json.Unmarshal(rows[0].Data.Extra, &packet); err != nil || packet.Action != "handover" {
				t.Fatalf("packet %s, %v", rows[0].Data.Extra, err)
			}
		}
	})
}

func TestABrokenModelHandsOverInsteadOfSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		s.embedder.Fail(errors.New("no memory left"))
		turns, stop := run(t, d, s)
		defer stop()
		d.say("how do I get a refund", "")
		synctest.Wait()
		rows := d.bots()
		if len(rows) != 1 || rows[0].Kind != chat.KindHandover || rows[0].Data.Reason != string(bot.ReasonBotUnavailable) || strings.Contains(rows[0].Content, "memory") {
			t.Fatalf("%+v", rows)
		}
		if c := turns.Counts(); c.Failed != 1 {
			t.Fatalf("%+v", c)
		}
	})
}

func TestADeciderThatHangsIsGivenUpAndHandedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		d.open("en")
		_, stop := run(t, d, &slow{Decider: s, started: make(chan bot.Question, 10), release: make(chan struct{})})
		defer stop()
		d.say("how do I get a refund", "")
		<-time.After(6 * time.Second) // synctest's clock; the turn's limit is 5 s
		synctest.Wait()
		if rows := d.bots(); len(rows) != 1 || rows[0].Data.Reason != string(bot.ReasonBotUnavailable) {
			t.Fatalf("%+v", rows)
		}
	})
}

func TestWhatACrashLeftUnansweredIsPickedUpAtTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		d.say("how do I get a refund", "") // nobody listens
		turns, stop := run(t, d, s)
		defer stop()
		synctest.Wait()
		if rows := d.bots(); len(rows) != 1 {
			t.Fatalf("%+v", rows)
		}
		if c := turns.Counts(); c.Reconciled != 0 {
			t.Fatalf("a start is no repair: %+v", c)
		}
	})
}

func TestAnUnknownCommitIsRepeatedWithoutDoubling(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"stored": true, "not stored": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, d := newShop(t), newDesk()
				s.stock()
				d.open("en")
				if d.lost = lost; !lost {
					d.fail = chat.ErrUnavailable
				}
				_, stop := run(t, d, s)
				defer stop()
				d.say("how do I get a refund", "")
				<-time.After(10 * time.Second) // synctest's clock
				synctest.Wait()
				if rows := d.bots(); len(rows) != 1 {
					t.Fatalf("%d answers", len(rows))
				}
			})
		})
	}
}

func TestTwoNodesStoreOneAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		first, stopFirst := run(t, d, s)
		second, stopSecond := run(t, d, s)
		defer stopFirst()
		defer stopSecond()
		d.mu.Lock()
		d.sink = both{first, second}
		d.mu.Unlock()
		d.say("how do I get a refund", "")
		<-time.After(10 * time.Second) // synctest's clock
		synctest.Wait()
		if rows := d.bots(); len(rows) != 1 {
			t.Fatalf("%d answers", len(rows))
		}
	})
}

type both []chat.Sink

func (b both) Deliver(u *chat.Update) {
	for _, s := range b {
		s.Deliver(u)
	}
}

func TestAnEpisodeAsksBackTwiceAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := unsure(t), newDesk()
		d.open("en")
		_, stop := run(t, d, s)
		defer stop()
		d.say("about the lamp", "")
		synctest.Wait()
		d.say("None of these", bot.ButtonNone)
		synctest.Wait()
		rows := d.bots()
		if len(rows) != 2 || rows[1].Kind != chat.KindMessage || len(rows[1].Data.Buttons) < 3 {
			t.Fatalf("second offer: %+v", rows)
		}
		for _, b := range rows[1].Data.Buttons {
			if b.Kind == "article" && slices.ContainsFunc(rows[0].Data.Buttons, func(o chat.Button) bool { return o.ID == b.ID }) {
				t.Fatalf("%s is offered twice", b.ID)
			}
		}
		d.say("None of these", bot.ButtonNone)
		synctest.Wait()
		if rows = d.bots(); len(rows) != 3 || rows[2].Kind != chat.KindHandover {
			t.Fatalf("after two offers: %+v", rows)
		}
	})
}

func TestNoneOfTheseInWordsIsTheButton(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"都不是", "none of these", "不是我想问的", "Not what I meant."} {
		synctest.Test(t, func(t *testing.T) {
			s, d := newShop(t), newDesk()
			s.stock()
			d.open("en")
			_, stop := run(t, d, s)
			defer stop()
			d.say("how do I get a refund", "")
			synctest.Wait()
			d.say(words, "")
			synctest.Wait()
			rows := d.bots()
			if len(rows) != 2 || rows[1].Data.Source != nil || strings.Contains(rows[1].Content, "anything else") {
				t.Fatalf("%q: %+v", words, rows)
			}
			for _, b := range rows[1].Data.Buttons {
				if b.ID == bot.ButtonArticle+"refund" {
					t.Fatalf("%q: what was turned down is offered again", words)
				}
			}
		})
	}
}

func TestNotWhatIAskedLeadsToOthersOrAHuman(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d := newShop(t), newDesk()
		s.stock()
		d.open("en")
		_, stop := run(t, d, s)
		defer stop()
		d.say("how do I get a refund", "")
		synctest.Wait()
		d.say("Not what I asked", bot.ButtonNone)
		synctest.Wait()
		rows := d.bots()
		if len(rows) != 2 || rows[1].Data.Source != nil {
			t.Fatalf("%+v", rows)
		}
		for _, b := range rows[1].Data.Buttons {
			if b.ID == bot.ButtonArticle+"refund" {
				t.Fatal("what was turned down is offered again")
			}
		}
	})
}

// broken panics on every question.
type broken struct{}

func (broken) Decide(context.Context, bot.Question) (bot.Decision, error) { panic("broken") }

func TestAQuestionThatBreaksTheBotGetsAHuman(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		d.open("en")
		_, stop := run(t, d, broken{})
		defer stop()
		d.say("how do I get a refund", "")
		<-time.After(15 * time.Second) // a few reconciling reads
		synctest.Wait()
		rows := d.bots()
		if len(rows) != 1 || rows[0].Kind != chat.KindHandover {
			t.Fatalf("got %+v, want one hand-over", rows)
		}
	})
}
