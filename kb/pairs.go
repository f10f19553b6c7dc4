package kb

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// pairedArticles is how many of the best articles the pair model reads, up to
// [pooled] variants of each.
const pairedArticles = 5

// Of those only the ones that it can bring to the first place are read, and one more
// than the first at least: no weight that may be learnt lifts an article further.
const (
	reachOfPairs = 0.2 // the largest of pairWeights
	leastPaired  = 2   // articles
)

// defaultPairWeight is what the pair model's probability weighs beside the score
// until a weight was learnt. It settles what the others leave open.
const defaultPairWeight = 0.15

// pairWeights are those that a knowledge base may learn. None is 0: what the
// pair model is there for, negations and numbers, hardly shows in articles' own questions.
func pairWeights() []float64 { return []float64{0.02, 0.05, 0.1, defaultPairWeight, 0.2} }

// readPairs lets the pair model read the question together with the best
// variants of the best articles, in one call. An exact match needs no reading.
// Errors are the model's.
func (s *Service) readPairs(ctx context.Context, r *Result) error {
	texts := r.pairTexts()
	if s.pairs == nil || len(texts) == 0 {
		return nil
	}
	start := time.Now()
	scores, model, err := s.scorePairs(ctx, r.asked(), texts)
	if err != nil {
		return err
	}
	r.pairModel, r.PairModel = &model, model
	if scores != nil {
		r.PairTime = time.Since(start)
		r.takePairs(scores)
	}
	return nil
}

// scorePairs returns scores and the pair model's fingerprint; nil and none where it is switched off.
func (s *Service) scorePairs(ctx context.Context, question string, texts []string) (scores []float32, model string, err error) {
	scores, model, err = s.pairs.ScorePairs(ctx, question, texts)
	if err != nil {
		return nil, "", fmt.Errorf("read question and candidates together: %w: %w", ErrEmbedding, err)
	}
	if scores == nil {
		return nil, "", nil
	}
	if len(scores) != len(texts) {
		return nil, "", fmt.Errorf("read question and candidates together: %d scores for %d texts: %w", len(scores), len(texts), ErrEmbedding)
	}
	return scores, model, nil
}

// pairTexts returns what the pair model has to read, given candidates in order;
// none where the first is an exact match.
func (r *Result) pairTexts() []string {
	if len(r.Candidates) == 0 || r.Candidates[0].Exact {
		return nil
	}
	read := r.Candidates[:min(leastPaired, len(r.Candidates))]
	for len(read) < min(pairedArticles, len(r.Candidates)) && r.Candidates[len(read)].Score >= read[0].Score-reachOfPairs {
		read = r.Candidates[:len(read)+1]
	}
	texts := make([]string, 0, pooled*len(read))
	for i := range read {
		texts = append(texts, read[i].speaking()...)
	}
	return texts
}

// takePairs notes the pair model's scores of pairTexts, in their order. An article's is
// that of the variant that fits: one that does is enough. Over the fused scores of Banking77 and
// CLINC150, 5 questions each, their maximum brings +3.4 and +1.4 points hit@1, the best
// variant's alone +1.7 and +1.0.
func (r *Result) takePairs(scores []float32) {
	for i := 0; len(scores) > 0; i++ {
		c := &r.Candidates[i]
		n := len(c.speaking())
		c.paired, c.Pair = true, min(1, max(0, float64(slices.Max(scores[:n]))))
		scores = scores[n:]
	}
}

// speaking returns the best variants, at least one: those that are not far worse than the best.
func (c *Candidate) speaking() []string {
	n := 1
	for n < pooled && c.said[n] != "" && c.best[n] >= leastSpeaking*c.best[0] {
		n++
	}
	return c.said[:n]
}

// leastSpeaking is the share of the best variant's score from which on another is
// read too: a title or a passage about something else says nothing against an article.
const leastSpeaking = 0.5

// weighPairs adds the pair model's probabilities, if it was asked, to the scores
// and orders the candidates anew.
func (r *Result) weighPairs(weight float64) {
	if len(r.Candidates) == 0 || !r.Candidates[0].paired {
		return
	}
	for i := range r.Candidates {
		r.Candidates[i].Score = r.Candidates[i].withPair(weight)
	}
	r.order()
}

// withPair is the score with the pair model's probability at this weight, 0–1.
func (c *Candidate) withPair(weight float64) float64 {
	return (c.Score + weight*c.Pair*c.vetoed) / (1 + weight)
}

// fitWeight returns the weight of those given that makes the right articles
// likeliest, as a softmax over the scores that score gives for it, whose slope
// is fitted along; fallback where too few rankings have the right article among
// what score takes part. right is the article of each ranking.
func fitWeight(weights []float64, fallback float64, asked []*rehearsed, score func(c *Candidate, weight float64) (score float64, takesPart bool)) float64 {
	best, chosen := math.Inf(1), fallback
	for _, w := range weights {
		var decisions [][]float64
		var classes []int
		for _, q := range asked {
			var d []float64
			at := -1
			for i := range q.Candidates {
				c := &q.Candidates[i]
				x, takesPart := score(c, w)
				if !takesPart {
					continue
				}
				if c.Article == q.article {
					at = len(d)
				}
				d = append(d, scoreSlope*x)
			}
			if at >= 0 && len(d) > 1 {
				decisions, classes = append(decisions, d), append(classes, at)
			}
		}
		if len(decisions) < calibrationLeast {
			return fallback
		}
		if loss := softmaxLoss(decisions, classes, fitSlope(decisions, classes)); loss < best {
			best, chosen = loss, w
		}
	}
	return chosen
}

// scoreSlope brings scores to the range of decision values, for [fitSlope].
const scoreSlope = 5
