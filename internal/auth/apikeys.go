package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"frontdesk/internal/identity"
)

// A secret is "fd_", 43 characters that carry 32 random bytes, and 6 that carry their CRC-32, all base62. The checksum
// turns away typing errors and cut-off secrets without a look into the database, and lets scanners for leaked secrets
// tell ours from chance.
const (
	secretPrefix = "fd_"
	secretBytes  = 32
	randomChars  = 43 // 62^43 > 2^256
	sumChars     = 6  // 62^6 > 2^32
	secretLength = len(secretPrefix) + randomChars + sumChars

	// shownChars of a secret's beginning are kept to recognise it by: 8 random ones, which leaves 209 bits unknown.
	shownChars = len(secretPrefix) + 8
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

const (
	// KeyTTL is for how long a key is believed without asking the store again: a key that another process revoked works on
	// for at most that long.
	KeyTTL = 3 * time.Second
	// touchEvery is how often the time of a key's last use is written.
	touchEvery = time.Minute
	// cachedKeys bounds the memory of answers; the one unused for longest is asked for again.
	cachedKeys = 4096
	// keyLookups bounds the connections that a flood of unknown keys can hold; the rest waits its turn.
	keyLookups = 4
)

// APIKeys makes, lists, revokes and checks API keys. It is safe for concurrent use and starts no goroutine.
type APIKeys struct {
	store   KeyStore
	clock   func() time.Time
	logger  *slog.Logger
	lookups chan struct{} // a place is taken for each look into the store

	mu    sync.Mutex // guards known and what it holds
	known *simplelru.LRU[[sha256.Size]byte, *knownKey]
}

// knownKey is what the store last said about a secret.
type knownKey struct {
	key     identity.APIKey
	found   bool
	read    time.Time // when the store was asked
	touched time.Time // when the last use was written by this process
}

// NewAPIKeys returns APIKeys on store. A nil clock is time.Now, a nil logger slog.Default().
func NewAPIKeys(store KeyStore, logger *slog.Logger, clock func() time.Time) (*APIKeys, error) {
	if store == nil {
		return nil, errors.New("api keys: store is required")
	}
	if clock == nil {
		clock = time.Now
	}
	if logger == nil {
		logger = slog.Default()
	}
	known, err := simplelru.NewLRU[[sha256.Size]byte, *knownKey](cachedKeys, nil)
	if err != nil {
		return nil, fmt.Errorf("api keys: %w", err)
	}
	return &APIKeys{store: store, clock: clock, logger: logger, known: known, lookups: make(chan struct{}, keyLookups)}, nil
}

// Create stores a new key with what the caller chose in k (site, name, permissions, limits, end) and returns its
// secret, which nobody can ever read again. Errors: identity.ErrForbidden, identity.ErrInvalid, identity.ErrNotFound
// for a site outside the actor's scope.
func (a *APIKeys) Create(ctx context.Context, actor identity.Actor, k identity.APIKey) (secret string, made identity.APIKey, err error) {
	if !actor.Can(identity.PermKeyAdmin) {
		return "", k, fmt.Errorf("%s: %w", identity.PermKeyAdmin, identity.ErrForbidden)
	}
	if !wholeSite(actor.Scope, k.Site) {
		return "", k, fmt.Errorf("site: %w", identity.ErrNotFound)
	}
	k.CreatedAt = a.clock().UTC().Truncate(time.Microsecond) // what PostgreSQL keeps
	k.CreatedBy = actorID(actor)
	k.LastUsedAt, k.RevokedAt = time.Time{}, time.Time{}
	if err := k.Validate(); err != nil {
		return "", k, err
	}
	if secret, err = newSecret(); err != nil {
		return "", k, err
	}
	hash := sha256.Sum256([]byte(secret))
	k.Hash, k.Prefix = hash[:], secret[:shownChars]
	if k.ID, err = a.store.AddKey(ctx, k); err != nil {
		return "", k, fmt.Errorf("create API key: %w", err)
	}
	return secret, k, nil
}

// List returns the keys of the actor's sites, revoked and expired ones too, newest first. Errors: identity.ErrForbidden.
func (a *APIKeys) List(ctx context.Context, actor identity.Actor) ([]identity.APIKey, error) {
	if !actor.Can(identity.PermKeyAdmin) {
		return nil, fmt.Errorf("%s: %w", identity.PermKeyAdmin, identity.ErrForbidden)
	}
	keys, err := a.store.Keys(ctx, actor.Scope)
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	return keys, nil
}

// Revoke ends a key for good: no process believes it longer than KeyTTL, this one as a rule not at all. One that is revoked already stays as
// it is, without an error. Errors: identity.ErrForbidden, identity.ErrNotFound.
func (a *APIKeys) Revoke(ctx context.Context, actor identity.Actor, id string) (identity.APIKey, error) {
	if !actor.Can(identity.PermKeyAdmin) {
		return identity.APIKey{}, fmt.Errorf("%s: %w", identity.PermKeyAdmin, identity.ErrForbidden)
	}
	k, err := a.store.RevokeKey(ctx, actor.Scope, id, actorID(actor), a.clock().UTC())
	if err != nil {
		return identity.APIKey{}, fmt.Errorf("revoke API key: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known.Remove([sha256.Size]byte(k.Hash))
	return k, nil
}

// Verify returns the live key of a secret. A secret that was seen within KeyTTL costs no look into the store; the time
// of the last use is written at most once a minute. Errors: identity.ErrUnauthenticated for no secret, identity.ErrKey.
func (a *APIKeys) Verify(ctx context.Context, secret string) (identity.APIKey, error) {
	if secret == "" {
		return identity.APIKey{}, identity.ErrUnauthenticated
	}
	if !wellFormed(secret) {
		return identity.APIKey{}, identity.ErrKey
	}
	// The look-up is by the hash of 256 random bits: how long it takes says nothing about any other secret.
	hash := sha256.Sum256([]byte(secret))
	now := a.clock()
	known, fresh := a.remembered(hash, now)
	if !fresh {
		var err error
		if known, err = a.look(ctx, hash, known); err != nil {
			return identity.APIKey{}, err
		}
	}
	if !known.found || subtle.ConstantTimeCompare(known.key.Hash, hash[:]) != 1 || !known.key.Live(now) {
		return identity.APIKey{}, identity.ErrKey
	}
	if a.claimTouch(hash, now) {
		if err := a.store.TouchKey(ctx, known.key.ID, now.UTC()); err != nil {
			a.logger.WarnContext(ctx, "write last use of API key", "key", known.key.ID, "error", err) // the request is none the worse
		}
	}
	return known.key, nil
}

// remembered returns what is known about a hash, and whether it is fresh enough to be believed.
func (a *APIKeys) remembered(hash [sha256.Size]byte, now time.Time) (knownKey, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k, ok := a.known.Get(hash)
	if !ok {
		return knownKey{}, false
	}
	age := now.Sub(k.read)
	return *k, age >= 0 && age < KeyTTL
}

// look asks the store and remembers the answer, also that there is no such key.
func (a *APIKeys) look(ctx context.Context, hash [sha256.Size]byte, before knownKey) (knownKey, error) {
	select {
	case a.lookups <- struct{}{}:
		defer func() { <-a.lookups }()
	case <-ctx.Done():
		return knownKey{}, fmt.Errorf("look up API key: %w", context.Cause(ctx))
	}
	// The age counts from before the question: a key revoked while it is asked is believed no longer than KeyTTL.
	k := knownKey{read: a.clock(), touched: before.touched}
	key, err := a.store.KeyByHash(ctx, hash[:])
	switch {
	case err == nil:
		k.key, k.found = key, true
		if k.touched.Before(key.LastUsedAt) {
			k.touched = key.LastUsedAt // another process wrote it
		}
	case !errors.Is(err, identity.ErrNotFound):
		return knownKey{}, fmt.Errorf("look up API key: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known.Add(hash, &k)
	return k, nil
}

// claimTouch reports whether it is this request that writes the time of the last use.
func (a *APIKeys) claimTouch(hash [sha256.Size]byte, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	k, ok := a.known.Peek(hash)
	if !ok || now.Sub(k.touched) < touchEvery {
		return false
	}
	k.touched = now
	return true
}

// wholeSite reports whether a scope holds all of a site, as a key's does.
func wholeSite(s identity.Scope, site int32) bool {
	return s.Contact == "" && (s.All || s.AllDepartments && slices.Contains(s.Sites, site))
}

// actorID is how CreatedBy and audit rows name an actor.
func actorID(actor identity.Actor) string {
	if actor.ID == "" {
		return string(identity.KindSystem)
	}
	return actor.ID
}

func newSecret() (string, error) {
	random := make([]byte, secretBytes)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("make secret: %w", err)
	}
	body := encode62(new(big.Int).SetBytes(random), randomChars)
	return secretPrefix + body + checksum(body), nil
}

// wellFormed reports whether a secret can be one of ours.
func wellFormed(secret string) bool {
	body, ok := strings.CutPrefix(secret, secretPrefix)
	return ok && len(secret) == secretLength && checksum(body[:randomChars]) == body[randomChars:]
}

func checksum(body string) string {
	return encode62(new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(body)))), sumChars)
}

// encode62 writes n with leading zeros in exactly width digits.
func encode62(n *big.Int, width int) string {
	out := make([]byte, width)
	base, digit := big.NewInt(int64(len(base62))), new(big.Int)
	for i := width - 1; i >= 0; i-- {
		n.DivMod(n, base, digit)
		out[i] = base62[digit.Int64()]
	}
	return string(out)
}
