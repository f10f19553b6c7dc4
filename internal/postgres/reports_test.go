package postgres

import (
	"encoding/json"
	"testing"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// told stores a row of the bot with its packet.
func (b *board) told(conv string, p bot.Packet, source *chat.Source) chat.Row {
	b.t.Helper()
	b.drain()
	extra, err := json.Marshal(p)
	if err != nil {
		b.t.Fatal(err)
	}
	row, _, err := b.Append(b.t.Context(), identity.Bot().Scope, chat.Entry{
		Conversation: conv, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Kind: chat.KindMessage, Content: "an answer " + p.Question,
		Data: chat.Data{Source: source, Reason: string(p.Reason), Locale: "en", Extra: extra},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return row
}

func sourceOf(id string) *chat.Source {
	return &chat.Source{Article: id, Locale: "en", Title: "About " + id, Version: 1, Confidence: .9}
}

func TestAReportCountsWhatHappened(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	ctx := t.Context()
	reports, err := bot.NewReports(NewReports(b.pool), b.now)
	if err != nil {
		t.Fatal(err)
	}
	b.publish("shipping", "Two days.", "how long does shipping take")
	answer := bot.Packet{Action: bot.ActionAnswer, Reason: bot.ReasonConfident, Question: "how long", Cached: true}
	ask := func() (identity.Actor, string) {
		visitor, conv := b.visitor()
		b.say(visitor, conv.ID, "how long does shipping take?")
		return visitor, conv.ID
	}
	voter, voted := ask() // confirmed by a vote
	row := b.told(voted, answer, sourceOf("shipping"))
	if _, err := b.Vote(ctx, voter, voted, newID(), chat.Feedback{Seq: row.Seq, Helpful: true}); err != nil {
		t.Fatal(err)
	}
	thanker, thanked := ask() // confirmed by thanks, after a question back
	b.told(thanked, bot.Packet{Action: bot.ActionClarify, Reason: bot.ReasonUnsure, Question: "how long"}, nil)
	b.say(thanker, thanked, "Shipping")
	b.told(thanked, bot.Packet{Action: bot.ActionAnswer, Reason: bot.ReasonChosen}, sourceOf("shipping"))
	b.say(thanker, thanked, "thanks")
	b.told(thanked, bot.Packet{Action: bot.ActionReply, Reason: bot.ReasonThanks}, nil)
	for range 2 { // assumed
		_, conv := ask()
		b.told(conv, answer, sourceOf("shipping"))
	}
	returner, back := ask() // came back in the same conversation
	b.told(back, answer, sourceOf("shipping"))
	b.asksIn(returner, back, "a human please", "asked_for_human")
	refuser, refused := ask()
	row = b.told(refused, answer, sourceOf("shipping"))
	if _, err := b.Vote(ctx, refuser, refused, newID(), chat.Feedback{Seq: row.Seq, Helpful: false}); err != nil {
		t.Fatal(err)
	}
	b.asks("do you deliver to Greenland", "no_answer") // handed over at once
	silent, _ := b.visitor()
	_ = silent // begun, but nothing said: no conversation
	alone, human := b.visitor()
	b.say(alone, human.ID, "hello?") // the bot was not there
	b.exec("UPDATE conversation_log SET created_at = created_at - interval '2 days'")
	b.exec("UPDATE conversations SET created_at = created_at - interval '2 days'")
	_, fresh := ask() // too young to say
	b.told(fresh, answer, sourceOf("shipping"))

	now := b.now()
	q := bot.ReportQuery{Site: 1, From: now.AddDate(0, 0, -7), To: now.Add(time.Minute)}
	r, err := reports.Report(ctx, b.admin, q)
	if err != nil {
		t.Fatal(err)
	}
	if want := (bot.Resolution{Answered: 7, Confirmed: 2, Assumed: 2, Back: 1, Refused: 1, Open: 1}); r.Resolution != want {
		t.Errorf("resolution %+v, want %+v", r.Resolution, want)
	}
	if r.Conversations != 9 || r.Involved != 8 {
		t.Errorf("involved %d of %d", r.Involved, r.Conversations)
	}
	if r.Questions != 10 || r.Answered != 7 || r.Clarified != 1 || r.ClarifyAnswered != 1 || r.Handovers != 2 || r.Reasons["no_answer"] != 1 || r.Reasons["asked_for_human"] != 1 {
		t.Errorf("%+v", r)
	}
	if r.Searched != 9 || r.Cached != 6 || r.Locales["en"] != [2]int{7, 10} || r.VotesUp != 1 || r.VotesDown != 1 || len(r.Days) < 2 {
		t.Errorf("searched %d, cached %d, locales %v, votes %d/%d, days %v", r.Searched, r.Cached, r.Locales, r.VotesUp, r.VotesDown, r.Days)
	}
	if r.BotWait.N != 8 || r.PersonWait.N != 0 {
		t.Errorf("%+v, %+v", r.BotWait, r.PersonWait)
	}
	foreign := b.admin
	foreign.Scope = identity.Scope{Sites: []int32{1}, Departments: []int32{999}}
	if r, err = reports.Report(ctx, foreign, q); err != nil || r.Questions+r.Conversations+r.Resolution.Answered+r.VotesUp+r.Handovers != 0 {
		t.Errorf("another department sees %+v, %v", r, err)
	}
	_, err = reports.Report(ctx, b.agent("alice"), q)
	want(t, err, identity.ErrForbidden)
}

func TestAWeeksSampleIsTheSameForEverybody(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	ctx := t.Context()
	reports, err := bot.NewReports(NewReports(b.pool), b.now)
	if err != nil {
		t.Fatal(err)
	}
	visitor, conv := b.visitor()
	for range bot.AuditSample + 10 {
		b.say(visitor, conv.ID, "how long?")
		b.told(conv.ID, bot.Packet{Action: bot.ActionAnswer, Question: "how long"}, sourceOf("shipping"))
	}
	first, err := reports.Audit(ctx, b.admin, 1, "")
	if err != nil || len(first.Answers) != bot.AuditSample || first.Total != bot.AuditSample+10 || first.Judged != 0 || first.High != 1 {
		t.Fatalf("%d of %d, %v", len(first.Answers), first.Total, err)
	}
	second, err := reports.Audit(ctx, b.admin, 1, first.Week)
	if err != nil {
		t.Fatal(err)
	}
	for i := range first.Answers {
		if first.Answers[i].GapTurn != second.Answers[i].GapTurn {
			t.Fatalf("answer %d is drawn differently", i)
		}
	}
	if first.Answers[0].Question != "how long?" {
		t.Errorf("%+v", first.Answers[0])
	}
	for i, verdict := range []string{"right", "wrong", "partly", "right"} {
		if err := reports.Judge(ctx, b.admin, 1, first.Answers[i].GapTurn, verdict); err != nil {
			t.Fatal(err)
		}
	}
	if err := reports.Judge(ctx, b.admin, 1, first.Answers[3].GapTurn, ""); err != nil {
		t.Fatal(err)
	}
	third, err := reports.Audit(ctx, b.admin, 1, "")
	if err != nil || third.Judged != 3 || third.Wrong != 1 || third.Partly != 1 || third.Answers[1].Judge != "root" || third.Low <= 0.05 || third.High >= 0.8 {
		t.Fatalf("%+v, %v", third, err)
	}
	other := b.admin
	other.Scope = identity.Scope{Sites: []int32{1}, Departments: []int32{999}}
	want(t, reports.Judge(ctx, other, 1, first.Answers[0].GapTurn, "wrong"), bot.ErrAnswerNotFound)
	want(t, reports.Judge(ctx, b.admin, 2, first.Answers[0].GapTurn, "wrong"), bot.ErrAnswerNotFound)
	want(t, reports.Judge(ctx, b.admin, 1, bot.GapTurn{Conversation: conv.ID, Seq: 1}, "wrong"), bot.ErrAnswerNotFound)
	want(t, reports.Judge(ctx, b.admin, 1, first.Answers[0].GapTurn, "perhaps"), bot.ErrReportInvalid)
	_, err = reports.Audit(ctx, b.admin, 1, "2026-W54")
	want(t, err, bot.ErrReportInvalid)
}
