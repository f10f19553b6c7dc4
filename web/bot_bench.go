package web

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"frontdesk/bot"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

type askInput struct {
	Body struct {
		Site       string   `json:"site,omitempty" maxLength:"200"`
		Text       string   `json:"text" maxLength:"10000"`
		Locale     string   `json:"locale,omitempty" maxLength:"35" doc:"The visitor's language, for texts that show none"`
		Previous   []string `json:"previous,omitempty" maxItems:"20" nullable:"false" doc:"Earlier questions, oldest first"`
		Department int32    `json:"department,omitempty" minimum:"0" doc:"The department that is asked; 0 = all that the caller may see"`
		Audience   string   `json:"audience,omitempty" enum:"public,customers,staff" doc:"What the asker may see; public if left out"`
		Drafts     bool     `json:"drafts,omitempty" doc:"With the unpublished working copies in place; for admins"`
	}
}

// Asked is the bot's decision on a question, and how it came about.
type Asked struct {
	Action     string              `json:"action" enum:"answer,clarify,handover,reply"`
	Reason     string              `json:"reason"`
	Locale     string              `json:"locale"`
	Text       string              `json:"text" doc:"What the bot would say"`
	Source     OrNull[AskedSource] `json:"source"`
	Buttons    []AskedButton       `json:"buttons" nullable:"false"`
	Confidence float64             `json:"confidence" doc:"That the first candidate is right, 0–1"`
	Candidates []AskedCandidate    `json:"candidates" nullable:"false" doc:"The best articles, with what speaks for them"`
	Why        Why                 `json:"why" doc:"As of a conversation's row: what the decision was made of"`
	Trace      map[string]any      `json:"trace" doc:"Features, thresholds, times; for reading, not for programs"`
	TookMS     float64             `json:"took_ms"`
}

// AskedCandidate is an article with what speaks for it.
type AskedCandidate struct {
	Article string  `json:"article"`
	Locale  string  `json:"locale"`
	Kind    string  `json:"kind" doc:"Of the text that matched: question, title or passage"`
	Variant string  `json:"variant" doc:"The text that matched best, normalised"`
	Exact   bool    `json:"exact" doc:"The question is this text"`
	Score   float64 `json:"score" doc:"All scores together; an exact match stands above 1"`
	Base    float64 `json:"base" doc:"Both legs together, without head and pair model"`
	Cosine  float64 `json:"cosine" doc:"Of the embeddings"`
	BM25    float64 `json:"bm25" doc:"Of the words, relative to the best candidate"`
	Char    float64 `json:"char" doc:"Of the letter groups"`
	Head    float64 `json:"head" doc:"Probability by what was learnt from the articles; 0 without"`
	Pair    float64 `json:"pair" doc:"Probability by the model that reads both; 0 if it was not asked"`

	RankDense   int `json:"rank_dense" doc:"Place by the embeddings, from 1; 0 = not found by them"`
	RankLexical int `json:"rank_lexical" doc:"Place by the words"`
	RankFused   int `json:"rank_fused" doc:"Place by both"`
	RankFinal   int `json:"rank_final" doc:"Place in the end"`
}

// AskedSource is the article that the bot would answer with.
type AskedSource struct {
	Article string `json:"article"`
	Locale  string `json:"locale"`
	Title   string `json:"title"`
	Version uint32 `json:"version"`
}

// AskedButton is an offer under the answer.
type AskedButton struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Kind  string `json:"kind"`
}

