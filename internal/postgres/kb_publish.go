package postgres

import (
	"context"
	_ "embed" // for the queries
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

//go:embed query/kb_lock_site.sql
var kbLockSiteSQL string

//go:embed query/kb_model.sql
var kbModelSQL string

//go:embed query/kb_save_heads.sql
var kbSaveHeadsSQL string

//go:embed query/kb_save_version.sql
var kbSaveVersionSQL string

//go:embed query/kb_drop_variants.sql
var kbDropVariantsSQL string

//go:embed query/kb_save_variants.sql
var kbSaveVariantsSQL string

//go:embed query/kb_save_postings.sql
var kbSavePostingsSQL string

//go:embed query/kb_archive.sql
var kbArchiveSQL string

//go:embed query/kb_adapt_lock.sql
var kbAdaptLockSQL string

//go:embed query/kb_adapt_drop.sql
var kbAdaptDropSQL string

//go:embed query/kb_adapt_save.sql
var kbAdaptSaveSQL string

// kbPublishChunk bounds the articles that one statement stores.
const kbPublishChunk = 500

// Publish implements kb.Publisher.
func (k *Knowledge) Publish(ctx context.Context, scope identity.Scope, p kb.Publication) ([]kb.Article, error) {
	if scope.Contact != "" {
		return nil, fmt.Errorf("publish: %w", kb.ErrNotFound)
	}
	saved := make([]kb.Article, 0, len(p.Articles))
	err := pgx.BeginFunc(ctx, k.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, modelReadLockSQL); err != nil {
			return fmt.Errorf("wait for a switch of models: %w", err)
		}
		if err := lockSite(ctx, tx, scope, p.Site, p.Learnt); err != nil {
			return err
		}
		if err := checkModel(ctx, tx, p.Fingerprint); err != nil {
			return err
		}
		var model int16
		if err := tx.QueryRow(ctx, kbModelSQL, pgx.NamedArgs{"fingerprint": p.Fingerprint}).Scan(&model); err != nil {
			return fmt.Errorf("register model: %w", err)
		}
		if err := releaseDrafts(ctx, tx, scope, p); err != nil {
			return err
		}
		for chunk := range slices.Chunk(p.Articles, kbPublishChunk) {
			done, err := publishChunk(ctx, tx, scope, p, model, chunk)
			if err != nil {
				return err
			}
			saved = append(saved, done...)
		}
		if p.Learnt != nil {
			return adapt(ctx, tx, p.Site, model, p.Learnt.Adaptation)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return saved, nil
}

// checkModel refuses vectors that are not of the model in use. The read lock
// is held: it stays in use until the transaction ends.
func checkModel(ctx context.Context, tx pgx.Tx, fingerprint string) error {
	var active string
	err := tx.QueryRow(ctx, modelFirstSQL, pgx.NamedArgs{"fingerprint": fingerprint}).Scan(&active)
	if errors.Is(err, pgx.ErrNoRows) { // another first publication was faster: a new statement sees it
		err = tx.QueryRow(ctx, modelFirstSQL, pgx.NamedArgs{"fingerprint": fingerprint}).Scan(&active)
	}
	if err != nil {
		return fmt.Errorf("read the model in use: %w", err)
	}
	if active != fingerprint {
		return &kb.ModelError{Active: active}
	}
	return nil
}

// lockSite takes the site's publishing lock and raises its epoch. What was
// learnt (nil = nothing) must be of the epoch before: kb.ErrMoved if it is not.
func lockSite(ctx context.Context, tx pgx.Tx, scope identity.Scope, site int32, l *kb.Learnt) error {
	var epoch int64
	err := tx.QueryRow(ctx, kbLockSiteSQL, pgx.NamedArgs{"site": site, "all_sites": scope.All, "sites": notNil(scope.Sites)}).Scan(&epoch)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("site %d: %w", site, kb.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("lock the knowledge base: %w", err)
	}
	if l != nil && l.Epoch != epoch-1 {
		return fmt.Errorf("learnt at epoch %d, now %d: %w", l.Epoch, epoch-1, kb.ErrMoved)
	}
	return nil
}

// adapt stores what was learnt of a site for a model; nil = nothing, the
// defaults serve. The site's lock is held.
func adapt(ctx context.Context, tx pgx.Tx, site int32, model int16, a *kb.Adaptation) error {
	args := pgx.NamedArgs{"site": site, "model": model}
	if _, err := tx.Exec(ctx, kbAdaptDropSQL, args); err != nil {
		return fmt.Errorf("delete the former adaptation: %w", err)
	}
	if a == nil {
		return nil
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode the adaptation: %w", err)
	}
	args["calibration"], args["head"] = string(raw), notNil(a.Head)
	if _, err := tx.Exec(ctx, kbAdaptSaveSQL, args); err != nil {
		return fmt.Errorf("store the adaptation: %w", err)
	}
	return nil
}

func publishChunk(ctx context.Context, tx pgx.Tx, scope identity.Scope, p kb.Publication, model int16, chunk []kb.IndexedArticle) ([]kb.Article, error) {
	saved, err := saveHeads(ctx, tx, scope, p, chunk)
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	var ids, locales []string
	for _, a := range saved {
		batch.Queue(kbSaveVersionSQL, pgx.NamedArgs{
			"site": p.Site, "id": a.ID, "locale": a.Locale, "version": int32(a.Version), "department": a.Department,
			"title": a.Title, "questions": notNil(a.Questions), "answer": a.Answer, "tags": notNil(a.Tags),
			"audience": int16(a.Audience), "floor": a.Floor, "handover": a.Handover, "next": notNil(a.Next), "owner": a.Owner,
			"review_at": orNull(a.ReviewAt), "expires_at": orNull(a.ExpiresAt), "restored_from": int32(a.RestoredFrom), "author": a.Author, "at": p.At,
		})
		ids, locales = append(ids, a.ID), append(locales, a.Locale)
	}
	batch.Queue(kbDropVariantsSQL, pgx.NamedArgs{"site": p.Site, "ids": ids, "locales": locales})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("store versions: %w", err)
	}
	if err := saveVariants(ctx, tx, p.Site, model, chunk); err != nil {
		return nil, err
	}
	return saved, nil
}

// saveHeads returns the chunk's articles with their new versions.
func saveHeads(ctx context.Context, tx pgx.Tx, scope identity.Scope, p kb.Publication, chunk []kb.IndexedArticle) ([]kb.Article, error) {
	revisions, err := textRevisions(ctx, tx, p.Site, chunk)
	if err != nil {
		return nil, err
	}
	args := kbScope(scope, p.Site)
	var ids, locales []string
	var departments, bases []int32
	var audiences []int16
	var expiries []*time.Time
	for _, a := range chunk {
		ids, locales = append(ids, a.ID), append(locales, a.Locale)
		departments, bases = append(departments, a.Department), append(bases, int32(a.Version))
		audiences, expiries = append(audiences, int16(a.Audience)), append(expiries, orNull(a.ExpiresAt))
	}
	args["ids"], args["locales"], args["article_departments"], args["bases"], args["at"] = ids, locales, departments, bases, p.At
	args["audiences"], args["expiries"], args["text_revisions"] = audiences, expiries, revisions
	rows, err := tx.Query(ctx, kbSaveHeadsSQL, args)
	if err != nil {
		return nil, fmt.Errorf("store articles: %w", err)
	}
	versions := make(map[[2]string]uint32, len(chunk))
	var id, locale string
	var version int32
	if _, err := pgx.ForEachRow(rows, []any{&id, &locale, &version}, func() error {
		versions[[2]string{id, locale}] = uint32(version)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("store articles: %w", err)
	}
	saved := make([]kb.Article, len(chunk))
	for i, a := range chunk {
		v, ok := versions[[2]string{a.ID, a.Locale}]
		if !ok {
			return nil, fmt.Errorf("article %q in %s: %w", a.ID, a.Locale, kb.ErrConflict)
		}
		saved[i] = a.Article
		saved[i].Version, saved[i].UpdatedAt = v, p.At
	}
	return saved, nil
}

func saveVariants(ctx context.Context, tx pgx.Tx, site int32, model int16, chunk []kb.IndexedArticle) error {
	var ids, locales, contents, vectors []string
	var departments []int32
	var kinds, audiences []int16
	for _, a := range chunk {
		for _, v := range a.Variants {
			if !finite(v.Vector) {
				return fmt.Errorf("article %q: %w", a.ID, errBadVector)
			}
			ids, locales, departments = append(ids, a.ID), append(locales, a.Locale), append(departments, a.Department)
			kinds, contents, vectors = append(kinds, int16(v.Kind)), append(contents, v.Content), append(vectors, halfvec(v.Vector))
			audiences = append(audiences, int16(a.Audience))
		}
	}
	rows, err := tx.Query(ctx, kbSaveVariantsSQL, pgx.NamedArgs{
		"site": site, "model": model, "ids": ids, "locales": locales, "article_departments": departments, "audiences": audiences,
		"kinds": kinds, "contents": contents, "vectors": vectors,
	})
	if err != nil {
		return fmt.Errorf("index variants: %w", err)
	}
	variantIDs, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("index variants: %w", err)
	}
	var terms []string
	var variants []int64
	var variantDepartments []int32
	var variantAudiences []int16
	var weights []float32
	n := 0
	for _, a := range chunk {
		for _, v := range a.Variants {
			for i, t := range v.Terms {
				terms, weights = append(terms, t), append(weights, v.Weights[i])
				variants, variantDepartments = append(variants, variantIDs[n]), append(variantDepartments, a.Department)
				variantAudiences = append(variantAudiences, int16(a.Audience))
			}
			n++
		}
	}
	if _, err := tx.Exec(ctx, kbSavePostingsSQL, pgx.NamedArgs{
		"site": site, "terms": terms, "variants": variants, "variant_departments": variantDepartments, "audiences": variantAudiences, "weights": weights,
	}); err != nil {
		return fmt.Errorf("index terms: %w", err)
	}
	return nil
}

// Archive implements kb.Publisher.
func (k *Knowledge) Archive(ctx context.Context, scope identity.Scope, site int32, id, locale string, at time.Time, l *kb.Learnt) error {
	return pgx.BeginFunc(ctx, k.pool, func(tx pgx.Tx) error {
		if err := lockSite(ctx, tx, scope, site, l); err != nil {
			return err
		}
		args := kbScope(scope, site)
		args["id"], args["locale"], args["at"] = id, locale, at
		rows, err := tx.Query(ctx, kbArchiveSQL, args)
		if err != nil {
			return fmt.Errorf("unpublish: %w", err)
		}
		locales, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return fmt.Errorf("unpublish: %w", err)
		}
		if len(locales) == 0 {
			return kb.ErrNotFound
		}
		if _, err := tx.Exec(ctx, kbDropVariantsSQL, pgx.NamedArgs{
			"site": site, "ids": slices.Repeat([]string{id}, len(locales)), "locales": locales,
		}); err != nil {
			return fmt.Errorf("drop from index: %w", err)
		}
		if l == nil {
			return nil
		}
		var model int16
		if err := tx.QueryRow(ctx, kbModelSQL, pgx.NamedArgs{"fingerprint": l.Fingerprint}).Scan(&model); err != nil {
			return fmt.Errorf("register model: %w", err)
		}
		return adapt(ctx, tx, site, model, l.Adaptation)
	})
}

// Adapt implements kb.Publisher.
func (k *Knowledge) Adapt(ctx context.Context, site int32, l kb.Learnt) error {
	return pgx.BeginFunc(ctx, k.pool, func(tx pgx.Tx) error {
		var model int16
		if err := tx.QueryRow(ctx, kbModelSQL, pgx.NamedArgs{"fingerprint": l.Fingerprint}).Scan(&model); err != nil {
			return fmt.Errorf("register model: %w", err)
		}
		args := pgx.NamedArgs{"site": site, "epoch": l.Epoch, "model": model}
		var epoch int64
		err := tx.QueryRow(ctx, kbAdaptLockSQL, args).Scan(&epoch)
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("learnt at epoch %d: %w", l.Epoch, kb.ErrMoved)
		}
		if err != nil {
			return fmt.Errorf("lock the knowledge base: %w", err)
		}
		return adapt(ctx, tx, site, model, l.Adaptation)
	})
}
