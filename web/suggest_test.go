package web_test

import (
	"fmt"
	"strings"
	"testing"

	"frontdesk/internal/identity"
)

// knowing is a house with one published article and a conversation that an agent holds, in which something was asked.
func knowing(t *testing.T, asked string) (h *house, agent, admin, visitor *browser) {
	t.Helper()
	h = open(t)
	admin, agent, visitor = h.signIn(h.user("bob", identity.RoleAdmin)), h.signIn(h.user("alice", identity.RoleAgent)), h.visitor()
	for id, audience := range map[string]string{"refund-time": "public", "refund-fraud": "staff"} {
		title, answer := "How long a refund takes", "Refunds arrive within 7 days."
		if audience == "staff" {
			title, answer = "Refunds and suspected fraud", "Call the fraud team on extension 4711 first."
		}
		admin.do("PUT", "/api/admin/kb/articles/"+id+"/en?site=default", fmt.Sprintf(
			`{"title":%q,"questions":[%q,"when do I get my money back"],"answer":%q,"tags":[],"audience":%q}`, title, title+"?", answer, audience)).status(200)
	}
	visitor.send(newID(), asked).status(200)
	visitor.post("/api/visitor/request-human", "").status(200)
	agent.post("/api/agent/conversations/"+visitor.conv+"/claim", "").status(200)
	return h, agent, admin, visitor
}

func TestAnAgentIsOfferedAnArticleAndSendsIt(t *testing.T) {
	t.Parallel()
	_, a, _, v := knowing(t, "How long does a refund take?")
	conv := "/api/agent/conversations/" + v.conv
	var got struct {
		Seq   uint32
		Items []struct {
			ID, Text, Matched string
			Marks             []struct{ From, To int }
			Confidence        float64
			Internal          bool
		}
	}
	a.get(conv+"/suggestions").status(200).has(`"source":"article"`, "Refunds arrive within 7 days.").into(&got)
	first := got.Items[0]
	if got.Seq != 1 || first.ID != "article:refund-time" || first.Confidence < 0.35 || first.Confidence > 1 || len(first.Marks) == 0 {
		t.Fatalf("suggestions %+v", got)
	}
	for _, m := range first.Marks {
		if m.From < 0 || m.To <= m.From || m.To > len([]rune(first.Matched)) {
			t.Errorf("mark %+v lies outside of %q", m, first.Matched)
		}
	}
	for _, item := range got.Items {
		if item.Internal != (item.ID == "article:refund-fraud") || item.Internal && item.Text != "" {
			t.Errorf("an article for staff can be inserted: %+v", item)
		}
	}
	note := func(act string) *reply {
		return a.post(conv+"/suggestions", fmt.Sprintf(`{"seq":%d,"act":%q,"ids":[%q]}`, got.Seq, act, first.ID))
	}
	note("shown").status(200)
	note("inserted").status(200)
	note("sent").problem(422, "invalid") // the server's own finding
	a.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","content":"Refunds arrive within 7 days.","suggestion":"article:refund-time"}`).status(200)
	a.get(conv + "/messages").status(200).has(`"suggestion":"article:refund-time"`)
	v.get("/api/visitor/messages").status(200).has("Refunds arrive within 7 days.").without("suggestion", "4711", "fraud")
	// Answered: nothing is suggested any more.
	a.get(conv+"/suggestions").status(200).has(`"seq":0`, `"items":[]`)
	v.get(conv+"/suggestions").problem(401, "unauthenticated")
}

