package web

import (
	"context"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// BoardRow is one translation with what is published of it and its working copy.
type BoardRow struct {
	ID         string     `json:"id"`
	Locale     string     `json:"locale"`
	Title      string     `json:"title" doc:"Of the working copy, if there is one"`
	Tags       []string   `json:"tags" nullable:"false"`
	Questions  int        `json:"questions"`
	Department int32      `json:"department" doc:"0 = every department"`
	Audience   string     `json:"audience" enum:"public,customers,staff"`
	Owner      string     `json:"owner"`
	Published  uint32     `json:"published" doc:"The version that is said; 0 = none is"`
	Ended      string     `json:"ended" doc:"archived, expired or empty"`
	State      string     `json:"state" doc:"Of the working copy: draft, review, scheduled; empty = there is none"`
	Revision   int64      `json:"revision"`
	Editor     string     `json:"editor"`
	Failure    string     `json:"failure" doc:"Why it could not be published at its hour: conflict, invalid, model, gone, internal; empty = it could, or was not tried"`
	PublishAt  *time.Time `json:"publish_at"`
	ReviewAt   *time.Time `json:"review_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
	Outdated   bool       `json:"outdated" doc:"Another translation was changed since"`
	Missing    []string   `json:"missing" nullable:"false" doc:"Languages of the site that the article has not"`
}

// Board is a page of the editors' list.
type Board struct {
	Items   []BoardRow     `json:"items" nullable:"false"`
	Next    string         `json:"next" doc:"Cursor of the next page; empty on the last"`
	Counts  map[string]int `json:"counts" doc:"Translations by filter; the empty name = without a filter"`
	Locales []string       `json:"locales" nullable:"false" doc:"In which the site has published articles"`
}

type boardInput struct {
	SiteQuery
	Show   string `query:"show" enum:"published,draft,review,scheduled,to_review,expired,archived,missing,outdated,failed" doc:"Without it: everything but what is archived or expired"`
	Search string `query:"search" maxLength:"200"`
	Locale string `query:"locale" maxLength:"35"`
	Tag    string `query:"tag" maxLength:"100"`
	Owner  string `query:"owner" maxLength:"128"`
	Cursor string `query:"cursor" maxLength:"1000"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (s *Server) board(ctx context.Context, in *boardInput) (*jsonBody[Board], error) {
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	b, err := s.cfg.Editorial.Board(ctx, callerOf(ctx).actor, kb.BoardQuery{
		Site: site, Show: in.Show, Search: in.Search, Locale: in.Locale, Tag: in.Tag, Owner: in.Owner, Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := Board{Items: make([]BoardRow, len(b.Items)), Next: b.Next, Counts: b.Counts, Locales: orNone(b.Locales)}
	for i, r := range b.Items {
		out.Items[i] = BoardRow{
			ID: r.ID, Locale: r.Locale, Title: r.Title, Tags: orNone(r.Tags), Questions: r.Questions, Department: r.Department,
			Audience: r.Audience.String(), Owner: r.Owner, Published: r.Published, Ended: r.Ended, State: string(r.State), Revision: r.Revision,
			Editor: r.Editor, Failure: r.Failure, PublishAt: when(r.PublishAt), ReviewAt: when(r.ReviewAt), ExpiresAt: when(r.ExpiresAt),
			UpdatedAt: r.UpdatedAt.UTC(), Outdated: r.Outdated, Missing: orNone(r.Missing),
		}
	}
	return body(out, nil)
}

// SitePeople is who and what articles can belong to.
type SitePeople struct {
	People         []Person         `json:"people" nullable:"false" doc:"Who can work at the site"`
	Departments    []SiteDepartment `json:"departments" nullable:"false" doc:"Those within the caller's scope"`
	AllDepartments bool             `json:"all_departments" doc:"The caller may make articles of every department"`
}

// SiteDepartment is a department of a site.
type SiteDepartment struct {
	ID   int32  `json:"id"`
	Name string `json:"name"`
}

func (s *Server) sitePeople(ctx context.Context, in *SiteQuery) (*jsonBody[SitePeople], error) {
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	people, err := s.cfg.Staff.Staff(ctx, site)
	if err != nil {
		return nil, err
	}
	departments, err := s.cfg.Staff.Departments(ctx, site)
	if err != nil {
		return nil, err
	}
	scope := callerOf(ctx).actor.Scope
	out := SitePeople{People: []Person{}, Departments: []SiteDepartment{}, AllDepartments: scope.All || scope.AllDepartments}
	for _, p := range people {
		out.People = append(out.People, Person{ID: p.ID, Name: p.Name})
	}
	for _, d := range departments {
		if scope.Allows(site, d.ID, "") {
			out.Departments = append(out.Departments, SiteDepartment{ID: d.ID, Name: d.Name})
		}
	}
	return body(out, nil)
}

// checkSettings refuses an owner who does not work at the site and a department of another one. What stays as it was
// in old is not asked about: people leave.
func (s *Server) checkSettings(ctx context.Context, site int32, a, old kb.Article) error {
	if s.cfg.Staff == nil {
		return nil
	}
	if a.Owner != "" && a.Owner != old.Owner {
		people, err := s.cfg.Staff.Staff(ctx, site)
		if err != nil {
			return err //nolint:wrapcheck // mapped by problem
		}
		if !anyOf(people, func(p identity.Colleague) bool { return p.ID == a.Owner }) {
			return errField("owner", "is nobody who works at this site")
		}
	}
	if a.Department > 0 && a.Department != old.Department {
		departments, err := s.cfg.Staff.Departments(ctx, site)
		if err != nil {
			return err //nolint:wrapcheck // mapped by problem
		}
		if !anyOf(departments, func(d identity.Department) bool { return d.ID == a.Department }) {
			return errField("department", "is none of this site")
		}
	}
	return nil
}
