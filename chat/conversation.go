package chat

import (
	"encoding/json"
	"errors"
	"time"

	"frontdesk/chat/routing"
)

// Errors returned by [Service] and [Store]. The web edge maps them.
var (
	// ErrNotFound: no such conversation within the caller's scope.
	ErrNotFound = errors.New("conversation not found")
	// ErrStale: the conversation is no longer in the state that the caller expected (owner, owner epoch, last row, article version).
	ErrStale = errors.New("the conversation has changed")
	// ErrNewerReply: another agent has replied since the row that the sender had seen last. Nothing was stored.
	ErrNewerReply = errors.New("another agent has replied meanwhile")
	// ErrInvalid: the content is blank, too long, not UTF-8, or the cid is no UUID. Wrapped with the field and the mend.
	ErrInvalid = errors.New("invalid message")
	// ErrCIDTaken: this cid already stands in the conversation with another author or content.
	ErrCIDTaken = errors.New("cid is taken by another message")
	// ErrResolved: the act needs an open conversation.
	ErrResolved = errors.New("the conversation is resolved")
	// ErrUnavailable: the log cannot be written at the moment; retry with the same cid.
	ErrUnavailable = errors.New("messages cannot be stored at the moment")
	// ErrConflict: a concurrent transaction took the same key; the batch was rolled back and may be repeated. Between [Store] and [Service] only.
	ErrConflict = errors.New("a concurrent transaction took the same key")
	// ErrRefused: the database refuses a row of the batch, which was rolled back. Between [Store] and [Service]; callers see it for their own row only.
	ErrRefused = errors.New("the database refuses the row")
)

// MaxContentRunes is the longest message, in Unicode code points.
const MaxContentRunes = 10_000

// ReopenWindow is how long after it was resolved a visitor's message still
// reopens a conversation; later it starts a new one.
const ReopenWindow = 24 * time.Hour

// Status of a conversation.
type Status string

// The statuses.
const (
	StatusOpen     Status = "open"
	StatusSnoozed  Status = "snoozed"
	StatusResolved Status = "resolved"
)

// Owner is whose turn it is to answer.
type Owner string

// The owners. "Waiting" is the view of queue, "chatting" of human, "pending" of bot.
const (
	OwnerBot   Owner = "bot"
	OwnerQueue Owner = "queue"
	OwnerHuman Owner = "human"
)

// AuthorKind says who wrote a row.
type AuthorKind string

// The kinds of author.
const (
	AuthorVisitor AuthorKind = "visitor"
	AuthorAgent   AuthorKind = "agent"
	AuthorBot     AuthorKind = "bot"
	AuthorSystem  AuthorKind = "system"
)

// Author is who wrote a row.
type Author struct {
	Kind AuthorKind
	ID   string // contact or user id; empty for bot and system
	Name string
}

// Kind of a log row. Readers must tolerate kinds they do not know.
type Kind string

// The kinds of row.
const (
	KindMessage     Kind = "message"
	KindNote        Kind = "note" // agents only
	KindHandover    Kind = "handover"
	KindClaimed     Kind = "claimed"
	KindTransferred Kind = "transferred"
	KindReleased    Kind = "released"
	KindResolved    Kind = "resolved"
	KindReopened    Kind = "reopened"
	KindInvited     Kind = "invited"    // an agent asked a colleague, Data.Invitee, to take part; agents only
	KindEmail       Kind = "email"      // the visitor left an address
	KindFeedback    Kind = "feedback"   // the visitor's vote on an answer of the bot, in Data.Feedback; no message
	KindIdentified  Kind = "identified" // the visitor proved who they are; for staff only
	KindHidden      Kind = "hidden"     // what a visitor sees in place of a row that is not theirs to read
)

// Internal reports whether rows of this kind are hidden from visitors.
func (k Kind) Internal() bool { return k == KindNote || k == KindInvited || k == KindIdentified }

