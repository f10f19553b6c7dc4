package web_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
	"frontdesk/web"
)

// router is a router that says what it is told to.
type router struct {
	mu      sync.Mutex // guards what follows
	waiting []chat.Waiting
	told    routing.Explanation
	asked   routing.Item
	at      time.Time
	changed []int32
}

func (r *router) Queue(context.Context, identity.Actor, int32) ([]chat.Waiting, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waiting, nil
}

func (r *router) Explain(context.Context, identity.Actor, string) (routing.Explanation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.told, nil
}

func (r *router) Simulate(_ context.Context, _ identity.Actor, item routing.Item, at time.Time) (routing.Explanation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked, r.at = item, at
	return r.told, nil
}

func (r *router) Changed(site int32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed = append(r.changed, site)
}

// changes is how often the router was told of changes since it was asked last.
func (r *router) changes() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.changed)
	r.changed = nil
	return n
}

func withRouter(r *router) func(*web.Config) {
	return func(cfg *web.Config) { cfg.Routing.Desk = r }
}

func TestRoutingRulesAreSavedOnceAndTheSecondIsToldOfTheConflict(t *testing.T) {
	t.Parallel()
	desk := &router{}
	h := open(t, withRouter(desk))
	boss := h.user("boss", identity.RoleAdmin)
	admin := h.signIn(boss)
	var rules map[string]any
	admin.get("/api/admin/routing/rules").status(200).has(`"version":0`, `"running":true`, `"kind":"order"`, `"updated_at":null`).into(&rules)
	set := func(b *browser, version, ageing string) *reply {
		return b.do(http.MethodPut, "/api/admin/routing/rules", `{"version":`+version+`,"strategies":[{"name":"least_load","on":true,"params":{}}],"ageing_s":`+ageing+
			`,"reservation_s":0,"overflow":[],"rules":[],"teams":[],"default_cap":3}`)
	}
	set(admin, "0", "30").status(200).has(`"version":1`, `"ageing_s":30`, `"updated_by":"boss"`)
	if desk.changes() != 1 {
		t.Error("the router was not told")
	}
	set(admin, "0", "45").problem(409, "conflict")
	set(admin, "1", "0").problem(422, "invalid").has("ageing_s")
	admin.do(http.MethodPut, "/api/admin/routing/rules", `{"version":1,"strategies":[{"name":"by_magic","on":true,"params":{}}],"ageing_s":30,"reservation_s":0,"overflow":[],"rules":[],"teams":[],"default_cap":3}`).
		problem(422, "invalid").has("by_magic")
	if desk.changes() != 0 {
		t.Error("the router was told of what was refused")
	}
	admin.get("/api/admin/routing/rules").has(`"version":1`, `"ageing_s":30`)
	admin.get("/api/admin/routing/rules?site=elsewhere").problem(404, "not_found")
}

func TestAgentsAreGivenSkillsOneByOneAndInBulk(t *testing.T) {
	t.Parallel()
	desk := &router{}
	h := open(t, withRouter(desk))
	admin := h.signIn(h.user("boss", identity.RoleAdmin))
	alice, bob := h.user("alice", identity.RoleAgent), h.user("bob", identity.RoleAgent)
	entry := func(id string) string {
		return `{"id":"` + id + `","skills":[{"name":"refunds","level":4}],"languages":["en"],"cap":2,"caps":{"chat":1}}`
	}
	put := func(agents ...string) *reply {
		return admin.do(http.MethodPut, "/api/admin/routing/agents", `{"agents":[`+strings.Join(agents, ",")+`]}`)
	}
	put(entry(alice.ID), entry(bob.ID)).status(200)
	var got web.RoutingAgents
	admin.get("/api/admin/routing/agents").status(200).into(&got)
	skilled := 0
	for _, a := range got.Agents {
		if a.Cap == 2 && a.Caps["chat"] == 1 && len(a.Skills) == 1 && a.Skills[0].Level == 4 && len(a.Languages) == 1 {
			skilled++
		}
	}
	if skilled != 2 || desk.changes() != 1 {
		t.Errorf("%d are skilled: %+v", skilled, got.Agents)
	}
	put(entry(newID())).problem(404, "not_found")
	put(`{"id":"`+alice.ID+`","skills":[{"name":"refunds","level":9}],"languages":[],"cap":2,"caps":{}}`).problem(422, "invalid")
	put().problem(422, "invalid")
	h.signIn(alice).get("/api/agent/routing/state").status(200).has(`"cap":2`, `"channel":"chat"`, `"presence":"offline"`, `"running":true`)
}

