package web

import (
	"context"
	"strconv"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// WordGroup is an entry of a site's word list.
type WordGroup struct {
	ID     int64    `json:"id"`
	Kind   string   `json:"kind" enum:"synonym,alias,code" doc:"synonym: all mean the same; alias: the first is searched for where another stands; code: kept whole and compared exactly"`
	Locale string   `json:"locale" enum:",zh-CN,en" doc:"Empty = both languages"`
	Words  []string `json:"words" nullable:"false"`
}

// WordList is a site's word list.
type WordList struct {
	Groups []WordGroup `json:"groups" nullable:"false"`
}

func wordsOf(all []kb.WordGroup) WordList {
	out := WordList{Groups: make([]WordGroup, len(all))}
	for i, g := range all {
		out.Groups[i] = WordGroup{ID: g.ID, Kind: string(g.Kind), Locale: g.Locale, Words: orNone(g.Words)}
	}
	return out
}

func (s *Server) words(ctx context.Context, in *SiteQuery) (*jsonBody[WordList], error) {
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Editorial.Words(ctx, callerOf(ctx).actor, site)
	return body(wordsOf(all), err)
}

type wordsBody struct {
	Kind   string   `json:"kind" enum:"synonym,alias,code"`
	Locale string   `json:"locale,omitempty" enum:",zh-CN,en" doc:"Empty = both languages"`
	Words  []string `json:"words" nullable:"false" minItems:"1" maxItems:"50"`
}

type addWordsInput struct {
	SiteQuery
	Body wordsBody
}

type changeWordsInput struct {
	SiteQuery
	ID   int64 `path:"id" minimum:"1"`
	Body wordsBody
}

func (s *Server) addWords(ctx context.Context, in *addWordsInput) (*jsonBody[WordList], error) {
	return s.putWords(ctx, in.Site, 0, in.Body)
}

func (s *Server) changeWords(ctx context.Context, in *changeWordsInput) (*jsonBody[WordList], error) {
	return s.putWords(ctx, in.Site, in.ID, in.Body)
}

func (s *Server) putWords(ctx context.Context, key string, id int64, b wordsBody) (*jsonBody[WordList], error) {
	return s.editWords(ctx, key, "kb.words", strconv.FormatInt(id, 10), func(actor identity.Actor, site int32) ([]kb.WordGroup, error) {
		return s.cfg.Editorial.SaveWords(ctx, actor, site, kb.WordGroup{ID: id, Kind: kb.WordKind(b.Kind), Locale: b.Locale, Words: b.Words})
	})
}

func (s *Server) editWords(ctx context.Context, key, act, object string, do func(identity.Actor, int32) ([]kb.WordGroup, error)) (*jsonBody[WordList], error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, key)
	if err != nil {
		return nil, err
	}
	all, err := do(actor, site)
	if err != nil {
		return nil, err
	}
	s.audit(ctx, actor, act, object, site)
	return body(wordsOf(all), nil)
}

type dropWordsInput struct {
	SiteQuery
	ID int64 `path:"id" minimum:"1"`
}

func (s *Server) dropWords(ctx context.Context, in *dropWordsInput) (*jsonBody[WordList], error) {
	return s.editWords(ctx, in.Site, "kb.words_drop", strconv.FormatInt(in.ID, 10), func(actor identity.Actor, site int32) ([]kb.WordGroup, error) {
		return s.cfg.Editorial.DropWords(ctx, actor, site, []int64{in.ID})
	})
}

type pasteWordsInput struct {
	SiteQuery
	Body struct {
		List   string `json:"list" maxLength:"500000" doc:"A group a line, words apart by commas: \"synonym: refund, money back\", \"alias en: router = wifi box\", \"code: TH01, TH02\""`
		Kind   string `json:"kind" enum:"synonym,alias,code" doc:"Of lines that name none"`
		DryRun bool   `json:"dry_run,omitempty" doc:"Only check"`
	}
}

// PastedWords is what adding a list did, or would do.
type PastedWords struct {
	Added  int         `json:"added"`
	Known  int         `json:"known" doc:"Groups that were there already"`
	Groups []WordGroup `json:"groups" nullable:"false" doc:"The whole list"`
}

func (s *Server) pasteWords(ctx context.Context, in *pasteWordsInput) (*jsonBody[PastedWords], error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	r, err := s.cfg.Editorial.AddWords(ctx, actor, site, in.Body.List, kb.WordKind(in.Body.Kind), in.Body.DryRun)
	if err != nil {
		return nil, err
	}
	if !in.Body.DryRun && r.Added > 0 {
		s.audit(ctx, actor, "kb.words_import", strconv.Itoa(r.Added), site)
	}
	return body(PastedWords{Added: r.Added, Known: r.Known, Groups: wordsOf(r.Words).Groups}, nil)
}

// editorialRoutes are the editors' side of the knowledge base.
func (s *Server) editorialRoutes() {
	if s.cfg.Editorial == nil || s.cfg.Staff == nil {
		return
	}
	const get, post, put, del = "GET", "POST", "PUT", "DELETE"
	const read, write = identity.PermKBRead, identity.PermKBWrite
	add(s, get, "/api/admin/kb/board", read, "Articles with their working copies and states", s.board)
	add(s, get, "/api/admin/kb/people", read, "Who and what articles can belong to", s.sitePeople)
	add(s, get, "/api/admin/kb/desk/{id}", read, "All there is of an article: published, working copies, history", s.articleDesk)
	add(s, put, "/api/admin/kb/drafts/{id}/{locale}", write, "Save a working copy", s.saveDraft)
	add(s, del, "/api/admin/kb/drafts/{id}/{locale}", write, "Discard a working copy", s.discardDraft)
	add(s, post, "/api/admin/kb/drafts/{id}/{locale}/submit", write, "Ask for a review", s.submitDraft)
	add(s, post, "/api/admin/kb/drafts/{id}/{locale}/return", write, "Send it back with a note", s.sendDraftBack)
	add(s, post, "/api/admin/kb/drafts/{id}/{locale}/schedule", write, "Let it go live at a time", s.scheduleDraft)
	add(s, post, "/api/admin/kb/drafts/{id}/{locale}/unschedule", write, "Take it off the schedule", s.unscheduleDraft)
	add(s, post, "/api/admin/kb/drafts/{id}/{locale}/lint", read, "What is odd about it", s.lintArticle)
	add(s, post, "/api/admin/kb/publish", write, "Publish working copies", s.publishDrafts)
	add(s, get, "/api/admin/kb/articles/{id}/{locale}/versions", read, "All versions", s.articleVersions)
	add(s, get, "/api/admin/kb/articles/{id}/{locale}/diff", read, "How two versions differ", s.articleDiff)
	add(s, post, "/api/admin/kb/articles/{id}/{locale}/rollback", write, "Publish an earlier version again", s.rollbackArticle)
	add(s, post, "/api/admin/kb/articles/{id}/{locale}/restore", write, "Publish an archived or expired translation again", s.restoreArticle)
	add(s, post, "/api/admin/kb/articles/{id}/{locale}/translated", write, "Note that it says what the newest translation says", s.markTranslated)
	add(s, get, "/api/admin/kb/words", read, "The word list", s.words)
	add(s, post, "/api/admin/kb/words", write, "Add a group of words", s.addWords)
	add(s, put, "/api/admin/kb/words/{id}", write, "Change a group of words", s.changeWords)
	add(s, del, "/api/admin/kb/words/{id}", write, "Delete a group of words", s.dropWords)
	add(s, post, "/api/admin/kb/words/import", write, "Add a pasted list of words", s.pasteWords)
}
