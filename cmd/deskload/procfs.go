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

// memory is the resident set of the server's processes, in KiB, and their use of
// processors, as /proc gives them. The server's private PostgreSQL is other processes and not in it.
type memory struct {
	PID   int      `json:"pid"`
	PIDs  []int    `json:"pids"`      // all that the figures are sums of
	Start *int64   `json:"start_kib"` // before the first socket
	Max   *int64   `json:"max_kib"`   // largest sample
	End   *int64   `json:"end_kib"`   // after the last message, sockets still open
	Cores *float64 `json:"cpu_cores"` // processor time ÷ time, from the first message due to the last; null if a process came or went
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

// cpuTime reads the user and system time that a process has used. Linux counts it
// in clock ticks, of which a second has 100 everywhere (proc_pid_stat(5), getconf CLK_TCK).
func cpuTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, fmt.Errorf("read processor time of pid %d: %w", pid, err)
	}
	_, rest, ok := strings.Cut(string(b), ") ") // the name may hold blanks
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, fmt.Errorf("read processor time of pid %d: unknown form", pid)
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return 0, fmt.Errorf("read processor time of pid %d: %w", pid, err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}

// sampler watches the memory of some processes, or of several in succession, and
// how much processor time they use under load.
type sampler struct {
	mu    sync.Mutex // guards everything below
	pids  []int      // none: nothing is watched
	start *int64
	max   *int64
	last  *int64
	began time.Time // of the load
	ended time.Time
	spent time.Duration // processor time at began, then used since
}

// watch changes the processes.
func (s *sampler) watch(pids ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pids = pids
}

// sample reads once. When a process is gone it changes nothing.
func (s *sampler) sample() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pids) == 0 {
		return
	}
	sum := int64(0)
	for _, pid := range s.pids {
		kib, err := rss(pid)
		if err != nil {
			return
		}
		sum += kib
	}
	if s.start == nil {
		s.start = new(sum)
	}
	if s.max == nil || sum > *s.max {
		s.max = new(sum)
	}
	s.last = new(sum)
}

// load says that the load begins, and later that it is over. Processes that came or
// went in between leave no figure.
func (s *sampler) load(over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := time.Duration(0)
	for _, pid := range s.pids {
		used, err := cpuTime(pid)
		if err != nil {
			s.began = time.Time{}
			return
		}
		sum += used
	}
	if !over {
		s.began, s.spent = time.Now(), sum
		return
	}
	s.ended, s.spent = time.Now(), sum-s.spent
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
	if len(s.pids) == 0 {
		return nil
	}
	m := &memory{PID: s.pids[0], PIDs: s.pids, Start: s.start, Max: s.max, End: s.last}
	if !s.began.IsZero() && s.ended.After(s.began) && s.spent >= 0 {
		m.Cores = new(s.spent.Seconds() / s.ended.Sub(s.began).Seconds())
	}
	return m
}
