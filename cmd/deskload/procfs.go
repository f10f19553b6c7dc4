package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// memory is the resident set of the server's process, in KiB, as /proc gives
// it. The server's private PostgreSQL is other processes and not in it.
type memory struct {
	PID   int    `json:"pid"`
	Start *int64 `json:"start_kib"` // before the first socket
	Max   *int64 `json:"max_kib"`   // largest sample
	End   *int64 `json:"end_kib"`   // after the last message, sockets still open
}

// rss reads VmRSS of a process.
func rss(pid int) (int64, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, fmt.Errorf("read memory of pid %d: %w", pid, err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read memory of pid %d: %w", pid, err)
			}
			return kib, nil
		}
	}
	return 0, errors.New("no VmRSS: the process has ended")
}

// sampler watches the memory of one process, or of several in succession.
type sampler struct {
	mu    sync.Mutex // guards everything below
	pid   int        // 0: none
	start *int64
	max   *int64
	last  *int64
}

// watch changes the process.
func (s *sampler) watch(pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pid = pid
}

// sample reads once. A process that is gone changes nothing.
func (s *sampler) sample() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pid == 0 {
		return
	}
	kib, err := rss(s.pid)
	if err != nil {
		return
	}
	if s.start == nil {
		s.start = new(kib)
	}
	if s.max == nil || kib > *s.max {
		s.max = new(kib)
	}
	s.last = new(kib)
}

// run samples four times a second until ctx ends.
func (s *sampler) run(ctx context.Context) {
	t := time.NewTicker(250 * time.Millisecond)
	defer t.Stop()
	for {
		s.sample()
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// report returns nil when no process was watched.
func (s *sampler) report() *memory {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pid == 0 {
		return nil
	}
	return &memory{PID: s.pid, Start: s.start, Max: s.max, End: s.last}
}
