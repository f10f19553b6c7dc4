package postgres

import (
	"context"
	_ "embed" // for the queries
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
)

//go:embed query/kb_hnsw_sample.sql
var kbHNSWSampleSQL string

//go:embed query/kb_hnsw_filters.sql
var kbHNSWFiltersSQL string

const (
	hnswSample     = 64   // questions of the site that are asked both ways
	hnswCandidates = 48   // of a search's dense leg; kb.Config.Candidates' default
	hnswNearest    = 20   // of which the recall is of
	hnswRecall     = 0.97 // that the index must reach to be used
	hnswFilters    = 6    // at most that are tried, the widest first
)

// hnswEFs are the efforts tried, least first. pgvector allows 1 to 1000.
func hnswEFs() []int { return []int{100, 160, 250, 400, 640, 1000} }

// measured is what came of it; see kb_hnsw.
type measured struct {
	ef, least   int
	recall      float64
	exact, near float64 // medians, in ms
}

// hnswFilter is what questions of a site may be restricted to.
type hnswFilter struct {
	department int32 // 0 = all
	audience   int16
	candidates int
}

func (f hnswFilter) scope() identity.Scope {
	if f.department == 0 {
		return identity.Scope{All: true}
	}
	return identity.Scope{Departments: []int32{f.department}}
}

// question is a text of the site that is asked for: it itself does not count.
type question struct {
	itself int64
	vector string
}

// neighbour is a row of a dense leg.
type neighbour struct {
	variant  int64
	distance float64
}

// measure asks a sample of the site's own questions exactly and by the index,
// with each filter, and raises ef until the worst recall is enough. Both ways are
// those of the search itself, and take turns.
func (t *tending) measure(ctx context.Context, s hnswSite, dims int) (measured, error) {
	questions, err := t.questions(ctx, s)
	if err != nil {
		return measured{}, err
	}
	filters, err := t.filters(ctx, s)
	if err != nil {
		return measured{}, err
	}
	var out measured
	if len(questions) == 0 {
		out.ef = hnswEFs()[0]
		return out, nil
	}
	exact := make([][][]neighbour, len(filters))
	for i, f := range filters {
		for _, q := range questions {
			found, _, err := t.leg(ctx, s, f, q, dims, 0)
			if err != nil {
				return measured{}, err
			}
			exact[i] = append(exact[i], found)
		}
	}
	for _, ef := range hnswEFs() {
		out = measured{ef: ef, recall: 1}
		var exactTook, nearTook []time.Duration
		for i, f := range filters {
			sum := 0.0
			for j, q := range questions {
				found, took, err := t.leg(ctx, s, f, q, dims, ef)
				if err != nil {
					return measured{}, err
				}
				sum += recallOf(exact[i][j], found, q.itself)
				if i > 0 {
					continue
				}
				nearTook = append(nearTook, took)
				if _, took, err = t.leg(ctx, s, f, q, dims, 0); err != nil {
					return measured{}, err
				}
				exactTook = append(exactTook, took)
			}
			out.recall = min(out.recall, sum/float64(len(questions)))
		}
		out.exact, out.near = median(exactTook), median(nearTook)
		if out.recall >= hnswRecall {
			out.least = crossover(int(s.Variants), out.exact, out.near, t.least)
			break
		}
		if out.near >= out.exact {
			break
		}
	}
	return out, nil
}

// crossover returns from how many candidates on the index is the cheaper way; 0 =
// it never is. Filters that leave a share of the site make the exact scan as much
// cheaper, and the index, which meets that share of what it walks over, as much
// dearer: they cost the same where share² = near/exact.
func crossover(variants int, exact, near float64, least int) int {
	if near >= exact {
		return 0
	}
	return max(least, int(math.Ceil(float64(variants)*math.Sqrt(near/exact))))
}

func (t *tending) questions(ctx context.Context, s hnswSite) ([]question, error) {
	rows, err := t.conn.Query(ctx, kbHNSWSampleSQL, pgx.NamedArgs{"site": s.SiteID, "model": s.ModelID, "sample": hnswSample})
	if err != nil {
		return nil, fmt.Errorf("read questions to measure with: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (q question, err error) {
		return q, row.Scan(&q.itself, &q.vector)
	})
	if err != nil {
		return nil, fmt.Errorf("read questions to measure with: %w", err)
	}
	return out, nil
}

