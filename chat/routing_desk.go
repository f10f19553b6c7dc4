package chat

import (
	"context"
	"errors"
	"time"

	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

// ErrRoutingConflict says that somebody else changed a site's routing meanwhile.
var ErrRoutingConflict = errors.New("the routing was changed by somebody else meanwhile: read it again")

// AgentProfile is what routing knows of an agent at one site.
type AgentProfile struct {
	User           string          `json:"user"`
	Name           string          `json:"name"`
	Role           string          `json:"role"`
	Presence       string          `json:"presence"`         // as it counts now
	Reason         string          `json:"reason,omitempty"` // of being away
	Active         int             `json:"active"`           // weight in hand, of all sites and channels
	Cap            int             `json:"cap"`
	Caps           map[string]int  `json:"caps,omitempty"` // by channel; absent = only Cap
	Departments    []int32         `json:"departments,omitempty"`
	AllDepartments bool            `json:"all_departments,omitempty"`
	Teams          []string        `json:"teams,omitempty"`
	Skills         []routing.Skill `json:"skills"`
	Languages      []string        `json:"languages"` // none = all
}

// RoutingConfigStore keeps how conversations are given to agents.
type RoutingConfigStore interface {
	// RoutingConfig returns the site's configuration, routing.DefaultConfig with Version 0 when nothing was set.
	// identity.ErrNotFound when the site is not in scope.
	RoutingConfig(ctx context.Context, scope identity.Scope, site int32) (routing.Config, error)
	// SaveRoutingConfig stores it if nobody has since cfg.Version was read, with an audit row, and returns it with
	// its new version. [ErrRoutingConflict]; identity.ErrNotFound when the site is not in scope or a team is none of it.
	SaveRoutingConfig(ctx context.Context, scope identity.Scope, site int32, cfg routing.Config, actor string, at time.Time) (routing.Config, error)
	// AgentProfiles returns all who can work at the site, by name. identity.ErrNotFound.
	AgentProfiles(ctx context.Context, scope identity.Scope, site int32) ([]AgentProfile, error)
	// SaveAgentProfiles stores skills, languages, Cap and Caps of each in one transaction, with audit rows; the
	// other fields are read only. identity.ErrNotFound when one does not work at the site.
	SaveAgentProfiles(ctx context.Context, scope identity.Scope, site int32, profiles []AgentProfile, actor string, at time.Time) error
}

// Waiting is an item of the live queue.
type Waiting struct {
	Item        routing.Item        `json:"item"`
	ContactID   string              `json:"contact_id"`
	Contact     string              `json:"contact"` // their name
	LastMessage string              `json:"last_message"`
	Position    int                 `json:"position"` // among all that wait at the site
	Offered     *Offer              `json:"offered,omitempty"`
	Explanation routing.Explanation `json:"explanation"`
}

// Offer is a conversation that waits for an agent's answer.
type Offer struct {
	ID           string          `json:"id"`
	Conversation string          `json:"conversation"`
	Site         int32           `json:"-"`
	Department   int32           `json:"-"`
	Agent        string          `json:"agent"`
	ContactName  string          `json:"contact_name"`
	LastMessage  string          `json:"last_message"`
	Skills       []routing.Skill `json:"skills"`
	Reason       string          `json:"reason"`  // of the hand-over
	Expires      time.Time       `json:"expires"` // by the database's clock, for people
	// Left is how much longer it stands than when it was read.
	Left    time.Duration `json:"-"`
	Channel string        `json:"-"`
	Weight  int           `json:"-"` // of the agent's capacity
	// ExcludedAt is the item's, as it was decided on: whoever declined it since is not asked again by a node that did not hear of it.
	ExcludedAt time.Time `json:"-"`

	since  time.Time // this node knows of it
	until  time.Time // this node ends it then
	gone   time.Time // since when its agent is not there; zero = they are
	again  time.Time // not to be ended before: it failed
	made   bool      // by this node, which ends it
	ending bool      // it is being ended
}

// The results of an offer.
const (
	OfferAccepted = "accepted"
	OfferDeclined = "declined"
	OfferTimeout  = "timeout"
	OfferTaken    = "taken" // by somebody else, by hand; or the visitor has gone
)
