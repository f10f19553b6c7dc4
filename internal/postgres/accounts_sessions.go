package postgres

import (
	"context"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed query/session_find.sql
var sessionFindSQL string

//go:embed query/session_commit.sql
var sessionCommitSQL string

//go:embed query/session_delete.sql
var sessionDeleteSQL string

//go:embed query/session_prune.sql
var sessionPruneSQL string

// Sessions keeps sign-in sessions, in the form of scs's CtxStore. It is given
// the SHA-256 of a token in base64url, never the token: scs hashes it
// (HashTokenInStore), so that a copy of the table signs nobody in.
type Sessions struct{ pool *pgxpool.Pool }

// NewSessions returns a store on pool, which stays the caller's.
func NewSessions(pool *pgxpool.Pool) *Sessions { return &Sessions{pool: pool} }

// errNoContext: scs calls the methods without a context only when a store lacks the others.
var errNoContext = errors.New("session store needs a context")

// FindCtx returns the data of a live session.
func (s *Sessions) FindCtx(ctx context.Context, hash string) (data []byte, found bool, err error) {
	key, err := sessionKey(hash)
	if err != nil {
		return nil, false, nil //nolint:nilerr // scs: a malformed token is not found
	}
	err = s.pool.QueryRow(ctx, sessionFindSQL, key).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find session: %w", err)
	}
	return data, true, nil
}

// CommitCtx writes a session until expiry.
func (s *Sessions) CommitCtx(ctx context.Context, hash string, data []byte, expiry time.Time) error {
	key, err := sessionKey(hash)
	if err != nil {
		return fmt.Errorf("commit session: %w", err)
	}
	if _, err := s.pool.Exec(ctx, sessionCommitSQL, key, data, expiry.UTC()); err != nil {
		return fmt.Errorf("commit session: %w", err)
	}
	return nil
}

// DeleteCtx ends a session; one that is not there is no error.
func (s *Sessions) DeleteCtx(ctx context.Context, hash string) error {
	key, err := sessionKey(hash)
	if err != nil {
		return nil //nolint:nilerr // no such session can exist
	}
	if _, err := s.pool.Exec(ctx, sessionDeleteSQL, key); err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// Prune removes expired sessions and returns how many there were.
func (s *Sessions) Prune(ctx context.Context) (int64, error) {
	tag, err := s.pool.Exec(ctx, sessionPruneSQL)
	if err != nil {
		return 0, fmt.Errorf("prune sessions: %w", err)
	}
	return tag.RowsAffected(), nil
}

// Find is part of scs's Store and is never called: FindCtx is.
func (s *Sessions) Find(string) ([]byte, bool, error) { return nil, false, errNoContext }

// Commit is part of scs's Store and is never called: CommitCtx is.
func (s *Sessions) Commit(string, []byte, time.Time) error { return errNoContext }

// Delete is part of scs's Store and is never called: DeleteCtx is.
func (s *Sessions) Delete(string) error { return errNoContext }

func sessionKey(hash string) ([]byte, error) {
	key, err := base64.RawURLEncoding.DecodeString(hash)
	if err != nil || len(key) != 32 {
		return nil, errors.New("not a session key")
	}
	return key, nil
}
