package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// child is a whole server in a process of its own.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	addr  string
	log   logFile
	ended chan struct{}
	err   error // how it ended; read after ended is closed
}

// startChild runs `frontdesk serve` on a free port and waits until it is ready.
func startChild(t *testing.T, args ...string) *child {
	t.Helper()
	c := spawnChild(t, freeAddr(t), args...)
	c.await("it is ready", func() bool { return c.ready() == http.StatusOK })
	return c
}

// spawnChild runs `frontdesk serve` on addr.
func spawnChild(t *testing.T, addr string, args ...string) *child {
	t.Helper()
	c := &child{t: t, addr: addr, log: logFile(filepath.Join(t.TempDir(), "log")), ended: make(chan struct{})}
	// Not CommandContext: the test's end stops it in order.
	c.cmd = exec.Command(os.Args[0], append([]string{"serve", "--addr", addr, "--public-url", "http://" + addr}, args...)...) //nolint:noctx // see above
	c.cmd.Env = append(os.Environ(), asServer+"=1", "FRONTDESK_WEB_DRAIN_TIMEOUT=1s")
	// A file, not a pipe: a successor inherits it, and must not lose its reader with the test's Wait.
	file, err := os.Create(string(c.log))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() // the child has its own descriptor
	c.cmd.Stdout, c.cmd.Stderr = file, file
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.ended)
		c.err = c.cmd.Wait()
	}()
	t.Cleanup(func() {
		c.stop()
		if t.Failed() {
			t.Logf("%s said:\n%s", addr, c.log)
		}
	})
	return c
}

// stop ends the process in order, or at last by force.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-c.ended:
	case <-time.After(time.Minute):
		_ = c.cmd.Process.Kill()
		<-c.ended
	}
}

// kill ends the process as a crash does.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may have ended
	<-c.ended
}

// ready returns the status of /readyz; 0 when nobody answers.
func (c *child) ready() int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.addr+"/readyz", nil)
	if err != nil {
		return 0
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body) // only the status counts
	return res.StatusCode
}

// await polls for a state until it holds, or the process ends.
func (c *child) await(what string, holds func() bool) {
	c.t.Helper()
	late := time.NewTimer(readyWithin)
	defer late.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-c.ended:
			c.t.Fatalf("it ended (%v) before %s:\n%s", c.err, what, c.log)
		case <-late.C:
			c.t.Fatalf("still not: %s", what)
		}
	}
}

// successor returns the process id that the log names.
func (c *child) successor() int {
	c.t.Helper()
	m := regexp.MustCompile(`the successor serves.* pid=(\d+)`).FindStringSubmatch(c.log.String())
	if m == nil {
		c.t.Fatalf("no successor:\n%s", c.log)
	}
	pid, err := strconv.Atoi(m[1])
	if err != nil {
		c.t.Fatal(err)
	}
	return pid
}

// freeAddr returns an address that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// balancer is the proxy before several nodes: each connection goes to the next one that takes it.
type balancer struct {
	listener net.Listener
	nodes    []string
	next     atomic.Int64
	wg       sync.WaitGroup
	mu       sync.Mutex // guards open
	open     map[net.Conn]struct{}
}

func newBalancer(t *testing.T, nodes ...string) *balancer {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{listener: l, nodes: nodes, open: map[net.Conn]struct{}{}}
	b.wg.Go(func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				b.wg.Go(func() { b.pass(c) })
			}
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		b.mu.Lock()
		for c := range b.open {
			_ = c.Close()
		}
		b.mu.Unlock()
		b.wg.Wait()
	})
	return b
}

func (b *balancer) url() string { return "http://" + b.listener.Addr().String() }

func (b *balancer) pass(client net.Conn) {
	defer client.Close()
	for range b.nodes {
		d := net.Dialer{Timeout: time.Second}
		server, err := d.DialContext(context.Background(), "tcp", b.nodes[int(b.next.Add(1))%len(b.nodes)])
		if err != nil {
			continue // it is down: the next
		}
		b.note(client, server)
		var both sync.WaitGroup
		both.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() }) // either end ends both
		both.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
		both.Wait()
		b.forget(client, server)
		return
	}
}

func (b *balancer) note(conns ...net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range conns {
		b.open[c] = struct{}{}
	}
}

func (b *balancer) forget(conns ...net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range conns {
		delete(b.open, c)
	}
}

// logFile is where a child, and its successor, write what they have to say.
type logFile string

// String returns what was said so far.
func (l logFile) String() string {
	b, err := os.ReadFile(string(l))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// lines counts how often the log says something.
func (l logFile) lines(what string) int { return strings.Count(l.String(), what) }
