package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"frontdesk/internal/postgres/local"
	"frontdesk/web/client"
	"frontdesk/web/frame"
)

// postmasterOf returns the process id of the private cluster that runs on data, 0 if none.
func postmasterOf(t *testing.T, data string) int {
	t.Helper()
	for _, pattern := range []string{filepath.Join(data, "pg", "data", "postmaster.pid"), "/var/lib/frontdesk/*/data/postmaster.pid"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		id, _ := os.ReadFile(filepath.Join(data, "cluster.id")) // where there is none, no file matches
		name, _, _ := strings.Cut(string(id), " ")
		for _, file := range files {
			if raw, err := os.ReadFile(file); err == nil && (strings.HasPrefix(file, data) || strings.Contains(file, name)) {
				first, _, _ := strings.Cut(string(raw), "\n")
				pid, _ := strconv.Atoi(strings.TrimSpace(first))
				return pid
			}
		}
	}
	return 0
}

// A server with its private database is replaced by a new process on SIGUSR2: no connection is refused, no message is
// lost or doubled, the database goes on and belongs to the new process.
func TestASuccessorTakesOverWithoutRefusingAConnection(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	t.Cleanup(func() { _ = local.Remove(data) })
	c := startChild(t, "--data", data)
	base := "http://" + c.addr
	postmaster := postmasterOf(t, data)
	if postmaster == 0 {
		t.Fatal("no private cluster runs")
	}

	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var asked, refused atomic.Int64
	var first atomic.Value
	for range 4 { // each request is a new connection
		wg.Go(func() {
			hc := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			for ctx.Err() == nil {
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/healthz", nil)
				if err != nil {
					t.Error(err)
					return
				}
				res, err := hc.Do(req)
				if ctx.Err() != nil {
					return
				}
				asked.Add(1)
				if err != nil || res.StatusCode != http.StatusOK {
					refused.Add(1)
					first.CompareAndSwap(nil, errors.Join(err, errors.New("or another status than 200")))
				}
				if err == nil {
					_ = res.Body.Close()
				}
			}
		})
	}
	talk := newTalk(t, base)
	wg.Go(func() { talk.run(ctx, 20*time.Millisecond) })

	if err := c.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.ended:
		if c.err != nil {
			t.Errorf("the old process ended with %v", c.err)
		}
	case <-time.After(readyWithin):
		t.Fatalf("the old process does not end:\n%s", c.log)
	}
	successor := c.successor()
	t.Cleanup(func() { _ = syscall.Kill(successor, syscall.SIGKILL) }) // it ends below; not where the test fails before
	alive := talk.said.Load()
	talk.await(t, "messages pass through the successor", func() bool { return talk.said.Load() > alive+20 })
	stop()
	wg.Wait()
	if n := refused.Load(); n > 0 {
		t.Errorf("%d of %d connections were refused, one of them: %v", n, asked.Load(), first.Load())
	}
	talk.judge(t)
	t.Logf("%d connections, none refused; %d messages, the socket came back %d times", asked.Load(), talk.said.Load(), talk.returns.Load())

	talk.await(t, "the database is the successor's", func() bool { return c.log.lines("the database is this server's now") == 1 })
	if now := postmasterOf(t, data); now != postmaster {
		t.Errorf("PostgreSQL was process %d and is %d", postmaster, now)
	}
	if _, err := local.Start(t.Context(), local.Config{DataDir: data}); !errors.Is(err, local.ErrInUse) {
		t.Errorf("the successor does not hold the lock: %v", err)
	}
	if err := syscall.Kill(successor, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	talk.await(t, "the successor stops the database at its own end", func() bool { return postmasterOf(t, data) == 0 })
}

