package web_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/web"
	"frontdesk/web/frame"
)

// until reads frames until one is what the test waits for.
func (w *wire) until(what string, ok func(*frame.ServerFrame) bool) *frame.ServerFrame {
	w.t.Helper()
	for range 100 {
		if f := w.next(); ok(f) {
			return f
		}
	}
	w.t.Fatalf("%s: not among the next hundred frames", what)
	return nil
}

func (w *wire) resumed() *frame.Resumed {
	w.t.Helper()
	return w.until("resumed", func(f *frame.ServerFrame) bool { return f.GetResumed() != nil }).GetResumed()
}

func (w *wire) mark(conv string, delivered, read uint32) {
	w.t.Helper()
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Mark{Mark: &frame.Watermark{Conv: conv, Delivered: delivered, Read: read}}})
}

// watermark waits for a mark of somebody.
func (w *wire) watermark(kind string) *frame.Watermark {
	w.t.Helper()
	return w.until("a mark", func(f *frame.ServerFrame) bool { return f.GetMark().GetAuthor().GetKind() == kind }).GetMark()
}

func (w *wire) edit(e *frame.Edit) {
	w.t.Helper()
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Edit{Edit: e}})
}

func (w *wire) ack(cid string) *frame.Ack {
	w.t.Helper()
	return w.until("an ack", func(f *frame.ServerFrame) bool { return f.GetAck().GetCid() == cid }).GetAck()
}

func (w *wire) refused(cid, code string) *frame.Error {
	w.t.Helper()
	f := w.until("an error", func(f *frame.ServerFrame) bool { return f.GetError() != nil })
	if f.GetError().GetCode() != code || f.GetError().GetCid() != cid {
		w.t.Fatalf("want error %s for %s, got %v", code, cid, f)
	}
	return f.GetError()
}

// reaches puts the marks of resumed into words: who, delivered, read.
func reaches(marks []*frame.Watermark) string {
	var out []string
	for _, m := range marks {
		who := m.GetAuthor().GetKind()
		if m.GetAuthor().GetId() != "" {
			who += "*"
		}
		out = append(out, who+" "+strconv.Itoa(int(m.Delivered))+"/"+strconv.Itoa(int(m.Read)))
	}
	return strings.Join(out, ", ")
}

func TestMarksRiseReachTheOthersAndOutliveTheSocket(t *testing.T) {
	t.Parallel()
	h := open(t)
	v, a := h.visitor(), h.signIn(h.user("alice", identity.RoleAgent))
	for range 3 {
		v.send(newID(), "hello").status(200)
	}
	vw, _ := v.visitorWire()
	vw.resume(v.conv, 3)
	if r := vw.resumed(); len(r.GetMarks()) != 0 {
		t.Fatalf("marks before anybody read: %v", r)
	}
	aw, second := a.agentWire(), a.again().agentWire()
	for _, w := range []*wire{aw, second} {
		w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: &frame.Resume{Inbox: true}}})
		w.resumed()
	}
	aw.resume(v.conv, 3)
	aw.resumed()

	aw.mark(v.conv, 3, 2)
	if m := vw.watermark("agent"); m.GetDelivered() != 3 || m.GetRead() != 2 || m.GetAuthor().GetId() != "" || m.GetAuthor().GetName() != "" {
		t.Fatalf("the visitor is told %v: which agent is not theirs to know", m)
	}
	if m := second.watermark("agent"); m.GetRead() != 2 || m.GetAuthor().GetId() == "" {
		t.Fatalf("the agent's other tab is told %v", m)
	}
	aw.mark(v.conv, 1, 1)    // lower: nothing
	aw.mark(v.conv, 99, 999) // beyond the log: its end
	if m := vw.watermark("agent"); m.GetDelivered() != 3 || m.GetRead() != 3 {
		t.Fatalf("after a mark beyond the end: %v", m)
	}
	vw.mark(v.conv, 2, 0)
	if m := aw.watermark("visitor"); m.GetDelivered() != 2 || m.GetRead() != 0 {
		t.Fatalf("the agent is told %v", m)
	}
	a.get("/api/agent/unread-messages").status(200).has(`"total":0`)

	again, _ := v.visitorWire()
	again.resume(v.conv, 3)
	if got := reaches(again.resumed().GetMarks()); got != "visitor 2/0, agent 3/3" {
		t.Fatalf("the visitor resumes with %q", got)
	}
	aw.resume(v.conv, 3)
	if got := reaches(aw.resumed().GetMarks()); got != "visitor 2/0, agent 3/3, agent* 3/3" {
		t.Fatalf("the agent resumes with %q", got)
	}
	other, _ := h.visitor().visitorWire()
	other.mark(v.conv, 1, 1)
	other.fails("not_found")
	v.post("/api/visitor/read", `{"conversation":"`+v.conv+`","read":3}`).status(204)
	if m := aw.watermark("visitor"); m.GetRead() != 3 {
		t.Fatalf("after the visitor's REST mark: %v", m)
	}
}

