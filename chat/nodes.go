package chat

import (
	"context"
	"sync/atomic"
	"time"
)

// Node is one server process of a database, as it says of itself.
type Node struct {
	ID      string // a UUID, new with each start
	Name    string // of the machine
	Address string // where it serves
	Version string
	Started time.Time     // by the database's clock; zero when it is written
	Up      time.Duration // since its start; only written
	Living  bool          // its lease lasts
	// Visitors counts visitors' sockets that follow a conversation, Agents those who have a socket there.
	Visitors, Agents int
	// Reached is how many other nodes it hears on the bus.
	Reached int
}

// Lease is what a node learns when it renews its own.
type Lease struct {
	Living int  // other nodes that live
	Recent bool // another node lived within the last minute
	Lapsed bool // this node's own lease had ended: others may have taken its agents for gone
}

// NodeStore is what several nodes of one database need of each other.
type NodeStore interface {
	// RowsSince returns the rows stored within the last age, by conversation and seq, of at most limit
	// conversations with an id above after: those that changed and are open, or were resolved since.
	RowsSince(ctx context.Context, age time.Duration, after string, limit int) ([]Row, error)
	// Nodes returns the nodes that live or lived lately.
	Nodes(ctx context.Context) ([]Node, error)
}

// lookout is what a hub knows of other nodes.
type lookout struct {
	missed  atomic.Int64  // nanoseconds back from now that rows of other nodes may be missing; 0: none are
	reached atomic.Int32  // other nodes heard on the bus
	wake    chan struct{} // 1: missed grew
}

// Missed says that rows which other nodes stored within the last age may not have
// been shown here: [Service.Run] reads them. It does not block.
func (h *Hub) Missed(age time.Duration) {
	h.lookout.miss(age)
	signal(h.lookout.wake)
	h.PublishSignal(&Signal{Wake: &WakeSignal{About: wakeMissed}}) // signals are not read again: who keeps state looks at the database
}

func (l *lookout) miss(age time.Duration) {
	for known := l.missed.Load(); int64(age) > known; known = l.missed.Load() {
		if l.missed.CompareAndSwap(known, int64(age)) {
			return
		}
	}
}

// Reached says how many other nodes are heard on the bus.
func (h *Hub) Reached(nodes int) { h.lookout.reached.Store(int32(nodes)) }

const (
	// recallPage is how many conversations one read of missed rows brings.
	recallPage = 500
	// recallSlack is read beyond an outage: commits are not seen in the order of their times.
	recallSlack = 2 * time.Second
	// maxRecall bounds how far back missed rows are looked for: whoever looks at an inbox for longer than that
	// without a bus has a second look every tick anyway.
	maxRecall = time.Hour
)

// company is what the service knows of other nodes.
type company struct {
	node   atomic.Pointer[string] // this one; nil until its first lease
	living atomic.Int32           // others whose lease lasts
	alone  atomic.Bool            // no other has lived for a minute: only this process publishes
}

func (c *company) self() string {
	if id := c.node.Load(); id != nil {
		return *id
	}
	return ""
}

// OtherNodes returns how many other nodes of this database lived when this one last renewed its lease.
func (s *Service) OtherNodes() int { return int(s.company.living.Load()) }

// noteLease keeps what the last renewal said.
func (s *Service) noteLease(node string, l Lease) {
	s.company.node.Store(&node)
	s.company.living.Store(int32(l.Living))
	s.company.alone.Store(l.Living == 0 && !l.Recent)
}

// Announce shows rows that were stored without the service, by [Contacts], after
// their commit: here, and to the other nodes.
func (s *Service) Announce(rows ...*Row) { s.publish(rows...) }

// recall shows what other nodes stored and the bus did not bring: after it was
// cut, a packet lost, a node gone; and as long as a node that lives is not heard.
// Those who watch single conversations have the sweep as well; an inbox has this.
func (s *Service) recall(ctx context.Context) error {
	age := time.Duration(s.hub.lookout.missed.Swap(0))
	if int(s.company.living.Load()) > int(s.hub.lookout.reached.Load()) {
		age = max(age, 2*s.tick)
	}
	if age == 0 {
		return nil
	}
	began := s.clock()
	age = min(age, maxRecall) + recallSlack
	for after := ""; ; {
		rows, err := s.store.RowsSince(ctx, age+s.clock().Sub(began), after, recallPage)
		if err != nil {
			s.hub.lookout.miss(age + s.tick) // again at the next tick
			return err
		}
		conversations := 0
		for i := range rows {
			if rows[i].Conversation != after {
				conversations++
				after = rows[i].Conversation
			}
			s.hub.PublishRemote(&rows[i])
		}
		s.counts.recalled.Add(int64(len(rows)))
		if conversations < recallPage {
			return nil
		}
	}
}
