package local

import (
	"os"
	"syscall"
	"testing"
)

func TestReleasedDirectoryIsFreeWhileAChildStillHasACopyOfTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lock, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Dup(int(lock.file.Fd())) // what fork gives a child until it calls exec
	if err != nil {
		t.Fatal(err)
	}
	defer os.NewFile(uintptr(fd), "copy").Close()
	if err := lock.release(); err != nil {
		t.Fatal(err)
	}
	again, err := lockDir(dir)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	if err := again.release(); err != nil {
		t.Error(err)
	}
}
