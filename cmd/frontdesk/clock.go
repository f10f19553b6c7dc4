package main

import (
	"fmt"
	"log/slog"
	"time"
)

// clockVariable shifts the clock of a whole server, for the fault suite: one node
// of several must do no harm with a clock that is wrong by an hour (docs/deskload.md,
// "Faults"). It is no setting, and the log says so at each start.
const clockVariable = "FRONTDESK_TEST_CLOCK"

// serverClock returns the clock of the server: the machine's, unless a test shifts it.
func serverClock(environ []string, logger *slog.Logger) (func() time.Time, error) {
	value := lookup(environ, clockVariable)
	if value == "" {
		return time.Now, nil
	}
	by, err := time.ParseDuration(value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", clockVariable, err)
	}
	logger.Warn("the clock is shifted for a test", "by", by)
	return func() time.Time { return time.Now().Add(by) }, nil
}
