package web_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"frontdesk/internal/identity"
	"frontdesk/web"
)

func TestAnAgentTakesAnswersPassesOnAndResolvesOverREST(t *testing.T) {
	t.Parallel()
	h := open(t)
	alice, bob := h.user("alice", identity.RoleAgent), h.user("bob", identity.RoleAgent)
	a, b, v := h.signIn(alice), h.signIn(bob), h.visitor()
	v.send(newID(), "I need a person").status(200)
	v.post("/api/visitor/request-human", "").status(200).has(`"owner":"queue"`)
	conv := "/api/agent/conversations/" + v.conv
	a.get("/api/agent/conversations?view=queue").status(200).has(v.conv, `"unread":1`, `"queue":1`, `"assignee":null`, `"next":""`, `"site":"default"`)
	a.get("/api/agent/unread-messages").status(200).has(`"total":1`, "I need a person", `"unread":1`)
	a.post(conv+"/claim", `{"owner_epoch":1}`).problem(409, "stale")
	a.post(conv+"/claim", "").status(200).has(`"owner":"human"`, `"name":"alice"`)
	b.post(conv+"/claim", `{}`).problem(409, "stale")
	cid := newID()
	first := a.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+cid+`","type":"text","content":"Here I am"}`).status(200).has(`"seq":4`, cid)
	if again := a.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+cid+`","type":"text","content":"Here I am"}`).status(200); again.body != first.body {
		t.Fatalf("the same cid twice: %s, %s", first.body, again.body)
	}
	a.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","type":"shout","content":"x"}`).problem(422, "invalid")
	a.post(conv+"/read", `{"seq":4}`).status(200)
	a.get("/api/agent/unread-messages").status(200).has(`"total":0`, `"conversations":[]`)
	teams := a.get("/api/agent/teams").status(200).has(`"name":"Support"`, `"alice"`, `"bob"`, `"presence":"offline"`)
	var list struct {
		Teams []struct{ ID string }
	}
	teams.into(&list)
	a.post("/api/agent/transfer", `{"conversation":"`+v.conv+`","to":{"agent":"`+bob.ID+`"},"reason":"yours"}`).status(200).has(`"name":"bob"`)
	b.post("/api/agent/transfer", `{"conversation":"`+v.conv+`","to":{"team":"`+list.Teams[0].ID+`"},"reason":"anyone"}`).status(200).has(`"owner":"queue"`)
	b.post("/api/agent/transfer", `{"conversation":"`+v.conv+`","to":{"agent":"`+newID()+`"}}`).problem(404, "not_found")
	b.post("/api/agent/transfer", `{"conversation":"`+v.conv+`","to":{}}`).problem(422, "invalid")
	b.post(conv+"/claim", `{}`).status(200)
	b.post(conv+"/release", `{}`).status(200).has(`"owner":"queue"`)
	b.post(conv+"/claim", `{}`).status(200)
	b.post(conv+"/resolve", `{}`).status(200).has(`"status":"resolved"`).without(`"resolved_at":null`)
	b.post(conv+"/resolve", `{}`).problem(409, "resolved")
	a.post(conv+"/reopen", `{}`).status(200).has(`"status":"open"`, `"name":"alice"`)
	v.get("/api/visitor/messages").status(200).has("Here I am", `"kind":"resolved"`, `"kind":"reopened"`)
	a.get("/api/agent/conversations?view=nonsense").problem(422, "invalid")
	a.get("/api/agent/conversations?limit=100000").problem(422, "invalid")
	for _, hostile := range []string{"cursor=%00", "cursor=nonsense", "search=%25_'", "search=%00", "search=%ff"} {
		if r := a.get("/api/agent/conversations?" + hostile); r.code >= 500 {
			t.Errorf("%s: %d %s", hostile, r.code, r.body)
		}
	}
}

func TestAdminsSeeTheDeskAndExportIt(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.signIn(h.user("root", identity.RoleAdmin))
	v := h.visitor()
	evil := `=HYPERLINK("http://evil.example","x") <script>`
	v.send(newID(), evil).status(200)
	admin.get("/api/admin/realtime-stats").status(200).has(`"open":1`, `"with_bot":1`, `"queued":0`, `"longest_wait_s":0`)
	out := admin.get("/api/admin/export-sessions?format=jsonl").status(200)
	var line struct {
		ID     string
		Events []struct {
			Seq     int
			Content string
		}
	}
	if err := json.Unmarshal([]byte(strings.Split(out.body, "\n")[0]), &line); err != nil || line.ID != v.conv || len(line.Events) != 1 || line.Events[0].Content != evil {
		t.Fatalf("export: %s, %v", out.body, err)
	}
	if cd := out.header.Get("Content-Disposition"); !strings.HasPrefix(cd, "attachment") {
		t.Errorf("the export opens in the browser: %q", cd)
	}
	sheet := admin.get("/api/admin/export-sessions?format=csv").status(200)
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(sheet.body, "\ufeff"))).ReadAll()
	if err != nil || len(records) != 2 || records[1][10] != "'"+evil {
		t.Fatalf("csv: %v, %v", records, err)
	}
	admin.get("/api/admin/export-sessions?from=2099-01-01T00:00:00Z").status(200).without(v.conv)
	admin.get("/api/admin/export-sessions?from=yesterday").problem(400, "bad_request").has("from")
	admin.get("/api/admin/export-sessions?format=xlsx").problem(400, "bad_request").has("format")
}

