// Package calendar counts business hours: weekly opening times in a time zone,
// holidays, and the days on which clocks change.
//
// It is arithmetic on times that are passed in. It reads no clock.
//
// The room is empty yet. Issue 7 (SLA) fills it.
package calendar
