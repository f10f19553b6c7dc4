package postgres

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
)

//go:embed query/routing_loads.sql
var routingLoadsSQL string

//go:embed query/routing_load_repair.sql
var routingLoadRepairSQL string

var _ chat.LoadStore = (*Chat)(nil)

// RepairLoads implements chat.LoadStore.
func (s *Chat) RepairLoads(ctx context.Context) (repaired int, err error) {
	users, err := many(ctx, s.pool, pgx.RowTo[string], routingLoadsSQL)
	if err != nil {
		return 0, err
	}
	for _, user := range users {
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, chatPresenceLockSQL, pgx.NamedArgs{"users": uuids([]string{user})}); err != nil {
				return err
			}
			wrong, err := one(ctx, tx, nil, pgx.RowTo[bool], routingLoadRepairSQL, pgx.NamedArgs{"user": user})
			if wrong {
				repaired++
			}
			return err
		})
		if err != nil {
			return repaired, chatError(err)
		}
	}
	return repaired, nil
}
