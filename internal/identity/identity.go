package identity

import (
	"errors"
	"slices"
	"time"
)

// Errors that stores and services return about people and their rights. The
// web edge maps them to 401, 403, 404 and 409.
var (
	// ErrUnauthenticated says that nobody is signed in, or that the credential is wrong or expired.
	ErrUnauthenticated = errors.New("not signed in")
	// ErrForbidden says that the actor's role lacks the permission.
	ErrForbidden = errors.New("not permitted")
	// ErrNotFound says that the user, site or team does not exist in the caller's scope.
	ErrNotFound = errors.New("not found")
	// ErrEmailTaken says that another user has this e-mail address.
	ErrEmailTaken = errors.New("e-mail address is taken")
	// ErrTeamTaken says that the site has another team of this name.
	ErrTeamTaken = errors.New("the site has a team of this name")
	// ErrTeamUsed says that conversations, kept replies or the routing name the team.
	ErrTeamUsed = errors.New("conversations, replies or rules belong to this team: it can be emptied, but not deleted")
)

// Role is one of the three built-in roles.
type Role string

// The built-in roles.
const (
	RoleVisitor Role = "visitor"
	RoleAgent   Role = "agent"
	RoleAdmin   Role = "admin"
)

// Kind says what an [Actor] is.
type Kind string

// The kinds of actor.
const (
	KindVisitor Kind = "visitor"
	KindAgent   Kind = "agent" // agents and admins: people with an account
	KindBot     Kind = "bot"
	KindSystem  Kind = "system"
	KindKey     Kind = "key" // programs with an API key
)

// Actor is who calls: every service method on customer data takes one.
type Actor struct {
	Kind  Kind
	Role  Role   // empty for bot, system and keys
	ID    string // contact id (visitor), user id (agent) or key id, UUID; empty for bot and system
	Name  string // display name; may be empty for a visitor
	Scope Scope
	// Granted is all that a key may do. Of no meaning for other kinds.
	Granted []Permission
}

// Can reports whether the actor's role, or of a key its own list, grants p. Bot and system can do everything.
func (a Actor) Can(p Permission) bool {
	switch a.Kind {
	case KindBot, KindSystem:
		return true
	case KindKey:
		return p == PermPublic || slices.Contains(a.Granted, p)
	}
	return a.Role.Grants(p)
}

// System returns the actor for work that no person asked for.
func System() Actor { return Actor{Kind: KindSystem, Scope: Everything()} }

// Bot returns the actor that the bot tier acts as.
func Bot() Actor { return Actor{Kind: KindBot, Scope: Everything()} }

// Scope is the part of the customer data a caller may touch. Each Store method
// on customer data takes one and applies it in SQL. The zero Scope touches
// nothing.
type Scope struct {
	// All lifts the site and department walls (system, bot).
	All bool
	// Sites the caller may touch; a row's site must be among them.
	Sites []int32
	// Departments the caller may touch within Sites; a row's department must be among them.
	Departments []int32
	// AllDepartments lifts the department wall within Sites (admins, visitors).
	AllDepartments bool
	// Contact limits to rows of this contact (visitors: own-only). Empty means no such limit.
	Contact string
}

// Everything returns the scope without walls, for the system itself.
func Everything() Scope { return Scope{All: true} }

// Allows reports whether a row of this site, department and contact lies
// within the scope: the same rule the SQL applies, for rows already in memory.
func (s Scope) Allows(site, department int32, contact string) bool {
	if s.Contact != "" && s.Contact != contact {
		return false
	}
	if s.All {
		return true
	}
	in := slices.Contains(s.Sites, site)
	if !in || s.AllDepartments {
		return in
	}
	return slices.Contains(s.Departments, department)
}

// Site is a website whose visitors are served; the wall between customers' data.
type Site struct {
	ID                int32
	Key               string // public, in the widget's snippet: "shop"
	Name              string
	Locale            string // default locale, "zh-CN" or "en"
	DefaultDepartment int32
}

// Team is a group of agents that conversations are transferred to.
type Team struct {
	ID         string // UUID
	Site       int32
	Department int32
	Name       string
	Members    []string // user ids
}

// User is an agent or admin account.
type User struct {
	ID             string // UUID
	Email          string // lower case
	Name           string
	Role           Role
	Locale         string // UI language, "zh-CN" or "en"
	Sites          []int32
	Departments    []int32
	AllDepartments bool
	PasswordHash   string // argon2id PHC string; never leaves the server
	Disabled       bool
	CreatedAt      time.Time
}

// Actor returns u as an actor with its scope.
func (u User) Actor() Actor {
	return Actor{Kind: KindAgent, Role: u.Role, ID: u.ID, Name: u.Name, Scope: Scope{
		Sites: u.Sites, Departments: u.Departments, AllDepartments: u.AllDepartments || u.Role == RoleAdmin,
	}}
}

// AuditRow records one administrative act.
type AuditRow struct {
	At     time.Time
	Actor  string // user id, or "system"
	Action string // "user.add", "kb.publish"
	Object string
	Detail string
	Site   int32 // 0 for acts that belong to no site
}
