package postgres

import (
	"context"
	_ "embed" // for the query
	"fmt"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
)

//go:embed query/account_staff.sql
var accountStaffSQL string

// Staff returns the people who can work at a site, by name; their presence is left out.
func (a *Accounts) Staff(ctx context.Context, site int32) ([]identity.Colleague, error) {
	rows, err := a.pool.Query(ctx, accountStaffSQL, pgx.NamedArgs{"site": site})
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (identity.Colleague, error) {
		var c identity.Colleague
		err := row.Scan(&c.ID, &c.Name)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	return people, nil
}
