package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"frontdesk/internal/postgres/pgtest"
)

// As systemd starts it: the listening socket is there before the server, whoever connects meanwhile waits, and the server says
// when it is ready and when it stops.
func TestAServerTakesSystemdsSocketAndTellsItsState(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "sd") //nolint:usetesting // a short path: sun_path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	var lc net.ListenConfig
	listener, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File() //nolint:forcetypeassert // a tcp listener
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	addr := listener.Addr().String()

	early := make(chan int, 1)
	go func() { // before there is a server
		hc := &http.Client{Timeout: readyWithin}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/healthz", nil)
		if err != nil {
			early <- 0
			return
		}
		res, err := hc.Do(req)
		if err != nil {
			early <- 0
			return
		}
		defer res.Body.Close()
		early <- res.StatusCode
	}()

	c := &child{t: t, addr: addr, log: logFile(filepath.Join(t.TempDir(), "log")), ended: make(chan struct{})}
	log, err := os.Create(string(c.log))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	// The shell knows the process id that LISTEN_PID must be, and then becomes the server. --addr is not used.
	c.cmd = exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`, os.Args[0], "serve", "--addr", "127.0.0.1:1", //nolint:noctx // stopped below
		"--public-url", "http://"+addr, "--data", t.TempDir(), "--database-url", pgtest.New(t))
	c.cmd.Env = append(os.Environ(), asServer+"=1", "LISTEN_FDS=1", "NOTIFY_SOCKET="+filepath.Join(dir, "notify"), "FRONTDESK_WEB_DRAIN_TIMEOUT=100ms")
	c.cmd.Stdout, c.cmd.Stderr = log, log
	c.cmd.ExtraFiles = []*os.File{socket}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.ended)
		c.err = c.cmd.Wait()
	}()
	t.Cleanup(c.stop)

	if got := hear(t, told); !strings.Contains(got, "READY=1") || !strings.Contains(got, "MAINPID=") {
		t.Errorf("systemd hears %q\n%s", got, c.log)
	}
	if status := <-early; status != http.StatusOK {
		t.Errorf("who connected before the server was there got %d", status)
	}
	if status := c.ready(); status != http.StatusOK {
		t.Errorf("ready: %d", status)
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := hear(t, told); got != "STOPPING=1" {
		t.Errorf("systemd hears %q", got)
	}
	<-c.ended
}

func hear(t *testing.T, told *net.UnixConn) string {
	t.Helper()
	if err := told.SetReadDeadline(time.Now().Add(readyWithin)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1024)
	n, err := told.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

func TestWhatIsInheritedIsChecked(t *testing.T) {
	t.Parallel()
	for name, environ := range map[string][]string{
		"nothing":         {},
		"another process": {"LISTEN_PID=1", "LISTEN_FDS=3"},
	} {
		if in, err := inherit(environ); err != nil || in.listener != nil || in.succeeds() {
			t.Errorf("%s: %+v, %v", name, in, err)
		}
	}
}
