package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// contactRoutes are those of contacts: of visitors, agents and admins.
func (s *Server) contactRoutes() {
	if s.cfg.Contacts == nil || s.cfg.Blocks == nil || s.cfg.Proofs == nil {
		return
	}
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	add(s, post, "/api/visitor/identify", identity.PermPublic, "Become the customer whom a token of the site names", s.identifyVisitor)
	add(s, post, "/api/visitor/context", identity.PermVisitorChat, "Say where the visitor is", s.visitorContext)
	add(s, get, "/api/agent/contacts", identity.PermContactRead, "A page of contacts", s.contacts)
	add(s, get, "/api/agent/contacts/{id}", identity.PermContactRead, "One contact", s.contact)
	add(s, put, "/api/agent/contacts/{id}", identity.PermContactWrite, "Change what is known of a contact", s.saveContact)
	add(s, get, "/api/agent/contacts/{id}/conversations", identity.PermContactRead, "Their conversations, newest first", s.contactConversations)
	add(s, post, "/api/agent/contacts/{id}/merge", identity.PermContactAdmin, "Make another contact the one that this is seen as", s.mergeContact)
	add(s, post, "/api/agent/contacts/{id}/split", identity.PermContactAdmin, "Take a merge by hand back", s.splitContact)
	add(s, get, "/api/agent/contact-attributes", identity.PermContactRead, "What a site keeps about its contacts", s.contactAttributes)
	add(s, put, "/api/admin/contact-attributes", identity.PermContactAdmin, "Change what it keeps", s.saveContactAttributes)
	add(s, get, "/api/agent/blocks", identity.PermContactRead, "The block list", s.blocks)
	add(s, post, "/api/agent/blocks", identity.PermContactWrite, "Keep a contact, a network or an e-mail domain from writing", s.addBlock)
	add(s, del, "/api/agent/blocks/{id}", identity.PermContactWrite, "Let them write again", s.liftBlock)
	add(s, get, "/api/admin/identity", identity.PermContactAdmin, "Whether a site can vouch for its customers", s.siteIdentity)
	add(s, post, "/api/admin/identity", identity.PermContactAdmin, "Make the secret that a site signs with; it is shown this once", s.renewSiteIdentity)
}

// PageContext is where a visitor is, as their browser says it. Nothing in it is believed.
type PageContext struct {
	Page     string `json:"page,omitempty" doc:"Address of the page; cut to 2000 characters"`
	Title    string `json:"title,omitempty" doc:"Its title; cut to 300 characters"`
	Referrer string `json:"referrer,omitempty" doc:"Where the visitor came from; cut to 2000 characters"`
	TimeZone string `json:"time_zone,omitempty" doc:"IANA name of the time zone" example:"Europe/Berlin"`
}

// arrive notes where a visitor is. It never stops what the visitor came for.
func (s *Server) arrive(ctx context.Context, actor identity.Actor, site int32, p PageContext) {
	if s.cfg.Contacts == nil || p == (PageContext{}) {
		return
	}
	if _, err := s.cfg.Contacts.Arrive(ctx, actor, site, s.arrival(ctx, p)); err != nil {
		s.log.WarnContext(ctx, "page context is not stored", "contact", actor.ID, "error", err)
	}
}

func (s *Server) arrival(ctx context.Context, p PageContext) chat.Arrival {
	c := callerOf(ctx)
	return chat.Arrival{
		Place:   chat.Place{URL: p.Page, Title: p.Title, Referrer: p.Referrer, UserAgent: c.browser, TimeZone: p.TimeZone},
		Address: c.address,
	}
}

type contextInput struct {
	Body struct {
		PageContext
		Attributes map[string]any `json:"attributes,omitempty" doc:"Those that the site lets its pages set; others are ignored"`
	}
}

// ContextTaken says what was not stored.
type ContextTaken struct {
	Ignored []string `json:"ignored" nullable:"false" doc:"Attributes that the site does not keep, does not let pages set, or of another type"`
}

func (s *Server) visitorContext(ctx context.Context, in *contextInput) (*jsonBody[ContextTaken], error) {
	c := callerOf(ctx)
	if err := s.contextLimit.take(c.claims.Contact); err != nil {
		s.metrics.rateLimited.WithLabelValues("context").Inc()
		return nil, err
	}
	a := s.arrival(ctx, in.Body.PageContext)
	a.Attributes = in.Body.Attributes
	ignored, err := s.cfg.Contacts.Arrive(ctx, c.actor, c.claims.Site, a)
	if ignored == nil {
		ignored = []string{}
	}
	return body(ContextTaken{Ignored: ignored}, err)
}

