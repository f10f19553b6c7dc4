package web_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/web"
)

// auditing remembers the acts that were recorded.
type auditing struct {
	web.Accounts

	mu   sync.Mutex // guards acts
	acts []string
}

func (a *auditing) AddAudit(ctx context.Context, row identity.AuditRow) error {
	a.mu.Lock()
	a.acts = append(a.acts, row.Action)
	a.mu.Unlock()
	return a.Accounts.AddAudit(ctx, row)
}

func (a *auditing) has(act string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Contains(a.acts, act)
}

func TestAWorkingCopyGoesThroughReviewAndIsPublished(t *testing.T) {
	t.Parallel()
	var audit auditing
	h := open(t, func(c *web.Config) { audit.Accounts, c.Accounts = c.Accounts, &audit })
	admin, agent := h.signIn(h.user("root", identity.RoleAdmin)), h.signIn(h.user("alice", identity.RoleAgent))
	const path = "/api/admin/kb/drafts/a%2Fb/en"
	draft := func(revision int, extra string) string {
		return fmt.Sprintf(`{"title":"Shipping","questions":["How long does shipping take?"],"answer":"Two days.","tags":["orders"],"revision":%d%s}`, revision, extra)
	}
	agent.do("PUT", path, draft(0, "")).problem(403, "forbidden")
	admin.get("/api/admin/kb/desk/a%2Fb").problem(404, "not_found")
	admin.do("PUT", path, draft(0, "")).status(200).has(`"revision":1`, `"state":"draft"`, `"audience":"public"`)
	admin.do("PUT", path, draft(0, "")).status(200).has(`"revision":1`) // the same again changes nothing
	admin.do("PUT", path, draft(7, `,"floor":0.7`)).problem(409, "conflict").has("read it again")
	admin.do("PUT", path, draft(1, `,"floor":2`)).problem(422, "invalid").has("floor")
	admin.do("PUT", path, draft(1, `,"owner":"nobody"`)).problem(422, "invalid").has("owner")
	admin.do("PUT", path, draft(1, `,"department":99`)).problem(422, "invalid").has("department")
	admin.do("PUT", path, draft(1, `,"expires_at":"tomorrow"`)).problem(422, "invalid").has("expires_at")
	admin.do("PUT", path, draft(1, `,"floor":0.7,"audience":"customers","next":["returns"],"review_at":"2030-01-01T00:00:00Z"`)).
		status(200).has(`"revision":2`, `"floor":0.7`, `"audience":"customers"`, `"next":["returns"]`, `"review_at":"2030-01-01T00:00:00Z"`)
	admin.do("PUT", path, draft(2, "")).status(200).has(`"revision":2`, `"floor":0.7`) // what is absent stays
	agent.get("/api/admin/kb/desk/a%2Fb").status(200).has(`"revision":2`, `"published":null`)
	agent.get("/api/admin/kb/articles/a%2Fb").problem(404, "not_found")
	admin.post(path+"/return", `{"revision":2,"note":"x"}`).problem(409, "state")
	admin.post(path+"/submit", `{"revision":2,"note":"please"}`).status(200).has(`"state":"review"`, `"revision":3`)
	agent.post(path+"/submit", `{"revision":3}`).problem(403, "forbidden")
	admin.post(path+"/return", `{"revision":3,"note":""}`).problem(422, "invalid").has("note")
	admin.post(path+"/return", `{"revision":3,"note":"three days"}`).status(200).has(`"state":"draft"`, `"note":"three days"`)
	admin.post(path+"/lint", draft(0, "")).status(200).has(`"code":"questions_few"`, `"code":"next_broken"`)
	admin.post("/api/admin/kb/publish", `{"drafts":[{"article":"a/b","locale":"en","revision":3}]}`).problem(409, "conflict")
	admin.post("/api/admin/kb/publish", `{"drafts":[{"article":"a/b","locale":"en","revision":4},{"article":"x","locale":"en","revision":1}]}`).problem(404, "not_found")
	admin.post("/api/admin/kb/publish", `{"drafts":[{"article":"a/b","locale":"en","revision":4}]}`).status(200).has(`"version":1`)
	admin.get("/api/admin/kb/articles/a%2Fb").status(200).has(`"floor":0.7`, `"audience":"customers"`)
	// An old client's PUT says nothing of the settings: they stay, and a staff article is not opened.
	admin.do("PUT", "/api/admin/kb/articles/a%2Fb/en", `{"version":1,"title":"Shipping","questions":["How long?"],"answer":"Three days.","tags":[]}`).
		status(200).has(`"version":2`, `"floor":0.7`, `"audience":"customers"`)
	admin.get("/api/admin/kb/articles/a%2Fb/en/versions").status(200).has(`"version":2`, `"published":true`)
	admin.get("/api/admin/kb/articles/a%2Fb/en/diff?from=1&to=2").status(200).has(`{"op":"gone","text":"Two"}`, `{"op":"added","text":"Three"}`)
	admin.get("/api/admin/kb/articles/a%2Fb/en/diff?from=1&to=draft").problem(404, "not_found")
	admin.get("/api/admin/kb/articles/a%2Fb/en/diff?from=0&to=2").problem(400, "bad_request")
	admin.post("/api/admin/kb/articles/a%2Fb/en/rollback", `{"version":1,"current":1}`).problem(409, "conflict")
	agent.post("/api/admin/kb/articles/a%2Fb/en/rollback", `{"version":1,"current":2}`).problem(403, "forbidden")
	admin.post("/api/admin/kb/articles/a%2Fb/en/rollback", `{"version":1,"current":2}`).status(200).has(`"version":3`, "Two days.")
	admin.do("DELETE", "/api/admin/kb/articles/a%2Fb/en", "").status(204)
	admin.get("/api/admin/kb/board?show=archived").status(200).has(`"ended":"archived"`, `"title":"Shipping"`)
	admin.post("/api/admin/kb/articles/a%2Fb/en/restore", "").status(200).has(`"version":4`)
	admin.get("/api/admin/kb/board?show=nonsense").problem(422, "invalid")
	for _, act := range []string{"kb.draft", "kb.submit", "kb.send_back", "kb.publish", "kb.rollback", "kb.archive", "kb.restore"} {
		if !audit.has(act) {
			t.Errorf("no audit row of %s", act)
		}
	}
}