func TestTheKnowledgeBaseIsEditedImportedAndExported(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin, agent := h.signIn(h.user("root", identity.RoleAdmin)), h.signIn(h.user("alice", identity.RoleAgent))
	article := `{"title":"Shipping","questions":["How long does shipping take?"],"answer":"Two days.","tags":["orders"]}`
	admin.do("PUT", "/api/admin/kb/articles/shipping/en", article).status(200).has(`"version":1`, `"id":"shipping"`)
	agent.do("PUT", "/api/admin/kb/articles/shipping/en", article).problem(403, "forbidden")
	admin.do("PUT", "/api/admin/kb/articles/shipping/en", article).problem(409, "conflict") // new must not replace what is there
	edited := strings.Replace(strings.Replace(article, "Two", "Three", 1), `{"title`, `{"version":1,"title`, 1)
	admin.do("PUT", "/api/admin/kb/articles/shipping/en", edited).status(200).has(`"version":2`)
	admin.do("PUT", "/api/admin/kb/articles/shipping/en", strings.Replace(article, `{"title`, `{"version":1,"title`, 1)).problem(409, "conflict")
	admin.do("PUT", "/api/admin/kb/articles/shipping/fr", article).problem(422, "invalid")
	admin.do("PUT", "/api/admin/kb/articles/shipping/en", `{"version":2,"title":"","questions":[],"answer":""}`).problem(422, "invalid")
	admin.do("PUT", "/api/admin/kb/articles/a%2Fb/zh-CN", strings.Replace(article, "Shipping", "运费", 1)).status(200).has(`"id":"a/b"`)
	agent.get("/api/admin/kb/articles/a%2Fb").status(200).has("运费")
	agent.get("/api/admin/kb/articles?search=shipp").status(200).has(`"total":2`, `"questions_count":1`, `"locales":["en"]`)
	agent.get("/api/admin/kb/articles/nothing").problem(404, "not_found")
	good := `{"id":"returns","title":"Returns","locale":"en","questions":["Can I return it?"],"answer":"Yes.","tags":[]}`
	bad := good + "\n" + `{"id":"broken","title":` + "\n"
	var p struct {
		Errors []struct{ Location, Message string }
	}
	admin.post("/api/admin/kb/import", bad).problem(422, "invalid").into(&p)
	if len(p.Errors) != 1 || p.Errors[0].Location != "line 2" || p.Errors[0].Message == "" {
		t.Fatalf("errors: %+v", p.Errors)
	}
	admin.get("/api/admin/kb/articles/returns").problem(404, "not_found") // nothing of it was stored
	admin.post("/api/admin/kb/import?dry_run=true", good).status(200).has(`"added":1`, `"dry_run":true`)
	admin.get("/api/admin/kb/articles/returns").problem(404, "not_found")
	admin.post("/api/admin/kb/import", good).status(200).has(`"lines":1`, `"added":1`)
	admin.post("/api/admin/kb/import", good).status(200).has(`"unchanged":1`)
	agent.post("/api/admin/kb/import", good).problem(403, "forbidden")
	agent.get("/api/admin/kb/export").status(200).has(`"id":"returns"`, `"id":"shipping"`, "Three days.")
	admin.do("DELETE", "/api/admin/kb/articles/returns/en", "").status(204)
	admin.do("DELETE", "/api/admin/kb/articles/returns/en", "").problem(404, "not_found")
	admin.post("/api/admin/kb/ask", `{"text":"shipping?"}`).problem(503, "unavailable") // no bot in this house
	agent.get("/api/admin/sites").status(200).has(`"key":"default"`)
}

func TestImportsBeyondTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.MaxImportBytes = 20_000 })
	admin := h.signIn(h.user("root", identity.RoleAdmin))
	var lines strings.Builder
	for i := range 5 {
		fmt.Fprintf(&lines, `{"id":"a%d","title":"T","locale":"en","questions":["q %d"],"answer":"%s","tags":[]}`+"\n", i, i, strings.Repeat("x", 9000))
	}
	admin.post("/api/admin/kb/import", lines.String()).problem(413, "too_large")
	admin.get("/api/admin/kb/articles").status(200).has(`"total":0`)
}
