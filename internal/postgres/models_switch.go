package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"frontdesk/kb"
	"frontdesk/models"
)

//go:embed query/model_read_lock.sql
var modelReadLockSQL string

//go:embed query/model_switch_lock.sql
var modelSwitchLockSQL string

//go:embed query/model_first.sql
var modelFirstSQL string

//go:embed query/model_use.sql
var modelUseSQL string

//go:embed query/model_done.sql
var modelDoneSQL string

//go:embed query/kb_raise_epochs.sql
var kbRaiseEpochsSQL string

//go:embed query/model_drop_vectors.sql
var modelDropVectorsSQL string

//go:embed query/model_drop_fits.sql
var modelDropFitsSQL string

// ErrSwitchLater says that a switch could not be made at this moment: too much
// was published since, or a publication took too long. Try again.
var ErrSwitchLater = errors.New("the switch has to wait for publications")

const (
	// switchRest is how many variants at most are embedded while publications wait.
	switchRest = 256
	// switchLockWait is how long a switch waits for publications at work, and new ones for it. A large import takes longer:
	// it is not held up, and between two attempts of the switch others get their turn.
	switchLockWait = time.Second
	// switchTimeout bounds the transaction.
	switchTimeout = 10 * time.Second
	// dropBatch is how many vectors a transaction deletes.
	dropBatch = 5000
)

// Put makes the switch come about, in one transaction: publications wait, what
// was published in the last moment is embedded (by embed, at most 256 texts),
// the model is in use, every epoch rises, the switch is done. Before its commit
// every question is answered by the former model, after it none needs to be:
// both have all their vectors. s.Task other than models.TaskEmbed has nothing
// to embed; embed may be nil then.
//
// Errors wrap ErrSwitchLater, ErrSwitchGone or embed's.
func (m *Models) Put(ctx context.Context, s models.Switch, node string, embed func(context.Context, []kb.Variant) ([][]float32, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, switchTimeout, fmt.Errorf("%w: it took over %v", ErrSwitchLater, switchTimeout))
	defer cancel()
	err := pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
		if s.Task == models.TaskEmbed {
			if err := m.embedRest(ctx, tx, s.Fingerprint, embed); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, kbRaiseEpochsSQL); err != nil {
				return fmt.Errorf("raise epochs: %w", err)
			}
		}
		args := pgx.NamedArgs{"id": s.ID, "node": node}
		for _, sql := range []string{modelUseSQL, modelDoneSQL} {
			var n int64
			if err := tx.QueryRow(ctx, sql, args).Scan(&n); errors.Is(err, pgx.ErrNoRows) {
				return ErrSwitchGone
			} else if err != nil {
				return fmt.Errorf("put in use: %w", err)
			}
		}
		return nil
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && (pg.Code == "55P03" || pg.Code == "40P01") { // lock_not_available, deadlock_detected
		err = ErrSwitchLater
	}
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, ErrSwitchLater) {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("switch to model %s: %w", s.Name, err)
	}
	return nil
}

// embedRest takes the lock that keeps publications out and gives the last
// variants their vectors.
func (m *Models) embedRest(ctx context.Context, tx pgx.Tx, fingerprint string, embed func(context.Context, []kb.Variant) ([][]float32, error)) error {
	if _, err := tx.Exec(ctx, "SELECT set_config('lock_timeout', $1, true)", fmt.Sprint(switchLockWait.Milliseconds())); err != nil {
		return fmt.Errorf("set lock_timeout: %w", err)
	}
	if _, err := tx.Exec(ctx, modelSwitchLockSQL); err != nil {
		return fmt.Errorf("wait for publications: %w", err)
	}
	rest, err := unembedded(ctx, tx, fingerprint, 0, switchRest+1)
	if err != nil {
		return err
	}
	if len(rest) > switchRest {
		return ErrSwitchLater
	}
	if len(rest) == 0 {
		return nil
	}
	vectors, err := embed(ctx, rest)
	if err != nil {
		return fmt.Errorf("embed what was published last: %w", err)
	}
	ids := make([]int64, len(rest))
	for i, v := range rest {
		ids[i] = v.ID
	}
	return addVectors(ctx, tx, fingerprint, ids, vectors)
}

// DropVectors deletes the vectors of models that nobody needs any more: not in
// use, not answered with by a live node, not wished for, and neither for the
// time of kept, so that the way back is short. It works in batches and returns
// how many it deleted.
func (m *Models) DropVectors(ctx context.Context, kept time.Duration) (deleted int64, err error) {
	for {
		var n int64
		err := pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, modelReadLockSQL); err != nil {
				return err
			}
			args := pgx.NamedArgs{"kept": kept, "limit": dropBatch}
			tag, err := tx.Exec(ctx, modelDropVectorsSQL, args)
			if err != nil {
				return err
			}
			n = tag.RowsAffected()
			_, err = tx.Exec(ctx, modelDropFitsSQL, args)
			return err
		})
		deleted += n
		if err != nil {
			return deleted, fmt.Errorf("delete vectors of former models: %w", err)
		}
		if n < dropBatch {
			return deleted, nil
		}
	}
}
