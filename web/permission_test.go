package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"frontdesk/internal/identity"
	"frontdesk/web"
	"frontdesk/web/frame"
)

// known are the permissions that a route may declare.
var known = map[identity.Permission]bool{
	identity.PermPublic: true, identity.PermVisitorChat: true, identity.PermSelf: true, identity.PermChatRead: true,
	identity.PermChatReply: true, identity.PermChatClaim: true, identity.PermChatTransfer: true, identity.PermChatResolve: true,
	identity.PermPresence: true, identity.PermTeamRead: true, identity.PermKBRead: true, identity.PermKBWrite: true,
	identity.PermStatsRead: true, identity.PermExport: true, identity.PermMetrics: true,
	identity.PermKeyAdmin: true, identity.PermInference: true,
	identity.PermPrivacy: true, identity.PermAudit: true,
	identity.PermBotTrace: true, identity.PermBotAdmin: true, identity.PermSuggest: true, identity.PermRoutingAdmin: true,
	identity.PermContactRead: true, identity.PermContactWrite: true, identity.PermContactAdmin: true,
}

// public are the routes that need no sign-in. A new one is added here by hand.
var public = map[string]bool{
	"POST /api/visitor/session": true, "POST /api/visitor/identify": true, "GET /api/setup": true, "POST /api/setup": true, "POST /api/agent/login": true,
	"GET /ws/visitor": true, "GET /ws/agent": true, "GET /healthz": true, "GET /readyz": true, "GET /openapi.json": true,
	"GET /docs": true, "GET /docs/docs.js": true, "GET /": true, "GET /demo": true, "GET /console": true, "GET /console/*": true, "GET /widget/*": true,
	"GET /health": true, "GET /kb-files/{id}": true, "GET /transcript/{token}": true,
}

func TestEveryRouteDeclaresAPermission(t *testing.T) {
	t.Parallel()
	h := open(t)
	declared := h.server.Declared()
	routes, ok := h.server.Handler().(chi.Routes)
	if !ok {
		t.Fatal("the handler is no chi router")
	}
	seen := 0
	err := chi.Walk(routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		seen++
		p, ok := declared[method+" "+route]
		if !ok || !known[p] {
			t.Errorf("%s %s declares no permission (%q)", method, route, p)
		}
		if p == identity.PermPublic && !public[strings.Replace(method, "HEAD", "GET", 1)+" "+route] {
			t.Errorf("%s %s is open to everybody", method, route)
		}
		return nil
	})
	if err != nil || seen != len(declared) || seen < 50 {
		t.Fatalf("walked %d routes, %d declared, %v", seen, len(declared), err)
	}
}

// forAgents are the frames that no visitor may send.
var forAgents = map[string]bool{"viewing": true, "answer": true, "presence": true}

func TestEveryFrameDeclaresAPermission(t *testing.T) {
	t.Parallel()
	oneof := (&frame.ClientFrame{}).ProtoReflect().Descriptor().Oneofs().ByName("frame")
	for i := range oneof.Fields().Len() {
		field := oneof.Fields().Get(i)
		f := &frame.ClientFrame{}
		f.ProtoReflect().Set(field, f.ProtoReflect().NewField(field))
		for _, kind := range []string{"visitor", "agent"} {
			p, ok := web.FramePermission(kind, f)
			if kind == "visitor" && forAgents[string(field.Name())] {
				if ok {
					t.Errorf("a visitor may send %s", field.Name())
				}
				continue
			}
			if !ok || !known[p] || (p == identity.PermPublic) != (field.Name() == "hello") {
				t.Errorf("frame %s of a %s declares %q", field.Name(), kind, p)
			}
			role := identity.RoleAgent
			if kind == "visitor" {
				role = identity.RoleVisitor
			}
			if !role.Grants(p) {
				t.Errorf("a %s may not send %s", kind, field.Name())
			}
		}
	}
}

// path fills in the parameters of a route.
func path(route string) string {
	return strings.NewReplacer("{id}", newID(), "{locale}", "en", "{seq}", "1", "*", "index.html").Replace(route)
}

