package web

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"frontdesk/bot"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// errNoGaps: the server was built without a gap board.
var errNoGaps = errors.New("there is no gap board here")

func (s *Server) gapBoard() (Gaps, error) {
	if s.cfg.Gaps == nil {
		return nil, fmt.Errorf("%w: %w", identity.ErrNotFound, errNoGaps)
	}
	return s.cfg.Gaps, nil
}

type gapsInput struct {
	SiteQuery
	Department int32  `query:"department" minimum:"0" doc:"0 = all in scope"`
	Tab        string `query:"tab" enum:"open,solved,closed,out_of_scope" default:"open" doc:"open: open and in progress; closed: dismissed and expired"`
	Locale     string `query:"locale" enum:"zh-CN,en"`
	Reason     string `query:"reason" maxLength:"100"`
	Search     string `query:"search" maxLength:"200"`
	Order      string `query:"order" enum:"cost,visitors,newest" default:"cost"`
	Offset     int    `query:"offset" minimum:"0" maximum:"100000"`
	Limit      int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

func (s *Server) gaps(ctx context.Context, in *gapsInput) (*jsonBody[GapPage], error) {
	board, err := s.gapBoard()
	if err != nil {
		return nil, err
	}
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	states := map[string][]bot.GapState{
		"open": {bot.GapOpen, bot.GapInProgress}, "solved": {bot.GapSolved}, "closed": {bot.GapDismissed, bot.GapExpired}, "out_of_scope": {bot.GapOutOfScope},
	}
	page, err := board.List(ctx, callerOf(ctx).actor, bot.GapQuery{
		Site: site, Department: in.Department, States: states[in.Tab], Locale: in.Locale, Reason: in.Reason, Search: in.Search,
		Order: in.Order, Offset: in.Offset, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := GapPage{Items: make([]Gap, len(page.Gaps)), Total: page.Total, Counts: map[string]int{}}
	for i := range page.Gaps {
		out.Items[i] = gapOf(&page.Gaps[i])
	}
	for state, n := range page.Counts {
		out.Counts[string(state)] = n
	}
	return body(out, nil)
}

// GapPath names a gap.
type GapPath struct {
	ID int64 `path:"id" minimum:"1"`
}

func (s *Server) gap(ctx context.Context, in *GapPath) (*jsonBody[GapDetail], error) {
	board, err := s.gapBoard()
	if err != nil {
		return nil, err
	}
	return s.gapNow(ctx, board, in.ID)
}

func (s *Server) gapNow(ctx context.Context, board Gaps, id int64) (*jsonBody[GapDetail], error) {
	d, err := board.Get(ctx, callerOf(ctx).actor, id)
	if err != nil {
		return nil, err
	}
	return body(gapDetailOf(&d), nil)
}

// gapAct runs one act on a gap, notes it in the audit log, and answers with the gap as it is then.
func (s *Server) gapAct(ctx context.Context, id int64, action, detail string, act func(Gaps, identity.Actor) error) (*jsonBody[GapDetail], error) {
	board, err := s.gapBoard()
	if err != nil {
		return nil, err
	}
	actor := callerOf(ctx).actor
	d, err := board.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := act(board, actor); err != nil {
		return nil, err
	}
	s.audit(ctx, actor, action, strconv.FormatInt(id, 10)+" "+detail, d.Site)
	return s.gapNow(ctx, board, id)
}

type gapStateInput struct {
	GapPath
	Body struct {
		Revision int    `json:"revision" minimum:"1"`
		State    string `json:"state" enum:"open,in_progress,solved,dismissed,out_of_scope"`
	}
}

func (s *Server) gapState(ctx context.Context, in *gapStateInput) (*jsonBody[GapDetail], error) {
	return s.gapAct(ctx, in.ID, "gap.state", in.Body.State, func(g Gaps, actor identity.Actor) error {
		return g.SetState(ctx, actor, in.ID, in.Body.Revision, bot.GapState(in.Body.State))
	})
}

type gapNameInput struct {
	GapPath
	Body struct {
		Revision int    `json:"revision" minimum:"1"`
		Name     string `json:"name" maxLength:"800" doc:"Empty takes the name away"`
	}
}

func (s *Server) gapName(ctx context.Context, in *gapNameInput) (*jsonBody[GapDetail], error) {
	return s.gapAct(ctx, in.ID, "gap.name", "", func(g Gaps, actor identity.Actor) error {
		return g.Rename(ctx, actor, in.ID, in.Body.Revision, in.Body.Name)
	})
}

type gapMergeInput struct {
	GapPath
	Body struct {
		Revision int   `json:"revision" minimum:"1"`
		From     int64 `json:"from" minimum:"1" doc:"The gap that becomes part of this one"`
	}
}

// gapMerge puts another gap into this one, and answers with this one.
func (s *Server) gapMerge(ctx context.Context, in *gapMergeInput) (*jsonBody[GapDetail], error) {
	return s.gapAct(ctx, in.ID, "gap.merge", "from "+strconv.FormatInt(in.Body.From, 10), func(g Gaps, actor identity.Actor) error {
		from, err := g.Get(ctx, actor, in.Body.From)
		if err != nil {
			return err
		}
		into, err := g.Get(ctx, actor, in.ID)
		if err != nil {
			return err
		}
		if into.Revision != in.Body.Revision {
			return bot.ErrGapChanged
		}
		return g.Merge(ctx, actor, in.Body.From, from.Revision, in.ID)
	})
}

type gapSplitInput struct {
	GapPath
	Body struct {
		Revision int       `json:"revision" minimum:"1"`
		Samples  []GapTurn `json:"samples" minItems:"1" maxItems:"200" nullable:"false" doc:"Questions to take out; all that were asked in the same words go with them"`
	}
}

// GapSplit is what became of a gap that was split.
type GapSplit struct {
	Made int64     `json:"made" doc:"The new gap"`
	Gap  GapDetail `json:"gap" doc:"The old one"`
}

func (s *Server) gapSplit(ctx context.Context, in *gapSplitInput) (*jsonBody[GapSplit], error) {
	turns := make([]bot.GapTurn, len(in.Body.Samples))
	for i, t := range in.Body.Samples {
		turns[i] = bot.GapTurn(t)
	}
	var out GapSplit
	left, err := s.gapAct(ctx, in.ID, "gap.split", "", func(g Gaps, actor identity.Actor) (err error) {
		out.Made, err = g.Split(ctx, actor, in.ID, in.Body.Revision, turns)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Gap = left.Body
	return body(out, nil)
}

type gapApartInput struct {
	GapPath
	Body struct {
		Other int64 `json:"other" minimum:"1"`
	}
}

func (s *Server) gapApart(ctx context.Context, in *gapApartInput) (*jsonBody[GapDetail], error) {
	return s.gapAct(ctx, in.ID, "gap.apart", strconv.FormatInt(in.Body.Other, 10), func(g Gaps, actor identity.Actor) error {
		return g.Apart(ctx, actor, in.ID, in.Body.Other)
	})
}

type gapVariantInput struct {
	GapPath
	Body struct {
		Revision  int      `json:"revision" minimum:"1"`
		Article   string   `json:"article" minLength:"1" maxLength:"400"`
		Locale    string   `json:"locale" enum:"zh-CN,en"`
		Questions []string `json:"questions" minItems:"1" maxItems:"20" nullable:"false"`
	}
}

// gapVariant puts questions into the working copy of an article.
func (s *Server) gapVariant(ctx context.Context, in *gapVariantInput) (*jsonBody[GapDetail], error) {
	a := bot.PacketArticle{ID: in.Body.Article, Locale: in.Body.Locale}
	return s.gapAct(ctx, in.ID, "gap.variant", a.ID+" "+a.Locale, func(g Gaps, actor identity.Actor) error {
		return g.AddVariants(ctx, actor, in.ID, in.Body.Revision, a, in.Body.Questions)
	})
}

type gapDraftInput struct {
	GapPath
	Body struct {
		Revision  int      `json:"revision" minimum:"1"`
		Article   string   `json:"article" minLength:"1" maxLength:"400" doc:"Id of the article to be"`
		Locale    string   `json:"locale" enum:"zh-CN,en"`
		Title     string   `json:"title" maxLength:"800"`
		Questions []string `json:"questions" maxItems:"50" nullable:"false"`
		Answer    string   `json:"answer,omitempty" maxLength:"40000" doc:"May be empty: it is a working copy"`
	}
}

// gapDraft makes a working copy of a new article.
func (s *Server) gapDraft(ctx context.Context, in *gapDraftInput) (*jsonBody[GapDetail], error) {
	b := in.Body
	return s.gapAct(ctx, in.ID, "gap.draft", b.Article+" "+b.Locale, func(g Gaps, actor identity.Actor) error {
		return g.NewDraft(ctx, actor, in.ID, b.Revision, kb.Article{ID: b.Article, Locale: b.Locale, Title: b.Title, Questions: b.Questions, Answer: b.Answer})
	})
}
