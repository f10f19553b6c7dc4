package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"frontdesk/internal/identity"
)

// VisitorLifetime is how long a visitor token is good.
const VisitorLifetime = 30 * 24 * time.Hour

// IdentifiedLifetime is how long the token of an identified visitor is good: it
// is not renewed by itself, the site has to vouch for them again.
const IdentifiedLifetime = 7 * 24 * time.Hour

// minKeyBytes: RFC 2104, section 3 discourages keys shorter than the hash.
const minKeyBytes = 32

// maxTokenBytes bounds what is decoded at all.
const maxTokenBytes = 512

// Visitors makes and checks visitor tokens: base64url(claims) "." base64url(HMAC-SHA256).
// They need no row in the database and cannot be taken back one by one;
// replacing the key ends all of them.
type Visitors struct {
	key   []byte
	clock func() time.Time
}

// claims is the token's payload. v is its layout.
type claims struct {
	Version int    `json:"v"`
	Site    int32  `json:"site"`
	Contact string `json:"contact"`
	Issued  int64  `json:"iat"` // Unix seconds
	Expires int64  `json:"exp"`
	// Identified: the site vouched for the contact when the token was issued.
	Identified bool `json:"id,omitempty"`
}

// NewVisitors returns Visitors that sign with key, at least 32 bytes. A nil clock is time.Now.
func NewVisitors(key []byte, clock func() time.Time) (*Visitors, error) {
	if len(key) < minKeyBytes {
		return nil, errors.New("visitor tokens: the key must have at least 32 bytes")
	}
	if clock == nil {
		clock = time.Now
	}
	return &Visitors{key: key, clock: clock}, nil
}

// Issue returns a token for a contact of a site, and when it expires.
func (v *Visitors) Issue(site int32, contact string) (token string, expires time.Time, err error) {
	return v.issue(claims{Site: site, Contact: contact}, VisitorLifetime)
}

// IssueIdentified is Issue for a contact that the site has just vouched for.
func (v *Visitors) IssueIdentified(site int32, contact string) (token string, expires time.Time, err error) {
	return v.issue(claims{Site: site, Contact: contact, Identified: true}, IdentifiedLifetime)
}

func (v *Visitors) issue(c claims, life time.Duration) (token string, expires time.Time, err error) {
	now := v.clock()
	expires = now.Add(life).Truncate(time.Second).UTC()
	c.Version, c.Issued, c.Expires = 1, now.Unix(), expires.Unix()
	payload, err := json.Marshal(c)
	if err != nil {
		return "", time.Time{}, err //nolint:wrapcheck // cannot happen: strings and numbers
	}
	body := base64.RawURLEncoding.EncodeToString(payload)
	return body + "." + base64.RawURLEncoding.EncodeToString(v.sign(body)), expires, nil
}

// Verify returns what a token vouches for. Errors: identity.ErrTokenInvalid,
// identity.ErrTokenExpired.
func (v *Visitors) Verify(token string) (identity.VisitorClaims, error) {
	body, mac, ok := strings.Cut(token, ".")
	if !ok || len(token) > maxTokenBytes {
		return identity.VisitorClaims{}, identity.ErrTokenInvalid
	}
	// Strict: one token has one spelling.
	encoding := base64.RawURLEncoding.Strict()
	sum, err := encoding.DecodeString(mac)
	if err != nil || !hmac.Equal(sum, v.sign(body)) {
		return identity.VisitorClaims{}, identity.ErrTokenInvalid
	}
	payload, err := encoding.DecodeString(body)
	if err != nil {
		return identity.VisitorClaims{}, identity.ErrTokenInvalid
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil || c.Version != 1 || c.Contact == "" {
		return identity.VisitorClaims{}, identity.ErrTokenInvalid
	}
	out := identity.VisitorClaims{
		Site: c.Site, Contact: c.Contact, Identified: c.Identified, IssuedAt: time.Unix(c.Issued, 0).UTC(), ExpiresAt: time.Unix(c.Expires, 0).UTC(),
	}
	if !v.clock().Before(out.ExpiresAt) {
		return identity.VisitorClaims{}, identity.ErrTokenExpired
	}
	return out, nil
}

func (v *Visitors) sign(body string) []byte {
	mac := hmac.New(sha256.New, v.key)
	_, _ = mac.Write([]byte("frontdesk visitor v1\n" + body)) // a hash never returns an error
	return mac.Sum(nil)
}
