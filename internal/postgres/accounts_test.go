package postgres

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

func newAccounts(t *testing.T) *Accounts {
	t.Helper()
	pool, err := Open(t.Context(), pgtest.New(t), 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return NewAccounts(pool)
}

func person(email string, role identity.Role) identity.User {
	return identity.User{Email: email, Name: "P", Role: role, Locale: "en", PasswordHash: "$argon2id$x"}
}

func TestAnAccountComesBackAsItWasAdded(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	ctx := t.Context()
	added, err := a.AddUser(ctx, person(" Alice@Example.COM ", identity.RoleAgent))
	if err != nil {
		t.Fatal(err)
	}
	if added.Email != "alice@example.com" || !added.AllDepartments || len(added.Sites) != 1 || added.CreatedAt.IsZero() {
		t.Errorf("added %+v", added)
	}
	byEmail, err := a.UserByEmail(ctx, "alice@example.com")
	if err != nil || byEmail.ID != added.ID || byEmail.PasswordHash != "$argon2id$x" {
		t.Errorf("by e-mail %+v, %v", byEmail, err)
	}
	if _, err := a.AddUser(ctx, person("ALICE@example.com", identity.RoleAdmin)); !errors.Is(err, identity.ErrEmailTaken) {
		t.Errorf("the same address again: %v", err)
	}
	for _, bad := range []identity.User{person("nobody", identity.RoleAgent), person("a@b.c", identity.RoleVisitor), {Email: "a@b.c", Name: "x", Role: identity.RoleAgent, Locale: "fr", PasswordHash: "x"}, {Email: "a@b.c", Name: " ", Role: identity.RoleAgent, Locale: "en", PasswordHash: "x"}, {Email: "a@b.c", Name: "x", Role: identity.RoleAgent, Locale: "en"}} {
		if _, err := a.AddUser(ctx, bad); !errors.Is(err, identity.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for _, id := range []string{"", "x", "00000000-0000-7000-8000-000000000000"} {
		if _, err := a.UserByID(ctx, id); !errors.Is(err, identity.ErrNotFound) {
			t.Errorf("id %q: %v", id, err)
		}
	}
	if err := a.SetPassword(ctx, added.ID, "other"); err != nil {
		t.Error(err)
	}
	if err := a.SetPassword(ctx, "00000000-0000-7000-8000-000000000000", "x"); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("password of nobody: %v", err)
	}
	if err := a.UpdateProfile(ctx, added.ID, "艾丽丝", ""); err != nil {
		t.Error(err)
	}
	if u, err := a.UserByID(ctx, added.ID); err != nil || u.Name != "艾丽丝" || u.Locale != "en" || u.PasswordHash != "other" {
		t.Errorf("after the changes %+v, %v", u, err)
	}
	if list, err := a.ListUsers(ctx); err != nil || len(list) != 1 {
		t.Errorf("list %v, %v", list, err)
	}
	if p, err := a.Presence(ctx, added.ID); p != "offline" || err != nil {
		t.Errorf("presence %q, %v", p, err)
	}
}

func TestSitesDepartmentsAndTeamsAreMadeOnce(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	ctx := t.Context()
	if _, err := a.SiteByKey(ctx, "shop"); !errors.Is(err, identity.ErrNotFound) {
		t.Fatalf("no site yet: %v", err)
	}
	shop, err := a.EnsureSite(ctx, "shop", "演示商店", "zh-CN")
	if err != nil || shop.DefaultDepartment == 0 {
		t.Fatalf("shop %+v, %v", shop, err)
	}
	again, err := a.EnsureSite(ctx, "shop", "Demo shop", "en")
	if err != nil || again.ID != shop.ID || again.Name != "Demo shop" {
		t.Fatalf("again %+v, %v", again, err)
	}
	if sites, err := a.Sites(ctx); err != nil || len(sites) != 1 {
		t.Fatalf("the unused default site was not taken over: %v, %v", sites, err)
	}
	second, err := a.EnsureSite(ctx, "second", "Second", "en")
	if err != nil || second.ID == shop.ID || second.DefaultDepartment == shop.DefaultDepartment {
		t.Fatalf("second %+v, %v", second, err)
	}
	if oldest, err := a.SiteByKey(ctx, ""); err != nil || oldest.ID != shop.ID {
		t.Fatalf("oldest %+v, %v", oldest, err)
	}
	alice, err := a.AddUser(ctx, person("alice@example.com", identity.RoleAgent))
	if err != nil || len(alice.Sites) != 2 {
		t.Fatalf("alice %+v, %v", alice, err)
	}
	walled := person("bob@example.com", identity.RoleAgent)
	walled.Sites = []int32{second.ID}
	bob, err := a.AddUser(ctx, walled)
	if err != nil || len(bob.Sites) != 1 || bob.Sites[0] != second.ID {
		t.Fatalf("bob %+v, %v", bob, err)
	}
	id, err := a.EnsureTeam(ctx, identity.Team{Site: second.ID, Department: second.DefaultDepartment, Name: "退货", Members: []string{bob.ID}})
	if err != nil {
		t.Fatal(err)
	}
	if same, err := a.EnsureTeam(ctx, identity.Team{Site: second.ID, Department: second.DefaultDepartment, Name: "退货", Members: []string{alice.ID, bob.ID}}); err != nil || same != id {
		t.Fatalf("the same team %s, %v", same, err)
	}
	if _, err := a.EnsureTeam(ctx, identity.Team{Site: 999, Department: 1, Name: "x"}); !errors.Is(err, identity.ErrNotFound) {
		t.Fatalf("team of no site: %v", err)
	}
	rosters, err := a.Rosters(ctx, bob.Actor().Scope)
	if err != nil || len(rosters) != 2 {
		t.Fatalf("bob sees %+v, %v", rosters, err)
	}
	for _, r := range rosters {
		if r.Site != second.ID || len(r.People) != 2 || r.People[0].Presence != "offline" {
			t.Errorf("roster %+v", r)
		}
	}
	if none, err := a.Rosters(ctx, identity.Scope{}); err != nil || len(none) != 0 {
		t.Errorf("the empty scope sees %v, %v", none, err)
	}
	if list, err := a.Departments(ctx, second.ID); err != nil || len(list) != 1 || list[0].Name != "Support" {
		t.Errorf("departments %v, %v", list, err)
	}
}

func TestOfManyAtOnceOneBecomesTheFirstAdmin(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	ctx, now := t.Context(), time.Now()
	token := map[string]string{"sha256": "abc", "expires_at": now.Add(time.Hour).Format(time.RFC3339Nano)}
	if err := a.PutSetting(ctx, "setup_token", token); err != nil {
		t.Fatal(err)
	}
	if _, err := a.CreateFirstAdmin(ctx, "wrong", person("a@example.com", identity.RoleAdmin), now); !errors.Is(err, identity.ErrSetup) {
		t.Fatalf("wrong token: %v", err)
	}
	if _, err := a.CreateFirstAdmin(ctx, "abc", person("a@example.com", identity.RoleAdmin), now.Add(2*time.Hour)); !errors.Is(err, identity.ErrSetup) {
		t.Fatalf("expired token: %v", err)
	}
	var wg sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		wg.Go(func() {
			_, results[i] = a.CreateFirstAdmin(ctx, "abc", person(fmt.Sprintf("admin%d@example.com", i), identity.RoleAdmin), now)
		})
	}
	wg.Wait()
	made := 0
	for _, err := range results {
		if err == nil {
			made++
		} else if !errors.Is(err, identity.ErrSetup) {
			t.Errorf("a loser got %v", err)
		}
	}
	if has, err := a.HasAdmin(ctx); made != 1 || !has || err != nil {
		t.Fatalf("%d admins were made, %v, %v", made, has, err)
	}
	if err := a.PutSetting(ctx, "setup_token", token); err != nil {
		t.Fatal(err)
	}
	if _, err := a.CreateFirstAdmin(ctx, "abc", person("late@example.com", identity.RoleAdmin), now); !errors.Is(err, identity.ErrSetup) {
		t.Fatalf("a second admin by token: %v", err)
	}
}

func TestSettingsAuditAndSessionsAreKept(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	ctx := t.Context()
	var key string
	if err := a.Setting(ctx, "visitor_token_key", &key); err != nil || len(key) < 64 {
		t.Fatalf("key of %d characters, %v", len(key), err)
	}
	if err := a.Setting(ctx, "nothing", &key); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("no setting: %v", err)
	}
	if err := a.AddAudit(ctx, identity.AuditRow{At: time.Now(), Actor: "system", Action: "test", Site: 1}); err != nil {
		t.Error(err)
	}
	if err := a.AddAudit(ctx, identity.AuditRow{At: time.Now(), Actor: "system", Action: "test"}); err != nil {
		t.Error(err)
	}
	s := NewSessions(a.pool)
	hash := "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" // of the empty string
	if err := s.CommitCtx(ctx, hash, []byte("data"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if data, ok, err := s.FindCtx(ctx, hash); !ok || string(data) != "data" || err != nil {
		t.Errorf("found %q, %v, %v", data, ok, err)
	}
	for _, malformed := range []string{"", "x", "47DEQpj8HBSa"} {
		if _, ok, err := s.FindCtx(ctx, malformed); ok || err != nil {
			t.Errorf("%q: %v, %v", malformed, ok, err)
		}
	}
	if err := s.CommitCtx(ctx, hash, []byte("data"), time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := s.FindCtx(ctx, hash); ok {
		t.Error("an expired session is found")
	}
	if n, err := s.Prune(ctx); n != 1 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
	if err := s.DeleteCtx(ctx, hash); err != nil {
		t.Errorf("delete what is gone: %v", err)
	}
}
