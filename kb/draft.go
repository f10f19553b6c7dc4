package kb

import (
	"context"
	"errors"
	"time"

	"frontdesk/internal/identity"
)

// Errors of working copies, beside those of [Service].
var (
	// ErrScheduled: a working copy that waits for its hour is not changed underhand.
	ErrScheduled = errors.New("the working copy is scheduled; take it off the schedule before changing it")
	// ErrState: the working copy is not where the step starts from. Wrapped with the mend.
	ErrState = errors.New("the working copy is in another state")
)

// Limits of working copies.
const (
	MaxNoteRunes = 2000
	// MaxAhead is how far ahead something may be scheduled.
	MaxAhead = 5 * 365 * 24 * time.Hour
	// MaxReleased is how many working copies are published at once: one transaction, all or none.
	MaxReleased = 500
)

// DraftState says how far a working copy is.
type DraftState string

// The states, as stored. What is published, archived or expired is an article's
// state, not its working copy's: publishing ends the working copy.
const (
	StateDraft     DraftState = "draft"     // being written
	StateReview    DraftState = "review"    // somebody else should read it
	StateScheduled DraftState = "scheduled" // goes live by itself
)

// Draft is the working copy of one translation, beside what is published or before
// anything is. Its texts may be unfinished; Version and Author of the article are
// of no meaning in it, UpdatedAt is when it was changed.
type Draft struct {
	Article

	State     DraftState
	Base      uint32 // the published version that it was made from; 0 = there was none
	Minor     bool   // the change concerns no other translation
	Revision  int64  // rises with every change; 0 = not stored
	Editor    string // who changed it last: a user id or "system"
	Submitter string // who asked for the review
	Reviewer  string // who approved it or sent it back
	Note      string // what that person said
	PublishAt time.Time
	RetryAt   time.Time // when a node tries to publish it next; [StateScheduled] only
	Attempts  int       // that were made so far
	Failure   string    // why the last one failed: a code of [FailureOf]
	CreatedAt time.Time
}

// Ref names d as it was read.
func (d Draft) Ref() DraftRef {
	return DraftRef{Article: d.ID, Locale: d.Locale, Revision: d.Revision}
}

// Release is a working copy that a publication ends, in its transaction.
type Release struct {
	DraftRef

	Due bool // only if its hour has come
}

// FailureOf names why a scheduled publication failed, without texts of anybody's.
func FailureOf(err error) string {
	switch {
	case errors.Is(err, ErrConflict):
		return "conflict" // another version was published since the working copy was made
	case errors.Is(err, ErrInvalid):
		return "invalid"
	case errors.Is(err, ErrEmbedding):
		return "model"
	case errors.Is(err, ErrNotFound):
		return "gone"
	}
	return "internal"
}

// EditorialStore keeps working copies, versions and word lists; *postgres.Knowledge is one.
type EditorialStore interface {
	DraftStore
	DueStore
	VersionStore
	BoardStore
	WordStore
}

// DraftStore keeps working copies within scope.
type DraftStore interface {
	// Draft returns a working copy, or [ErrNotFound].
	Draft(ctx context.Context, scope identity.Scope, site int32, id, locale string) (Draft, error)
	// Drafts returns all working copies of a site by id and locale.
	Drafts(ctx context.Context, scope identity.Scope, site int32) ([]Draft, error)
	// DraftsOf returns those of one article by locale.
	DraftsOf(ctx context.Context, scope identity.Scope, site int32, id string) ([]Draft, error)
	// SaveDraft stores d and returns it with its new revision. d.Revision is the one that it replaces, 0 = there is none:
	// [ErrConflict] if that is not so. [ErrNotFound]: the site, or an article of that id, is out of scope.
	SaveDraft(ctx context.Context, scope identity.Scope, d Draft) (Draft, error)
	// DropDraft deletes the working copy of that revision, or returns [ErrConflict].
	DropDraft(ctx context.Context, scope identity.Scope, site int32, ref DraftRef) error
}

// DueStore finds what time has made due, by the database's clock.
type DueStore interface {
	// DueDrafts takes up to limit scheduled working copies whose hour has come: nobody else is given them for so long.
	DueDrafts(ctx context.Context, lease time.Duration, limit int) ([]Draft, error)
	// FailDraft notes why d was not published, and when it is tried again. It does nothing if d was changed since.
	FailDraft(ctx context.Context, d Draft, failure string, wait time.Duration) error
	// Expire unpublishes up to limit translations whose time is over, each exactly once, and returns them.
	Expire(ctx context.Context, limit int) ([]Expired, error)
}

