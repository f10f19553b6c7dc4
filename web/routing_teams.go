package web

import (
	"context"
	"errors"
	"slices"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

// RoutingTeams are the teams of a site.
type RoutingTeams struct {
	Teams       []RoutingTeam   `json:"teams" nullable:"false"`
	Departments []DepartmentRef `json:"departments" nullable:"false"`
	People      []RoutingMember `json:"people" nullable:"false" doc:"Who can be a member"`
}

// RoutingTeam is a team.
type RoutingTeam struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Department int32    `json:"department"`
	Members    []string `json:"members" nullable:"false" doc:"User ids"`
}

// DepartmentRef names a department.
type DepartmentRef struct {
	ID   int32  `json:"id"`
	Name string `json:"name"`
}

// RoutingMember is somebody who can be a member of a team.
type RoutingMember struct {
	ID             string  `json:"id"`
	Name           string  `json:"name"`
	Presence       string  `json:"presence" enum:"online,away,invisible,offline"`
	Departments    []int32 `json:"departments" nullable:"false"`
	AllDepartments bool    `json:"all_departments"`
}

func (s *Server) routingTeams(ctx context.Context, in *SiteQuery) (*jsonBody[RoutingTeams], error) {
	actor, site, err := s.routingSite(ctx, in.Site, s.cfg.Routing.Store != nil && s.cfg.Routing.Teams != nil)
	if err != nil {
		return nil, err
	}
	rosters, err := s.rosters(ctx, actor, site)
	if err != nil {
		return nil, err
	}
	departments, err := s.cfg.Routing.Teams.Departments(ctx, site)
	if err != nil {
		return nil, err
	}
	profiles, err := s.cfg.Routing.Store.AgentProfiles(ctx, actor.Scope, site)
	if err != nil {
		return nil, err
	}
	out := RoutingTeams{Teams: []RoutingTeam{}, Departments: []DepartmentRef{}, People: []RoutingMember{}}
	for _, r := range rosters {
		out.Teams = append(out.Teams, routingTeamOf(r.Team))
	}
	for _, d := range departments {
		if actor.Scope.Allows(site, d.ID, "") {
			out.Departments = append(out.Departments, DepartmentRef{ID: d.ID, Name: d.Name})
		}
	}
	for _, p := range profiles {
		a := routingAgentOf(p)
		out.People = append(out.People, RoutingMember{ID: a.ID, Name: a.Name, Presence: a.Presence, Departments: a.Departments, AllDepartments: a.AllDepartments})
	}
	return body(out, nil)
}

// rosters returns the teams of one site within the actor's scope.
func (s *Server) rosters(ctx context.Context, actor identity.Actor, site int32) ([]identity.Roster, error) {
	all, err := s.cfg.Routing.Teams.Rosters(ctx, actor.Scope)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(r identity.Roster) bool { return r.Site != site }), nil
}

// team returns one of them; identity.ErrNotFound.
func (s *Server) team(ctx context.Context, actor identity.Actor, site int32, id string) (identity.Team, error) {
	rosters, err := s.rosters(ctx, actor, site)
	if err != nil {
		return identity.Team{}, err
	}
	for _, r := range rosters {
		if r.ID == id {
			return r.Team, nil
		}
	}
	return identity.Team{}, identity.ErrNotFound
}

func routingTeamOf(t identity.Team) RoutingTeam {
	return RoutingTeam{ID: t.ID, Name: t.Name, Department: t.Department, Members: append([]string{}, t.Members...)}
}

type addTeamInput struct {
	SiteQuery
	Body struct {
		Name       string   `json:"name" maxLength:"200"`
		Department int32    `json:"department"`
		Members    []string `json:"members" nullable:"false" maxItems:"1000" doc:"User ids"`
	}
}

