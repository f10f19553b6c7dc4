package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"frontdesk/chat"
)

// chatError translates the driver's errors, by SQLSTATE
// (PostgreSQL manual, appendix A). Anything that is no answer of the server
// leaves the result of a commit unknown: chat.ErrUnavailable.
func chatError(err error) error {
	if err == nil {
		return nil
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if errors.Is(err, context.Canceled) {
			return err
		}
		return fmt.Errorf("%w: %w", chat.ErrUnavailable, err)
	}
	switch pg.Code {
	case "23505", // unique_violation
		"40001", // serialization_failure
		"40P01": // deadlock_detected
		return fmt.Errorf("%w: %w", chat.ErrConflict, err)
	case "55P03", // lock_not_available
		"57014": // query_canceled
		return fmt.Errorf("%w: %w", chat.ErrUnavailable, err)
	}
	switch {
	case strings.HasPrefix(pg.Code, "08"), // connection
		strings.HasPrefix(pg.Code, "53"),  // insufficient resources: disk full, too many connections
		strings.HasPrefix(pg.Code, "57P"), // shutdown, crash, starting up
		strings.HasPrefix(pg.Code, "58"):  // system error
		return fmt.Errorf("%w: %w", chat.ErrUnavailable, err)
	case strings.HasPrefix(pg.Code, "22"), // data exception
		strings.HasPrefix(pg.Code, "23"), // constraint
		strings.HasPrefix(pg.Code, "54"): // program limit exceeded
		return fmt.Errorf("%w: %w", chat.ErrRefused, err)
	}
	return err
}

// lockTimedOut reports whether a lock was held for longer than lock_timeout.
func lockTimedOut(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "55P03"
}
