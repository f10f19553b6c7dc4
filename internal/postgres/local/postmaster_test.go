package local

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestRunningPIDFollowsLinksAndChangesNothing(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	real, link := filepath.Join(home, "real"), filepath.Join(home, "link")
	if err := os.Mkdir(real, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "cat") // waits for input that never comes
	cmd.Dir = real
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for name, tt := range map[string]struct{ pid, want int }{
		"a process that works in the folder": {cmd.Process.Pid, cmd.Process.Pid},
		"a process that works elsewhere":     {os.Getpid(), 0},
	} {
		if err := os.WriteFile(pidFile(link), fmt.Appendf(nil, "%d\n%s\n", tt.pid, link), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := runningPID(link); err != nil || got != tt.want {
			t.Errorf("%s: %d, %v; want %d", name, got, err, tt.want)
		}
		if _, err := os.Stat(pidFile(link)); err != nil {
			t.Errorf("%s: the pid file was touched: %v", name, err)
		}
	}
	if err := removeStalePID(link); err != nil {
		t.Fatal(err)
	}
	if err := removeStalePID(link); err != nil {
		t.Errorf("a second removal: %v", err)
	}
	if _, err := os.Stat(pidFile(real)); !os.IsNotExist(err) {
		t.Errorf("after the removal: %v", err)
	}
}
