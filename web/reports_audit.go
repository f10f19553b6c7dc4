package web

import (
	"context"
	"fmt"
	"time"

	"frontdesk/bot"
	"frontdesk/internal/identity"
)

// AuditedAnswer is one answer of a week's sample.
type AuditedAnswer struct {
	GapTurn
	At         time.Time `json:"at"`
	Question   string    `json:"question"`
	Answer     string    `json:"answer" doc:"Markdown, as it was said"`
	Article    string    `json:"article"`
	Title      string    `json:"title"`
	Confidence float64   `json:"confidence"`
	Verdict    string    `json:"verdict" enum:",right,wrong,partly" doc:"Empty: not judged yet"`
	Judge      string    `json:"judge"`
}

// AuditWeek is a week's sample with what people say of it.
type AuditWeek struct {
	Week    string          `json:"week" example:"2026-W47"`
	From    time.Time       `json:"from"`
	Total   int             `json:"total" doc:"Answers of the week, of which these were drawn"`
	Judged  int             `json:"judged"`
	Wrong   int             `json:"wrong"`
	Partly  int             `json:"partly"`
	Low     float64         `json:"low" doc:"The share of wrong answers lies above, with 95 % confidence (Wilson)"`
	High    float64         `json:"high" doc:"and below this; 1 while nothing is judged"`
	Enough  bool            `json:"enough" doc:"At least 20 are judged"`
	Answers []AuditedAnswer `json:"answers" nullable:"false"`
}

type auditInput struct {
	SiteQuery
	Week string `query:"week" maxLength:"8" doc:"An ISO week such as 2026-W47; without it the present one"`
}

func (s *Server) auditWeek(ctx context.Context, in *auditInput) (*jsonBody[AuditWeek], error) {
	if s.cfg.Reports == nil {
		return nil, fmt.Errorf("%w: %w", identity.ErrNotFound, errNoReports)
	}
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	a, err := s.cfg.Reports.Audit(ctx, callerOf(ctx).actor, site, in.Week)
	if err != nil {
		return nil, err
	}
	out := AuditWeek{
		Week: a.Week, From: a.From, Total: a.Total, Judged: a.Judged, Wrong: a.Wrong, Partly: a.Partly, Low: a.Low, High: a.High,
		Enough: a.Judged >= bot.LeastReport, Answers: []AuditedAnswer{},
	}
	for _, x := range a.Answers {
		out.Answers = append(out.Answers, AuditedAnswer{
			GapTurn: GapTurn(x.GapTurn), At: x.At.UTC(), Question: x.Question, Answer: x.Answer, Article: x.Article, Title: x.Title,
			Confidence: x.Confidence, Verdict: x.Verdict, Judge: x.Judge,
		})
	}
	return body(out, nil)
}

type auditJudgeInput struct {
	Body struct {
		GapTurn
		Site    string `json:"site,omitempty" maxLength:"200"`
		Verdict string `json:"verdict" enum:",right,wrong,partly" doc:"Empty takes it back"`
	}
}

func (s *Server) judgeAnswer(ctx context.Context, in *auditJudgeInput) (*Nothing, error) {
	if s.cfg.Reports == nil {
		return nil, fmt.Errorf("%w: %w", identity.ErrNotFound, errNoReports)
	}
	site, err := s.kbSite(ctx, in.Body.Site)
	if err != nil {
		return nil, err
	}
	actor := callerOf(ctx).actor
	if err := s.cfg.Reports.Judge(ctx, actor, site, bot.GapTurn(in.Body.GapTurn), in.Body.Verdict); err != nil {
		return nil, err
	}
	s.audit(ctx, actor, "bot.audit", fmt.Sprintf("%s %d %s", in.Body.Conversation, in.Body.Seq, in.Body.Verdict), site)
	return &Nothing{}, nil
}