func TestARemovedMessageIsNowhereForVisitorsAndKeptForStaff(t *testing.T) {
	t.Parallel()
	h := open(t)
	v, a := h.visitor(), h.signIn(h.user("alice", identity.RoleAgent))
	const secret = "my card is 4111-1111"
	v.send(newID(), secret).status(200)
	v.send(newID(), "please help").status(200)
	vw, _ := v.visitorWire()
	vw.resume(v.conv, 2)
	vw.resumed()
	cid := newID()
	vw.edit(&frame.Edit{Conv: v.conv, Cid: cid, Seq: 1, Remove: true})
	seen := vw.until("the removal", func(f *frame.ServerFrame) bool { return f.GetEvent() != nil }).GetEvent()
	if seen.GetKind() != "deleted" || seen.GetSeq() != 3 || seen.GetData().GetFields()["target"].GetNumberValue() != 1 || seen.GetContent() != "" {
		t.Fatalf("the removal is shown as %v", seen)
	}
	vw.edit(&frame.Edit{Conv: v.conv, Cid: cid, Seq: 1, Remove: true}) // the ack was lost
	if again := vw.ack(cid); again.GetSeq() != 3 {
		t.Fatalf("the second time it is %v", again)
	}
	vw.resume(v.conv, 0)
	for {
		f := vw.next()
		if f.GetResumed() != nil {
			break
		}
		if strings.Contains(f.String(), "4111") {
			t.Fatalf("who resumes from 0 sees %v", f)
		}
	}
	v.get("/api/visitor/messages").status(200).has(`"deleted":"`, "please help").without("4111", "history")
	a.get("/api/agent/conversations/"+v.conv+"/messages").status(200).has(`"history":[{"content":"`+secret, `"deleted":"`)
	a.get("/api/agent/conversations?view=bot").status(200).has("please help").without("4111")

	newer := newID()
	vw.edit(&frame.Edit{Conv: v.conv, Cid: newer, Seq: 1, Remove: true})
	vw.refused(newer, "invalid") // removed already
	vw.edit(&frame.Edit{Conv: v.conv, Cid: newer, Seq: 2, Content: "other words"})
	vw.refused(newer, "invalid") // visitors remove, they do not change
	vw.edit(&frame.Edit{Conv: v.conv, Cid: newer, Seq: 77, Remove: true})
	vw.refused(newer, "not_found")
	v.post("/api/visitor/delete-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","seq":2}`).status(200).has(`"seq":4`)
	a.get("/api/agent/conversations?view=bot").status(200).without("please help", "4111")
	h.visitor().post("/api/visitor/delete-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","seq":2}`).problem(404, "not_found")
}

