package postgres

import (
	"context"
	_ "embed" // for the queries
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

//go:embed query/kb_version_list.sql
var kbVersionListSQL string

//go:embed query/kb_version.sql
var kbVersionSQL string

//go:embed query/kb_mark_translated.sql
var kbMarkTranslatedSQL string

//go:embed query/kb_board.sql
var kbBoardSQL string

// Versions implements kb.VersionStore.
func (k *Knowledge) Versions(ctx context.Context, scope identity.Scope, site int32, id, locale string) ([]kb.VersionInfo, error) {
	args := kbScope(scope, site)
	args["id"], args["locale"] = id, locale
	rows, err := k.pool.Query(ctx, kbVersionListSQL, args)
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (kb.VersionInfo, error) {
		var v kb.VersionInfo
		var version, from int32
		err := row.Scan(&version, &v.Title, &v.Author, &v.At, &from, &v.Published)
		v.Version, v.RestoredFrom, v.At = uint32(version), uint32(from), v.At.UTC()
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	return all, nil
}

// Version implements kb.VersionStore.
func (k *Knowledge) Version(ctx context.Context, scope identity.Scope, site int32, id, locale string, version uint32) (kb.Article, error) {
	args := kbScope(scope, site)
	args["id"], args["locale"], args["version"] = id, locale, int64(version)
	found, err := k.articles(ctx, kbVersionSQL, args)
	if err != nil {
		return kb.Article{}, fmt.Errorf("read version: %w", err)
	}
	if len(found) == 0 {
		return kb.Article{}, fmt.Errorf("version %d of %q in %q: %w", version, id, locale, kb.ErrNotFound)
	}
	return found[0], nil
}

// MarkTranslated implements kb.VersionStore.
func (k *Knowledge) MarkTranslated(ctx context.Context, scope identity.Scope, site int32, id, locale string) error {
	args := kbScope(scope, site)
	args["id"], args["locale"] = id, locale
	tag, err := k.pool.Exec(ctx, kbMarkTranslatedSQL, args)
	if err != nil {
		return fmt.Errorf("mark as translated: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("mark %q in %q as translated: %w", id, locale, kb.ErrNotFound)
	}
	return nil
}

// boardRow is a row of the editors' list; the pointers are null on a page without rows.
type boardRow struct {
	Counts     map[string]int
	Locales    []string
	ID         *string
	Locale     *string
	Title      *string
	Tags       []string
	Questions  *int
	Department *int32
	Audience   *int16
	Owner      *string
	Published  *int32
	Ended      *string
	State      *string
	Revision   *int64
	Editor     *string
	Failure    *string
	PublishAt  *time.Time
	ReviewAt   *time.Time
	ExpiresAt  *time.Time
	UpdatedAt  *time.Time
	Outdated   *bool
	Missing    []string
}

func (r boardRow) item() kb.BoardRow {
	return kb.BoardRow{
		ID: *r.ID, Locale: *r.Locale, Title: *r.Title, Tags: r.Tags, Questions: valueOf(r.Questions), Department: valueOf(r.Department),
		Audience: kb.Audience(valueOf(r.Audience)), Owner: valueOf(r.Owner), Published: uint32(valueOf(r.Published)), Ended: valueOf(r.Ended),
		State: kb.DraftState(valueOf(r.State)), Revision: valueOf(r.Revision), Editor: valueOf(r.Editor), Failure: valueOf(r.Failure),
		PublishAt: orZero(r.PublishAt), ReviewAt: orZero(r.ReviewAt), ExpiresAt: orZero(r.ExpiresAt), UpdatedAt: orZero(r.UpdatedAt),
		Outdated: valueOf(r.Outdated), Missing: r.Missing,
	}
}

func valueOf[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// Board implements kb.BoardStore.
func (k *Knowledge) Board(ctx context.Context, scope identity.Scope, q kb.BoardQuery) (kb.Board, error) {
	args := kbScope(scope, q.Site)
	args["show"], args["search"], args["filter_locale"], args["tag"], args["owner"] = q.Show, q.Search, q.Locale, q.Tag, q.Owner
	args["cursor"], args["limit"] = q.Cursor, q.Limit
	rows, err := k.pool.Query(ctx, kbBoardSQL, args)
	if err != nil {
		return kb.Board{}, fmt.Errorf("list articles: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[boardRow])
	if err != nil {
		return kb.Board{}, fmt.Errorf("list articles: %w", err)
	}
	b := kb.Board{Counts: map[string]int{}}
	for _, r := range all {
		b.Counts, b.Locales = r.Counts, r.Locales
		if r.ID != nil {
			b.Items = append(b.Items, r.item())
		}
	}
	return b, nil
}

//go:embed query/kb_taken.sql
var kbTakenSQL string

// Taken implements kb.BoardStore.
func (k *Knowledge) Taken(ctx context.Context, scope identity.Scope, site int32, id string, texts []string) ([]kb.Taken, error) {
	args := kbScope(scope, site)
	args["id"], args["contents"] = id, notNil(texts)
	rows, err := k.pool.Query(ctx, kbTakenSQL, args)
	if err != nil {
		return nil, fmt.Errorf("compare questions: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (kb.Taken, error) {
		var t kb.Taken
		err := row.Scan(&t.Entry, &t.Article, &t.Locale)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("compare questions: %w", err)
	}
	return all, nil
}

//go:embed query/kb_spoken.sql
var kbSpokenSQL string

// Spoken implements kb.BoardStore.
func (k *Knowledge) Spoken(ctx context.Context, scope identity.Scope, site int32, id string) (locales, outdated []string, err error) {
	args := kbScope(scope, site)
	args["id"] = id
	if err := k.pool.QueryRow(ctx, kbSpokenSQL, args).Scan(&locales, &outdated); err != nil {
		return nil, nil, fmt.Errorf("read the site's languages: %w", err)
	}
	return locales, outdated, nil
}
