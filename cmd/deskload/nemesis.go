package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/fault"
)

// faultKind is a way to break things. do breaks and, after hold, heals.
type faultKind struct {
	name  string
	can   func(f *faultOptions) error
	do    func(n *nemesis, ctx context.Context, node *node, hold time.Duration) error
	least time.Duration // it holds at least so long, whatever --hold says
}

func anywhere(*faultOptions) error { return nil }

func several(f *faultOptions) error {
	if f.nodes < 2 {
		return errors.New("needs --nodes 2 or more")
	}
	return nil
}

// long is for faults that fill a short run alone.
func long(f *faultOptions) error {
	if f.duration < 5*time.Minute {
		return errors.New("needs --duration 5m or more")
	}
	return several(f)
}

func rootOnly(*faultOptions) error {
	if runtime.GOOS != "linux" {
		return errors.New("needs Linux")
	}
	if os.Geteuid() != 0 {
		return errors.New("needs root, to mount a small file system")
	}
	return nil
}

func allFaults() []faultKind {
	return []faultKind{
		{"kill", anywhere, (*nemesis).killNode, 0},
		{"boundary-kill", anywhere, (*nemesis).killAtBoundary, 0},
		{"restart", anywhere, (*nemesis).restartNode, 0},
		{"stop", anywhere, (*nemesis).stopNode, 0},
		{"clock", anywhere, (*nemesis).shiftClock, 0},
		{"database-crash", anywhere, (*nemesis).crashDatabase, 0},
		{"database-cut", anywhere, (*nemesis).cutDatabase, 0},
		{"database-slow", anywhere, viaProxy(func(n *node) *fault.Proxy { return n.database }, func(p *fault.Proxy) { p.Delay(50*time.Millisecond, 50*time.Millisecond) }), 0},
		{"disk-full", rootOnly, (*nemesis).fillDisk, 0},
		{"bus-cut", several, viaProxy(func(n *node) *fault.Proxy { return n.bus }, (*fault.Proxy).Cut), 0},
		{"bus-cut-long", long, viaProxy(func(n *node) *fault.Proxy { return n.bus }, (*fault.Proxy).Cut), 30 * time.Second},
		{"bus-partition", several, viaProxy(func(n *node) *fault.Proxy { return n.bus }, func(p *fault.Proxy) { p.Partition(fault.Both) }), 0},
		{"bus-slow", several, viaProxy(func(n *node) *fault.Proxy { return n.bus }, func(p *fault.Proxy) { p.Delay(200*time.Millisecond, 400*time.Millisecond) }), 0},
		{"slow-readers", anywhere, viaProxy(func(n *node) *fault.Proxy { return n.front }, func(p *fault.Proxy) { p.Slow(2 << 10) }), 0},
		{"deaf-readers", anywhere, viaProxy(func(n *node) *fault.Proxy { return n.front }, func(p *fault.Proxy) { p.Partition(fault.FromServer) }), 0},
		{"line-cut", anywhere, viaProxy(func(n *node) *fault.Proxy { return n.front }, (*fault.Proxy).Reset), 0},
	}
}

func faultNames() []string {
	var names []string
	for _, k := range allFaults() {
		names = append(names, k.name)
	}
	return names
}

