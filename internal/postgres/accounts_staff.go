package postgres

import (
	"context"
	_ "embed" // for the queries
	"fmt"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
)

//go:embed query/account_staff.sql
var accountStaffSQL string

//go:embed query/account_standing.sql
var accountStandingSQL string

//go:embed query/account_standing_channels.sql
var accountStandingChannelsSQL string

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

// Standing returns how an agent stands with the router; one who never signed in
// is offline with nothing in hand.
func (a *Accounts) Standing(ctx context.Context, user string) (identity.Standing, error) {
	out := identity.Standing{Presence: "offline"}
	batch := &pgx.Batch{}
	batch.Queue(accountStandingSQL, pgx.NamedArgs{"user": user}).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := rows.Scan(&out.Presence, &out.Reason, &out.Active, &out.Cap); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	batch.Queue(accountStandingChannelsSQL, pgx.NamedArgs{"user": user}).Query(func(rows pgx.Rows) (err error) {
		out.Channels, err = pgx.CollectRows(rows, pgx.RowToStructByPos[identity.ChannelLoad])
		return err
	})
	if err := a.pool.SendBatch(ctx, batch).Close(); err != nil {
		return identity.Standing{}, accountError("read standing", err)
	}
	return out, nil
}
