package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"

	"frontdesk/internal/identity"
)

// Keys of a session's data.
const (
	keyUser = "user" // user id
	keyCSRF = "csrf"
	keyMark = "mark" // of the password hash: changing the password ends the session
)

// SessionLifetime is how long a sign-in lasts.
const SessionLifetime = 7 * 24 * time.Hour

// Sessions signs agents and admins in and out.
type Sessions struct {
	store   Store
	hasher  *Hasher
	manager *scs.SessionManager
}

// NewSessions returns Sessions that keep accounts in store and sessions in
// kept, which is given hashes of tokens only. kept must have scs's methods with
// a context.
func NewSessions(store Store, kept scs.CtxStore, hasher *Hasher) (*Sessions, error) {
	if store == nil || kept == nil || hasher == nil {
		return nil, errors.New("sessions: store, kept and hasher are required")
	}
	// Not scs.New, which starts a goroutine for an in-memory store that would not be used. What New also makes, a
	// context key of its own, only matters where several managers share a context.
	manager := &scs.SessionManager{Store: kept, Lifetime: SessionLifetime, HashTokenInStore: true, Codec: scs.GobCodec{}}
	return &Sessions{store: store, hasher: hasher, manager: manager}, nil
}

// SignIn checks a password and starts a session under a new token, whatever
// token the browser had before (that one is ended: session fixation). Errors:
// identity.ErrBadCredentials for an unknown address, a wrong password or a
// disabled account alike.
func (s *Sessions) SignIn(ctx context.Context, email, password, oldToken string) (identity.Session, error) {
	var user identity.User
	if normal, err := identity.NormalizeEmail(email); err == nil {
		user, err = s.store.UserByEmail(ctx, normal)
		if err != nil && !errors.Is(err, identity.ErrNotFound) {
			return identity.Session{}, fmt.Errorf("sign in: %w", err)
		}
	}
	if len(password) > identity.MaxPasswordBytes {
		password = "" // never right; the hash still costs the same
	}
	ok, err := s.hasher.Verify(ctx, user.PasswordHash, password)
	if err != nil {
		return identity.Session{}, fmt.Errorf("sign in: %w", err)
	}
	if !ok || user.Disabled {
		return identity.Session{}, identity.ErrBadCredentials
	}
	return s.Start(ctx, user, oldToken)
}

// Start begins a session for user, who has been identified otherwise (setup).
func (s *Sessions) Start(ctx context.Context, user identity.User, oldToken string) (identity.Session, error) {
	if err := s.SignOut(ctx, oldToken); err != nil {
		return identity.Session{}, err
	}
	ctx, err := s.manager.Load(ctx, "")
	if err != nil {
		return identity.Session{}, fmt.Errorf("start session: %w", err)
	}
	session := identity.Session{CSRF: rand.Text(), User: user}
	s.manager.Put(ctx, keyUser, user.ID)
	s.manager.Put(ctx, keyCSRF, session.CSRF)
	s.manager.Put(ctx, keyMark, passwordMark(user.PasswordHash))
	if session.Token, session.ExpiresAt, err = s.manager.Commit(ctx); err != nil {
		return identity.Session{}, fmt.Errorf("start session: %w", err)
	}
	return session, nil
}

// Open returns the session of a token. identity.ErrUnauthenticated when there
// is none, it has expired, its account is disabled or has a new password.
func (s *Sessions) Open(ctx context.Context, token string) (identity.Session, error) {
	if token == "" {
		return identity.Session{}, identity.ErrUnauthenticated
	}
	ctx, err := s.manager.Load(ctx, token)
	if err != nil {
		return identity.Session{}, fmt.Errorf("open session: %w", err)
	}
	id := s.manager.GetString(ctx, keyUser)
	if id == "" {
		return identity.Session{}, identity.ErrUnauthenticated
	}
	user, err := s.store.UserByID(ctx, id)
	if errors.Is(err, identity.ErrNotFound) {
		return identity.Session{}, identity.ErrUnauthenticated
	}
	if err != nil {
		return identity.Session{}, fmt.Errorf("open session: %w", err)
	}
	mark := s.manager.GetString(ctx, keyMark)
	if user.Disabled || subtle.ConstantTimeCompare([]byte(mark), []byte(passwordMark(user.PasswordHash))) != 1 {
		return identity.Session{}, identity.ErrUnauthenticated
	}
	return identity.Session{
		Token: token, CSRF: s.manager.GetString(ctx, keyCSRF), User: user, ExpiresAt: s.manager.Deadline(ctx),
	}, nil
}

// SignOut ends the session of a token; an unknown one is no error.
func (s *Sessions) SignOut(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	ctx, err := s.manager.Load(ctx, token)
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	if s.manager.GetString(ctx, keyUser) == "" {
		return nil
	}
	if err := s.manager.Destroy(ctx); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// ChangePassword replaces the password of a session's user, ends all sessions
// of that user and returns a new one. Errors: identity.ErrBadCredentials when
// current is wrong, identity.ErrInvalid for a bad new one.
func (s *Sessions) ChangePassword(ctx context.Context, session identity.Session, current, replacement string) (identity.Session, error) {
	if err := identity.CheckPassword(replacement); err != nil {
		return identity.Session{}, err
	}
	ok, err := s.hasher.Verify(ctx, session.User.PasswordHash, current)
	if err != nil {
		return identity.Session{}, fmt.Errorf("change password: %w", err)
	}
	if !ok {
		return identity.Session{}, identity.ErrBadCredentials
	}
	hash, err := s.hasher.Hash(ctx, replacement)
	if err != nil {
		return identity.Session{}, fmt.Errorf("change password: %w", err)
	}
	if err := s.store.SetPassword(ctx, session.User.ID, hash); err != nil {
		return identity.Session{}, fmt.Errorf("change password: %w", err)
	}
	session.User.PasswordHash = hash
	return s.Start(ctx, session.User, session.Token)
}

// passwordMark identifies a password hash without revealing it.
func passwordMark(hash string) string {
	sum := sha256.Sum256([]byte(hash))
	return hex.EncodeToString(sum[:16])
}
