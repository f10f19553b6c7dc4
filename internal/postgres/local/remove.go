package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Remove deletes the stopped cluster of a data directory and all that is in it;
// without one it does nothing. As root the cluster lies outside the directory,
// so that deleting the directory alone would leave it. It returns [ErrInUse]
// while a server, or a database that a killed server left, runs on it.
func Remove(dataDir string) error { return remove(dataDir, rootHome) }

// remove is Remove for root's clusters in home.
func remove(dataDir, home string) (err error) {
	if _, err := os.Stat(dataDir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	dir, err := dataDirectory(dataDir)
	if err != nil {
		return fmt.Errorf("remove database: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return fmt.Errorf("remove database: %w", err)
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	who, err := findOwner()
	if err != nil {
		return fmt.Errorf("remove database: %w", err)
	}
	l, err := newLayout(dir, home, who)
	if err != nil {
		return fmt.Errorf("remove database: %w", err)
	}
	pid, err := runningPID(l.data)
	if err != nil {
		return fmt.Errorf("remove database: %w", err)
	}
	if pid != 0 {
		return fmt.Errorf("remove database: %w: process %d runs on it", ErrInUse, pid)
	}
	if l.shared {
		err = os.RemoveAll(l.socket)
	}
	return errors.Join(err, os.RemoveAll(l.home))
}
