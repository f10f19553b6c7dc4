package main

import (
	"log/slog"
	"strings"
	"testing"
)

func TestAServerHurtsItselfOnlyWhenItWasStartedToBeHurt(t *testing.T) {
	t.Parallel()
	environ := []string{faultsVariable + "=append.after_commit=error@2"}
	logger := slog.New(slog.DiscardHandler)

	if fault, err := serverFaults(false, nil, logger); err != nil || fault != nil {
		t.Errorf("without the variable: %v", err)
	}
	if fault, err := serverFaults(true, nil, logger); err != nil || fault != nil {
		t.Errorf("the flag alone: %v", err)
	}
	if _, err := serverFaults(false, environ, logger); err == nil || !strings.Contains(err.Error(), "--allow-faults") {
		t.Errorf("the variable without the flag: %v", err)
	}
	fault, err := serverFaults(true, environ, logger)
	if err != nil {
		t.Fatal(err)
	}
	if first, second := fault("append.after_commit"), fault("append.after_commit"); first != nil || second == nil {
		t.Errorf("hits: %v, %v", first, second)
	}
	if _, err := serverFaults(true, []string{faultsVariable + "=nowhere=kill"}, logger); err == nil || !strings.Contains(err.Error(), "append.after_commit") {
		t.Errorf("an unknown point: %v", err)
	}
}
