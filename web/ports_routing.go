package web

import (
	"context"
	"time"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

// RoutingStore keeps how conversations are given to agents; *postgres.Chat is
// one. Its methods are those of chat.RoutingConfigStore: see their errors there.
type RoutingStore interface {
	RoutingConfig(ctx context.Context, scope identity.Scope, site int32) (routing.Config, error)
	SaveRoutingConfig(ctx context.Context, scope identity.Scope, site int32, cfg routing.Config, actor string, at time.Time) (routing.Config, error)
	AgentProfiles(ctx context.Context, scope identity.Scope, site int32) ([]chat.AgentProfile, error)
	SaveAgentProfiles(ctx context.Context, scope identity.Scope, site int32, profiles []chat.AgentProfile, actor string, at time.Time) error
}

// RoutingDesk is the router at work; *chat.Dispatcher is one. Errors:
// identity.ErrForbidden, identity.ErrNotFound, chat.ErrNotFound.
type RoutingDesk interface {
	// Queue returns what waits at a site, in the order in which it is given out.
	Queue(ctx context.Context, actor identity.Actor, site int32) ([]chat.Waiting, error)
	// Explain says who could take a waiting conversation, and why nobody else.
	Explain(ctx context.Context, actor identity.Actor, conv string) (routing.Explanation, error)
	// Simulate says the same of one that there is not. At the zero time it is now.
	Simulate(ctx context.Context, actor identity.Actor, item routing.Item, at time.Time) (routing.Explanation, error)
	// Changed says that skills, teams or rules of a site were saved, to all nodes.
	Changed(site int32)
}

// TeamStore reads and changes teams; *postgres.Accounts is one. Errors: identity.ErrInvalid, identity.ErrNotFound.
type TeamStore interface {
	Rosters(ctx context.Context, scope identity.Scope) ([]identity.Roster, error)
	Departments(ctx context.Context, site int32) ([]identity.Department, error)
	// AddTeam makes a team. identity.ErrTeamTaken when the site has one of this name.
	AddTeam(ctx context.Context, scope identity.Scope, t identity.Team) (identity.Team, error)
	// SaveTeam changes name and members; a team stays in its department. identity.ErrTeamTaken.
	SaveTeam(ctx context.Context, scope identity.Scope, t identity.Team) (identity.Team, error)
	// RemoveTeam deletes a team that no conversation knows. identity.ErrTeamUsed.
	RemoveTeam(ctx context.Context, scope identity.Scope, site int32, id string) error
}

// Invitations are the conversations that agents are asked to take part in; *postgres.Chat is one.
type Invitations interface {
	// Invitations returns those of an agent that are open, the newest first.
	Invitations(ctx context.Context, scope identity.Scope, user string) ([]chat.Invitation, error)
}

// Routing is what the pages of routing need; parts that are nil answer that they are not there.
type Routing struct {
	Store       RoutingStore
	Desk        RoutingDesk // nil: conversations are taken by hand only
	Teams       TeamStore
	Invitations Invitations
	Strategies  *routing.Strategies // that rules may name, as Store and Desk know them. Nil = the built-in ones
}
