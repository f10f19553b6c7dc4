package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/kb"
)

//go:embed query/kb_hnsw_due.sql
var kbHNSWDueSQL string

//go:embed query/kb_hnsw_indexes.sql
var kbHNSWIndexesSQL string

//go:embed query/kb_hnsw_build.sql
var kbHNSWBuildSQL string

//go:embed query/kb_hnsw_drop.sql
var kbHNSWDropSQL string

//go:embed query/kb_hnsw_dims.sql
var kbHNSWDimsSQL string

//go:embed query/kb_hnsw_save.sql
var kbHNSWSaveSQL string

//go:embed query/kb_hnsw_forget.sql
var kbHNSWForgetSQL string

//go:embed query/kb_hnsw_lock.sql
var kbHNSWLockSQL string

//go:embed query/kb_hnsw_session.sql
var kbHNSWSessionSQL string

const (
	// maxHNSWDims is the longest halfvec that pgvector's index takes.
	maxHNSWDims = 4000
	// hnswGrowth is the share by which a site may grow or shrink before it is measured anew.
	hnswGrowth = 0.25
)

// TendVectors implements kb.VectorIndex. Everything it does goes on beside
// publications and answers, on a connection of its own.
func (k *Knowledge) TendVectors(ctx context.Context, least int) ([]kb.VectorReport, error) {
	due, err := hnswDue(ctx, k.pool, least)
	if err != nil {
		return nil, err
	}
	indexes, err := hnswIndexes(ctx, k.pool)
	if err != nil {
		return nil, err
	}
	if !anythingToTend(due, indexes, least) {
		return nil, nil
	}
	conn, err := k.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	// The session's lock and settings end with it: the connection does not go back.
	own := conn.Hijack()
	defer func() { _ = own.Close(context.WithoutCancel(ctx)) }()
	t := tending{conn: own, store: k, least: least}
	return t.run(ctx)
}

// hnswSite is a site that is large enough for an index, or was.
type hnswSite struct {
	SiteID      int32
	ModelID     int16
	Fingerprint string
	Variants    int32
	Measured    int32 // how many variants it had then; 0 = not measured
}

// grown reports whether what was measured says nothing any more.
func (s hnswSite) grown() bool {
	return s.Measured == 0 || math.Abs(float64(s.Variants-s.Measured)) > hnswGrowth*float64(s.Measured)
}

// hnswIndex is an index over a model's vectors.
type hnswIndex struct {
	name   string
	valid  bool
	model  int16
	needed bool // its model has vectors
}

