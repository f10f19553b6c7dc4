package postgres

import (
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// An agent who is first known by a conversation that is taken, or by what is set of them, has the site's capacity until
// somebody gives them another; then the site's changes are not theirs.
func TestTheSitesCapacityIsEverybodysWhoHasNoneOfTheirOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	scope := identity.Scope{Sites: []int32{1}, AllDepartments: true}
	give := func(most int) {
		t.Helper()
		cfg, err := d.store.RoutingConfig(ctx, scope, 1)
		if err != nil {
			t.Fatal(err)
		}
		cfg.DefaultCap = most
		if _, err := d.store.SaveRoutingConfig(ctx, scope, 1, cfg, "admin", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	caps := func() map[string]int {
		t.Helper()
		profiles, err := d.store.AgentProfiles(ctx, scope, 1)
		if err != nil {
			t.Fatal(err)
		}
		out := make(map[string]int)
		for _, p := range profiles {
			out[p.Name] = p.Cap
		}
		return out
	}
	give(3)
	takes, same, own := d.agent("takes"), d.agent("same"), d.agent("own")
	_, conv := d.visitor()
	if _, err := d.Claim(ctx, takes, conv.ID, nil); err != nil { // never signed in on a socket
		t.Fatal(err)
	}
	if err := d.store.SaveAgentProfiles(ctx, scope, 1, []chat.AgentProfile{{User: same.ID, Cap: 3}, {User: own.ID, Cap: 9}}, "admin", time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := caps(); got["takes"] != 3 || got["same"] != 3 || got["own"] != 9 {
		t.Errorf("%v", got)
	}
	give(4)
	if got := caps(); got["takes"] != 4 || got["same"] != 4 || got["own"] != 9 {
		t.Errorf("after the site's changed: %v", got)
	}
}
