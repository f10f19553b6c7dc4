package web

import "time"

// The frames a socket may send beside messages: each resume costs three reads,
// each typing signal reaches every inbox.
const (
	visitorFramesPerSecond, visitorFrameBurst = 10, 60
	agentFramesPerSecond, agentFrameBurst     = 100, 1000
)

// pace is a token bucket in one word, the generic cell rate algorithm (ITU-T
// I.371, annex A). It is not safe for concurrent use: frames of a socket are
// handled one after another.
type pace struct{ due time.Time }

// take reports whether one more event fits at now, and if not, how long until it does.
func (p *pace) take(now time.Time, perSecond, burst int) (wait time.Duration, ok bool) {
	every := time.Second / time.Duration(perSecond)
	due := p.due
	if due.Before(now) {
		due = now
	}
	due = due.Add(every)
	if wait = due.Sub(now) - every*time.Duration(burst); wait > 0 {
		return wait, false
	}
	p.due = due
	return 0, true
}

// within counts a frame against the socket's pace.
func (k *socket) within() error {
	perSecond, burst := visitorFramesPerSecond, visitorFrameBurst
	if k.kind == kindAgent {
		perSecond, burst = agentFramesPerSecond, agentFrameBurst
	}
	if wait, ok := k.pace.take(k.server.clock(), perSecond, burst); !ok {
		k.server.metrics.rateLimited.WithLabelValues("frame").Inc()
		return &rateLimitedError{after: wait}
	}
	return nil
}