type identifyInput struct {
	Body struct {
		Token  string `json:"token" maxLength:"8192" doc:"A JSON Web Token, HS256, signed with the site's secret: sub, exp at most a day ahead; email, name, phone, locale, attributes, nbf, iat, aud"`
		Site   string `json:"site,omitempty" maxLength:"200" doc:"The site's key; without it that of the Bearer token, else the oldest site"`
		Locale string `json:"locale,omitempty" maxLength:"35" doc:"zh-CN or en; anything else means the contact's"`
		PageContext
	}
}

// IdentifiedSession is a session under the customer's name.
type IdentifiedSession struct {
	VisitorSession
	Name    string   `json:"name" doc:"What the site calls the customer"`
	Moved   int      `json:"moved" doc:"Conversations that came over from before the sign-in"`
	Ignored []string `json:"ignored" nullable:"false" doc:"Attributes of the token that the site does not keep, or of another type"`
}

// identifyVisitor turns a visitor into the customer whom a token of the site names.
// With the Bearer token of an anonymous visitor that one's conversations go
// along, and that token is no longer good. A Bearer token that is not good is no
// error: it proves nothing, and nothing goes along.
func (s *Server) identifyVisitor(ctx context.Context, in *identifyInput) (*jsonBody[IdentifiedSession], error) {
	c := callerOf(ctx)
	if !loopback(c.address) {
		if err := s.startLimit.take(c.address); err != nil {
			s.metrics.rateLimited.WithLabelValues("session").Inc()
			return nil, err
		}
	}
	var claims identity.VisitorClaims
	if c.bearer != "" {
		var err error
		if claims, err = s.cfg.Visitors.Verify(c.bearer); err != nil {
			claims = identity.VisitorClaims{}
		}
	}
	site, err := s.visitorSite(ctx, in.Body.Site, claims)
	if errors.Is(err, identity.ErrTokenInvalid) { // of another site
		claims = identity.VisitorClaims{}
		site, err = s.visitorSite(ctx, in.Body.Site, claims)
	}
	if err != nil {
		return nil, err
	}
	proof, err := s.cfg.Proofs.Verify(ctx, site, in.Body.Token)
	if err != nil {
		return nil, err
	}
	req := chat.IdentifyRequest{Site: site.ID, Proof: proof, Page: firstRunes(in.Body.Page, 2000)}
	if !claims.Identified {
		req.Contact = claims.Contact
	}
	if in.Body.Locale == "zh-CN" || in.Body.Locale == "en" {
		req.Locale = in.Body.Locale
	}
	found, err := s.cfg.Contacts.Identify(ctx, req)
	if err != nil {
		return nil, err
	}
	// Who is barred and signs in stays barred under the new name, from the first message on: the list's next reading would be too late.
	if req.Contact != "" && s.cfg.Blocks.Check(site.ID, req.Contact, "") != nil {
		if err := s.cfg.Blocks.Load(ctx); err != nil {
			return nil, err
		}
	}
	out := IdentifiedSession{Name: found.Contact.Name, Moved: found.Moved, Ignored: found.Ignored, VisitorSession: VisitorSession{
		Conversation: found.Conversation.ID, Contact: found.Contact.ID, Identified: true, Site: VisitorSite{Key: site.Key, Name: site.Name, Locale: site.Locale},
	}}
	if out.Ignored == nil {
		out.Ignored = []string{}
	}
	if out.Token, out.ExpiresAt, err = s.cfg.Visitors.IssueIdentified(site.ID, found.Contact.ID); err != nil {
		return nil, fmt.Errorf("issue visitor token: %w", err)
	}
	if out.State, err = s.visitorState(ctx, found.Conversation); err != nil {
		return nil, err
	}
	out.AgentsOnline = out.State.AgentsOnline
	actor := identity.VisitorClaims{Site: site.ID, Contact: found.Contact.ID}.Actor()
	s.arrive(ctx, actor, site.ID, in.Body.PageContext)
	return body(out, nil)
}
