package bot

import (
	"context"
	"encoding/json"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// GapBoardStore keeps the board. Each method treats what lies outside the scope as absent.
type GapBoardStore interface {
	GapReader
	GapWriter
}

// GapReader reads the board.
type GapReader interface {
	// Gaps returns one page.
	Gaps(ctx context.Context, scope identity.Scope, q GapQuery, now time.Time) (GapPage, error)
	// Gap returns one gap with what is known of it, but for Near; or [ErrGapNotFound].
	Gap(ctx context.Context, scope identity.Scope, id int64, now time.Time) (GapDetail, error)
	// NearGaps returns gaps of the same site, department and audience that have questions near to this one's, best
	// first, with the questions that come near in Questions; none that a person told apart.
	NearGaps(ctx context.Context, scope identity.Scope, id int64, least float64) ([]NearGap, error)
}

// NearGap is a gap near to another, and the questions that are.
type NearGap struct {
	GapNear
	Pairs [][2]string
}

// GapWriter changes gaps, each call in one transaction that also writes the
// history. It returns [ErrGapNotFound], and [ErrGapChanged] if revision is not
// the gap's any more.
type GapWriter interface {
	// Change sets the state, name or article; nil leaves them.
	Change(ctx context.Context, scope identity.Scope, id int64, revision int, c GapChange) error
	// Merge moves all samples of id into the gap into. [ErrGapInvalid] if site, department or audience differ.
	Merge(ctx context.Context, scope identity.Scope, id int64, revision int, into int64, by GapActor) error
	// Split moves turns of id into a new gap and tells the two apart. [ErrGapInvalid] if all or none are named.
	Split(ctx context.Context, scope identity.Scope, id int64, revision int, turns []GapTurn, by GapActor) (made int64, err error)
	// Apart notes that the two are not the same question.
	Apart(ctx context.Context, scope identity.Scope, id, other int64, by GapActor) error
}

// GapActor is who acts, and when.
type GapActor struct {
	User string // id
	At   time.Time
}

// GapChange is what a person makes of a gap.
type GapChange struct {
	By      GapActor
	Act     string            // of the history: "state", "name", "variant", "draft"
	Detail  map[string]string // of the history
	State   *GapState
	Name    *string
	Article *PacketArticle // version apart
}

// GapLog is what the worker reads and writes. All but Lease return [ErrGapLease]
// when the lease is no longer the caller's.
type GapLog interface {
	// Lease takes or renews the lease for some seconds and returns how far the log
	// was read; [ErrGapLease] when another node has it.
	Lease(ctx context.Context, holder string, lasts time.Duration) (readTo time.Time, err error)
	// News returns rows of the log since then that may tell of a gap, oldest first,
	// at most limit, without those that are samples already, and up to when the log is read with them.
	News(ctx context.Context, since time.Time, reasons []string, limit int) (news []GapNews, readTo time.Time, err error)
	// Absorb stores samples that are not there yet, forgets the turns in withdrawn, and notes how far the log was read.
	Absorb(ctx context.Context, holder string, samples []GapSample, withdrawn []GapTurn, readTo time.Time) error
	// Tend forgets samples of before forgetBefore (but those out of scope) and gaps without any, and lets gaps without
	// news since silentSince expire.
	Tend(ctx context.Context, holder string, forgetBefore, silentSince, now time.Time) error
}

// GapPlacing is how samples come to their gaps.
type GapPlacing interface {
	// Waiting returns samples without a gap, oldest first.
	Waiting(ctx context.Context, limit int) ([]GapSample, error)
	// Aged returns samples within the walls whose vectors are of another model than this.
	Aged(ctx context.Context, model string, limit int) ([]GapSample, error)
	// Renew stores vectors of a model for samples.
	Renew(ctx context.Context, holder, model string, turns []GapTurn, vectors [][]float32) error
	// Near returns the placed samples of the wall that are nearest to a vector of this model.
	Near(ctx context.Context, wall GapWall, model string, vector []float32, limit int) ([]GapNeighbour, error)
	// Place puts a sample into a gap, 0 = a new one, with its vector and how typical it is.
	Place(ctx context.Context, holder string, s GapSample, gap int64, typical float64, model string, vector []float32, now time.Time) error
}

// GapFollowing is what became of samples, and of gaps.
type GapFollowing interface {
	// Unsettled returns samples that are followed and whose conversations have rows that were not looked at.
	Unsettled(ctx context.Context, now time.Time, limit int) ([]GapPending, error)
	// RowsAfter returns the first rows of a conversation after a seq, at most limit.
	RowsAfter(ctx context.Context, conversation string, after uint32, limit int) ([]chat.Row, error)
	// Settle stores what became of a sample, which is followed until then at most. One whose conversation has moved to another department is to be placed anew.
	Settle(ctx context.Context, holder string, p GapPending, o GapOutcome, until time.Time) error
	// Unchecked returns open gaps whose site published something since they were last put to the bot, latest first.
	Unchecked(ctx context.Context, limit, questions int) ([]GapCheck, error)
	// Checked notes at which epoch a gap was put to the bot, and the article that answers now (zero = none).
	Checked(ctx context.Context, holder string, gap, epoch int64, found PacketArticle, now time.Time) error
}

// GapNews is a row of the log that may tell of a gap, with what is needed to tell.
type GapNews struct {
	GapTurn
	Site       int32
	Department int32
	Contact    string
	At         time.Time
	Kind       chat.Kind
	Author     chat.AuthorKind
	Reason     string
	Extra      json.RawMessage // of the row; of a vote: of the answer
	Before     json.RawMessage // of the bot's last row with a question in the same episode; nil if there is none
	Helpful    bool            // of a vote, the last one on this answer: GapTurn is the answer
	Vote       bool
	Judged     bool         // an agent called the answer wrong: GapTurn is the answer
	Source     *chat.Source // of a vote or judgement: of the answer
	Locale     string       // the visitor's
}

// GapPending is a sample whose conversation went on.
type GapPending struct {
	GapTurn
	Reason     string
	LastSeq    uint32
	Department int32 // of the conversation now
	Moved      bool  // it is not the sample's any more
}

// GapCheck is a gap to be put to the bot.
type GapCheck struct {
	Gap   int64
	Epoch int64
	GapWall
	Questions []GapSample
}
