// Package fault makes the faults that Frontdesk must survive, for tests: a TCP
// proxy that cuts, delays, slows and partitions, by hand or by a plan that a seed
// replays; and points at which a process kills, stops or delays itself.
//
// A [Proxy] owns the goroutines of its connections; Close ends and awaits them.
// [Points] have none. A server has points only if it was started to be hurt
// (frontdesk serve --allow-faults); nothing else of the package is part of one.
package fault
