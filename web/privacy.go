package web

import (
	"context"
	"fmt"
	"time"

	"frontdesk/chat/history"
	"frontdesk/internal/identity"
)

// RetentionDeleted counts what went, or would go.
type RetentionDeleted struct {
	Conversations int   `json:"conversations"`
	Messages      int64 `json:"messages" doc:"Events of their logs"`
	Contacts      int   `json:"contacts" doc:"Who have no other conversation"`
}

// RetentionRun is one run of a site's policy.
type RetentionRun struct {
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at" nullable:"true" doc:"Null: it is at it, or was broken off and goes on"`
	RetentionDeleted
}

// RetentionPolicy says for how many days a site keeps conversations.
type RetentionPolicy struct {
	Site       string               `json:"site" doc:"The site's key"`
	SiteName   string               `json:"site_name"`
	Version    int64                `json:"version" doc:"Send it back when saving; 0 = nothing is set"`
	Anonymous  int                  `json:"anonymous_days" doc:"Of contacts without a name and an address, after they were resolved; 0 = for ever"`
	Identified int                  `json:"identified_days" doc:"Of all others"`
	UpdatedBy  string               `json:"updated_by" doc:"Name; empty = nobody yet"`
	UpdatedAt  *time.Time           `json:"updated_at" nullable:"true"`
	Last       OrNull[RetentionRun] `json:"last"`
}

// RetentionPolicies are those of the caller's sites.
type RetentionPolicies struct {
	Policies []RetentionPolicy `json:"policies" nullable:"false"`
}