// filters returns the whole site as staff see it, and then every narrower filter
// that leaves enough for the index.
func (t *tending) filters(ctx context.Context, s hnswSite) ([]hnswFilter, error) {
	rows, err := t.conn.Query(ctx, kbHNSWFiltersSQL, pgx.NamedArgs{"site": s.SiteID})
	if err != nil {
		return nil, fmt.Errorf("count by department and audience: %w", err)
	}
	var department int32
	var audience int16
	var n int
	counts, audiences := map[int32]map[int16]int{}, map[int16]bool{}
	if _, err := pgx.ForEachRow(rows, []any{&department, &audience, &n}, func() error {
		if counts[department] == nil {
			counts[department] = map[int16]int{}
		}
		counts[department][audience] = n
		audiences[audience] = true
		return nil
	}); err != nil {
		return nil, fmt.Errorf("count by department and audience: %w", err)
	}
	var out []hnswFilter
	for level := range audiences {
		whole, none := 0, 0
		for d, by := range counts {
			for a, n := range by {
				if a <= level {
					whole += n
					if d == 0 {
						none += n
					}
				}
			}
		}
		out = append(out, hnswFilter{0, level, whole})
		for d, by := range counts {
			if d == 0 {
				continue
			}
			f := hnswFilter{d, level, none}
			for a, n := range by {
				if a <= level {
					f.candidates += n
				}
			}
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b hnswFilter) int {
		if a.candidates != b.candidates {
			return b.candidates - a.candidates
		}
		return int(a.department) - int(b.department) + 1<<20*(int(b.audience)-int(a.audience))
	})
	out = slices.DeleteFunc(out, func(f hnswFilter) bool { return f.candidates < t.least && f != out[0] })
	return out[:min(hnswFilters, len(out))], nil
}

// leg runs the dense leg of a search: exactly where ef is 0.
func (t *tending) leg(ctx context.Context, s hnswSite, f hnswFilter, q question, dims, ef int) ([]neighbour, time.Duration, error) {
	prepare, sql := kbPrepareSQL, kbDenseSQL
	switch {
	case ef > 0:
		prepare, sql = kbPrepareNearSQL, forVectors(kbDenseNearSQL, s.ModelID, dims)
	case f.department != 0:
		sql = kbDenseDepartmentsSQL
	}
	args := kbScope(f.scope(), s.SiteID)
	args["vector"], args["fingerprint"], args["candidates"], args["audience"] = q.vector, s.Fingerprint, hnswCandidates, f.audience
	args["ef"] = strconv.Itoa(ef)
	start := time.Now()
	batch := &pgx.Batch{}
	batch.Queue(prepare, args)
	batch.Queue(sql, args)
	results := t.conn.SendBatch(ctx, batch)
	defer func() { _ = results.Close() }()
	if _, err := nearState(results, ef > 0); err != nil {
		return nil, 0, fmt.Errorf("measure the index: %w", err)
	}
	rows, err := results.Query()
	if err != nil {
		return nil, 0, fmt.Errorf("measure the index: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n neighbour, err error) {
		return n, row.Scan(&n.variant, &n.distance)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("measure the index: %w", err)
	}
	return found, time.Since(start), nil
}

// recallOf is the share of the nearest that were found: those as near as the last
// of them count all the same, and the text that is asked with does not.
func recallOf(exact, found []neighbour, itself int64) float64 {
	not := func(n neighbour) bool { return n.variant == itself }
	exact = slices.DeleteFunc(slices.Clone(exact), not)
	exact = exact[:min(hnswNearest, len(exact))]
	if len(exact) == 0 {
		return 1
	}
	const tie = 1e-6
	last := exact[len(exact)-1].distance + tie
	hits := 0
	for _, n := range found {
		if !not(n) && n.distance <= last {
			hits++
		}
	}
	return float64(min(hits, len(exact))) / float64(len(exact))
}

// median returns the middle of durations in ms.
func median(took []time.Duration) float64 {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[len(took)/2].Seconds() * 1000
}
