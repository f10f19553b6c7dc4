package postgres

import (
	"context"
	_ "embed" // for the queries
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/internal/identity"
)

//go:embed query/history_newest.sql
var historyNewestSQL string

//go:embed query/history_departments.sql
var historyDepartmentsSQL string

//go:embed query/history_match.sql
var historyMatchSQL string

//go:embed query/history_few.sql
var historyFewSQL string

//go:embed query/history_match_few.sql
var historyMatchFewSQL string

//go:embed query/history_rank.sql
var historyRankSQL string

//go:embed query/history_frequencies.sql
var historyFrequenciesSQL string

//go:embed query/history_hits.sql
var historyHitsSQL string

//go:embed query/history_rows.sql
var historyRowsSQL string

// History keeps the search's index, transcripts, retention and erasures. It
// implements the stores of chat/history.
type History struct{ pool *pgxpool.Pool }

var (
	_ history.SearchStore = (*History)(nil)
	_ history.IndexStore  = (*History)(nil)
)

// NewHistory returns a store on pool, which stays the caller's.
func NewHistory(pool *pgxpool.Pool) *History { return &History{pool: pool} }

// Newest implements history.SearchStore.
func (h *History) Newest(ctx context.Context, to time.Time) (below int64, indexed time.Time, err error) {
	var at pgtype.Timestamptz
	err = h.pool.QueryRow(ctx, historyNewestSQL, pgx.NamedArgs{"to": optionalTime(to)}).Scan(&below, &at)
	return below, utc(at), chatError(err)
}

// Departments implements history.SearchStore.
func (h *History) Departments(ctx context.Context, scope identity.Scope, f history.Filter) ([]int32, error) {
	if scope.All && f.Site == 0 && f.Department == 0 {
		return nil, nil
	}
	list, err := many(ctx, h.pool, pgx.RowTo[int32], historyDepartmentsSQL, pgx.NamedArgs{
		"all": scope.All, "sites": notNil(scope.Sites), "departments": departments(scope), "site": f.Site, "department": f.Department,
	})
	if list == nil {
		list = []int32{}
	}
	return list, err
}

// filterArgs adds the parameters of a filter.
func filterArgs(scope identity.Scope, f history.Filter) pgx.NamedArgs {
	return scopeArgs(scope, pgx.NamedArgs{
		"from": optionalTime(f.From), "to": optionalTime(f.To), "site": f.Site, "department": f.Department,
		"status": f.Status, "owner": f.Owner, "agent": uuidOf(f.Agent), "of_contact": uuidOf(f.Contact),
	})
}

// Match implements history.SearchStore.
func (h *History) Match(ctx context.Context, scope identity.Scope, f history.Filter, r history.Range, limit int) ([]int64, error) {
	args := filterArgs(scope, f)
	args["query"], args["anywhere"], args["from_id"], args["below"], args["shown"], args["limit"] = r.Query, r.Anywhere, r.From, r.Below, r.Shown, limit
	if r.Anywhere == "" {
		args["anywhere"] = r.Query
	}
	few, err := h.few(ctx, f, args)
	if err != nil {
		return nil, err
	}
	if few {
		return many(ctx, h.pool, pgx.RowTo[int64], historyMatchFewSQL, args)
	}
	return many(ctx, h.pool, pgx.RowTo[int64], historyMatchSQL, args)
}

// fewConversations are looked through one by one, whatever the words: a common
// word with a filter that hardly any conversation passes would otherwise have
// every part with the word read.
const fewConversations = 1000

// few reports whether few conversations pass the filter's status and owner.
func (h *History) few(ctx context.Context, f history.Filter, args pgx.NamedArgs) (bool, error) {
	if f.Status == "" && f.Owner == "" {
		return false, nil
	}
	args["most"] = fewConversations
	n, err := one(ctx, h.pool, nil, pgx.RowTo[int], historyFewSQL, args)
	return n <= fewConversations, err
}

// Rank implements history.SearchStore.
func (h *History) Rank(ctx context.Context, ids []int64, queries []string, weights []float64, at time.Time) ([]history.Ranked, error) {
	return many(ctx, h.pool, func(row pgx.CollectableRow) (r history.Ranked, err error) {
		err = row.Scan(&r.ID, &r.Conversation, &r.Part, &r.Score)
		if math.IsNaN(r.Score) {
			r.Score = 0
		}
		return r, err
	}, historyRankSQL, pgx.NamedArgs{"ids": ids, "queries": notNil(queries), "weights": notNil(weights), "at": at})
}

// Frequencies implements history.SearchStore.
func (h *History) Frequencies(ctx context.Context) (map[string]float64, error) {
	out := map[string]float64{}
	_, err := many(ctx, h.pool, func(row pgx.CollectableRow) (struct{}, error) {
		var terms []string
		var shares []float64
		if err := row.Scan(&terms, &shares); err != nil {
			return struct{}{}, err
		}
		for i := range min(len(terms), len(shares)) {
			out[terms[i]] = shares[i]
		}
		return struct{}{}, nil
	}, historyFrequenciesSQL)
	return out, err
}

// Hits implements history.SearchStore: one round trip.
func (h *History) Hits(ctx context.Context, scope identity.Scope, ranked []history.Ranked) ([]history.Found, error) {
	if len(ranked) == 0 {
		return nil, nil
	}
	ids, parts := make([]string, len(ranked)), make([]int32, len(ranked))
	for i := range ranked {
		ids[i], parts[i] = ranked[i].Conversation, ranked[i].Part
	}
	heads, rows := make(map[string]chat.Conversation, len(ranked)), map[string][]chat.Row{}
	batch := &pgx.Batch{}
	batch.Queue(historyHitsSQL, scopeArgs(scope, pgx.NamedArgs{"ids": uuids(ids)})).Query(func(r pgx.Rows) error {
		list, err := pgx.CollectRows(r, scanHead)
		for i := range list {
			heads[list[i].ID] = list[i]
		}
		return err
	})
	batch.Queue(historyRowsSQL, pgx.NamedArgs{"ids": uuids(ids), "parts": parts}).Query(func(r pgx.Rows) error {
		list, err := pgx.CollectRows(r, scanRow)
		for i := range list {
			rows[list[i].Conversation] = append(rows[list[i].Conversation], list[i])
		}
		return err
	})
	if err := h.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("read hits: %w", chatError(err))
	}
	var out []history.Found
	for _, r := range ranked {
		head, ok := heads[r.Conversation]
		if !ok { // gone or moved between the two reads
			continue
		}
		out = append(out, history.Found{Ranked: r, Head: head, Rows: rows[r.Conversation]})
	}
	return out, nil
}
