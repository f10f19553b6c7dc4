package web

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// wheelSlots is over how many steps one round of pings is spread.
const wheelSlots = 25

// maxDrainPause is the longest pause between two closings of a drain.
const maxDrainPause = 10 * time.Millisecond

// sockets are the open sockets of this process, spread over the slots of one
// timer wheel: a tick a slot instead of a timer a socket.
type sockets struct {
	wg sync.WaitGroup // every goroutine of a socket

	mu      sync.Mutex // guards what follows
	slots   [wheelSlots]map[*socket]struct{}
	next    int
	count   int
	closing bool
	left    bool          // the server will stop: it is not ready any more
	away    time.Duration // how long the clients of drained sockets stay away at least
}

func newSockets() *sockets {
	w := &sockets{}
	for i := range w.slots {
		w.slots[i] = map[*socket]struct{}{}
	}
	return w
}

// add takes a socket in and starts run for it. It refuses beyond limit, and
// while the server drains.
func (w *sockets) add(s *socket, limit int, run func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing || w.count >= limit {
		return false
	}
	s.slot = w.next
	w.next = (w.next + 1) % wheelSlots
	w.slots[s.slot][s] = struct{}{}
	w.count++
	w.wg.Go(run)
	return true
}

func (w *sockets) remove(s *socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.slots[s.slot][s]; ok {
		delete(w.slots[s.slot], s)
		w.count--
	}
}

// full reports whether add would refuse, so that an upgrade can be refused while it is still HTTP.
func (w *sockets) full(limit int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closing || w.count >= limit
}

func (w *sockets) draining() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closing
}

// leave marks the server as one that will stop.
func (w *sockets) leave(away time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left, w.away = true, away
}

// leaving reports whether the server will stop, or drains already.
func (w *sockets) leaving() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.left || w.closing
}

func (w *sockets) slot(i int) []*socket {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]*socket, 0, len(w.slots[i]))
	for s := range w.slots[i] {
		out = append(out, s)
	}
	return out
}

// turn calls tend for each socket once a round, until ctx ends.
func (w *sockets) turn(ctx context.Context, round time.Duration, tend func(*socket)) {
	tick := time.NewTicker(max(round/wheelSlots, time.Millisecond))
	defer tick.Stop()
	for i := 0; ; i = (i + 1) % wheelSlots {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, s := range w.slot(i) {
			tend(s)
		}
	}
}

// endSession ends the sockets of a sign-in session that is over.
func (w *sockets) endSession(token string, c closing) {
	for i := range w.slots {
		for _, s := range w.slot(i) {
			if s.belongsTo(token) {
				s.end(c)
			}
		}
	}
}

// drain closes all sockets, spread over the given time so that their clients do
// not all come back at once, and waits until they have ended.
func (w *sockets) drain(over time.Duration) {
	w.mu.Lock()
	w.closing = true
	away := w.away
	w.mu.Unlock()
	var all []*socket
	for i := range w.slots {
		all = append(all, w.slot(i)...)
	}
	if len(all) > 0 {
		// A few sockets need no spreading: nobody should wait for Ctrl-C.
		pause := time.NewTicker(min(max(over/time.Duration(len(all)+1), time.Microsecond), maxDrainPause))
		defer pause.Stop()
		for _, s := range all {
			gone := closeGoingAway
			if away > 0 {
				gone = gone.after(away + rand.N(away)) //nolint:gosec // G404: not all at one moment, even of one second's; no secret
			}
			s.end(gone)
			<-pause.C
		}
	}
	w.wg.Wait()
}
