package auth_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/internal/auth"
	"frontdesk/internal/identity"
)

// keyStore is a KeyStore that counts.
type keyStore struct {
	mu      sync.Mutex
	keys    []identity.APIKey
	reads   int
	touches int
	most    int // looks at once
	at      int
	hold    chan struct{} // if set, a look waits for it
	fail    error
}

func (s *keyStore) AddKey(_ context.Context, k identity.APIKey) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.ID = "id-" + string(rune('a'+len(s.keys)))
	s.keys = append(s.keys, k)
	return k.ID, nil
}

func (s *keyStore) KeyByHash(_ context.Context, hash []byte) (identity.APIKey, error) {
	s.mu.Lock()
	s.reads++
	s.at++
	s.most = max(s.most, s.at)
	hold, fail := s.hold, s.fail
	s.mu.Unlock()
	if hold != nil {
		<-hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at--
	if fail != nil {
		return identity.APIKey{}, fail
	}
	for _, k := range s.keys {
		if bytes.Equal(k.Hash, hash) {
			return k, nil
		}
	}
	return identity.APIKey{}, identity.ErrNotFound
}

func (s *keyStore) Keys(context.Context, identity.Scope) ([]identity.APIKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys, nil
}

func (s *keyStore) RevokeKey(_ context.Context, _ identity.Scope, id, _ string, at time.Time) (identity.APIKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.keys {
		if s.keys[i].ID == id {
			s.keys[i].RevokedAt = at
			return s.keys[i], nil
		}
	}
	return identity.APIKey{}, identity.ErrNotFound
}

func (s *keyStore) TouchKey(context.Context, string, time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touches++
	return nil
}

func (s *keyStore) counts() (reads, touches, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads, s.touches, s.most
}

// ticker is a clock that a test moves.
type ticker struct {
	mu sync.Mutex
	t  time.Time
}

func (c *ticker) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *ticker) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newKeys(t *testing.T) (*auth.APIKeys, *keyStore, *ticker) {
	t.Helper()
	store, clock := &keyStore{}, &ticker{t: time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)}
	keys, err := auth.NewAPIKeys(store, nil, clock.now)
	if err != nil {
		t.Fatal(err)
	}
	return keys, store, clock
}

func wanted() identity.APIKey {
	return identity.APIKey{Site: 1, Name: "search", Permissions: []identity.Permission{identity.PermInference}}
}

func TestASecretIsLongRandomAndKeptAsAHashOnly(t *testing.T) {
	t.Parallel()
	keys, store, _ := newKeys(t)
	seen := map[string]bool{}
	for range 200 {
		secret, k, err := keys.Create(t.Context(), identity.System(), wanted())
		if err != nil {
			t.Fatal(err)
		}
		if len(secret) != 52 || !strings.HasPrefix(secret, "fd_") || seen[secret] || !strings.HasPrefix(secret, k.Prefix) || len(k.Prefix) != 11 {
			t.Fatalf("secret %q, prefix %q", secret, k.Prefix)
		}
		seen[secret] = true
		if strings.ContainsFunc(secret[3:], func(r rune) bool { return r > 'z' || (r < '0') }) {
			t.Fatalf("secret %q is not base62", secret)
		}
		if bytes.Contains(k.Hash, []byte(secret)) || len(k.Hash) != 32 || k.CreatedBy != "system" {
			t.Fatalf("key %+v", k)
		}
	}
	for _, k := range store.keys {
		for secret := range seen {
			if strings.Contains(k.Name+k.Prefix+k.CreatedBy+string(k.Hash), secret) {
				t.Fatal("the store was given a secret")
			}
		}
	}
}

