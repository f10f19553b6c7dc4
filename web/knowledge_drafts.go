package web

import (
	"context"
	"fmt"
	"slices"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

func anyOf[T any](all []T, is func(T) bool) bool { return slices.ContainsFunc(all, is) }

// errField refuses a field of an article.
func errField(name, what string) error { return fmt.Errorf("%q %s: %w", name, what, kb.ErrInvalid) }

// ArticleDraft is the working copy of a translation.
type ArticleDraft struct {
	Title     string   `json:"title"`
	Questions []string `json:"questions" nullable:"false"`
	Answer    string   `json:"answer"`
	Tags      []string `json:"tags" nullable:"false"`
	ArticleSettings
	State     string     `json:"state" enum:"draft,review,scheduled"`
	Base      uint32     `json:"base" doc:"The published version that it was made from; 0 = there was none"`
	Minor     bool       `json:"minor" doc:"The change concerns no other translation"`
	Revision  int64      `json:"revision" doc:"Rises with every change; sent back with the next one"`
	Editor    string     `json:"editor" doc:"User id of who changed it last"`
	Submitter string     `json:"submitter"`
	Reviewer  string     `json:"reviewer"`
	Note      string     `json:"note" doc:"What the reviewer or the submitter said"`
	PublishAt *time.Time `json:"publish_at"`
	RetryAt   *time.Time `json:"retry_at" doc:"When publishing is tried next"`
	Attempts  int        `json:"attempts"`
	Failure   string     `json:"failure" doc:"Why the last attempt failed: conflict, invalid, model, gone, internal"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
}

func draftOf(d kb.Draft) ArticleDraft {
	out := ArticleDraft{
		Title: d.Title, Questions: orNone(d.Questions), Answer: d.Answer, Tags: orNone(d.Tags), ArticleSettings: settingsOf(d.Article),
		State: string(d.State), Base: d.Base, Minor: d.Minor, Revision: d.Revision, Editor: d.Editor, Submitter: d.Submitter, Reviewer: d.Reviewer,
		Note: d.Note, PublishAt: when(d.PublishAt), Attempts: d.Attempts, Failure: d.Failure, CreatedAt: d.CreatedAt.UTC(), UpdatedAt: d.UpdatedAt.UTC(),
	}
	if d.Failure != "" {
		out.RetryAt = when(d.RetryAt)
	}
	if out.State == "" { // nothing is stored: it says what is published
		out.State = string(kb.StateDraft)
	}
	return out
}

// ArticleDesk is all there is of an article, as an editor needs it.
type ArticleDesk struct {
	ID           string            `json:"id"`
	Translations []DeskTranslation `json:"translations" nullable:"false" doc:"By language; only those of which there is anything"`
	Locales      []string          `json:"locales" nullable:"false" doc:"In which the site has published articles"`
}

// DeskTranslation is what there is of one translation.
type DeskTranslation struct {
	Locale    string               `json:"locale" enum:"zh-CN,en"`
	Published OrNull[Article]      `json:"published"`
	Draft     OrNull[ArticleDraft] `json:"draft"`
	Versions  uint32               `json:"versions" doc:"How many there are"`
	Ended     bool                 `json:"ended" doc:"There were versions, and none is published: it was archived or has expired"`
	Outdated  bool                 `json:"outdated" doc:"Another translation was changed since"`
}

func (s *Server) articleDesk(ctx context.Context, in *ArticlePath) (*jsonBody[ArticleDesk], error) {
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	desk, err := s.cfg.Editorial.Desk(ctx, callerOf(ctx).actor, site, in.ID)
	if err != nil {
		return nil, err
	}
	out := ArticleDesk{ID: in.ID, Translations: []DeskTranslation{}, Locales: orNone(desk.Locales)}
	for _, t := range desk.Translations {
		row := DeskTranslation{Locale: t.Locale, Versions: t.Versions, Ended: t.Published == nil && t.Versions > 0, Outdated: t.Outdated}
		if t.Published != nil {
			a := articleOf(*t.Published)
			row.Published.Value = &a
		}
		if t.Draft != nil {
			d := draftOf(*t.Draft)
			row.Draft.Value = &d
		}
		out.Translations = append(out.Translations, row)
	}
	return body(out, nil)
}

// draftBody is the texts of an article in the editor.
type draftBody struct {
	Title     string   `json:"title" maxLength:"2000"`
	Questions []string `json:"questions" nullable:"false" maxItems:"200"`
	Answer    string   `json:"answer" maxLength:"60000"`
	Tags      []string `json:"tags,omitempty" nullable:"false" maxItems:"50"`
	SettingsChange
}

type saveDraftInput struct {
	TranslationPath
	Body struct {
		draftBody
		Revision int64  `json:"revision" minimum:"0" doc:"The one that was edited; 0 makes a working copy"`
		Base     uint32 `json:"base,omitempty" doc:"The published version that it was compared with; absent = as it was"`
		Minor    bool   `json:"minor,omitempty" doc:"The change concerns no other translation"`
	}
}

// content returns the article as it stands in the editor, with what is not given as it stands on the desk.
func (s *Server) content(ctx context.Context, actor identity.Actor, site int32, id, locale string, b draftBody) (kb.Article, *kb.Draft, error) {
	var old kb.Article
	var current *kb.Draft
	desk, err := s.cfg.Editorial.Desk(ctx, actor, site, id)
	if err == nil {
		for _, t := range desk.Translations {
			switch {
			case t.Locale != locale:
			case t.Draft != nil:
				old, current = t.Draft.Article, t.Draft
			case t.Published != nil:
				old = *t.Published
			}
		}
	} else if !isNotFound(err) {
		return kb.Article{}, nil, err //nolint:wrapcheck // mapped by problem
	}
	a, err := b.apply(kb.Article{
		Site: site, ID: id, Locale: locale, Title: b.Title, Questions: b.Questions, Answer: b.Answer, Tags: b.Tags,
	}.WithSettingsOf(old))
	if err != nil {
		return a, nil, err
	}
	return a, current, s.checkSettings(ctx, site, a, old)
}

func (s *Server) saveDraft(ctx context.Context, in *saveDraftInput) (*jsonBody[ArticleDraft], error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	a, current, err := s.content(ctx, actor, site, in.ID, in.Locale, in.Body.draftBody)
	if err != nil {
		return nil, err
	}
	d := kb.Draft{Article: a, Revision: in.Body.Revision, Base: in.Body.Base, Minor: in.Body.Minor}
	if d.Base == 0 && current != nil {
		d.Base = current.Base
	}
	saved, err := s.cfg.Editorial.SaveDraft(ctx, actor, d)
	if err != nil {
		return nil, err
	}
	if current == nil && saved.Revision > 0 { // each keystroke's save is no act; the beginning is
		s.audit(ctx, actor, "kb.draft", in.ID+" "+in.Locale, site)
	}
	return body(draftOf(saved), nil)
}

type discardInput struct {
	TranslationPath
	Revision int64 `query:"revision" required:"true" minimum:"1"`
}

func (s *Server) discardDraft(ctx context.Context, in *discardInput) (*Nothing, error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.Editorial.Discard(ctx, actor, site, kb.DraftRef{Article: in.ID, Locale: in.Locale, Revision: in.Revision}); err != nil {
		return nil, err
	}
	s.audit(ctx, actor, "kb.discard", in.ID+" "+in.Locale, site)
	return &Nothing{}, nil
}

type stepInput struct {
	TranslationPath
	Body struct {
		Revision int64  `json:"revision" minimum:"1" doc:"The one that was read"`
		Note     string `json:"note,omitempty" maxLength:"4000"`
	}
}

type scheduleInput struct {
	TranslationPath
	Body struct {
		Revision int64     `json:"revision" minimum:"1" doc:"The one that was read"`
		At       time.Time `json:"at"`
	}
}

// step runs one step of a working copy and records it.
func (s *Server) step(ctx context.Context, in *TranslationPath, revision int64, act string, do func(actor identity.Actor, site int32, ref kb.DraftRef) (kb.Draft, error)) (*jsonBody[ArticleDraft], error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	d, err := do(actor, site, kb.DraftRef{Article: in.ID, Locale: in.Locale, Revision: revision})
	if err != nil {
		return nil, err
	}
	s.audit(ctx, actor, act, in.ID+" "+in.Locale, site)
	return body(draftOf(d), nil)
}

func (s *Server) submitDraft(ctx context.Context, in *stepInput) (*jsonBody[ArticleDraft], error) {
	return s.step(ctx, &in.TranslationPath, in.Body.Revision, "kb.submit", func(actor identity.Actor, site int32, ref kb.DraftRef) (kb.Draft, error) {
		return s.cfg.Editorial.Submit(ctx, actor, site, ref, in.Body.Note)
	})
}

func (s *Server) sendDraftBack(ctx context.Context, in *stepInput) (*jsonBody[ArticleDraft], error) {
	return s.step(ctx, &in.TranslationPath, in.Body.Revision, "kb.send_back", func(actor identity.Actor, site int32, ref kb.DraftRef) (kb.Draft, error) {
		return s.cfg.Editorial.SendBack(ctx, actor, site, ref, in.Body.Note)
	})
}

func (s *Server) scheduleDraft(ctx context.Context, in *scheduleInput) (*jsonBody[ArticleDraft], error) {
	return s.step(ctx, &in.TranslationPath, in.Body.Revision, "kb.schedule", func(actor identity.Actor, site int32, ref kb.DraftRef) (kb.Draft, error) {
		return s.cfg.Editorial.Schedule(ctx, actor, site, ref, in.Body.At)
	})
}

func (s *Server) unscheduleDraft(ctx context.Context, in *stepInput) (*jsonBody[ArticleDraft], error) {
	return s.step(ctx, &in.TranslationPath, in.Body.Revision, "kb.unschedule", func(actor identity.Actor, site int32, ref kb.DraftRef) (kb.Draft, error) {
		return s.cfg.Editorial.Unschedule(ctx, actor, site, ref)
	})
}

type publishInput struct {
	Body struct {
		Site   string        `json:"site,omitempty" maxLength:"200"`
		Drafts []kb.DraftRef `json:"drafts" nullable:"false" minItems:"1" maxItems:"500" doc:"Working copies as they were read; all are published, or none"`
	}
}

// PublishedArticles is what a publication made.
type PublishedArticles struct {
	Articles []Article `json:"articles" nullable:"false"`
}

func (s *Server) publishDrafts(ctx context.Context, in *publishInput) (*jsonBody[PublishedArticles], error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Body.Site)
	if err != nil {
		return nil, err
	}
	saved, err := s.cfg.Editorial.Publish(ctx, actor, site, in.Body.Drafts)
	if err != nil {
		return nil, err
	}
	out := PublishedArticles{Articles: make([]Article, len(saved))}
	for i, a := range saved {
		out.Articles[i] = articleOf(a)
		s.audit(ctx, actor, "kb.publish", a.ID+" "+a.Locale, site)
	}
	return body(out, nil)
}

type lintInput struct {
	TranslationPath
	Body struct{ draftBody }
}

// LintReport is what is odd about an article.
type LintReport struct {
	Warnings []LintWarning `json:"warnings" nullable:"false"`
	Searched int           `json:"searched" doc:"Questions that were searched; the others were left out for want of time"`
	Of       int           `json:"of" doc:"Questions that there are"`
}

// LintWarning is one thing that is odd. None keeps anybody from publishing.
type LintWarning struct {
	Code    string `json:"code" enum:"near_duplicate,question_taken,question_stolen,numbers_contradict,translation_numbers,translation_missing,translation_outdated,answer_long,question_long,questions_few,code_unknown,next_broken,link_broken"`
	Field   string `json:"field" doc:"title, questions, answer, next; empty = the article as a whole"`
	Entry   int    `json:"entry" doc:"Of a list, from 1; 0 = all of the field"`
	Excerpt string `json:"excerpt" doc:"The text meant, as it stands there"`
	Article string `json:"article" doc:"The other article that it is about"`
	Locale  string `json:"locale" doc:"Of the other one"`
	Other   string `json:"other" doc:"What stands there"`
}

func (s *Server) lintArticle(ctx context.Context, in *lintInput) (*jsonBody[LintReport], error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	a, _, err := s.content(ctx, actor, site, in.ID, in.Locale, in.Body.draftBody)
	if err != nil {
		return nil, err
	}
	r, err := s.cfg.Editorial.Lint(ctx, actor, a)
	if err != nil {
		return nil, err
	}
	out := LintReport{Warnings: make([]LintWarning, len(r.Warnings)), Searched: r.Searched, Of: r.Of}
	for i, w := range r.Warnings {
		out.Warnings[i] = LintWarning{Code: string(w.Code), Field: w.Field, Entry: w.Entry, Excerpt: w.Excerpt, Article: w.Article, Locale: w.Locale, Other: w.Other}
	}
	return body(out, nil)
}