func TestASuccessorThatDoesNotComeUpChangesNothing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	t.Cleanup(func() { _ = local.Remove(data) })
	config := filepath.Join(data, "frontdesk.toml")
	if err := os.WriteFile(config, []byte("[log]\nlevel = \"info\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := startChild(t, "--data", data, "--config", config)
	if err := os.WriteFile(config, []byte("[nonsense]\nkey = 1\n"), 0o600); err != nil { // what an operator may do before an upgrade
		t.Fatal(err)
	}
	if err := c.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	c.await("it says that it goes on", func() bool { return c.log.lines("this server goes on") == 1 })
	if c.ready() != http.StatusOK {
		t.Error("it is not ready any more")
	}
	talk := newTalk(t, "http://"+c.addr)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan struct{})
	go func() { defer close(done); talk.run(ctx, time.Millisecond) }()
	talk.await(t, "messages pass", func() bool { return talk.said.Load() > 5 })
	stop()
	<-done
	talk.judge(t)
}

// talk is a visitor who writes and counts what comes of it.
type talk struct {
	client  *client.Client
	conv    string
	said    atomic.Int64 // acknowledged
	sent    atomic.Int64
	returns atomic.Int64

	mu      sync.Mutex // guards what follows
	seqs    []uint32   // of the rows that came, in their order
	mine    map[string]int
	lost    time.Time // since when the socket is away
	resumed []time.Duration
}

func newTalk(t *testing.T, base string) *talk {
	t.Helper()
	api, err := client.NewAPI(base, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	if err != nil {
		t.Fatal(err)
	}
	session, err := api.VisitorSession(t.Context(), client.SessionRequest{})
	if err != nil {
		t.Fatal(err)
	}
	k := &talk{conv: session.Conversation, mine: map[string]int{}}
	k.client, err = client.New(client.Config{
		URL: base, Role: client.Visitor, Auth: client.Auth{Token: session.Token},
		Handler: client.Handler{
			Acked: func(*frame.Ack) { k.said.Add(1) },
			Event: func(e *frame.Event) {
				k.mu.Lock()
				defer k.mu.Unlock()
				k.seqs = append(k.seqs, e.GetSeq())
				if e.GetAuthor().GetKind() == "visitor" {
					k.mine[e.GetCid()]++
				}
			},
			Disconnected: func(error) {
				k.returns.Add(1)
				k.mu.Lock()
				defer k.mu.Unlock()
				k.lost = time.Now()
			},
			Resumed: func(*frame.Resumed) {
				k.mu.Lock()
				defer k.mu.Unlock()
				if !k.lost.IsZero() {
					k.resumed = append(k.resumed, time.Since(k.lost))
					k.lost = time.Time{}
				}
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.client.Follow(k.conv, 0); err != nil {
		t.Fatal(err)
	}
	return k
}

// run talks until ctx ends, and then waits for the answers to what was sent.
func (k *talk) run(ctx context.Context, every time.Duration) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { _ = k.client.Run(running) }) // it returns the context's end
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
			if _, err := k.client.Enqueue(client.Message{Conv: k.conv, Content: "12:00?"}); err == nil {
				k.sent.Add(1)
			}
		case <-ctx.Done():
		}
	}
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for k.said.Load() < k.sent.Load() || k.rows() < int(k.sent.Load()) {
		select {
		case <-tick.C:
			continue
		case <-late.C:
		}
		break
	}
	stop()
	wg.Wait()
}

func (k *talk) rows() (n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.mine)
}

// judge fails unless each message is one row that came once, and all rows came in order.
func (k *talk) judge(t *testing.T) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if sent, said := k.sent.Load(), k.said.Load(); sent != said || len(k.mine) != int(sent) {
		t.Errorf("%d sent, %d acknowledged, %d shown", sent, said, len(k.mine))
	}
	for cid, n := range k.mine {
		if n != 1 {
			t.Errorf("message %s was shown %d times", cid, n)
		}
	}
	for i, seq := range k.seqs {
		if seq != uint32(i+1) {
			t.Fatalf("row %d has seq %d", i+1, seq)
		}
	}
}

func (k *talk) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.NewTimer(readyWithin)
	defer late.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-late.C:
			t.Fatalf("still not: %s", what)
		}
	}
}
