package web

import (
	"context"
	"errors"
	"fmt"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// BlockEntry is an entry of the block list.
type BlockEntry struct {
	ID        string          `json:"id"`
	Site      string          `json:"site" doc:"The site's key"`
	Kind      string          `json:"kind" enum:"contact,address,email_domain"`
	Contact   OrNull[Contact] `json:"contact"`
	Prefix    string          `json:"prefix" doc:"An address or a network; empty for other kinds"`
	Domain    string          `json:"domain"`
	Reason    string          `json:"reason"`
	CreatedAt time.Time       `json:"created_at"`
	Creator   string          `json:"creator" doc:"A person's name"`
	ExpiresAt *time.Time      `json:"expires_at" nullable:"true" doc:"null: never"`
	LiftedAt  *time.Time      `json:"lifted_at" nullable:"true"`
	Lifter    string          `json:"lifter"`
	Live      bool            `json:"live" doc:"Whether it holds now"`
}

func (s *Server) blockOf(ctx context.Context, b *chat.Block) BlockEntry {
	out := BlockEntry{
		ID: b.ID, Site: s.siteKey(ctx, b.Site), Kind: string(b.Kind), Prefix: b.Prefix, Domain: b.Domain, Reason: b.Reason,
		CreatedAt: b.CreatedAt.UTC(), Creator: b.Creator, ExpiresAt: when(b.ExpiresAt), LiftedAt: when(b.LiftedAt), Lifter: b.Lifter, Live: b.Live(s.clock()),
	}
	if b.Kind == chat.BlockContact {
		c := contactOf(b.Contact)
		out.Contact = OrNull[Contact]{&c}
	}
	return out
}

// BlockEntries is the block list.
type BlockEntries struct {
	Items []BlockEntry `json:"items" nullable:"false" doc:"The newest 500"`
}

type blocksInput struct {
	Site string `query:"site" maxLength:"200" doc:"The site's key; without it all in scope"`
	All  bool   `query:"all" doc:"Those too that were lifted or have expired"`
}

func (s *Server) blocks(ctx context.Context, in *blocksInput) (*jsonBody[BlockEntries], error) {
	actor := callerOf(ctx).actor
	var site identity.Site
	if in.Site != "" {
		var err error
		if site, err = s.siteInScope(ctx, actor, in.Site); err != nil {
			return nil, err
		}
	}
	all, err := s.cfg.Blocks.List(ctx, actor, site.ID, !in.All)
	if err != nil {
		return nil, err
	}
	out := BlockEntries{Items: make([]BlockEntry, len(all))}
	for i := range all {
		out.Items[i] = s.blockOf(ctx, &all[i])
	}
	return body(out, nil)
}

type blockInput struct {
	Body struct {
		Kind      string    `json:"kind" enum:"contact,address,email_domain"`
		Site      string    `json:"site,omitempty" maxLength:"200" doc:"The site's key, of an address or a domain; defaults to the first in scope"`
		Contact   string    `json:"contact,omitempty" maxLength:"36" doc:"Contact id"`
		Prefix    string    `json:"prefix,omitempty" maxLength:"60" doc:"An IP address, or a network" example:"203.0.113.0/24"`
		Domain    string    `json:"domain,omitempty" maxLength:"253" doc:"Of e-mail addresses, with its subdomains" example:"example.com"`
		Reason    string    `json:"reason,omitempty" maxLength:"500" doc:"For colleagues"`
		ExpiresAt time.Time `json:"expires_at,omitzero" doc:"Left out: never"`
	}
}

func (s *Server) addBlock(ctx context.Context, in *blockInput) (*jsonBody[BlockEntry], error) {
	b := &in.Body
	e := chat.Block{
		Kind: chat.BlockKind(b.Kind), Contact: chat.Contact{ID: b.Contact}, Prefix: b.Prefix, Domain: b.Domain, Reason: b.Reason, ExpiresAt: b.ExpiresAt,
	}
	if e.Kind != chat.BlockContact {
		var err error
		if e.Site, err = s.kbSite(ctx, b.Site); err != nil {
			return nil, err
		}
	}
	made, err := s.cfg.Blocks.Add(ctx, callerOf(ctx).actor, e)
	if err != nil {
		return nil, err
	}
	return body(s.blockOf(ctx, &made), nil)
}

type blockPath struct {
	ID string `path:"id" maxLength:"36" doc:"Of the entry"`
}

func (s *Server) liftBlock(ctx context.Context, in *blockPath) (*jsonBody[BlockEntry], error) {
	b, err := s.cfg.Blocks.Lift(ctx, callerOf(ctx).actor, in.ID)
	if err != nil {
		return nil, err
	}
	return body(s.blockOf(ctx, &b), nil)
}

// ContactAttribute is something that a site keeps about its contacts.
type ContactAttribute struct {
	Key      string   `json:"key" maxLength:"40" doc:"Small letters, digits, underscores"`
	LabelEN  string   `json:"label_en,omitempty" maxLength:"100"`
	LabelZH  string   `json:"label_zh,omitempty" maxLength:"100"`
	Type     string   `json:"type" enum:"text,number,boolean,date,choice,link"`
	Options  []string `json:"options,omitempty" nullable:"false" doc:"Of a choice"`
	FromPage bool     `json:"from_page,omitempty" doc:"The page may set it without a signature: do not believe it"`
}

// ContactAttributes is what a site keeps about its contacts.
type ContactAttributes struct {
	Site  string             `json:"site" doc:"The site's key"`
	Items []ContactAttribute `json:"items" nullable:"false"`
}

func (s *Server) attributesOf(ctx context.Context, site int32, all []chat.Attribute) ContactAttributes {
	out := ContactAttributes{Site: s.siteKey(ctx, site), Items: make([]ContactAttribute, len(all))}
	for i, a := range all {
		out.Items[i] = ContactAttribute{Key: a.Key, LabelEN: a.LabelEN, LabelZH: a.LabelZH, Type: string(a.Type), Options: a.Options, FromPage: a.FromPage}
	}
	return out
}

func (s *Server) contactAttributes(ctx context.Context, in *SiteQuery) (*jsonBody[ContactAttributes], error) {
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Contacts.Attributes(ctx, callerOf(ctx).actor, site)
	return body(s.attributesOf(ctx, site, all), err)
}

type attributesInput struct {
	Body struct {
		Site  string             `json:"site,omitempty" maxLength:"200" doc:"The site's key; defaults to the first in scope"`
		Items []ContactAttribute `json:"items" nullable:"false" maxItems:"50"`
	}
}

func (s *Server) saveContactAttributes(ctx context.Context, in *attributesInput) (*jsonBody[ContactAttributes], error) {
	site, err := s.kbSite(ctx, in.Body.Site)
	if err != nil {
		return nil, err
	}
	all := make([]chat.Attribute, len(in.Body.Items))
	for i, a := range in.Body.Items {
		all[i] = chat.Attribute{Key: a.Key, LabelEN: a.LabelEN, LabelZH: a.LabelZH, Type: chat.AttributeType(a.Type), Options: a.Options, FromPage: a.FromPage}
	}
	all, err = s.cfg.Contacts.SaveAttributes(ctx, callerOf(ctx).actor, site, all)
	return body(s.attributesOf(ctx, site, all), err)
}

// SiteIdentity is whether a site can vouch for its customers.
type SiteIdentity struct {
	Site          string     `json:"site" doc:"The site's key"`
	Enabled       bool       `json:"enabled" doc:"Whether there is a secret"`
	Secret        string     `json:"secret" doc:"Shown once, when it is made; empty otherwise"`
	MadeAt        *time.Time `json:"made_at" nullable:"true"`
	MadeBy        string     `json:"made_by" doc:"A person's name"`
	PreviousUntil *time.Time `json:"previous_until" nullable:"true" doc:"Until when the secret before it is good"`
}

func (s *Server) identityOf(ctx context.Context, site int32, secret identity.SiteSecret, show bool) SiteIdentity {
	out := SiteIdentity{Site: s.siteKey(ctx, site), Enabled: secret.Secret != "", MadeAt: when(secret.MadeAt), MadeBy: secret.MadeBy}
	if secret.Previous != "" && s.clock().Before(secret.PreviousUntil) {
		out.PreviousUntil = when(secret.PreviousUntil)
	}
	if show {
		out.Secret = secret.Secret
	}
	return out
}

func (s *Server) siteIdentity(ctx context.Context, in *SiteQuery) (*jsonBody[SiteIdentity], error) {
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	secret, err := s.cfg.Proofs.Secret(ctx, callerOf(ctx).actor, site)
	if errors.Is(err, identity.ErrNotFound) { // the site is in scope: it has none yet
		err = nil
	}
	return body(s.identityOf(ctx, site, secret, false), err)
}

type renewInput struct {
	Body *struct {
		Site string `json:"site,omitempty" maxLength:"200" doc:"The site's key; defaults to the first in scope"`
	}
}

func (s *Server) renewSiteIdentity(ctx context.Context, in *renewInput) (*jsonBody[SiteIdentity], error) {
	key := ""
	if in.Body != nil {
		key = in.Body.Site
	}
	site, err := s.kbSite(ctx, key)
	if err != nil {
		return nil, err
	}
	secret, err := s.cfg.Proofs.Renew(ctx, callerOf(ctx).actor, site)
	if err != nil {
		return nil, fmt.Errorf("make site's secret: %w", err)
	}
	return body(s.identityOf(ctx, site, secret, true), nil)
}
