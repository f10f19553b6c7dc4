package bot

import (
	"context"
	"errors"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// Errors of suggestions and canned replies. The web edge maps them.
var (
	// ErrSuggestion: a field of a canned reply, an event or a judgement cannot be stored. Wrapped with the field and the mend.
	ErrSuggestion = errors.New("this cannot be saved")
	// ErrNoSuggestion: no such canned reply, past answer or row within the caller's scope.
	ErrNoSuggestion = errors.New("no such reply or row")
	// ErrShortcutTaken: another reply of the same place has the shortcut.
	ErrShortcutTaken = errors.New("another reply has this shortcut")
	// ErrCannedConflict: the reply was saved by somebody else since the version that the caller saw.
	ErrCannedConflict = errors.New("the reply has changed")
)

// Log reads conversations within the actor's rights; *chat.Service is one.
// Errors: those of package chat, identity.ErrForbidden.
type Log interface {
	Conversation(ctx context.Context, actor identity.Actor, id string) (chat.Conversation, error)
	// History returns rows with after < seq (and seq < before, if before is not 0), at most limit.
	History(ctx context.Context, actor identity.Actor, id string, after, before uint32, limit int) ([]chat.Row, error)
	// Thread returns a conversation with its last rows, in one read.
	Thread(ctx context.Context, actor identity.Actor, id string, limit int) (chat.Conversation, []chat.Row, error)
}

var _ Log = (*chat.Service)(nil)

// SuggestStore keeps what suggestions are made of and what became of them;
// *postgres.Suggest is one. Each method applies the scope in SQL.
type SuggestStore interface {
	// Near returns what stands nearest to the vector, canned replies and past answers apart, best first.
	Near(ctx context.Context, scope identity.Scope, q NearQuery) (Near, error)
	// Usage returns the running sums of items and, under the item "", of their sources.
	Usage(ctx context.Context, site int32, items []UsageKey) (map[UsageKey]Usage, error)
	// Record stores acts; those that are stored already change nothing.
	Record(ctx context.Context, acts []SuggestionAct) error
	// Shown returns the act "shown" of a suggestion to an agent for the last row of the conversation before seq, or [ErrNoSuggestion].
	Shown(ctx context.Context, conversation, agent string, source SuggestionSource, item string, seq uint32) (SuggestionAct, error)
	// Text returns the text of a canned reply or a past answer in the locale, or else another; variables stand as written. Or [ErrNoSuggestion].
	Text(ctx context.Context, source SuggestionSource, id int64, locale string) (string, error)
	// DropSolved empties a past answer within scope for good, or [ErrNoSuggestion].
	DropSolved(ctx context.Context, scope identity.Scope, id int64) error
}

// NearQuery asks for replies near to a question.
type NearQuery struct {
	Site, Department int32
	Agent            string // whose own replies count too
	Locale           string // of the texts
	Vector           []float32
	Fingerprint      string // of the model that made Vector; texts embedded with another are not compared
	Limit            int    // of each kind
	At               time.Time
}

// Near is what was found.
type Near struct {
	Canned []NearCanned
	Solved []NearSolved
}

// NearCanned is a canned reply and how near it stands.
type NearCanned struct {
	ID      int64
	Locale  string
	Title   string
	Content string
	Cosine  float64
}

// NearSolved is a past answer and how near its question stands.
type NearSolved struct {
	ID       int64
	Locale   string
	Question string
	Answer   string
	Agent    string // who gave it, by name
	At       time.Time
	Cosine   float64
}

// UsageKey names an item of a source; Item "" stands for all of them.
type UsageKey struct {
	Source SuggestionSource
	Item   string
}

// Usage is how often something was shown, and how often it was used: an edited reply counts as what was left of it.
type Usage struct{ Shown, Used float64 }

// Act is what became of a suggestion.
type Act string

// The acts. Edited and sent are the server's own findings.
const (
	ActShown     Act = "shown"
	ActInserted  Act = "inserted"
	ActEdited    Act = "edited" // it went out changed
	ActSent      Act = "sent"   // it went out as it was
	ActDismissed Act = "dismissed"
)

// SuggestionAct is one act, as it is stored.
type SuggestionAct struct {
	Site, Department int32
	Conversation     string
	Seq              uint32 // the visitor's row that it was suggested for
	MessageSeq       uint32 // the agent's row, of edited and sent
	Agent            string
	Source           SuggestionSource
	Item             string
	Rank             int
	Confidence       float64
	Act              Act
	EditShare        float64 // of edited: how much of the text was changed, 0–1
	At               time.Time
}