func TestCannedRepliesBelongToTheirPlace(t *testing.T) {
	t.Parallel()
	h, a, admin, v := knowing(t, "hello there my friend")
	carol := h.signIn(h.user("carol", identity.RoleAgent))
	const path = "/api/agent/canned"
	shared := `{"site":"default","place":"site","shortcut":"/Thanks","title":"Thanks","texts":{"en":"Thank you, {{visitor.name}}! {{agent.name}}","zh-CN":"谢谢您！"}}`
	a.post(path, shared).problem(403, "forbidden")
	var made struct {
		ID      int
		Version int
	}
	admin.post(path, shared).status(200).has(`"shortcut":"thanks"`, `"place":"site"`).into(&made)
	admin.post(path, shared).problem(409, "shortcut_taken")
	var mine struct{ ID int }
	a.post(path, `{"site":"default","shortcut":"thanks","title":"My own thanks","texts":{"en":"Cheers"}}`).status(200).has(`"place":"mine"`).into(&mine)
	a.get(path).status(200).has("My own thanks", `"variables":["visitor.name"`)
	carol.get(path).status(200).has("Thank you, {{visitor.name}}!").without("My own thanks")
	admin.get(path).status(200).without("My own thanks")
	// Filled in for a conversation: no name is known, so no gap is left.
	a.get(path + "?conversation=" + v.conv).status(200).has(`Thank you! alice`).without("{{agent.name}}")
	for _, who := range []*browser{carol, admin} { // nobody opens another's drawer
		who.do("PUT", fmt.Sprintf("%s/%d", path, mine.ID), `{"shortcut":"x","title":"x","texts":{"en":"x"}}`).problem(404, "not_found")
		who.do("DELETE", fmt.Sprintf("%s/%d", path, mine.ID), "").problem(404, "not_found")
	}
	one := fmt.Sprintf("%s/%d", path, made.ID)
	a.do("PUT", one, `{"shortcut":"x","title":"x","texts":{"en":"x"}}`).problem(403, "forbidden")
	a.do("DELETE", one, "").problem(404, "not_found")
	admin.do("PUT", one, fmt.Sprintf(`{"shortcut":"thanks","title":"Thank you","texts":{"en":"Thanks"},"version":%d}`, made.Version)).status(200).has(`"version":2`).without("谢谢")
	admin.do("PUT", one, fmt.Sprintf(`{"shortcut":"thanks","title":"Old","texts":{"en":"Old"},"version":%d}`, made.Version)).problem(409, "conflict")
	for what, bad := range map[string]string{
		"shortcut is empty": `{"site":"default","shortcut":" ","title":"x","texts":{"en":"x"}}`,
		"single hyphens":    `{"site":"default","shortcut":"a b","title":"x","texts":{"en":"x"}}`,
		"title is empty":    `{"site":"default","shortcut":"a","title":"","texts":{"en":"x"}}`,
		"text is empty":     `{"site":"default","shortcut":"a","title":"x","texts":{"en":" "}}`,
		"neither":           `{"site":"default","shortcut":"a","title":"x","texts":{"fr":"x"}}`,
		"{{visitor.card}}":  `{"site":"default","shortcut":"a","title":"x","texts":{"en":"{{visitor.card}}"}}`,
		"longer than 5000":  `{"site":"default","shortcut":"a","title":"x","texts":{"en":"` + strings.Repeat("x", 5001) + `"}}`,
		"team is missing":   `{"site":"default","place":"team","shortcut":"a","title":"x","texts":{"en":"x"}}`,
	} {
		a.post(path, bad).problem(422, "invalid").has(what)
	}
	a.post(path, `{"site":"elsewhere","shortcut":"a","title":"x","texts":{"en":"x"}}`).problem(404, "not_found")
	admin.do("DELETE", one, "").status(200)
	admin.do("DELETE", one, "").problem(404, "not_found")
	carol.get(path).status(200).has(`"items":[]`)
}

func TestAnAgentSaysThatTheBotWasWrong(t *testing.T) {
	t.Parallel()
	h, a, _, v := knowing(t, "How long does a refund take?")
	conv := "/api/agent/conversations/" + v.conv
	// Row 2 is the hand-over that the visitor asked for: not the bot's.
	a.post(conv+"/judgements", `{"seq":1}`).problem(422, "invalid").has("no row of the bot")
	a.post(conv+"/judgements", `{"seq":999}`).problem(404, "not_found")
	a.post(conv+"/release", `{}`).status(200)
	h.botSays(v.conv, "refund-time", "Refunds arrive within 7 days.")
	a.post(conv+"/judgements", `{"seq":5,"right_article":"nonsense"}`).problem(422, "invalid").has("right_article")
	a.post(conv+"/judgements", `{"seq":5,"right_article":"refund-fraud","note":"ask first"}`).status(200).has(`"verdict":"wrong"`)
	a.post(conv+"/judgements", `{"seq":5}`).status(200)
	a.get(conv + "/judgements").status(200).has(`"seq":5`).without("ask first")
	a.do("DELETE", conv+"/judgements/5", "").status(200)
	a.get(conv + "/judgements").status(200).has(`"items":[]`)
}

func TestAReplyIsPromotedToAWorkingCopyOnly(t *testing.T) {
	t.Parallel()
	h, a, _, v := knowing(t, "Hello! How long does a refund take? My order is FD20261121, mail joe@example.com")
	conv := "/api/agent/conversations/" + v.conv
	var sent struct{ Seq int }
	a.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","content":"Seven days, and I have written to joe@example.com."}`).status(200).into(&sent)
	body := func(article string) string { return fmt.Sprintf(`{"seq":%d,"article":%q}`, sent.Seq, article) }
	a.post(conv+"/promote", body("")).status(200).has(`"new":true`, `"locale":"en"`).without("joe@", "FD2026")
	a.post(conv+"/promote", body("")).status(200)
	a.post(conv+"/promote", body("refund-time")).status(200).has(`"article":"refund-time"`, `"new":false`)
	a.post(conv+"/promote", body("nonsense")).problem(404, "not_found")
	a.post(conv+"/promote", `{"seq":1}`).problem(422, "invalid")
	if d := h.drafts.articles; len(d) != 1 || strings.Contains(d[0].Answer+d[0].Questions[0], "joe@") || strings.Contains(d[0].Questions[0], "FD2026") || d[0].Department == 0 {
		t.Errorf("working copies %+v", d)
	}
	if len(h.drafts.variants) != 1 || !strings.HasPrefix(h.drafts.variants[0], "refund-time en how long does a refund take?") {
		t.Errorf("variants %q", h.drafts.variants)
	}
	a.get(conv + "/summary").status(200).has(`"sentences":[]`) // a person has it
}
