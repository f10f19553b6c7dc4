package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/bot"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

//go:embed query/bot_saved.sql
var botSavedSQL string

//go:embed query/bot_saved_put.sql
var botSavedPutSQL string

//go:embed query/bot_saved_count.sql
var botSavedCountSQL string

//go:embed query/bot_saved_drop.sql
var botSavedDropSQL string

// BotSaved keeps questions whose answers must stay right. It implements bot.SavedStore.
type BotSaved struct {
	pool *pgxpool.Pool
}

var _ bot.SavedStore = (*BotSaved)(nil)

// NewBotSaved returns the store over pool, which stays the caller's.
func NewBotSaved(pool *pgxpool.Pool) *BotSaved { return &BotSaved{pool: pool} }

type savedRow struct {
	ID                   int64
	Site, Department     int32
	Audience             int16
	Locale, Question     string
	Previous             []string
	Want                 string
	Articles             []string
	Kind, Origin         string
	CreatedBy            string
	CreatedAt, UpdatedAt time.Time
}

// Saved implements bot.SavedStore.
func (b *BotSaved) Saved(ctx context.Context, scope identity.Scope, site int32) ([]bot.SavedQuestion, error) {
	rows, err := b.pool.Query(ctx, botSavedSQL, scopeArgs(withoutNil(scope), pgx.NamedArgs{"site": site, "limit": bot.MaxSaved}))
	if err != nil {
		return nil, fmt.Errorf("read saved questions: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (bot.SavedQuestion, error) {
		r, err := pgx.RowToStructByName[savedRow](row)
		if err != nil {
			return bot.SavedQuestion{}, err
		}
		q := bot.SavedQuestion{
			ID: r.ID, Site: r.Site, Department: r.Department, Audience: kb.Audience(r.Audience), Locale: r.Locale, Text: r.Question, Previous: r.Previous,
			Articles: r.Articles, Kind: r.Kind, Origin: r.Origin, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
		}
		return q, q.Want.UnmarshalText([]byte(r.Want))
	})
	if err != nil {
		return nil, fmt.Errorf("read saved questions: %w", err)
	}
	return out, nil
}

// PutSaved implements bot.SavedStore: all of the list or none.
func (b *BotSaved) PutSaved(ctx context.Context, scope identity.Scope, site int32, list []bot.SavedQuestion) (added int, err error) {
	if !scope.All && (scope.Contact != "" || !slices.Contains(scope.Sites, site)) {
		return 0, identity.ErrNotFound
	}
	err = pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
		have := 0
		if err := tx.QueryRow(ctx, botSavedCountSQL, pgx.NamedArgs{"site": site}).Scan(&have); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				return identity.ErrNotFound
			}
			return err
		}
		for _, q := range list {
			if q.Department != 0 && !scope.Allows(site, q.Department, "") {
				return identity.ErrNotFound
			}
			var id int64
			var isNew bool
			err := tx.QueryRow(ctx, botSavedPutSQL, siteScope(scope, pgx.NamedArgs{
				"site": site, "department": q.Department, "audience": int16(q.Audience), "locale": q.Locale, "question": q.Text, "previous": notNil(q.Previous),
				"want": q.Want.String(), "articles": notNil(q.Articles), "kind": q.Kind, "digest": q.Digest(), "origin": q.Origin, "actor": q.CreatedBy, "at": q.UpdatedAt.UTC(),
			})).Scan(&id, &isNew)
			if errors.Is(err, pgx.ErrNoRows) {
				return identity.ErrNotFound
			}
			if err != nil {
				return err
			}
			if isNew {
				added++
			}
		}
		if added > 0 && have+added > bot.MaxSaved {
			return fmt.Errorf("%w: the site would have %d questions, at most %d may be saved", bot.ErrSaved, have+added, bot.MaxSaved)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("save questions: %w", err)
	}
	return added, nil
}

// DropSaved implements bot.SavedStore.
func (b *BotSaved) DropSaved(ctx context.Context, scope identity.Scope, site int32, id int64) error {
	tag, err := b.pool.Exec(ctx, botSavedDropSQL, scopeArgs(withoutNil(scope), pgx.NamedArgs{"site": site, "id": id}))
	if err != nil {
		return fmt.Errorf("delete saved question: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return bot.ErrSavedNotFound
	}
	return nil
}
