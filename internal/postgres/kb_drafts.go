package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

//go:embed query/kb_draft.sql
var kbDraftSQL string

//go:embed query/kb_draft_save.sql
var kbDraftSaveSQL string

//go:embed query/kb_draft_drop.sql
var kbDraftDropSQL string

//go:embed query/kb_drafts_due.sql
var kbDraftsDueSQL string

//go:embed query/kb_draft_fail.sql
var kbDraftFailSQL string

//go:embed query/kb_expiring.sql
var kbExpiringSQL string

//go:embed query/kb_expire.sql
var kbExpireSQL string

var _ kb.EditorialStore = (*Knowledge)(nil)

// draftRow is a working copy as the queries return it.
type draftRow struct {
	SiteID       int32
	ID           string
	Locale       string
	DepartmentID int32
	Title        string
	Questions    []string
	Answer       string
	Tags         []string
	Audience     int16
	Floor        float64
	Handover     bool
	Next         []string
	Owner        string
	ReviewAt     *time.Time
	ExpiresAt    *time.Time
	State        string
	BaseVersion  int32
	Minor        bool
	Revision     int64
	Editor       string
	Submitter    string
	Reviewer     string
	Note         string
	PublishAt    *time.Time
	DueAt        *time.Time
	Attempts     int32
	Failure      string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

func (r draftRow) draft() kb.Draft {
	return kb.Draft{
		Article: kb.Article{
			Site: r.SiteID, ID: r.ID, Locale: r.Locale, Department: r.DepartmentID, Title: r.Title, Questions: r.Questions,
			Answer: r.Answer, Tags: r.Tags, Audience: kb.Audience(r.Audience), Floor: r.Floor, Handover: r.Handover, Next: r.Next,
			Owner: r.Owner, ReviewAt: orZero(r.ReviewAt), ExpiresAt: orZero(r.ExpiresAt), UpdatedAt: r.UpdatedAt.UTC(),
		},
		State: kb.DraftState(r.State), Base: uint32(r.BaseVersion), Minor: r.Minor, Revision: r.Revision, Editor: r.Editor,
		Submitter: r.Submitter, Reviewer: r.Reviewer, Note: r.Note, PublishAt: orZero(r.PublishAt), RetryAt: orZero(r.DueAt),
		Attempts: int(r.Attempts), Failure: r.Failure, CreatedAt: r.CreatedAt.UTC(),
	}
}

func draftOf(row pgx.CollectableRow) (kb.Draft, error) {
	r, err := pgx.RowToStructByName[draftRow](row)
	return r.draft(), err
}

func (k *Knowledge) drafts(ctx context.Context, scope identity.Scope, site int32, id, locale string) ([]kb.Draft, error) {
	args := kbScope(scope, site)
	args["id"], args["locale"] = id, locale
	rows, err := k.pool.Query(ctx, kbDraftSQL, args)
	if err != nil {
		return nil, fmt.Errorf("read working copies: %w", err)
	}
	all, err := pgx.CollectRows(rows, draftOf)
	if err != nil {
		return nil, fmt.Errorf("read working copies: %w", err)
	}
	return all, nil
}

// Draft implements kb.DraftStore.
func (k *Knowledge) Draft(ctx context.Context, scope identity.Scope, site int32, id, locale string) (kb.Draft, error) {
	all, err := k.drafts(ctx, scope, site, id, locale)
	if err != nil {
		return kb.Draft{}, err
	}
	if len(all) == 0 || id == "" || locale == "" {
		return kb.Draft{}, fmt.Errorf("no working copy of %q in %q: %w", id, locale, kb.ErrNotFound)
	}
	return all[0], nil
}

// Drafts implements kb.DraftStore.
func (k *Knowledge) Drafts(ctx context.Context, scope identity.Scope, site int32) ([]kb.Draft, error) {
	return k.drafts(ctx, scope, site, "", "")
}

// DraftsOf implements kb.DraftStore.
func (k *Knowledge) DraftsOf(ctx context.Context, scope identity.Scope, site int32, id string) ([]kb.Draft, error) {
	if id == "" {
		return nil, nil
	}
	return k.drafts(ctx, scope, site, id, "")
}

// SaveDraft implements kb.DraftStore.
func (k *Knowledge) SaveDraft(ctx context.Context, scope identity.Scope, d kb.Draft) (kb.Draft, error) {
	if scope.Contact != "" {
		return kb.Draft{}, fmt.Errorf("save working copy: %w", kb.ErrNotFound)
	}
	args := kbScope(scope, d.Site)
	maps.Copy(args, pgx.NamedArgs{
		"id": d.ID, "locale": d.Locale, "department": d.Department, "title": d.Title, "questions": notNil(d.Questions), "answer": d.Answer,
		"tags": notNil(d.Tags), "audience": int16(d.Audience), "floor": d.Floor, "handover": d.Handover, "next": notNil(d.Next), "owner": d.Owner,
		"review_at": orNull(d.ReviewAt), "expires_at": orNull(d.ExpiresAt), "state": string(d.State), "base": int32(d.Base), "minor": d.Minor,
		"revision": d.Revision, "editor": d.Editor, "submitter": d.Submitter, "reviewer": d.Reviewer, "note": d.Note,
		"publish_at": orNull(d.PublishAt), "due_at": orNull(d.RetryAt), "attempts": int32(d.Attempts), "failure": d.Failure, "at": d.UpdatedAt,
	})
	err := k.pool.QueryRow(ctx, kbDraftSaveSQL, args).Scan(&d.Revision, &d.CreatedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return kb.Draft{}, whyNotSaved(scope, d)
	}
	if err != nil {
		return kb.Draft{}, fmt.Errorf("save working copy: %w", err)
	}
	d.CreatedAt, d.UpdatedAt = d.CreatedAt.UTC(), d.UpdatedAt.UTC().Truncate(time.Microsecond)
	return d, nil
}

// whyNotSaved tells what is out of scope from what somebody else has changed.
func whyNotSaved(scope identity.Scope, d kb.Draft) error {
	if !scope.All && !slices.Contains(scope.Sites, d.Site) {
		return fmt.Errorf("site %d: %w", d.Site, kb.ErrNotFound)
	}
	return fmt.Errorf("the working copy of %q in %s was changed, made or published by somebody else; read it again: %w", d.ID, d.Locale, kb.ErrConflict)
}

// DropDraft implements kb.DraftStore.
func (k *Knowledge) DropDraft(ctx context.Context, scope identity.Scope, site int32, ref kb.DraftRef) error {
	args := kbScope(scope, site)
	args["id"], args["locale"], args["revision"] = ref.Article, ref.Locale, ref.Revision
	tag, err := k.pool.Exec(ctx, kbDraftDropSQL, args)
	if err != nil {
		return fmt.Errorf("discard working copy: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return nil
	}
	if _, err := k.Draft(ctx, scope, site, ref.Article, ref.Locale); err != nil {
		return err
	}
	return fmt.Errorf("the working copy of %q in %s was changed since you read it; read it again: %w", ref.Article, ref.Locale, kb.ErrConflict)
}

// DueDrafts implements kb.DueStore.
func (k *Knowledge) DueDrafts(ctx context.Context, lease time.Duration, limit int) ([]kb.Draft, error) {
	rows, err := k.pool.Query(ctx, kbDraftsDueSQL, pgx.NamedArgs{"lease": lease, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("take what is due: %w", err)
	}
	all, err := pgx.CollectRows(rows, draftOf)
	if err != nil {
		return nil, fmt.Errorf("take what is due: %w", err)
	}
	return all, nil
}

// FailDraft implements kb.DueStore.
func (k *Knowledge) FailDraft(ctx context.Context, d kb.Draft, failure string, wait time.Duration) error {
	_, err := k.pool.Exec(ctx, kbDraftFailSQL, pgx.NamedArgs{
		"site": d.Site, "id": d.ID, "locale": d.Locale, "revision": d.Revision, "failure": failure, "wait": wait,
	})
	if err != nil {
		return fmt.Errorf("note a failed publication: %w", err)
	}
	return nil
}

// Expire implements kb.DueStore: one transaction a site.
func (k *Knowledge) Expire(ctx context.Context, limit int) ([]kb.Expired, error) {
	rows, err := k.pool.Query(ctx, kbExpiringSQL, pgx.NamedArgs{"limit": limit})
	if err != nil {
		return nil, fmt.Errorf("read what expires: %w", err)
	}
	bySite := map[int32][][2]string{}
	var sites []int32
	var site int32
	var id, locale string
	if _, err := pgx.ForEachRow(rows, []any{&site, &id, &locale}, func() error {
		if bySite[site] == nil {
			sites = append(sites, site)
		}
		bySite[site] = append(bySite[site], [2]string{id, locale})
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read what expires: %w", err)
	}
	var gone []kb.Expired
	for _, site := range sites {
		done, err := k.expireSite(ctx, site, bySite[site])
		if err != nil {
			return gone, err
		}
		gone = append(gone, done...)
	}
	return gone, nil
}

// errNothingExpired rolls a transaction back that another node was faster than: the epoch stays.
var errNothingExpired = errors.New("nothing expired here")

func (k *Knowledge) expireSite(ctx context.Context, site int32, keys [][2]string) ([]kb.Expired, error) {
	var ids, locales []string
	for _, key := range keys {
		ids, locales = append(ids, key[0]), append(locales, key[1])
	}
	var gone []kb.Expired
	err := pgx.BeginFunc(ctx, k.pool, func(tx pgx.Tx) error {
		if err := lockSite(ctx, tx, identity.Everything(), site, nil); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, kbExpireSQL, pgx.NamedArgs{"site": site, "ids": ids, "locales": locales})
		if err != nil {
			return fmt.Errorf("unpublish: %w", err)
		}
		gone, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (kb.Expired, error) {
			x := kb.Expired{Site: site}
			err := row.Scan(&x.ID, &x.Locale)
			return x, err
		})
		if err != nil {
			return fmt.Errorf("unpublish: %w", err)
		}
		if len(gone) == 0 {
			return errNothingExpired
		}
		var goneIDs, goneLocales []string
		for _, x := range gone {
			goneIDs, goneLocales = append(goneIDs, x.ID), append(goneLocales, x.Locale)
		}
		if _, err := tx.Exec(ctx, kbDropVariantsSQL, pgx.NamedArgs{"site": site, "ids": goneIDs, "locales": goneLocales}); err != nil {
			return fmt.Errorf("drop from index: %w", err)
		}
		return nil
	})
	if errors.Is(err, errNothingExpired) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("expire articles of site %d: %w", site, err)
	}
	return gone, nil
}
