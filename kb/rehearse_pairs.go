package kb

import (
	"context"
	"runtime"
	"sync"
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
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan string)
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) { // no more than run at once: visitors' questions wait behind one each
		readers.Go(func() {
			for question := range todo {
				if err := r.read(ctx, question, rankings[question]); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, question := range questions {
		select {
		case todo <- question:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(todo)
	readers.Wait()
	return context.Cause(ctx)
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
