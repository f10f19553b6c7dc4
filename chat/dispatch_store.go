package chat

import (
	"context"
	"time"

	"frontdesk/chat/routing"
)

// DispatchStore is what a [Dispatcher] reads. It sees everything: what it gives
// to whom is decided within the walls, and guarded again in the commit.
type DispatchStore interface {
	// RoutingDigest returns, of one moment, what waits and who has what in hand.
	RoutingDigest(ctx context.Context) (RoutingDigest, error)
	// QueuedItems returns those of the conversations that wait.
	QueuedItems(ctx context.Context, convs []string) ([]Queued, error)
	// RoutingAgents returns the people with these ids, or with nil all who can work, without what they have in hand.
	RoutingAgents(ctx context.Context, users []string) ([]routing.Agent, error)
	// RoutingConfigs returns the configuration of each site that has one.
	RoutingConfigs(ctx context.Context) (map[int32]routing.Config, error)
	// PlaceQueued stores the place that priority gives what still waits at this owner epoch.
	PlaceQueued(ctx context.Context, conv string, epoch uint32, place time.Time) error
}

// OfferStore keeps offers. What it says of their time are spans, by the database's clock: nodes' clocks differ.
type OfferStore interface {
	// MakeOffer stores it for d, and returns when it expires, for people. Errors: [ErrStale] when the conversation does not wait
	// at this owner epoch, was declined since o.ExcludedAt, or is offered already, [GuardError], identity.ErrNotFound when the agent may not have it.
	MakeOffer(ctx context.Context, o Offer, epoch uint32, guard Guard, record routing.Record, d time.Duration) (time.Time, error)
	// EndOffer ends it. It reports whether it stood and, if it goes on standing because its time is not over
	// ([EndOverdue]), for how much longer.
	EndOffer(ctx context.Context, id string, how OfferEnding) (ended bool, left time.Duration, err error)
	// Offer returns an offer that stands, and with it its record. identity.ErrNotFound.
	Offer(ctx context.Context, id string) (Offer, routing.Record, error)
}

// OfferEnding is how an offer is ended.
type OfferEnding string

// The endings.
const (
	EndDeclined OfferEnding = "declined" // the agent is not asked again for a while
	EndOverdue  OfferEnding = "overdue"  // likewise, if its time is over by the database's clock
	EndFreed    OfferEnding = "freed"    // the agent cannot take it now; they may be asked again
)

// LoadStore keeps how much each agent has in hand.
type LoadStore interface {
	// RepairLoads compares the load kept for each agent, which the commit of an assignment is judged by, with what they have
	// in hand, and sets what differs. It returns for how many agents anything did.
	RepairLoads(ctx context.Context) (int, error)
}

// Queued is a conversation that waits.
type Queued struct {
	routing.Item
	Contact     string // id
	ContactName string
	LastMessage string
	LastSeq     uint32
	ExcludedAt  time.Time // when somebody gave it back or declined it last
	Listed      time.Time // the place that lists show
}

// RoutingDigest is the state of the queue and the desks at one moment.
type RoutingDigest struct {
	Waiting map[string]uint32 // last seq, by conversation
	Held    []HeldConversation
	Offers  []Offer
	Nodes   []string  // that live
	Now     time.Time // by the database's clock, while it was read
	Waits   []Wait    // the last ones of each queue, oldest first
}

// HeldConversation is one that an agent has in hand.
type HeldConversation struct {
	Conversation string
	Agent        string
	Channel      string
	Weight       int
	LastSeq      uint32
}

// Wait is how long a conversation waited for a person.
type Wait struct {
	Site       int32
	Department int32
	Team       string
	Waited     time.Duration
	At         time.Time
}
