package web_test

import (
	"strconv"
	"testing"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

func TestAVisitorVotesOnAnAnswerAndAgentsSeeIt(t *testing.T) {
	t.Parallel()
	h := open(t)
	v, other := h.visitor(), h.visitor()
	v.send(newID(), "how long does shipping take?").status(200)
	row, _, err := h.chat.Append(t.Context(), identity.Bot().Scope, chat.Entry{
		Conversation: v.conv, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Kind: chat.KindMessage, Content: "Two days.",
		Data: chat.Data{Source: &chat.Source{Article: "shipping", Locale: "en", Title: "Shipping", Version: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	vote := func(cid, seq, helpful string) string {
		return `{"conversation":"` + v.conv + `","cid":"` + cid + `","seq":` + seq + `,"helpful":` + helpful + `}`
	}
	seq := strconv.Itoa(int(row.Seq))
	cid := newID()
	v.post("/api/visitor/feedback", vote(cid, seq, "true")).status(200).has(`"seq":3`, cid)
	v.post("/api/visitor/feedback", vote(cid, seq, "true")).status(200).has(`"seq":3`)
	v.post("/api/visitor/feedback", vote(cid, seq, "false")).problem(409, "cid_taken")
	v.post("/api/visitor/feedback", vote(newID(), "1", "true")).problem(422, "invalid").has("seq")
	v.post("/api/visitor/feedback", vote(newID(), "0", "true")).problem(422, "invalid").has("seq")
	v.post("/api/visitor/feedback", vote("x", seq, "true")).problem(422, "invalid").has("cid")
	other.post("/api/visitor/feedback", vote(newID(), seq, "true")).problem(404, "not_found")
	h.browser().post("/api/visitor/feedback", vote(newID(), seq, "true")).problem(401, "unauthenticated")
	v.get("/api/visitor/messages").status(200).has(`"kind":"feedback"`, `"feedback":{"helpful":true,"seq":2}`)
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	agent.get("/api/agent/conversations/" + v.conv + "/messages").status(200).has(`"feedback":{"helpful":true,"seq":2}`)
	agent.get("/api/agent/unread-messages").status(200).has(`"total":0`)
	agent.post("/api/visitor/feedback", vote(newID(), seq, "true")).problem(401, "unauthenticated")
	h.freeze()
	for range 40 {
		if v.post("/api/visitor/feedback", vote(newID(), seq, "true")).code == 429 {
			return
		}
	}
	t.Error("forty votes at once are all taken")
}