// Conversation is the head row: its state now.
type Conversation struct {
	ID            string // UUIDv7
	Site          int32
	Department    int32
	Contact       Contact
	Status        Status
	Owner         Owner
	OwnerEpoch    uint32 // rises with each change of owner
	Assignee      Author // zero unless Owner is human (kept after resolving)
	Team          string // team id or empty
	LastSeq       uint32
	Email         string // the address left in this conversation; empty if none
	Locale        string // the visitor's language, "zh-CN" or "en"
	Page          string // where the visitor wrote from
	CreatedAt     time.Time
	LastMessageAt time.Time
	LastMessage   string // excerpt of the last visible message, ≤ 200 code points
	LastAuthor    AuthorKind
	WaitingSince  time.Time // since when the visitor waits for an answer; zero if not
	QueuedAt      time.Time // zero unless Owner is queue
	ResolvedAt    time.Time
}

// Contact is a visitor.
type Contact struct {
	ID     string // UUIDv7
	Site   int32
	Name   string
	Email  string
	Locale string
	// Identified says that the site vouched for who they are, by a token it signed.
	Identified bool
}

// State is the part of a conversation that decides who may write next; rows
// that change it carry it.
type State struct {
	Status     Status `json:"status"`
	Owner      Owner  `json:"owner"`
	OwnerEpoch uint32 `json:"owner_epoch"`
	Assignee   Author `json:"assignee"`
	Team       string `json:"team,omitempty"`
}

// State returns the part of c that rows carry when they change it.
func (c Conversation) State() State {
	return State{Status: c.Status, Owner: c.Owner, OwnerEpoch: c.OwnerEpoch, Assignee: c.Assignee, Team: c.Team}
}

// Source is the article version a bot message was taken from.
type Source struct {
	Article    string  `json:"article"`
	Locale     string  `json:"locale"`
	Title      string  `json:"title"`
	Version    uint32  `json:"version"`
	Confidence float64 `json:"confidence"` // 0–1; not sent to visitors
	// Reworded says that a language model put the article into other words; otherwise it is said verbatim.
	Reworded bool `json:"reworded,omitempty"`
}

// Button is an offer under a bot message.
type Button struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Kind  string `json:"kind"` // "article", "none_of_these", "human"
}

// Data is what a row carries beside its content, stored as JSON.
type Data struct {
	State   *State   `json:"state,omitempty"`
	Source  *Source  `json:"source,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	Button  string   `json:"button,omitempty"` // visitor's message: the pressed button
	Reason  string   `json:"reason,omitempty"`
	Locale  string   `json:"locale,omitempty"`
	OverCap bool     `json:"over_cap,omitempty"` // the assignee holds more than the cap (only a manual take may)
	// Suggestion is what an agent's message was made of, as the workbench names it; not sent to visitors.
	Suggestion string `json:"suggestion,omitempty"`
	Amendment
	// Mentions are the agents whom a note mentions.
	Mentions []Mention `json:"mentions,omitempty"`
	// Invitee is whom a row of [KindInvited] asks to take part; nil on others.
	Invitee *Invitee `json:"invitee,omitempty"`
	// Was is the anonymous contact whose conversation it was until a row of [KindIdentified]; not sent to anybody.
	Was string `json:"was,omitempty"`
	// Left is, of a transfer, the department that the conversation left; 0 if none, and in rows of before this was kept.
	Left int32 `json:"left,omitempty"`
	// Routing is why the router gave a conversation to whom; for staff only.
	Routing *routing.Record `json:"routing,omitempty"`
	// Feedback is what a row of [KindFeedback] says; nil on others.
	Feedback *Feedback       `json:"feedback,omitempty"`
	Extra    json.RawMessage `json:"extra,omitempty"` // a handover's summary packet; not sent to visitors
}

// Invitee is a colleague who is asked to take part in a conversation.
type Invitee struct {
	ID   string `json:"id"` // user id
	Name string `json:"name"`
}

// Row is one stored row of a conversation's log. Seq is gapless from 1.
type Row struct {
	Conversation string
	Seq          uint32
	CID          string
	Site         int32
	Department   int32
	Left         int32  // a transfer, as it is shown live: see Data.Left
	Contact      string // the conversation's contact, for scope checks in memory
	Was          string // an identification, as the one who was anonymous is shown it: see Data.Was
	Author       Author
	Kind         Kind
	Content      string
	Data         Data
	Time         time.Time
}
