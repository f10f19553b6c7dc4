package web

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"frontdesk/bot"
	"frontdesk/internal/identity"
)

// errNoReports: the server was built without reports.
var errNoReports = errors.New("there are no reports here")

// ReportShare is a part of a whole, said as both: a share of little says little.
type ReportShare struct {
	Part   int  `json:"part"`
	Of     int  `json:"of"`
	Enough bool `json:"enough" doc:"Whether the whole has at least 20 cases; below that no share should be shown"`
}

func shareOf(part, of int) ReportShare {
	return ReportShare{Part: part, Of: of, Enough: of >= bot.LeastReport}
}

// ReportSpan is a median time over n cases.
type ReportSpan struct {
	MedianS float64 `json:"median_s"`
	N       int     `json:"n"`
	Enough  bool    `json:"enough" doc:"n is at least 20"`
}

func spanOf(s bot.Span) ReportSpan {
	return ReportSpan{MedianS: s.Median.Seconds(), N: s.N, Enough: s.N >= bot.LeastReport}
}

// ReportDay is one day, in UTC.
type ReportDay struct {
	Day       string `json:"day" format:"date"`
	Questions int    `json:"questions"`
	Answered  int    `json:"answered"`
	Handovers int    `json:"handovers"`
}

// ReportResolution is what became of the bot's last answer in each conversation with one.
type ReportResolution struct {
	Confirmed ReportShare `json:"confirmed" doc:"A vote for it, or thanks"`
	Assumed   ReportShare `json:"assumed" doc:"Nothing more for 24 hours"`
	Back      ReportShare `json:"came_back" doc:"Within 72 hours a person was asked for or took part, or the visitor asked about the same article in another conversation"`
	Refused   ReportShare `json:"refused" doc:"A vote against it, or turned down"`
	Open      ReportShare `json:"open" doc:"Younger than 24 hours"`
}

// ReportSource is how many suggested replies of one source were seen and went out.
type ReportSource struct {
	Source string      `json:"source" enum:"article,canned,solved"`
	Used   ReportShare `json:"used"`
}

// ReportArticle is a published article that wants a look.
type ReportArticle struct {
	Article  string     `json:"article"`
	Locale   string     `json:"locale"`
	Title    string     `json:"title"`
	Used     int        `json:"used" doc:"Answers of the last 90 days"`
	Up       int        `json:"up"`
	Down     int        `json:"down"`
	Due      bool       `json:"due" doc:"Its review date has passed"`
	Unused   bool       `json:"unused" doc:"Nobody was answered with it in 90 days"`
	Disliked bool       `json:"disliked" doc:"Three or more votes against it in 90 days, at least three in ten"`
	ReviewAt *time.Time `json:"review_at" nullable:"true"`
}

// BotReport is how the bot did in a period.
type BotReport struct {
	From           time.Time              `json:"from"`
	To             time.Time              `json:"to"`
	Involvement    ReportShare            `json:"involvement" doc:"Conversations in which the bot said something, of all in which a visitor wrote"`
	AnswerRate     ReportShare            `json:"answer_rate" doc:"Questions answered with an article"`
	ClarifySuccess ReportShare            `json:"clarify_success" doc:"Questions back whose next turn was an answer"`
	CacheHits      ReportShare            `json:"cache_hits" doc:"Searched questions whose decision was taken before"`
	Helpful        ReportShare            `json:"helpful" doc:"Votes for answers, of all votes"`
	Resolution     ReportResolution       `json:"resolution"`
	Handovers      int                    `json:"handovers"`
	Reasons        map[string]int         `json:"reasons" doc:"Hand-overs by reason"`
	Locales        map[string]ReportShare `json:"locales" doc:"Answer rate by language"`
	Days           []ReportDay            `json:"days" nullable:"false"`
	BotWait        ReportSpan             `json:"bot_first_response"`
	PersonWait     ReportSpan             `json:"person_first_response" doc:"From the hand-over"`
	BotWork        ReportSpan             `json:"bot_handling"`
	PersonWork     ReportSpan             `json:"person_handling"`
	Suggestions    []ReportSource         `json:"suggestions" nullable:"false"`
	Articles       []ReportArticle        `json:"articles" nullable:"false" doc:"The first hundred that want a look"`
	Stale          int                    `json:"stale" doc:"How many do"`
}

