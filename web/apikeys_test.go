package web_test

import (
	"strings"
	"testing"
	"time"

	"frontdesk/internal/identity"
)

func TestAdminsMakeListAndRevokeKeys(t *testing.T) {
	t.Parallel()
	h := open(t)
	boss := h.user("boss", identity.RoleAdmin)
	admin := h.signIn(boss)
	var made struct {
		Key    struct{ ID, Prefix string }
		Secret string
	}
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	admin.post("/api/admin/api-keys", `{"name":"Search index","requests_per_minute":30,"tokens_per_minute":5000,"expires_at":"`+until+`"}`).status(200).
		has(`"site":"default"`, `"permissions":["inference.use"]`, `"created_by":"`+boss.ID, `"last_used_at":null`, `"revoked_at":null`, `"expires_at":"`+until[:10]).into(&made)
	if !strings.HasPrefix(made.Secret, "fd_") || !strings.HasPrefix(made.Secret, made.Key.Prefix) {
		t.Fatalf("secret %q, prefix %q", made.Secret, made.Key.Prefix)
	}
	list := admin.get("/api/admin/api-keys").status(200).has(made.Key.ID, "Search index", `"requests_per_minute":30`).without(made.Secret, "hash")
	if list.header.Get("Cache-Control") != "no-store" {
		t.Error("the answer may be cached")
	}
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	agent.get("/api/admin/api-keys").problem(403, "forbidden").without(made.Key.ID)
	agent.do("DELETE", "/api/admin/api-keys/"+made.Key.ID, "").problem(403, "forbidden")
	admin.post("/api/admin/api-keys", `{"name":"x","site":"nowhere"}`).problem(404, "not_found")
	for _, bad := range []string{
		`{}`, `{"name":" "}`, `{"name":"a\u0000b"}`, `{"name":"x","requests_per_minute":-1}`, `{"name":"x","tokens_per_minute":99999999999}`,
		`{"name":"x","expires_at":"2020-01-01T00:00:00Z"}`, `{"name":"x","expires_at":"soon"}`, `{"name":"` + strings.Repeat("x", 201) + `"}`,
	} {
		admin.post("/api/admin/api-keys", bad).problem(422, "invalid")
	}
	for _, id := range []string{newID(), "x", "%2e%2e"} {
		admin.do("DELETE", "/api/admin/api-keys/"+id, "").problem(404, "not_found")
	}
	first := admin.do("DELETE", "/api/admin/api-keys/"+made.Key.ID, "").status(200).has(`"revoked_at":"`)
	if again := admin.do("DELETE", "/api/admin/api-keys/"+made.Key.ID, "").status(200); again.body != first.body {
		t.Errorf("revoked twice: %s, %s", first.body, again.body)
	}
	admin.get("/api/admin/api-keys").status(200).has(made.Key.ID, `"revoked_at":"`) // kept, as part of the history
}
