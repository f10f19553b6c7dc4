package local

import (
	"fmt"
	"syscall"
)

const (
	// A new cluster takes 40 MB, and its write-ahead log grows to hundreds.
	spaceToMake = 300 << 20
	// Recovery and the first checkpoint must be able to write.
	spaceToStart = 64 << 20
)

// requireSpace returns [ErrDiskFull] when less than bytes are free around path.
// PostgreSQL itself would stop in the middle of initdb, or panic at a write.
func requireSpace(path string, bytes uint64, free func(string) (uint64, error)) error {
	have, err := free(path)
	if err != nil {
		return fmt.Errorf("read free space of %s: %w", path, err)
	}
	if have < bytes {
		return fmt.Errorf("%w: %s has %d MB free, the database needs %d MB",
			ErrDiskFull, path, have>>20, bytes>>20)
	}
	return nil
}

// freeBytes returns what an ordinary user may still write to the disk of path.
func freeBytes(path string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(path, &stat); err != nil {
		return 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), nil // a block size is positive; its type differs by system
}
