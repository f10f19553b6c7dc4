package routing

import "time"

// ChannelChat is the channel of conversations on a website. Tickets have their own.
const ChannelChat = "chat"

// ChannelTicket is the channel of tickets; what they weigh is theirs to say.
const ChannelTicket = "ticket"

// Channels returns those that a capacity can be set for.
func Channels() []string { return []string{ChannelChat, ChannelTicket} }

// Skill is something an agent can do, or a conversation needs, with a level 1–5.
// Of what is needed it is the least level.
type Skill struct {
	Name  string `json:"name"`
	Level int    `json:"level"`
}

// Capacity is what an agent does on one channel, and how much they may.
type Capacity struct {
	Active int `json:"active"`
	Cap    int `json:"cap"`
}

// Exclusion is an agent who gave an item back, declined it or let an offer pass.
type Exclusion struct {
	Agent  string    `json:"agent"`
	At     time.Time `json:"at"`               // the last time
	Missed bool      `json:"missed,omitempty"` // they did not answer
}

// How soon who let an item pass is asked again while nobody else can take it: a
// visitor does not wait beside a free agent. Never later than the strategy's for_s.
const (
	againMissed   = 15 * time.Second
	againDeclined = time.Minute
)

// again returns from when on the agent is asked again if nobody else can take the item.
func (x *Exclusion) again(forSeconds float64) time.Time {
	after := againDeclined
	if x.Missed {
		after = againMissed
	}
	return x.At.Add(min(after, seconds(forSeconds)))
}

// Agent is who may be given work.
type Agent struct {
	ID             string
	Name           string
	Sites          []int32
	Departments    []int32
	AllDepartments bool
	Teams          []string          // team ids
	Skills         map[int32][]Skill // by site
	Languages      []string          // "zh-CN", "en"; none = all
	Presence       string            // PresenceOnline may be given work, anything else not
	Reason         string            // of being away, in their words
	Node           string            // where their sockets are; empty = nowhere, as if offline
	// Active is what they do that the engine is not told of by Hold; Cap is all they may do. Both count all
	// channels together, in weights of items.
	Active, Cap int
	// Channels narrows single channels; one that is absent, or has a negative Cap, has only the overall cap.
	Channels map[string]Capacity
	// Recent is work of the last five minutes that the engine is not told of by Hold and Work.
	Recent float64
	// IdleSince is when their load last changed, or they came online.
	IdleSince time.Time
}

// The presences of an [Agent].
const (
	PresenceOnline    = "online"
	PresenceAway      = "away"
	PresenceInvisible = "invisible"
	PresenceOffline   = "offline"
)

// Item is what waits for an agent.
type Item struct {
	Conversation string            `json:"conversation,omitempty"`
	Site         int32             `json:"site,omitempty"`
	Department   int32             `json:"department"`
	Team         string            `json:"team,omitempty"` // only its members; empty = anybody of the department
	Channel      string            `json:"channel,omitempty"`
	Language     string            `json:"language,omitempty"`
	Skills       []Skill           `json:"skills,omitempty"`
	Priority     int               `json:"priority,omitempty"` // one step goes before what came T earlier, see Config.AgeingSeconds
	VIP          bool              `json:"vip,omitempty"`
	Weight       int               `json:"weight,omitempty"`     // of an agent's capacity; 0 = 1
	Sticky       string            `json:"sticky,omitempty"`     // the agent whom the visitor talked to last
	Excluded     []Exclusion       `json:"excluded,omitempty"`   // who gave it back or declined it
	Attributes   map[string]string `json:"attributes,omitempty"` // what rules look at, see Condition.Field
	EnqueuedAt   time.Time         `json:"enqueued_at,omitzero"`
	// Place is where it was put into the queue, before any priority; zero = EnqueuedAt. One that an agent lost
	// is put before all others.
	Place time.Time `json:"-"`
	// Epoch of the owner, for the claim.
	Epoch uint32 `json:"-"`
}
