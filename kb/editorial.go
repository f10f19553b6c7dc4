package kb

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"frontdesk/internal/identity"
)

// EditorialConfig is what an [Editorial] needs. Service and Store are required.
type EditorialConfig struct {
	Service *Service
	Store   EditorialStore
	Gate    Gate             // Asked before a person publishes or schedules working copies. Nil: nobody is.
	Clock   func() time.Time // Defaults to time.Now.
	Logger  *slog.Logger     // Defaults to one that discards.
	// Every is how often what is due is looked for. Defaults to one second.
	Every time.Duration
	// Audit records an act that no request stands behind: a scheduled publication, an expiry. Nil: none is.
	Audit func(ctx context.Context, row identity.AuditRow) error
}

// Editorial is the editors' side of the knowledge base: working copies with their
// states, versions, word lists, and what happens at its hour. Publishing goes
// through [Service]. It is safe for concurrent use, by several nodes at once.
type Editorial struct {
	service *Service
	store   EditorialStore
	gate    Gate
	clock   func() time.Time
	log     *slog.Logger
	every   time.Duration
	audit   func(ctx context.Context, row identity.AuditRow) error
}

// NewEditorial checks cfg.
func NewEditorial(cfg EditorialConfig) (*Editorial, error) {
	if cfg.Service == nil || cfg.Store == nil {
		return nil, errors.New("kb: EditorialConfig.Service and Store are required")
	}
	if cfg.Every < 0 {
		return nil, errors.New("kb: EditorialConfig.Every must not be negative")
	}
	e := &Editorial{service: cfg.Service, store: cfg.Store, gate: cfg.Gate, clock: cfg.Clock, log: cfg.Logger, every: cfg.Every, audit: cfg.Audit}
	if e.clock == nil {
		e.clock = time.Now
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.every == 0 {
		e.every = time.Second
	}
	return e, nil
}

func mayRead(actor identity.Actor, what string) error {
	if !actor.Can(identity.PermKBRead) {
		return fmt.Errorf("%s: %w", what, identity.ErrForbidden)
	}
	return nil
}

func mayWrite(actor identity.Actor, what string) error {
	if !actor.Can(identity.PermKBWrite) {
		return fmt.Errorf("%s: %w", what, identity.ErrForbidden)
	}
	return nil
}

// nameOf returns what is stored as the author of what actor does.
func nameOf(actor identity.Actor) string {
	if actor.ID == "" {
		return "system"
	}
	return actor.ID
}

// Board returns a page of the editors' list. Errors: identity.ErrForbidden, [ErrInvalid].
func (e *Editorial) Board(ctx context.Context, actor identity.Actor, q BoardQuery) (Board, error) {
	if err := mayRead(actor, "list articles"); err != nil {
		return Board{}, err
	}
	switch q.Show {
	case "", string(StateDraft), string(StateReview), string(StateScheduled), ShowPublished, ShowToReview, ShowExpired, ShowArchived, ShowMissing, ShowOutdated, ShowFailed:
	default:
		return Board{}, invalid(`"show" %q is none of the filters`, q.Show)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 200)
	q.Limit = limit + 1
	q.Cursor, q.Search = openCursor(q.Cursor), cleanSearch(q.Search)
	b, err := e.store.Board(ctx, actor.Scope, q)
	if err != nil {
		return Board{}, fmt.Errorf("list articles: %w", err)
	}
	if len(b.Items) > limit {
		b.Items = b.Items[:limit]
		last := b.Items[limit-1]
		b.Next = base64.RawURLEncoding.EncodeToString([]byte(last.Locale + " " + last.ID))
	}
	return b, nil
}

// openCursor reads a cursor; one that is not ours starts at the beginning.
func openCursor(cursor string) string {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return ""
	}
	return cleanSearch(string(raw))
}

// cleanSearch takes out what the database cannot compare with.
func cleanSearch(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}

// Draft returns the working copy of one translation. Errors: [ErrNotFound], identity.ErrForbidden.
func (e *Editorial) Draft(ctx context.Context, actor identity.Actor, site int32, id, locale string) (Draft, error) {
	if err := mayRead(actor, "read working copy"); err != nil {
		return Draft{}, err
	}
	return e.store.Draft(ctx, actor.Scope, site, id, locale)
}

