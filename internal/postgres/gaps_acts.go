package postgres

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/bot"
	"frontdesk/internal/identity"
)

//go:embed query/gap_lock.sql
var gapLockSQL string

//go:embed query/gap_change.sql
var gapChangeSQL string

//go:embed query/gap_merge.sql
var gapMergeSQL string

//go:embed query/gap_merge_samples.sql
var gapMergeSamplesSQL string

//go:embed query/gap_merge_apart.sql
var gapMergeApartSQL string

//go:embed query/gap_unapart.sql
var gapUnapartSQL string

//go:embed query/gap_split_make.sql
var gapSplitMakeSQL string

//go:embed query/gap_split_samples.sql
var gapSplitSamplesSQL string

//go:embed query/gap_split_left.sql
var gapSplitLeftSQL string

//go:embed query/gap_apart.sql
var gapApartSQL string

// lockedGap is a gap as an act finds it.
type lockedGap struct {
	id       int64
	revision int
	wall     bot.GapWall
	state    string
}

// lockGap locks a gap within scope. revision -1 is any.
func lockGap(ctx context.Context, tx pgx.Tx, scope identity.Scope, id int64, revision int) (lockedGap, error) {
	g, err := one(ctx, tx, bot.ErrGapNotFound, func(row pgx.CollectableRow) (g lockedGap, err error) {
		err = row.Scan(&g.id, &g.revision, &g.wall.Site, &g.wall.Department, &g.wall.Audience, &g.state)
		return g, err
	}, gapLockSQL, scopeArgs(scope, pgx.NamedArgs{"id": id}))
	if err == nil && revision >= 0 && g.revision != revision {
		err = bot.ErrGapChanged
	}
	return g, err
}

// Change implements bot.GapWriter.
func (g *Gaps) Change(ctx context.Context, scope identity.Scope, id int64, revision int, c bot.GapChange) error {
	err := pgx.BeginFunc(ctx, g.pool, func(tx pgx.Tx) error {
		if _, err := lockGap(ctx, tx, scope, id, revision); err != nil {
			return err
		}
		args := pgx.NamedArgs{"id": id, "name": c.Name, "state": (*string)(c.State), "article": nil, "article_locale": nil, "now": c.By.At}
		if c.Article != nil {
			args["article"], args["article_locale"] = c.Article.ID, c.Article.Locale
		}
		if _, err := tx.Exec(ctx, gapChangeSQL, args); err != nil {
			return err
		}
		return writeAct(ctx, tx, id, c.By, c.Act, c.Detail)
	})
	return gapError(err)
}

// Merge implements bot.GapWriter.
func (g *Gaps) Merge(ctx context.Context, scope identity.Scope, id int64, revision int, into int64, by bot.GapActor) error {
	err := pgx.BeginFunc(ctx, g.pool, func(tx pgx.Tx) error {
		locked := map[int64]lockedGap{}
		for _, one := range []int64{min(id, into), max(id, into)} { // in one order, whoever merges what
			expect := -1
			if one == id {
				expect = revision
			}
			l, err := lockGap(ctx, tx, scope, one, expect)
			if err != nil {
				return err
			}
			locked[one] = l
		}
		if locked[id].wall != locked[into].wall {
			return fmt.Errorf("%w: into must be a gap of the same site, department and audience", bot.ErrGapInvalid)
		}
		batch := &pgx.Batch{}
		args := pgx.NamedArgs{"id": id, "into": into, "now": by.At}
		for _, sql := range []string{gapUnapartSQL, gapMergeApartSQL, gapMergeSamplesSQL, gapMergeSQL} {
			batch.Queue(sql, args)
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if err := writeAct(ctx, tx, id, by, "merged_away", map[string]string{"into": strconv.FormatInt(into, 10)}); err != nil {
			return err
		}
		return writeAct(ctx, tx, into, by, "merged", map[string]string{"from": strconv.FormatInt(id, 10)})
	})
	return gapError(err)
}

// Split implements bot.GapWriter.
func (g *Gaps) Split(ctx context.Context, scope identity.Scope, id int64, revision int, turns []bot.GapTurn, by bot.GapActor) (made int64, err error) {
	err = pgx.BeginFunc(ctx, g.pool, func(tx pgx.Tx) error {
		if _, err := lockGap(ctx, tx, scope, id, revision); err != nil {
			return err
		}
		var err error
		if made, err = one(ctx, tx, nil, pgx.RowTo[int64], gapSplitMakeSQL, pgx.NamedArgs{"id": id, "now": by.At}); err != nil {
			return err
		}
		conversations, seqs := make([]pgtype.UUID, len(turns)), make([]int32, len(turns))
		for i, t := range turns {
			conversations[i], seqs[i] = uuidOf(t.Conversation), int32(min(t.Seq, 1<<31-1))
		}
		tag, err := tx.Exec(ctx, gapSplitSamplesSQL, pgx.NamedArgs{"id": id, "made": made, "conversations": conversations, "seqs": seqs})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("%w: samples must name questions of this gap", bot.ErrGapInvalid)
		}
		left, err := one(ctx, tx, nil, pgx.RowTo[int], gapSplitLeftSQL, pgx.NamedArgs{"id": id, "made": made})
		if err != nil {
			return err
		}
		if left == 0 {
			return fmt.Errorf("%w: samples must leave at least one question in the gap", bot.ErrGapInvalid)
		}
		if _, err := tx.Exec(ctx, gapApartSQL, pgx.NamedArgs{"id": id, "other": made}); err != nil {
			return err
		}
		if err := writeAct(ctx, tx, id, by, "split", map[string]string{"other": strconv.FormatInt(made, 10)}); err != nil {
			return err
		}
		return writeAct(ctx, tx, made, by, "split_off", map[string]string{"from": strconv.FormatInt(id, 10)})
	})
	return made, gapError(err)
}

// Apart implements bot.GapWriter.
func (g *Gaps) Apart(ctx context.Context, scope identity.Scope, id, other int64, by bot.GapActor) error {
	err := pgx.BeginFunc(ctx, g.pool, func(tx pgx.Tx) error {
		for _, one := range []int64{min(id, other), max(id, other)} {
			if _, err := lockGap(ctx, tx, scope, one, -1); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, gapApartSQL, pgx.NamedArgs{"id": id, "other": other}); err != nil {
			return err
		}
		return writeAct(ctx, tx, id, by, "apart", map[string]string{"other": strconv.FormatInt(other, 10)})
	})
	return gapError(err)
}
