package postgres

import (
	"context"
	_ "embed" // for the query
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"frontdesk/kb"
)

//go:embed query/kb_now.sql
var kbNowSQL string

// Now implements kb.Moments.
func (k *Knowledge) Now(ctx context.Context, site int32) (kb.Now, error) {
	var now kb.Now
	err := k.pool.QueryRow(ctx, kbNowSQL, pgx.NamedArgs{"site": site}).Scan(&now.Epoch, &now.Fingerprint, &now.Pair)
	if errors.Is(err, pgx.ErrNoRows) {
		return kb.Now{}, fmt.Errorf("site %d: %w", site, kb.ErrNotFound)
	}
	return now, err
}
