package web_test

import (
	"testing"

	"frontdesk/internal/identity"
)

// A key that no database takes names no site, and what is missing is called by its name.
func TestAKeyThatCannotBeIsNotFound(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.signIn(h.user("boss", identity.RoleAdmin))
	for _, key := range []string{"%00", "%ff", "nowhere"} {
		admin.get("/api/agent/blocks?site="+key).problem(404, "not_found")
		admin.get("/api/agent/contacts?site="+key).problem(404, "not_found")
	}
	for _, id := range []string{"zzz", newID()} {
		admin.do("DELETE", "/api/agent/blocks/"+id, "").problem(404, "not_found").has("no such entry in the block list")
	}
}
