package identity

import (
	"errors"
	"time"
)

// Errors about the tokens by which a site vouches for its customers.
var (
	// ErrProof says that such a token is malformed, not signed with the site's secret or for another site. Wrapped with what is wrong.
	ErrProof = errors.New("the identity token is not valid")
	// ErrProofExpired says that it was valid once, or will be later.
	ErrProofExpired = errors.New("the identity token is not valid at this time")
)

// Proof is what a site vouches for about one of its customers, by a token that
// it signed. External or Email is set, or both.
type Proof struct {
	External   string         // what the site calls them, ≤ 200 code points; empty if it gives only the address
	Email      string         // as [NormalizeEmail] has it
	Name       string         // ≤ 200 code points
	Phone      string         // ≤ 40 code points
	Locale     string         // "zh-CN", "en" or empty
	Attributes map[string]any // JSON values; checked by who stores them
	ExpiresAt  time.Time
}

// SiteSecret is the secret that a site signs proofs with.
type SiteSecret struct {
	Secret string
	// Previous is the one before it, still good until PreviousUntil; empty if there is none.
	Previous      string
	PreviousUntil time.Time
	MadeAt        time.Time
	MadeBy        string // a person's name
}
