package web

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

func isNotFound(err error) bool { return errors.Is(err, kb.ErrNotFound) }

// ArticleVersion is a version in a list.
type ArticleVersion struct {
	Version      uint32    `json:"version"`
	Title        string    `json:"title"`
	Author       string    `json:"author" doc:"User id, or system"`
	At           time.Time `json:"at"`
	RestoredFrom uint32    `json:"restored_from" doc:"The version whose content it has again; 0 = its own"`
	Published    bool      `json:"published" doc:"It is the one that is said"`
}

// ArticleVersions is all versions of a translation, the newest first.
type ArticleVersions struct {
	Versions []ArticleVersion `json:"versions" nullable:"false"`
}

func (s *Server) articleVersions(ctx context.Context, in *TranslationPath) (*jsonBody[ArticleVersions], error) {
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Editorial.Versions(ctx, callerOf(ctx).actor, site, in.ID, in.Locale)
	if err != nil {
		return nil, err
	}
	out := ArticleVersions{Versions: make([]ArticleVersion, len(all))}
	for i, v := range all {
		out.Versions[i] = ArticleVersion{Version: v.Version, Title: v.Title, Author: v.Author, At: v.At.UTC(), RestoredFrom: v.RestoredFrom, Published: v.Published}
	}
	return body(out, nil)
}

type diffInput struct {
	TranslationPath
	From string `query:"from" required:"true" maxLength:"12" doc:"A version, or \"draft\""`
	To   string `query:"to" required:"true" maxLength:"12" doc:"A version, or \"draft\""`
}

// ArticleDiff is how two versions differ.
type ArticleDiff struct {
	Fields []FieldDiff `json:"fields" nullable:"false" doc:"Those that differ, in the order of the editor"`
}

// FieldDiff is what became of a field.
type FieldDiff struct {
	Field  string      `json:"field" enum:"title,questions,answer,tags,department,audience,floor,handover,next,owner,review_at,expires_at"`
	Pieces []DiffPiece `json:"pieces" nullable:"false" doc:"In order; of questions, tags and next each piece is an entry"`
}

// DiffPiece is a run of text of one version or both.
type DiffPiece struct {
	Op   string `json:"op" enum:"same,added,gone"`
	Text string `json:"text"`
}

func (s *Server) articleDiff(ctx context.Context, in *diffInput) (*jsonBody[ArticleDiff], error) {
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	from, err := diffSide("from", in.From)
	if err != nil {
		return nil, err
	}
	to, err := diffSide("to", in.To)
	if err != nil {
		return nil, err
	}
	fields, err := s.cfg.Editorial.Diff(ctx, callerOf(ctx).actor, site, in.ID, in.Locale, from, to)
	if err != nil {
		return nil, err
	}
	out := ArticleDiff{Fields: make([]FieldDiff, len(fields))}
	for i, f := range fields {
		out.Fields[i] = FieldDiff{Field: f.Field, Pieces: make([]DiffPiece, len(f.Pieces))}
		for j, p := range f.Pieces {
			out.Fields[i].Pieces[j] = DiffPiece{Op: string(p.Op), Text: p.Text}
		}
	}
	return body(out, nil)
}

func diffSide(name, v string) (kb.DiffSide, error) {
	if v == "draft" {
		return kb.DiffSide{}, nil
	}
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil || n == 0 {
		return kb.DiffSide{}, fmt.Errorf("%w: %s must be the number of a version or %q", errBadRequest, name, "draft")
	}
	return kb.DiffSide{Version: uint32(n)}, nil
}

type rollbackInput struct {
	TranslationPath
	Body struct {
		Version uint32 `json:"version" minimum:"1" maximum:"2147483647" doc:"The one whose content comes back, as a new version"`
		Current uint32 `json:"current" doc:"The one that is published; 0 = none is. Refused with conflict when it is another"`
	}
}

func (s *Server) rollbackArticle(ctx context.Context, in *rollbackInput) (*jsonBody[Article], error) {
	return s.bringBack(ctx, &in.TranslationPath, "kb.rollback", func(actor identity.Actor, site int32) (kb.Article, error) {
		return s.cfg.Editorial.Rollback(ctx, actor, site, in.ID, in.Locale, in.Body.Version, in.Body.Current)
	})
}

func (s *Server) restoreArticle(ctx context.Context, in *TranslationPath) (*jsonBody[Article], error) {
	return s.bringBack(ctx, in, "kb.restore", func(actor identity.Actor, site int32) (kb.Article, error) {
		return s.cfg.Editorial.Restore(ctx, actor, site, in.ID, in.Locale)
	})
}

func (s *Server) bringBack(ctx context.Context, in *TranslationPath, act string, do func(identity.Actor, int32) (kb.Article, error)) (*jsonBody[Article], error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	a, err := do(actor, site)
	if err != nil {
		return nil, err
	}
	s.audit(ctx, actor, act, in.ID+" "+in.Locale, site)
	return body(articleOf(a), nil)
}

func (s *Server) markTranslated(ctx context.Context, in *TranslationPath) (*Nothing, error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.Editorial.MarkTranslated(ctx, actor, site, in.ID, in.Locale); err != nil {
		return nil, err
	}
	s.audit(ctx, actor, "kb.translated", in.ID+" "+in.Locale, site)
	return &Nothing{}, nil
}
