package chat

import "sync"

// maxEvents bounds what waits for the dispatcher. When more come they are
// dropped, and memory is compared with the database.
const maxEvents = 1 << 16

// event is what a dispatcher hears. One of row, signal, agent, all, missed is set.
type event struct {
	row    *Row
	signal *Signal
	agent  string // to be read again
	all    bool   // all agents and settings are
	missed bool   // other nodes were not heard for a while
	told   bool   // colleagues are told of the agent
	remote bool
}

// inbox queues what concerns routing. It implements [Sink].
type inbox struct {
	mu     sync.Mutex // guards events and lost
	events []event    // bounded by maxEvents
	lost   bool
	wake   chan struct{} // 1: events grew
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// Deliver implements [Sink].
func (i *inbox) Deliver(u *Update) {
	switch {
	case u.Row != nil:
		wrote := u.Row.Kind == KindMessage && u.Row.Author.Kind == AuthorAgent
		if u.Row.Data.State == nil && !wrote {
			return
		}
		i.add(event{row: u.Row, remote: u.Remote})
	case u.Signal != nil && u.Signal.Wake != nil && u.Signal.Wake.About == wakeMissed:
		i.add(event{missed: true})
	case u.Signal == nil || !u.Remote: // this node's own signals come from what it knows
	case u.Signal.Presence != nil:
		i.add(event{agent: u.Signal.Presence.Agent.ID, remote: true, signal: u.Signal})
	case u.Signal.Wake != nil && u.Signal.Wake.About == WakeRouting:
		i.add(event{all: true, remote: true})
	case u.Signal.Offer != nil, u.Signal.OfferEnd != nil:
		i.add(event{signal: u.Signal, remote: true})
	}
}

func (i *inbox) add(e event) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.events) >= maxEvents {
		i.lost = true
		return
	}
	i.events = append(i.events, e)
	signal(i.wake)
}

// take removes and returns all events; lost: some were dropped.
func (i *inbox) take() (events []event, lost bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	events, lost = i.events, i.lost
	i.events, i.lost = nil, false
	return events, lost
}
