package postgres

import (
	"context"
	_ "embed" // for the queries
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/bot"
	"frontdesk/internal/identity"
)

//go:embed query/suggest_canned_list.sql
var suggestCannedListSQL string

//go:embed query/suggest_canned_one.sql
var suggestCannedOneSQL string

//go:embed query/suggest_canned_add.sql
var suggestCannedAddSQL string

//go:embed query/suggest_canned_change.sql
var suggestCannedChangeSQL string

//go:embed query/suggest_canned_version.sql
var suggestCannedVersionSQL string

//go:embed query/suggest_canned_texts.sql
var suggestCannedTextsSQL string

//go:embed query/suggest_canned_drop.sql
var suggestCannedDropSQL string

// maxCanned bounds the shared replies of a site, and each agent's own.
const maxCanned = 1000

func scanCanned(r pgx.CollectableRow) (c bot.Canned, err error) {
	var team, owner, by pgtype.UUID
	var texts []byte
	var at time.Time
	if err = r.Scan(&c.ID, &c.Site, &c.Department, &team, &owner, &c.Shortcut, &c.Title, &c.Version, &at, &by, &texts); err != nil {
		return c, err
	}
	c.Team, c.Owner, c.UpdatedBy, c.UpdatedAt = text(team), text(owner), text(by), at.UTC()
	if texts != nil {
		err = json.Unmarshal(texts, &c.Texts)
	}
	return c, err
}

// Canned implements bot.CannedStore.
func (s *Suggest) Canned(ctx context.Context, scope identity.Scope, agent string, site int32) ([]bot.Canned, error) {
	rows, err := s.pool.Query(ctx, suggestCannedListSQL, cannedArgs(scope, agent, pgx.NamedArgs{"site": site}))
	if err != nil {
		return nil, fmt.Errorf("list canned replies: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanCanned)
	return all, suggestError("list canned replies", err)
}

// PutCanned implements bot.CannedStore.
func (s *Suggest) PutCanned(ctx context.Context, scope identity.Scope, agent string, shared bool, c bot.Canned) (saved bot.Canned, err error) {
	var locales, contents []string
	for locale, content := range c.Texts {
		locales, contents = append(locales, locale), append(contents, content)
	}
	args := cannedArgs(scope, agent, pgx.NamedArgs{
		"id": c.ID, "site": c.Site, "team": uuidOf(c.Team), "owner": uuidOf(c.Owner), "shortcut": c.Shortcut, "title": c.Title, "by": uuidOf(c.UpdatedBy),
		"at": c.UpdatedAt.UTC(), "version": signed(&c.Version), "shared": shared, "most": maxCanned,
	})
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		id, err := putCannedRow(ctx, tx, c, args)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, suggestCannedTextsSQL, pgx.NamedArgs{"id": id, "locales": locales, "contents": contents}); err != nil {
			return fmt.Errorf("save its texts: %w", err)
		}
		rows, err := tx.Query(ctx, suggestCannedOneSQL, pgx.NamedArgs{"id": id})
		if err != nil {
			return fmt.Errorf("read it back: %w", err)
		}
		saved, err = pgx.CollectExactlyOneRow(rows, scanCanned)
		return err
	})
	return saved, suggestError("save canned reply", err)
}

func putCannedRow(ctx context.Context, tx pgx.Tx, c bot.Canned, args pgx.NamedArgs) (id int64, err error) {
	var version int32
	if c.ID == 0 {
		if c.Team != "" && !uuidOf(c.Team).Valid {
			return 0, bot.ErrNoSuggestion
		}
		err = tx.QueryRow(ctx, suggestCannedAddSQL, args).Scan(&id, &version)
		return id, err
	}
	err = tx.QueryRow(ctx, suggestCannedChangeSQL, args).Scan(&id, &version)
	if !errors.Is(err, pgx.ErrNoRows) {
		return id, err
	}
	if err := tx.QueryRow(ctx, suggestCannedVersionSQL, args).Scan(&version); err != nil {
		return 0, err
	}
	return 0, bot.ErrCannedConflict
}

// DropCanned implements bot.CannedStore.
func (s *Suggest) DropCanned(ctx context.Context, scope identity.Scope, agent string, shared bool, id int64) error {
	tag, err := s.pool.Exec(ctx, suggestCannedDropSQL, cannedArgs(scope, agent, pgx.NamedArgs{"id": id, "shared": shared}))
	if err == nil && tag.RowsAffected() == 0 {
		err = bot.ErrNoSuggestion
	}
	return suggestError("remove canned reply", err)
}

// cannedArgs adds a scope's parameters. A scope of one contact, a visitor's, holds no replies.
func cannedArgs(scope identity.Scope, agent string, args pgx.NamedArgs) pgx.NamedArgs {
	if scope.Contact != "" {
		scope = identity.Scope{}
	}
	args["all"], args["sites"], args["departments"], args["agent"] = scope.All, orEmpty(scope.Sites), departments(scope), uuidOf(agent)
	return args
}

// violates reports that the database refused a row for this constraint.
func violates(err error, constraint string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.ConstraintName == constraint
}
