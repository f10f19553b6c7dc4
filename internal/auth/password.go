package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a hash: RFC 9106, section 4, second recommended option (64 MiB,
// three passes), with one lane, because the hasher runs as many at once as there
// are cores.
const (
	argonMemoryKiB = 64 * 1024
	argonTime      = 3
	argonLanes     = 1
	argonKeyBytes  = 32
	argonSaltBytes = 16
)

// errBadHash says that a stored hash is no argon2id PHC string.
var errBadHash = errors.New("not an argon2id hash")

// Hasher hashes and checks passwords. At most one hash a core runs at a time:
// more callers wait, so that sign-in attempts cannot exhaust the memory.
type Hasher struct {
	slots chan struct{}
	dummy string // checked for unknown accounts, so that they take as long
}

// NewHasher returns a hasher that runs at most parallel hashes at once; 0 means one a core.
func NewHasher(parallel int) (*Hasher, error) {
	if parallel < 0 {
		return nil, errors.New("password hasher: parallel must not be negative")
	}
	if parallel == 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	h := &Hasher{slots: make(chan struct{}, parallel)}
	dummy, err := h.Hash(context.Background(), rand.Text())
	if err != nil {
		return nil, err
	}
	h.dummy = dummy
	return h, nil
}

// Hash returns the password's argon2id hash as a PHC string. It waits for a
// slot and returns ctx's error when that ends first.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSaltBytes)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemoryKiB, argonLanes, argonKeyBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemoryKiB, argonTime, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// Verify reports whether password has this hash. An empty hash stands for an
// unknown account: it costs the same and is never right.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (bool, error) {
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	p, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	key := argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.lanes, uint32(len(p.key)))
	return subtle.ConstantTimeCompare(key, p.key) == 1 && known, nil
}

func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the password hasher: %w", context.Cause(ctx))
	}
}

func (h *Hasher) leave() { <-h.slots }

type phc struct {
	memory, time uint32
	lanes        uint8
	salt, key    []byte
}

// parseHash reads a PHC string. Its cost is bounded, since a hash may have been
// imported from elsewhere.
func parseHash(s string) (phc, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, errBadHash
	}
	var p phc
	var lanes uint32
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &lanes); err != nil {
		return phc{}, errBadHash
	}
	var err error
	if p.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return phc{}, errBadHash
	}
	if p.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return phc{}, errBadHash
	}
	if p.memory == 0 || p.memory > 1<<20 || p.time == 0 || p.time > 16 || lanes == 0 || lanes > math.MaxUint8 ||
		len(p.salt) < 8 || len(p.key) < 16 || len(p.key) > 128 {
		return phc{}, errBadHash
	}
	p.lanes = uint8(lanes)
	return p, nil
}
