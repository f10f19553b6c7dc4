package main

import (
	"fmt"
	"log/slog"

	"frontdesk/chat"
	"frontdesk/internal/fault"
)

// faultsVariable says at which points the process hurts itself, for the fault
// suite: FRONTDESK_TEST_FAULTS='append.after_commit=kill@3'. It is no setting, and
// a server that was not started with --allow-faults refuses to start with it.
const faultsVariable = "FRONTDESK_TEST_FAULTS"

// serverFaults returns what is called at each point of chat.FaultPoints: nil
// unless a test asked for faults.
func serverFaults(allowed bool, environ []string, logger *slog.Logger) (func(point string) error, error) {
	text := lookup(environ, faultsVariable)
	if text == "" {
		return nil, nil //nolint:nilnil // nil is the function that costs nothing
	}
	if !allowed {
		return nil, fmt.Errorf("%s is for tests that hurt the server: unset it, or start with --allow-faults", faultsVariable)
	}
	points, err := fault.ParsePoints(text, chat.FaultPoints())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", faultsVariable, err)
	}
	logger.Warn("the server hurts itself for a test", "faults", text)
	return points.Hit, nil
}
