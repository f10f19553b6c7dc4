package chat

import (
	"context"
	"time"

	"frontdesk/internal/identity"
)

// Store keeps conversations. Each method on customer data takes the caller's
// scope and treats what lies outside as absent.
type Store interface {
	LogStore
	ReadStore
	VisitorStore
	InboxStore
	ReportStore
	NodeStore
	EditStore
	MarkStore
	MentionStore
}

// Scoped is an entry with the scope of whoever writes it.
type Scoped struct {
	Scope identity.Scope
	Entry
	// NoHead says that Outcome.Head is of no use to the caller: AppendBatch need not read it.
	NoHead bool
}

// Verdict says what became of one entry of a batch.
type Verdict uint8

// The verdicts.
const (
	Stored   Verdict = iota + 1 // a new row
	Repeated                    // the cid stood there already: Outcome.Row is that row
	Stale                       // an expectation failed: Outcome.Head is the state now
	Missing                     // no such conversation in scope
	Held                        // another transaction holds the conversation: nothing was tried
)

// Outcome is what became of one entry.
type Outcome struct {
	Verdict Verdict
	Row     Row          // Stored, Repeated
	Head    Conversation // after the whole transaction; zero for Missing, Held and with NoHead
}

// LogStore writes the log.
type LogStore interface {
	// AppendBatch appends entries without a Change in one transaction and
	// returns one outcome each, in order; (conversation, cid) must be distinct.
	// Conversations that another transaction holds are passed over (Held)
	// unless wait is set, which waits for at most a few seconds first. Errors:
	// ErrUnavailable (it may have been committed or not: repeat it as it is),
	// ErrConflict (repeat), ErrRefused (some row cannot be stored, none was).
	AppendBatch(ctx context.Context, entries []Scoped, wait bool) ([]Outcome, error)
	// Changes appends entries with their Change, of different conversations, in one transaction: head, log,
	// queue and agents' load. It returns one result each, in order; one that fails leaves its neighbours alone.
	// Beside AppendBatch's errors, which are those of the whole, a result's Err may be one of [Change.Apply]
	// with Outcome.Head, identity.ErrNotFound for an agent or team that is none of the conversation's
	// site, or a [GuardError]. Held: nothing was tried, as another transaction, or another entry,
	// holds what it needs; a single entry waits for at most a few seconds first.
	Changes(ctx context.Context, entries []Scoped, now time.Time) ([]Changed, error)
	// RowsOf returns those of the rows that stand in the log: after a commit of which nobody knows.
	RowsOf(ctx context.Context, scope identity.Scope, keys []RowKey) ([]Row, error)
}

// RowKey names a row as its sender does.
type RowKey struct{ Conversation, CID string }

// ReadStore reads conversations and their logs.
type ReadStore interface {
	// Conversation returns the head, or ErrNotFound.
	Conversation(ctx context.Context, scope identity.Scope, id string) (Conversation, error)
	// Rows returns rows in ascending order: the first limit ones after a
	// sequence number or, with before > 0, the last limit ones below before.
	// ErrNotFound when the conversation is not in scope.
	Rows(ctx context.Context, scope identity.Scope, id string, after, before uint32, limit int) ([]Row, error)
	// Thread returns the head and the last limit rows, ascending, without what is only for staff to read
	// (Data.Extra), in one round trip; the rows are as new as the head or newer. ErrNotFound.
	Thread(ctx context.Context, scope identity.Scope, id string, limit int) (Conversation, []Row, error)
	// FindRow returns the row with this cid in any conversation of the scope's contact, or ErrNotFound.
	FindRow(ctx context.Context, scope identity.Scope, cid string) (Row, error)
	// Behind returns, of the conversations ids, those whose log is longer than known, with their last seq, and with 0
	// those that are no more.
	Behind(ctx context.Context, ids []string, known []uint32) (map[string]uint32, error)
	// LogEpoch identifies the history that sequence numbers belong to.
	LogEpoch(ctx context.Context) (string, error)
}

// VisitorStore starts conversations.
type VisitorStore interface {
	// Start returns the contact's current conversation, made with id newID if there is none.
	// identity.ErrNotFound when there is no such site.
	Start(ctx context.Context, req StartRequest, newContact, newID string, now time.Time) (Contact, Conversation, error)
	// QueuePosition returns where the conversation stands. ErrNotFound when it does not wait.
	QueuePosition(ctx context.Context, scope identity.Scope, id string) (QueuePosition, error)
	// AgentsOnline counts the agents online now who may take conversations of the department.
	AgentsOnline(ctx context.Context, site, department int32) (int, error)
}

// InboxStore is what an agent's workbench reads.
type InboxStore interface {
	// Inbox returns one page for the agent user.
	Inbox(ctx context.Context, scope identity.Scope, user string, q InboxQuery) (InboxPage, error)
	// Unread returns the conversations with messages the agent has not read, among those that wait for them.
	Unread(ctx context.Context, scope identity.Scope, user string) ([]InboxItem, error)
}

// ReportStore is what admins and the bot's restart read.
type ReportStore interface {
	// Stats counts what lies within the scope.
	Stats(ctx context.Context, scope identity.Scope, now time.Time) (Stats, error)
	// UnansweredByBot returns open conversations that the bot owns and whose visitor waits.
	UnansweredByBot(ctx context.Context, limit int) ([]Conversation, error)
}

// StartRequest says which visitor arrives where.
type StartRequest struct {
	Site    string // the site's public key; empty = the contact's site
	Contact string // contact id of a valid token; empty = a new visitor
	Locale  string // "zh-CN" or "en"; empty = the site's
	Page    string // where the visitor is
	// Existing refuses, with ErrNotFound, to make a new visitor where Contact is not one of the site's (any more).
	Existing bool
}

// QueuePosition is a visitor's place in the queue.
type QueuePosition struct {
	Position int            // from 1; 0 = not waiting
	Waiting  int            // conversations waiting in the same queue
	Expected *time.Duration // median of the last waits; nil without history
}

// View is a list of the inbox.
type View string

// The views.
const (
	ViewQueue    View = "queue" // waiting for a human, longest first
	ViewMine     View = "mine"
	ViewBot      View = "bot"
	ViewHuman    View = "human"
	ViewResolved View = "resolved"
	ViewAll      View = "all" // all that are not resolved
)

// InboxQuery selects one page of the inbox.
type InboxQuery struct {
	View   View
	Cursor string // InboxPage.Next of the page before
	Limit  int    // 1–200; defaults to 50
	Search string // part of the contact's name or address or of the last message
}

// InboxItem is a conversation in a list.
type InboxItem struct {
	Conversation
	Unread int // visible messages by others after the agent's read position
}

// InboxPage is one page of the inbox.
type InboxPage struct {
	Items  []InboxItem
	Next   string       // cursor of the next page; empty on the last
	Counts map[View]int // of every view, search apart; of the resolved ones at most 1000
}

// Stats is the state of the desk now.
type Stats struct {
	VisitorsOnline   int // visitors' sockets that follow a conversation; other nodes' as of their last lease
	AgentsOnline     int
	Open             int
	Queued           int
	WithBot          int
	WithHuman        int
	ResolvedToday    int // since midnight UTC, as the next two
	BotAnsweredToday int
	HandoversToday   int
	LongestWait      time.Duration // of those in the queue
	Nodes            []Node        // server processes of this database, dead ones of the last hour too
}
