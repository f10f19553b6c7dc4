//go:build unix && !linux

package local

import "syscall"

// childAttributes puts the child into a process group of its own, under who.
// These systems have no parent-death signal: a temporary cluster whose process
// was killed is swept by the next one.
func childAttributes(who owner, _ bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: who.credential()}
}

// maybeWorksIn cannot be told here, so PostgreSQL's own check decides.
func maybeWorksIn(int, string) bool { return true }