func TestAnAgentChangesOwnMessagesAndNotesOnly(t *testing.T) {
	t.Parallel()
	h := open(t)
	v, a, b := h.visitor(), h.signIn(h.user("alice", identity.RoleAgent)), h.signIn(h.user("bob", identity.RoleAdmin))
	v.send(newID(), "hello").status(200)
	say := func(who *browser, kind, content string) {
		who.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","type":"`+kind+`","content":"`+content+`"}`).status(200)
	}
	say(a, "text", "first words")       // 2
	say(a, "note", "private words one") // 3
	change := func(who *browser, seq int, content string) *reply {
		return who.post("/api/agent/edit-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","seq":`+strconv.Itoa(seq)+`,"content":"`+content+`"}`)
	}
	vw, _ := v.visitorWire()
	vw.resume(v.conv, 3)
	vw.resumed()
	change(a, 2, "second words").status(200)      // 4
	change(a, 2, "third words").status(200)       // 5
	change(a, 3, "private words two").status(200) // 6
	for _, want := range []string{"edited second words", "edited third words", "hidden "} {
		if e := vw.event(); e.GetKind()+" "+e.GetContent() != want {
			t.Fatalf("the visitor sees %v, want %q", e, want)
		}
	}
	v.get("/api/visitor/messages").status(200).has("third words", `"edited":"`).without("first", "second", "private", "history")
	a.get("/api/agent/conversations/"+v.conv+"/messages").status(200).has("third words", "private words two", `"first words"`, `"private words one"`)
	change(b, 2, "not mine").problem(403, "forbidden")
	change(a, 1, "the visitor's").problem(403, "forbidden")
	change(a, 2, "third words").problem(422, "invalid") // says nothing new
	change(a, 2, " ").problem(422, "invalid")
	change(a, 0, "x").problem(422, "invalid")
	change(a, 4, "an edit of an edit").problem(422, "invalid")
	if rows, err := h.chat.History(t.Context(), identity.Bot(), v.conv, 3, 0, 1); err != nil || rows[0].Content != "" {
		t.Fatalf("the text of an overtaken edit is %q, %v", rows[0].Content, err)
	}
	// Whatever the state: a mistake may be mended after the end, too.
	a.post("/api/agent/conversations/"+v.conv+"/resolve", "").status(200)
	a.post("/api/agent/edit-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","seq":2,"remove":true}`).status(200)
	v.get("/api/visitor/messages").status(200).without("third words")
	for i := range 25 {
		want := 200
		if i >= 20-1 { // one edit of the note went before
			want = 422
		}
		change(a, 3, "private "+strconv.Itoa(i)).status(want)
	}
}

func TestAMessageRepeatedAfterItsEditIsStillTheSame(t *testing.T) {
	t.Parallel()
	h := open(t)
	v, a := h.visitor(), h.signIn(h.user("alice", identity.RoleAgent))
	v.send(newID(), "hello").status(200)
	cid := newID()
	body := `{"conversation":"` + v.conv + `","cid":"` + cid + `","content":"as first written"}`
	a.post("/api/agent/send-message", body).status(200).has(`"seq":2`)
	first := newID()
	edit := `{"conversation":"` + v.conv + `","cid":"` + first + `","seq":2,"content":"as changed"}`
	a.post("/api/agent/edit-message", edit).status(200).has(`"seq":3`)
	a.post("/api/agent/edit-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","seq":2,"content":"as changed again"}`).status(200)
	a.post("/api/agent/send-message", body).status(200).has(`"seq":2`)
	a.post("/api/agent/edit-message", edit).status(200).has(`"seq":3`) // its text is gone by now
	a.post("/api/agent/send-message", strings.Replace(body, "first", "never", 1)).problem(409, "cid_taken")
}

