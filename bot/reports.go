package bot

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"frontdesk/internal/identity"
)

// Errors of [Reports]. The web edge maps them.
var (
	// ErrReportInvalid: a report cannot be made of this. Wrapped with the field and the mend.
	ErrReportInvalid = errors.New("invalid report")
	// ErrAnswerNotFound: there is no such answer of the bot within the caller's scope.
	ErrAnswerNotFound = errors.New("answer not found")
)

// ReportQuery selects what a report is about.
type ReportQuery struct {
	Site       int32
	Department int32     // 0 = all in scope
	Locale     string    // "zh-CN", "en" or empty = both
	From, To   time.Time // from inclusive, to exclusive; at most [MaxReport]
}

// MaxReport is the longest period of a report.
const MaxReport = 366 * 24 * time.Hour

// LeastReport is how many cases a share needs before it says anything.
const LeastReport = 20

// DeskReport is how the bot did. Shares are told as parts of wholes: nothing hides
// how little they rest on.
type DeskReport struct {
	Conversations int // begun in the period, in which a visitor wrote
	Involved      int // of those, in which the bot said something

	Questions       int // turns of the bot with a question
	Answered        int // of those, answered with an article
	Clarified       int // asked back
	ClarifyAnswered int // of those, answered in the next turn
	Handovers       int
	Reasons         map[string]int // of Handovers
	Searched        int            // turns that looked something up
	Cached          int            // of those, from the decision cache
	Locales         map[string][2]int
	Days            []ReportDay

	Resolution Resolution
	VotesUp    int
	VotesDown  int

	BotWait, PersonWait Span // to the first answer
	BotWork, PersonWork Span // handling

	Suggestions []SuggestionShare
	Articles    []StaleArticle
	Stale       int // of all articles; Articles holds the first
}

// ReportDay is one day, in UTC.
type ReportDay struct {
	Day                            string // "2006-01-02"
	Questions, Answered, Handovers int
}

// Resolution is what became of the bot's last answer in each conversation that had one.
type Resolution struct {
	Answered  int // conversations with an answer
	Confirmed int // a vote for it, or thanks
	Assumed   int // nothing more for 24 hours
	Back      int // a person was asked for, or the same came up again, within 72 hours
	Refused   int // a vote against it, or turned down
	Open      int // younger than 24 hours
}

// Span is a median time over N cases.
type Span struct {
	Median time.Duration
	N      int
}

// SuggestionShare is how many suggestions of one source were shown, and went out.
type SuggestionShare struct {
	Source      string // "article", "canned", "solved"
	Shown, Sent int
}

// StaleArticle is a published article that wants a look.
type StaleArticle struct {
	ID, Locale, Title string
	Used              int // answers of the last 90 days
	Latest            time.Time
	Up, Down          int
	Due               bool // its review date has passed
	Unused            bool // nobody was answered with it in 90 days
	Disliked          bool // three or more votes against it, at least three in ten
	ReviewAt          time.Time
}

// AuditAnswer is one answer of a week's sample.
type AuditAnswer struct {
	GapTurn
	At         time.Time
	Question   string
	Answer     string
	Article    string
	Title      string
	Confidence float64
	Verdict    string // "right", "wrong", "partly"; empty = not judged yet
	Judge      string
}

// Audit is a week's sample of answers, with what people say of them.
type Audit struct {
	Week    string // "2026-W47"
	From    time.Time
	Total   int // answers of the week
	Answers []AuditAnswer
	Judged  int
	Wrong   int
	Partly  int
	// Low and High hold the share of wrong answers with 95 % confidence (Wilson's interval); 0 and 1 while nothing is judged.
	Low, High float64
}

// AuditSample is how many answers of a week are drawn.
const AuditSample = 50

// ReportStore reads figures and keeps verdicts.
type ReportStore interface {
	// Report returns the figures of a period.
	Report(ctx context.Context, scope identity.Scope, q ReportQuery, now time.Time) (DeskReport, error)
	// Draw returns a site's sample of answers between two times, and of how many it was drawn.
	Draw(ctx context.Context, scope identity.Scope, site int32, seed string, from, to time.Time, limit int) (answers []AuditAnswer, total int, err error)
	// Judge stores a verdict, "" takes it back; [ErrAnswerNotFound].
	Judge(ctx context.Context, scope identity.Scope, site int32, turn GapTurn, verdict string, by GapActor) error
}

// Reports tells how the bot did, and lets people judge a sample of its answers.
type Reports struct {
	store ReportStore
	clock func() time.Time
}