func (s *Server) addTeam(ctx context.Context, in *addTeamInput) (*jsonBody[RoutingTeam], error) {
	actor, site, err := s.routingSite(ctx, in.Site, s.cfg.Routing.Teams != nil)
	if err != nil {
		return nil, err
	}
	t, err := s.cfg.Routing.Teams.AddTeam(ctx, actor.Scope, identity.Team{Site: site, Department: in.Body.Department, Name: in.Body.Name, Members: in.Body.Members})
	if err != nil {
		return nil, err
	}
	s.audit(ctx, actor, "team.add", t.ID, site)
	s.routingChanged(site)
	return body(routingTeamOf(t), nil)
}

// TeamPath names a team in the path.
type TeamPath struct {
	ID string `path:"id" maxLength:"36" doc:"Team id"`
}

type saveTeamInput struct {
	TeamPath
	SiteQuery
	Body struct {
		Name    string   `json:"name" maxLength:"200"`
		Members []string `json:"members" nullable:"false" maxItems:"1000" doc:"User ids"`
	}
}

func (s *Server) saveTeam(ctx context.Context, in *saveTeamInput) (*jsonBody[RoutingTeam], error) {
	actor, site, err := s.routingSite(ctx, in.Site, s.cfg.Routing.Teams != nil)
	if err != nil {
		return nil, err
	}
	t, err := s.cfg.Routing.Teams.SaveTeam(ctx, actor.Scope, identity.Team{ID: in.ID, Site: site, Name: in.Body.Name, Members: in.Body.Members})
	if err != nil {
		return nil, err
	}
	s.audit(ctx, actor, "team.change", t.ID, site)
	s.routingChanged(site)
	return body(routingTeamOf(t), nil)
}

type removeTeamInput struct {
	TeamPath
	SiteQuery
}

// removeTeam refuses while rules or steps name the team: they could not be saved
// any more. Its own hours go with it.
func (s *Server) removeTeam(ctx context.Context, in *removeTeamInput) (*Nothing, error) {
	actor, site, err := s.routingSite(ctx, in.Site, s.cfg.Routing.Store != nil && s.cfg.Routing.Teams != nil)
	if err != nil {
		return nil, err
	}
	cfg, err := s.cfg.Routing.Store.RoutingConfig(ctx, actor.Scope, site)
	if err != nil {
		return nil, err
	}
	if namesTeam(cfg, in.ID) {
		return nil, identity.ErrTeamUsed
	}
	if err := s.cfg.Routing.Teams.RemoveTeam(ctx, actor.Scope, site, in.ID); err != nil {
		return nil, err
	}
	s.audit(ctx, actor, "team.remove", in.ID, site)
	if err := s.forgetTeam(ctx, actor, site, in.ID); err != nil {
		return nil, err
	}
	s.routingChanged(site)
	return &Nothing{}, nil
}

// forgetTeam takes what differed for a team that is gone out of the rules, also
// if somebody saves them meanwhile.
func (s *Server) forgetTeam(ctx context.Context, actor identity.Actor, site int32, team string) error {
	is := func(t routing.TeamConfig) bool { return t.Team == team }
	for try := 0; ; try++ {
		cfg, err := s.cfg.Routing.Store.RoutingConfig(ctx, actor.Scope, site)
		if err != nil || !slices.ContainsFunc(cfg.Teams, is) {
			return err
		}
		cfg.Teams = slices.DeleteFunc(slices.Clone(cfg.Teams), is)
		_, err = s.cfg.Routing.Store.SaveRoutingConfig(ctx, actor.Scope, site, cfg, actor.ID, s.clock())
		if !errors.Is(err, chat.ErrRoutingConflict) || try == maxForget {
			return err
		}
	}
}

// maxForget is how often forgetTeam tries again.
const maxForget = 3

// namesTeam reports whether a rule or a step speaks of the team, beside its own.
func namesTeam(cfg routing.Config, team string) bool {
	asks := func(steps []routing.Step) bool {
		return slices.ContainsFunc(steps, func(s routing.Step) bool { return slices.Contains(s.Teams, team) })
	}
	return asks(cfg.Overflow) ||
		slices.ContainsFunc(cfg.Rules, func(r routing.Rule) bool { return r.Team == team }) ||
		slices.ContainsFunc(cfg.Teams, func(t routing.TeamConfig) bool { return t.Team != team && asks(t.Overflow) })
}
