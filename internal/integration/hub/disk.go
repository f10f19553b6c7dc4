package hub

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lock takes a lock that ends with the process at the latest. Its file stays: to remove it would let two hold it.
func lock(file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the model: %w", fullDisk(err, filepath.Dir(file), 0))
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w; wait for it, or end it", ErrBusy)
		}
		return nil, fmt.Errorf("lock the model: %w", err)
	}
	return func() { f.Close() }, nil
}

// freeBytes is what a person who is not root may still write.
func freeBytes(dir string) (uint64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("look at %s: %w", dir, err)
	}
	return fs.Bavail * uint64(fs.Bsize), nil
}

// fullDisk says which disk is full, if that is the error.
func fullDisk(err error, dir string, missing int64) error {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		return err
	}
	if missing > 0 {
		return fmt.Errorf("%w: %s, at least %d MiB more are needed; free some and run the command again: it goes on where it stopped",
			ErrDiskFull, dir, missing>>20+1)
	}
	return fmt.Errorf("%w: %s; free some and run the command again: it goes on where it stopped", ErrDiskFull, dir)
}

// openPart opens a file that is being fetched.
func openPart(root *os.Root, name string) (*os.File, error) {
	return root.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o640)
}

// syncDir makes renames within a folder last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
