package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// Errors of runs.
var (
	// ErrRun says what is wrong with what a run was asked to do, naming the field.
	ErrRun = errors.New("this run cannot be made")
	// ErrRunsFull says that a site has as many runs waiting as may.
	ErrRunsFull = errors.New("other runs of this site are still waiting or at work: wait for them or cancel one")
	// ErrRunNotFound says that there is no such run in the caller's scope.
	ErrRunNotFound = errors.New("run not found")
	// ErrRunLost says that another node has taken the run over, or somebody cancelled it.
	ErrRunLost = errors.New("the run was cancelled or taken over")
)

// RunKind is what a run goes through.
type RunKind string

// The kinds.
const (
	RunReplay    RunKind = "replay"    // past turns, decided anew
	RunQuestions RunKind = "questions" // saved questions
)

// RunState is how far a run is.
type RunState string

// The states; the last three are final.
const (
	RunWaiting   RunState = "waiting"
	RunRunning   RunState = "running"
	RunDone      RunState = "done"
	RunCancelled RunState = "cancelled"
	RunFailed    RunState = "failed"
)

// Why a run failed.
const (
	ProblemModel   = "model"    // the model does not answer
	ProblemDrafts  = "drafts"   // a working copy was changed or removed meanwhile, or cannot be published as it is
	ProblemTooBig  = "too_big"  // the knowledge base is too large to be tried in memory
	ProblemCrashed = "crashed"  // every attempt ended with its server
	ProblemOther   = "internal" // see the log
)

// DraftRef names a working copy as it was read.
type DraftRef = kb.DraftRef

// RunSpec says what to decide anew and with what.
type RunSpec struct {
	Days  int `json:"days,omitempty"`  // replay: turns of the last days, 1–[MaxRunDays]
	Limit int `json:"limit,omitempty"` // replay: the newest turns at most, 1–[MaxRunTurns]
	// Drafts are the working copies that it is decided with as if published.
	Drafts []DraftRef `json:"drafts,omitempty"`
	// The thresholds tried; nil = as set at the site.
	Answer            *float64 `json:"answer,omitempty"`
	Clarify           *float64 `json:"clarify,omitempty"`
	MaxClarifications *int     `json:"max_clarifications,omitempty"`
	// The creator's walls, within which turns are read.
	AllDepartments bool    `json:"all_departments"`
	Departments    []int32 `json:"departments,omitempty"`
}

// Bounds of a run.
const (
	MaxRunDays   = 90
	MaxRunTurns  = 5000
	MaxRunDrafts = 500
	// GateDays and GateTurns are what a replay goes through at least to open the gate, if there are so many turns.
	GateDays  = 7
	GateTurns = 2000
	// MaxOpenRuns of a site may wait or work; more are refused.
	MaxOpenRuns = 3
	// KeptRuns of a site and kind stay stored; older ones go with their rows.
	KeptRuns = 30
)

// changed reports whether s tries anything but what is published and set.
func (s *RunSpec) changed() bool {
	return len(s.Drafts) > 0 || s.Answer != nil || s.Clarify != nil || s.MaxClarifications != nil
}

func (s *RunSpec) validate(kind RunKind) error {
	switch {
	case kind != RunReplay && kind != RunQuestions:
		return fmt.Errorf("%w: kind %.20q is neither replay nor questions", ErrRun, kind)
	case kind == RunReplay && (s.Days < 1 || s.Days > MaxRunDays):
		return fmt.Errorf("%w: days %d is not within 1–%d", ErrRun, s.Days, MaxRunDays)
	case kind == RunReplay && (s.Limit < 1 || s.Limit > MaxRunTurns):
		return fmt.Errorf("%w: limit %d is not within 1–%d", ErrRun, s.Limit, MaxRunTurns)
	case len(s.Drafts) > MaxRunDrafts:
		return fmt.Errorf("%w: drafts has %d entries, at most %d", ErrRun, len(s.Drafts), MaxRunDrafts)
	case s.MaxClarifications != nil && (*s.MaxClarifications < 0 || *s.MaxClarifications > maxClarifications):
		return fmt.Errorf("%w: max_clarifications is not within 0–%d", ErrRun, maxClarifications)
	}
	for name, v := range map[string]*float64{"answer": s.Answer, "clarify": s.Clarify} {
		if v != nil && !(*v >= 0 && *v <= 1) {
			return fmt.Errorf("%w: %s is not within 0–1", ErrRun, name)
		}
	}
	return nil
}

func (s *RunSpec) scope(site int32) identity.Scope {
	return identity.Scope{Sites: []int32{site}, AllDepartments: s.AllDepartments, Departments: s.Departments}
}

// sortDrafts orders the working copies, so that equal sets are equal.
func sortDrafts(refs []DraftRef) {
	slices.SortFunc(refs, compareDrafts)
}

// Run is a run over past or saved questions.
type Run struct {
	ID          string
	Site        int32
	Kind        RunKind
	Spec        RunSpec
	State       RunState
	Total, Done int
	Summary     *RunSummary // nil until it is done
	Problem     string      // of a failed one: one of the Problem constants
	Attempts    int
	CreatedBy   string
	CreatedAt   time.Time
	StartedAt   time.Time
	EndedAt     time.Time
}

