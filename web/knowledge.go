package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// SiteList is the sites in the caller's scope.
type SiteList struct {
	Sites []VisitorSite `json:"sites" nullable:"false"`
}

func (s *Server) sites(ctx context.Context, _ *struct{}) (*jsonBody[SiteList], error) {
	sites, err := s.cfg.Accounts.Sites(ctx)
	if err != nil {
		return nil, err
	}
	out := SiteList{Sites: []VisitorSite{}}
	for _, site := range sites {
		if inScope(callerOf(ctx).actor, site.ID) {
			out.Sites = append(out.Sites, VisitorSite{Key: site.Key, Name: site.Name, Locale: site.Locale})
		}
	}
	return body(out, nil)
}

// inScope reports whether the actor may work at a site, whatever its departments.
func inScope(a identity.Actor, site int32) bool {
	return a.Scope.All || slices.Contains(a.Scope.Sites, site)
}

// ArticleSummary is an article in a list.
type ArticleSummary struct {
	ID             string    `json:"id"`
	Locale         string    `json:"locale"`
	Title          string    `json:"title"`
	Tags           []string  `json:"tags" nullable:"false"`
	QuestionsCount int       `json:"questions_count"`
	Version        uint32    `json:"version"`
	UpdatedAt      time.Time `json:"updated_at"`
	Locales        []string  `json:"locales" nullable:"false" doc:"Of all its translations"`
}

// ArticlePage is one page of articles.
type ArticlePage struct {
	Items []ArticleSummary `json:"items" nullable:"false"`
	Next  string           `json:"next" doc:"Cursor of the next page; empty on the last"`
	Total int              `json:"total"`
}

// Article is one translation of an article.
type Article struct {
	ID        string    `json:"id"`
	Locale    string    `json:"locale"`
	Title     string    `json:"title"`
	Questions []string  `json:"questions" nullable:"false"`
	Answer    string    `json:"answer"`
	Tags      []string  `json:"tags" nullable:"false"`
	Version   uint32    `json:"version"`
	UpdatedAt time.Time `json:"updated_at"`
	ArticleSettings
}

// Translations is an article in all its languages.
type Translations struct {
	ID           string    `json:"id"`
	Translations []Article `json:"translations" nullable:"false"`
}

func articleOf(a kb.Article) Article {
	return Article{
		ID: a.ID, Locale: a.Locale, Title: a.Title, Questions: orNone(a.Questions), Answer: a.Answer, Tags: orNone(a.Tags),
		Version: a.Version, UpdatedAt: a.UpdatedAt.UTC(), ArticleSettings: settingsOf(a),
	}
}

func orNone(v []string) []string {
	if v == nil {
		return []string{}
	}
	return v
}

// SiteQuery names a site in the query; every route of the knowledge base has it.
type SiteQuery struct {
	Site string `query:"site" maxLength:"200" doc:"The site's key; without it the first site in scope"`
}

// kbSite returns the site asked for; one outside the caller's scope does not exist.
func (s *Server) kbSite(ctx context.Context, key string) (int32, error) {
	actor := callerOf(ctx).actor
	sites, err := s.cfg.Accounts.Sites(ctx)
	if err != nil {
		return 0, err
	}
	for _, site := range sites {
		if (key == "" || key == site.Key) && inScope(actor, site.ID) {
			return site.ID, nil
		}
	}
	return 0, identity.ErrNotFound
}