func TestSecretsThatCannotBeOursNeverReachTheStore(t *testing.T) {
	t.Parallel()
	keys, store, _ := newKeys(t)
	secret, _, err := keys.Create(t.Context(), identity.System(), wanted())
	if err != nil {
		t.Fatal(err)
	}
	flipped := []byte(secret)
	flipped[20] ^= 1
	for _, bad := range []string{"x", "fd_", secret[:51], secret + "a", "sk_" + secret[3:], string(flipped), strings.Repeat("a", 1<<20), "fd_\x00"} {
		if _, err := keys.Verify(t.Context(), bad); !errors.Is(err, identity.ErrKey) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	if _, err := keys.Verify(t.Context(), ""); !errors.Is(err, identity.ErrUnauthenticated) || errors.Is(err, identity.ErrKey) {
		t.Errorf("no secret: %v", err)
	}
	if reads, _, _ := store.counts(); reads != 0 {
		t.Errorf("the store was asked %d times", reads)
	}
}

func TestAKeyCostsOneLookAndOneWriteWhileItIsFresh(t *testing.T) {
	t.Parallel()
	keys, store, clock := newKeys(t)
	secret, k, err := keys.Create(t.Context(), identity.System(), wanted())
	if err != nil {
		t.Fatal(err)
	}
	use := func() {
		t.Helper()
		if got, err := keys.Verify(t.Context(), secret); err != nil || got.ID != k.ID {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	for range 1000 {
		use()
	}
	if reads, touches, _ := store.counts(); reads != 1 || touches != 1 {
		t.Errorf("%d looks and %d writes, want one each", reads, touches)
	}
	for range 20 { // 60 s in steps of KeyTTL
		clock.add(auth.KeyTTL)
		use()
	}
	if reads, touches, _ := store.counts(); reads != 21 || touches != 2 {
		t.Errorf("%d looks and %d writes after a minute, want 21 and 2", reads, touches)
	}
}

func TestARevokedKeyIsRefusedHereAtOnceAndElsewhereWithinTheTTL(t *testing.T) {
	t.Parallel()
	here, store, clock := newKeys(t)
	elsewhere, err := auth.NewAPIKeys(store, nil, clock.now)
	if err != nil {
		t.Fatal(err)
	}
	secret, k, err := here.Create(t.Context(), identity.System(), wanted())
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range []*auth.APIKeys{here, elsewhere} {
		if _, err := keys.Verify(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := here.Revoke(t.Context(), identity.System(), k.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := here.Verify(t.Context(), secret); !errors.Is(err, identity.ErrKey) {
		t.Errorf("here: %v", err)
	}
	clock.add(auth.KeyTTL)
	if _, err := elsewhere.Verify(t.Context(), secret); !errors.Is(err, identity.ErrKey) {
		t.Errorf("elsewhere: %v", err)
	}
}

func TestAKeyExpiresOnTimeEvenWhileItIsRemembered(t *testing.T) {
	t.Parallel()
	keys, _, clock := newKeys(t)
	k := wanted()
	k.ExpiresAt = clock.now().Add(time.Second)
	secret, _, err := keys.Create(t.Context(), identity.System(), k)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Verify(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	clock.add(time.Second)
	if _, err := keys.Verify(t.Context(), secret); !errors.Is(err, identity.ErrKey) {
		t.Errorf("after its end: %v", err)
	}
}

func TestAFailingStoreRefusesAndIsNotTakenForAnUnknownKey(t *testing.T) {
	t.Parallel()
	keys, store, clock := newKeys(t)
	secret, _, err := keys.Create(t.Context(), identity.System(), wanted())
	if err != nil {
		t.Fatal(err)
	}
	store.fail = errors.New("database is down")
	if _, err := keys.Verify(t.Context(), secret); err == nil || errors.Is(err, identity.ErrUnauthenticated) {
		t.Errorf("got %v", err)
	}
	store.fail = nil
	clock.add(time.Millisecond)
	if _, err := keys.Verify(t.Context(), secret); err != nil {
		t.Errorf("once it is back: %v", err)
	}
}

func TestAFloodOfUnknownKeysHoldsFewConnections(t *testing.T) {
	t.Parallel()
	minted, _, _ := newKeys(t)
	keys, store, _ := newKeys(t)
	store.hold = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 64 {
		secret, _, err := minted.Create(ctx, identity.System(), wanted()) // well-formed and unknown to keys
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if _, err := keys.Verify(ctx, secret); err == nil {
				t.Error("an unknown key was let in")
			}
		})
	}
	close(store.hold)
	wg.Wait()
	cancel()
	if _, _, most := store.counts(); most > 4 {
		t.Errorf("%d looks at once", most)
	}
}

func TestOnlyWhoAdministersAWholeSiteMakesItsKeys(t *testing.T) {
	t.Parallel()
	keys, store, _ := newKeys(t)
	person := func(role identity.Role, sites []int32) identity.Actor {
		return identity.User{ID: "u", Role: role, Sites: sites}.Actor()
	}
	if _, k, err := keys.Create(t.Context(), person(identity.RoleAdmin, []int32{1}), wanted()); err != nil || k.CreatedBy != "u" {
		t.Errorf("an admin of the site: %+v, %v", k, err)
	}
	if _, _, err := keys.Create(t.Context(), person(identity.RoleAdmin, []int32{2}), wanted()); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("an admin of another site: %v", err)
	}
	if _, _, err := keys.Create(t.Context(), person(identity.RoleAgent, []int32{1}), wanted()); !errors.Is(err, identity.ErrForbidden) {
		t.Errorf("an agent: %v", err)
	}
	key := identity.APIKey{Site: 1, Permissions: []identity.Permission{identity.PermInference}}.Actor()
	if _, _, err := keys.Create(t.Context(), key, wanted()); !errors.Is(err, identity.ErrForbidden) {
		t.Errorf("a key makes another: %v", err)
	}
	if _, err := keys.List(t.Context(), key); !errors.Is(err, identity.ErrForbidden) {
		t.Errorf("a key lists keys: %v", err)
	}
	if _, err := keys.Revoke(t.Context(), key, "id-a"); !errors.Is(err, identity.ErrForbidden) {
		t.Errorf("a key revokes one: %v", err)
	}
	bad := wanted()
	bad.Permissions = []identity.Permission{identity.PermExport}
	if _, _, err := keys.Create(t.Context(), identity.System(), bad); !errors.Is(err, identity.ErrInvalid) {
		t.Errorf("a permission that no key may have: %v", err)
	}
	if len(store.keys) != 1 {
		t.Errorf("%d keys were stored", len(store.keys))
	}
}
