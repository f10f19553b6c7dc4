package kb

import (
	"context"
	"fmt"
	"time"
)

// pairedArticles is how many of the best articles the pair model reads.
const pairedArticles = 5

// weightPair is the pair model's share of the score among the articles it read:
// score + 0.1 × probability. It settles what the others leave open; at 0.2 and more it
// overrules them where it knows less (Banking77 +0.9 points hit@1, CLINC150 ±0, demo shop ±0).
const weightPair = 0.09

// readPairs lets the pair model read the question together with the speaking
// variants of the best articles, in one call, and orders them anew. An exact
// match stays where it is. Errors are the model's.
func (s *Service) readPairs(ctx context.Context, r *Result) error {
	if s.pairs == nil || len(r.Candidates) == 0 || r.Candidates[0].Exact {
		return nil
	}
	read := r.Candidates[:min(pairedArticles, len(r.Candidates))]
	texts := make([]string, len(read))
	for i, c := range read {
		texts[i] = c.Variant
	}
	start := time.Now()
	scores, _, err := s.pairs.ScorePairs(ctx, r.asked(), texts)
	if err != nil {
		return fmt.Errorf("read question and candidates together: %w: %w", ErrEmbedding, err)
	}
	if scores == nil { // it is switched off
		return nil
	}
	if len(scores) != len(texts) {
		return fmt.Errorf("read question and candidates together: %d scores for %d texts: %w", len(scores), len(texts), ErrEmbedding)
	}
	r.PairTime = time.Since(start)
	for i := range read {
		c := &read[i]
		c.paired, c.Pair = true, min(1, max(0, float64(scores[i])))
		c.Score = (1-weightPair)*c.Score + weightPair*c.Pair*c.vetoed
	}
	r.order()
	return nil
}
