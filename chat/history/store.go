package history

import (
	"context"
	"errors"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// Errors of this package. Those of package chat and identity are returned too.
var (
	// ErrInvalid: a filter or policy that cannot be. Wrapped with the field and the mend.
	ErrInvalid = errors.New("invalid request")
	// ErrLink: the link is unknown, forged, expired or taken back; it never says which.
	ErrLink = errors.New("this link does not open anything (any more)")
	// ErrConflict: somebody has saved the policy meanwhile.
	ErrConflict = errors.New("the policy has changed meanwhile: load it again")
	// ErrRunning: the contact is being erased already.
	ErrRunning = errors.New("this contact is being erased already")
	// ErrLease: another node does the work at the moment. Between store and workers only.
	ErrLease = errors.New("another node does the work")
)

// Filter selects conversations. Zero fields select everything.
type Filter struct {
	From, To   time.Time // search: when it was written; export: when the conversation began. To is exclusive
	Site       int32
	Department int32
	Agent      string // user id: who wrote in it or has it
	Owner      string // bot, queue, human
	Status     string // open, snoozed, resolved
	Contact    string // contact id
	Notes      bool   // with an internal note
}

// Part is what the index keeps of 32 rows of a conversation.
type Part struct {
	Conversation string
	Part         int32
	Site         int32
	Department   int32
	Contact      chat.Contact
	Seen         uint32 // the conversation's last row when this was read
	Rows         []chat.Row
}

// Dirty names a part that the index has not as it is.
type Dirty struct {
	Conversation string
	Part         int32
}

// IndexStore is what the indexer reads and writes. Save returns [ErrLease] when
// the lease is no longer the caller's.
type IndexStore interface {
	// Lease takes or renews the work and returns how far the log was read (zero = nothing yet) and the database's
	// time. [ErrLease] when another node has it.
	Lease(ctx context.Context, task, holder string, lasts time.Duration) (readTo, now time.Time, err error)
	// Begin returns when the first conversation began; zero: there is none.
	Begin(ctx context.Context) (time.Time, error)
	// Dirty returns the parts with rows of this time that the index has not, each once.
	Dirty(ctx context.Context, from, to time.Time) ([]Dirty, error)
	// Parts reads parts as they are now. One whose conversation is gone is left out.
	Parts(ctx context.Context, dirty []Dirty) ([]Part, error)
	// Save stores parts; with readTo, everything up to there is in.
	Save(ctx context.Context, holder string, parts []Part, readTo time.Time) error
}

// SearchStore finds parts within scope.
type SearchStore interface {
	// Newest returns an id above every part's that began before to (zero: of all), and how far the index is.
	Newest(ctx context.Context, to time.Time) (below int64, indexed time.Time, err error)
	// Departments returns the departments of the scope, nil for all there are.
	Departments(ctx context.Context, scope identity.Scope, f Filter) ([]int32, error)
	// Match returns the newest parts of a range within scope and filter: at most limit ids, newest first.
	Match(ctx context.Context, scope identity.Scope, f Filter, r Range, limit int) ([]int64, error)
	// Rank returns the best part of each conversation, best first. weights belong to queries.
	Rank(ctx context.Context, ids []int64, queries []string, weights []float64, at time.Time) ([]Ranked, error)
	// Frequencies returns in which share of all parts the commonest terms stand.
	Frequencies(ctx context.Context) (map[string]float64, error)
	// Hits reads conversations with the rows of one part each, in the order given; what is gone or out of scope is left out.
	Hits(ctx context.Context, scope identity.Scope, ranked []Ranked) ([]Found, error)
}

// Range is where and what to look for.
type Range struct {
	Query       string // as PostgreSQL reads a tsquery
	Anywhere    string // the same without regard to the range
	From, Below int64  // ids: from inclusive, below exclusive
	Shown       int64  // conversations with a matching part from this id on are left out; 0 = none
}

// Ranked is a part with its score.
type Ranked struct {
	ID           int64
	Conversation string
	Part         int32
	Score        float64
}

// Found is a conversation with the rows of the part that was found.
type Found struct {
	Ranked
	Head chat.Conversation
	Rows []chat.Row
}

// ExportStore reads conversations to be taken along.
type ExportStore interface {
	// Count returns how many conversations and rows an export has.
	Count(ctx context.Context, scope identity.Scope, f Filter) (conversations, rows int64, err error)
	// Heads returns up to limit conversations, oldest first, after the cursor (empty = from the start).
	Heads(ctx context.Context, scope identity.Scope, f Filter, cursor string, limit int) (page []chat.Conversation, next string, err error)
	// RowsOf returns the next limit rows of the conversations, in their order and by seq, after row `after` of the first.
	RowsOf(ctx context.Context, conversations []string, after uint32, limit int) ([]chat.Row, error)
}
