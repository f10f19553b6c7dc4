package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"frontdesk/chat/history"
	"frontdesk/internal/identity"
)

// errNoHistory: the server was built without this part of the history.
var errNoHistory = errors.New("there is no history here")

// historyRoutes adds the routes of search, export, transcripts, privacy and audit.
func (s *Server) historyRoutes() {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	add(s, get, "/api/agent/search", identity.PermChatRead, "Search conversations by what was said", s.search)
	add(s, get, "/api/agent/search/choices", identity.PermChatRead, "What a search may be narrowed to", s.searchChoices)
	add(s, get, "/api/agent/conversations/{id}/transcript-links", identity.PermChatRead, "Links to its transcript", s.transcriptLinks)
	add(s, post, "/api/agent/conversations/{id}/transcript-links", identity.PermChatReply, "Make a link to its transcript", s.makeTranscriptLink)
	add(s, del, "/api/agent/transcript-links/{id}", identity.PermChatReply, "Take a link back", s.revokeTranscriptLink)
	add(s, post, "/api/visitor/transcript-link", identity.PermVisitorChat, "A link to the transcript of the visitor's conversation", s.visitorTranscriptLink)
	s.plain(get, "/transcript/{token}", identity.PermPublic, s.transcriptPage) // the link itself is what opens it
	s.plain(get, "/api/admin/export-sessions", identity.PermExport, s.exportConversations)
	add(s, get, "/api/admin/export-sessions/count", identity.PermExport, "How much an export has", s.countExport)
	add(s, get, "/api/admin/retention", identity.PermPrivacy, "How long conversations are kept", s.retention)
	add(s, put, "/api/admin/retention", identity.PermPrivacy, "Change how long; nothing is deleted before the next run", s.saveRetention)
	add(s, post, "/api/admin/retention/preview", identity.PermPrivacy, "What a policy would delete now", s.previewRetention)
	add(s, post, "/api/admin/retention/run", identity.PermPrivacy, "Run a site's policy at once", s.runRetention)
	add(s, get, "/api/admin/erasures", identity.PermPrivacy, "Receipts of erasures", s.erasures)
	add(s, get, "/api/admin/erasures/people", identity.PermPrivacy, "Whom an erasure may be about", s.erasable)
	add(s, get, "/api/admin/erasures/{id}", identity.PermPrivacy, "One receipt", s.erasure)
	add(s, post, "/api/admin/erasures", identity.PermPrivacy, "Erase a contact and all that was said and learnt", s.erase)
	add(s, get, "/api/admin/audit", identity.PermAudit, "Who did what", s.auditLog)
}

// FilterQuery narrows a search or an export.
type FilterQuery struct {
	From       time.Time `query:"from" doc:"Inclusive. Search: when it was written; export: when the conversation began"`
	To         time.Time `query:"to" doc:"Exclusive"`
	Site       string    `query:"site" maxLength:"200" doc:"The site's key; without it every site in scope"`
	Department int32     `query:"department" minimum:"0" doc:"0 = all in scope"`
	Agent      string    `query:"agent" maxLength:"36" doc:"User id: who wrote in it or has it"`
	Owner      string    `query:"owner" enum:"bot,queue,human"`
	Status     string    `query:"status" enum:"open,snoozed,resolved"`
	Contact    string    `query:"contact" maxLength:"36" doc:"Contact id"`
	Notes      bool      `query:"notes" doc:"Only with an internal note"`
}

// filter resolves the site's key; one out of scope is not found.
func (s *Server) filter(ctx context.Context, q *FilterQuery) (history.Filter, error) {
	f := history.Filter{
		From: q.From.UTC(), To: q.To.UTC(), Department: q.Department, Agent: q.Agent, Owner: q.Owner, Status: q.Status, Contact: q.Contact, Notes: q.Notes,
	}
	if q.From.IsZero() {
		f.From = time.Time{}
	}
	if q.To.IsZero() {
		f.To = time.Time{}
	}
	if q.Site == "" {
		return f, nil
	}
	var err error
	f.Site, err = s.kbSite(ctx, q.Site)
	return f, err
}

