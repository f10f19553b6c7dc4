package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"frontdesk/internal/identity"
)

//go:embed query/account_team_one.sql
var accountTeamOneSQL string

//go:embed query/account_team_add.sql
var accountTeamAddSQL string

//go:embed query/account_team_rename.sql
var accountTeamRenameSQL string

//go:embed query/account_team_members.sql
var accountTeamMembersSQL string

//go:embed query/account_team_fit.sql
var accountTeamFitSQL string

//go:embed query/account_team_remove.sql
var accountTeamRemoveSQL string

// maxMembers bounds a team.
const maxMembers = 1000

// AddTeam makes a team within scope and returns it with its id. Errors:
// identity.ErrInvalid, identity.ErrTeamTaken, identity.ErrNotFound when the
// department is none of the site's or a member cannot work in it.
func (a *Accounts) AddTeam(ctx context.Context, scope identity.Scope, t identity.Team) (identity.Team, error) {
	if !scope.Allows(t.Site, t.Department, "") {
		return identity.Team{}, identity.ErrNotFound
	}
	if err := checkTeam(&t); err != nil {
		return identity.Team{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return identity.Team{}, fmt.Errorf("make team id: %w", err)
	}
	t.ID = id.String()
	err = pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, accountTeamAddSQL, pgx.NamedArgs{"id": t.ID, "site": t.Site, "department": t.Department, "name": t.Name})
		if err != nil {
			return teamError(err)
		}
		if tag.RowsAffected() == 0 {
			return identity.ErrNotFound
		}
		return putMembers(ctx, tx, t)
	})
	return t, err
}

// SaveTeam changes a team's name and members; it stays in its department.
// Errors as of AddTeam.
func (a *Accounts) SaveTeam(ctx context.Context, scope identity.Scope, t identity.Team) (identity.Team, error) {
	if err := checkTeam(&t); err != nil {
		return identity.Team{}, err
	}
	err := pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if err := lockTeam(ctx, tx, scope, &t); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, accountTeamRenameSQL, t.ID, t.Name); err != nil {
			return teamError(err)
		}
		return putMembers(ctx, tx, t)
	})
	return t, err
}

// RemoveTeam deletes a team that no conversation knows and that keeps no replies. Errors:
// identity.ErrTeamUsed, identity.ErrNotFound.
func (a *Accounts) RemoveTeam(ctx context.Context, scope identity.Scope, site int32, id string) error {
	return pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		t := identity.Team{ID: id, Site: site}
		if err := lockTeam(ctx, tx, scope, &t); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, accountTeamRemoveSQL, t.ID)
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23503" { // foreign_key_violation
			return identity.ErrTeamUsed
		}
		if err == nil && tag.RowsAffected() == 0 {
			return identity.ErrTeamUsed
		}
		return teamError(err)
	})
}

// lockTeam locks the team of this id and site and fills in its department.
func lockTeam(ctx context.Context, tx pgx.Tx, scope identity.Scope, t *identity.Team) error {
	if uuid.Validate(t.ID) != nil {
		return identity.ErrNotFound
	}
	if err := tx.QueryRow(ctx, accountTeamOneSQL, t.ID, t.Site).Scan(&t.Department); err != nil {
		return accountError("read team", err)
	}
	if !scope.Allows(t.Site, t.Department, "") {
		return identity.ErrNotFound
	}
	return nil
}

// putMembers makes the team's members be exactly these.
func putMembers(ctx context.Context, tx pgx.Tx, t identity.Team) error {
	var fit int
	if err := tx.QueryRow(ctx, accountTeamFitSQL, pgx.NamedArgs{"members": t.Members, "site": t.Site, "department": t.Department}).Scan(&fit); err != nil {
		return accountError("check members", err)
	}
	if fit != len(t.Members) {
		return fmt.Errorf("%w: members: one of them does not work in the team's department; leave them out", identity.ErrInvalid)
	}
	if _, err := tx.Exec(ctx, accountTeamMembersSQL, pgx.NamedArgs{"team": t.ID, "members": t.Members}); err != nil {
		return accountError("save members", err)
	}
	return nil
}

// checkTeam refuses what cannot be stored, and leaves each member once.
func checkTeam(t *identity.Team) error {
	if err := identity.CheckName("name", t.Name); err != nil {
		return err
	}
	if len(t.Members) > maxMembers {
		return fmt.Errorf("%w: members: a team has at most %d", identity.ErrInvalid, maxMembers)
	}
	seen := make(map[uuid.UUID]bool, len(t.Members))
	members := make([]string, 0, len(t.Members))
	for _, m := range t.Members {
		id, err := uuid.Parse(m)
		if err != nil {
			return fmt.Errorf("%w: members: %.40q is no user id", identity.ErrInvalid, m)
		}
		if !seen[id] {
			seen[id] = true
			members = append(members, id.String())
		}
	}
	t.Members = members
	return nil
}

func teamError(err error) error {
	if err == nil {
		return nil
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" && pg.ConstraintName == "teams_name_unique" {
		return identity.ErrTeamTaken
	}
	return accountError("save team", err)
}
