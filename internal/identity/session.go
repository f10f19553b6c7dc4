package identity

import (
	"errors"
	"fmt"
	"time"
)

// Errors about credentials. Those that wrap [ErrUnauthenticated] end in 401
// with a code of their own.
var (
	// ErrBadCredentials says that no enabled account has this e-mail address with this password. It never says which of the two is wrong.
	ErrBadCredentials = fmt.Errorf("wrong e-mail address or password: %w", ErrUnauthenticated)
	// ErrTokenInvalid says that a visitor token is forged, malformed or of another site.
	ErrTokenInvalid = fmt.Errorf("invalid visitor token: %w", ErrUnauthenticated)
	// ErrTokenExpired says that a visitor token was valid once.
	ErrTokenExpired = fmt.Errorf("expired visitor token: %w", ErrUnauthenticated)
	// ErrCSRF says that an unsafe request lacks the session's CSRF value, or comes from another origin.
	ErrCSRF = errors.New("missing or wrong CSRF token")
	// ErrSetup says that the one-time setup token is wrong, used or expired, or that an admin exists already.
	ErrSetup = errors.New("setup is not open for this token")
	// ErrInvalid says that a field of an account, site or team cannot be stored. Wrapped with the field and the mend.
	ErrInvalid = errors.New("invalid account")
)

// Session is a signed-in agent or admin.
type Session struct {
	Token     string // the cookie's value; never logged
	CSRF      string // sent back as X-CSRF-Token on unsafe requests
	User      User
	ExpiresAt time.Time
}

// VisitorClaims is what a visitor token vouches for.
type VisitorClaims struct {
	Site    int32
	Contact string // contact id
	// Identified says that the site vouched for them; see chat.Contact.
	Identified bool
	IssuedAt   time.Time
	ExpiresAt  time.Time
}

// Actor returns the visitor as an actor, limited to their own conversations.
func (c VisitorClaims) Actor() Actor {
	return Actor{Kind: KindVisitor, Role: RoleVisitor, ID: c.Contact, Scope: Scope{
		Sites: []int32{c.Site}, AllDepartments: true, Contact: c.Contact,
	}}
}

// Department is a part of a site's staff; the wall inside a site.
type Department struct {
	ID   int32
	Site int32
	Name string
}

// Roster is a team with the people in it.
type Roster struct {
	Team
	People []Colleague
}

// Colleague is an agent as other agents see them.
type Colleague struct {
	ID       string // user id
	Name     string
	Presence string // "online", "away" or "offline"
	Active   int    // open conversations in hand
	Cap      int    // how many the router may give them
}

// Standing is how an agent stands with the router.
type Standing struct {
	Presence string // as it counts now: "online", "away", "invisible" or "offline"
	Reason   string // of being away; empty = none given
	Active   int    // what is in hand, of all channels
	Cap      int
	Channels []ChannelLoad // those with a capacity of their own
}

// ChannelLoad is what an agent does on one channel, and how much they may.
type ChannelLoad struct {
	Channel string
	Active  int
	Cap     int
}

// MinPasswordRunes is the shortest password, in code points (NIST SP 800-63B, section 5.1.1: at least 8).
const MinPasswordRunes = 8

// MaxPasswordBytes bounds what is hashed.
const MaxPasswordBytes = 1024
