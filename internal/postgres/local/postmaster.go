package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pollEvery is how often a state that nothing announces is looked at again.
const pollEvery = 20 * time.Millisecond

// postmaster is the server process of a cluster: our child, or one that an
// earlier server left behind.
type postmaster struct {
	pid   int
	ended chan struct{} // closed when the process is gone
	err   error         // how it ended; read after ended is closed
}

// spawn starts postgres as a child. dieWithUs asks the kernel to stop it when
// this process is killed, where the kernel can (Linux).
func spawn(inst Installation, l layout, who owner, settings []string, dieWithUs bool) (*postmaster, error) {
	log, err := openLog(l.log, who)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own descriptor

	args := []string{"-D", l.data, "-k", l.socket}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	// Not CommandContext: the cluster is stopped by Close, never by a context that ends.
	cmd := exec.Command(filepath.Join(inst.BinDir, "postgres"), args...) //nolint:noctx // see above
	cmd.Dir = l.data
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttributes(who, dieWithUs)

	p := &postmaster{ended: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// Linux sends the parent-death signal when the thread that forked ends,
		// so the thread stays ours until the child is gone (prctl(2)).
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		p.pid = cmd.Process.Pid
		started <- nil
		p.err = cmd.Wait()
		close(p.ended)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	return p, nil
}

// adopt watches a postmaster that is not our child until it is gone or stop is closed.
func adopt(pid int, stop <-chan struct{}) *postmaster {
	p := &postmaster{pid: pid, ended: make(chan struct{})}
	go func() {
		ticker := time.NewTicker(4 * pollEvery)
		defer ticker.Stop()
		for alive(pid) {
			select {
			case <-ticker.C:
			case <-stop:
				return
			}
		}
		close(p.ended)
	}()
	return p
}

// stop asks for a fast shutdown (no new connections, open transactions rolled
// back, a clean checkpoint) and waits. When ctx ends first it is cut short; the
// next start then recovers from the log.
func (p *postmaster) stop(ctx context.Context) error {
	if err := p.signal(syscall.SIGINT); err != nil {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
	}
	if err := p.signal(syscall.SIGQUIT); err != nil {
		return err
	}
	select {
	case <-p.ended:
		return fmt.Errorf("stop postgres: cut short: %w", ctx.Err())
	case <-time.After(6 * time.Second): // postgres itself kills its children after 5 s
		return fmt.Errorf("stop postgres: process %d does not end: %w", p.pid, ctx.Err())
	}
}

func (p *postmaster) signal(sig syscall.Signal) error {
	select {
	case <-p.ended:
		return nil
	default:
	}
	if err := syscall.Kill(p.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop postgres: signal process %d: %w", p.pid, err)
	}
	return nil
}

// runningPID returns the process id of the postmaster that runs on data, or 0.
// It changes nothing: a running PostgreSQL that misses its postmaster.pid stops.
func runningPID(data string) (int, error) {
	raw, err := os.ReadFile(pidFile(data))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read postmaster.pid: %w", err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(first)) // 0 for a damaged file, which names nobody
	if pid <= 0 || !alive(pid) || !maybeWorksIn(pid, data) {
		return 0, nil
	}
	return pid, nil
}

// removeStalePID removes the postmaster.pid of a postmaster that does not run.
// A crash or a container's end leaves one behind that names a process that is
// gone or, since ids are used again, is something else; PostgreSQL would only see
// that the id is alive and refuse. Only who holds the data directory's lock and
// was told 0 by runningPID may call it.
func removeStalePID(data string) error {
	if err := os.Remove(pidFile(data)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove stale postmaster.pid: %w", err)
	}
	return nil
}

func pidFile(data string) string { return filepath.Join(data, "postmaster.pid") }

// alive reports whether a process of that id exists.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// environment is what PostgreSQL's programs see: no PG* variable of the caller,
// and messages in one language, since one of them is recognized (outputError).
func environment() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, key := range []string{"PATH", "HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(key); ok {
			env = append(env, key+"="+value)
		}
	}
	return env
}

// maxLogBytes is the size at which the log of a cluster is set aside at a start.
const maxLogBytes = 8 << 20

// openLog opens the file that PostgreSQL writes to, which outlives this process
// as a pipe would not.
func openLog(path string, who owner) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLogBytes {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, spaceError("open log of postgres", err)
	}
	if who.switched {
		if err := file.Chown(who.uid, who.gid); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return file, nil
}

// logSince returns what was written to the log after offset, 16 KiB at most.
func logSince(path string, offset int64) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close() // read only
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return ""
	}
	raw, _ := io.ReadAll(io.LimitReader(file, 16<<10)) // what there is
	return string(raw)
}

// logSize returns the length of the log, 0 when there is none.
func logSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxLogBytes { // it is about to be set aside
		return 0
	}
	return info.Size()
}
