package postgres

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
)

//go:embed query/apikey_add.sql
var apiKeyAddSQL string

//go:embed query/apikey_by_hash.sql
var apiKeyByHashSQL string

//go:embed query/apikey_list.sql
var apiKeyListSQL string

//go:embed query/apikey_revoke.sql
var apiKeyRevokeSQL string

//go:embed query/apikey_touch.sql
var apiKeyTouchSQL string

type apiKeyRow struct {
	ID, Name, Prefix, CreatedBy        string
	Site                               int32
	Hash                               []byte
	Permissions                        []string
	RequestsPerMinute, TokensPerMinute int
	CreatedAt                          time.Time
	ExpiresAt, LastUsedAt, RevokedAt   *time.Time
}

func (r apiKeyRow) key() identity.APIKey {
	k := identity.APIKey{
		ID: r.ID, Site: r.Site, Name: r.Name, Hash: r.Hash, Prefix: r.Prefix,
		RequestsPerMinute: r.RequestsPerMinute, TokensPerMinute: r.TokensPerMinute,
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.UTC(),
		ExpiresAt: orZero(r.ExpiresAt), LastUsedAt: orZero(r.LastUsedAt), RevokedAt: orZero(r.RevokedAt),
	}
	for _, p := range r.Permissions {
		k.Permissions = append(k.Permissions, identity.Permission(p))
	}
	return k
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// AddKey stores a new API key together with its audit row and returns its id. identity.ErrNotFound when there is no
// such site.
func (a *Accounts) AddKey(ctx context.Context, k identity.APIKey) (id string, err error) {
	v7, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make key id: %w", err)
	}
	permissions := make([]string, len(k.Permissions))
	for i, p := range k.Permissions {
		permissions[i] = string(p)
	}
	_, err = a.pool.Exec(ctx, apiKeyAddSQL, pgx.NamedArgs{
		"id": v7.String(), "site": k.Site, "name": k.Name, "hash": k.Hash, "prefix": k.Prefix, "permissions": permissions,
		"requests": k.RequestsPerMinute, "tokens": k.TokensPerMinute, "created_by": k.CreatedBy, "created_at": k.CreatedAt.UTC(),
		"expires_at": orNull(k.ExpiresAt),
	})
	if err != nil {
		return "", accountError("add API key", err)
	}
	return v7.String(), nil
}

// KeyByHash returns the API key whose secret has this SHA-256, revoked and expired ones too. identity.ErrNotFound when
// there is none.
func (a *Accounts) KeyByHash(ctx context.Context, hash []byte) (identity.APIKey, error) {
	rows, err := a.pool.Query(ctx, apiKeyByHashSQL, hash)
	return oneKey("read API key", rows, err)
}

// Keys returns the API keys of the sites that scope holds as a whole, newest first.
func (a *Accounts) Keys(ctx context.Context, scope identity.Scope) ([]identity.APIKey, error) {
	rows, err := a.pool.Query(ctx, apiKeyListSQL, keyScope(scope, nil))
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	keys, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (identity.APIKey, error) {
		row, err := pgx.RowToStructByName[apiKeyRow](r)
		return row.key(), err
	})
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	return keys, nil
}

// RevokeKey ends an API key within scope at this time together with its audit row, and returns it; one that was revoked
// before keeps its time. identity.ErrNotFound when there is none.
func (a *Accounts) RevokeKey(ctx context.Context, scope identity.Scope, id, actor string, at time.Time) (identity.APIKey, error) {
	if uuid.Validate(id) != nil {
		return identity.APIKey{}, identity.ErrNotFound
	}
	rows, err := a.pool.Query(ctx, apiKeyRevokeSQL, keyScope(scope, pgx.NamedArgs{"id": id, "actor": actor, "at": at.UTC()}))
	return oneKey("revoke API key", rows, err)
}

// TouchKey records that an API key was used; an earlier time changes nothing.
func (a *Accounts) TouchKey(ctx context.Context, id string, at time.Time) error {
	if _, err := a.pool.Exec(ctx, apiKeyTouchSQL, id, at.UTC()); err != nil {
		return accountError("touch API key", err)
	}
	return nil
}

func oneKey(doing string, rows pgx.Rows, err error) (identity.APIKey, error) {
	if err != nil {
		return identity.APIKey{}, fmt.Errorf("%s: %w", doing, err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[apiKeyRow])
	if err != nil {
		return identity.APIKey{}, accountError(doing, err)
	}
	return row.key(), nil
}

// keyScope adds a scope's parameters to args. A scope of one contact, a visitor's, holds no key.
func keyScope(scope identity.Scope, args pgx.NamedArgs) pgx.NamedArgs {
	if args == nil {
		args = pgx.NamedArgs{}
	}
	own := scope.Contact != ""
	args["all"] = scope.All && !own
	args["all_departments"] = scope.AllDepartments && !own
	args["sites"] = orEmpty(scope.Sites)
	return args
}
