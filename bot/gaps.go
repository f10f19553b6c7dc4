package bot

import (
	"errors"
	"time"
)

// Errors of the gap board. The web edge maps them.
var (
	// ErrGapNotFound: no such gap within the caller's scope, or it was merged into another.
	ErrGapNotFound = errors.New("gap not found")
	// ErrGapChanged: somebody else did something with the gap since the caller read it.
	ErrGapChanged = errors.New("the gap has changed")
	// ErrGapInvalid: a field is missing or impossible. Wrapped with the field and the mend.
	ErrGapInvalid = errors.New("invalid act on a gap")
	// ErrGapLease: another node gathers gaps at the moment. Between store and [GapWorker] only.
	ErrGapLease = errors.New("another node gathers the gaps")
)

// GapState is what people made of a gap.
type GapState string

// The states.
const (
	GapOpen       GapState = "open"
	GapInProgress GapState = "in_progress"
	GapSolved     GapState = "solved"
	GapDismissed  GapState = "dismissed"
	GapOutOfScope GapState = "out_of_scope" // kept, so that similar questions join it and stay off the board
	GapExpired    GapState = "expired"      // no news for [GapPatience]
	GapMerged     GapState = "merged"       // into another; not shown
)

// GapPatience is how long a gap stays on the board without news.
const GapPatience = 90 * 24 * time.Hour

// GapWall is what questions are never gathered across, except that a person may
// merge languages.
type GapWall struct {
	Site       int32
	Department int32
	Audience   int16
	Locale     string // "zh-CN" or "en"
}

// GapTurn names one turn of a conversation: a row of the bot, or a hand-over.
type GapTurn struct {
	Conversation string
	Seq          uint32
}

// GapSample is one turn that told of a gap.
type GapSample struct {
	GapTurn
	GapWall
	Contact  string
	Reason   string   // a [Reason] of a hand-over, "thumbs_down", or "requested"
	Question string   // as it was asked
	Nearest  []string // ids of the articles that came near, best first
	// Said is the version of the article that a vote is against; zero otherwise.
	Said PacketArticle
	At   time.Time
	Gap  int64 // 0 = waits to be placed
}

// Gap is a question that the knowledge base does not answer, in a list.
type Gap struct {
	ID int64
	GapWall
	State     GapState
	Revision  int
	Name      string // given by a person; empty = Title says it
	Title     string // its most typical question
	Turns     int    // samples within the caller's scope
	Contacts  int    // distinct visitors behind them: what counts, however often one asks
	Last7     int    // distinct visitors of the last 7 days
	Before7   int    // of the 7 days before those
	Last28    int    // of the last 28 days
	Reasons   map[string]int
	Locales   map[string]int
	HandledS  float64 // what a person's handling takes, seconds (median); of the gap where three or more are known, else of the site
	HandledN  int     // how many handlings of this gap are known
	Cost      float64 // Last28 × HandledS: seconds of people's time in 28 days; the board's order
	Article   PacketArticle
	Proposed  PacketArticle // published, and answers its questions by now; zero = none
	Proposal  time.Time
	CreatedAt time.Time
	LastSeen  time.Time
	StateAt   time.Time
	Replies   int // how many conversations hold a person's reply that solved it
}

// GapDetail is a gap with what is known of it.
type GapDetail struct {
	Gap
	Samples []GapQuestion
	Days    []int // distinct visitors of each of the last 28 days, oldest first
	Nearest []GapArticle
	Replies []GapReply
	Near    []GapNear
	Acts    []GapAct
}

// GapQuestion is a question of the samples, in the words of one visitor.
type GapQuestion struct {
	GapTurn
	Question string
	Locale   string
	Reason   string
	At       time.Time
	Contacts int // distinct visitors who asked in these words
}

// GapArticle is an article that came near.
type GapArticle struct {
	ID    string
	Title string // empty: no longer published
	Count int    // samples that it came near to
}

// GapReply is what a person answered before the conversation was resolved for
// good: their own messages, chosen by rule, nothing of the bot's.
type GapReply struct {
	GapTurn
	Agent    string
	Text     string
	Question string // what it answered
	At       time.Time
}

// GapNear is another gap that may be the same.
type GapNear struct {
	ID         int64
	Title      string
	State      GapState
	Locale     string
	Contacts   int
	Similarity float64 // mean cosine of the nearest questions, 0–1
}

// GapAct is one entry of a gap's history.
type GapAct struct {
	At     time.Time
	Actor  string // name; empty = the system
	Act    string // "made", "joined", "state", "name", "merged", "merged_away", "split", "split_off", "apart", "variant", "draft", "proposed", "expired", "reopened"
	Detail map[string]string
}

// GapQuery selects a page of the board.
type GapQuery struct {
	Site       int32
	Department int32 // 0 = all in scope
	States     []GapState
	Locale     string // empty = all
	Reason     string // with a sample of this reason; empty = all
	Search     string // part of a question or the name; empty = all
	Order      string // "cost" (default), "visitors", "newest"
	Offset     int
	Limit      int // 1–100; 0 = 50
}

// GapPage is one page of the board.
type GapPage struct {
	Gaps   []Gap
	Total  int // that the query selects
	Counts map[GapState]int
}
