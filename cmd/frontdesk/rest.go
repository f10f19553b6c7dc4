package main

import (
	"context"
	"log/slog"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"time"
)

// How the process gives memory back. A burst (15,000 visitors who open the page at once, an import) leaves garbage that
// nobody collects while little is allocated, for up to two minutes, and memory that the run time keeps for the next
// collection's goal: for a server whose sockets then idle that is twice what they cost.
const (
	restLook  = 5 * time.Second
	restQuiet = 2                // looks in a row with little allocated
	restBusy  = 4 << 20          // bytes allocated a second above which the process is at work
	restLeast = 32 << 20         // bytes worth the collection
	restShare = 2                // and what can be given back is 1/restShare of what lives
	restEvery = 30 * time.Second // at most that often
)

// How eagerly is collected, in percent of what lives (GOGC; an operator's own setting stays). A collection costs what lives
// and is paid from what was allocated since: at thousands of messages a second there is enough of that for the run time's
// own 100. Below, a server with many sockets has half the garbage instead, and it leaves half the holes between what lives on.
const (
	eagerPercent, hastyPercent = 50, 100
	hasty                      = 48 << 20 // bytes allocated a second
)

// heapState is the run time's memory, in bytes.
type heapState struct {
	allocated uint64 // since the process began
	objects   uint64 // taken by objects, garbage included
	live      uint64 // marked by the last collection
	free      uint64 // kept for later
}

// rest gives memory back to the system when the process has come to rest. Under load it does nothing.
type rest struct {
	read   func() heapState
	free   func(deep bool)
	pace   func(percent int) // nil: the operator's
	logger *slog.Logger

	last   uint64 // allocated at the last look
	worked bool   // since memory was given back last
	quiet  int    // looks in a row
	wait   int    // looks until it may happen again
	now    int    // percent
}

// newRest returns the rest of this process, whose environment may set GOGC.
func newRest(env []string, logger *slog.Logger) *rest {
	r := &rest{read: readHeap, free: freeHeap, pace: func(percent int) { debug.SetGCPercent(percent) }, logger: logger, worked: true} // starting is work
	if slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "GOGC=") }) {
		r.pace = nil
	}
	return r
}

// Run looks until ctx ends.
func (r *rest) Run(ctx context.Context) error {
	tick := time.NewTicker(restLook)
	defer tick.Stop()
	r.last = r.read().allocated
	r.collectAt(eagerPercent)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		r.look(ctx)
	}
}

func (r *rest) look(ctx context.Context) {
	h := r.read()
	grown := h.allocated - r.last
	r.last = h.allocated
	r.wait = max(r.wait-1, 0)
	if grown > hasty*uint64(restLook/time.Second) {
		r.collectAt(hastyPercent)
	} else {
		r.collectAt(eagerPercent)
	}
	if grown > restBusy*uint64(restLook/time.Second) {
		r.quiet, r.worked = 0, true
		return
	}
	if r.quiet++; r.quiet < restQuiet || r.wait > 0 {
		return
	}
	back := h.free + h.objects - min(h.live, h.objects)
	if !r.worked && back < max(restLeast, h.live/restShare) {
		return
	}
	began := time.Now()
	r.free(r.worked)
	r.worked, r.wait = false, int(restEvery/restLook)
	after := r.read()
	r.last = after.allocated
	r.logger.DebugContext(ctx, "memory given back", "live", after.live, "bytes", int64(h.free+h.objects)-int64(after.free+after.objects), "took", time.Since(began))
}

func (r *rest) collectAt(percent int) {
	if r.pace != nil && r.now != percent {
		r.now = percent
		r.pace(percent)
	}
}

// readHeap asks the run time; it stops nothing, unlike runtime.ReadMemStats.
func readHeap() heapState {
	s := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(s)
	return heapState{allocated: s[0].Value.Uint64(), objects: s[1].Value.Uint64(), live: s[2].Value.Uint64(), free: s[3].Value.Uint64()}
}

// freeHeap collects and returns what is free. After work it collects once more before: a pool's buffers go with the second
// collection after their last use, and a stack that has become too large halves with each.
func freeHeap(deep bool) {
	if deep {
		runtime.GC()
	}
	debug.FreeOSMemory()
}
