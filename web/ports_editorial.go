package web

import (
	"context"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// Editorial is the editors' side of the knowledge base; *kb.Editorial is one.
// Errors: those of package kb, identity.ErrForbidden.
type Editorial interface {
	WorkingCopies
	WorkingSteps
	Versions
	WordLists
}

// WorkingCopies reads and writes working copies.
type WorkingCopies interface {
	Board(ctx context.Context, actor identity.Actor, q kb.BoardQuery) (kb.Board, error)
	Desk(ctx context.Context, actor identity.Actor, site int32, id string) (kb.Desk, error)
	SaveDraft(ctx context.Context, actor identity.Actor, d kb.Draft) (kb.Draft, error)
	Discard(ctx context.Context, actor identity.Actor, site int32, ref kb.DraftRef) error
	Lint(ctx context.Context, actor identity.Actor, a kb.Article) (kb.LintReport, error)
}

// WorkingSteps moves working copies from state to state.
type WorkingSteps interface {
	Submit(ctx context.Context, actor identity.Actor, site int32, ref kb.DraftRef, note string) (kb.Draft, error)
	SendBack(ctx context.Context, actor identity.Actor, site int32, ref kb.DraftRef, note string) (kb.Draft, error)
	Schedule(ctx context.Context, actor identity.Actor, site int32, ref kb.DraftRef, at time.Time) (kb.Draft, error)
	Unschedule(ctx context.Context, actor identity.Actor, site int32, ref kb.DraftRef) (kb.Draft, error)
	Publish(ctx context.Context, actor identity.Actor, site int32, refs []kb.DraftRef) ([]kb.Article, error)
}

// Versions reads what was published and brings it back.
type Versions interface {
	Versions(ctx context.Context, actor identity.Actor, site int32, id, locale string) ([]kb.VersionInfo, error)
	Diff(ctx context.Context, actor identity.Actor, site int32, id, locale string, from, to kb.DiffSide) ([]kb.FieldDiff, error)
	Rollback(ctx context.Context, actor identity.Actor, site int32, id, locale string, version, current uint32) (kb.Article, error)
	Restore(ctx context.Context, actor identity.Actor, site int32, id, locale string) (kb.Article, error)
	MarkTranslated(ctx context.Context, actor identity.Actor, site int32, id, locale string) error
}

// WordLists keeps word lists.
type WordLists interface {
	Words(ctx context.Context, actor identity.Actor, site int32) ([]kb.WordGroup, error)
	SaveWords(ctx context.Context, actor identity.Actor, site int32, g kb.WordGroup) ([]kb.WordGroup, error)
	DropWords(ctx context.Context, actor identity.Actor, site int32, ids []int64) ([]kb.WordGroup, error)
	AddWords(ctx context.Context, actor identity.Actor, site int32, list string, kind kb.WordKind, dry bool) (kb.WordsReport, error)
}

// Staff knows who works at a site; *postgres.Accounts does.
type Staff interface {
	// Staff returns the people who can work at a site, by name.
	Staff(ctx context.Context, site int32) ([]identity.Colleague, error)
	// Departments returns a site's departments, by name.
	Departments(ctx context.Context, site int32) ([]identity.Department, error)
}
