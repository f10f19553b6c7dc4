package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/bot"
	"frontdesk/chat"
)

//go:embed query/gap_lease.sql
var gapLeaseSQL string

//go:embed query/gap_hold.sql
var gapHoldSQL string

//go:embed query/gap_news.sql
var gapNewsSQL string

//go:embed query/gap_now.sql
var gapNowSQL string

//go:embed query/gap_votes.sql
var gapVotesSQL string

//go:embed query/gap_judged.sql
var gapJudgedSQL string

//go:embed query/gap_add_sample.sql
var gapAddSampleSQL string

//go:embed query/gap_withdraw.sql
var gapWithdrawSQL string

//go:embed query/gap_read_to.sql
var gapReadToSQL string

//go:embed query/gap_tend.sql
var gapTendSQL string

//go:embed query/gap_unsettled.sql
var gapUnsettledSQL string

//go:embed query/gap_settle.sql
var gapSettleSQL string

//go:embed query/gap_drop_sample.sql
var gapDropSampleSQL string

//go:embed query/gap_rows.sql
var gapRowsSQL string

//go:embed query/gap_unchecked.sql
var gapUncheckedSQL string

//go:embed query/gap_checked.sql
var gapCheckedSQL string

var _ bot.GapStore = (*Gaps)(nil)

const (
	// gapSettled is how old a row must be for no older one to be committed after it.
	gapSettled = 30 * time.Second
	// gapPerContact is how many samples one visitor adds a day.
	gapPerContact = 20
)

// Lease implements bot.GapLog.
func (g *Gaps) Lease(ctx context.Context, holder string, lasts time.Duration) (time.Time, error) {
	return one(ctx, g.pool, bot.ErrGapLease, pgx.RowTo[time.Time], gapLeaseSQL, pgx.NamedArgs{"holder": uuidOf(holder), "lasts": lasts.Seconds()})
}

// held runs work in a transaction that commits only while the lease is holder's.
func (g *Gaps) held(ctx context.Context, holder string, work func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, g.pool, func(tx pgx.Tx) error {
		if _, err := one(ctx, tx, bot.ErrGapLease, pgx.RowTo[bool], gapHoldSQL, pgx.NamedArgs{"holder": uuidOf(holder)}); err != nil {
			return err
		}
		return work(tx)
	})
	return gapError(err)
}

// gapError translates the driver's errors and leaves the board's own as they are.
func gapError(err error) error {
	for _, own := range []error{bot.ErrGapLease, bot.ErrGapNotFound, bot.ErrGapChanged, bot.ErrGapInvalid} {
		if errors.Is(err, own) {
			return err
		}
	}
	return chatError(err)
}

// News implements bot.GapLog.
func (g *Gaps) News(ctx context.Context, since time.Time, reasons []string, limit int) ([]bot.GapNews, time.Time, error) {
	var readAt time.Time
	turns, err := many(ctx, g.pool, func(row pgx.CollectableRow) (n bot.GapNews, err error) {
		err = row.Scan(&n.Conversation, &n.Seq, &n.Site, &n.Department, &n.Contact, &n.At, &n.Kind, &n.Author, &n.Reason, &n.Extra, &n.Before, &n.Locale, &readAt)
		return n, err
	}, gapNewsSQL, pgx.NamedArgs{"since": since, "reasons": reasons, "limit": limit})
	if err != nil {
		return nil, since, err
	}
	votes, err := many(ctx, g.pool, func(row pgx.CollectableRow) (n bot.GapNews, err error) {
		var source []byte
		n.Vote = true
		if err = row.Scan(&n.Conversation, &n.Seq, &n.Site, &n.Department, &n.Contact, &n.At, &n.Helpful, &n.Extra, &source, &n.Before, &n.Locale, &readAt); err != nil {
			return n, err
		}
		if len(source) > 0 {
			n.Source = &chat.Source{}
			err = json.Unmarshal(source, n.Source)
		}
		return n, err
	}, gapVotesSQL, pgx.NamedArgs{"since": since, "limit": limit})
	if err != nil {
		return nil, since, err
	}
	judged, err := many(ctx, g.pool, func(row pgx.CollectableRow) (n bot.GapNews, err error) {
		n.Judged = true
		source := []byte{}
		if err = row.Scan(&n.Conversation, &n.Seq, &n.Site, &n.Department, &n.Contact, &n.At, &n.Extra, &source, &n.Before, &n.Locale); err != nil {
			return n, err
		}
		if len(source) > 0 {
			n.Source = &chat.Source{}
			err = json.Unmarshal(source, n.Source)
		}
		return n, err
	}, gapJudgedSQL, pgx.NamedArgs{"since": since, "limit": limit})
	if err != nil {
		return nil, since, err
	}
	if len(turns) == 0 && len(votes) == 0 { // nobody told us the time
		if readAt, err = one(ctx, g.pool, nil, pgx.RowTo[time.Time], gapNowSQL); err != nil {
			return nil, since, err
		}
	}
	// Rows are stamped before they are committed: those of the last seconds are read again.
	readTo := readAt.Add(-gapSettled)
	for _, list := range [][]bot.GapNews{turns, votes, judged} {
		if len(list) == limit && list[limit-1].At.Before(readTo) {
			readTo = list[limit-1].At
		}
	}
	return slices.Concat(turns, votes, judged), readTo, nil
}

