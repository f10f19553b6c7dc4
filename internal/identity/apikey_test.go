package identity_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"frontdesk/internal/identity"
)

func TestAKeyMayDoWhatIsOnItsListAndNothingElse(t *testing.T) {
	t.Parallel()
	actor := identity.APIKey{ID: "k", Site: 3, Permissions: []identity.Permission{identity.PermInference}}.Actor()
	if !actor.Can(identity.PermInference) || !actor.Can(identity.PermPublic) {
		t.Error("a key cannot do what it was made for")
	}
	for _, p := range []identity.Permission{identity.PermChatRead, identity.PermKBRead, identity.PermKeyAdmin, identity.PermVisitorChat, identity.PermExport, ""} {
		if actor.Can(p) {
			t.Errorf("a key for inference can %s", p)
		}
	}
	if !actor.Scope.Allows(3, 9, "c") || actor.Scope.Allows(4, 9, "c") {
		t.Error("a key's scope is not its site")
	}
	if (identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, Granted: []identity.Permission{identity.PermExport}}).Can(identity.PermExport) {
		t.Error("a person can do what only a key's list grants")
	}
}

func TestAKeyIsLiveUntilItExpiresOrIsRevoked(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		key  identity.APIKey
		want bool
	}{
		"without an end":    {identity.APIKey{}, true},
		"before its end":    {identity.APIKey{ExpiresAt: now.Add(time.Second)}, true},
		"at its end":        {identity.APIKey{ExpiresAt: now}, false},
		"revoked":           {identity.APIKey{RevokedAt: now.Add(-time.Hour)}, false},
		"revoked in future": {identity.APIKey{RevokedAt: now.Add(time.Hour)}, false},
	} {
		if got := c.key.Live(now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWhatIsChosenAboutAKeyIsChecked(t *testing.T) {
	t.Parallel()
	now := time.Now()
	good := identity.APIKey{Name: "search", Permissions: []identity.Permission{identity.PermInference}, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for field, change := range map[string]func(*identity.APIKey){
		"name":                func(k *identity.APIKey) { k.Name = " " },
		"permissions":         func(k *identity.APIKey) { k.Permissions = nil },
		"permission":          func(k *identity.APIKey) { k.Permissions = []identity.Permission{identity.PermExport} },
		"requests_per_minute": func(k *identity.APIKey) { k.RequestsPerMinute = -1 },
		"tokens_per_minute":   func(k *identity.APIKey) { k.TokensPerMinute = 1 << 40 },
		"expires_at":          func(k *identity.APIKey) { k.ExpiresAt = now },
		"ten years": func(k *identity.APIKey) {
			k.ExpiresAt = time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -12*3600))
		},
	} {
		k := good
		change(&k)
		if err := k.Validate(); !errors.Is(err, identity.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
