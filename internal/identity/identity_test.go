package identity_test

import (
	"errors"
	"strings"
	"testing"

	"frontdesk/internal/identity"
)

func TestAScopeAllowsOnlyWhatLiesWithinAllItsWalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scope      identity.Scope
		site, dept int32
		contact    string
		want       bool
	}{
		"the zero scope touches nothing":         {identity.Scope{}, 1, 1, "", false},
		"everything":                             {identity.Everything(), 9, 9, "c", true},
		"own site, all departments":              {identity.Scope{Sites: []int32{1}, AllDepartments: true}, 1, 5, "c", true},
		"another site":                           {identity.Scope{Sites: []int32{1}, AllDepartments: true}, 2, 5, "c", false},
		"all departments alone is nothing":       {identity.Scope{AllDepartments: true}, 1, 1, "", false},
		"own department":                         {identity.Scope{Sites: []int32{1}, Departments: []int32{5}}, 1, 5, "c", true},
		"another department":                     {identity.Scope{Sites: []int32{1}, Departments: []int32{5}}, 1, 6, "c", false},
		"a visitor's own":                        {identity.VisitorClaims{Site: 1, Contact: "c"}.Actor().Scope, 1, 6, "c", true},
		"another visitor's":                      {identity.VisitorClaims{Site: 1, Contact: "c"}.Actor().Scope, 1, 6, "d", false},
		"a contact limits even everything":       {identity.Scope{All: true, Contact: "c"}, 1, 1, "d", false},
		"an admin without sites touches nothing": {identity.User{Role: identity.RoleAdmin}.Actor().Scope, 1, 1, "", false},
	} {
		if got := c.scope.Allows(c.site, c.dept, c.contact); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRolesGrantWhatTheyAreMeantTo(t *testing.T) {
	t.Parallel()
	agent, admin, visitor := identity.RoleAgent, identity.RoleAdmin, identity.RoleVisitor
	for _, c := range []struct {
		role identity.Role
		p    identity.Permission
		want bool
	}{
		{visitor, identity.PermVisitorChat, true},
		{visitor, identity.PermChatRead, false},
		{visitor, identity.PermPublic, true},
		{agent, identity.PermChatReply, true},
		{agent, identity.PermKBWrite, false},
		{agent, identity.PermExport, false},
		{agent, identity.PermUserAdmin, false},
		{agent, identity.PermVisitorChat, false},
		{admin, identity.PermKBWrite, true},
		{admin, identity.PermExport, true},
		{admin, identity.PermVisitorChat, false},
		{admin, identity.PermKeyAdmin, true},
		{admin, identity.PermInference, false}, // by key only
		{agent, identity.PermKeyAdmin, false},
		{agent, identity.PermInference, false},
		{"", identity.PermChatRead, false},
		{"root", identity.PermUserAdmin, false},
	} {
		if c.role.Grants(c.p) != c.want {
			t.Errorf("%q grants %s: %v", c.role, c.p, !c.want)
		}
	}
	if !identity.Bot().Can(identity.PermChatReply) || !identity.System().Can(identity.PermExport) || (identity.Actor{}).Can(identity.PermChatRead) {
		t.Error("bot, system or nobody can the wrong things")
	}
}

func TestAddressesNamesAndPasswordsAreChecked(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{" A@B.Example ": "a@b.example", "x+y@z.cn": "x+y@z.cn"} {
		if got, err := identity.NormalizeEmail(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "a", "a@", "Name <a@b.c>", "a@b.c, d@e.f", "a@b.c\n", strings.Repeat("a", 251) + "@b.c"} {
		if got, err := identity.NormalizeEmail(in); !errors.Is(err, identity.ErrInvalid) && got != "a@b.c" {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for in, ok := range map[string]bool{"密码密码密码密码": true, "1234567": false, "12345678": true, strings.Repeat("x", 1025): false, "\xff1234567": false} {
		if err := identity.CheckPassword(in); (err == nil) != ok {
			t.Errorf("password of %d bytes: %v", len(in), err)
		}
	}
	for in, ok := range map[string]bool{"李雷": true, " ": false, "\u200b": false, "a\x00b": false, "a\nb": false, strings.Repeat("长", 201): false} {
		if err := identity.CheckName("name", in); (err == nil) != ok {
			t.Errorf("name %q: %v", in, err)
		}
	}
}
