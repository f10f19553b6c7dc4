package main

import (
	"strconv"
	"syscall"
)

// mountSmall mounts a file system in memory of so many bytes. Root only.
func mountSmall(dir string, bytes int) error {
	return syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "size="+strconv.Itoa(bytes))
}

func unmountSmall(dir string) error { return syscall.Unmount(dir, 0) }