func TestAScheduledWorkingCopyIsNotChangedUnderhand(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.signIn(h.user("root", identity.RoleAdmin))
	const path = "/api/admin/kb/drafts/sale/en"
	body := `{"title":"Sale","questions":["Is there a sale?"],"answer":"Yes.","revision":%d}`
	admin.do("PUT", path, fmt.Sprintf(body, 0)).status(200)
	admin.post(path+"/schedule", `{"revision":1,"at":"2001-01-01T00:00:00Z"}`).problem(422, "invalid").has("past")
	at := time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
	admin.post(path+"/schedule", `{"revision":1,"at":"`+at+`"}`).status(200).has(`"state":"scheduled"`, at[:16])
	admin.do("PUT", path, strings.Replace(fmt.Sprintf(body, 2), "Yes", "No", 1)).problem(409, "scheduled")
	admin.get("/api/admin/kb/board?show=scheduled").status(200).has(`"publish_at":"`+at[:16], `"scheduled":1`)
	admin.post(path+"/unschedule", `{"revision":2}`).status(200).has(`"state":"draft"`, `"publish_at":null`)
	admin.do("DELETE", path+"?revision=2", "").problem(409, "conflict")
	admin.do("DELETE", path+"?revision=3", "").status(204)
	admin.get("/api/admin/kb/desk/sale").problem(404, "not_found")
}

func TestTheWordListIsEditedAndPasted(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin, agent := h.signIn(h.user("root", identity.RoleAdmin)), h.signIn(h.user("alice", identity.RoleAgent))
	agent.post("/api/admin/kb/words", `{"kind":"synonym","words":["refund","money back"]}`).problem(403, "forbidden")
	admin.post("/api/admin/kb/words", `{"kind":"synonym","words":["refund"]}`).problem(422, "invalid").has("at least 2")
	admin.post("/api/admin/kb/words", `{"kind":"synonym","words":["refund","money back"]}`).status(200).has(`"id":1`)
	admin.post("/api/admin/kb/words", `{"kind":"synonym","words":["Refund!","return"]}`).problem(422, "invalid").has("two groups")
	admin.post("/api/admin/kb/words", `{"kind":"alias","words":["router","wifi box"]}`).status(200)
	admin.post("/api/admin/kb/words", `{"kind":"alias","words":["wifi box","router"]}`).problem(422, "invalid").has("stand")
	admin.do("PUT", "/api/admin/kb/words/1", `{"kind":"synonym","locale":"en","words":["refund","money back","reimbursement"]}`).status(200).has("reimbursement")
	admin.do("PUT", "/api/admin/kb/words/99", `{"kind":"synonym","words":["a","b"]}`).problem(404, "not_found")
	admin.post("/api/admin/kb/words/import", `{"kind":"code","list":"TH01、TH02\nalias: \n","dry_run":true}`).problem(422, "invalid").has("line 2")
	admin.post("/api/admin/kb/words/import", `{"kind":"code","list":"TH01、TH02\n同义词：退款，退钱","dry_run":true}`).status(200).has(`"added":2`)
	admin.post("/api/admin/kb/words/import", `{"kind":"code","list":"TH01、TH02\n同义词：退款，退钱"}`).status(200).has(`"added":2`, "退钱")
	admin.do("DELETE", "/api/admin/kb/words/1", "").status(200).without("reimbursement")
	agent.get("/api/admin/kb/words").status(200).has("TH01")
	agent.get("/api/admin/kb/people").status(200).has(`"departments":[{`, `"people":[{`)
}