func TestASendIsStoppedWhenAColleagueHasReplied(t *testing.T) {
	t.Parallel()
	h := open(t)
	v, a, b := h.visitor(), h.signIn(h.user("alice", identity.RoleAgent)), h.signIn(h.user("bob", identity.RoleAgent))
	v.send(newID(), "hello").status(200)
	say := func(who *browser, content string, base int) *reply {
		return who.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","content":"`+content+`","base_seq":`+strconv.Itoa(base)+`}`)
	}
	say(a, "alice takes it", 1).status(200)                                                                                             // 2
	say(b, "bob was slower", 1).problem(409, "newer_reply")                                                                             // nothing stored
	v.send(newID(), "more").status(200)                                                                                                 // 3
	b.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","type":"note","content":"a note"}`).status(200) // 4
	say(a, "own, visitor's and notes are no reply", 1).status(200)                                                                      // 5
	say(b, "bob saw four", 4).problem(409, "newer_reply")
	bw := b.agentWire()
	cid := newID()
	bw.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Send{Send: &frame.Send{Conv: v.conv, Cid: cid, Content: "again", BaseSeq: 4}}})
	bw.refused(cid, "stale")
	say(b, "bob saw five", 5).status(200)      // 6
	say(b, "bob does not care", 0).status(200) // 7
	rows, err := h.chat.History(t.Context(), identity.Bot(), v.conv, 0, 0, 0)
	if err != nil || len(rows) != 7 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	// Two at once, of whom each saw the last row: one is stopped.
	stored := make(chan int, 2)
	var wg sync.WaitGroup
	for _, who := range []*browser{a, b} {
		wg.Go(func() {
			_, _, err := h.chat.Send(t.Context(), h.actor(who), chat.Send{Conversation: v.conv, CID: newID(), Content: "at once", BaseSeq: 7})
			switch {
			case err == nil:
				stored <- 1
			case !errors.Is(err, chat.ErrNewerReply):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(stored) != 1 {
		t.Fatalf("%d of two at once are stored", len(stored))
	}
}

// actor is the signed-in person of a browser.
func (h *house) actor(b *browser) identity.Actor {
	var me struct{ Agent struct{ Email string } }
	b.get("/api/agent/me").into(&me)
	u, err := h.accounts.UserByEmail(context.WithoutCancel(h.t.Context()), me.Agent.Email)
	if err != nil {
		h.t.Error(err)
	}
	return u.Actor()
}

func TestANoteMentionsColleaguesWhoFindItLater(t *testing.T) {
	t.Parallel()
	h := open(t)
	alice, bob := h.user("alice", identity.RoleAgent), h.user("bob", identity.RoleAgent)
	other, err := h.accounts.EnsureSite(t.Context(), "other", "Other", "en")
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.accounts.EnsureSite(t.Context(), "second", "Second", "en")
	if err != nil {
		t.Fatal(err)
	}
	_ = other
	stranger := h.user("mallory", identity.RoleAgent, func(u *identity.User) { u.Sites = []int32{second.ID} })
	a, b := h.signIn(alice), h.signIn(bob)
	v := h.visitor()
	v.send(newID(), "hello").status(200)
	note := func(kind string, ids ...string) *reply {
		return a.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","type":"`+kind+`","content":"@bob look","mentions":["`+strings.Join(ids, `","`)+`"]}`)
	}
	note("note", bob.ID, bob.ID).status(200)
	note("note", stranger.ID).problem(422, "invalid").without("mallory")
	note("note", newID()).problem(422, "invalid")
	note("note", "nonsense").problem(422, "invalid")
	note("text", bob.ID).problem(422, "invalid")
	b.get("/api/agent/mentions").status(200).has(`"content":"@bob look"`, `"seen":false`, `"unread":1`, `"name":"alice"`)
	a.get("/api/agent/mentions").status(200).has(`"items":[]`, `"unread":0`)
	h.signIn(stranger).get("/api/agent/mentions").status(200).has(`"items":[]`)
	bw := b.agentWire()
	bw.resume(v.conv, 0)
	e := bw.until("the note", func(f *frame.ServerFrame) bool { return f.GetEvent().GetKind() == "note" }).GetEvent()
	if m := e.GetData().GetFields()["mentions"].GetListValue().GetValues(); len(m) != 1 || m[0].GetStructValue().GetFields()["name"].GetStringValue() != "bob" {
		t.Fatalf("mentions: %v", m)
	}
	b.post("/api/agent/conversations/"+v.conv+"/read", `{"seq":2}`).status(200)
	b.get("/api/agent/mentions").status(200).has(`"seen":true`, `"unread":0`)
	v.get("/api/visitor/messages").status(200).without("bob", "mentions")
}

func TestColleaguesSeeWhoHasAConversationOpen(t *testing.T) {
	t.Parallel()
	h := open(t)
	v, a, b := h.visitor(), h.signIn(h.user("alice", identity.RoleAgent)), h.signIn(h.user("bob", identity.RoleAgent))
	v.send(newID(), "hello").status(200)
	vw, _ := v.visitorWire()
	vw.resume(v.conv, 1)
	vw.resumed()
	view := func(w *wire, on bool) {
		w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Viewing{Viewing: &frame.Viewing{Conv: v.conv, On: on}}})
	}
	names := func(w *wire, want string) {
		t.Helper()
		w.until("viewing "+want, func(f *frame.ServerFrame) bool {
			if f.GetViewing() == nil {
				return false
			}
			var all []string
			for _, who := range f.GetViewing().GetAgents() {
				all = append(all, who.GetName())
			}
			return strings.Join(all, " ") == want
		})
	}
	aw := a.agentWire()
	aw.resume(v.conv, 1)
	aw.resumed()
	view(aw, true)
	names(aw, "alice")
	bw := b.agentWire()
	bw.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: &frame.Resume{Inbox: true}}})
	names(bw, "alice") // who opens the list sees who is where
	twice := a.again().agentWire()
	view(twice, true)
	view(bw, true)
	names(aw, "alice bob")
	view(bw, true) // said again: nobody leaves
	_ = aw.conn.CloseNow()
	view(bw, false)
	names(bw, "alice") // her other tab is still there
	_ = twice.conn.CloseNow()
	names(bw, "")
	vw.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Viewing{Viewing: &frame.Viewing{Conv: v.conv, On: true}}})
	for { // a visitor neither says nor hears it
		f := vw.next()
		if f.GetViewing() != nil {
			t.Fatalf("the visitor is told %v", f)
		}
		if f.GetError() != nil {
			if f.GetError().GetCode() != "forbidden" {
				t.Fatalf("error %v", f)
			}
			break
		}
	}
}

