package postgres

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/bot"
)

//go:embed query/gap_waiting.sql
var gapWaitingSQL string

//go:embed query/gap_aged.sql
var gapAgedSQL string

//go:embed query/gap_renew.sql
var gapRenewSQL string

//go:embed query/gap_near.sql
var gapNearSQL string

//go:embed query/gap_target.sql
var gapTargetSQL string

//go:embed query/gap_make.sql
var gapMakeSQL string

//go:embed query/gap_place.sql
var gapPlaceSQL string

//go:embed query/gap_joined.sql
var gapJoinedSQL string

//go:embed query/gap_act.sql
var gapActSQL string

func scanSample(row pgx.CollectableRow) (s bot.GapSample, err error) {
	err = row.Scan(&s.Conversation, &s.Seq, &s.Site, &s.Department, &s.Audience, &s.Locale, &s.Contact, &s.Reason, &s.Question, &s.At)
	s.At = s.At.UTC()
	return s, err
}

// Waiting implements bot.GapPlacing.
func (g *Gaps) Waiting(ctx context.Context, limit int) ([]bot.GapSample, error) {
	return many(ctx, g.pool, scanSample, gapWaitingSQL, pgx.NamedArgs{"limit": limit})
}

// Aged implements bot.GapPlacing.
func (g *Gaps) Aged(ctx context.Context, model string, limit int) ([]bot.GapSample, error) {
	return many(ctx, g.pool, scanSample, gapAgedSQL, pgx.NamedArgs{"model": model, "limit": limit})
}

// Renew implements bot.GapPlacing.
func (g *Gaps) Renew(ctx context.Context, holder, model string, turns []bot.GapTurn, vectors [][]float32) error {
	return g.held(ctx, holder, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for i, t := range turns {
			batch.Queue(gapRenewSQL, pgx.NamedArgs{"conversation": t.Conversation, "seq": int32(t.Seq), "model": model, "embedding": halfvec(vectors[i])})
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

// Near implements bot.GapPlacing.
func (g *Gaps) Near(ctx context.Context, wall bot.GapWall, model string, vector []float32, limit int) ([]bot.GapNeighbour, error) {
	return many(ctx, g.pool, func(row pgx.CollectableRow) (n bot.GapNeighbour, err error) {
		err = row.Scan(&n.Gap, &n.Question, &n.Cosine)
		return n, err
	}, gapNearSQL, pgx.NamedArgs{
		"site": wall.Site, "department": wall.Department, "audience": wall.Audience, "locale": wall.Locale, "model": model,
		"embedding": halfvec(vector), "limit": limit,
	})
}

// Place implements bot.GapPlacing.
func (g *Gaps) Place(ctx context.Context, holder string, s bot.GapSample, gap int64, typical float64, model string, vector []float32, now time.Time) error {
	return g.held(ctx, holder, func(tx pgx.Tx) error {
		if gap != 0 { // somebody may have merged it meanwhile, or erased all its samples
			found, err := one(ctx, tx, bot.ErrGapNotFound, func(row pgx.CollectableRow) (id int64, err error) {
				var state string
				err = row.Scan(&id, &state)
				return id, err
			}, gapTargetSQL, pgx.NamedArgs{"id": gap})
			if err != nil && !errors.Is(err, bot.ErrGapNotFound) {
				return err
			}
			gap = found
		}
		made := gap == 0
		if made {
			var err error
			if gap, err = one(ctx, tx, nil, pgx.RowTo[int64], gapMakeSQL, pgx.NamedArgs{
				"site": s.Site, "department": s.Department, "audience": s.Audience, "locale": s.Locale, "now": now, "happened_at": s.At,
			}); err != nil {
				return err
			}
		}
		tag, err := tx.Exec(ctx, gapPlaceSQL, pgx.NamedArgs{
			"conversation": s.Conversation, "seq": int32(s.Seq), "gap": gap, "typical": typical, "model": model, "embedding": halfvec(vector),
		})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 { // erased or withdrawn meanwhile: an empty gap is forgotten by Tend
			return nil
		}
		if made {
			return writeAct(ctx, tx, gap, bot.GapActor{At: now}, "made", nil)
		}
		back, err := one(ctx, tx, nil, pgx.RowTo[bool], gapJoinedSQL, pgx.NamedArgs{"gap": gap, "happened_at": s.At, "now": now})
		if err != nil || !back {
			return err
		}
		return writeAct(ctx, tx, gap, bot.GapActor{At: now}, "reopened", nil)
	})
}
