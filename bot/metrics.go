package bot

import (
	"maps"
	"sync"
	"time"
)

// latencyBounds are the upper bounds, in seconds, of the latency histogram.
func latencyBounds() []float64 {
	return []float64{0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1}
}

// metrics counts decisions since the start.
type metrics struct {
	mu      sync.Mutex // guards all below
	actions map[Action]uint64
	reasons map[Outcome]uint64
	errors  uint64
	buckets []uint64 // cumulative by latencyBounds
	sum     time.Duration
	count   uint64
}

// Outcome is what was decided and why.
type Outcome struct {
	Action Action
	Reason Reason
}

// Metrics is a snapshot of what the bot did since the start, for /metrics.
type Metrics struct {
	Decisions      map[Action]uint64  // by action
	Outcomes       map[Outcome]uint64 // those that occurred
	Failures       uint64             // search or model failed
	LatencyBuckets map[float64]uint64
	LatencySum     time.Duration
	LatencyCount   uint64
}

func (m *metrics) decided(a Action, why Reason, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.actions == nil {
		m.actions, m.reasons = map[Action]uint64{}, map[Outcome]uint64{}
	}
	m.actions[a]++
	m.reasons[Outcome{a, why}]++
	m.observe(took)
}

func (m *metrics) failed(took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.errors++
	m.observe(took)
}

// observe needs mu.
func (m *metrics) observe(took time.Duration) {
	bounds := latencyBounds()
	if m.buckets == nil {
		m.buckets = make([]uint64, len(bounds))
	}
	for i, b := range bounds {
		if took.Seconds() <= b {
			m.buckets[i]++
		}
	}
	m.sum += took
	m.count++
}

// Metrics returns the counts so far.
func (r *Responder) Metrics() Metrics {
	m := &r.stats
	m.mu.Lock()
	defer m.mu.Unlock()
	out := Metrics{Decisions: map[Action]uint64{}, Outcomes: maps.Clone(m.reasons), Failures: m.errors, LatencyBuckets: map[float64]uint64{}, LatencySum: m.sum, LatencyCount: m.count}
	for _, a := range []Action{ActionAnswer, ActionClarify, ActionHandover, ActionReply} {
		out.Decisions[a] = m.actions[a]
	}
	for i, b := range latencyBounds() {
		if m.buckets != nil {
			out.LatencyBuckets[b] = m.buckets[i]
		} else {
			out.LatencyBuckets[b] = 0
		}
	}
	return out
}
