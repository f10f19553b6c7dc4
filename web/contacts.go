package web

import (
	"context"
	"time"

	"frontdesk/chat"
)

// ContactCard is a contact as the staff sees it.
type ContactCard struct {
	Contact
	Site          string         `json:"site" doc:"The site's key"`
	Phone         string         `json:"phone"`
	External      string         `json:"external_id" doc:"What the site calls them; empty unless it vouched for that"`
	IdentifiedAt  *time.Time     `json:"identified_at" nullable:"true"`
	Attributes    map[string]any `json:"attributes" doc:"By key; see contact-attributes"`
	Place         ContactPlace   `json:"place"`
	Visits        int            `json:"visits"`
	CreatedAt     time.Time      `json:"created_at"`
	SeenAt        time.Time      `json:"seen_at"`
	Spam          ContactSpam    `json:"spam"`
	Blocked       bool           `json:"blocked" doc:"By an entry about the contact itself"`
	Conversations int            `json:"conversations" doc:"Within the caller's scope"`
	Version       int32          `json:"version" doc:"Sent back with a change"`
	Merged        []Contact      `json:"merged" nullable:"false" doc:"Contacts that were merged into this one by hand; empty in lists"`
	Blocks        []BlockEntry   `json:"blocks" nullable:"false" doc:"Entries about the contact that hold now; empty in lists"`
}

// ContactPlace is where a visitor was last, as their browser said.
type ContactPlace struct {
	Page      string `json:"page"`
	Title     string `json:"title"`
	Referrer  string `json:"referrer"`
	UserAgent string `json:"user_agent"`
	TimeZone  string `json:"time_zone"`
	Address   string `json:"address" doc:"Network address; of IPv6 the /64. Empty: not known"`
}

// ContactSpam is how much a contact's messages look like spam, and by what.
type ContactSpam struct {
	Score   float64           `json:"score" doc:"0–1"`
	Likely  bool              `json:"likely" doc:"High enough to say so"`
	Cleared bool              `json:"cleared" doc:"A person said that it is none"`
	Reasons []chat.SpamReason `json:"reasons" nullable:"false"`
}

func (s *Server) cardOf(ctx context.Context, p *chat.Person, list bool) ContactCard {
	out := ContactCard{
		Contact: contactOf(p.Contact), Site: s.siteKey(ctx, p.Site), Phone: p.Phone, External: p.External, IdentifiedAt: when(p.IdentifiedAt),
		Attributes: p.Attributes, Visits: p.Visits, CreatedAt: p.CreatedAt.UTC(), SeenAt: p.SeenAt.UTC(),
		Place:   ContactPlace{Page: p.Place.URL, Title: p.Place.Title, Referrer: p.Place.Referrer, UserAgent: p.Place.UserAgent, TimeZone: p.Place.TimeZone, Address: p.Address},
		Spam:    ContactSpam{Score: p.Spam.Score, Likely: p.Spam.Score >= chat.SpamLikely && !p.SpamCleared, Cleared: p.SpamCleared, Reasons: p.Spam.Reasons},
		Blocked: len(p.Blocks) > 0, Conversations: p.Conversations, Version: p.Version, Merged: []Contact{}, Blocks: []BlockEntry{},
	}
	if out.Attributes == nil {
		out.Attributes = map[string]any{}
	}
	if out.Spam.Reasons == nil {
		out.Spam.Reasons = []chat.SpamReason{}
	}
	if list {
		return out
	}
	for _, m := range p.Merged {
		out.Merged = append(out.Merged, contactOf(m))
	}
	for i := range p.Blocks {
		out.Blocks = append(out.Blocks, s.blockOf(ctx, &p.Blocks[i]))
	}
	return out
}

// ContactCards is one page of contacts.
type ContactCards struct {
	Items []ContactCard `json:"items" nullable:"false"`
	Next  string        `json:"next" doc:"Cursor of the next page; empty on the last"`
}