// Drafts returns all working copies of a site. Errors: identity.ErrForbidden.
func (e *Editorial) Drafts(ctx context.Context, actor identity.Actor, site int32) ([]Draft, error) {
	if err := mayRead(actor, "read working copies"); err != nil {
		return nil, err
	}
	return e.store.Drafts(ctx, actor.Scope, site)
}

// SaveDraft stores a working copy, which may be unfinished. d.Revision is the one
// that was edited; 0 makes one, from what is published if anything is. What
// changes nothing is no change: a working copy that would say what is published
// is not made (the result then has no revision). d.Base, if it is not what
// the working copy has, must be the version that is published now: it was compared with that. Errors:
// [ErrInvalid], [ErrConflict] (somebody else changed, made, published or discarded it), [ErrScheduled],
// [ErrNotFound], identity.ErrForbidden.
func (e *Editorial) SaveDraft(ctx context.Context, actor identity.Actor, d Draft) (Draft, error) {
	if err := mayWrite(actor, "save working copy"); err != nil {
		return Draft{}, err
	}
	a, err := d.validateUnfinished()
	if err != nil {
		return Draft{}, err
	}
	d.Article = a
	published, isPublished, err := e.published(ctx, actor, d.Site, d.ID, d.Locale)
	if err != nil {
		return Draft{}, err
	}
	current, err := e.store.Draft(ctx, actor.Scope, d.Site, d.ID, d.Locale)
	switch {
	case errors.Is(err, ErrNotFound) && d.Revision != 0:
		return Draft{}, fmt.Errorf("the working copy of %q in %s was published or discarded meanwhile; read the article again: %w", d.ID, d.Locale, ErrConflict)
	case errors.Is(err, ErrNotFound):
		return e.newDraft(ctx, actor, d, published, isPublished)
	case err != nil:
		return Draft{}, err
	}
	d.Article = d.settleDepartment(current.Article)
	same := current.sameContent(d.Article) && current.Minor == d.Minor && (d.Base == current.Base || d.Revision == 0)
	switch {
	case same && (d.Revision == 0 || d.Revision == current.Revision):
		return current, nil
	case d.Revision != current.Revision:
		return Draft{}, fmt.Errorf("the working copy of %q in %s was changed by somebody else; read it again, then change that: %w", d.ID, d.Locale, ErrConflict)
	case current.State == StateScheduled:
		return Draft{}, fmt.Errorf("save working copy: %w", ErrScheduled)
	case d.Base != current.Base && d.Base != published.Version:
		return Draft{}, fmt.Errorf("version %d of %q in %s is published; compare with that one: %w", published.Version, d.ID, d.Locale, ErrConflict)
	}
	next := current
	next.Article, next.Base, next.Minor, next.Editor = d.Article, d.Base, d.Minor, nameOf(actor)
	return e.put(ctx, actor, next)
}

func (e *Editorial) newDraft(ctx context.Context, actor identity.Actor, d Draft, published Article, isPublished bool) (Draft, error) {
	d.Article = d.settleDepartment(published)
	if isPublished && published.sameContent(d.Article) {
		return Draft{Article: published, Base: published.Version}, nil
	}
	if d.Base != 0 && d.Base != published.Version {
		return Draft{}, fmt.Errorf("version %d of %q in %s is published, not %d; read the article again: %w", published.Version, d.ID, d.Locale, d.Base, ErrConflict)
	}
	return e.put(ctx, actor, Draft{Article: d.Article, State: StateDraft, Base: published.Version, Minor: d.Minor, Editor: nameOf(actor)})
}

