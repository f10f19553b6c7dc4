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

//go:embed query/gap_list.sql
var gapListSQL string

//go:embed query/gap_counts.sql
var gapCountsSQL string

//go:embed query/gap_site.sql
var gapSiteSQL string

//go:embed query/gap_questions.sql
var gapQuestionsSQL string

//go:embed query/gap_days.sql
var gapDaysSQL string

//go:embed query/gap_articles.sql
var gapArticlesSQL string

//go:embed query/gap_replies.sql
var gapRepliesSQL string

//go:embed query/gap_near_gaps.sql
var gapNearGapsSQL string

//go:embed query/gap_heads.sql
var gapHeadsSQL string

//go:embed query/gap_history.sql
var gapHistorySQL string

// Gaps keeps the gap board and what its worker gathers. It implements
// bot.GapBoardStore and bot.GapStore.
type Gaps struct{ pool *pgxpool.Pool }

var _ bot.GapBoardStore = (*Gaps)(nil)

// NewGaps returns a store on pool, which stays the caller's.
func NewGaps(pool *pgxpool.Pool) *Gaps { return &Gaps{pool: pool} }

// gapDays is over how many days a gap's trend is told.
const gapDays = 28

func (g *Gaps) list(ctx context.Context, scope identity.Scope, q bot.GapQuery, gap int64, now time.Time) (gaps []bot.Gap, total int, err error) {
	states := make([]string, len(q.States))
	for i, s := range q.States {
		states[i] = string(s)
	}
	// Not by a named statement: planned for all filters at once it would be planned for none.
	gaps, err = many(ctx, g.pool, func(row pgx.CollectableRow) (o bot.Gap, err error) {
		var proposed pgtype.Timestamptz
		err = row.Scan(&o.ID, &o.Site, &o.Department, &o.Audience, &o.Locale, &o.State, &o.Revision, &o.Name, &o.Title,
			&o.Turns, &o.Contacts, &o.Last7, &o.Before7, &o.Last28, &o.Reasons, &o.Locales, &o.HandledS, &o.HandledN, &o.Cost,
			&o.Article.ID, &o.Article.Locale, &o.Proposed.ID, &o.Proposed.Locale, &proposed, &o.CreatedAt, &o.LastSeen, &o.StateAt, &o.Replies, &total)
		o.Proposal = utc(proposed)
		return o, err
	}, gapListSQL, pgx.QueryExecModeCacheDescribe, scopeArgs(scope, pgx.NamedArgs{
		"site": q.Site, "department": q.Department, "states": states, "locale": q.Locale, "reason": q.Reason, "search": q.Search,
		"order": q.Order, "limit": q.Limit, "offset": q.Offset, "gap": gap, "now": now,
	}))
	return gaps, total, err
}

// Gaps implements bot.GapReader.
func (g *Gaps) Gaps(ctx context.Context, scope identity.Scope, q bot.GapQuery, now time.Time) (page bot.GapPage, err error) {
	if page.Gaps, page.Total, err = g.list(ctx, scope, q, 0, now); err != nil {
		return page, err
	}
	page.Counts = map[bot.GapState]int{}
	_, err = many(ctx, g.pool, func(row pgx.CollectableRow) (_ struct{}, err error) {
		var state bot.GapState
		var n int
		if err = row.Scan(&state, &n); err == nil {
			page.Counts[state] = n
		}
		return struct{}{}, err
	}, gapCountsSQL, scopeArgs(scope, pgx.NamedArgs{"site": q.Site, "department": q.Department}))
	return page, err
}

