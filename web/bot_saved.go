package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"frontdesk/bot"
	"frontdesk/bot/evalset"
	"frontdesk/kb"
)

// SavedQuestion is a question whose answer must stay right.
type SavedQuestion struct {
	ID         int64     `json:"id"`
	Text       string    `json:"text"`
	Previous   []string  `json:"previous" nullable:"false"`
	Locale     string    `json:"locale"`
	Department int32     `json:"department" doc:"0 = all"`
	Audience   string    `json:"audience" enum:"public,customers,staff"`
	Want       string    `json:"want" enum:"article,-,@human,@smalltalk,@clarify" doc:"What is right; - = nothing may be answered"`
	Articles   []string  `json:"articles" nullable:"false" doc:"With article: any of them"`
	Kind       string    `json:"kind" doc:"A word that groups questions"`
	Origin     string    `json:"origin" doc:"Empty = typed, import, or conversation/seq"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// SavedQuestionList is a site's saved questions.
type SavedQuestionList struct {
	Questions []SavedQuestion `json:"questions" nullable:"false"`
	Most      int             `json:"most" doc:"How many a site may have"`
}

func (s *Server) savedQuestions(ctx context.Context, in *SiteQuery) (*jsonBody[SavedQuestionList], error) {
	list, err := s.readSaved(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	out := SavedQuestionList{Questions: make([]SavedQuestion, len(list)), Most: bot.MaxSaved}
	for i, q := range list {
		out.Questions[i] = SavedQuestion{
			ID: q.ID, Text: q.Text, Previous: orNone(q.Previous), Locale: q.Locale, Department: q.Department, Audience: q.Audience.String(),
			Want: q.Want.String(), Articles: orNone(q.Articles), Kind: q.Kind, Origin: q.Origin, UpdatedAt: q.UpdatedAt,
		}
	}
	return body(out, nil)
}

func (s *Server) readSaved(ctx context.Context, key string) ([]bot.SavedQuestion, error) {
	if s.cfg.BotDesk.Saved == nil {
		return nil, errNoDesk
	}
	site, err := s.kbSite(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.cfg.BotDesk.Saved.List(ctx, callerOf(ctx).actor, site)
}

type saveQuestionInput struct {
	SiteQuery
	Body struct {
		Text       string   `json:"text" maxLength:"10000"`
		Previous   []string `json:"previous,omitempty" maxItems:"20" nullable:"false"`
		Locale     string   `json:"locale,omitempty" enum:",zh-CN,en"`
		Department int32    `json:"department,omitempty" minimum:"0"`
		Audience   string   `json:"audience,omitempty" enum:"public,customers,staff"`
		Want       string   `json:"want" enum:"article,-,@human,@smalltalk,@clarify"`
		Articles   []string `json:"articles,omitempty" maxItems:"20" nullable:"false"`
		Kind       string   `json:"kind,omitempty" maxLength:"64"`
		Origin     string   `json:"origin,omitempty" maxLength:"100"`
	}
}

// SavedCount says what became of saving or importing.
type SavedCount struct {
	Read  int `json:"read"`
	Added int `json:"added" doc:"The rest was there and expects what was said now"`
}

func (s *Server) saveQuestion(ctx context.Context, in *saveQuestionInput) (*jsonBody[SavedCount], error) {
	if s.cfg.BotDesk.Saved == nil {
		return nil, errNoDesk
	}
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	q := bot.SavedQuestion{
		Text: b.Text, Previous: b.Previous, Locale: b.Locale, Department: b.Department, Articles: b.Articles, Kind: b.Kind, Origin: b.Origin,
	}
	if q.Audience, err = kb.ParseAudience(b.Audience); err != nil {
		return nil, err //nolint:wrapcheck // names the field
	}
	var want evalset.Want
	if err := want.UnmarshalText([]byte(b.Want)); err != nil {
		return nil, fmt.Errorf("%w: want: %w", errBadRequest, err)
	}
	q.Want = want
	added, err := s.cfg.BotDesk.Saved.Put(ctx, callerOf(ctx).actor, site, []bot.SavedQuestion{q})
	if err != nil {
		return nil, err
	}
	return body(SavedCount{Read: 1, Added: added}, nil)
}

type savedID struct {
	SiteQuery
	ID int64 `path:"id"`
}

func (s *Server) dropQuestion(ctx context.Context, in *savedID) (*Nothing, error) {
	if s.cfg.BotDesk.Saved == nil {
		return nil, errNoDesk
	}
	site, err := s.kbSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	return &Nothing{}, s.cfg.BotDesk.Saved.Drop(ctx, callerOf(ctx).actor, site, in.ID)
}

// importQuestions reads the file format of frontdesk eval, all or nothing.
func (s *Server) importQuestions(w http.ResponseWriter, r *http.Request) {
	if s.cfg.BotDesk.Saved == nil {
		s.writeProblem(w, r, errNoDesk)
		return
	}
	ctx := r.Context()
	site, err := s.kbSite(ctx, r.URL.Query().Get("site"))
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	read, added, err := s.cfg.BotDesk.Saved.Import(ctx, callerOf(ctx).actor, site, http.MaxBytesReader(w, r.Body, maxJSONBytes))
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	s.writeJSON(w, r, http.StatusOK, SavedCount{Read: read, Added: added})
}

// exportQuestions writes the file format of frontdesk eval. X-Left-Out says how
// many questions had more than the format holds.
func (s *Server) exportQuestions(w http.ResponseWriter, r *http.Request) {
	list, err := s.readSaved(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	var file bytes.Buffer // bounded: a site has at most bot.MaxSaved short texts
	poorer, err := bot.WriteSaved(&file, list)
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/tab-separated-values; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="questions.tsv"`)
	w.Header().Set("X-Left-Out", strconv.Itoa(poorer))
	if _, err := w.Write(file.Bytes()); err != nil {
		s.log.InfoContext(r.Context(), "export was cut off", "request_id", requestID(r.Context()), "error", err)
	}
}
