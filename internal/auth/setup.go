package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"frontdesk/internal/identity"
)

// SetupLifetime is how long a one-time setup token is good. Each start of the
// server without an admin makes a new one.
const SetupLifetime = 24 * time.Hour

// Setup lets the holder of a one-time token make the first admin.
type Setup struct {
	store  SetupStore
	hasher *Hasher
	clock  func() time.Time
}

// NewSetup returns a Setup. A nil clock is time.Now.
func NewSetup(store SetupStore, hasher *Hasher, clock func() time.Time) (*Setup, error) {
	if store == nil || hasher == nil {
		return nil, errors.New("setup: store and hasher are required")
	}
	if clock == nil {
		clock = time.Now
	}
	return &Setup{store: store, hasher: hasher, clock: clock}, nil
}

// Needed reports whether there is no admin yet.
func (s *Setup) Needed(ctx context.Context) (bool, error) {
	has, err := s.store.HasAdmin(ctx)
	if err != nil {
		return false, fmt.Errorf("setup: %w", err)
	}
	return !has, nil
}

// Issue makes a new one-time token, which replaces the one before, and keeps
// only its hash. identity.ErrSetup when there is an admin already.
func (s *Setup) Issue(ctx context.Context) (token string, err error) {
	needed, err := s.Needed(ctx)
	if err != nil {
		return "", err
	}
	if !needed {
		return "", identity.ErrSetup
	}
	token = rand.Text()
	if err := s.store.PutSetting(ctx, "setup_token", map[string]string{
		"sha256": setupHash(token), "expires_at": s.clock().Add(SetupLifetime).UTC().Format(time.RFC3339Nano),
	}); err != nil {
		return "", fmt.Errorf("issue setup token: %w", err)
	}
	return token, nil
}

// Complete makes u the first admin with this password. Errors:
// identity.ErrSetup (wrong, used or expired token, or an admin exists),
// identity.ErrInvalid.
func (s *Setup) Complete(ctx context.Context, token string, u identity.User, password string) (identity.User, error) {
	if err := identity.CheckPassword(password); err != nil {
		return identity.User{}, err
	}
	u.Role = identity.RoleAdmin
	if err := u.Validate(); err != nil {
		return identity.User{}, err
	}
	needed, err := s.Needed(ctx)
	if err != nil {
		return identity.User{}, err
	}
	if !needed || len(token) > 128 {
		return identity.User{}, identity.ErrSetup
	}
	if u.PasswordHash, err = s.hasher.Hash(ctx, password); err != nil {
		return identity.User{}, fmt.Errorf("complete setup: %w", err)
	}
	admin, err := s.store.CreateFirstAdmin(ctx, setupHash(token), u, s.clock())
	if err != nil {
		return identity.User{}, fmt.Errorf("complete setup: %w", err)
	}
	return admin, nil
}

func setupHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
