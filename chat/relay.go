package chat

import "time"

// Relay carries what was stored or signalled on this node to the other nodes of
// the same database. It keeps no record: whoever misses something finds it in the
// log. A nil Relay in [Config] is one node.
type Relay interface {
	// Publish passes stored rows on, after their commit, in order. It never blocks:
	// a full queue drops and counts, and receivers repair by sequence number. The
	// rows are shared; nobody changes them.
	Publish(rows ...*Row)
	// Signal passes a signal of class B on, or drops it.
	Signal(s *Signal)
}

// Signal is something that is shown and never stored (class B): it may be lost,
// repeated or late. Exactly one of the pointers is set. All sinks share it: nobody changes it.
type Signal struct {
	// To says who may see it; a receiving node decides by it alone.
	To Audience

	Typing   *TypingSignal
	Mark     *MarkSignal
	Viewing  *ViewingSignal
	Presence *PresenceSignal
	Queue    *QueueSignal
	Offer    *OfferSignal
	OfferEnd *OfferEndSignal
	Wake     *WakeSignal
	Gone     *GoneSignal
}

// Audience is who may see a signal: those whose scope holds the site, department
// and contact and, with User set, of them only that agent. The zero Audience is
// the process itself: only sinks of [Hub.WatchAll] hear it.
type Audience struct {
	Site       int32
	Department int32
	Contact    string
	User       string
}

// TypingSignal says that somebody writes.
type TypingSignal struct {
	Conversation string
	Author       Author
	On           bool
}

// MarkSignal says how far a side has received and read a conversation.
type MarkSignal struct {
	Conversation string
	Author       Author
	Delivered    uint32
	Read         uint32
}

// ViewingSignal says which agents have a conversation open, on one node: a
// receiver joins the nodes' lists. An empty list ends what the node said before.
type ViewingSignal struct {
	Conversation string
	Node         string // whose sockets these are, as the bus says of whoever sent it; empty: this node's
	Agents       []Author
}

// PresenceSignal says what an agent's presence and load are now.
type PresenceSignal struct {
	Agent    Author
	Presence string
	Reason   string
	Active   int
	Cap      int
}

// QueueSignal says where a conversation waits. Expected 0 is unknown.
type QueueSignal struct {
	Conversation string
	Position     int // from 1; 0: it waits no longer
	Waiting      int
	Expected     time.Duration
}

// OfferSignal is a conversation that the router reserves for the agent Audience.User.
type OfferSignal struct {
	ID           string
	Conversation string
	ContactName  string
	LastMessage  string
	Skills       []string
	Reason       string
	Expires      time.Time     // by the database's clock, for people
	Left         time.Duration // until then, from when this is said: nodes' clocks differ
	Weight       int           // of the agent's capacity
}

// OfferEndSignal ends an offer: accepted, declined, timeout or taken.
type OfferEndSignal struct {
	ID           string
	Conversation string
	Result       string
}

// What a [WakeSignal] can be about.
const (
	WakeRouting  = "routing"  // the router's settings or agents' skills changed: Key is the site's number, empty for all
	WakeSessions = "sessions" // a sign-in ended or an account changed: User and, for one sign-in only, Key (the token's hash)
	WakeSettings = "settings" // something else that nodes keep in memory: Key names it
	wakeMissed   = "missed"   // never sent: this node did not hear the others for a while
)

// WakeSignal tells other nodes to look at the database now instead of at their
// next turn. It carries no state: one that is lost makes them late, not wrong.
type WakeSignal struct {
	About string
	User  string
	Key   string
}

// Conversation returns the one that the signal is about, empty if none.
func (s *Signal) Conversation() string {
	switch {
	case s.Typing != nil:
		return s.Typing.Conversation
	case s.Mark != nil:
		return s.Mark.Conversation
	case s.Viewing != nil:
		return s.Viewing.Conversation
	case s.Queue != nil:
		return s.Queue.Conversation
	case s.Gone != nil:
		return s.Gone.Conversation
	}
	return "" // an offer goes to an agent, not to those who look at the conversation
}

// noRelay is the relay of a single node.
type noRelay struct{}

func (noRelay) Publish(...*Row) {}
func (noRelay) Signal(*Signal)  {}

// publish shows rows that this node stored: here, and to the other nodes.
func (s *Service) publish(rows ...*Row) {
	if len(rows) == 0 {
		return
	}
	s.hub.Publish(rows...)
	s.relay.Publish(rows...)
}

// Signal shows a signal here and to the other nodes. It reports whether anybody
// here watches the conversation it is about.
func (s *Service) Signal(sig *Signal) bool {
	shown := s.hub.PublishSignal(sig)
	s.relay.Signal(sig)
	return shown
}
