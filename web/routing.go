package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

// errNoRouting says that this server was built without the router's pages.
var errNoRouting = errors.New("there is no routing here")

// routingRoutes are those of the router's pages, and what agents may know of it.
func (s *Server) routingRoutes() {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	add(s, get, "/api/admin/routing/queue", identity.PermRoutingAdmin, "Who waits, who could take it, and who is there", s.routingQueue)
	add(s, get, "/api/admin/routing/agents", identity.PermRoutingAdmin, "What agents can do and may be given", s.routingAgents)
	add(s, put, "/api/admin/routing/agents", identity.PermRoutingAdmin, "Change it, of some or many at once", s.saveRoutingAgents)
	add(s, get, "/api/admin/routing/teams", identity.PermRoutingAdmin, "Teams with their members, and who could be one", s.routingTeams)
	add(s, post, "/api/admin/routing/teams", identity.PermRoutingAdmin, "Make a team", s.addTeam)
	add(s, put, "/api/admin/routing/teams/{id}", identity.PermRoutingAdmin, "Change its name and members", s.saveTeam)
	add(s, del, "/api/admin/routing/teams/{id}", identity.PermRoutingAdmin, "Delete a team that nothing belongs to", s.removeTeam)
	add(s, get, "/api/admin/routing/rules", identity.PermRoutingAdmin, "How conversations are given to agents", s.routingRules)
	add(s, put, "/api/admin/routing/rules", identity.PermRoutingAdmin, "Change how; in force within a second", s.saveRoutingRules)
	add(s, post, "/api/admin/routing/simulate", identity.PermRoutingAdmin, "Who would get a conversation like this", s.simulateRouting)
	add(s, get, "/api/agent/routing/state", identity.PermPresence, "One's own presence, load and capacity", s.routingState)
	add(s, get, "/api/agent/routing/invitations", identity.PermChatRead, "Open conversations that one is asked to take part in", s.invitations)
	add(s, get, "/api/agent/conversations/{id}/routing", identity.PermChatRead, "Who could take a waiting conversation, and why nobody else", s.explainRouting)
	add(s, post, "/api/agent/conversations/{id}/invite", identity.PermChatTransfer, "Ask a colleague to take part", s.invite)
}

// routingSite returns the site asked for, if this server has the part that a page needs.
func (s *Server) routingSite(ctx context.Context, key string, there bool) (identity.Actor, int32, error) {
	actor := callerOf(ctx).actor
	if !there {
		return actor, 0, errNoRouting
	}
	site, err := s.kbSite(ctx, key)
	return actor, site, err
}

// routingChanged makes what was saved count at once.
func (s *Server) routingChanged(site int32) {
	if s.cfg.Routing.Desk != nil {
		s.cfg.Routing.Desk.Changed(site)
	}
}

// RoutingQueue is the live queue.
type RoutingQueue struct {
	At      time.Time        `json:"at"`
	Running bool             `json:"running" doc:"Whether this installation gives conversations out (routing.enabled)"`
	Waiting []RoutingWaiting `json:"waiting" nullable:"false"`
	More    int              `json:"more" doc:"How many wait beyond those listed"`
	Agents  []RoutingAgent   `json:"agents" nullable:"false" doc:"Those who are there, the least loaded first"`
}

// maxQueue bounds what one answer lists.
const maxQueue = 200

func (s *Server) routingQueue(ctx context.Context, in *SiteQuery) (*jsonBody[RoutingQueue], error) {
	actor, site, err := s.routingSite(ctx, in.Site, s.cfg.Routing.Store != nil)
	if err != nil {
		return nil, err
	}
	out := RoutingQueue{At: s.clock().UTC(), Running: s.cfg.Routing.Desk != nil, Waiting: []RoutingWaiting{}, Agents: []RoutingAgent{}}
	profiles, err := s.cfg.Routing.Store.AgentProfiles(ctx, actor.Scope, site)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(profiles))
	for _, p := range profiles {
		names[p.User] = p.Name
		if p.Presence != chat.Offline {
			out.Agents = append(out.Agents, routingAgentOf(p))
		}
	}
	slices.SortStableFunc(out.Agents, func(a, b RoutingAgent) int {
		return cmp.Or(cmp.Compare(presenceRank(a.Presence), presenceRank(b.Presence)), cmp.Compare(a.Active*max(1, b.Cap), b.Active*max(1, a.Cap)))
	})
	if s.cfg.Routing.Desk == nil {
		return body(out, nil)
	}
	waiting, err := s.cfg.Routing.Desk.Queue(ctx, actor, site)
	if err != nil {
		return nil, err
	}
	out.More = max(0, len(waiting)-maxQueue)
	for _, w := range waiting[:len(waiting)-out.More] {
		out.Waiting = append(out.Waiting, waitingOf(w, names))
	}
	return body(out, nil)
}

