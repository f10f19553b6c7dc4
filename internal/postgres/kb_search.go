package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

//go:embed query/kb_search.sql
var kbSearchSQL string

//go:embed query/kb_dense.sql
var kbDenseSQL string

//go:embed query/kb_dense_departments.sql
var kbDenseDepartmentsSQL string

//go:embed query/kb_dense_near.sql
var kbDenseNearSQL string

//go:embed query/kb_prepare.sql
var kbPrepareSQL string

//go:embed query/kb_prepare_near.sql
var kbPrepareNearSQL string

// What stands in SQL for what no parameter can say: the number of a model and the
// length of its vectors (both numbers), and the dense leg.
const (
	sqlModel = "32767"
	sqlDims  = "3999"
	sqlDense = "    SELECT NULL::bigint AS variant_id, NULL::double precision AS distance LIMIT 0 -- the server puts a dense leg here (kb_dense*.sql)\n"
)

// forVectors puts a model's number and the length of its vectors into a statement.
func forVectors(sql string, model int16, dims int) string {
	return strings.NewReplacer(sqlModel, strconv.Itoa(int(model)), sqlDims, strconv.Itoa(dims)).Replace(sql)
}

// withDense puts a dense leg into kb_search.sql.
func withDense(leg string) string { return strings.Replace(kbSearchSQL, sqlDense, leg, 1) }

// withTexts makes a search return its hits' texts too, of its own snapshot.
func withTexts(search string) string {
	return "SELECT f.*, coalesce(v.article_id, ''), coalesce(v.locale, ''), coalesce(v.kind, 0), coalesce(v.content, '') FROM (" +
		search + ") f LEFT JOIN kb_variants v ON v.id = f.variant_id"
}

// nearKey is a site's vectors of one model.
type nearKey struct {
	site        int32
	fingerprint string
}

// near says how an index over vectors answers, as it was measured.
type near struct {
	model     int16
	dims      int
	ef, least int    // see kb_hnsw
	sql       string // the search by it
}

// dense chooses the way of the dense leg: by the index where it was measured to be
// right and cheaper for as many candidates, else exactly.
func (k *Knowledge) dense(scope identity.Scope, q kb.SearchQuery) (prepare, search string, ef int) {
	k.mu.Lock()
	n, ok := k.near[nearKey{q.Site, q.Fingerprint}]
	k.mu.Unlock()
	switch {
	case ok && q.Within >= n.least && len(q.Vector) == n.dims:
		return kbPrepareNearSQL, n.sql, n.ef
	case scope.All || scope.AllDepartments:
		return kbPrepareSQL, k.searchAll, 0
	}
	return kbPrepareSQL, k.searchDepartments, 0
}

// learnNear takes in what a search was told of the index.
func (k *Knowledge) learnNear(q kb.SearchQuery, told []int32) {
	key := nearKey{q.Site, q.Fingerprint}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(told) != 4 {
		delete(k.near, key)
		return
	}
	n := near{model: int16(told[0]), dims: int(told[1]), ef: int(told[2]), least: int(told[3])}
	if have, ok := k.near[key]; ok && have.model == n.model && have.dims == n.dims {
		n.sql = have.sql
	} else {
		n.sql = withDense(forVectors(kbDenseNearSQL, n.model, n.dims))
	}
	k.near[key] = n
}

// Search implements kb.Index: one round trip, one snapshot.
func (k *Knowledge) Search(ctx context.Context, scope identity.Scope, q kb.SearchQuery) (found kb.Found, err error) {
	if !finite(q.Vector) {
		return kb.Found{}, fmt.Errorf("search: %w", errBadVector)
	}
	prepare, search, ef := k.dense(scope, q)
	if q.Texts {
		search = withTexts(search)
	}
	args := kbScope(scope, q.Site)
	args["vector"], args["fingerprint"], args["candidates"], args["audience"] = halfvec(q.Vector), q.Fingerprint, q.Candidates, int16(q.Audience)
	args["terms"], args["idfs"], args["ef"] = notNil(q.Terms), notNil(q.IDF), strconv.Itoa(ef)
	batch := &pgx.Batch{} // sent as one implicit transaction
	batch.Queue(prepare, args)
	batch.Queue(search, args)
	results := k.pool.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, results.Close()) }()
	told, err := nearState(results, ef > 0)
	if err != nil {
		return kb.Found{}, fmt.Errorf("prepare search: %w", err)
	}
	rows, err := results.Query()
	if err != nil {
		return kb.Found{}, fmt.Errorf("search: %w", err)
	}
	found.Hits = make([]kb.Hit, 0, 2*q.Candidates)
	var variant *int64
	var cosine *float64
	var h kb.Hit
	into := []any{&found.Epoch, &found.Active, &variant, &cosine, &h.BM25}
	if q.Texts {
		into = append(into, &h.Article, &h.Locale, &h.Kind, &h.Content)
	}
	if _, err := pgx.ForEachRow(rows, into, func() error {
		if variant == nil {
			return nil
		}
		h.Variant, h.Cosine = *variant, 0
		if cosine != nil {
			found.Embedded, h.Cosine = true, *cosine
		}
		found.Hits = append(found.Hits, h)
		return nil
	}); err != nil {
		return kb.Found{}, fmt.Errorf("search: %w", err)
	}
	k.learnNear(q, told)
	found.Near = ef > 0
	return found, nil
}

// nearState reads the last column of kb_prepare*.sql; the settings are of no use.
func nearState(results pgx.BatchResults, near bool) (told []int32, err error) {
	into := []any{nil, nil, nil, &told}
	if near {
		into = []any{nil, nil, nil, nil, nil, nil, nil, nil, &told}
	}
	return told, results.QueryRow().Scan(into...)
}