func hnswDue(ctx context.Context, db executor, least int) ([]hnswSite, error) {
	rows, err := db.Query(ctx, kbHNSWDueSQL, pgx.NamedArgs{"least": least})
	if err != nil {
		return nil, fmt.Errorf("look for large knowledge bases: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[hnswSite])
	if err != nil {
		return nil, fmt.Errorf("look for large knowledge bases: %w", err)
	}
	return due, nil
}

func hnswIndexes(ctx context.Context, db executor) (map[int16]hnswIndex, error) {
	rows, err := db.Query(ctx, kbHNSWIndexesSQL)
	if err != nil {
		return nil, fmt.Errorf("look for vector indexes: %w", err)
	}
	found := map[int16]hnswIndex{}
	var x hnswIndex
	if _, err := pgx.ForEachRow(rows, []any{&x.name, &x.valid, &x.model, &x.needed}, func() error {
		found[x.model] = x
		return nil
	}); err != nil {
		return nil, fmt.Errorf("look for vector indexes: %w", err)
	}
	return found, nil
}

// small reports whether the site has shrunk so far that its index is given up; well
// below the size that made it, so that a site at the border does not build all day.
func (s hnswSite) small(least int) bool { return int(s.Variants) < least/2 }

func anythingToTend(due []hnswSite, indexes map[int16]hnswIndex, least int) bool {
	wanted := map[int16]bool{}
	for _, s := range due {
		x, has := indexes[s.ModelID]
		if !s.small(least) {
			wanted[s.ModelID] = true
			if !has || !x.valid || s.grown() {
				return true
			}
		} else if s.Measured > 0 {
			return true
		}
	}
	for model, x := range indexes {
		if !x.valid || !x.needed && !wanted[model] {
			return true
		}
	}
	return false
}

// tending is one round of work on the indexes, by a session of its own.
type tending struct {
	conn  *pgx.Conn
	store *Knowledge
	least int
}

func (t *tending) run(ctx context.Context) (reports []kb.VectorReport, err error) {
	var mine bool
	if err := t.conn.QueryRow(ctx, kbHNSWLockSQL).Scan(&mine); err != nil {
		return nil, fmt.Errorf("take the builder's lock: %w", err)
	}
	if !mine {
		return nil, nil // another node is at it
	}
	if _, err := t.conn.Exec(ctx, kbHNSWSessionSQL); err != nil {
		return nil, fmt.Errorf("prepare the session: %w", err)
	}
	// Read again, now that nobody else changes it.
	due, err := hnswDue(ctx, t.conn, t.least)
	if err != nil {
		return nil, err
	}
	indexes, err := hnswIndexes(ctx, t.conn)
	if err != nil {
		return nil, err
	}
	wanted := map[int16]bool{}
	for _, s := range due {
		wanted[s.ModelID] = wanted[s.ModelID] || !s.small(t.least)
	}
	for model, x := range indexes {
		switch {
		case !x.valid: // a build was killed, or failed
			err = t.drop(ctx, model)
		case !x.needed && !wanted[model]: // the model's vectors are swept
			err = t.drop(ctx, model)
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		delete(indexes, model)
	}
	for _, s := range due {
		if s.small(t.least) {
			if _, err := t.conn.Exec(ctx, kbHNSWForgetSQL, pgx.NamedArgs{"model": s.ModelID, "site": s.SiteID}); err != nil {
				return reports, fmt.Errorf("forget what was measured: %w", err)
			}
			continue
		}
		report, err := t.site(ctx, s, indexes)
		if report != nil {
			reports = append(reports, *report)
		}
		if err != nil {
			return reports, err
		}
	}
	for model := range indexes { // no large site is left that it would be for
		if slices.ContainsFunc(due, func(s hnswSite) bool { return s.ModelID == model }) && !wanted[model] {
			if err := t.drop(ctx, model); err != nil {
				return reports, err
			}
		}
	}
	return reports, nil
}

// site sees to it that the site's vectors have an index and are measured with it.
func (t *tending) site(ctx context.Context, s hnswSite, indexes map[int16]hnswIndex) (*kb.VectorReport, error) {
	var dims int
	err := t.conn.QueryRow(ctx, kbHNSWDimsSQL, pgx.NamedArgs{"model": s.ModelID}).Scan(&dims)
	if errors.Is(err, pgx.ErrNoRows) || dims > maxHNSWDims {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the vectors' length: %w", err)
	}
	report := &kb.VectorReport{Site: s.SiteID, Texts: int(s.Variants)}
	_, has := indexes[s.ModelID]
	if has && !s.grown() {
		return nil, nil
	}
	if !has {
		start := time.Now()
		if _, err := t.conn.Exec(ctx, forVectors(kbHNSWBuildSQL, s.ModelID, dims), pgx.QueryExecModeSimpleProtocol); err != nil {
			return nil, errors.Join(fmt.Errorf("build the index over vectors: %w", err), t.drop(ctx, s.ModelID))
		}
		report.Built = time.Since(start)
		indexes[s.ModelID] = hnswIndex{valid: true, model: s.ModelID, needed: true}
	}
	m, err := t.measure(ctx, s, dims)
	if err != nil {
		return nil, err
	}
	if _, err := t.conn.Exec(ctx, kbHNSWSaveSQL, pgx.NamedArgs{
		"site": s.SiteID, "model": s.ModelID, "dims": dims, "variants": s.Variants, "ef": m.ef, "recall": m.recall,
		"exact_ms": m.exact, "near_ms": m.near, "least": m.least,
	}); err != nil {
		return nil, fmt.Errorf("store what was measured: %w", err)
	}
	report.EF, report.Recall, report.ExactMS, report.NearMS, report.Least = m.ef, m.recall, m.exact, m.near, m.least
	return report, nil
}

// drop takes an index away, and with it what was measured with it: without, the statement that asks for it sorts all rows.
func (t *tending) drop(ctx context.Context, model int16) error {
	ctx = context.WithoutCancel(ctx)
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("dropping an index over vectors took too long"))
	defer cancel()
	if _, err := t.conn.Exec(ctx, kbHNSWForgetSQL, pgx.NamedArgs{"model": model, "site": 0}); err != nil {
		return fmt.Errorf("forget what was measured: %w", err)
	}
	if _, err := t.conn.Exec(ctx, forVectors(kbHNSWDropSQL, model, 1), pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("drop the index over vectors: %w", err)
	}
	return nil
}

var _ kb.VectorIndex = (*Knowledge)(nil)