// SnippetPiece is a piece of what was said, plain text.
type SnippetPiece struct {
	Text string `json:"text"`
	Hit  bool   `json:"hit,omitempty" doc:"It is what was searched for"`
}

// SearchHit is a conversation that was found.
type SearchHit struct {
	Conversation Conversation   `json:"conversation"`
	Seq          uint32         `json:"seq" doc:"The row that shows best why"`
	Kind         string         `json:"kind" doc:"Of that row"`
	AuthorKind   string         `json:"author_kind"`
	Author       string         `json:"author" doc:"Name; may be empty"`
	Time         time.Time      `json:"time"`
	Snippet      []SnippetPiece `json:"snippet" nullable:"false"`
	More         int            `json:"more" doc:"Other rows near it with what was searched for"`
}

// SearchPage is one page of a search.
type SearchPage struct {
	Hits    []SearchHit `json:"hits" nullable:"false"`
	Next    string      `json:"next" doc:"Cursor of the next page; empty on the last. A page may be empty and still have a next one"`
	Total   int         `json:"total" doc:"Conversations found so far"`
	Above   bool        `json:"above" doc:"There are more than total: counting ended there"`
	Loose   bool        `json:"loose" doc:"Nothing has all of what was asked for; these have parts of it"`
	BehindS float64     `json:"behind_s" doc:"Seconds since the index was last complete; what was written since may be missing"`
}

