package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"frontdesk/internal/identity"
)

const (
	// maxProofBytes bounds what is decoded at all.
	maxProofBytes = 8 << 10
	// proofSkew is how far the site's clock may be off.
	proofSkew = time.Minute
	// maxProofLife is how far ahead a proof may expire: it says that somebody is signed in now.
	maxProofLife = 24 * time.Hour
	// previousLife is how long a replaced secret is still good.
	previousLife = 24 * time.Hour
)

// ProofStore keeps the secrets of sites. Each change writes its audit row in the same transaction.
type ProofStore interface {
	// SiteSecret returns a site's secret, or identity.ErrNotFound when it has none.
	SiteSecret(ctx context.Context, site int32) (identity.SiteSecret, error)
	// PutSiteSecret replaces it; the one before stays good until previousUntil. identity.ErrNotFound when the site is not within scope.
	PutSiteSecret(ctx context.Context, scope identity.Scope, site int32, secret string, previousUntil time.Time, by identity.Actor) error
}

// Proofs checks the tokens by which sites vouch for their customers: JSON Web
// Tokens (RFC 7519) in the compact form of RFC 7515, of HS256 and nothing else.
// The algorithm is ours, not the token's: what its header says must be that
// (RFC 8725, section 3.1).
type Proofs struct {
	store ProofStore
	clock func() time.Time
}

// NewProofs returns Proofs. A nil clock is time.Now.
func NewProofs(store ProofStore, clock func() time.Time) (*Proofs, error) {
	if store == nil {
		return nil, errors.New("proofs: a store is required")
	}
	if clock == nil {
		clock = time.Now
	}
	return &Proofs{store: store, clock: clock}, nil
}

// Secret returns the site's secret for those who administer it, or identity.ErrNotFound.
func (p *Proofs) Secret(ctx context.Context, actor identity.Actor, site int32) (identity.SiteSecret, error) {
	if !actor.Can(identity.PermContactAdmin) {
		return identity.SiteSecret{}, fmt.Errorf("%s: %w", identity.PermContactAdmin, identity.ErrForbidden)
	}
	if !actor.Scope.Allows(site, 0, actor.Scope.Contact) {
		return identity.SiteSecret{}, identity.ErrNotFound
	}
	return p.store.SiteSecret(ctx, site)
}

// Renew makes a new secret for the site and returns it, this once. The one
// before it is good for another day.
func (p *Proofs) Renew(ctx context.Context, actor identity.Actor, site int32) (identity.SiteSecret, error) {
	if !actor.Can(identity.PermContactAdmin) {
		return identity.SiteSecret{}, fmt.Errorf("%s: %w", identity.PermContactAdmin, identity.ErrForbidden)
	}
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails
	secret := base64.RawURLEncoding.EncodeToString(raw[:])
	if err := p.store.PutSiteSecret(ctx, actor.Scope, site, secret, p.clock().Add(previousLife), actor); err != nil {
		return identity.SiteSecret{}, fmt.Errorf("renew the site's secret: %w", err)
	}
	return p.store.SiteSecret(ctx, site)
}

// Verify returns what a token of this site vouches for. Errors:
// identity.ErrProof, identity.ErrProofExpired, both with what is wrong, for the
// site's developers.
func (p *Proofs) Verify(ctx context.Context, site identity.Site, token string) (identity.Proof, error) {
	if len(token) > maxProofBytes {
		return identity.Proof{}, fmt.Errorf("%w: it is longer than %d bytes", identity.ErrProof, maxProofBytes)
	}
	signed, claims, mac, err := splitProof(token)
	if err != nil {
		return identity.Proof{}, err
	}
	secret, err := p.store.SiteSecret(ctx, site.ID)
	if errors.Is(err, identity.ErrNotFound) {
		return identity.Proof{}, fmt.Errorf("%w: the site has no secret yet; make one in the console, Contacts, Settings", identity.ErrProof)
	}
	if err != nil {
		return identity.Proof{}, fmt.Errorf("read the site's secret: %w", err)
	}
	now := p.clock()
	good := hmac.Equal(mac, hs256(secret.Secret, signed))
	if !good && secret.Previous != "" && now.Before(secret.PreviousUntil) {
		good = hmac.Equal(mac, hs256(secret.Previous, signed))
	}
	if !good {
		return identity.Proof{}, fmt.Errorf("%w: its signature is not one of this site's secret", identity.ErrProof)
	}
	return readProof(claims, site, now)
}

func hs256(secret, signed string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(signed)) // a hash never returns an error
	return mac.Sum(nil)
}

