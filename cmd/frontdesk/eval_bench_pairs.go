package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"frontdesk/bot"
	"frontdesk/bot/evalreport"
	"frontdesk/bot/evalset"
	"frontdesk/internal/text"
	"frontdesk/models"
)

// lcqmcPairs scores LCQMC dev's pairs by the encoder's cosine and, if there is
// one, by the pair model.
func (b *bench) lcqmcPairs(ctx context.Context, _ string) (evalreport.Set, error) {
	pairs, notes, err := b.readPairs()
	if err != nil {
		return evalreport.Set{}, err
	}
	set := evalreport.Set{
		Title: "LCQMC dev, pairs", Questions: len(pairs), Left: notes.String(), Figures: map[string]evalreport.Estimate{},
		About: "Every pair of the file, scored as it stands after the production normaliser",
	}
	cosines, err := b.cosines(ctx, pairs)
	if err != nil {
		return set, err
	}
	if err := b.addPairs(&set, "encoder", cosines); err != nil {
		return set, err
	}
	if !b.hasPairModel() {
		set.Remarks = append(set.Remarks, "no pair model is in use")
		return set, nil
	}
	read, err := b.readTogether(ctx, pairs)
	if err != nil {
		return set, err
	}
	return set, b.addPairs(&set, "pair", read)
}

func (b *bench) addPairs(set *evalreport.Set, by string, scored []bot.ScoredPair) error {
	f, err := bot.MeasurePairs(scored, b.opts.resamples())
	if err != nil {
		return err
	}
	set.Add(by+"_spearman", f.Spearman)
	set.Add(by+"_auc", f.AUC)
	return nil
}

// hasPairModel reports whether a model that reads two texts together is in use.
func (b *bench) hasPairModel() bool {
	for _, m := range b.stack.engine.Models() {
		if m.InUse && m.Manifest.Task == models.TaskRerank {
			return true
		}
	}
	return false
}

// embedAtOnce is how many texts go to the encoder in one call.
const embedAtOnce = 64

// cosines compares the vectors of each pair's texts.
func (b *bench) cosines(ctx context.Context, pairs []evalset.Pair) ([]bot.ScoredPair, error) {
	out := make([]bot.ScoredPair, len(pairs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for start := 0; start < len(pairs); start += embedAtOnce {
		group.Go(func() error {
			part := pairs[start:min(start+embedAtOnce, len(pairs))]
			texts := make([]string, 0, 2*len(part))
			for _, p := range part {
				texts = append(texts, text.Normalize(p.A), text.Normalize(p.B))
			}
			vectors, _, err := b.stack.engine.EmbedPassages(ctx, texts)
			if err != nil {
				return fmt.Errorf("embed pairs: %w", err)
			}
			for i, p := range part {
				out[start+i] = bot.ScoredPair{Score: cosine(vectors[2*i], vectors[2*i+1]), Same: p.Same}
			}
			return nil
		})
	}
	return out, group.Wait()
}

// readTogether asks the pair model.
func (b *bench) readTogether(ctx context.Context, pairs []evalset.Pair) ([]bot.ScoredPair, error) {
	out := make([]bot.ScoredPair, len(pairs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i, p := range pairs {
		group.Go(func() error {
			scores, _, err := b.stack.engine.ScorePairs(ctx, text.Normalize(p.A), []string{text.Normalize(p.B)})
			if err != nil {
				return fmt.Errorf("score pair of line %d: %w", p.Line, err)
			}
			if len(scores) != 1 {
				return errors.New("score pairs: the model returned no score")
			}
			out[i] = bot.ScoredPair{Score: float64(scores[0]), Same: p.Same}
			return nil
		})
	}
	return out, group.Wait()
}

func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}
