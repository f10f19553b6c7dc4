// Package routing chooses the agent for a waiting conversation: who may take it
// (site, department, team, skill, language, hours, presence, capacity), and who
// of those should (the one who knows the visitor, the least loaded, the longest
// idle), by an ordered list of named strategies that admins switch and configure
// live. Each choice carries its reasons, and those who were passed over theirs.
//
// It is pure: no clock of its own, no I/O, no goroutines, no locks. An [Engine]
// keeps agents and waiting items in memory and belongs to one caller at a time. It
// proposes; the claim is a guarded update in internal/postgres, so that nodes which
// decide the same at once cannot both succeed.
package routing
