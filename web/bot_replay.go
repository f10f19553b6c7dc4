package web

import (
	"context"
	"time"

	"frontdesk/bot"
	"frontdesk/kb"
)

// BotRun is a run over past or saved questions.
type BotRun struct {
	ID         string                 `json:"id"`
	Site       string                 `json:"site"`
	Kind       bot.RunKind            `json:"kind" enum:"replay,questions"`
	State      bot.RunState           `json:"state" enum:"waiting,running,done,cancelled,failed"`
	Problem    string                 `json:"problem" doc:"Of a failed one: model, drafts, too_big, crashed or internal"`
	Total      int                    `json:"total"`
	Done       int                    `json:"done"`
	Days       int                    `json:"days"`
	Drafts     []kb.DraftRef          `json:"drafts" nullable:"false"`
	Answer     *float64               `json:"answer" nullable:"true" doc:"The threshold tried; null = as set"`
	Clarify    *float64               `json:"clarify" nullable:"true"`
	Summary    OrNull[bot.RunSummary] `json:"summary"`
	Worse      float64                `json:"worse_percent" doc:"Per cent of the searched questions that would be served worse"`
	CreatedAt  time.Time              `json:"created_at"`
	EndedAt    *time.Time             `json:"ended_at" nullable:"true"`
	MaxClarify *int                   `json:"max_clarifications" nullable:"true"`
}

func (s *Server) botRunOf(ctx context.Context, r bot.Run) BotRun {
	return BotRun{
		ID: r.ID, Site: s.siteKey(ctx, r.Site), Kind: r.Kind, State: r.State, Problem: r.Problem, Total: r.Total, Done: r.Done, Days: r.Spec.Days,
		Drafts: append([]kb.DraftRef{}, r.Spec.Drafts...), Answer: r.Spec.Answer, Clarify: r.Spec.Clarify, MaxClarify: r.Spec.MaxClarifications,
		Summary: OrNull[bot.RunSummary]{r.Summary}, Worse: r.Summary.WorsePercent(), CreatedAt: r.CreatedAt, EndedAt: timeOrNull(r.EndedAt),
	}
}

// BotRunList is a site's runs.
type BotRunList struct {
	Runs []BotRun `json:"runs" nullable:"false"`
}

type botRunsInput struct {
	SiteQuery
	Kind string `query:"kind" enum:"replay,questions,"`
}

func (s *Server) botRuns(ctx context.Context, in *botRunsInput) (*jsonBody[BotRunList], error) {
	if s.cfg.BotDesk.Runs == nil {
		return nil, errNoDesk
	}
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	runs, err := s.cfg.BotDesk.Runs.List(ctx, callerOf(ctx).actor, site, bot.RunKind(in.Kind))
	if err != nil {
		return nil, err
	}
	out := BotRunList{Runs: make([]BotRun, len(runs))}
	for i, r := range runs {
		out.Runs[i] = s.botRunOf(ctx, r)
	}
	return body(out, nil)
}

type addBotRunInput struct {
	SiteQuery
	Body struct {
		Kind      bot.RunKind   `json:"kind" enum:"replay,questions"`
		Days      int           `json:"days,omitempty" minimum:"0" maximum:"90" doc:"Of a replay: the last days; 7 if left out"`
		Limit     int           `json:"limit,omitempty" minimum:"0" maximum:"5000" doc:"Of a replay: the newest turns at most; 2,000 if left out"`
		AllDrafts bool          `json:"all_drafts,omitempty" doc:"With every working copy as it is now"`
		Drafts    []kb.DraftRef `json:"drafts,omitempty" maxItems:"500" nullable:"false" doc:"With these working copies"`
		Answer    *float64      `json:"answer,omitempty" minimum:"0" maximum:"1" doc:"With this threshold to answer; 0 = learnt"`
		Clarify   *float64      `json:"clarify,omitempty" minimum:"0" maximum:"1"`
		Max       *int          `json:"max_clarifications,omitempty" minimum:"0" maximum:"5"`
	}
}

// Of a replay that names neither.
const (
	replayDays  = bot.GateDays
	replayTurns = bot.GateTurns
)

func (s *Server) addBotRun(ctx context.Context, in *addBotRunInput) (*jsonBody[BotRun], error) {
	if s.cfg.BotDesk.Runs == nil {
		return nil, errNoDesk
	}
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	spec := bot.RunSpec{Drafts: b.Drafts, Answer: b.Answer, Clarify: b.Clarify, MaxClarifications: b.Max}
	if b.Kind == bot.RunReplay {
		spec.Days, spec.Limit = b.Days, b.Limit
		setDefault(&spec.Days, replayDays)
		setDefault(&spec.Limit, replayTurns)
	}
	run, err := s.cfg.BotDesk.Runs.Add(ctx, callerOf(ctx).actor, site, b.Kind, spec, b.AllDrafts)
	if err != nil {
		return nil, err
	}
	return body(s.botRunOf(ctx, run), nil)
}

