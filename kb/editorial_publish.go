package kb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"frontdesk/internal/identity"
)

// Publish ends working copies by publishing them, all or none. What says exactly
// what is published keeps its version. Errors: [ErrInvalid] (one is unfinished, or there are too many),
// [ErrConflict] (one was changed since it was read, or another version was published since it was made),
// [ErrGate], [ErrEmbedding], [ErrNotFound], identity.ErrForbidden.
func (e *Editorial) Publish(ctx context.Context, actor identity.Actor, site int32, refs []DraftRef) ([]Article, error) {
	if err := mayWrite(actor, "publish"); err != nil {
		return nil, err
	}
	if len(refs) == 0 || len(refs) > MaxReleased {
		return nil, invalid(`"drafts" must name 1 to %d working copies`, MaxReleased)
	}
	if e.gate != nil {
		if err := e.gate.Check(ctx, site, refs); err != nil {
			return nil, fmt.Errorf("publish: %w", err)
		}
	}
	drafts := make([]Draft, 0, len(refs))
	for i, ref := range refs {
		if slices.ContainsFunc(refs[:i], func(o DraftRef) bool { return o.Article == ref.Article && o.Locale == ref.Locale }) {
			return nil, invalid(`"drafts" names %q in %s twice`, ref.Article, ref.Locale)
		}
		d, err := e.read(ctx, actor, site, ref)
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, d)
	}
	return e.release(ctx, actor, site, drafts, false)
}

// release publishes working copies of one site. due: only where their hour has come.
func (e *Editorial) release(ctx context.Context, actor identity.Actor, site int32, drafts []Draft, due bool) ([]Article, error) {
	now := e.clock()
	var articles []Article
	var t terms
	saved := make([]Article, 0, len(drafts))
	for _, d := range drafts {
		a, err := d.validate()
		if err != nil {
			return nil, fmt.Errorf("%q in %s: %w", d.ID, d.Locale, err)
		}
		if !a.ExpiresAt.IsZero() && !a.ExpiresAt.After(now) {
			return nil, fmt.Errorf("%q in %s: %w", d.ID, d.Locale, invalid(`"expires_at" lies in the past`))
		}
		if err := ownDepartment(actor.Scope, a.Department); err != nil {
			return nil, err
		}
		old, is, err := e.published(ctx, actor, site, a.ID, a.Locale)
		if err != nil {
			return nil, err
		}
		if old.Version != d.Base {
			return nil, fmt.Errorf("version %d of %q in %s was published since this working copy was made; compare with it, then publish: %w", old.Version, a.ID, a.Locale, ErrConflict)
		}
		if is && old.sameContent(a) {
			if err := e.store.DropDraft(ctx, actor.Scope, site, d.Ref()); err != nil {
				return nil, err
			}
			saved = append(saved, old)
			continue
		}
		a.Version, a.Author, a.RestoredFrom = d.Base, d.Editor, 0
		articles = append(articles, a)
		t.minor = append(t.minor, d.Minor)
		t.releases = append(t.releases, Release{DraftRef: d.Ref(), Due: due})
	}
	if len(articles) == 0 {
		return saved, nil
	}
	done, err := e.service.publishOn(ctx, actor, site, articles, t)
	if err != nil {
		return nil, err
	}
	return append(saved, done...), nil
}

// Versions returns all versions of a translation, the newest first. Errors: [ErrNotFound], identity.ErrForbidden.
func (e *Editorial) Versions(ctx context.Context, actor identity.Actor, site int32, id, locale string) ([]VersionInfo, error) {
	if err := mayRead(actor, "read versions"); err != nil {
		return nil, err
	}
	all, err := e.store.Versions(ctx, actor.Scope, site, id, locale)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("read versions of %q in %s: %w", id, locale, ErrNotFound)
	}
	return all, err
}

// Version returns one version. Errors: [ErrNotFound], identity.ErrForbidden.
func (e *Editorial) Version(ctx context.Context, actor identity.Actor, site int32, id, locale string, version uint32) (Article, error) {
	if err := mayRead(actor, "read version"); err != nil {
		return Article{}, err
	}
	return e.store.Version(ctx, actor.Scope, site, id, locale, version)
}

// Rollback publishes the content of an earlier version again, as a new version, at
// once: it does not wait for what is learnt from it. current is the version that
// is published, 0 = none is: what was archived or has expired comes back. A time of
// expiry that is over is left out. Errors: [ErrNotFound], [ErrConflict], [ErrInvalid], [ErrEmbedding], identity.ErrForbidden.
func (e *Editorial) Rollback(ctx context.Context, actor identity.Actor, site int32, id, locale string, version, current uint32) (Article, error) {
	if err := mayWrite(actor, "roll back"); err != nil {
		return Article{}, err
	}
	a, err := e.store.Version(ctx, actor.Scope, site, id, locale, version)
	if err != nil {
		return Article{}, err
	}
	published, is, err := e.published(ctx, actor, site, id, locale)
	if err != nil {
		return Article{}, err
	}
	if published.Version != current {
		return Article{}, fmt.Errorf("version %d of %q in %s is published, not %d; read the article again: %w", published.Version, id, locale, current, ErrConflict)
	}
	if a, err = a.validate(); err != nil {
		return Article{}, err
	}
	if !a.ExpiresAt.After(e.clock()) {
		a.ExpiresAt = time.Time{}
	}
	if err := ownDepartment(actor.Scope, a.Department); err != nil {
		return Article{}, err
	}
	if is && published.sameContent(a) {
		return published, nil
	}
	a.Version, a.Author, a.RestoredFrom = current, nameOf(actor), version
	saved, err := e.service.publishOn(ctx, actor, site, []Article{a}, terms{atOnce: true})
	if err != nil {
		return Article{}, err
	}
	return saved[0], nil
}

