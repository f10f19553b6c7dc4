package chat

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"frontdesk/chat/routing"
)

// DispatchMetrics is what a dispatcher has done since it started.
type DispatchMetrics struct {
	Decisions int64            // items given to an agent in memory
	Claims    int64            // assignments that were tried
	Assigned  int64            // those that were committed
	Stale     int64            // those that came too late: the conversation had changed
	Late      int64            // those of conversations that fell to another node, which was late
	Refused   map[string]int64 // those that a guard refused, by code
	Offers    int64
	Ended     map[string]int64 // offers, by result
	Found     map[string]int64 // what comparing with the database found, by kind: 0 in a healthy run
	Overflows int64            // times that more happened at once than could be kept
	Failures  int64            // reads and commits that the database did not do
	Waiting   int              // conversations now
	Held      int              // conversations in hand now
	Took      []int64          // assignments by the time from the decision to the commit, of TookBounds and above
	TookSum   time.Duration
}

// TookBounds are the upper bounds of DispatchMetrics.Took.
func TookBounds() []time.Duration {
	return []time.Duration{
		time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
		100 * time.Millisecond, 250 * time.Millisecond, time.Second, 5 * time.Second,
	}
}

type dispatchCounters struct {
	decisions, claims, assigned, stale, late, offers, overflows, failures, recordNS atomic.Int64

	mu      sync.Mutex // guards what follows
	guards  map[string]int64
	ended   map[string]int64
	found   map[string]int64
	times   [11]int64
	tookSum time.Duration
}

// The kinds of what comparing finds.
const (
	FoundWaiting = "waiting" // a conversation that memory did not know to wait
	FoundHeld    = "held"    // one that another agent has in hand, or one that memory did not know of
	FoundGone    = "gone"    // one that memory took to wait or to be in hand
	FoundAgent   = "agent"   // an agent's presence
	FoundConfig  = "config"  // a site's settings
	FoundOffer   = "offer"
	FoundLoad    = "load" // of an agent, that was not what they have in hand
)

func add(m *map[string]int64, key string, n int64) {
	if *m == nil {
		*m = make(map[string]int64)
	}
	(*m)[key] += n
}

func (c *dispatchCounters) refused(code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	add(&c.guards, code, 1)
}

func (c *dispatchCounters) offerEnded(result string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	add(&c.ended, result, 1)
}

func (c *dispatchCounters) foundOne(kind string, n int) {
	if n == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	add(&c.found, kind, int64(n))
}

func (c *dispatchCounters) took(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tookSum += d
	for i, bound := range TookBounds() {
		if d <= bound {
			c.times[i]++
			return
		}
	}
	c.times[len(c.times)-1]++
}

// Metrics returns the counts, for the process's metrics page.
func (d *Dispatcher) Metrics() DispatchMetrics {
	c := &d.counts
	m := DispatchMetrics{
		Decisions: c.decisions.Load(), Claims: c.claims.Load(), Assigned: c.assigned.Load(), Stale: c.stale.Load(), Late: c.late.Load(),
		Offers: c.offers.Load(), Overflows: c.overflows.Load(), Failures: c.failures.Load(),
		Refused: map[string]int64{
			routing.RejectPresence: 0, routing.RejectFull: 0, routing.RejectChannel: 0, RejectOffer: 0, "unknown": 0,
		},
		Ended: map[string]int64{OfferAccepted: 0, OfferDeclined: 0, OfferTimeout: 0, OfferTaken: 0},
		Found: map[string]int64{FoundWaiting: 0, FoundHeld: 0, FoundGone: 0, FoundAgent: 0, FoundConfig: 0, FoundOffer: 0, FoundLoad: 0},
	}
	c.mu.Lock()
	maps.Copy(m.Refused, c.guards)
	maps.Copy(m.Ended, c.ended)
	maps.Copy(m.Found, c.found)
	m.Took, m.TookSum = append([]int64(nil), c.times[:]...), c.tookSum
	c.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	m.Waiting = d.engine.Len()
	for range d.engine.Holdings {
		m.Held++
	}
	return m
}