// NewReports returns reports over store. A nil clock is time.Now.
func NewReports(store ReportStore, clock func() time.Time) (*Reports, error) {
	if store == nil {
		return nil, errors.New("bot: NewReports needs a store")
	}
	if clock == nil {
		clock = time.Now
	}
	return &Reports{store: store, clock: clock}, nil
}

// Report returns the figures of a period. Errors: [ErrReportInvalid], identity.ErrForbidden.
func (r *Reports) Report(ctx context.Context, actor identity.Actor, q ReportQuery) (DeskReport, error) {
	if !actor.Can(identity.PermStatsRead) {
		return DeskReport{}, fmt.Errorf("bot report: %w", identity.ErrForbidden)
	}
	switch {
	case !q.From.Before(q.To):
		return DeskReport{}, fmt.Errorf("%w: from must be before to", ErrReportInvalid)
	case q.To.Sub(q.From) > MaxReport:
		return DeskReport{}, fmt.Errorf("%w: from and to must be at most 366 days apart", ErrReportInvalid)
	}
	return r.store.Report(ctx, actor.Scope, q, r.clock().UTC())
}

// Audit returns a site's sample of an ISO week, "2026-W47"; empty is the present
// one. Errors: [ErrReportInvalid], identity.ErrForbidden.
func (r *Reports) Audit(ctx context.Context, actor identity.Actor, site int32, week string) (Audit, error) {
	if !actor.Can(identity.PermStatsRead) {
		return Audit{}, fmt.Errorf("audit answers: %w", identity.ErrForbidden)
	}
	from, name, err := isoWeek(week, r.clock().UTC())
	if err != nil {
		return Audit{}, err
	}
	a := Audit{Week: name, From: from}
	seed := fmt.Sprintf("frontdesk audit %d %s ", site, name)
	if a.Answers, a.Total, err = r.store.Draw(ctx, actor.Scope, site, seed, from, from.AddDate(0, 0, 7), AuditSample); err != nil {
		return Audit{}, err
	}
	for _, x := range a.Answers {
		switch x.Verdict {
		case "wrong":
			a.Wrong++
		case "partly":
			a.Partly++
		case "right":
		default:
			continue
		}
		a.Judged++
	}
	a.Low, a.High = wilson(a.Wrong, a.Judged)
	return a, nil
}

// Judge says what somebody thinks of an answer: right, wrong or partly, or ""
// to take it back. Errors: [ErrAnswerNotFound], [ErrReportInvalid], identity.ErrForbidden.
func (r *Reports) Judge(ctx context.Context, actor identity.Actor, site int32, turn GapTurn, verdict string) error {
	if !actor.Can(identity.PermBotAdmin) {
		return fmt.Errorf("judge an answer: %w", identity.ErrForbidden)
	}
	switch verdict {
	case "", "right", "wrong", "partly":
	default:
		return fmt.Errorf("%w: verdict must be right, wrong, partly or empty", ErrReportInvalid)
	}
	return r.store.Judge(ctx, actor.Scope, site, turn, verdict, GapActor{User: actor.ID, At: r.clock().UTC()})
}

// isoWeek returns the Monday, 00:00 UTC, of an ISO week (ISO 8601, 2026-W47) and
// the week's name; empty is the week of now.
func isoWeek(name string, now time.Time) (monday time.Time, canonical string, err error) {
	year, week := now.ISOWeek()
	if name != "" {
		if n, err := fmt.Sscanf(name, "%4d-W%2d", &year, &week); n != 2 || err != nil || len(name) != 8 || week < 1 || week > 53 || year < 2000 || year > 9999 {
			return time.Time{}, "", fmt.Errorf("%w: week must look like 2026-W47", ErrReportInvalid)
		}
	}
	// The 4th of January is always in week 1 (ISO 8601, 3.1.1.23).
	fourth := time.Date(year, time.January, 4, 0, 0, 0, 0, time.UTC)
	monday = fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7+7*(week-1))
	if y, w := monday.ISOWeek(); y != year || w != week {
		return time.Time{}, "", fmt.Errorf("%w: week %d has no week %d", ErrReportInvalid, year, week)
	}
	return monday, fmt.Sprintf("%04d-W%02d", year, week), nil
}

// wilson returns the 95 % score interval of part in n (Wilson 1927, equation for
// p given z = 1.96); 0 and 1 for n = 0.
func wilson(part, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959964
	p, m := float64(part)/float64(n), float64(n)
	middle := p + z*z/(2*m)
	spread := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, (middle-spread)/(1+z*z/m)), min(1, (middle+spread)/(1+z*z/m))
}