// NewDraft makes the working copy of a translation of which nothing is published.
// Errors: [ErrConflict] (something is, or somebody else has begun it), and those of [Editorial.SaveDraft].
func (e *Editorial) NewDraft(ctx context.Context, actor identity.Actor, a Article) (Draft, error) {
	if err := mayWrite(actor, "make working copy"); err != nil {
		return Draft{}, err
	}
	if _, is, err := e.published(ctx, actor, a.Site, a.ID, a.Locale); err != nil || is {
		if is {
			err = fmt.Errorf("%q is taken in %s; change that article, or name this one otherwise: %w", a.ID, a.Locale, ErrConflict)
		}
		return Draft{}, err
	}
	return e.SaveDraft(ctx, actor, Draft{Article: a})
}

// put stores d as changed now.
func (e *Editorial) put(ctx context.Context, actor identity.Actor, d Draft) (Draft, error) {
	if err := ownDepartment(actor.Scope, d.Department); err != nil {
		return Draft{}, err
	}
	d.UpdatedAt = e.clock().UTC()
	return e.store.SaveDraft(ctx, actor.Scope, d)
}

// ownDepartment refuses an article that its author could not see any more.
func ownDepartment(scope identity.Scope, department int32) error {
	if scope.All || scope.AllDepartments || slices.Contains(scope.Departments, department) {
		return nil
	}
	if department == 0 {
		return invalid(`"department" must be one of yours: an article of every department is for an administrator to make`)
	}
	return invalid(`"department" %d is none of yours`, department)
}

// published returns what is published of a translation, if anything is.
func (e *Editorial) published(ctx context.Context, actor identity.Actor, site int32, id, locale string) (Article, bool, error) {
	a, err := e.service.store.Article(ctx, actor.Scope, site, id, locale)
	switch {
	case err == nil:
		return a, true, nil
	case errors.Is(err, ErrNotFound):
		return Article{}, false, nil
	}
	return Article{}, false, fmt.Errorf("read what is published: %w", err)
}

// AddVariant adds a way of asking to the working copy of a translation, which is
// made from what is published where there is none; to one that is asked so already
// it adds nothing. Errors: [ErrNotFound] (neither), [ErrInvalid], [ErrScheduled], [ErrConflict] (changed at the same
// moment, three times in a row), identity.ErrForbidden.
func (e *Editorial) AddVariant(ctx context.Context, actor identity.Actor, site int32, id, locale, question string) (Draft, error) {
	if err := mayWrite(actor, "add question"); err != nil {
		return Draft{}, err
	}
	for attempt := 1; ; attempt++ {
		d, err := e.store.Draft(ctx, actor.Scope, site, id, locale)
		if errors.Is(err, ErrNotFound) {
			a, ok, readErr := e.published(ctx, actor, site, id, locale)
			if readErr != nil {
				return Draft{}, readErr
			}
			if !ok {
				return Draft{}, fmt.Errorf("add question to %q in %s: %w", id, locale, ErrNotFound)
			}
			d, err = Draft{Article: a, Base: a.Version}, nil
		}
		if err != nil {
			return Draft{}, err
		}
		d.Department = keepDepartment(d.Department)
		d.Questions = append(slices.Clone(d.Questions), question)
		d, err = e.SaveDraft(ctx, actor, d)
		if attempt < 3 && errors.Is(err, ErrConflict) {
			continue
		}
		return d, err
	}
}

// keepDepartment returns what leaves a department as it is when it is saved.
func keepDepartment(department int32) int32 {
	if department == 0 {
		return AllDepartments
	}
	return department
}

// Submit asks for a review; note is for who reads it. Errors: [ErrInvalid] (unfinished), [ErrState],
// [ErrConflict], [ErrNotFound], identity.ErrForbidden; likewise for the other steps.
func (e *Editorial) Submit(ctx context.Context, actor identity.Actor, site int32, ref DraftRef, note string) (Draft, error) {
	return e.step(ctx, actor, site, ref, func(d *Draft) error {
		if d.State != StateDraft {
			return fmt.Errorf("only what is being written is submitted for review, this is in %q: %w", d.State, ErrState)
		}
		if _, err := d.validate(); err != nil {
			return err
		}
		d.State, d.Submitter, d.Reviewer = StateReview, nameOf(actor), ""
		return setNote(d, note)
	})
}

