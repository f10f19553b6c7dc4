package kb

import (
	"context"
	"log/slog"
	"time"
)

// VectorIndex keeps the approximate indexes over vectors; *postgres.Knowledge is one.
type VectorIndex interface {
	// TendVectors builds an index over the vectors in use where a site has at least
	// least texts, measures it with the site's own questions against the exact
	// scan, and removes what nobody needs, a killed build's remains included. The
	// search uses what was measured to find as much and to cost less. It goes on
	// beside publications and answers, takes up to minutes, and does nothing while
	// another node is at it. It reports what it measured, also beside an error.
	TendVectors(ctx context.Context, least int) ([]VectorReport, error)
}

// VectorReport is what was measured of a site's questions.
type VectorReport struct {
	Site            int32
	Texts           int
	Built           time.Duration // of the index; 0 = it was there
	EF              int           // how far it is searched (hnsw.ef_search)
	Recall          float64       // recall@20 against the exact scan, 0–1; the worst of the site's filters
	ExactMS, NearMS float64       // medians of both ways
	Least           int           // candidates within a question's filters from which on the index answers; 0 = never
}

const (
	// defaultApproximate is from how many texts on a site gets an index over its
	// vectors. Whether it is used, and from how many candidates on, is measured.
	defaultApproximate = 5000
	tendEvery          = time.Minute // what other nodes published
)

// tendVectors keeps the indexes until ctx ends: at the start, after this node's
// publications and now and then.
func (s *Service) tendVectors(ctx context.Context) {
	ticker := time.NewTicker(tendEvery)
	defer ticker.Stop()
	for {
		if err := s.TendVectors(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "cannot keep the index over vectors", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.tend:
		case <-ticker.C:
		}
	}
}

// TendVectors does what is to be done for the indexes over vectors now. Errors: the store's.
func (s *Service) TendVectors(ctx context.Context) error {
	if s.vectors == nil {
		return nil
	}
	reports, err := s.vectors.TendVectors(ctx, s.approximate)
	for _, r := range reports {
		s.log.LogAttrs(ctx, slog.LevelInfo, "measured the index over vectors",
			slog.Int("site", int(r.Site)), slog.Int("texts", r.Texts), slog.Duration("built", r.Built), slog.Int("ef", r.EF),
			slog.Float64("recall", r.Recall), slog.Float64("exact_ms", r.ExactMS), slog.Float64("near_ms", r.NearMS), slog.Int("from", r.Least))
	}
	return err
}

// wakeTend asks for a look at the indexes: something was published.
func (s *Service) wakeTend() {
	select {
	case s.tend <- struct{}{}:
	default: // it is asked for already
	}
}