// Restore publishes the last version of an archived or expired translation again. Errors: as [Editorial.Rollback].
func (e *Editorial) Restore(ctx context.Context, actor identity.Actor, site int32, id, locale string) (Article, error) {
	if err := mayWrite(actor, "restore"); err != nil {
		return Article{}, err
	}
	all, err := e.Versions(ctx, actor, site, id, locale)
	if err != nil {
		return Article{}, err
	}
	return e.Rollback(ctx, actor, site, id, locale, all[0].Version, 0)
}

// MarkTranslated notes that a published translation says what the newest one
// says, although it was not changed since. Errors: [ErrNotFound], identity.ErrForbidden.
func (e *Editorial) MarkTranslated(ctx context.Context, actor identity.Actor, site int32, id, locale string) error {
	if err := mayWrite(actor, "mark as translated"); err != nil {
		return err
	}
	return e.store.MarkTranslated(ctx, actor.Scope, site, id, locale)
}

// How what is due is published.
const (
	dueLease     = 45 * time.Second // a node that dies with it is waited for so long
	dueBatch     = 20               // working copies taken at once; the rest comes right after
	duePatience  = 30 * time.Second // of one site's publication
	firstRetry   = 15 * time.Second // doubles with every failure
	mostRetry    = time.Hour
	expireBatch  = 50
	tickPatience = 5 * time.Second // of looking for what is due
)

// Run publishes what is scheduled and unpublishes what expires, each within a
// second or so of its time by the database's clock, and blocks until ctx ends.
// Several nodes may run it: each working copy is published by one of them.
func (e *Editorial) Run(ctx context.Context) error {
	ticker := time.NewTicker(e.every)
	defer ticker.Stop()
	for {
		if err := e.due(ctx); err != nil && ctx.Err() == nil { // the next second tries again
			e.log.WarnContext(ctx, "cannot look for what is due", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// due does what is due now.
func (e *Editorial) due(ctx context.Context) error {
	for {
		n, err := e.dueDrafts(ctx)
		if err != nil {
			return err
		}
		if n < dueBatch {
			break
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, duePatience, errors.New("unpublishing what expires took too long"))
	defer cancel()
	gone, err := e.store.Expire(ctx, expireBatch)
	for _, x := range gone {
		e.service.markStale(x.Site)
		e.log.InfoContext(ctx, "article expired", "site", x.Site, "article", x.ID, "locale", x.Locale)
		e.record(ctx, "system", "kb.expire", x.ID+" "+x.Locale, x.Site)
	}
	if err != nil {
		return fmt.Errorf("unpublish what expires: %w", err)
	}
	return nil
}

// dueDrafts takes a batch of scheduled working copies and publishes them site by
// site; it returns how many it took.
func (e *Editorial) dueDrafts(ctx context.Context) (int, error) {
	looking, cancel := context.WithTimeoutCause(ctx, tickPatience, errors.New("looking for what is due took too long"))
	drafts, err := e.store.DueDrafts(looking, dueLease, dueBatch)
	cancel()
	if err != nil {
		return 0, fmt.Errorf("read what is scheduled: %w", err)
	}
	bySite := map[int32][]Draft{}
	for _, d := range drafts {
		bySite[d.Site] = append(bySite[d.Site], d)
	}
	for site, all := range bySite {
		if err := e.releaseDue(ctx, site, all); err != nil && len(all) > 1 { // one of them may be at fault: each for itself
			for _, d := range all {
				e.fail(ctx, d, e.releaseDue(ctx, site, []Draft{d}))
			}
		} else {
			e.fail(ctx, all[0], err)
		}
	}
	return len(drafts), nil
}

func (e *Editorial) releaseDue(ctx context.Context, site int32, drafts []Draft) error {
	ctx, cancel := context.WithTimeoutCause(ctx, duePatience, errors.New("publishing what is scheduled took too long"))
	defer cancel()
	saved, err := e.release(ctx, identity.System(), site, drafts, true)
	if err != nil {
		return err
	}
	for _, a := range saved {
		e.log.InfoContext(ctx, "scheduled article published", "site", site, "article", a.ID, "locale", a.Locale, "version", a.Version)
		e.record(ctx, "system", "kb.publish_scheduled", a.ID+" "+a.Locale, site)
	}
	return nil
}

// fail keeps a failure where editors see it, and sets when it is tried again.
func (e *Editorial) fail(ctx context.Context, d Draft, err error) {
	if err == nil || ctx.Err() != nil { // a server that stops leaves it to the next one
		return
	}
	wait := min(mostRetry, firstRetry<<min(max(d.Attempts-1, 0), 10))
	e.log.WarnContext(ctx, "cannot publish what is scheduled", "site", d.Site, "article", d.ID, "locale", d.Locale, "attempt", d.Attempts, "error", err)
	if err := e.store.FailDraft(ctx, d, FailureOf(err), wait); err != nil {
		e.log.WarnContext(ctx, "cannot note a failed publication", "site", d.Site, "article", d.ID, "error", err)
	}
}

func (e *Editorial) record(ctx context.Context, actor, action, object string, site int32) {
	if e.audit == nil {
		return
	}
	row := identity.AuditRow{At: e.clock(), Actor: actor, Action: action, Object: object, Site: site}
	if err := e.audit(ctx, row); err != nil {
		e.log.ErrorContext(ctx, "audit row lost", "action", action, "error", err)
	}
}