type articlesInput struct {
	SiteQuery
	Search string `query:"search" maxLength:"200"`
	Locale string `query:"locale" maxLength:"35"`
	Tag    string `query:"tag" maxLength:"100"`
	Cursor string `query:"cursor" maxLength:"1000"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (s *Server) listArticles(ctx context.Context, in *articlesInput) (*jsonBody[ArticlePage], error) {
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	page, err := s.cfg.Knowledge.List(ctx, callerOf(ctx).actor, kb.ListQuery{
		Site: site, Search: in.Search, Locale: in.Locale, Tag: in.Tag, Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := ArticlePage{Items: make([]ArticleSummary, len(page.Items)), Next: page.Next, Total: page.Total}
	for i, a := range page.Items {
		out.Items[i] = ArticleSummary{
			ID: a.ID, Locale: a.Locale, Title: a.Title, Tags: orNone(a.Tags), QuestionsCount: a.Questions,
			Version: a.Version, UpdatedAt: a.UpdatedAt.UTC(), Locales: orNone(a.Locales),
		}
	}
	return body(out, nil)
}

// ArticlePath names an article.
type ArticlePath struct {
	SiteQuery
	ID string `path:"id" maxLength:"400" doc:"Article id"`
}

func (s *Server) article(ctx context.Context, in *ArticlePath) (*jsonBody[Translations], error) {
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Knowledge.Translations(ctx, callerOf(ctx).actor, site, in.ID)
	if err != nil {
		return nil, err
	}
	out := Translations{ID: in.ID, Translations: []Article{}}
	for _, a := range all {
		out.Translations = append(out.Translations, articleOf(a))
	}
	return body(out, nil)
}

// TranslationPath names one translation.
type TranslationPath struct {
	ArticlePath
	Locale string `path:"locale" enum:"zh-CN,en"`
}

type saveArticleInput struct {
	TranslationPath
	Body struct {
		Title     string   `json:"title"`
		Questions []string `json:"questions" nullable:"false"`
		Answer    string   `json:"answer"`
		Tags      []string `json:"tags,omitempty" nullable:"false"`
		Version   uint32   `json:"version,omitempty" doc:"The version that was edited; refused with conflict when there is a newer one. 0 or absent = a new translation, refused with conflict when there is one"`
		SettingsChange
	}
}

func (s *Server) saveArticle(ctx context.Context, in *saveArticleInput) (*jsonBody[Article], error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	old, err := s.published(ctx, actor, site, in.ID, in.Locale)
	switch {
	case err == nil && in.Body.Version == 0:
		return nil, fmt.Errorf("%w: %s is taken in %s; edit that article and send its version", kb.ErrConflict, in.ID, in.Locale)
	case err != nil && !errors.Is(err, kb.ErrNotFound):
		return nil, err
	}
	a, err := in.Body.apply(kb.Article{
		Site: site, ID: in.ID, Locale: in.Locale, Title: in.Body.Title, Questions: in.Body.Questions, Answer: in.Body.Answer,
		Tags: in.Body.Tags, Version: in.Body.Version, Author: actor.ID,
	}.WithSettingsOf(old))
	if err != nil {
		return nil, err
	}
	if err := s.checkSettings(ctx, site, a, old); err != nil {
		return nil, err
	}
	saved, err := s.cfg.Knowledge.Save(ctx, actor, a)
	if err != nil {
		return nil, err
	}
	s.audit(ctx, actor, "kb.publish", in.ID+" "+in.Locale, site)
	return body(articleOf(saved), nil)
}

// published returns the published version of one translation, or kb.ErrNotFound.
func (s *Server) published(ctx context.Context, actor identity.Actor, site int32, id, locale string) (kb.Article, error) {
	all, err := s.cfg.Knowledge.Translations(ctx, actor, site, id)
	if err != nil {
		return kb.Article{}, err //nolint:wrapcheck // mapped by problem
	}
	for _, a := range all {
		if a.Locale == locale {
			return a, nil
		}
	}
	return kb.Article{}, kb.ErrNotFound
}

func (s *Server) archiveArticle(ctx context.Context, in *TranslationPath) (*Nothing, error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.Knowledge.Archive(ctx, actor, site, in.ID, in.Locale); err != nil {
		return nil, err
	}
	s.audit(ctx, actor, "kb.archive", in.ID+" "+in.Locale, site)
	return &Nothing{}, nil
}

func (s *Server) writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.log.DebugContext(r.Context(), "write answer", "request_id", requestID(r.Context()), "error", err)
	}
}
