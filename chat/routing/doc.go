// Package routing chooses the agent for a waiting conversation: skill, queue,
// presence and load, decided in memory, with the reason kept for each choice.
//
// It is pure: no clock of its own, no I/O, no goroutines. It proposes; the claim is
// a guarded update in internal/postgres, so two nodes cannot both succeed.
//
// The room is empty yet: agents claim by hand from the queue. Issue 6 (chat and
// router) fills it.
package routing
