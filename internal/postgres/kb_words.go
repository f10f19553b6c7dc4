package postgres

import (
	"context"
	_ "embed" // for the queries
	"fmt"

	"github.com/jackc/pgx/v5"

	"frontdesk/kb"
)

//go:embed query/kb_words.sql
var kbWordsSQL string

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