func TestATeamIsMadeFilledAndDeletedUnlessSomethingBelongsToIt(t *testing.T) {
	t.Parallel()
	desk := &router{}
	h := open(t, withRouter(desk))
	admin := h.signIn(h.user("boss", identity.RoleAdmin))
	alice := h.user("alice", identity.RoleAgent)
	var teams web.RoutingTeams
	admin.get("/api/admin/routing/teams").status(200).has(`"people"`, "alice").into(&teams)
	department := quoteInt(teams.Departments[0].ID)
	var made web.RoutingTeam
	admin.post("/api/admin/routing/teams", `{"name":"Night","department":`+department+`,"members":["`+alice.ID+`"]}`).status(200).into(&made)
	admin.post("/api/admin/routing/teams", `{"name":"Night","department":`+department+`,"members":[]}`).problem(409, "team_taken")
	admin.post("/api/admin/routing/teams", `{"name":" ","department":`+department+`,"members":[]}`).problem(422, "invalid").has("name")
	admin.post("/api/admin/routing/teams", `{"name":"Elsewhere","department":999999,"members":[]}`).problem(404, "not_found")
	path := "/api/admin/routing/teams/" + made.ID
	admin.do(http.MethodPut, path, `{"name":"Nights","members":["`+newID()+`"]}`).problem(422, "invalid").has("members")
	admin.do(http.MethodPut, path, `{"name":"Nights","members":[]}`).status(200).has(`"members":[]`)
	admin.do(http.MethodPut, "/api/admin/routing/teams/"+newID(), `{"name":"x","members":[]}`).problem(404, "not_found")

	// Its own hours go with it; a rule that speaks of it keeps it.
	rules := func(version, rest string) *reply {
		return admin.do(http.MethodPut, "/api/admin/routing/rules", `{"version":`+version+`,"strategies":[],"ageing_s":60,"reservation_s":0,"overflow":[],"default_cap":5,`+rest+`}`)
	}
	hours := `"teams":[{"team":"` + made.ID + `","hours":{"zone":"Asia/Shanghai","week":[]},"overflow":[]}]`
	rules("0", hours+`,"rules":[{"name":"r","on":true,"when":[{"field":"page","op":"exists","value":""}],"vip":false,"priority":0,"team":"`+made.ID+`","skills":[],"weight":0}]`).status(200)
	admin.do(http.MethodDelete, path, "").problem(409, "team_used")
	rules("1", hours+`,"rules":[]`).status(200)
	admin.do(http.MethodDelete, path, "").status(204)
	admin.get("/api/admin/routing/rules").has(`"version":3`, `"teams":[]`)
	admin.get("/api/admin/routing/teams").without("Nights")
}

