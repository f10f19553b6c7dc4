package local

import (
	"errors"
	"strings"
)

// What can be wrong with the machine. The text says what to do.
var (
	// ErrInUse means that another process serves this data directory.
	ErrInUse = errors.New("data directory is in use")
	// ErrNoPostgres means that no PostgreSQL server of a usable version is installed.
	ErrNoPostgres = errors.New("no PostgreSQL 15 or newer is installed: install the postgresql package, or pass --database-url")
	// ErrNoVector means that PostgreSQL has no pgvector, or one that is too old.
	ErrNoVector = errors.New("pgvector 0.8 or newer is not installed for this PostgreSQL: run `make pgvector` as root, or pass --database-url")
	// ErrDiskFull means that too little room is left to make or start the cluster.
	ErrDiskFull = errors.New("the disk is full")
	// ErrOtherUser means that the cluster was made by another user of this machine.
	ErrOtherUser = errors.New("the data directory belongs to another user")
	// ErrSocketPath means that no folder for the socket has a short enough path.
	ErrSocketPath = errors.New("the path of the database's socket is too long")
	// ErrStartTimeout means that PostgreSQL runs but did not take connections in time.
	ErrStartTimeout = errors.New("PostgreSQL did not become ready in time")
)

// outputError turns what a PostgreSQL program printed before it failed into an
// error. Programs run with LC_ALL=C, so ENOSPC has one text; there is no code to
// go by.
func outputError(program string, err error, output string) error {
	output = strings.TrimSpace(output)
	if strings.Contains(output, "No space left on device") {
		return errors.Join(ErrDiskFull, &programError{program: program, err: err, output: output})
	}
	return &programError{program: program, err: err, output: output}
}

// programError carries the last words of a PostgreSQL program.
type programError struct {
	program string
	err     error
	output  string
}

// Error returns the program, how it ended, and the end of what it printed.
func (e *programError) Error() string {
	return e.program + ": " + e.err.Error() + ": " + lastLines(e.output, 5)
}

// Unwrap returns how the program ended.
func (e *programError) Unwrap() error { return e.err }

// lastLines returns the last n lines of s, joined into one.
func lastLines(s string, n int) string {
	lines := strings.Split(s, "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, " | ")
}