func (s *Server) retention(ctx context.Context, _ *struct{}) (*jsonBody[RetentionPolicies], error) {
	if s.cfg.History.Privacy == nil {
		return nil, errNoHistory
	}
	list, err := s.cfg.History.Privacy.Policies(ctx, callerOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	sites, err := s.cfg.Accounts.Sites(ctx)
	if err != nil {
		return nil, err
	}
	names := map[int32]identity.Site{}
	for _, site := range sites {
		names[site.ID] = site
	}
	out := RetentionPolicies{Policies: make([]RetentionPolicy, len(list))}
	for i, p := range list {
		out.Policies[i] = policyOf(p, names[p.Site])
	}
	return body(out, nil)
}

func policyOf(p history.Policy, site identity.Site) RetentionPolicy {
	out := RetentionPolicy{
		Site: site.Key, SiteName: site.Name, Version: p.Version, Anonymous: p.Anonymous, Identified: p.Identified,
		UpdatedBy: p.ByName, UpdatedAt: when(p.UpdatedAt),
	}
	if run := p.Last; run != nil {
		out.Last.Value = &RetentionRun{StartedAt: run.StartedAt, EndedAt: when(run.EndedAt), RetentionDeleted: RetentionDeleted(run.Deleted)}
	}
	return out
}

type retentionBody struct {
	Site       string `json:"site" maxLength:"200" doc:"The site's key"`
	Version    int64  `json:"version,omitempty" minimum:"0" doc:"Of the policy that was changed; another one answers 409"`
	Anonymous  int    `json:"anonymous_days" minimum:"0" maximum:"36500"`
	Identified int    `json:"identified_days" minimum:"0" maximum:"36500"`
}

type retentionInput struct{ Body retentionBody }

func (s *Server) policyIn(ctx context.Context, in *retentionBody) (history.Policy, error) {
	site, err := s.kbSite(ctx, in.Site)
	return history.Policy{Site: site, Version: in.Version, Anonymous: in.Anonymous, Identified: in.Identified}, err
}

func (s *Server) saveRetention(ctx context.Context, in *retentionInput) (*jsonBody[RetentionPolicy], error) {
	if s.cfg.History.Privacy == nil {
		return nil, errNoHistory
	}
	p, err := s.policyIn(ctx, &in.Body)
	if err != nil {
		return nil, err
	}
	saved, err := s.cfg.History.Privacy.Save(ctx, callerOf(ctx).actor, p)
	if err != nil {
		return nil, err
	}
	s.auditDetail(ctx, "retention.save", in.Body.Site, fmt.Sprintf("anonymous_days %d, identified_days %d", p.Anonymous, p.Identified), p.Site)
	return body(policyOf(saved, identity.Site{Key: in.Body.Site}), nil)
}

// RetentionPreview is what a policy would delete now.
type RetentionPreview struct {
	Anonymous  RetentionDeleted `json:"anonymous"`
	Identified RetentionDeleted `json:"identified"`
	Oldest     *time.Time       `json:"oldest" nullable:"true" doc:"When the first of them was over"`
}

func (s *Server) previewRetention(ctx context.Context, in *retentionInput) (*jsonBody[RetentionPreview], error) {
	if s.cfg.History.Privacy == nil {
		return nil, errNoHistory
	}
	p, err := s.policyIn(ctx, &in.Body)
	if err != nil {
		return nil, err
	}
	v, err := s.cfg.History.Privacy.Preview(ctx, callerOf(ctx).actor, p)
	return body(RetentionPreview{Anonymous: RetentionDeleted(v.Anonymous), Identified: RetentionDeleted(v.Identified), Oldest: when(v.Oldest)}, err)
}

type retentionRunInput struct {
	Body struct {
		Site string `json:"site" maxLength:"200" doc:"The site's key"`
	}
}

func (s *Server) runRetention(ctx context.Context, in *retentionRunInput) (*Nothing, error) {
	if s.cfg.History.Keeper == nil {
		return nil, errNoHistory
	}
	site, err := s.kbSite(ctx, in.Body.Site)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.History.Keeper.Ask(ctx, callerOf(ctx).actor, site); err != nil {
		return nil, err
	}
	s.auditDetail(ctx, "retention.ask", in.Body.Site, "", site)
	return &Nothing{}, nil
}

// ErasureReceipt says what an erasure took. It names the contact by its id alone.
type ErasureReceipt struct {
	ID       string           `json:"id"`
	Site     string           `json:"site"`
	Contact  string           `json:"contact" doc:"The contact's id. Beside it only the record of earlier acts may name it"`
	Actor    string           `json:"actor" doc:"Name of who asked for it"`
	Reason   string           `json:"reason"`
	Done     bool             `json:"done" doc:"False: it goes on in the background"`
	AskedAt  time.Time        `json:"asked_at"`
	DoneAt   *time.Time       `json:"done_at" nullable:"true"`
	Counts   map[string]int64 `json:"counts" doc:"Deleted rows by table"`
	Articles []ErasureArticle `json:"articles" nullable:"false" doc:"Articles with a question word for word as the contact wrote it: for an editor to look at. Told this once"`
}

// ErasureArticle names an article.
type ErasureArticle struct {
	ID     string `json:"id"`
	Locale string `json:"locale"`
}

func (s *Server) receiptOf(ctx context.Context, e *history.Erasure) ErasureReceipt {
	out := ErasureReceipt{
		ID: e.ID, Site: s.siteKey(ctx, e.Site), Contact: e.Contact, Actor: e.ActorName, Reason: e.Reason, Done: e.Done,
		AskedAt: e.AskedAt, DoneAt: when(e.DoneAt), Counts: e.Counts, Articles: []ErasureArticle{},
	}
	if out.Counts == nil {
		out.Counts = map[string]int64{}
	}
	for _, a := range e.Articles {
		out.Articles = append(out.Articles, ErasureArticle(a))
	}
	return out
}

// ErasureList are the receipts at the caller's sites, newest first.
type ErasureList struct {
	Erasures []ErasureReceipt `json:"erasures" nullable:"false"`
}

func (s *Server) erasures(ctx context.Context, _ *struct{}) (*jsonBody[ErasureList], error) {
	if s.cfg.History.Privacy == nil {
		return nil, errNoHistory
	}
	list, err := s.cfg.History.Privacy.Receipts(ctx, callerOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	out := ErasureList{Erasures: make([]ErasureReceipt, len(list))}
	for i := range list {
		out.Erasures[i] = s.receiptOf(ctx, &list[i])
	}
	return body(out, nil)
}

type erasurePath struct {
	ID string `path:"id" maxLength:"36" doc:"Receipt id"`
}

func (s *Server) erasure(ctx context.Context, in *erasurePath) (*jsonBody[ErasureReceipt], error) {
	if s.cfg.History.Privacy == nil {
		return nil, errNoHistory
	}
	e, err := s.cfg.History.Privacy.Receipt(ctx, callerOf(ctx).actor, in.ID)
	if err != nil {
		return nil, err
	}
	return body(s.receiptOf(ctx, &e), nil)
}

// ErasablePerson is a contact with how much there is of them.
type ErasablePerson struct {
	Contact       Contact `json:"contact"`
	Site          string  `json:"site"`
	Conversations int     `json:"conversations"`
	Messages      int64   `json:"messages"`
}

// ErasablePeople are contacts that were looked for.
type ErasablePeople struct {
	People []ErasablePerson `json:"people" nullable:"false"`
}

type erasableInput struct {
	Text string `query:"q" maxLength:"800" doc:"An id, an e-mail address or a part of a name"`
}

func (s *Server) erasable(ctx context.Context, in *erasableInput) (*jsonBody[ErasablePeople], error) {
	if s.cfg.History.Privacy == nil {
		return nil, errNoHistory
	}
	list, err := s.cfg.History.Privacy.People(ctx, callerOf(ctx).actor, in.Text)
	if err != nil {
		return nil, err
	}
	out := ErasablePeople{People: make([]ErasablePerson, len(list))}
	for i, p := range list {
		out.People[i] = ErasablePerson{
			Contact: Contact{ID: p.Contact.ID, Name: p.Contact.Name, Email: p.Contact.Email, Locale: p.Contact.Locale},
			Site:    s.siteKey(ctx, p.Contact.Site), Conversations: p.Conversations, Messages: p.Messages,
		}
	}
	return body(out, nil)
}

type eraseInput struct {
	Body struct {
		Contact string `json:"contact" maxLength:"36" doc:"Contact id"`
		Confirm string `json:"confirm" maxLength:"36" doc:"The same id as in contact, once more: what is erased does not come back"`
		Reason  string `json:"reason,omitempty" maxLength:"500" doc:"For the receipt; no names"`
	}
}

func (s *Server) erase(ctx context.Context, in *eraseInput) (*jsonBody[ErasureReceipt], error) {
	if s.cfg.History.Privacy == nil {
		return nil, errNoHistory
	}
	if in.Body.Confirm != in.Body.Contact {
		return nil, fmt.Errorf("%w: confirm must be the contact's id once more, as in contact", history.ErrInvalid)
	}
	e, err := s.cfg.History.Privacy.Erase(ctx, callerOf(ctx).actor, in.Body.Contact, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	s.auditDetail(ctx, "contact.erase", e.ID, "", e.Site) // the receipt's id: the record does not name who was forgotten
	return body(s.receiptOf(ctx, &e), nil)
}