func faultByName(name string) *faultKind {
	all := allFaults()
	if i := slices.IndexFunc(all, func(k faultKind) bool { return k.name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

// viaProxy is a fault of one of a node's lines.
func viaProxy(line func(*node) *fault.Proxy, disturb func(*fault.Proxy)) func(*nemesis, context.Context, *node, time.Duration) error {
	return func(_ *nemesis, ctx context.Context, n *node, hold time.Duration) error {
		disturb(line(n))
		defer line(n).Heal()
		return wait(ctx, hold)
	}
}

// nemesis plays a plan.
type nemesis struct {
	opts    *faultOptions
	cluster *cluster
	run     *run

	// Written by play alone, read after it.
	done       []doneFault
	complaints []string
}

// play breaks and heals, one fault after another, and waits at the end until every
// node is ready.
func (n *nemesis) play(ctx context.Context, plan []step) error {
	began := time.Now()
	for _, s := range plan {
		if err := wait(ctx, s.Calm); err != nil {
			return err
		}
		n.done = append(n.done, doneFault{At: time.Since(began).Seconds(), step: s})
		n.run.journal.write(entry{Event: "fault", Note: s.String()})
		if err := faultByName(s.Kind).do(n, ctx, n.cluster.nodes[s.Node], s.Hold); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		n.run.journal.write(entry{Event: "healed", Note: s.Kind})
	}
	for _, node := range n.cluster.nodes {
		if err := node.untilReady(ctx, healTimeout); err != nil {
			return fmt.Errorf("after the last fault: %w", err)
		}
	}
	return nil
}

func (n *nemesis) outcome() *faultOutcome {
	out := &faultOutcome{Seed: n.opts.seed, Nodes: n.opts.nodes, Done: n.done, Counts: map[string]int{}, Complaints: n.complaints}
	for _, d := range n.done {
		out.Counts[d.Kind]++
	}
	for _, k := range allFaults() {
		if err := k.can(n.opts); err != nil {
			out.Unavailable = append(out.Unavailable, k.name+": "+err.Error())
		}
	}
	return out
}

func (n *nemesis) complain(format string, args ...any) {
	n.complaints = append(n.complaints, fmt.Sprintf(format, args...))
}

// killNode ends a node as a crash would and starts it again after hold.
func (n *nemesis) killNode(ctx context.Context, node *node, hold time.Duration) error {
	if err := node.process.kill(); err != nil {
		return err
	}
	if err := wait(ctx, hold); err != nil {
		return err
	}
	return node.start(ctx, odd{})
}

// passedPoints are the boundaries that this load comes to: nobody in it edits,
// signs in or merges, and a node that waits for that would only be killed anyhow.
func passedPoints() []string {
	return slices.DeleteFunc(chat.FaultPoints(), func(point string) bool {
		return !strings.HasPrefix(point, "append.") && !strings.HasPrefix(point, "change.")
	})
}

// killAtBoundary lets a node end itself with SIGKILL at a boundary of one of its
// commits: before it, after it, before or after its rows are shown.
func (n *nemesis) killAtBoundary(ctx context.Context, node *node, hold time.Duration) error {
	if err := node.process.stop(nodeStop); err != nil {
		n.complain("node %d: %v", node.number+1, err)
	}
	points := passedPoints()
	point := points[int(hold/time.Microsecond)%len(points)]
	if err := node.start(ctx, odd{point: fmt.Sprintf("%s=kill@%d", point, 3+int(hold/time.Millisecond)%40)}); err != nil && !node.process.ended() {
		return err
	}
	select { // state changes may be too rare to come to their point
	case <-node.process.done:
	case <-time.After(boundaryWait):
		if err := node.process.kill(); err != nil {
			return err
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return node.start(ctx, odd{})
}

// restartNode asks a node to end, which must cost its clients nothing, and starts it again.
func (n *nemesis) restartNode(ctx context.Context, node *node, _ time.Duration) error {
	if err := node.process.stop(nodeStop); err != nil {
		n.complain("node %d: %v", node.number+1, err)
	}
	return node.start(ctx, odd{})
}

// stopNode lets a node's process stand still, as a virtual machine that is moved does.
func (n *nemesis) stopNode(ctx context.Context, node *node, hold time.Duration) error {
	if err := syscall.Kill(node.process.pid(), syscall.SIGSTOP); err != nil {
		return fmt.Errorf("stop process: %w", err)
	}
	err := wait(ctx, hold)
	return errors.Join(err, syscall.Kill(node.process.pid(), syscall.SIGCONT))
}

// shiftClock makes a node live an hour ahead of or behind the others until it is
// started again.
func (n *nemesis) shiftClock(ctx context.Context, node *node, hold time.Duration) error {
	by := time.Hour
	if hold%2 == 0 {
		by = -by
	}
	if err := node.process.stop(nodeStop); err != nil {
		n.complain("node %d: %v", node.number+1, err)
	}
	if err := node.start(ctx, odd{clock: by}); err != nil {
		return err
	}
	return wait(ctx, hold)
}

// crashDatabase ends PostgreSQL without a word; it recovers and goes on.
func (n *nemesis) crashDatabase(ctx context.Context, _ *node, _ time.Duration) error {
	return n.cluster.crashDatabase(ctx)
}

// cutDatabase takes a node's database away. Held long enough, the node must say
// that it is not ready.
func (n *nemesis) cutDatabase(ctx context.Context, node *node, hold time.Duration) error {
	node.database.Cut()
	defer node.database.Heal()
	began := time.Now()
	if err := wait(ctx, min(hold, unreadyAfter)); err != nil {
		return err
	}
	if hold < unreadyAfter {
		return nil
	}
	if node.ready(ctx) == nil {
		n.complain("node %d is ready %.0f s after it lost its database", node.number+1, time.Since(began).Seconds())
	}
	return wait(ctx, hold-unreadyAfter)
}

// fillDisk leaves no room for the log's pages, and makes room again.
func (n *nemesis) fillDisk(ctx context.Context, _ *node, hold time.Duration) error {
	heal, err := n.cluster.fillDisk(ctx)
	if err != nil {
		return err
	}
	return errors.Join(wait(ctx, hold), heal())
}

// wait waits for d or the end of ctx.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