// ReportQuery is what a report is about.
type ReportQuery struct {
	SiteQuery
	Department int32     `query:"department" minimum:"0" doc:"0 = all in scope"`
	Locale     string    `query:"locale" enum:"zh-CN,en"`
	From       time.Time `query:"from" doc:"Inclusive; without it 28 days before to"`
	To         time.Time `query:"to" doc:"Exclusive; without it now"`
}

func (s *Server) botReport(ctx context.Context, in *ReportQuery) (*jsonBody[BotReport], error) {
	r, q, err := s.report(ctx, in)
	if err != nil {
		return nil, err
	}
	return body(reportOf(&r, q), nil)
}

func (s *Server) report(ctx context.Context, in *ReportQuery) (r bot.DeskReport, q bot.ReportQuery, err error) {
	if s.cfg.Reports == nil {
		return r, q, fmt.Errorf("%w: %w", identity.ErrNotFound, errNoReports)
	}
	q = bot.ReportQuery{Department: in.Department, Locale: in.Locale, From: in.From.UTC(), To: in.To.UTC()}
	if in.To.IsZero() {
		q.To = s.clock().UTC()
	}
	if in.From.IsZero() {
		q.From = q.To.AddDate(0, 0, -28)
	}
	if q.Site, err = s.kbSite(ctx, in.Site); err != nil {
		return r, q, err
	}
	r, err = s.cfg.Reports.Report(ctx, callerOf(ctx).actor, q)
	return r, q, err
}

func reportOf(r *bot.DeskReport, q bot.ReportQuery) BotReport {
	n := r.Resolution.Answered
	out := BotReport{
		From: q.From, To: q.To,
		Involvement: shareOf(r.Involved, r.Conversations), AnswerRate: shareOf(r.Answered, r.Questions), ClarifySuccess: shareOf(r.ClarifyAnswered, r.Clarified),
		CacheHits: shareOf(r.Cached, r.Searched), Helpful: shareOf(r.VotesUp, r.VotesUp+r.VotesDown),
		Resolution: ReportResolution{
			Confirmed: shareOf(r.Resolution.Confirmed, n), Assumed: shareOf(r.Resolution.Assumed, n), Back: shareOf(r.Resolution.Back, n),
			Refused: shareOf(r.Resolution.Refused, n), Open: shareOf(r.Resolution.Open, n),
		},
		Handovers: r.Handovers, Reasons: r.Reasons, Locales: map[string]ReportShare{}, Days: []ReportDay{},
		BotWait: spanOf(r.BotWait), PersonWait: spanOf(r.PersonWait), BotWork: spanOf(r.BotWork), PersonWork: spanOf(r.PersonWork),
		Suggestions: []ReportSource{}, Articles: []ReportArticle{}, Stale: r.Stale,
	}
	for locale, n := range r.Locales {
		out.Locales[locale] = shareOf(n[0], n[1])
	}
	for _, d := range r.Days {
		out.Days = append(out.Days, ReportDay(d))
	}
	for _, source := range r.Suggestions {
		out.Suggestions = append(out.Suggestions, ReportSource{Source: source.Source, Used: shareOf(source.Sent, source.Shown)})
	}
	for _, a := range r.Articles {
		out.Articles = append(out.Articles, ReportArticle{
			Article: a.ID, Locale: a.Locale, Title: a.Title, Used: a.Used, Up: a.Up, Down: a.Down, Due: a.Due, Unused: a.Unused, Disliked: a.Disliked, ReviewAt: when(a.ReviewAt),
		})
	}
	return out
}

