// Package fault makes the faults that Frontdesk must survive, for tests: a TCP
// proxy that cuts, delays, slows and partitions, by hand or by a plan that a seed
// replays.
//
// A [Proxy] owns the goroutines of its connections; Close ends and awaits them.
// The package is never part of a server.
package fault
