package local

import (
	"fmt"
	"os"
	"syscall"
)

// childAttributes puts the child into a process group of its own, under who.
func childAttributes(who owner, dieWithUs bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Credential: who.credential()}
	if dieWithUs {
		attr.Pdeathsig = syscall.SIGQUIT // PostgreSQL's immediate shutdown
	}
	return attr
}

// maybeWorksIn reports whether the process has dir as its working directory, as
// a postmaster has its data folder. When the system does not say, it may have.
func maybeWorksIn(pid int, dir string) bool {
	cwd, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return true
	}
	data, err := os.Stat(dir) // not by name: dir may lead through a link
	return err != nil || os.SameFile(cwd, data)
}