func TestPermissionsAreEnforcedOnEveryRoute(t *testing.T) {
	t.Parallel()
	h := open(t)
	nobody, visitor := h.browser(), h.visitor()
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	boss := h.user("bob", identity.RoleAdmin)
	admin, forged := h.signIn(boss), h.signIn(boss)
	forged.csrf = "forged"
	for route, p := range h.server.Declared() {
		method, pattern, _ := strings.Cut(route, " ")
		if p == identity.PermPublic || p == identity.PermMetrics || method == http.MethodHead {
			continue
		}
		unsafe := method != http.MethodGet
		if p == identity.PermInference { // by key alone; in the wires of OpenAI and TEI
			for _, b := range []*browser{nobody, visitor, agent, admin} {
				b.do(method, path(pattern), `{}`).status(401).has(`"error"`).without("application/problem", `"detail"`)
			}
			continue
		}
		nobody.do(method, path(pattern), `{}`).problem(401, "unauthenticated")
		if p == identity.PermVisitorChat {
			cookieOnly := agent.do(method, path(pattern), `{}`)
			cookieOnly.problem(401, "unauthenticated")
			continue
		}
		visitor.do(method, path(pattern), `{}`).problem(401, "unauthenticated")
		if unsafe {
			forged.do(method, path(pattern), `{}`).problem(403, "csrf")
		}
		if !identity.RoleAgent.Grants(p) {
			agent.do(method, path(pattern), `{}`).problem(403, "forbidden")
		}
	}
}

func TestNoIDRouteShowsOrChangesWhatLiesOutsideTheScope(t *testing.T) {
	t.Parallel()
	h := open(t)
	other, err := h.accounts.EnsureSite(t.Context(), "other", "Other", "en")
	if err != nil {
		t.Fatal(err)
	}
	sites, err := h.accounts.Sites(t.Context())
	if err != nil || len(sites) == 0 {
		t.Fatal(err)
	}
	v := h.visitor() // a new database's only site has become "other"
	v.send(newID(), "private words").status(200)
	second, err := h.accounts.EnsureSite(t.Context(), "second", "Second", "en")
	if err != nil {
		t.Fatal(err)
	}
	department, err := h.accounts.EnsureDepartment(t.Context(), other.ID, "Elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	strangers := map[string]*browser{
		"of another site": h.signIn(h.user("mallory", identity.RoleAgent, func(u *identity.User) { u.Sites = []int32{second.ID} })),
		"of another department": h.signIn(h.user("eve", identity.RoleAgent, func(u *identity.User) {
			u.Sites, u.Departments = []int32{other.ID}, []int32{department.ID}
		})),
	}
	bodies := map[string]string{
		"invite": `{"agent":"` + newID() + `"}`,
		"read":   `{"seq":1}`, "suggestions": `{"seq":1,"act":"shown","ids":[]}`, "judgements": `{"seq":1}`, "promote": `{"seq":1}`,
	}
	checked := 0
	for name, b := range strangers {
		for route := range h.server.Declared() {
			method, pattern, _ := strings.Cut(route, " ")
			if !strings.Contains(pattern, "/conversations/{id}") || method == http.MethodHead {
				continue
			}
			checked++
			body := "{}"
			if known, ok := bodies[pattern[strings.LastIndex(pattern, "/")+1:]]; ok {
				body = known
			}
			b.do(method, strings.NewReplacer("{id}", v.conv, "{seq}", "1").Replace(pattern), body).problem(404, "not_found").without("private", v.contact)
		}
		b.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","content":"x"}`).problem(404, "not_found")
		b.post("/api/agent/transfer", `{"conversation":"`+v.conv+`","to":{"agent":"`+newID()+`"}}`).problem(404, "not_found")
		b.get("/api/agent/conversations").status(200).has(`"items":[]`).without(v.conv)
		b.get("/api/agent/unread-messages").status(200).without(v.conv, "private")
		w := b.agentWire()
		w.resume(v.conv, 0)
		w.fails("not_found")
		w.say(v.conv, newID(), "x", "")
		w.fails("not_found")
		b.post("/api/agent/edit-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","seq":1,"remove":true}`).problem(404, "not_found")
		b.get("/api/agent/mentions").status(200).has(`"items":[]`)
		for _, f := range []*frame.ClientFrame{
			{Frame: &frame.ClientFrame_Mark{Mark: &frame.Watermark{Conv: v.conv, Read: 1}}},
			{Frame: &frame.ClientFrame_Viewing{Viewing: &frame.Viewing{Conv: v.conv, On: true}}},
			{Frame: &frame.ClientFrame_Edit{Edit: &frame.Edit{Conv: v.conv, Cid: newID(), Seq: 1, Remove: true}}},
		} {
			w.put(f)
			w.fails("not_found")
		}
		_ = name
	}
	strangers["of another site"].get("/api/admin/kb/articles?site=other").problem(404, "not_found")
	strangers["of another site"].get("/api/admin/kb/articles/a?site=other").problem(404, "not_found")
	strangers["of another site"].get("/api/agent/teams").status(200).without(`"name":"mallory","presence":"x"`)
	if checked < 14 {
		t.Fatalf("only %d id routes were checked", checked)
	}
	// What does not exist, and ids that are none, look the same.
	for _, id := range []string{newID(), "x", "%2e%2e", strings.Repeat("a", 36)} {
		strangers["of another site"].get("/api/agent/conversations/"+id).problem(404, "not_found")
	}
}
