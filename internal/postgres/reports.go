package postgres

import (
	"context"
	_ "embed"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/bot"
	"frontdesk/internal/identity"
)

//go:embed query/report_turns.sql
var reportTurnsSQL string

//go:embed query/report_conversations.sql
var reportConversationsSQL string

//go:embed query/report_resolution.sql
var reportResolutionSQL string

//go:embed query/report_votes.sql
var reportVotesSQL string

//go:embed query/report_suggestions.sql
var reportSuggestionsSQL string

//go:embed query/report_articles.sql
var reportArticlesSQL string

//go:embed query/audit_draw.sql
var auditDrawSQL string

//go:embed query/audit_judge.sql
var auditJudgeSQL string

// Reports reads how the bot did from the log, and keeps verdicts. It implements
// bot.ReportStore.
type Reports struct{ pool *pgxpool.Pool }

var _ bot.ReportStore = (*Reports)(nil)

// NewReports returns a store on pool, which stays the caller's.
func NewReports(pool *pgxpool.Pool) *Reports { return &Reports{pool: pool} }

// staleArticles is how many articles that want a look a report lists.
const staleArticles = 100

// Report implements bot.ReportStore. All of it is read at one moment.
func (s *Reports) Report(ctx context.Context, scope identity.Scope, q bot.ReportQuery, now time.Time) (r bot.DeskReport, err error) {
	args := scopeArgs(scope, pgx.NamedArgs{
		"site": q.Site, "department": q.Department, "locale": q.Locale, "from": q.From, "to": q.To, "now": now, "limit": staleArticles,
	})
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, read := range []func(context.Context, pgx.Tx, pgx.NamedArgs, *bot.DeskReport) error{
			readTurns, readConversations, readResolution, readVotes, readSuggestions, readArticles,
		} {
			if err := read(ctx, tx, args, &r); err != nil {
				return err
			}
		}
		return nil
	})
	return r, chatError(err)
}

func readTurns(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs, r *bot.DeskReport) error {
	var days [][4]any
	if err := tx.QueryRow(ctx, reportTurnsSQL, args).Scan(&r.Questions, &r.Answered, &r.Clarified, &r.ClarifyAnswered, &r.Handovers,
		&r.Searched, &r.Cached, &r.Reasons, &r.Locales, &days); err != nil {
		return err
	}
	for _, d := range days {
		day := bot.ReportDay{}
		day.Day, _ = d[0].(string)
		for i, to := range []*int{&day.Questions, &day.Answered, &day.Handovers} {
			n, _ := d[i+1].(float64)
			*to = int(n)
		}
		r.Days = append(r.Days, day)
	}
	return nil
}

func readConversations(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs, r *bot.DeskReport) error {
	var medians [4]pgtype.Float8
	spans := [4]*bot.Span{&r.BotWait, &r.PersonWait, &r.BotWork, &r.PersonWork}
	if err := tx.QueryRow(ctx, reportConversationsSQL, args).Scan(&r.Conversations, &r.Involved,
		&medians[0], &spans[0].N, &medians[1], &spans[1].N, &medians[2], &spans[2].N, &medians[3], &spans[3].N); err != nil {
		return err
	}
	for i, m := range medians {
		spans[i].Median = time.Duration(m.Float64 * float64(time.Second))
	}
	return nil
}

func readResolution(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs, r *bot.DeskReport) error {
	o := &r.Resolution
	return tx.QueryRow(ctx, reportResolutionSQL, args).Scan(&o.Answered, &o.Confirmed, &o.Assumed, &o.Back, &o.Refused, &o.Open)
}

func readVotes(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs, r *bot.DeskReport) error {
	return tx.QueryRow(ctx, reportVotesSQL, args).Scan(&r.VotesUp, &r.VotesDown)
}

func readSuggestions(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs, r *bot.DeskReport) (err error) {
	r.Suggestions, err = many(ctx, tx, func(row pgx.CollectableRow) (s bot.SuggestionShare, err error) {
		err = row.Scan(&s.Source, &s.Shown, &s.Sent)
		return s, err
	}, reportSuggestionsSQL, args)
	return err
}

func readArticles(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs, r *bot.DeskReport) (err error) {
	r.Articles, err = many(ctx, tx, func(row pgx.CollectableRow) (a bot.StaleArticle, err error) {
		var latest, review pgtype.Timestamptz
		err = row.Scan(&a.ID, &a.Locale, &a.Title, &a.Used, &latest, &a.Up, &a.Down, &a.Due, &a.Unused, &a.Disliked, &review, &r.Stale)
		a.Latest, a.ReviewAt = utc(latest), utc(review)
		return a, err
	}, reportArticlesSQL, args)
	return err
}

// Draw implements bot.ReportStore.
func (s *Reports) Draw(ctx context.Context, scope identity.Scope, site int32, seed string, from, to time.Time, limit int) (answers []bot.AuditAnswer, total int, err error) {
	answers, err = many(ctx, s.pool, func(row pgx.CollectableRow) (a bot.AuditAnswer, err error) {
		var said string
		err = row.Scan(&a.Conversation, &a.Seq, &a.At, &total, &a.Answer, &a.Article, &a.Title, &a.Confidence, &a.Question, &said, &a.Verdict, &a.Judge)
		if said != "" { // the visitor's own words, where they are still there
			a.Question = said
		}
		return a, err
	}, auditDrawSQL, scopeArgs(scope, pgx.NamedArgs{"site": site, "seed": seed, "from": from, "to": to, "limit": limit}))
	return answers, total, err
}

// Judge implements bot.ReportStore.
func (s *Reports) Judge(ctx context.Context, scope identity.Scope, site int32, turn bot.GapTurn, verdict string, by bot.GapActor) error {
	_, err := one(ctx, s.pool, bot.ErrAnswerNotFound, pgx.RowTo[int32], auditJudgeSQL, scopeArgs(scope, pgx.NamedArgs{
		"site": site, "conversation": uuidOf(turn.Conversation), "seq": int32(min(turn.Seq, 1<<31-1)), "verdict": verdict, "judge": uuidOf(by.User), "now": by.At,
	}))
	return err
}
