package auth_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/internal/auth"
	"frontdesk/internal/identity"
)

func TestPasswordsAreHashedWithSaltAndVerified(t *testing.T) {
	t.Parallel()
	h, err := auth.NewHasher(1)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	one, err := h.Hash(ctx, "密码 correct horse")
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.Hash(ctx, "密码 correct horse")
	if err != nil || one == two {
		t.Fatalf("two hashes of one password are the same: %s, %v", one, err)
	}
	if !strings.HasPrefix(one, "$argon2id$v=19$m=65536,t=3,p=1$") {
		t.Errorf("hash %s", one)
	}
	for password, want := range map[string]bool{"密码 correct horse": true, "密码 correct hors": false, "": false} {
		if ok, err := h.Verify(ctx, one, password); err != nil || ok != want {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
	if ok, err := h.Verify(ctx, "", ""); ok || err != nil {
		t.Errorf("an unknown account: %v, %v", ok, err)
	}
	for _, broken := range []string{
		"plain", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5", "$argon2id$v=19$m=99999999,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5",
		"$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5", "$argon2id$v=19$m=64,t=1,p=0$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5",
		"$argon2id$v=19$m=64,t=1,p=1$!$a2V5", "$argon2id$v=18$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5", "$$$$$",
	} {
		if ok, err := h.Verify(ctx, broken, "x"); ok || err == nil {
			t.Errorf("%s: %v, %v", broken, ok, err)
		}
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	blocked, err := auth.NewHasher(1)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 { // whoever waits for a slot gives up with its context
		wg.Go(func() {
			if _, err := blocked.Hash(over, "x"); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("canceled hash: %v", err)
			}
		})
	}
	wg.Wait()
}

func TestVisitorTokensVouchUntilTheyExpire(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 0, 0, 0, 500, time.UTC)
	clock := func() time.Time { return now }
	v, err := auth.NewVisitors([]byte(strings.Repeat("a", 32)), clock)
	if err != nil {
		t.Fatal(err)
	}
	token, expires, err := v.Issue(7, "0190aaaa-0000-7000-8000-000000000001")
	if err != nil || !expires.Equal(now.Add(auth.VisitorLifetime).Truncate(time.Second)) {
		t.Fatalf("expires %v, %v", expires, err)
	}
	claims, err := v.Verify(token)
	if err != nil || claims.Site != 7 || claims.Contact != "0190aaaa-0000-7000-8000-000000000001" || !claims.ExpiresAt.Equal(expires) {
		t.Fatalf("claims %+v, %v", claims, err)
	}
	if a := claims.Actor(); a.Scope.Allows(8, 1, claims.Contact) || a.Scope.Allows(7, 1, "somebody else") || !a.Scope.Allows(7, 99, claims.Contact) {
		t.Errorf("scope %+v", a.Scope)
	}
	other, err := auth.NewVisitors([]byte(strings.Repeat("b", 32)), clock)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Verify(token); !errors.Is(err, identity.ErrTokenInvalid) {
		t.Errorf("another key: %v", err)
	}
	for i := range len(token) { // no single character can change
		forged := []byte(token)
		forged[i] ^= 1
		if _, err := v.Verify(string(forged)); !errors.Is(err, identity.ErrTokenInvalid) {
			t.Fatalf("character %d changed: %v", i, err)
		}
	}
	now = expires
	if _, err := v.Verify(token); !errors.Is(err, identity.ErrTokenExpired) || !errors.Is(err, identity.ErrUnauthenticated) {
		t.Errorf("at its end: %v", err)
	}
	if _, err := auth.NewVisitors([]byte("short"), nil); err == nil {
		t.Error("a short key is taken")
	}
}

func FuzzVerifyVisitorToken(f *testing.F) {
	v, err := auth.NewVisitors([]byte(strings.Repeat("a", 32)), nil)
	if err != nil {
		f.Fatal(err)
	}
	good, _, err := v.Issue(1, "c")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", ".", "a.b", good, good + ".", strings.Repeat("a", 600)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := v.Verify(token); (err == nil) != (token == good) {
			t.Fatalf("%q: %v", token, err)
		}
	})
}