// SendBack returns what waits for a review to its writer with a note, which must not be empty.
func (e *Editorial) SendBack(ctx context.Context, actor identity.Actor, site int32, ref DraftRef, note string) (Draft, error) {
	return e.step(ctx, actor, site, ref, func(d *Draft) error {
		if d.State != StateReview {
			return fmt.Errorf("only what waits for a review is sent back, this is in %q: %w", d.State, ErrState)
		}
		if strings.TrimSpace(note) == "" {
			return invalid(`"note" is empty: say what is to be changed`)
		}
		d.State, d.Reviewer = StateDraft, nameOf(actor)
		return setNote(d, note)
	})
}

// Schedule lets a working copy go live by itself. at must lie ahead.
func (e *Editorial) Schedule(ctx context.Context, actor identity.Actor, site int32, ref DraftRef, at time.Time) (Draft, error) {
	if err := mayWrite(actor, "schedule"); err != nil {
		return Draft{}, err
	}
	now := e.clock()
	switch {
	case !at.After(now):
		return Draft{}, invalid(`"at" lies in the past: publish now, or name a time ahead`)
	case at.Sub(now) > MaxAhead:
		return Draft{}, invalid(`"at" lies more than five years ahead`)
	}
	if e.gate != nil {
		if err := e.gate.Check(ctx, site, []DraftRef{ref}); err != nil {
			return Draft{}, fmt.Errorf("schedule: %w", err)
		}
	}
	return e.step(ctx, actor, site, ref, func(d *Draft) error {
		a, err := d.validate()
		if err != nil {
			return err
		}
		if !a.ExpiresAt.IsZero() && !a.ExpiresAt.After(at) {
			return invalid(`"expires_at" lies before the time at which it would go live`)
		}
		if d.State == StateReview {
			d.Reviewer = nameOf(actor)
		}
		d.State, d.PublishAt = StateScheduled, storedTime(at)
		d.RetryAt, d.Attempts, d.Failure = d.PublishAt, 0, ""
		return nil
	})
}

// Unschedule takes a working copy off the schedule: it is being written again.
func (e *Editorial) Unschedule(ctx context.Context, actor identity.Actor, site int32, ref DraftRef) (Draft, error) {
	return e.step(ctx, actor, site, ref, func(d *Draft) error {
		if d.State != StateScheduled {
			return fmt.Errorf("it is not scheduled: %w", ErrState)
		}
		d.State, d.PublishAt, d.RetryAt, d.Attempts, d.Failure = StateDraft, time.Time{}, time.Time{}, 0, ""
		return nil
	})
}

// Discard deletes a working copy; what is published stays. Errors: [ErrConflict], [ErrNotFound], identity.ErrForbidden.
func (e *Editorial) Discard(ctx context.Context, actor identity.Actor, site int32, ref DraftRef) error {
	if err := mayWrite(actor, "discard working copy"); err != nil {
		return err
	}
	return e.store.DropDraft(ctx, actor.Scope, site, ref)
}

// step changes the state of a working copy as it was read.
func (e *Editorial) step(ctx context.Context, actor identity.Actor, site int32, ref DraftRef, change func(*Draft) error) (Draft, error) {
	if err := mayWrite(actor, "change working copy"); err != nil {
		return Draft{}, err
	}
	d, err := e.read(ctx, actor, site, ref)
	if err != nil {
		return Draft{}, err
	}
	if err := change(&d); err != nil {
		return Draft{}, err
	}
	return e.put(ctx, actor, d)
}

// read returns a working copy of that very revision.
func (e *Editorial) read(ctx context.Context, actor identity.Actor, site int32, ref DraftRef) (Draft, error) {
	d, err := e.store.Draft(ctx, actor.Scope, site, ref.Article, ref.Locale)
	if err != nil {
		return Draft{}, err
	}
	if d.Revision != ref.Revision {
		return Draft{}, fmt.Errorf("the working copy of %q in %s was changed since you read it; read it again: %w", ref.Article, ref.Locale, ErrConflict)
	}
	return d, nil
}

func setNote(d *Draft, note string) error {
	note, err := textField("note", note, MaxNoteRunes)
	if err != nil {
		return err
	}
	d.Note = note
	return nil
}
