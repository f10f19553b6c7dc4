package auth

import (
	"context"
	"time"

	"frontdesk/internal/identity"
)

// Store keeps accounts.
type Store interface {
	// UserByEmail returns the account with this lower-case address, disabled ones included, or identity.ErrNotFound.
	UserByEmail(ctx context.Context, email string) (identity.User, error)
	// UserByID returns the account, or identity.ErrNotFound.
	UserByID(ctx context.Context, id string) (identity.User, error)
	// SetPassword replaces the password hash, or returns identity.ErrNotFound.
	SetPassword(ctx context.Context, id, hash string) error
}

// SetupStore keeps the one-time setup token and makes the first admin.
type SetupStore interface {
	// HasAdmin reports whether anybody can administer.
	HasAdmin(ctx context.Context) (bool, error)
	// PutSetting writes a setting as JSON.
	PutSetting(ctx context.Context, key string, value any) error
	// CreateFirstAdmin stores u and uses the token up, atomically. Errors:
	// identity.ErrSetup, identity.ErrInvalid, identity.ErrEmailTaken.
	CreateFirstAdmin(ctx context.Context, tokenHash string, u identity.User, now time.Time) (identity.User, error)
}

// KeyStore keeps API keys. Each change writes its audit row in the same statement.
type KeyStore interface {
	// AddKey stores a new key and returns its id. identity.ErrNotFound when there is no such site.
	AddKey(ctx context.Context, k identity.APIKey) (id string, err error)
	// KeyByHash returns the key, revoked and expired ones too, or identity.ErrNotFound.
	KeyByHash(ctx context.Context, hash []byte) (identity.APIKey, error)
	// Keys returns the keys of the sites within scope, newest first.
	Keys(ctx context.Context, scope identity.Scope) ([]identity.APIKey, error)
	// RevokeKey ends a key within scope, or returns identity.ErrNotFound. The first time counts.
	RevokeKey(ctx context.Context, scope identity.Scope, id, actor string, at time.Time) (identity.APIKey, error)
	// TouchKey records that a key was used; an earlier time changes nothing.
	TouchKey(ctx context.Context, id string, at time.Time) error
}