func presenceRank(presence string) int {
	switch presence {
	case chat.Online:
		return 0
	case chat.Away:
		return 1
	}
	return 2
}

func waitingOf(w chat.Waiting, names map[string]string) RoutingWaiting {
	explained := w.Explanation.Item.Conversation != ""
	needs := w.Item
	if explained {
		needs = w.Explanation.Item // after the rules
	}
	out := RoutingWaiting{
		Conversation: w.Item.Conversation, ContactID: w.ContactID, Contact: w.Contact, LastMessage: w.LastMessage, Position: w.Position, Since: w.Item.EnqueuedAt.UTC(),
		Needs: needsOf(needs), Step: w.Explanation.Step, NextStepS: w.Explanation.NextStepS, Explained: explained,
		Candidates: len(w.Explanation.Candidates), Counts: []RoutingCount{},
	}
	counts := map[string]int{}
	for _, r := range w.Explanation.Rejected {
		if r.Code != routing.RejectSite && r.Code != routing.RejectDepartment {
			counts[r.Code]++
		}
	}
	for code, n := range counts {
		out.Counts = append(out.Counts, RoutingCount{Code: code, N: n})
	}
	slices.SortFunc(out.Counts, func(a, b RoutingCount) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Code, b.Code)) })
	if o := w.Offered; o != nil {
		out.OfferedTo, out.OfferedUntil = OrNull[Person]{&Person{ID: o.Agent, Name: names[o.Agent]}}, when(o.Expires)
	}
	return out
}

// RoutingAgents are the agents of a site.
type RoutingAgents struct {
	Agents   []RoutingAgent `json:"agents" nullable:"false"`
	Channels []string       `json:"channels" nullable:"false" doc:"That a capacity can be set for"`
}

func (s *Server) routingAgents(ctx context.Context, in *SiteQuery) (*jsonBody[RoutingAgents], error) {
	actor, site, err := s.routingSite(ctx, in.Site, s.cfg.Routing.Store != nil)
	if err != nil {
		return nil, err
	}
	return body(s.agentsOf(ctx, actor, site))
}

func (s *Server) agentsOf(ctx context.Context, actor identity.Actor, site int32) (RoutingAgents, error) {
	profiles, err := s.cfg.Routing.Store.AgentProfiles(ctx, actor.Scope, site)
	if err != nil {
		return RoutingAgents{}, err
	}
	out := RoutingAgents{Agents: make([]RoutingAgent, len(profiles)), Channels: routing.Channels()}
	for i, p := range profiles {
		out.Agents[i] = routingAgentOf(p)
	}
	return out, nil
}

type routingAgentsInput struct {
	SiteQuery
	Body struct {
		Agents []struct {
			ID        string         `json:"id" maxLength:"36"`
			Skills    []RoutingSkill `json:"skills" nullable:"false" maxItems:"20"`
			Languages []string       `json:"languages" nullable:"false" maxItems:"20" doc:"None = all"`
			Cap       int            `json:"cap" minimum:"0" maximum:"1000"`
			Caps      map[string]int `json:"caps" nullable:"false"`
		} `json:"agents" nullable:"false" minItems:"1" maxItems:"1000"`
	}
}

func (s *Server) saveRoutingAgents(ctx context.Context, in *routingAgentsInput) (*jsonBody[RoutingAgents], error) {
	actor, site, err := s.routingSite(ctx, in.Site, s.cfg.Routing.Store != nil)
	if err != nil {
		return nil, err
	}
	profiles := make([]chat.AgentProfile, len(in.Body.Agents))
	for i, a := range in.Body.Agents {
		profiles[i] = chat.AgentProfile{User: a.ID, Skills: skillsFrom(a.Skills), Languages: a.Languages, Cap: a.Cap, Caps: a.Caps}
	}
	if err := s.cfg.Routing.Store.SaveAgentProfiles(ctx, actor.Scope, site, profiles, actor.ID, s.clock()); err != nil {
		return nil, err
	}
	s.routingChanged(site)
	return body(s.agentsOf(ctx, actor, site))
}

func (s *Server) routingRules(ctx context.Context, in *SiteQuery) (*jsonBody[RoutingRules], error) {
	actor, site, err := s.routingSite(ctx, in.Site, s.cfg.Routing.Store != nil)
	if err != nil {
		return nil, err
	}
	cfg, err := s.cfg.Routing.Store.RoutingConfig(ctx, actor.Scope, site)
	return s.rulesOf(ctx, actor, site, cfg, err)
}