// offering is a router with one open offer for everybody.
type offering struct {
	mu    sync.Mutex
	ended bool
}

func (o *offering) Offers(context.Context, identity.Actor) ([]chat.OfferSignal, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return nil, nil
	}
	return []chat.OfferSignal{{ID: "o1", Conversation: "c", ContactName: "Zoe", Expires: time.Now().Add(time.Hour), Left: time.Minute, Reason: "skill"}}, nil
}

func (o *offering) Answer(_ context.Context, _ identity.Actor, id string, accept bool) (chat.OfferEndSignal, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if id != "o1" {
		return chat.OfferEndSignal{}, identity.ErrNotFound
	}
	if o.ended {
		return chat.OfferEndSignal{}, chat.ErrOfferEnded
	}
	o.ended = true
	return chat.OfferEndSignal{ID: id, Conversation: "c", Result: map[bool]string{true: "accepted", false: "declined"}[accept]}, nil
}

func TestAnOfferIsShownAnsweredOnceAndToldOverREST(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.Offers = &offering{} })
	a := h.signIn(h.user("alice", identity.RoleAgent))
	w := a.agentWire()
	o := w.next().GetOffer()
	if o.GetId() != "o1" || o.GetContactName() != "Zoe" || o.GetExpiresInMs() != 60_000 {
		t.Fatalf("offer %v", o)
	}
	a.get("/api/agent/offers").status(200).has(`"id":"o1"`, `"skills":[]`)
	answer := func(id string, accept bool) {
		w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Answer{Answer: &frame.Answer{Offer: id, Accept: accept}}})
	}
	answer("o2", true)
	if e := w.fails("not_found"); e.GetOffer() != "o2" {
		t.Fatalf("the error names %v", e)
	}
	answer("o1", true)
	if end := w.next().GetOfferEnd(); end.GetId() != "o1" || end.GetResult() != "accepted" {
		t.Fatalf("ended %v", end)
	}
	answer("o1", false)
	w.fails("stale")
	a.post("/api/agent/offers/o1/answer", `{"accept":true}`).problem(409, "offer_ended")
	a.get("/api/agent/offers").status(200).has(`"items":[]`)
}

func TestAVisitorWhoWaitsIsToldTheirPlaceAtHello(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	v.send(newID(), "a person please").status(200)
	v.post("/api/visitor/request-human", `{}`).status(200)
	w, _ := v.visitorWire()
	if q := w.next().GetQueue(); q.GetConv() != v.conv || q.GetPosition() != 1 || q.GetWaiting() != 1 {
		t.Fatalf("queue %v", q)
	}
}

func TestAnAgentSetsThePresenceOverTheSocket(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := h.signIn(h.user("alice", identity.RoleAgent))
	w := a.agentWire()
	set := func(presence, reason string) {
		w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Presence{Presence: &frame.SetPresence{Presence: presence, Reason: reason}}})
	}
	set("away", "lunch")
	if p := w.next().GetPresence(); p.GetPresence() != "away" || p.GetReason() != "lunch" || p.GetAgent().GetName() != "alice" || p.GetCap() == 0 {
		t.Fatalf("presence %v", p)
	}
	a.get("/api/agent/me").status(200).has(`"presence":"away"`)
	set("asleep", "")
	w.fails("invalid")
	set("invisible", "")
	if p := w.next().GetPresence(); p.GetPresence() != "invisible" {
		t.Fatalf("presence %v", p)
	}
}
