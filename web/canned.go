package web

import (
	"context"
	"fmt"
	"time"

	"frontdesk/bot"
	"frontdesk/internal/identity"
)

// CannedReply is a reply kept for reuse.
type CannedReply struct {
	ID        int64             `json:"id"`
	Site      string            `json:"site" doc:"The site's key"`
	Place     string            `json:"place" enum:"site,team,mine" doc:"Who sees it"`
	Team      string            `json:"team,omitempty" doc:"Team id"`
	Shortcut  string            `json:"shortcut" doc:"What is typed after /"`
	Title     string            `json:"title"`
	Texts     map[string]string `json:"texts" doc:"By language"`
	Version   uint32            `json:"version"`
	UpdatedAt time.Time         `json:"updated_at"`
	Editable  bool              `json:"editable" doc:"The caller may change it"`
}

// CannedList is canned replies, by title.
type CannedList struct {
	Items     []CannedReply `json:"items" nullable:"false"`
	Variables []string      `json:"variables" nullable:"false" doc:"What a text may hold, in double braces"`
}

func (s *Server) cannedOf(ctx context.Context, actor identity.Actor, c bot.Canned) CannedReply {
	place := "site"
	switch {
	case c.Owner != "":
		place = "mine"
	case c.Team != "":
		place = "team"
	}
	return CannedReply{
		ID: c.ID, Site: s.siteKey(ctx, c.Site), Place: place, Team: c.Team, Shortcut: c.Shortcut, Title: c.Title, Texts: c.Texts,
		Version: c.Version, UpdatedAt: c.UpdatedAt.UTC(), Editable: c.Owner == actor.ID || c.Owner == "" && actor.Can(identity.PermBotAdmin),
	}
}

type cannedInput struct {
	Site         string `query:"site" maxLength:"100" doc:"Key of the site; empty = all within reach"`
	Conversation string `query:"conversation" maxLength:"36" doc:"Fill in what is known of this conversation, and only show what its site has"`
}

func (s *Server) cannedReplies(ctx context.Context, in *cannedInput) (*jsonBody[CannedList], error) {
	actor := callerOf(ctx).actor
	var site int32
	if in.Site != "" {
		at, err := s.siteInScope(ctx, actor, in.Site)
		if err != nil {
			return nil, err
		}
		site = at.ID
	}
	all, err := s.cfg.Canned.List(ctx, actor, site)
	if err == nil && in.Conversation != "" && s.cfg.Suggester != nil {
		all, err = s.cfg.Suggester.Fill(ctx, actor, in.Conversation, all)
	}
	if err != nil {
		return nil, err
	}
	out := CannedList{Items: make([]CannedReply, len(all)), Variables: bot.CannedVariables()}
	for i, c := range all {
		out.Items[i] = s.cannedOf(ctx, actor, c)
	}
	return body(out, nil)
}

// siteInScope returns the site with this key; one outside the actor's scope does not exist for them.
func (s *Server) siteInScope(ctx context.Context, actor identity.Actor, key string) (identity.Site, error) {
	site, err := s.cfg.Accounts.SiteByKey(ctx, key)
	if err != nil {
		return site, err
	}
	if !inScope(actor, site.ID) {
		return identity.Site{}, fmt.Errorf("site: %w", identity.ErrNotFound)
	}
	return site, nil
}

// CannedBody is a canned reply as it is saved.
type CannedBody struct {
	Site     string            `json:"site,omitempty" maxLength:"100" doc:"Key of the site; a reply stays where it was made"`
	Place    string            `json:"place,omitempty" enum:"site,team,mine" default:"mine"`
	Team     string            `json:"team,omitempty" maxLength:"36" doc:"Team id, of place team"`
	Shortcut string            `json:"shortcut" maxLength:"200"`
	Title    string            `json:"title" maxLength:"1000"`
	Texts    map[string]string `json:"texts" doc:"By language; {{visitor.name}}, {{visitor.email}} and {{agent.name}} are filled in"`
	Version  uint32            `json:"version,omitempty" doc:"The one that was edited; 0 = whatever there is"`
}

func (b CannedBody) canned(actor identity.Actor) (bot.Canned, error) {
	c := bot.Canned{Shortcut: b.Shortcut, Title: b.Title, Texts: b.Texts, Version: b.Version}
	switch b.Place {
	case "site":
	case "team":
		if c.Team = b.Team; c.Team == "" {
			return c, fmt.Errorf("%w: team is missing", bot.ErrSuggestion)
		}
	default:
		c.Owner = actor.ID
	}
	return c, nil
}

type addCannedInput struct{ Body CannedBody }

func (s *Server) addCanned(ctx context.Context, in *addCannedInput) (*jsonBody[CannedReply], error) {
	actor := callerOf(ctx).actor
	c, err := in.Body.canned(actor)
	if err != nil {
		return nil, err
	}
	site, err := s.siteInScope(ctx, actor, in.Body.Site)
	if err != nil {
		return nil, err
	}
	c.Site = site.ID
	return s.putCanned(ctx, actor, c)
}

type changeCannedInput struct {
	ID   int64 `path:"id" minimum:"1"`
	Body CannedBody
}

func (s *Server) changeCanned(ctx context.Context, in *changeCannedInput) (*jsonBody[CannedReply], error) {
	actor := callerOf(ctx).actor
	all, err := s.cfg.Canned.List(ctx, actor, 0)
	if err != nil {
		return nil, err
	}
	for _, old := range all { // place and site stay
		if old.ID == in.ID {
			old.Shortcut, old.Title, old.Texts, old.Version = in.Body.Shortcut, in.Body.Title, in.Body.Texts, in.Body.Version
			return s.putCanned(ctx, actor, old)
		}
	}
	return nil, bot.ErrNoSuggestion
}

func (s *Server) putCanned(ctx context.Context, actor identity.Actor, c bot.Canned) (*jsonBody[CannedReply], error) {
	action := "canned.change"
	if c.ID == 0 {
		action = "canned.add"
	}
	saved, err := s.cfg.Canned.Put(ctx, actor, c)
	if err != nil {
		return nil, err
	}
	if saved.Owner == "" {
		s.audit(ctx, actor, action, saved.Shortcut, saved.Site)
	}
	return body(s.cannedOf(ctx, actor, saved), nil)
}

type dropCannedInput struct {
	ID int64 `path:"id" minimum:"1"`
}

func (s *Server) dropCanned(ctx context.Context, in *dropCannedInput) (*jsonBody[Nothing], error) {
	actor := callerOf(ctx).actor
	if err := s.cfg.Canned.Drop(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return body(Nothing{}, nil)
}
