package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

//go:embed query/kb_words.sql
var kbWordsSQL string

//go:embed query/kb_words_put.sql
var kbWordsPutSQL string

//go:embed query/kb_words_drop.sql
var kbWordsDropSQL string

// siteWords reads the word list of a site.
func siteWords(ctx context.Context, db executor, site int32) ([]kb.WordGroup, error) {
	rows, err := db.Query(ctx, kbWordsSQL, pgx.NamedArgs{"site": site})
	if err != nil {
		return nil, fmt.Errorf("read words: %w", err)
	}
	words, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (kb.WordGroup, error) {
		g := kb.WordGroup{Site: site}
		err := row.Scan(&g.ID, &g.Kind, &g.Locale, &g.Words)
		return g, err
	})
	if err != nil {
		return nil, fmt.Errorf("read words: %w", err)
	}
	return words, nil
}

// Words implements kb.WordStore.
func (k *Knowledge) Words(ctx context.Context, scope identity.Scope, site int32) ([]kb.WordGroup, error) {
	if !scope.All && !slices.Contains(scope.Sites, site) {
		return nil, fmt.Errorf("words of site %d: %w", site, kb.ErrNotFound)
	}
	return siteWords(ctx, k.pool, site)
}

// EditWords implements kb.WordStore: the site's publishing lock is held, and its epoch rises.
func (k *Knowledge) EditWords(ctx context.Context, scope identity.Scope, site int32, editor string, edit func([]kb.WordGroup) (kb.WordEdit, error)) (all []kb.WordGroup, err error) {
	err = pgx.BeginFunc(ctx, k.pool, func(tx pgx.Tx) error {
		if err := lockSite(ctx, tx, scope, site, nil); err != nil {
			return err
		}
		before, err := siteWords(ctx, tx, site)
		if err != nil {
			return err
		}
		change, err := edit(before)
		if err != nil {
			return err
		}
		if len(change.Drop) > 0 {
			if _, err := tx.Exec(ctx, kbWordsDropSQL, pgx.NamedArgs{"site": site, "ids": change.Drop}); err != nil {
				return fmt.Errorf("delete words: %w", err)
			}
		}
		for _, g := range change.Put {
			var id int64
			err := tx.QueryRow(ctx, kbWordsPutSQL, pgx.NamedArgs{
				"site": site, "id": g.ID, "kind": string(g.Kind), "locale": g.Locale, "words": g.Words, "editor": editor,
			}).Scan(&id)
			if errors.Is(err, pgx.ErrNoRows) {
				return fmt.Errorf("group %d of the word list: %w", g.ID, kb.ErrNotFound)
			}
			if err != nil {
				return fmt.Errorf("store words: %w", err)
			}
		}
		all, err = siteWords(ctx, tx, site)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