// BotRunID names a run.
type BotRunID struct {
	ID string `path:"id"`
}

func (s *Server) botRun(ctx context.Context, in *BotRunID) (*jsonBody[BotRun], error) {
	if s.cfg.BotDesk.Runs == nil {
		return nil, errNoDesk
	}
	run, err := s.cfg.BotDesk.Runs.Get(ctx, callerOf(ctx).actor, in.ID)
	if err != nil {
		return nil, err
	}
	return body(s.botRunOf(ctx, run), nil)
}

func (s *Server) cancelBotRun(ctx context.Context, in *BotRunID) (*jsonBody[BotRun], error) {
	if s.cfg.BotDesk.Runs == nil {
		return nil, errNoDesk
	}
	run, err := s.cfg.BotDesk.Runs.Cancel(ctx, callerOf(ctx).actor, in.ID)
	if err != nil {
		return nil, err
	}
	return body(s.botRunOf(ctx, run), nil)
}

// BotRunRow is a question of a run: of a replay one whose decision changed, of saved questions each.
type BotRunRow struct {
	N            int                     `json:"n"`
	Conversation string                  `json:"conversation" doc:"Empty for a saved question"`
	Seq          uint32                  `json:"seq"`
	Question     string                  `json:"question"`
	Saved        int64                   `json:"saved" doc:"Id of the saved question"`
	Change       string                  `json:"change" enum:"answered,handed_over,asked_back,other_article,other_offers,reply,pass,fail"`
	Worse        bool                    `json:"worse"`
	Before       OrNull[bot.TurnOutcome] `json:"before"`
	After        bot.TurnOutcome         `json:"after"`
}

// BotRunRows is a page of them.
type BotRunRows struct {
	Rows  []BotRunRow       `json:"rows" nullable:"false"`
	Total int               `json:"total" doc:"Of all pages"`
	Names map[string]string `json:"titles" doc:"Of the articles named, as published now"`
}

type botRunRowsInput struct {
	BotRunID
	Change string `query:"change" maxLength:"40" doc:"Only rows of this change; worse = those for the worse"`
	After  int    `query:"after" minimum:"0"`
	Locale string `query:"locale" enum:"zh-CN,en," doc:"In which titles are told, where there is one"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

func (s *Server) botRunRows(ctx context.Context, in *botRunRowsInput) (*jsonBody[BotRunRows], error) {
	if s.cfg.BotDesk.Runs == nil {
		return nil, errNoDesk
	}
	actor := callerOf(ctx).actor
	run, err := s.cfg.BotDesk.Runs.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	rows, total, err := s.cfg.BotDesk.Runs.Rows(ctx, actor, in.ID, in.Change, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := BotRunRows{Rows: make([]BotRunRow, len(rows)), Total: total, Names: map[string]string{}}
	var ids []string
	for i, r := range rows {
		out.Rows[i] = BotRunRow{
			N: r.N, Conversation: r.Conversation, Seq: r.Seq, Question: r.Question, Saved: r.Saved, Change: r.Change, Worse: r.Worse,
			Before: OrNull[bot.TurnOutcome]{r.Before}, After: r.After,
		}
		ids = append(ids, r.After.Article, r.After.Best)
		ids = append(ids, r.After.Offers...)
		if r.Before != nil {
			ids = append(ids, r.Before.Article)
			ids = append(ids, r.Before.Offers...)
		}
	}
	if s.cfg.BotDesk.Articles != nil {
		found, err := s.cfg.BotDesk.Articles.Replies(ctx, actor.Scope, run.Site, distinct(ids), in.Locale, kb.AudienceStaff)
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			out.Names[a.ID] = a.Title
		}
	}
	return body(out, nil)
}

func distinct(ids []string) []string {
	seen := map[string]bool{"": true}
	var out []string
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// BotDrafts are the working copies that a replay or the test bench can take.
type BotDrafts struct {
	Drafts []kb.DraftRef `json:"drafts" nullable:"false"`
}

func (s *Server) botDrafts(ctx context.Context, in *SiteQuery) (*jsonBody[BotDrafts], error) {
	if s.cfg.BotDesk.Bench == nil {
		return nil, errNoDesk
	}
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	refs, err := s.cfg.BotDesk.Bench.DraftRefs(ctx, callerOf(ctx).actor, site)
	if err != nil {
		return nil, err
	}
	return body(BotDrafts{Drafts: append([]kb.DraftRef{}, refs...)}, nil)
}
