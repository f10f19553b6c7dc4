package identity

import (
	"fmt"
	"slices"
	"time"
)

// ErrKey says that an API key is unknown, malformed, expired or revoked; it never says which.
var ErrKey = fmt.Errorf("invalid API key: %w", ErrUnauthenticated)

// APIKey lets a program in without a person's sign-in. It belongs to a site, as all that an installation's customers own.
type APIKey struct {
	ID   string // UUID
	Site int32
	Name string // what people call it
	// Hash is the SHA-256 of the secret: 32 bytes. The secret itself is shown once and stored nowhere.
	Hash []byte
	// Prefix is the secret's beginning, enough to recognise it by and useless without the rest.
	Prefix string
	// Permissions are all that the key may do; see KeyPermissions.
	Permissions []Permission
	// RequestsPerMinute and TokensPerMinute bound what the key may ask for. 0 = the server's own limits.
	RequestsPerMinute, TokensPerMinute int
	CreatedBy                          string // user id, or "system"
	CreatedAt                          time.Time
	ExpiresAt                          time.Time // zero = never
	LastUsedAt                         time.Time // zero = never; at most a minute old
	RevokedAt                          time.Time // zero = not revoked
}

// KeyPermissions returns what a key may be made for.
func KeyPermissions() []Permission { return []Permission{PermInference} }

// maxPerMinute bounds what an int4 column and a bucket hold.
const maxPerMinute = 1_000_000_000

// maxKeyYears is how far ahead a key may expire.
const maxKeyYears = 10

// Validate checks what a person chose about the key.
func (k *APIKey) Validate() error {
	if err := CheckName("name", k.Name); err != nil {
		return err
	}
	if len(k.Permissions) == 0 {
		return fmt.Errorf("%w: permissions are empty; give %q", ErrInvalid, PermInference)
	}
	for _, p := range k.Permissions {
		if !slices.Contains(KeyPermissions(), p) {
			return fmt.Errorf("%w: permission %q cannot be given to a key; %q can", ErrInvalid, p, PermInference)
		}
	}
	for field, n := range map[string]int{"requests_per_minute": k.RequestsPerMinute, "tokens_per_minute": k.TokensPerMinute} {
		if n < 0 || n > maxPerMinute {
			return fmt.Errorf("%w: %s must be within 0–%d; 0 means the server's limit", ErrInvalid, field, maxPerMinute)
		}
	}
	if !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(k.CreatedAt) {
		return fmt.Errorf("%w: expires_at lies in the past", ErrInvalid)
	}
	// A year of five digits is stored, but cannot be told again: JSON has no form for it (RFC 3339).
	if k.ExpiresAt.After(k.CreatedAt.AddDate(maxKeyYears, 0, 0)) {
		return fmt.Errorf("%w: expires_at lies more than ten years ahead; leave it out for a key that does not expire", ErrInvalid)
	}
	return nil
}

// Live reports whether the key lets anybody in at now.
func (k APIKey) Live(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}

// Actor returns the key as an actor: within its site, with its own permissions and no others.
func (k APIKey) Actor() Actor {
	return Actor{
		Kind: KindKey, ID: k.ID, Name: k.Name, Granted: k.Permissions,
		Scope: Scope{Sites: []int32{k.Site}, AllDepartments: true},
	}
}