// Gap implements bot.GapReader.
func (g *Gaps) Gap(ctx context.Context, scope identity.Scope, id int64, now time.Time) (d bot.GapDetail, err error) {
	site, err := one(ctx, g.pool, bot.ErrGapNotFound, pgx.RowTo[int32], gapSiteSQL, scopeArgs(scope, pgx.NamedArgs{"id": id}))
	if err != nil {
		return d, err
	}
	found, _, err := g.list(ctx, scope, bot.GapQuery{Site: site, Limit: 1, States: []bot.GapState{
		bot.GapOpen, bot.GapInProgress, bot.GapSolved, bot.GapDismissed, bot.GapOutOfScope, bot.GapExpired,
	}}, id, now)
	if err != nil {
		return d, err
	}
	if len(found) == 0 { // its samples are out of scope, or erased
		return d, bot.ErrGapNotFound
	}
	d.Gap = found[0]
	args := func() pgx.NamedArgs { return scopeArgs(scope, pgx.NamedArgs{"id": id, "now": now, "limit": 50}) }
	if d.Samples, err = many(ctx, g.pool, func(row pgx.CollectableRow) (q bot.GapQuestion, err error) {
		err = row.Scan(&q.Conversation, &q.Seq, &q.Question, &q.Locale, &q.Reason, &q.At, &q.Contacts)
		return q, err
	}, gapQuestionsSQL, args()); err != nil {
		return d, err
	}
	d.Days = make([]int, gapDays)
	if _, err = many(ctx, g.pool, func(row pgx.CollectableRow) (_ struct{}, err error) {
		var ago, n int
		if err = row.Scan(&ago, &n); err == nil && ago >= 0 && ago < gapDays {
			d.Days[gapDays-1-ago] = n
		}
		return struct{}{}, err
	}, gapDaysSQL, args()); err != nil {
		return d, err
	}
	if d.Nearest, err = many(ctx, g.pool, func(row pgx.CollectableRow) (a bot.GapArticle, err error) {
		err = row.Scan(&a.ID, &a.Title, &a.Count)
		return a, err
	}, gapArticlesSQL, args()); err != nil {
		return d, err
	}
	replies := args()
	replies["limit"] = 5
	if d.Replies, err = many(ctx, g.pool, func(row pgx.CollectableRow) (r bot.GapReply, err error) {
		err = row.Scan(&r.Conversation, &r.Seq, &r.Agent, &r.Text, &r.Question, &r.At)
		return r, err
	}, gapRepliesSQL, replies); err != nil {
		return d, err
	}
	d.Acts, err = many(ctx, g.pool, func(row pgx.CollectableRow) (a bot.GapAct, err error) {
		err = row.Scan(&a.At, &a.Actor, &a.Act, &a.Detail)
		return a, err
	}, gapHistorySQL, pgx.NamedArgs{"id": id, "limit": 50})
	return d, err
}

// NearGaps implements bot.GapReader.
func (g *Gaps) NearGaps(ctx context.Context, scope identity.Scope, id int64, least float64) ([]bot.NearGap, error) {
	type pair struct {
		gap          int64
		ours, theirs string
		cosine       float64
	}
	pairs, err := many(ctx, g.pool, func(row pgx.CollectableRow) (p pair, err error) {
		err = row.Scan(&p.gap, &p.ours, &p.theirs, &p.cosine)
		return p, err
	}, gapNearGapsSQL, scopeArgs(scope, pgx.NamedArgs{"id": id, "least": least}))
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	var out []bot.NearGap
	place, sums := map[int64]int{}, map[int64][]float64{}
	for _, p := range pairs {
		at, seen := place[p.gap]
		if !seen {
			at = len(out)
			place[p.gap] = at
			out = append(out, bot.NearGap{GapNear: bot.GapNear{ID: p.gap}})
		}
		out[at].Pairs = append(out[at].Pairs, [2]string{p.ours, p.theirs})
		sums[p.gap] = append(sums[p.gap], p.cosine)
	}
	for i := range out {
		s := sums[out[i].ID]
		s = s[:min(3, len(s))]
		for _, c := range s {
			out[i].Similarity += c / float64(len(s))
		}
	}
	ids := make([]int64, len(out))
	for i := range out {
		ids[i] = out[i].ID
	}
	_, err = many(ctx, g.pool, func(row pgx.CollectableRow) (n bot.GapNear, err error) {
		if err = row.Scan(&n.ID, &n.Title, &n.State, &n.Locale, &n.Contacts); err == nil {
			n.Similarity = out[place[n.ID]].Similarity
			out[place[n.ID]].GapNear = n
		}
		return n, err
	}, gapHeadsSQL, scopeArgs(scope, pgx.NamedArgs{"ids": ids}))
	return out, err
}