type searchInput struct {
	FilterQuery
	Text   string `query:"q" maxLength:"800" doc:"Words that must all be there, \"phrases\", -words that must not; empty = everything within the filter"`
	Sort   string `query:"sort" enum:"best,newest" default:"best"`
	Cursor string `query:"cursor" maxLength:"500"`
	Limit  int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

func (s *Server) search(ctx context.Context, in *searchInput) (*jsonBody[SearchPage], error) {
	if s.cfg.History.Search == nil {
		return nil, errNoHistory
	}
	f, err := s.filter(ctx, &in.FilterQuery)
	if err != nil {
		return nil, err
	}
	page, err := s.cfg.History.Search.Search(ctx, callerOf(ctx).actor, history.Query{
		Filter: f, Text: in.Text, Newest: in.Sort == "newest", Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := SearchPage{
		Hits: make([]SearchHit, len(page.Hits)), Next: page.Next, Total: page.Total, Above: page.Above, Loose: page.Loose, BehindS: page.Behind.Seconds(),
	}
	for i := range page.Hits {
		h := &page.Hits[i]
		hit := SearchHit{
			Conversation: s.conversationOf(ctx, h.Conversation, nil), Seq: h.Seq, Kind: string(h.Kind), AuthorKind: string(h.Author.Kind),
			Author: h.Author.Name, Time: h.Time.UTC(), Snippet: make([]SnippetPiece, len(h.Snippet)), More: h.More,
		}
		for j, piece := range h.Snippet {
			hit.Snippet[j] = SnippetPiece(piece)
		}
		out.Hits[i] = hit
	}
	return body(out, nil)
}

// SearchChoices is what a search may be narrowed to.
type SearchChoices struct {
	Sites       []ChoiceSite `json:"sites" nullable:"false"`
	Agents      []Person     `json:"agents" nullable:"false"`
	MayExport   bool         `json:"may_export"`
	MayReadLogs bool         `json:"may_privacy" doc:"Retention, erasure and the audit list are open to the caller"`
}

// ChoiceSite is a site in scope.
type ChoiceSite struct {
	Key         string           `json:"key"`
	Name        string           `json:"name"`
	Departments []SiteDepartment `json:"departments" nullable:"false" doc:"Those in scope"`
}

func (s *Server) searchChoices(ctx context.Context, _ *struct{}) (*jsonBody[SearchChoices], error) {
	actor := callerOf(ctx).actor
	sites, err := s.cfg.Accounts.Sites(ctx)
	if err != nil {
		return nil, err
	}
	out := SearchChoices{Sites: []ChoiceSite{}, Agents: []Person{}, MayExport: actor.Can(identity.PermExport), MayReadLogs: actor.Can(identity.PermPrivacy)}
	for _, site := range sites {
		if !inScope(actor, site.ID) {
			continue
		}
		choice := ChoiceSite{Key: site.Key, Name: site.Name, Departments: []SiteDepartment{}}
		if s.cfg.Staff != nil {
			departments, err := s.cfg.Staff.Departments(ctx, site.ID)
			if err != nil {
				return nil, err
			}
			for _, d := range departments {
				if actor.Scope.Allows(site.ID, d.ID, "") {
					choice.Departments = append(choice.Departments, SiteDepartment{ID: d.ID, Name: d.Name})
				}
			}
		}
		out.Sites = append(out.Sites, choice)
	}
	rosters, err := s.cfg.Accounts.Rosters(ctx, actor.Scope)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, r := range rosters {
		for _, p := range r.People {
			if !seen[p.ID] {
				seen[p.ID] = true
				out.Agents = append(out.Agents, Person{ID: p.ID, Name: p.Name})
			}
		}
	}
	return body(out, nil)
}

// AuditEntry is one administrative act.
type AuditEntry struct {
	ID        int64     `json:"id"`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor" doc:"User id, or system"`
	ActorName string    `json:"actor_name" doc:"Empty for the system and for who is gone"`
	Action    string    `json:"action" example:"conversations.export"`
	Object    string    `json:"object" doc:"What it was done to"`
	Detail    string    `json:"detail"`
	Site      string    `json:"site" doc:"Empty: of no site"`
}

// AuditList is one page of acts, newest first.
type AuditList struct {
	Rows    []AuditEntry `json:"rows" nullable:"false"`
	Next    int64        `json:"next" doc:"before of the next page; 0 on the last"`
	Actions []string     `json:"actions" nullable:"false" doc:"The acts that there are"`
}

type auditLogInput struct {
	From   time.Time `query:"from"`
	To     time.Time `query:"to" doc:"Exclusive"`
	Action string    `query:"action" maxLength:"100" doc:"An act, or the first part of some: kb"`
	Actor  string    `query:"actor" maxLength:"36" doc:"User id, or system"`
	Text   string    `query:"q" maxLength:"200" doc:"Part of what it was done to"`
	Site   string    `query:"site" maxLength:"200"`
	Before int64     `query:"before" minimum:"0"`
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (s *Server) auditLog(ctx context.Context, in *auditLogInput) (*jsonBody[AuditList], error) {
	if s.cfg.History.Audits == nil {
		return nil, errNoHistory
	}
	f, err := s.filter(ctx, &FilterQuery{From: in.From, To: in.To, Site: in.Site})
	if err != nil {
		return nil, err
	}
	page, err := s.cfg.History.Audits.List(ctx, callerOf(ctx).actor, history.AuditQuery{
		From: f.From, To: f.To, Action: in.Action, Actor: in.Actor, Text: in.Text, Site: f.Site, Before: in.Before, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := AuditList{Rows: make([]AuditEntry, len(page.Rows)), Next: page.Next, Actions: orNone(page.Actions)}
	for i, r := range page.Rows {
		out.Rows[i] = AuditEntry{
			ID: r.ID, At: r.At, Actor: r.Actor, ActorName: r.ActorName, Action: r.Action, Object: r.Object, Detail: r.Detail,
		}
		if r.Site != 0 {
			out.Rows[i].Site = s.siteKey(ctx, r.Site)
		}
	}
	return body(out, nil)
}

// auditDetail records an act with what it did: ids and numbers, no words of visitors.
func (s *Server) auditDetail(ctx context.Context, action, object, detail string, site int32) {
	row := identity.AuditRow{At: s.clock(), Actor: callerOf(ctx).actor.ID, Action: action, Object: object, Detail: detail, Site: site}
	if err := s.cfg.Accounts.AddAudit(ctx, row); err != nil {
		s.log.ErrorContext(ctx, "audit row lost", "request_id", requestID(ctx), "action", action, "error", fmt.Errorf("add audit row: %w", err))
	}
}
