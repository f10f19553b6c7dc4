package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/kb"
)

//go:embed query/kb_learn_lock.sql
var kbLearnLockSQL string

//go:embed query/kb_learn_unlock.sql
var kbLearnUnlockSQL string

var _ kb.Rota = (*Knowledge)(nil)

// Alone implements kb.Rota by an advisory lock of a session, which the database
// gives back when the node dies.
func (k *Knowledge) Alone(ctx context.Context, site int32, learn func(context.Context) error) (called bool, err error) {
	conn, err := k.pool.Acquire(ctx)
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer conn.Release()
	args := pgx.NamedArgs{"site": site}
	if err := conn.QueryRow(ctx, kbLearnLockSQL, args).Scan(&called); err != nil {
		return false, fmt.Errorf("take the lock to learn: %w", err)
	}
	if !called {
		return false, nil
	}
	defer func() {
		back, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 5*time.Second, errors.New("giving back the lock to learn took too long"))
		defer cancel()
		if _, unlock := conn.Exec(back, kbLearnUnlockSQL, args); unlock != nil {
			err = errors.Join(err, unlock, conn.Conn().Close(back)) // the session ends, and the lock with it
		}
	}()
	return true, learn(ctx)
}
