package web_test

import (
	"strings"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/web"
)

func TestAVisitorStartsWritesAndReadsOverREST(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.browser()
	var start struct {
		Token, Conversation, Contact string
		ExpiresAt                    time.Time `json:"expires_at"`
		State                        struct {
			Status, Owner string
			OwnerEpoch    uint32 `json:"owner_epoch"`
		}
		Site struct{ Key, Name, Locale string }
	}
	v.post("/api/visitor/session", `{"locale":"zh-CN","page":"https://shop.example/a","unknown":1}`).status(200).into(&start).
		has(`"agents_online":false`, `"assignee":null`)
	if start.State.Owner != "bot" || start.State.Status != "open" || start.Site.Key != "default" || time.Until(start.ExpiresAt) < 29*24*time.Hour {
		t.Fatalf("session: %+v", start)
	}
	v.bearer = start.Token
	cid := newID()
	first := v.send(cid, "包裹在哪里？").status(200).has(`"seq":1`, cid, start.Conversation).body
	if again := v.send(cid, "包裹在哪里？").status(200).body; again != first {
		t.Fatalf("the same cid twice: %s, then %s", first, again)
	}
	v.send(cid, "something else").problem(409, "cid_taken")
	v.get("/api/visitor/messages").status(200).has(`"seq":1`, "包裹在哪里？", `"last_seq":1`, `"kind":"visitor"`)
	v.get("/api/visitor/conversation").status(200).has(`"last_seq":1`, start.Conversation)
	v.get("/api/visitor/queue-position").status(200).has(`"position":0`, `"expected_wait_s":null`)
	v.post("/api/visitor/request-human", `{}`).status(200).has(`"owner":"queue"`, `"position":1`, `"waiting":1`)
	v.get("/api/visitor/queue-position").status(200).has(`"position":1`, `"expected_wait_s":null`)
	v.post("/api/visitor/email", `{"email":"li@example.com"}`).status(200).has(`"email":"li@example.com"`)
	v.post("/api/visitor/email", `{"email":"not an address"}`).problem(422, "invalid")

	again := v.post("/api/visitor/session", "").status(200).has(start.Conversation, `"email":"li@example.com"`, `"owner":"queue"`)
	again.has(start.Token) // still young: the same token
}

func TestOldTokensAreReplacedAndExpiredOnesRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	h.advance(16 * 24 * time.Hour)
	var renewed struct{ Token, Contact string }
	v.post("/api/visitor/session", `{}`).status(200).into(&renewed)
	if renewed.Token == v.bearer || renewed.Contact != v.contact {
		t.Fatalf("token not renewed for the same contact: %+v", renewed)
	}
	h.advance(15 * 24 * time.Hour)
	v.post("/api/visitor/session", `{}`).problem(401, "token_expired")
	v.get("/api/visitor/messages").problem(401, "token_expired")
	v.bearer = renewed.Token
	v.get("/api/visitor/messages").status(200)
}

func TestForgedEmptyAndForeignTokensAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	good := v.bearer
	body, mac, _ := strings.Cut(good, ".")
	other, err := h.accounts.EnsureSite(t.Context(), "other", "Other", "en")
	if err != nil {
		t.Fatal(err)
	}
	_ = other
	for name, token := range map[string]string{
		"no MAC": body, "flipped MAC": body + "." + flip(mac), "flipped claims": flip(body) + "." + mac,
		"garbage": "garbage", "dots": "...", "long": strings.Repeat("a", 4000) + "." + mac, "trailing": good + "=",
	} {
		v.bearer = token
		v.get("/api/visitor/messages").problem(401, "token_invalid").without(token)
		v.post("/api/visitor/session", `{}`).problem(401, "token_invalid")
		_ = name
	}
	v.bearer = ""
	v.get("/api/visitor/messages").problem(401, "unauthenticated")
	v.header.Set("Authorization", "Bearer ")
	v.post("/api/visitor/session", `{}`).problem(401, "token_invalid")
	v.header.Set("Authorization", "Basic abc")
	v.post("/api/visitor/session", `{}`).problem(401, "token_invalid")
	v.header = nil
	v.bearer = good
	v.post("/api/visitor/session", `{"site":"other"}`).problem(401, "token_invalid")
	v.post("/api/visitor/session", `{"site":"nowhere"}`).problem(404, "not_found")
	if strings.Contains(h.log.String(), good) {
		t.Fatal("the log has a token")
	}
}

