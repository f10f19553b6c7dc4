package kb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// reindexRead is how many variants are read at once when all are embedded anew.
const reindexRead = 2048

// overloadWait is the longest wait before a full engine is asked again.
const overloadWait = 5 * time.Second

// Reindex gives every variant that has none a vector of e's model, beside the
// vectors in use, and learns from every site for them (head and confidence). Nothing that
// is served changes: putting the model in use is a step of its own
// (postgres.Models.Put), and so is what is published meanwhile.
//
// It may be cut off anywhere and called again, also by two nodes at once: what
// is there stays, and no variant gets a second vector. progress is called now
// and then with the variants that have one and all variants; done never falls.
//
// Errors: [ErrEmbedding], which names the article whose text the model does not
// take; [*ModelError] if e's model changes underway; those of the store.
func (s *Service) Reindex(ctx context.Context, e Embedder, progress func(done, total int)) error {
	_, fingerprint, err := embed(ctx, e, []string{"frontdesk"})
	if err != nil {
		return fmt.Errorf("ask the model for its fingerprint: %w", err)
	}
	before, err := s.store.Coverage(ctx, fingerprint)
	if err != nil {
		return fmt.Errorf("count vectors: %w", err)
	}
	done := 0
	report := func(embedded, variants int) {
		done = max(done, embedded)
		progress(done, max(done, variants))
	}
	report(before.Embedded, before.Variants)
	added := 0
	for after := int64(0); ; {
		todo, err := s.store.Unembedded(ctx, fingerprint, after, reindexRead)
		if err != nil {
			return fmt.Errorf("look for variants without a vector: %w", err)
		}
		if len(todo) == 0 {
			break
		}
		after = todo[len(todo)-1].ID
		if err := s.addVectors(ctx, e, fingerprint, todo, func(n int) {
			added += n
			report(before.Embedded+added, before.Variants)
		}); err != nil {
			return err
		}
	}
	covered, err := s.store.Coverage(ctx, fingerprint)
	if err != nil {
		return fmt.Errorf("count vectors: %w", err)
	}
	report(covered.Embedded, covered.Variants)
	stale := covered.Unfitted
	if added > 0 {
		stale = covered.Sites
	}
	for _, site := range stale {
		err := s.calibrate(ctx, site, &oneModel{Embedder: e, fingerprint: fingerprint})
		if err != nil && !errors.Is(err, ErrMoved) { // moved: what was learnt before serves until the next publication
			return err
		}
	}
	return nil
}

// addVectors embeds variants batch by batch; while one batch is stored, the
// next is embedded. stored is called with the size of each that was.
func (s *Service) addVectors(ctx context.Context, e Embedder, fingerprint string, variants []Variant, stored func(int)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var storing sync.WaitGroup
	defer storing.Wait()
	for batch := range slices.Chunk(variants, s.embedBatch) {
		vectors, err := embedVariants(ctx, e, fingerprint, batch)
		storing.Wait() // one batch at a time; its stored has returned
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err != nil {
			return err
		}
		storing.Go(func() {
			ids := make([]int64, len(batch))
			for i, v := range batch {
				ids[i] = v.ID
			}
			if err := s.store.AddVectors(ctx, fingerprint, ids, vectors); err != nil {
				cancel(fmt.Errorf("store vectors: %w", err))
				return
			}
			stored(len(batch))
		})
	}
	storing.Wait()
	return context.Cause(ctx)
}

// EmbedVariants returns vectors of e's model, which must be the one of
// fingerprint, for a switch's last variants. Errors: [ErrEmbedding], [*ModelError].
func (s *Service) EmbedVariants(ctx context.Context, e Embedder, fingerprint string, variants []Variant) ([][]float32, error) {
	var all [][]float32
	for batch := range slices.Chunk(variants, s.embedBatch) {
		vectors, err := embedVariants(ctx, e, fingerprint, batch)
		if err != nil {
			return nil, err
		}
		all = append(all, vectors...)
	}
	return all, nil
}

// embedVariants embeds a batch. A full engine is waited for. If the model does
// not take one of the texts, the error names its article.
func embedVariants(ctx context.Context, e Embedder, fingerprint string, batch []Variant) ([][]float32, error) {
	texts := make([]string, len(batch))
	for i, v := range batch {
		texts[i] = v.Content
	}
	for {
		vectors, of, err := embed(ctx, e, texts)
		if err == nil && of != fingerprint {
			return nil, &ModelError{}
		}
		var full interface{ RetryAfter() time.Duration }
		switch {
		case err == nil:
			return vectors, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.As(err, &full):
			if err := wait(ctx, min(overloadWait, max(10*time.Millisecond, full.RetryAfter()))); err != nil {
				return nil, err
			}
		case len(batch) > 1: // find the one
			half := len(batch) / 2
			first, err := embedVariants(ctx, e, fingerprint, batch[:half])
			if err != nil {
				return nil, err
			}
			second, err := embedVariants(ctx, e, fingerprint, batch[half:])
			return append(first, second...), err
		default:
			v := batch[0]
			return nil, fmt.Errorf("embed a %s of article %q in %s: %w", v.Kind, v.Article, v.Locale, err)
		}
	}
}

// wait returns after d, or with the cause of ctx's end.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