func (s *Server) rulesOf(ctx context.Context, actor identity.Actor, site int32, cfg routing.Config, err error) (*jsonBody[RoutingRules], error) {
	if err != nil {
		return nil, err
	}
	out := RoutingRules{
		RoutingRuleSet: ruleSetOf(cfg), UpdatedAt: when(cfg.UpdatedAt), Running: s.cfg.Routing.Desk != nil,
		Catalog: catalogOf(s.strategies().Specs()),
	}
	if cfg.UpdatedBy != "" {
		out.UpdatedBy = s.staffName(ctx, actor, site, cfg.UpdatedBy)
	}
	return body(out, nil)
}

// strategies are those that rules may name.
func (s *Server) strategies() *routing.Strategies {
	if known := s.cfg.Routing.Strategies; known != nil {
		return known
	}
	return routing.BuiltIn()
}

// staffName returns what somebody of the site is called, or their id.
func (s *Server) staffName(ctx context.Context, actor identity.Actor, site int32, id string) string {
	profiles, err := s.cfg.Routing.Store.AgentProfiles(ctx, actor.Scope, site)
	if err != nil {
		return id
	}
	if i := slices.IndexFunc(profiles, func(p chat.AgentProfile) bool { return p.User == id }); i >= 0 {
		return profiles[i].Name
	}
	return id
}

type routingRulesInput struct {
	SiteQuery
	Body RoutingRuleSet
}

func (s *Server) saveRoutingRules(ctx context.Context, in *routingRulesInput) (*jsonBody[RoutingRules], error) {
	actor, site, err := s.routingSite(ctx, in.Site, s.cfg.Routing.Store != nil)
	if err != nil {
		return nil, err
	}
	cfg, err := s.cfg.Routing.Store.SaveRoutingConfig(ctx, actor.Scope, site, in.Body.config(), actor.ID, s.clock())
	if err == nil {
		s.routingChanged(site)
	}
	return s.rulesOf(ctx, actor, site, cfg, err)
}

type simulateInput struct {
	SiteQuery
	Body struct {
		Department int32             `json:"department,omitempty" doc:"0 = that of the team, else the site's first"`
		Team       string            `json:"team,omitempty" maxLength:"36"`
		Language   string            `json:"language,omitempty" maxLength:"35"`
		Skills     []RoutingSkill    `json:"skills,omitempty" maxItems:"20"`
		VIP        bool              `json:"vip,omitempty"`
		Priority   int               `json:"priority,omitempty" minimum:"0" maximum:"100"`
		WaitedS    int               `json:"waited_s,omitempty" minimum:"0" maximum:"86400" doc:"How long it has waited by then"`
		Attributes map[string]string `json:"attributes,omitempty" doc:"What rules look at: page, reason, email, attr.NAME"`
		At         *time.Time        `json:"at,omitempty" doc:"When; absent = now. Load and presence are those of now"`
	}
}

func (s *Server) simulateRouting(ctx context.Context, in *simulateInput) (*jsonBody[RoutingExplanation], error) {
	actor, site, err := s.routingSite(ctx, in.Site, s.cfg.Routing.Desk != nil && s.cfg.Routing.Teams != nil)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	at := s.clock()
	if b.At != nil {
		at = *b.At
	}
	item := routing.Item{
		Site: site, Department: b.Department, Team: b.Team, Channel: routing.ChannelChat, Language: b.Language, Skills: skillsFrom(b.Skills),
		VIP: b.VIP, Priority: b.Priority, Attributes: b.Attributes, EnqueuedAt: at.Add(-time.Duration(b.WaitedS) * time.Second),
	}
	if item.Department, err = s.simulatedDepartment(ctx, actor, site, b.Department, b.Team); err != nil {
		return nil, err
	}
	e, err := s.cfg.Routing.Desk.Simulate(ctx, actor, item, at)
	if err != nil {
		return nil, err
	}
	return body(explanationOf(within(actor, e)), nil)
}