// Absorb implements bot.GapLog.
func (g *Gaps) Absorb(ctx context.Context, holder string, samples []bot.GapSample, withdrawn []bot.GapTurn, readTo time.Time) error {
	return g.held(ctx, holder, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for i := range samples {
			s := &samples[i]
			nearest := s.Nearest
			if nearest == nil {
				nearest = []string{}
			}
			batch.Queue(gapAddSampleSQL, pgx.NamedArgs{
				"conversation": s.Conversation, "seq": int32(s.Seq), "audience": s.Audience, "locale": s.Locale, "reason": s.Reason, "question": s.Question,
				"nearest": nearest, "said_article": s.Said.ID, "said_version": int32(s.Said.Version), "happened_at": s.At, "cap": gapPerContact,
			})
		}
		for _, t := range withdrawn {
			batch.Queue(gapWithdrawSQL, pgx.NamedArgs{"conversation": t.Conversation, "seq": int32(t.Seq)})
		}
		batch.Queue(gapReadToSQL, pgx.NamedArgs{"read_to": readTo})
		return tx.SendBatch(ctx, batch).Close()
	})
}

// Tend implements bot.GapLog.
func (g *Gaps) Tend(ctx context.Context, holder string, forgetBefore, silentSince, now time.Time) error {
	return g.held(ctx, holder, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, gapTendSQL, pgx.NamedArgs{"forget_before": forgetBefore, "silent_since": silentSince, "now": now})
		return err
	})
}

// Unsettled implements bot.GapFollowing.
func (g *Gaps) Unsettled(ctx context.Context, now time.Time, limit int) ([]bot.GapPending, error) {
	return many(ctx, g.pool, func(row pgx.CollectableRow) (p bot.GapPending, err error) {
		err = row.Scan(&p.Conversation, &p.Seq, &p.Reason, &p.LastSeq, &p.Department, &p.Moved)
		return p, err
	}, gapUnsettledSQL, pgx.NamedArgs{"now": now, "limit": limit})
}

// RowsAfter implements bot.GapFollowing.
func (g *Gaps) RowsAfter(ctx context.Context, conversation string, after uint32, limit int) ([]chat.Row, error) {
	return many(ctx, g.pool, scanRow, gapRowsSQL, pgx.NamedArgs{"id": conversation, "after": int32(after), "limit": limit})
}

// Settle implements bot.GapFollowing.
func (g *Gaps) Settle(ctx context.Context, holder string, p bot.GapPending, o bot.GapOutcome, until time.Time) error {
	return g.held(ctx, holder, func(tx pgx.Tx) error {
		if o.Answered {
			_, err := tx.Exec(ctx, gapDropSampleSQL, pgx.NamedArgs{"conversation": p.Conversation, "seq": int32(p.Seq)})
			return err
		}
		replies := make([]int32, len(o.Replies))
		for i, seq := range o.Replies {
			replies[i] = int32(seq)
		}
		_, err := tx.Exec(ctx, gapSettleSQL, pgx.NamedArgs{
			"conversation": p.Conversation, "seq": int32(p.Seq), "last_seq": int32(p.LastSeq), "department": p.Department, "moved": p.Moved,
			"handled": pgtype.Float8{Float64: o.Handled.Seconds(), Valid: o.Handled > 0}, "replies": replies, "until": until,
		})
		return err
	})
}

// Unchecked implements bot.GapFollowing.
func (g *Gaps) Unchecked(ctx context.Context, limit, questions int) ([]bot.GapCheck, error) {
	type row struct {
		check  bot.GapCheck
		sample bot.GapSample
	}
	rows, err := many(ctx, g.pool, func(r pgx.CollectableRow) (o row, err error) {
		err = r.Scan(&o.check.Gap, &o.check.Epoch, &o.check.Site, &o.check.Department, &o.check.Audience, &o.check.Locale,
			&o.sample.Conversation, &o.sample.Seq, &o.sample.Question, &o.sample.Locale, &o.sample.Said.ID, &o.sample.Said.Version)
		return o, err
	}, gapUncheckedSQL, pgx.NamedArgs{"limit": limit, "questions": questions})
	var out []bot.GapCheck
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].Gap != r.check.Gap {
			out = append(out, r.check)
		}
		last := &out[len(out)-1]
		last.Questions = append(last.Questions, r.sample)
	}
	return out, err
}

// Checked implements bot.GapFollowing.
func (g *Gaps) Checked(ctx context.Context, holder string, gap, epoch int64, found bot.PacketArticle, now time.Time) error {
	return g.held(ctx, holder, func(tx pgx.Tx) error {
		fresh, err := one(ctx, tx, bot.ErrGapNotFound, pgx.RowTo[bool], gapCheckedSQL, pgx.NamedArgs{
			"gap": gap, "epoch": epoch, "article": found.ID, "locale": found.Locale, "now": now,
		})
		if errors.Is(err, bot.ErrGapNotFound) {
			return nil // somebody has closed it meanwhile
		}
		if err != nil || !fresh {
			return err
		}
		return writeAct(ctx, tx, gap, bot.GapActor{At: now}, "proposed", map[string]string{"article": found.ID})
	})
}

// writeAct adds an entry to a gap's history.
func writeAct(ctx context.Context, tx pgx.Tx, gap int64, by bot.GapActor, act string, detail map[string]string) error {
	if detail == nil {
		detail = map[string]string{}
	}
	raw, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	_, err = tx.Exec(ctx, gapActSQL, pgx.NamedArgs{"gap": gap, "at": by.At, "actor": uuidOf(by.User), "act": act, "detail": raw})
	return err
}
