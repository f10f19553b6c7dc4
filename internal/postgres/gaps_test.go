package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/kb/kbtest"
)

// board is a reception with a gap board.
type board struct {
	*reception
	gaps    *Gaps
	worker  *bot.GapWorker
	desk    *bot.GapBoard
	admin   identity.Actor
	decider bot.Decider
}

func newBoard(t *testing.T) *board {
	t.Helper()
	b := &board{reception: newReception(t)}
	b.gaps = NewGaps(b.pool)
	var err error
	if b.decider, err = bot.NewResponder(bot.ResponderConfig{Knowledge: b.kb}); err != nil {
		t.Fatal(err)
	}
	b.worker = b.newWorker()
	if b.desk, err = bot.NewGapBoard(b.gaps, nil, b.now); err != nil {
		t.Fatal(err)
	}
	b.admin = b.agent("root")
	b.admin.Role = identity.RoleAdmin
	return b
}

func (b *board) newWorker() *bot.GapWorker {
	b.t.Helper()
	w, err := bot.NewGapWorker(bot.GapWorkerConfig{Store: b.gaps, Embedder: &kbtest.Embedder{}, Decider: b.decider, Clock: b.now})
	if err != nil {
		b.t.Fatal(err)
	}
	return w
}

// asks lets a new visitor ask something that the bot hands over, and returns them with the conversation.
func (b *board) asks(question, reason string) (identity.Actor, chat.Conversation) {
	b.t.Helper()
	visitor, conv := b.visitor()
	b.asksIn(visitor, conv.ID, question, reason)
	return visitor, conv
}