// Expired is a translation that was unpublished because its time was over.
type Expired struct {
	Site   int32
	ID     string
	Locale string
}

// VersionStore reads what was published, within scope.
type VersionStore interface {
	// Versions returns all versions of a translation, the newest first; none is no error.
	Versions(ctx context.Context, scope identity.Scope, site int32, id, locale string) ([]VersionInfo, error)
	// Version returns one, published or not, or [ErrNotFound].
	Version(ctx context.Context, scope identity.Scope, site int32, id, locale string, version uint32) (Article, error)
	// MarkTranslated notes that a translation says what the newest one says. [ErrNotFound]: it is not published.
	MarkTranslated(ctx context.Context, scope identity.Scope, site int32, id, locale string) error
}

// VersionInfo is a version in a list.
type VersionInfo struct {
	Version      uint32
	Title        string
	Author       string
	At           time.Time
	RestoredFrom uint32 // the version whose content it has again; 0 = its own
	Published    bool   // it is the one that is said
}

// BoardStore lists articles with their working copies, within scope.
type BoardStore interface {
	// Board returns a page by id and locale.
	Board(ctx context.Context, scope identity.Scope, q BoardQuery) (Board, error)
	// Spoken returns the languages in which the site has published articles, and in which of them the article id is outdated.
	Spoken(ctx context.Context, scope identity.Scope, site int32, id string) (locales, outdated []string, err error)
	// Taken returns which of the texts (normalised) are questions or titles of published articles other than id.
	Taken(ctx context.Context, scope identity.Scope, site int32, id string, texts []string) ([]Taken, error)
}

// The filters of [BoardQuery.Show], beside the names of [DraftState].
const (
	ShowPublished = "published"
	ShowToReview  = "to_review" // published, and its review date has come
	ShowExpired   = "expired"
	ShowArchived  = "archived"
	ShowMissing   = "missing"  // the site has a language that the article has not
	ShowOutdated  = "outdated" // another translation was changed since
	ShowFailed    = "failed"   // scheduled, and could not be published
)

// BoardQuery selects a page of the editors' list.
type BoardQuery struct {
	Site   int32
	Show   string // one of the filters; empty = everything but what is archived or expired
	Search string // part of id, title, a question or a tag
	Locale string
	Tag    string
	Owner  string // user id
	Cursor string // "locale id"; empty = the first page
	Limit  int    // 1–200; 0 = 50
}

// Board is a page of the editors' list.
type Board struct {
	Items   []BoardRow
	Next    string         // cursor; empty on the last page
	Counts  map[string]int // translations by filter ("" = no filter); the other fields of the query apply
	Locales []string       // in which the site has published articles
}

// BoardRow is one translation with what is published of it and its working copy.
type BoardRow struct {
	ID         string
	Locale     string
	Title      string // of the working copy, if there is one
	Tags       []string
	Questions  int
	Department int32
	Audience   Audience
	Owner      string
	Published  uint32     // version; 0 = none is
	Ended      string     // "archived", "expired" or empty
	State      DraftState // of the working copy; empty = there is none
	Revision   int64
	Editor     string
	Failure    string
	PublishAt  time.Time
	ReviewAt   time.Time // of what is published
	ExpiresAt  time.Time // of what is published
	UpdatedAt  time.Time
	Outdated   bool
	Missing    []string // languages of the site in which the article has neither
}

// WordStore keeps word lists.
type WordStore interface {
	// Words returns a site's list by id. [ErrNotFound]: the site is out of scope.
	Words(ctx context.Context, scope identity.Scope, site int32) ([]WordGroup, error)
	// EditWords calls edit with the list as it is, stores what it returns and raises the site's epoch, all in one
	// transaction that no other edit of the site overlaps. It returns edit's error as it is, and then nothing is changed.
	EditWords(ctx context.Context, scope identity.Scope, site int32, editor string, edit func([]WordGroup) (WordEdit, error)) ([]WordGroup, error)
}

// WordEdit is a change of a word list: groups with an id 0 are new.
type WordEdit struct {
	Put  []WordGroup
	Drop []int64
}