func TestExplanationsShowNobodyOfOtherSites(t *testing.T) {
	t.Parallel()
	item := routing.Item{Conversation: newID(), Department: 1, Skills: []routing.Skill{{Name: "refunds", Level: 3}}, EnqueuedAt: time.Now()}
	desk := &router{told: routing.Explanation{
		Item: item, Candidates: []routing.Candidate{{Agent: newID(), Name: "Mei", Reasons: []routing.Reason{{Code: routing.ReasonLoad, Value: 1, Of: 5}}}},
		Rejected: []routing.Rejection{
			{Agent: newID(), Name: "Stranger", Code: routing.RejectSite},
			{Agent: newID(), Name: "Neighbour", Code: routing.RejectDepartment},
			{Agent: newID(), Name: "Sam", Code: routing.RejectFull, Value: 5, Of: 5},
			{Agent: newID(), Name: "Ivy", Code: routing.RejectPresence, Text: chat.Invisible},
		},
	}}
	desk.waiting = []chat.Waiting{
		{Item: item, Position: 1, Contact: "Vera", Explanation: desk.told},
		{Item: routing.Item{Conversation: newID(), VIP: true}, Offered: &chat.Offer{Agent: newID(), Expires: time.Now()}},
	}
	h := open(t, withRouter(desk))
	boss := h.user("boss", identity.RoleAdmin)
	admin, v := h.signIn(boss), h.visitor()
	admin.post("/api/admin/routing/simulate", `{"language":"en","vip":true,"waited_s":60,"at":"2026-11-21T10:00:00Z","attributes":{"page":"/x"}}`).
		status(200).has("Mei", "Sam", "Neighbour", `"text":"invisible"`).without("Stranger")
	if desk.asked.Language != "en" || !desk.asked.VIP || desk.asked.Department == 0 || desk.at.Sub(desk.asked.EnqueuedAt) != time.Minute || desk.asked.Attributes["page"] != "/x" {
		t.Errorf("the router was asked for %+v at %s", desk.asked, desk.at)
	}
	admin.post("/api/admin/routing/simulate", `{"team":"`+newID()+`"}`).problem(404, "not_found")
	admin.post("/api/admin/routing/simulate", `{"department":999999}`).problem(404, "not_found")
	admin.get("/api/admin/routing/queue").status(200).has("Vera", `"explained":true`, `"explained":false`, `"code":"full","n":1`, `"vip":true`).without("Stranger", `"code":"site"`)
	narrow := h.signIn(h.user("eve", identity.RoleAgent, func(u *identity.User) { u.Departments = []int32{1} }))
	narrow.get("/api/agent/conversations/"+v.conv+"/routing").status(200).has("Sam", "Ivy", `"text":"away"`).without("Stranger", "Neighbour", "invisible")
}

func TestWithoutARouterThePagesSaySo(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.signIn(h.user("boss", identity.RoleAdmin))
	admin.get("/api/admin/routing/queue").status(200).has(`"running":false`, `"waiting":[]`)
	admin.post("/api/admin/routing/simulate", `{}`).problem(503, "unavailable")
	admin.get("/api/agent/routing/state").status(200).has(`"running":false`)
}

func TestAnInvitedAgentFindsTheConversationAmongTheirOwn(t *testing.T) {
	t.Parallel()
	h := open(t)
	aliceUser, bobUser := h.user("alice", identity.RoleAgent), h.user("bob", identity.RoleAgent)
	alice, bob, v := h.signIn(aliceUser), h.signIn(bobUser), h.visitor()
	v.send(newID(), "help me").status(200)
	path := "/api/agent/conversations/" + v.conv
	alice.post(path+"/claim", `{}`).status(200)
	alice.post(path+"/invite", `{"agent":"`+aliceUser.ID+`"}`).problem(422, "invalid").has("colleague")
	alice.post(path+"/invite", `{"agent":"`+newID()+`"}`).problem(404, "not_found")
	alice.post(path+"/invite", `{"agent":"`+bobUser.ID+`","reason":"second_opinion: what do you say?"}`).status(200).has(`"id":"` + aliceUser.ID + `"`)
	bob.get("/api/agent/routing/invitations").status(200).has(v.conv, `"by":"alice"`, "what do you say?")
	bob.get("/api/agent/conversations?view=mine").status(200).has(v.conv, `"mine":1`)
	bob.get("/api/agent/unread-messages").status(200).has(v.conv)
	bob.get(path+"/messages").status(200).has(`"kind":"invited"`, `"invitee"`, `"name":"bob"`)
	v.get("/api/visitor/messages").status(200).has(`"kind":"hidden"`).without("what do you say?", "bob", "invitee")
	bob.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","content":"here I am"}`).status(200)
	alice.get(path).status(200).has(`"assignee":{"id":"` + aliceUser.ID) // it stays with who holds it

	alice.post(path+"/release", `{"reason":"shift_end: back tomorrow"}`).status(200).has(`"owner":"queue"`)
	bob.get(path + "/messages").has("shift_end: back tomorrow")
	v.get("/api/visitor/messages").without("back tomorrow")
	bob.post(path+"/claim", `{}`).status(200)
	bob.get("/api/agent/routing/invitations").status(200).without(v.conv)
	bob.post(path+"/resolve", `{}`).status(200)
	alice.post(path+"/invite", `{"agent":"`+bobUser.ID+`"}`).problem(409, "resolved")
}

func quoteInt(n int32) string { return strconv.Itoa(int(n)) }
