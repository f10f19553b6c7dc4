package web

import (
	"context"
	"time"

	"frontdesk/bot"
	"frontdesk/internal/identity"
)

// Suggestions are replies that an agent may send, and for what.
type Suggestions struct {
	Seq      uint32       `json:"seq" doc:"The visitor's message that they are for; 0 = nothing is asked"`
	Question string       `json:"question" doc:"What was looked up"`
	Floor    float64      `json:"floor" doc:"Below this confidence nothing is suggested"`
	Items    []Suggestion `json:"items" nullable:"false" doc:"At most three, best first"`
}

// Suggestion is one of them.
type Suggestion struct {
	ID         string  `json:"id" doc:"Goes with the message that is made of it, as suggestion"`
	Source     string  `json:"source" enum:"article,canned,solved"`
	Item       string  `json:"item" doc:"Id of the article, canned reply or past answer"`
	Locale     string  `json:"locale"`
	Title      string  `json:"title" doc:"Of the article or canned reply; of a past answer who gave it"`
	Text       string  `json:"text" doc:"To insert; empty when internal"`
	Preview    string  `json:"preview,omitempty" doc:"The beginning of an internal article"`
	Version    uint32  `json:"version,omitempty"`
	Matched    string  `json:"matched" doc:"The text that speaks for it"`
	Marks      []Mark  `json:"marks" nullable:"false" doc:"The words of matched that the question has too"`
	Confidence float64 `json:"confidence" doc:"That it answers the question, 0–1"`
	Rank       int     `json:"rank"`
	Internal   bool    `json:"internal" doc:"For staff: to be read, not pasted"`
	Blanks     bool    `json:"blanks" doc:"It has places to fill in where personal data stood"`
}

// Mark is a part of a text, in Unicode code points.
type Mark struct {
	From int `json:"from"`
	To   int `json:"to"`
}

