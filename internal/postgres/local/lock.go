package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lockName is the file in a data directory that its server holds locked.
const lockName = "frontdesk.lock"

// dirLock is a data directory held by this process. The kernel lets go of it
// when the process ends, however it ends.
type dirLock struct{ file *os.File }

// lockDir takes the directory, or returns [ErrInUse] with the holder's process id.
func lockDir(dir string) (*dirLock, error) {
	path := filepath.Join(dir, lockName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("%w: %s: run as its owner", ErrOtherUser, dir)
	}
	if err != nil {
		return nil, spaceError("open lock file", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer file.Close() // nothing was written
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		holder, _ := io.ReadAll(io.LimitReader(file, 32)) // the holder's id is a courtesy
		return nil, fmt.Errorf("%w: %s is served by process %s: stop that server first, or pass another --data",
			ErrInUse, dir, orUnknown(strings.TrimSpace(string(holder))))
	}
	if err := writePID(file); err != nil {
		_ = file.Close() // the write error is the one to report
		return nil, spaceError("write lock file", err)
	}
	return &dirLock{file: file}, nil
}

// release gives the directory back. The file stays: removing it would let two
// processes hold locks on two files of one name.
func (l *dirLock) release() error {
	// Closing alone does not unlock at once: a child that is being started has a copy of the file until its exec.
	return errors.Join(l.file.Truncate(0), syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN), l.file.Close())
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// spaceError wraps err, and marks a full disk as what it is.
func spaceError(doing string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%s: %w: %w", doing, ErrDiskFull, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func orUnknown(s string) string {
	if s == "" {
		return "(unknown)"
	}
	return s
}
