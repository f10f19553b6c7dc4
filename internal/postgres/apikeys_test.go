package postgres

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"frontdesk/internal/identity"
)

func keyOf(site int32, mark byte) identity.APIKey {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return identity.APIKey{
		Site: site, Name: "search", Hash: bytes.Repeat([]byte{mark}, 32), Prefix: "fd_abc", Permissions: []identity.Permission{identity.PermInference},
		RequestsPerMinute: 60, TokensPerMinute: 9000, CreatedBy: "system", CreatedAt: now, ExpiresAt: now.Add(time.Hour),
	}
}

func TestAnAPIKeyComesBackAsItWasAdded(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	ctx := t.Context()
	site, err := a.SiteByKey(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	k := keyOf(site.ID, 1)
	if k.ID, err = a.AddKey(ctx, k); err != nil {
		t.Fatal(err)
	}
	got, err := a.KeyByHash(ctx, k.Hash)
	if err != nil || got.ID != k.ID || got.Name != k.Name || got.Prefix != k.Prefix || len(got.Permissions) != 1 || got.RequestsPerMinute != 60 ||
		got.TokensPerMinute != 9000 || !got.CreatedAt.Equal(k.CreatedAt) || !got.ExpiresAt.Equal(k.ExpiresAt) || !got.LastUsedAt.IsZero() || !got.RevokedAt.IsZero() {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := a.KeyByHash(ctx, bytes.Repeat([]byte{9}, 32)); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("unknown hash: %v", err)
	}
	if _, err := a.AddKey(ctx, k); err == nil {
		t.Error("the same secret twice")
	}
	if _, err := a.AddKey(ctx, keyOf(9999, 2)); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("a site that is not there: %v", err)
	}
	used := time.Now().UTC().Truncate(time.Microsecond)
	for _, at := range []time.Time{used, used.Add(-time.Hour)} { // never back
		if err := a.TouchKey(ctx, k.ID, at); err != nil {
			t.Error(err)
		}
	}
	if got, err := a.KeyByHash(ctx, k.Hash); err != nil || !got.LastUsedAt.Equal(used) {
		t.Errorf("last used %v, want %v, %v", got.LastUsedAt, used, err)
	}
}

func TestKeysOfOtherSitesAreNeitherSeenNorRevoked(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	ctx := t.Context()
	mine, err := a.EnsureSite(ctx, "mine", "Mine", "en")
	if err != nil {
		t.Fatal(err)
	}
	other, err := a.EnsureSite(ctx, "other", "Other", "en")
	if err != nil {
		t.Fatal(err)
	}
	k := keyOf(mine.ID, 1)
	if k.ID, err = a.AddKey(ctx, k); err != nil {
		t.Fatal(err)
	}
	for name, scope := range map[string]identity.Scope{
		"nothing":                    {},
		"another site":               {Sites: []int32{other.ID}, AllDepartments: true},
		"one department of the site": {Sites: []int32{mine.ID}, Departments: []int32{1}},
		"a visitor of the site":      {Sites: []int32{mine.ID}, AllDepartments: true, Contact: "c"},
	} {
		if keys, err := a.Keys(ctx, scope); err != nil || len(keys) != 0 {
			t.Errorf("%s: sees %v, %v", name, keys, err)
		}
		if _, err := a.RevokeKey(ctx, scope, k.ID, "u", time.Now()); !errors.Is(err, identity.ErrNotFound) {
			t.Errorf("%s: revokes: %v", name, err)
		}
	}
	own := identity.Scope{Sites: []int32{mine.ID}, AllDepartments: true}
	if keys, err := a.Keys(ctx, own); err != nil || len(keys) != 1 || keys[0].ID != k.ID {
		t.Errorf("own site: %v, %v", keys, err)
	}
	first := time.Now().UTC().Truncate(time.Microsecond)
	for i := range 2 {
		got, err := a.RevokeKey(ctx, own, k.ID, "u", first.Add(time.Duration(i)*time.Hour))
		if err != nil || !got.RevokedAt.Equal(first) || !bytes.Equal(got.Hash, k.Hash) {
			t.Fatalf("revoked at %v, want %v, %v", got.RevokedAt, first, err)
		}
	}
	if _, err := a.RevokeKey(ctx, own, "no uuid", "u", first); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("an id that is none: %v", err)
	}
	var made, ended int
	if err := a.pool.QueryRow(ctx, `SELECT count(*) FILTER (WHERE action = 'apikey.create'), count(*) FILTER (WHERE action = 'apikey.revoke')
		FROM audit_log WHERE object = $1 AND site_id = $2 AND detail = 'search'`, k.ID, mine.ID).Scan(&made, &ended); err != nil || made != 1 || ended != 1 {
		t.Errorf("%d audit rows of making and %d of revoking, want one each, %v", made, ended, err)
	}
}