func (s *Server) suggestions(ctx context.Context, in *ConversationPath) (*jsonBody[Suggestions], error) {
	found, err := s.cfg.Suggester.Suggest(ctx, callerOf(ctx).actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := Suggestions{Seq: found.Seq, Question: found.Question, Floor: found.Floor, Items: []Suggestion{}}
	for _, f := range found.Items {
		item := Suggestion{
			ID: f.ID, Source: string(f.Source), Item: f.Item, Locale: f.Locale, Title: f.Title, Text: f.Text, Preview: f.Preview, Version: f.Version,
			Matched: f.Matched, Marks: []Mark{}, Confidence: f.Confidence, Rank: f.Rank, Internal: f.Internal, Blanks: f.Blanks,
		}
		for _, m := range f.Marks {
			item.Marks = append(item.Marks, Mark(m))
		}
		out.Items = append(out.Items, item)
	}
	return body(out, nil)
}

type noteInput struct {
	ConversationPath
	Body struct {
		Seq uint32   `json:"seq" doc:"Of the suggestions"`
		Act string   `json:"act" enum:"shown,inserted,dismissed"`
		IDs []string `json:"ids" maxItems:"3" doc:"Which suggestions"`
	}
}

func (s *Server) noteSuggestions(ctx context.Context, in *noteInput) (*jsonBody[Nothing], error) {
	return body(Nothing{}, s.cfg.Suggester.Note(ctx, callerOf(ctx).actor, in.ID, in.Body.Seq, bot.Act(in.Body.Act), in.Body.IDs))
}

type solvedInput struct {
	ID int64 `path:"id" minimum:"1" doc:"Id of the past answer"`
}

func (s *Server) forgetSolved(ctx context.Context, in *solvedInput) (*jsonBody[Nothing], error) {
	actor := callerOf(ctx).actor
	if err := s.cfg.Suggester.ForgetSolved(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return body(Nothing{}, nil)
}

// Judgement is what an agent says about a row of the bot.
type Judgement struct {
	Seq          uint32    `json:"seq"`
	Agent        string    `json:"agent" doc:"User id"`
	Verdict      string    `json:"verdict" enum:"wrong"`
	RightArticle string    `json:"right_article,omitempty"`
	Note         string    `json:"note,omitempty"`
	At           time.Time `json:"at"`
}

// JudgementList is the judgements of a conversation.
type JudgementList struct {
	Items []Judgement `json:"items" nullable:"false"`
}

func judgementOf(j bot.Judgement) Judgement {
	return Judgement{Seq: j.Seq, Agent: j.Agent, Verdict: j.Verdict, RightArticle: j.RightArticle, Note: j.Note, At: j.At.UTC()}
}

func (s *Server) judgements(ctx context.Context, in *ConversationPath) (*jsonBody[JudgementList], error) {
	all, err := s.cfg.Judges.List(ctx, callerOf(ctx).actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := JudgementList{Items: make([]Judgement, len(all))}
	for i, j := range all {
		out.Items[i] = judgementOf(j)
	}
	return body(out, nil)
}

type judgeInput struct {
	ConversationPath
	Body struct {
		Seq          uint32 `json:"seq" doc:"The bot's row"`
		RightArticle string `json:"right_article,omitempty" maxLength:"128" doc:"Id of the article that would have been right"`
		Note         string `json:"note,omitempty" maxLength:"500"`
	}
}

func (s *Server) judge(ctx context.Context, in *judgeInput) (*jsonBody[Judgement], error) {
	j, err := s.cfg.Judges.Wrong(ctx, callerOf(ctx).actor, in.ID, in.Body.Seq, in.Body.RightArticle, in.Body.Note)
	return body(judgementOf(j), err)
}

type unjudgeInput struct {
	ConversationPath
	Seq uint32 `path:"seq" minimum:"1" doc:"The bot's row"`
}

func (s *Server) unjudge(ctx context.Context, in *unjudgeInput) (*jsonBody[Nothing], error) {
	return body(Nothing{}, s.cfg.Judges.TakeBack(ctx, callerOf(ctx).actor, in.ID, in.Seq))
}

// Promoted is a working copy that was made of a reply; nobody has published it.
type Promoted struct {
	Article string `json:"article"`
	Locale  string `json:"locale"`
	Title   string `json:"title"`
	New     bool   `json:"new" doc:"A new article; otherwise the question was added to this one"`
}

type promoteInput struct {
	ConversationPath
	Body struct {
		Seq     uint32 `json:"seq" doc:"The agent's own message"`
		Article string `json:"article,omitempty" maxLength:"128" doc:"Id of the article whose questions get the visitor's; empty = a new working copy with the reply"`
	}
}

func (s *Server) promote(ctx context.Context, in *promoteInput) (*jsonBody[Promoted], error) {
	actor := callerOf(ctx).actor
	p, err := s.cfg.Promoter.Promote(ctx, actor, in.ID, in.Body.Seq, in.Body.Article)
	if err != nil {
		return nil, err
	}
	s.audit(ctx, actor, "kb.promote", p.Article, p.Site)
	return body(Promoted{Article: p.Article, Locale: p.Locale, Title: p.Title, New: p.New}, nil)
}

// Summary is what a conversation is about, for whoever takes it over.
type Summary struct {
	Sentences []string `json:"sentences" nullable:"false" doc:"The visitor's own"`
	Reworded  string   `json:"reworded,omitempty" doc:"The same in a language model's words, checked against them; empty = none"`
}

func (s *Server) summary(ctx context.Context, in *ConversationPath) (*jsonBody[Summary], error) {
	sum, err := s.cfg.Summaries.Summary(ctx, callerOf(ctx).actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := Summary{Sentences: sum.Sentences, Reworded: sum.Reworded}
	if out.Sentences == nil {
		out.Sentences = []string{}
	}
	return body(out, nil)
}

// suggestRoutes are those of suggested and canned replies, for a server that has them.
func (s *Server) suggestRoutes() {
	const get, post, put, del = "GET", "POST", "PUT", "DELETE"
	if s.cfg.Suggester != nil {
		add(s, get, "/api/agent/conversations/{id}/suggestions", identity.PermSuggest, "Replies suggested for what was asked last", s.suggestions)
		add(s, post, "/api/agent/conversations/{id}/suggestions", identity.PermSuggest, "Note what became of them", s.noteSuggestions)
		add(s, del, "/api/agent/solved/{id}", identity.PermSuggest, "Take a past answer out of the suggestions for good", s.forgetSolved)
	}
	if s.cfg.Canned != nil {
		add(s, get, "/api/agent/canned", identity.PermSuggest, "Canned replies", s.cannedReplies)
		add(s, post, "/api/agent/canned", identity.PermSuggest, "Add a canned reply", s.addCanned)
		add(s, put, "/api/agent/canned/{id}", identity.PermSuggest, "Change a canned reply", s.changeCanned)
		add(s, del, "/api/agent/canned/{id}", identity.PermSuggest, "Remove a canned reply", s.dropCanned)
	}
	if s.cfg.Judges != nil {
		add(s, get, "/api/agent/conversations/{id}/judgements", identity.PermBotTrace, "What agents say about the bot's answers", s.judgements)
		add(s, post, "/api/agent/conversations/{id}/judgements", identity.PermBotTrace, "Say that the bot was wrong", s.judge)
		add(s, del, "/api/agent/conversations/{id}/judgements/{seq}", identity.PermBotTrace, "Take that back", s.unjudge)
	}
	if s.cfg.Promoter != nil {
		add(s, post, "/api/agent/conversations/{id}/promote", identity.PermSuggest, "Make a working copy of a reply", s.promote)
	}
	if s.cfg.Summaries != nil {
		add(s, get, "/api/agent/conversations/{id}/summary", identity.PermSuggest, "What it is about, in a few sentences", s.summary)
	}
}