// RunSummary counts what a run found.
type RunSummary struct {
	Asked int `json:"asked"`
	// Searched are those of the asked that the knowledge base had a say in: small
	// talk and wishes for a person are decided the same whatever is published.
	Searched int `json:"searched"`
	Skipped  int `json:"skipped"` // turns that were not stored whole, or are buttons
	Left     int `json:"left"`    // older turns beyond the limit
	Changed  int `json:"changed"`
	Worse    int `json:"worse"`
	// Of the changed ones:
	NewlyAnswered   int `json:"newly_answered"`
	NewlyHandedOver int `json:"newly_handed_over"`
	NewlyAskedBack  int `json:"newly_asked_back"`
	OtherArticle    int `json:"other_article"`
	// Of saved questions:
	Passed     int `json:"passed"`
	Failed     int `json:"failed"`
	NowPassing int `json:"now_passing"` // failed in the run before
	NowFailing int `json:"now_failing"` // passed in the run before

	Before   Tally   `json:"before"`
	After    Tally   `json:"after"`
	Then     bool    `json:"then"` // before = what was decided then; otherwise as it would be decided now
	Epoch    int64   `json:"kb_epoch"`
	Policy   int64   `json:"policy"`
	Answer   float64 `json:"answer"` // threshold of the last searched question
	Relearnt bool    `json:"relearnt"`
	Seconds  float64 `json:"seconds"`
}

// Tally counts actions.
type Tally struct {
	Answer   int `json:"answer"`
	Clarify  int `json:"clarify"`
	Handover int `json:"handover"`
	Reply    int `json:"reply"`
}

func (t *Tally) add(a Action) {
	switch a {
	case ActionAnswer:
		t.Answer++
	case ActionClarify:
		t.Clarify++
	case ActionHandover:
		t.Handover++
	case ActionReply:
		t.Reply++
	}
}

// WorsePercent is the share of the searched turns that would be served worse, in
// per cent: 0 where none was searched.
func (s *RunSummary) WorsePercent() float64 {
	if s == nil || s.Worse == 0 {
		return 0
	}
	return 100 * float64(s.Worse) / float64(max(s.Worse, s.Searched))
}

// RunRow is a question of a run worth keeping: of a replay one that changed, of
// saved questions each.
type RunRow struct {
	N            int // in its run, from 1
	Department   int32
	Conversation string // empty for a saved question
	Seq          uint32
	Saved        int64 // id of the saved question; 0 of a turn
	Question     string
	Change       string // a [Change], or "pass" or "fail"
	Worse        bool
	Before       *TurnOutcome // nil = there was none
	After        TurnOutcome
}

// Turn is a past turn of the bot.
type Turn struct {
	Conversation string
	Seq          uint32
	Department   int32
	Time         time.Time
	Packet       Packet
	Offers       []string // articles on the row's buttons
	TurnedDown   bool     // the visitor pressed "none of these" or said that it did not help
	Helpful      bool     // the visitor said that it helped
	Wrong        bool     // staff said that it was wrong
}

// RunStore keeps runs for those who look at them.
type RunStore interface {
	// AddRun stores a waiting run and drops the oldest ended ones. Errors: [ErrRunsFull], identity.ErrNotFound (no such site in scope).
	AddRun(ctx context.Context, scope identity.Scope, r Run) (Run, error)
	// Runs returns a site's runs of a kind within scope, newest first; kind "" = all.
	Runs(ctx context.Context, scope identity.Scope, site int32, kind RunKind, limit int) ([]Run, error)
	// RunOf returns one. Errors: [ErrRunNotFound].
	RunOf(ctx context.Context, scope identity.Scope, id string) (Run, error)
	// CancelRun ends one that waits or works. Errors: [ErrRunNotFound].
	CancelRun(ctx context.Context, scope identity.Scope, id string) (Run, error)
	// RunRows returns rows within scope after the n-th, and how many there are in all; change "" = of any kind.
	RunRows(ctx context.Context, scope identity.Scope, id, change string, after, limit int) ([]RunRow, int, error)
}

// RunWork keeps runs for those who do them.
type RunWork interface {
	// ClaimRun takes the oldest run that waits, or whose node is gone, without the rows it had. ok is false if there is none.
	ClaimRun(ctx context.Context, lease string, hold time.Duration) (r Run, ok bool, err error)
	// KeepRun holds a run on and stores progress and rows. Errors: [ErrRunLost].
	KeepRun(ctx context.Context, id, lease string, total, done int, rows []RunRow, hold time.Duration) error
	// EndRun ends it. Errors: [ErrRunLost].
	EndRun(ctx context.Context, id, lease string, state RunState, s *RunSummary, problem string) error
	// Turns returns the newest turns of the bot at a site since then within scope, oldest first, and how many older ones were left out.
	Turns(ctx context.Context, scope identity.Scope, site int32, since time.Time, limit int) (turns []Turn, left int, err error)
}