// simulatedDepartment returns the team's department, else the one asked for, else the site's own.
func (s *Server) simulatedDepartment(ctx context.Context, actor identity.Actor, site, department int32, team string) (int32, error) {
	if team != "" {
		t, err := s.team(ctx, actor, site, team)
		return t.Department, err
	}
	list, err := s.cfg.Routing.Teams.Departments(ctx, site)
	if err != nil {
		return 0, err
	}
	if department == 0 {
		sites, err := s.cfg.Accounts.Sites(ctx)
		if err != nil {
			return 0, err
		}
		if i := slices.IndexFunc(sites, func(one identity.Site) bool { return one.ID == site }); i >= 0 {
			return sites[i].DefaultDepartment, nil
		}
	}
	if !slices.ContainsFunc(list, func(d identity.Department) bool { return d.ID == department && actor.Scope.Allows(site, d.ID, "") }) {
		return 0, identity.ErrNotFound
	}
	return department, nil
}

// within leaves out who is of no concern to the actor: the staff of other sites
// and, unless they see all departments, of other departments. To whoever does not
// rule the router, who is invisible is away.
func within(actor identity.Actor, e routing.Explanation) routing.Explanation {
	e.Rejected = slices.DeleteFunc(slices.Clone(e.Rejected), func(r routing.Rejection) bool {
		return r.Code == routing.RejectSite || (r.Code == routing.RejectDepartment && !actor.Scope.AllDepartments)
	})
	for i := range e.Rejected {
		if r := &e.Rejected[i]; r.Code == routing.RejectPresence && r.Text == chat.Invisible && !actor.Can(identity.PermRoutingAdmin) {
			r.Text = chat.Away
		}
	}
	return e
}

func (s *Server) explainRouting(ctx context.Context, in *ConversationPath) (*jsonBody[RoutingExplanation], error) {
	actor := callerOf(ctx).actor
	conv, err := s.cfg.Chat.Conversation(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	if s.cfg.Routing.Desk == nil {
		return nil, errNoRouting
	}
	e, err := s.cfg.Routing.Desk.Explain(ctx, actor, conv.ID)
	if err != nil {
		return nil, err
	}
	return body(explanationOf(within(actor, e)), nil)
}

// RoutingState is how an agent stands with the router.
type RoutingState struct {
	Presence string            `json:"presence" enum:"online,away,invisible,offline"`
	Reason   string            `json:"reason" doc:"Of being away"`
	Active   int               `json:"active" doc:"What is in hand, of all channels"`
	Cap      int               `json:"cap"`
	Channels []RoutingCapacity `json:"channels" nullable:"false" doc:"Those with a capacity of their own"`
	Running  bool              `json:"running" doc:"Whether this installation gives conversations out (routing.enabled)"`
}

// RoutingCapacity is what an agent does on one channel, and how much they may.
type RoutingCapacity struct {
	Channel string `json:"channel"`
	Active  int    `json:"active"`
	Cap     int    `json:"cap"`
}

func (s *Server) routingState(ctx context.Context, _ *struct{}) (*jsonBody[RoutingState], error) {
	st, err := s.cfg.Accounts.Standing(ctx, callerOf(ctx).actor.ID)
	if err != nil {
		return nil, err
	}
	out := RoutingState{Presence: st.Presence, Reason: st.Reason, Active: st.Active, Cap: st.Cap, Channels: []RoutingCapacity{}, Running: s.cfg.Routing.Desk != nil}
	for _, c := range st.Channels {
		out.Channels = append(out.Channels, RoutingCapacity(c))
	}
	return body(out, nil)
}

// InvitationList are the conversations that one is asked to take part in.
type InvitationList struct {
	Invitations []Invitation `json:"invitations" nullable:"false"`
}

// Invitation is one of them.
type Invitation struct {
	Conversation string    `json:"conversation"`
	Contact      string    `json:"contact" doc:"The visitor's name; may be empty"`
	By           string    `json:"by"`
	Reason       string    `json:"reason"`
	At           time.Time `json:"at"`
}

func (s *Server) invitations(ctx context.Context, _ *struct{}) (*jsonBody[InvitationList], error) {
	out := InvitationList{Invitations: []Invitation{}}
	if s.cfg.Routing.Invitations == nil {
		return body(out, nil)
	}
	actor := callerOf(ctx).actor
	list, err := s.cfg.Routing.Invitations.Invitations(ctx, actor.Scope, actor.ID)
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		i.At = i.At.UTC()
		out.Invitations = append(out.Invitations, Invitation(i))
	}
	return body(out, nil)
}

// recordOf returns a decision of the router's as a row carries it.
func recordOf(r *routing.Record) *structpb.Value {
	record := &structpb.Struct{}
	b, err := json.Marshal(r) // strings and numbers
	if err == nil {
		err = protojson.Unmarshal(b, record)
	}
	if err != nil {
		return structpb.NewNullValue()
	}
	return structpb.NewStructValue(record)
}