type contactsInput struct {
	Site   string `query:"site" maxLength:"200" doc:"The site's key; without it all in scope"`
	Filter string `query:"filter" enum:"identified,anonymous,blocked,spam" doc:"Without it those who wrote, or of whom something is known"`
	Search string `query:"search" maxLength:"200" doc:"Part of name, e-mail, phone or what the site calls them"`
	Cursor string `query:"cursor" maxLength:"500" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (s *Server) contacts(ctx context.Context, in *contactsInput) (*jsonBody[ContactCards], error) {
	actor := callerOf(ctx).actor
	q := chat.ContactQuery{Filter: chat.ContactFilter(in.Filter), Search: in.Search, Cursor: in.Cursor, Limit: in.Limit}
	if in.Site != "" {
		site, err := s.siteInScope(ctx, actor, in.Site)
		if err != nil {
			return nil, err
		}
		q.Site = site.ID
	}
	page, err := s.cfg.Contacts.List(ctx, actor, q)
	if err != nil {
		return nil, err
	}
	out := ContactCards{Items: make([]ContactCard, len(page.Items)), Next: page.Next}
	for i := range page.Items {
		out.Items[i] = s.cardOf(ctx, &page.Items[i], true)
	}
	return body(out, nil)
}

// ContactPath names a contact in the path.
type ContactPath struct {
	ID string `path:"id" maxLength:"36" doc:"Contact id"`
}

func (s *Server) contact(ctx context.Context, in *ContactPath) (*jsonBody[ContactCard], error) {
	p, err := s.cfg.Contacts.One(ctx, callerOf(ctx).actor, in.ID)
	return s.oneContact(ctx, p, err)
}

func (s *Server) oneContact(ctx context.Context, p chat.Person, err error) (*jsonBody[ContactCard], error) {
	if err != nil {
		return nil, err
	}
	return body(s.cardOf(ctx, &p, false), nil)
}

type saveContactInput struct {
	ContactPath
	Body struct {
		Version    int32          `json:"version" minimum:"1" doc:"As it was read"`
		Name       *string        `json:"name,omitempty" maxLength:"200"`
		Email      *string        `json:"email,omitempty" maxLength:"254" doc:"Empty removes it"`
		Phone      *string        `json:"phone,omitempty" maxLength:"40"`
		Attributes map[string]any `json:"attributes,omitempty" doc:"Those to change; null removes one"`
		NotSpam    bool           `json:"not_spam,omitempty" doc:"It is no spam, and is not scored again"`
	}
}

func (s *Server) saveContact(ctx context.Context, in *saveContactInput) (*jsonBody[ContactCard], error) {
	b := &in.Body
	p, err := s.cfg.Contacts.Save(ctx, callerOf(ctx).actor, chat.ContactEdit{
		ID: in.ID, Version: b.Version, Name: b.Name, Email: b.Email, Phone: b.Phone, Attributes: b.Attributes, NotSpam: b.NotSpam,
	})
	return s.oneContact(ctx, p, err)
}

// ContactTimeline is a contact's conversations, newest first.
type ContactTimeline struct {
	Items []Conversation `json:"items" nullable:"false"`
	Next  string         `json:"next" doc:"Cursor of the next page; empty on the last"`
}

type timelineInput struct {
	ContactPath
	Cursor string `query:"cursor" maxLength:"500" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

func (s *Server) contactConversations(ctx context.Context, in *timelineInput) (*jsonBody[ContactTimeline], error) {
	all, next, err := s.cfg.Contacts.Timeline(ctx, callerOf(ctx).actor, in.ID, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := ContactTimeline{Items: make([]Conversation, len(all)), Next: next}
	for i := range all {
		out.Items[i] = s.conversationOf(ctx, all[i], nil)
	}
	return body(out, nil)
}

type mergeInput struct {
	ContactPath
	Body struct {
		Into string `json:"into" maxLength:"36" doc:"The contact that it is seen as from now on"`
	}
}

func (s *Server) mergeContact(ctx context.Context, in *mergeInput) (*jsonBody[ContactCard], error) {
	p, err := s.cfg.Contacts.Merge(ctx, callerOf(ctx).actor, in.ID, in.Body.Into)
	return s.oneContact(ctx, p, err)
}

func (s *Server) splitContact(ctx context.Context, in *ContactPath) (*jsonBody[ContactCard], error) {
	p, err := s.cfg.Contacts.Split(ctx, callerOf(ctx).actor, in.ID)
	return s.oneContact(ctx, p, err)
}