func flip(s string) string {
	b := []byte(s)
	if b[5] == 'A' {
		b[5] = 'B'
	} else {
		b[5] = 'A'
	}
	return string(b)
}

func TestAVisitorNeverSeesNotesConfidenceOrOtherVisitors(t *testing.T) {
	t.Parallel()
	h := open(t)
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	v, other := h.visitor(), h.visitor()
	v.send(newID(), "hello").status(200)
	owner, epoch := chat.OwnerBot, uint32(1)
	if _, _, err := h.chat.Append(t.Context(), identity.Everything(), chat.Entry{
		Conversation: v.conv, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Kind: chat.KindMessage, Content: "from the book",
		Data:   chat.Data{Source: &chat.Source{Article: "a1", Locale: "en", Title: "T", Version: 1, Confidence: 0.875}},
		Expect: chat.Expect{Owner: &owner, OwnerEpoch: &epoch},
	}); err != nil {
		t.Fatal(err)
	}
	agent.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","type":"note","content":"a secret note"}`).status(200)
	v.get("/api/visitor/messages").status(200).has("from the book", `"article":"a1"`, `"kind":"hidden"`).without("secret", "0.875", "confidence", "alice")
	agent.get("/api/agent/conversations/"+v.conv+"/messages").status(200).has("a secret note", "0.875")
	other.get("/api/visitor/messages?conversation="+v.conv).problem(404, "not_found").without("hello")
	other.post("/api/visitor/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","type":"text","content":"x"}`).problem(404, "not_found")
	other.post("/api/visitor/email", `{"conversation":"`+v.conv+`","email":"a@example.com"}`).problem(404, "not_found")
	other.post("/api/visitor/request-human", `{"conversation":"`+v.conv+`"}`).problem(404, "not_found")
}

func TestBadMessagesAreRefusedWithTheFieldAndTheReason(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	v.send(newID(), strings.Repeat("界", 10_000)).status(200)
	v.send(newID(), strings.Repeat("界", 10_001)).problem(422, "invalid").has("10000")
	v.send(newID(), " \n\t ").problem(422, "invalid").has("blank")
	v.send(newID(), "a\x00b").problem(422, "invalid")
	v.send("not-a-uuid", "hi").problem(422, "invalid").has("cid")
	v.post("/api/visitor/send-message", `{"cid":`).problem(400, "bad_request")
	v.post("/api/visitor/send-message", `null`).problem(422, "invalid")
	v.post("/api/visitor/send-message", `[]`).problem(422, "invalid")
	v.post("/api/visitor/send-message", ``).problem(400, "bad_request")
	v.post("/api/visitor/send-message", `{"cid":{"a":1},"content":[1]}`).problem(422, "invalid")
	v.post("/api/visitor/send-message", strings.Repeat(`{"a":`, 100_000)).problem(400, "bad_request")
	v.post("/api/visitor/send-message", `{"cid":"`+newID()+`","content":"`+strings.Repeat("x", 2<<20)+`"}`).problem(413, "too_large")
	v.do("PATCH", "/api/visitor/send-message", `{}`).problem(405, "method_not_allowed")
	v.get("/api/nothing-here").problem(404, "not_found")
	v.header.Set("Content-Type", "text/xml")
	v.post("/api/visitor/send-message", `<a/>`).problem(415, "media_type")
}

func TestOneVisitorCannotFloodAndLosesNothing(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.SendsPerSecond, c.SendsBurst = 5, 20 })
	h.freeze()
	v := h.visitor()
	refused := 0
	cids := []string{}
	for range 40 {
		cid := newID()
		if r := v.send(cid, "again"); r.code == 429 {
			refused++
			r.problem(429, "rate_limited")
			if r.header.Get("Retry-After") == "" {
				t.Fatal("429 without Retry-After")
			}
			cids = append(cids, cid)
		} else {
			r.status(200)
		}
	}
	if refused == 0 {
		t.Fatal("40 messages at once were all taken")
	}
	h.advance(time.Minute)
	for _, cid := range cids[:min(len(cids), 10)] {
		v.send(cid, "again").status(200)
	}
}
