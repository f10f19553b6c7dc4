package kb

import (
	"context"
	"sync/atomic"
)

// readAll orders the rankings before the pair model and lets that read them, as
// [Service.readPairs] does, but several questions at once, and a question that
// is ranked twice only with the texts that it was not read with. Errors: the
// model's, and the cause of ctx's end.
func (r *rehearsal) readAll(ctx context.Context, all []*rehearsed) error {
	for _, q := range all {
		q.weighHead()
	}
	if r.service.pairs == nil {
		return nil
	}
	var questions []string
	rankings := make(map[string][]*rehearsed, len(all))
	for _, q := range all {
		if rankings[q.asked()] == nil {
			questions = append(questions, q.asked())
		}
		rankings[q.asked()] = append(rankings[q.asked()], q)
	}
	var next atomic.Int32
	return learners(ctx, len(questions), func(ctx context.Context) error { // visitors' questions wait behind one each
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= len(questions) {
				return nil
			}
			if err := r.read(ctx, questions[i], rankings[questions[i]]); err != nil {
				return err
			}
		}
		return nil
	})
}

// read lets the pair model read one question's rankings.
func (r *rehearsal) read(ctx context.Context, question string, rankings []*rehearsed) error {
	known := map[string]float32{}
	for _, q := range rankings {
		texts := q.pairTexts()
		var fresh []string
		for _, s := range texts {
			if _, ok := known[s]; !ok {
				known[s] = 0
				fresh = append(fresh, s)
			}
		}
		if len(fresh) > 0 {
			scores, model, err := r.service.scorePairs(ctx, question, fresh)
			if err != nil {
				return err
			}
			r.pairModel.Store(&model)
			if scores == nil {
				return nil
			}
			for i, s := range fresh {
				known[s] = scores[i]
			}
		}
		scores := make([]float32, len(texts))
		for i, s := range texts {
			scores[i] = known[s]
		}
		q.takePairs(scores)
	}
	return nil
}