// exportReport answers with the figures as CSV: name, part, of, n, seconds.
func (s *Server) exportReport(w http.ResponseWriter, r *http.Request) {
	in := &ReportQuery{}
	query := r.URL.Query()
	in.Site, in.Locale = query.Get("site"), query.Get("locale")
	if in.Locale != "" && in.Locale != "en" && in.Locale != "zh-CN" {
		s.writeProblem(w, r, fmt.Errorf("%w: locale must be zh-CN or en", errBadRequest))
		return
	}
	for name, to := range map[string]*time.Time{"from": &in.From, "to": &in.To} {
		if v := query.Get(name); v != "" {
			t, err := time.Parse(time.RFC3339, v)
			if err != nil {
				s.writeProblem(w, r, fmt.Errorf("%w: %s must be a time such as 2026-11-21T00:00:00Z", errBadRequest, name))
				return
			}
			*to = t
		}
	}
	if v := query.Get("department"); v != "" {
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || n < 0 {
			s.writeProblem(w, r, fmt.Errorf("%w: department must be a number", errBadRequest))
			return
		}
		in.Department = int32(n)
	}
	found, q, err := s.report(r.Context(), in)
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	report := reportOf(&found, q)
	w.Header().Set("Content-Type", exportType("csv"))
	w.Header().Set("Content-Disposition", `attachment; filename="bot-report.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	if _, err := w.Write([]byte("\ufeff")); err == nil { // so that spreadsheets read it as UTF-8
		err = csv.NewWriter(w).WriteAll(reportRows(&report))
		if err != nil {
			s.log.DebugContext(r.Context(), "write answer", "request_id", requestID(r.Context()), "error", err)
		}
	}
}

// reportRows are the figures as lines of a table. Every cell begins with a word of
// ours, so that no spreadsheet takes one for a formula.
func reportRows(r *BotReport) [][]string {
	rows := [][]string{
		{"figure", "part", "of", "share", "median_s"},
		{"from " + r.From.Format(time.RFC3339), "", "", "", ""},
		{"to " + r.To.Format(time.RFC3339), "", "", "", ""},
	}
	share := func(name string, s ReportShare) {
		text := ""
		if s.Enough {
			text = strconv.FormatFloat(float64(s.Part)/float64(s.Of), 'f', 4, 64)
		}
		rows = append(rows, []string{name, strconv.Itoa(s.Part), strconv.Itoa(s.Of), text, ""})
	}
	share("involvement", r.Involvement)
	share("answer_rate", r.AnswerRate)
	share("clarify_success", r.ClarifySuccess)
	share("cache_hits", r.CacheHits)
	share("helpful_votes", r.Helpful)
	share("resolution_confirmed", r.Resolution.Confirmed)
	share("resolution_assumed", r.Resolution.Assumed)
	share("resolution_came_back", r.Resolution.Back)
	share("resolution_refused", r.Resolution.Refused)
	share("resolution_open", r.Resolution.Open)
	for _, locale := range keysOf(r.Locales) {
		share("answer_rate "+locale, r.Locales[locale])
	}
	for _, reason := range keysOf(r.Reasons) {
		share("handovers "+reason, ReportShare{Part: r.Reasons[reason], Of: r.Handovers, Enough: r.Handovers >= bot.LeastReport})
	}
	for _, source := range r.Suggestions {
		share("suggestions_used "+source.Source, source.Used)
	}
	for _, span := range []struct {
		name string
		of   ReportSpan
	}{{"bot_first_response", r.BotWait}, {"person_first_response", r.PersonWait}, {"bot_handling", r.BotWork}, {"person_handling", r.PersonWork}} {
		median := ""
		if span.of.Enough {
			median = strconv.FormatFloat(span.of.MedianS, 'f', 1, 64)
		}
		rows = append(rows, []string{span.name, "", strconv.Itoa(span.of.N), "", median})
	}
	for _, d := range r.Days {
		rows = append(rows, []string{"answered " + d.Day, strconv.Itoa(d.Answered), strconv.Itoa(d.Questions), "", ""}, []string{"handovers " + d.Day, strconv.Itoa(d.Handovers), "", "", ""})
	}
	for _, a := range r.Articles {
		rows = append(rows, []string{"stale " + a.Article + " " + a.Locale, strconv.Itoa(a.Down), strconv.Itoa(a.Up + a.Down), "", ""})
	}
	return rows
}

func keysOf[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