// ask is the test bench: the production path, without a conversation.
func (s *Server) ask(ctx context.Context, in *askInput) (*jsonBody[Asked], error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Body.Site)
	if err != nil {
		return nil, err
	}
	audience, err := kb.ParseAudience(in.Body.Audience)
	if err != nil {
		return nil, err //nolint:wrapcheck // names the field
	}
	department, err := askedDepartment(actor, in.Body.Department)
	if err != nil {
		return nil, err
	}
	q := bot.Question{
		Site: site, Department: department, Text: in.Body.Text, Previous: in.Body.Previous, Locale: in.Body.Locale, Audience: audience,
	}
	began := time.Now()
	d, err := s.decide(ctx, actor, q, in.Body.Drafts)
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	out := Asked{
		Action: string(d.Action), Reason: string(d.Reason), Locale: d.Locale, Text: d.Text, Buttons: []AskedButton{},
		Confidence: d.Confidence, Candidates: []AskedCandidate{}, TookMS: float64(took.Microseconds()) / 1000,
	}
	if d.Source != nil {
		out.Source.Value = &AskedSource{Article: d.Source.Article, Locale: d.Source.Locale, Title: d.Source.Title, Version: d.Source.Version}
	}
	for _, b := range d.Buttons {
		out.Buttons = append(out.Buttons, AskedButton(b))
	}
	for _, c := range d.Candidates {
		out.Candidates = append(out.Candidates, AskedCandidate{
			Article: c.Article, Locale: c.Locale, Kind: c.Kind.String(), Variant: c.Variant, Exact: c.Exact, Score: c.Score, Base: c.Base,
			Cosine: c.Cosine, BM25: c.BM25, Char: c.Char, Head: c.Head, Pair: c.Pair,
			RankDense: c.Ranks.Dense, RankLexical: c.Ranks.Lexical, RankFused: c.Ranks.Fused, RankFinal: c.Ranks.Final,
		})
	}
	out.Why = Why{Packet: bot.PacketOf(q, d), Whole: true, Text: d.Text}
	if out.Why.Titles, err = s.titlesOf(ctx, actor, site, out.Why.Packet, d.Locale); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(d.Trace)
	if err == nil {
		err = json.Unmarshal(raw, &out.Trace)
	}
	if err != nil {
		return nil, fmt.Errorf("encode trace: %w", err)
	}
	return body(out, nil)
}

// decide asks what is published, or the working copies.
func (s *Server) decide(ctx context.Context, actor identity.Actor, q bot.Question, drafts bool) (bot.Decision, error) {
	if !drafts {
		if s.cfg.Answerer == nil {
			return bot.Decision{}, fmt.Errorf("%w: %w", kb.ErrEmbedding, errNoAnswerer)
		}
		return s.cfg.Answerer.Decide(ctx, q) //nolint:wrapcheck // the decider's own words
	}
	if s.cfg.BotDesk.Bench == nil {
		return bot.Decision{}, errNoDesk
	}
	refs, err := s.cfg.BotDesk.Bench.DraftRefs(ctx, actor, q.Site)
	if err != nil {
		return bot.Decision{}, err
	}
	return s.cfg.BotDesk.Bench.Ask(ctx, actor, q, refs)
}

// askedDepartment keeps the walls between departments: who works in some asks
// only those; 0 is then the first of them.
func askedDepartment(a identity.Actor, department int32) (int32, error) {
	if a.Scope.All || a.Scope.AllDepartments {
		return department, nil
	}
	if department == 0 && len(a.Scope.Departments) > 0 {
		return a.Scope.Departments[0], nil
	}
	if !slices.Contains(a.Scope.Departments, department) {
		return 0, identity.ErrNotFound
	}
	return department, nil
}

// BotCurveList is what thresholds to answer would do, by each source that there is.
type BotCurveList struct {
	Curves []bot.RiskCurve `json:"curves" nullable:"false"`
	Learnt float64         `json:"learnt" doc:"The threshold that is learnt from the articles; 0 = too few to learn from"`
}

func (s *Server) botCurves(ctx context.Context, in *SiteQuery) (*jsonBody[BotCurveList], error) {
	if s.cfg.BotDesk.Curves == nil {
		return nil, errNoDesk
	}
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	curves, learnt, err := s.cfg.BotDesk.Curves.Curves(ctx, callerOf(ctx).actor, site)
	if err != nil {
		return nil, err
	}
	if curves == nil {
		curves = []bot.RiskCurve{}
	}
	return body(BotCurveList{Curves: curves, Learnt: learnt}, nil)
}
