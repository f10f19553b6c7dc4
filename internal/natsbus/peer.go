package natsbus

import (
	"time"

	"frontdesk/internal/natsbus/wire"
)

const (
	// holePatience is how long a missing packet may still come: one that is only late is no loss.
	holePatience = 300 * time.Millisecond
	// maxEarly bounds the packets that are remembered beyond a hole; more, and it is a loss at once.
	maxEarly = 1024
	// firstLook bounds how far back the first contact with a node looks.
	firstLook = time.Minute
)

// peer is another node, as heard.
type peer struct {
	heard   time.Time
	whole   time.Time           // when the last packet without a hole before it came
	next    uint64              // the number that comes next
	highest uint64              // that it said it had sent
	early   map[uint64]struct{} // came beyond a hole
	hole    time.Time           // since when something before highest is missing; zero: nothing is
}

// account notes that a packet came, and what must be missing if it did.
func (b *Bus) account(p *wire.Packet, now time.Time) {
	b.mu.Lock()
	at := b.peers[p.GetNode()]
	var age time.Duration
	var reached int
	switch {
	case p.GetBeat().GetLeaving():
		if at == nil {
			b.mu.Unlock()
			return
		}
		at.take(p, now)
		if !at.hole.IsZero() {
			age = now.Sub(at.whole) + slack
		}
		delete(b.peers, p.GetNode())
	case at == nil: // it did not send to us before it heard us
		b.peers[p.GetNode()] = &peer{heard: now, whole: now, next: p.GetNumber() + 1, highest: p.GetNumber(), early: map[uint64]struct{}{}}
		age = min(now.Sub(b.upAt), firstLook) + slack
		signal(b.soon)
		b.cfg.Logger.Info("another node is on the bus", "node", p.GetNode())
	default:
		at.take(p, now)
		b.mu.Unlock()
		return
	}
	reached = len(b.peers)
	b.mu.Unlock()
	b.cfg.Receiver.Reached(reached)
	if age > 0 {
		b.cfg.Receiver.Missed(age)
	}
}

// take notes a packet of a known peer.
func (at *peer) take(p *wire.Packet, now time.Time) {
	at.heard = now
	at.highest = max(at.highest, p.GetNumber())
	switch n := p.GetNumber(); {
	case len(p.GetRows()) == 0 || n < at.next: // it says how far it is; or it comes again, or late
	case n == at.next:
		at.next++
	default:
		at.early[n] = struct{}{}
	}
	for {
		if _, ok := at.early[at.next]; !ok {
			break
		}
		delete(at.early, at.next)
		at.next++
	}
	switch {
	case at.next > at.highest:
		at.hole, at.whole = time.Time{}, now
	case at.hole.IsZero():
		at.hole = now
	}
}

// lookOut finds holes that nothing filled, and nodes that fell silent.
func (b *Bus) lookOut(now time.Time) {
	silence := b.cfg.Beat * 7 / 2
	var age time.Duration
	b.mu.Lock()
	for node, at := range b.peers {
		switch {
		case now.Sub(at.heard) > silence:
			age = max(age, now.Sub(at.whole)+slack)
			delete(b.peers, node)
			b.cfg.Logger.Warn("a node is no longer heard on the bus", "node", node, "for", now.Sub(at.heard))
		case !at.hole.IsZero() && (now.Sub(at.hole) > holePatience || len(at.early) > maxEarly):
			age = max(age, now.Sub(at.whole)+slack)
			b.stats.Lost++
			at.next, at.hole, at.whole = at.highest+1, time.Time{}, now
			clear(at.early)
		}
	}
	reached := len(b.peers)
	b.mu.Unlock()
	b.cfg.Receiver.Reached(reached)
	if age > 0 {
		b.cfg.Receiver.Missed(age)
	}
}
