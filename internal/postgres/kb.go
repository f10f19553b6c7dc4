package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

//go:embed query/kb_article.sql
var kbArticleSQL string

//go:embed query/kb_replies.sql
var kbRepliesSQL string

//go:embed query/kb_list.sql
var kbListSQL string

//go:embed query/kb_each.sql
var kbEachSQL string

// Knowledge stores the knowledge base. It implements kb.Store.
type Knowledge struct {
	pool                         *pgxpool.Pool
	searchAll, searchDepartments string // kb_search.sql with its exact legs

	mu   sync.Mutex       // guards near
	near map[nearKey]near // one entry a site and model that has an index over its vectors
}

var _ kb.Store = (*Knowledge)(nil)

// NewKnowledge returns the store over pool, which stays the caller's to close.
func NewKnowledge(pool *pgxpool.Pool) *Knowledge {
	return &Knowledge{
		pool: pool, near: map[nearKey]near{},
		searchAll: withDense(kbDenseSQL), searchDepartments: withDense(kbDenseDepartmentsSQL),
	}
}

// kbRow is an article as the queries return it.
type kbRow struct {
	SiteID       int32
	ID           string
	Locale       string
	DepartmentID int32
	Title        string
	Questions    []string
	Answer       string
	Tags         []string
	Audience     int16
	Floor        float64
	Handover     bool
	Next         []string
	Owner        string
	ReviewAt     *time.Time
	ExpiresAt    *time.Time
	Version      int32
	Author       string
	UpdatedAt    time.Time
}

func (r kbRow) article() kb.Article {
	return kb.Article{
		Site: r.SiteID, ID: r.ID, Locale: r.Locale, Department: r.DepartmentID, Title: r.Title, Questions: r.Questions,
		Answer: r.Answer, Tags: r.Tags, Audience: kb.Audience(r.Audience), Floor: r.Floor, Handover: r.Handover, Next: r.Next,
		Owner: r.Owner, ReviewAt: orZero(r.ReviewAt), ExpiresAt: orZero(r.ExpiresAt), Version: uint32(r.Version), Author: r.Author, UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// kbScope is the part of the arguments that every scoped query shares.
func kbScope(scope identity.Scope, site int32) pgx.NamedArgs {
	return pgx.NamedArgs{
		"site": site, "all_sites": scope.All, "sites": notNil(scope.Sites),
		"all_departments": scope.All || scope.AllDepartments, "departments": notNil(scope.Departments),
	}
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func (k *Knowledge) articles(ctx context.Context, sql string, args pgx.NamedArgs) ([]kb.Article, error) {
	rows, err := k.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (kb.Article, error) {
		r, err := pgx.RowToStructByName[kbRow](row)
		return r.article(), err
	})
}

// Article implements kb.Catalog.
func (k *Knowledge) Article(ctx context.Context, scope identity.Scope, site int32, id, locale string) (kb.Article, error) {
	args := kbScope(scope, site)
	args["id"], args["locale"] = id, locale
	found, err := k.articles(ctx, kbArticleSQL, args)
	if err != nil {
		return kb.Article{}, fmt.Errorf("read article: %w", err)
	}
	if len(found) == 0 || locale == "" {
		return kb.Article{}, fmt.Errorf("read article %q in %q: %w", id, locale, kb.ErrNotFound)
	}
	return found[0], nil
}

// Translations implements kb.Catalog.
func (k *Knowledge) Translations(ctx context.Context, scope identity.Scope, site int32, id string) ([]kb.Article, error) {
	args := kbScope(scope, site)
	args["id"], args["locale"] = id, ""
	found, err := k.articles(ctx, kbArticleSQL, args)
	if err != nil {
		return nil, fmt.Errorf("read translations: %w", err)
	}
	return found, nil
}

// Replies implements kb.Catalog.
func (k *Knowledge) Replies(ctx context.Context, scope identity.Scope, site int32, ids []string, locale string, audience kb.Audience) ([]kb.Article, error) {
	args := kbScope(scope, site)
	args["ids"], args["locale"], args["audience"] = notNil(ids), locale, int16(audience)
	found, err := k.articles(ctx, kbRepliesSQL, args)
	if err != nil {
		return nil, fmt.Errorf("read replies: %w", err)
	}
	return found, nil
}

// List implements kb.Catalog.
func (k *Knowledge) List(ctx context.Context, scope identity.Scope, q kb.ListQuery) ([]kb.Summary, int, error) {
	args := kbScope(scope, q.Site)
	args["search"], args["locale"], args["tag"], args["cursor"], args["limit"] = q.Search, q.Locale, q.Tag, q.Cursor, q.Limit
	rows, err := k.pool.Query(ctx, kbListSQL, args)
	if err != nil {
		return nil, 0, fmt.Errorf("list articles: %w", err)
	}
	total := 0
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (kb.Summary, error) {
		var s kb.Summary
		var version int32
		err := row.Scan(&s.ID, &s.Locale, &s.Title, &s.Tags, &s.Questions, &version, &s.UpdatedAt, &s.Locales, &total)
		s.Version, s.UpdatedAt = uint32(version), s.UpdatedAt.UTC()
		return s, err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list articles: %w", err)
	}
	return items, total, nil
}

// Each implements kb.Catalog.
func (k *Knowledge) Each(ctx context.Context, scope identity.Scope, site int32, yield func(kb.Article) error) error {
	rows, err := k.pool.Query(ctx, kbEachSQL, kbScope(scope, site))
	if err != nil {
		return fmt.Errorf("read articles: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := pgx.RowToStructByName[kbRow](rows)
		if err != nil {
			return fmt.Errorf("read article: %w", err)
		}
		if err := yield(r.article()); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read articles: %w", err)
	}
	return nil
}

// halfvec writes v in pgvector's text form.
func halfvec(v []float32) string {
	out := make([]byte, 0, len(v)*10+2)
	out = append(out, '[')
	for i, x := range v {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendFloat(out, float64(x), 'g', 6, 32) // halfvec keeps 3 digits
	}
	return string(append(out, ']'))
}

// finite reports whether v can be stored: not empty, no NaN, no infinity.
func finite(v []float32) bool {
	for _, x := range v {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return false
		}
	}
	return len(v) > 0
}

var errBadVector = errors.New("a vector of the model is empty or not finite")