// splitProof takes the compact form apart and checks the header.
func splitProof(token string) (signed string, claims, mac []byte, err error) {
	bad := func(what string) error { return fmt.Errorf("%w: %s", identity.ErrProof, what) }
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", nil, nil, bad("it is no JSON Web Token of three parts")
	}
	var raw [3][]byte
	for i, part := range parts {
		if raw[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return "", nil, nil, bad("its parts are not base64url")
		}
	}
	// A map: field names count as they are spelt, which encoding/json's structs do not see to.
	var header map[string]json.RawMessage
	if json.Unmarshal(raw[0], &header) != nil {
		return "", nil, nil, bad("its header is no JSON object")
	}
	if string(header["alg"]) != `"HS256"` {
		return "", nil, nil, bad("its header must say alg HS256")
	}
	if _, ok := header["crit"]; ok { // RFC 7515, section 4.1.11: extensions that we do not know
		return "", nil, nil, bad("its header asks for extensions")
	}
	return parts[0] + "." + parts[1], raw[1], raw[2], nil
}

// readProof reads the claims of a token whose signature is good.
func readProof(raw []byte, site identity.Site, now time.Time) (identity.Proof, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", identity.ErrProof, fmt.Sprintf(format, args...))
	}
	var c map[string]json.RawMessage
	if err := json.Unmarshal(raw, &c); err != nil || c == nil {
		return identity.Proof{}, bad("its claims are no JSON object")
	}
	expires, ok := date(c["exp"])
	if !ok {
		return identity.Proof{}, bad("exp is missing: a number of seconds since 1970, at most a day ahead")
	}
	if expires.Sub(now) > maxProofLife+proofSkew {
		return identity.Proof{}, bad("exp is more than a day ahead")
	}
	if !now.Add(-proofSkew).Before(expires) {
		return identity.Proof{}, fmt.Errorf("%w: exp has passed", identity.ErrProofExpired)
	}
	for _, name := range []string{"nbf", "iat"} {
		if raw, given := c[name]; given {
			from, ok := date(raw)
			if !ok {
				return identity.Proof{}, bad("%s is no number of seconds", name)
			}
			if now.Add(proofSkew).Before(from) {
				return identity.Proof{}, fmt.Errorf("%w: %s lies ahead", identity.ErrProofExpired, name)
			}
		}
	}
	if raw, given := c["aud"]; given && !audience(raw, site.Key) {
		return identity.Proof{}, bad("aud names another site than %q", site.Key)
	}
	out := identity.Proof{ExpiresAt: expires}
	for _, f := range []struct {
		name string
		to   *string
		max  int
	}{{"sub", &out.External, 200}, {"email", &out.Email, 254}, {"name", &out.Name, 200}, {"phone", &out.Phone, 40}, {"locale", &out.Locale, 35}} {
		if err := word(c[f.name], f.to, f.max); err != nil {
			return identity.Proof{}, bad("%s %s", f.name, err)
		}
	}
	if out.Email != "" {
		email, err := identity.NormalizeEmail(out.Email)
		if err != nil {
			return identity.Proof{}, bad("email must look like name@example.com")
		}
		out.Email = email
	}
	if out.External == "" && out.Email == "" {
		return identity.Proof{}, bad("sub is missing: what your site calls the customer (or email)")
	}
	if out.Locale != "zh-CN" && out.Locale != "en" {
		out.Locale = ""
	}
	if raw, given := c["attributes"]; given {
		if err := json.Unmarshal(raw, &out.Attributes); err != nil {
			return identity.Proof{}, bad("attributes is no JSON object")
		}
	}
	return out, nil
}

// date reads a NumericDate (RFC 7519, section 2).
func date(raw json.RawMessage) (time.Time, bool) {
	var seconds float64
	if len(raw) == 0 || json.Unmarshal(raw, &seconds) != nil || math.Abs(seconds) > 1<<40 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(seconds * 1000)).UTC(), true
}

// audience reports whether aud, one string or several, names the site.
func audience(raw json.RawMessage, site string) bool {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one == site
	}
	var several []string
	_ = json.Unmarshal(raw, &several) // what is neither names nobody
	return slices.Contains(several, site)
}

// word reads one line of text. A whole number is taken as its digits, for sites whose ids are such: in one form
// only, since 1000, 1e3 and 1000.0 would be three customers.
func word(raw json.RawMessage, to *string, limit int) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var number json.Number
	if raw[0] != '"' {
		if err := json.Unmarshal(raw, &number); err != nil {
			return errors.New("is no text")
		}
		*to = number.String()
		if strings.ContainsAny(*to, ".eE") || *to == "-0" {
			return errors.New("must be a text or a whole number in digits, such as 1000")
		}
		if len(*to) > limit {
			return fmt.Errorf("is longer than %d characters", limit)
		}
		return nil
	}
	if err := json.Unmarshal(raw, to); err != nil {
		return errors.New("is no text")
	}
	*to = strings.TrimSpace(*to)
	if !utf8.ValidString(*to) || strings.ContainsFunc(*to, unicode.IsControl) {
		return errors.New("holds characters that cannot be shown")
	}
	if utf8.RuneCountInString(*to) > limit {
		return fmt.Errorf("is longer than %d characters", limit)
	}
	return nil
}