func (b *board) asksIn(visitor identity.Actor, conv, question, reason string) {
	b.t.Helper()
	b.drain()
	_, head := b.say(visitor, conv, question)
	extra, err := json.Marshal(bot.Packet{
		Action: bot.ActionHandover, Reason: bot.Reason(reason), Question: question,
		Asked: &bot.PacketAsked{Text: question, Locale: "en"}, Candidates: []bot.PacketChoice{{Article: "shipping"}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, _, err := b.Handover(b.t.Context(), conv, head.OwnerEpoch, head.LastSeq, reason, extra); err != nil {
		b.t.Fatal(err)
	}
}

// drain takes what nobody reads here, before the channel is full.
func (b *board) drain() {
	for len(b.rows) > 0 {
		<-b.rows
	}
}

func (b *board) gather() {
	b.t.Helper()
	if err := b.worker.Once(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *board) list(states ...bot.GapState) []bot.Gap {
	b.t.Helper()
	page, err := b.desk.List(b.t.Context(), b.admin, bot.GapQuery{Site: 1, States: states})
	if err != nil {
		b.t.Fatal(err)
	}
	return page.Gaps
}

func (b *board) get(id int64) bot.GapDetail {
	b.t.Helper()
	d, err := b.desk.Get(b.t.Context(), b.admin, id)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

func TestAQuestionTheBotCannotAnswerIsAGapWithThePersonsReply(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	ctx := t.Context()
	alice := b.agent("alice")
	_, conv := b.asks("do you deliver to Greenland", "no_answer")
	b.asks("do you deliver to Greenland?", "no_answer")
	b.say(alice, conv.ID, "Hello!")
	b.say(alice, conv.ID, "Which town is it?")
	b.say(alice, conv.ID, "Yes, we deliver to Greenland within ten days for 40 dollars.")
	if _, err := b.Resolve(ctx, alice, conv.ID); err != nil {
		t.Fatal(err)
	}
	b.gather()
	found := b.list()
	if len(found) != 1 || found[0].Contacts != 2 || found[0].Turns != 2 || found[0].Last7 != 2 || found[0].Reasons["no_answer"] != 2 || found[0].Locales["en"] != 2 {
		t.Fatalf("%+v", found)
	}
	d := b.get(found[0].ID)
	if len(d.Replies) != 1 || d.Replies[0].Text != "Yes, we deliver to Greenland within ten days for 40 dollars." || d.Replies[0].Conversation != conv.ID || d.Replies[0].Agent != "alice" {
		t.Fatalf("replies: %+v", d.Replies)
	}
	if len(d.Nearest) != 1 || d.Nearest[0].ID != "shipping" || d.Nearest[0].Count != 2 || d.Days[27] != 2 || d.HandledN != 1 || len(d.Acts) != 1 {
		t.Fatalf("%+v", d)
	}
	for range 3 { // nothing twice, however often the log is read
		b.gather()
	}
	if again := b.list(); len(again) != 1 || again[0].Turns != 2 || again[0].ID != found[0].ID {
		t.Fatalf("%+v", again)
	}
	b.exec("DELETE FROM conversation_log; DELETE FROM queue_entries; DELETE FROM conversations")
	b.advance(2 * time.Minute)
	b.gather()
	if left := b.list(); len(left) != 0 {
		t.Fatalf("the conversations are erased, the board shows %+v", left)
	}
	var n int
	if err := b.pool.QueryRow(ctx, "SELECT (SELECT count(*) FROM gap_samples) + (SELECT count(*) FROM gaps)").Scan(&n); err != nil || n != 0 {
		t.Fatalf("%d rows are left, %v", n, err)
	}
}

func TestOneVisitorCannotPushAGapUp(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	alice := b.agent("alice")
	for range 3 {
		b.asks("can I pay with a gift card", "no_answer")
	}
	visitor, conv := b.visitor()
	for i := range 30 {
		b.asksIn(visitor, conv.ID, "buy cheap watches at example dot com", "no_answer")
		if i < 29 {
			if _, err := b.Resolve(t.Context(), alice, conv.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.gather()
	found := b.list()
	if len(found) != 2 || found[0].Title != "can I pay with a gift card" || found[0].Contacts != 3 || found[1].Contacts != 1 || found[1].Last28 != 1 {
		t.Fatalf("%+v", found)
	}
	if found[1].Turns > 20 {
		t.Errorf("one visitor's %d samples of a day are kept", found[1].Turns)
	}
}

func TestTheBotsOwnWordsAreNeverASolution(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	alice := b.agent("alice")
	visitor, conv := b.visitor()
	b.say(visitor, conv.ID, "is there a warranty")
	b.answered(conv.ID, "Every lamp has two years of warranty, as the law says.")
	b.asksIn(visitor, conv.ID, "but is there a warranty on bulbs", "no_answer")
	b.say(alice, conv.ID, "Every lamp has two years of warranty, as the law says.")
	if _, err := b.Resolve(t.Context(), alice, conv.ID); err != nil {
		t.Fatal(err)
	}
	b.gather()
	found := b.list()
	if len(found) != 1 || found[0].Replies != 0 {
		t.Fatalf("%+v", found)
	}
	if d := b.get(found[0].ID); len(d.Replies) != 0 {
		t.Fatalf("the bot's own answer comes back as a solution: %+v", d.Replies)
	}
}

func TestAReplyAfterWhichTheVisitorCameBackSolvedNothing(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	ctx := t.Context()
	alice := b.agent("alice")
	visitor, conv := b.asks("how do I cancel my newsletter", "no_answer")
	b.say(alice, conv.ID, "There is a link at the foot of each newsletter.")
	if _, err := b.Resolve(ctx, alice, conv.ID); err != nil {
		t.Fatal(err)
	}
	b.gather()
	if found := b.list(); len(found) != 1 || found[0].Replies != 1 {
		t.Fatalf("%+v", found)
	}
	b.asksIn(visitor, conv.ID, "that did not work", "asked_for_human")
	b.gather()
	if found := b.list(); len(found) == 0 || found[0].Replies != 0 {
		t.Fatalf("%+v", found)
	}
}

func TestAVoteAgainstAnAnswerIsAGapUntilTheVisitorChangesTheirMind(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	ctx := t.Context()
	visitor, conv := b.visitor()
	b.say(visitor, conv.ID, "how long does shipping take")
	extra, err := json.Marshal(bot.Packet{Action: bot.ActionAnswer, Reason: bot.ReasonConfident, Question: "how long does shipping take"})
	if err != nil {
		t.Fatal(err)
	}
	row, _, err := b.Append(ctx, identity.Bot().Scope, chat.Entry{
		Conversation: conv.ID, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Kind: chat.KindMessage, Content: "Two days.",
		Data: chat.Data{Source: &chat.Source{Article: "shipping", Locale: "en", Title: "Shipping", Version: 3}, Reason: "confident", Extra: extra},
	})
	if err != nil {
		t.Fatal(err)
	}
	vote := func(helpful bool) {
		if _, err := b.Vote(ctx, visitor, conv.ID, newID(), chat.Feedback{Seq: row.Seq, Helpful: helpful}); err != nil {
			t.Fatal(err)
		}
		b.gather()
	}
	vote(true)
	if found := b.list(); len(found) != 0 {
		t.Fatalf("a vote for the answer is a gap: %+v", found)
	}
	vote(false)
	if found := b.list(); len(found) != 1 || found[0].Reasons["thumbs_down"] != 1 || found[0].Title != "how long does shipping take" {
		t.Fatalf("%+v", found)
	}
	vote(true)
	if found := b.list(); len(found) != 0 {
		t.Fatalf("%+v", found)
	}
}

func TestAnAnswerThatAnAgentCallsWrongIsAGap(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	visitor, conv := b.visitor()
	b.say(visitor, conv.ID, "how long does shipping take")
	row := b.told(conv.ID, bot.Packet{Action: bot.ActionAnswer, Reason: bot.ReasonConfident, Question: "how long does shipping take"}, sourceOf("shipping"))
	b.exec("INSERT INTO bot_judgements (conversation_id, seq, agent_id, site_id, department_id, verdict, at) VALUES ($1, $2, $3, 1, $4, 'wrong', now())",
		conv.ID, row.Seq, b.agent("alice").ID, conv.Department)
	for range 2 {
		b.gather()
		if found := b.list(); len(found) != 1 || found[0].Turns != 1 || found[0].Reasons["bot_wrong"] != 1 {
			t.Fatalf("%+v", found)
		}
	}
}

func TestWhatAHandMergedOrSplitTheGathererLeavesSo(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	ctx := t.Context()
	b.asks("do you deliver to Greenland", "no_answer")
	b.asks("where is your showroom", "no_answer")
	b.asks("opening hours on Sunday", "no_answer")
	b.gather()
	found := b.list()
	if len(found) != 3 {
		t.Fatalf("%+v", found)
	}
	byTitle := map[string]bot.Gap{}
	for _, g := range found {
		byTitle[g.Title] = g
	}
	from, into := byTitle["where is your showroom"], byTitle["opening hours on Sunday"]
	want(t, b.desk.Merge(ctx, b.admin, from.ID, from.Revision+1, into.ID), bot.ErrGapChanged)
	want(t, b.desk.Merge(ctx, b.admin, from.ID, from.Revision, from.ID), bot.ErrGapInvalid)
	if err := b.desk.Merge(ctx, b.admin, from.ID, from.Revision, into.ID); err != nil {
		t.Fatal(err)
	}
	b.asks("where is your showroom?", "no_answer")
	b.gather()
	merged := b.get(into.ID)
	if merged.Turns != 3 || merged.Contacts != 3 {
		t.Fatalf("a merged gap does not attract what either had: %+v", merged.Gap)
	}
	if _, err := b.desk.Get(ctx, b.admin, from.ID); !errors.Is(err, bot.ErrGapNotFound) {
		t.Fatalf("the merged gap: %v", err)
	}
	var sunday bot.GapTurn
	for _, s := range merged.Samples {
		if s.Question == "opening hours on Sunday" {
			sunday = s.GapTurn
		}
	}
	_, err := b.desk.Split(ctx, b.admin, into.ID, merged.Revision, []bot.GapTurn{{Conversation: newID(), Seq: 1}})
	want(t, err, bot.ErrGapInvalid)
	made, err := b.desk.Split(ctx, b.admin, into.ID, merged.Revision, []bot.GapTurn{sunday})
	if err != nil {
		t.Fatal(err)
	}
	b.asks("opening hours on Sunday!", "no_answer")
	b.gather()
	if split, rest := b.get(made), b.get(into.ID); split.Turns != 2 || rest.Turns != 2 || len(split.Near) != 0 || len(rest.Near) != 0 {
		t.Fatalf("split: %+v, rest: %+v", split.Gap, rest.Gap)
	}
	split := b.get(made)
	_, err = b.desk.Split(ctx, b.admin, made, split.Revision, []bot.GapTurn{split.Samples[0].GapTurn, split.Samples[1].GapTurn})
	want(t, err, bot.ErrGapInvalid) // nothing would be left
}

func TestClosedGapsKeepWhatIsLikeThem(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	ctx := t.Context()
	b.asks("what is the weather in Paris", "no_answer")
	b.asks("can I rent a lamp", "no_answer")
	b.gather()
	for _, g := range b.list() {
		state := bot.GapSolved
		if g.Title == "what is the weather in Paris" {
			state = bot.GapOutOfScope
		}
		if err := b.desk.SetState(ctx, b.admin, g.ID, g.Revision, state); err != nil {
			t.Fatal(err)
		}
	}
	b.asks("what is the weather in Paris?", "no_answer")
	b.gather()
	if open := b.list(); len(open) != 0 {
		t.Fatalf("out of scope comes back: %+v", open)
	}
	if out := b.list(bot.GapOutOfScope); len(out) != 1 || out[0].Contacts != 2 {
		t.Fatalf("%+v", out)
	}
	b.exec("UPDATE gaps SET state_at = state_at - interval '1 hour'")
	b.asks("can I rent a lamp?", "no_answer")
	b.gather()
	if open := b.list(); len(open) != 1 || open[0].Contacts != 2 {
		t.Fatalf("a solved gap that is asked again: %+v", open)
	}
	b.advance(91 * 24 * time.Hour)
	b.gather()
	if open, expired := b.list(), b.list(bot.GapExpired); len(open) != 0 || len(expired) != 1 {
		t.Fatalf("after 91 days: %+v, %+v", open, expired)
	}
}

func TestAGapThatThePublishedKnowledgeAnswersIsProposedAsSolved(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	b.publish("parcel", "Parcels take a week.", "where is my parcel")
	b.asks("do you sell gift cards", "no_answer")
	b.gather()
	b.gather()
	if found := b.list(); len(found) != 1 || found[0].Proposed.ID != "" {
		t.Fatalf("%+v", found)
	}
	b.publish("giftcards", "Yes, at the till.", "do you sell gift cards")
	b.gather()
	found := b.list()
	if len(found) != 1 || found[0].Proposed.ID != "giftcards" || found[0].State != bot.GapOpen {
		t.Fatalf("%+v", found)
	}
	b.asks("do you sell gift cards", "no_answer") // it failed again: what was proposed is tried anew
	b.worker = b.newWorker()
	if err := b.worker.Once(t.Context()); !errors.Is(err, bot.ErrGapLease) {
		t.Fatalf("two nodes gather at once: %v", err)
	}
}

func TestTwoNodesGatherEachTurnOnce(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	for i := range 12 {
		b.asks(fmt.Sprintf("question about thing%c", 'a'+i), "no_answer")
	}
	other := b.newWorker()
	ended := make(chan error, 2)
	for _, w := range []*bot.GapWorker{b.worker, other} {
		go func() { ended <- w.Once(context.WithoutCancel(t.Context())) }()
	}
	leases := 0
	for range 2 {
		if err := <-ended; errors.Is(err, bot.ErrGapLease) {
			leases++
		} else if err != nil {
			t.Error(err)
		}
	}
	b.exec("UPDATE gap_work SET lease_until = now() - interval '1 second'") // the node died
	if err := other.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	var turns, gaps int
	if err := b.pool.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM gap_samples WHERE gap_id IS NOT NULL), (SELECT count(DISTINCT gap_id) FROM gap_acts WHERE act = 'made')").Scan(&turns, &gaps); err != nil || turns != 12 {
		t.Fatalf("%d samples, %d gaps, %d refused, %v", turns, gaps, leases, err)
	}
	if err := b.gaps.Absorb(t.Context(), chat.NewID(time.Now()), nil, nil, time.Now()); !errors.Is(err, bot.ErrGapLease) {
		t.Fatalf("a node without the lease writes: %v", err)
	}
}

func TestGapsKeepToTheirWalls(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	ctx := t.Context()
	department, team := b.repairs()
	alice := b.agent("alice")
	_, conv := b.asks("my lamp burnt my hand", "no_answer")
	_, other := b.asks("my lamp burnt my hand", "no_answer")
	b.gather()
	if found := b.list(); len(found) != 1 || found[0].Contacts != 2 {
		t.Fatalf("%+v", found)
	}
	if _, err := b.Claim(ctx, alice, other.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Transfer(ctx, alice, other.ID, chat.To{Team: team}, "a repair"); err != nil {
		t.Fatal(err)
	}
	scoped := func(departments ...int32) identity.Actor {
		a := b.admin
		a.Scope = identity.Scope{Sites: []int32{1}, Departments: departments}
		return a
	}
	see := func(a identity.Actor) []bot.Gap {
		page, err := b.desk.List(ctx, a, bot.GapQuery{Site: 1})
		if err != nil {
			t.Fatal(err)
		}
		return page.Gaps
	}
	if found := see(scoped(conv.Department)); len(found) != 1 || found[0].Contacts != 1 { // before anything is gathered anew
		t.Fatalf("the old department sees what was transferred: %+v", found)
	}
	if found := see(scoped(department)); len(found) != 1 || found[0].Contacts != 1 {
		t.Log("the new department sees it once it is gathered")
	}
	b.gather()
	mine, theirs := see(scoped(conv.Department)), see(scoped(department))
	if len(mine) != 1 || len(theirs) != 1 || mine[0].ID == theirs[0].ID || theirs[0].Contacts != 1 || theirs[0].Department != department {
		t.Fatalf("%+v, %+v", mine, theirs)
	}
	foreign := b.admin
	foreign.Scope = identity.Scope{Sites: []int32{99}, AllDepartments: true}
	for name, a := range map[string]identity.Actor{"another site": foreign, "another department": scoped(department)} {
		id := mine[0].ID
		_, err := b.desk.Get(ctx, a, id)
		want(t, err, bot.ErrGapNotFound)
		want(t, b.desk.SetState(ctx, a, id, 1, bot.GapSolved), bot.ErrGapNotFound)
		want(t, b.desk.Merge(ctx, a, id, 1, theirs[0].ID), bot.ErrGapNotFound)
		want(t, b.desk.Apart(ctx, a, id, theirs[0].ID), bot.ErrGapNotFound)
		if _, err := b.desk.Split(ctx, a, id, 1, []bot.GapTurn{{Conversation: conv.ID, Seq: 2}}); !errors.Is(err, bot.ErrGapNotFound) {
			t.Errorf("%s splits: %v", name, err)
		}
	}
	want(t, b.desk.Merge(ctx, b.admin, mine[0].ID, mine[0].Revision, theirs[0].ID), bot.ErrGapInvalid)
	_, err := b.desk.List(ctx, alice, bot.GapQuery{Site: 1})
	want(t, err, identity.ErrForbidden)
}
