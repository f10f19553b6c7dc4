package inference

import (
	"fmt"
	"runtime/debug"
)

// slot is the buffers of one run at a time. They grow to the largest batch that it has served, which the limits of the
// models bound.
type slot struct {
	coming   bool // woken, but has not looked for work yet; guarded by scheduler.mu
	worker   *worker
	jobs     []*job
	batch    Batch
	out      []float32
	tokens   int     // of the batch, without padding
	size     int     // of the batch, padding included
	estimate float64 // seconds that the run was charged in advance
}

// measure takes the size of the batch.
func (b *slot) measure() {
	b.batch.Texts, b.batch.Seq, b.tokens = len(b.jobs), 0, 0
	for _, j := range b.jobs {
		b.batch.Seq = max(b.batch.Seq, len(j.ids))
		b.tokens += len(j.ids)
	}
	b.size = b.tokens
	if b.worker.info.Padded {
		b.size = b.batch.Texts * b.batch.Seq
	}
}

// work is a slot's life: batches until nothing waits.
func (s *scheduler) work(b *slot) {
	defer s.slots.Done()
	for s.next(b) {
		s.serve(b)
	}
}

// serve lays the slot's jobs out, runs them and hands out the rows.
func (s *scheduler) serve(b *slot) {
	b.fill()
	w := b.worker
	began := s.now()
	for _, j := range b.jobs {
		w.metrics.waited(j.req.lane, began.Sub(j.queued))
	}
	err := b.call()
	took := s.now().Sub(began)
	w.metrics.ran(b.batch.Texts, b.tokens, b.size, took)
	s.finish(b, err, began, took)
	clear(b.batch.Rows)
}

// fill writes the jobs' ids into the batch's buffers.
func (b *slot) fill() {
	x, w := &b.batch, b.worker
	b.out = grown(b.out, x.Texts*w.limits.width)
	x.Rows = x.Rows[:0]
	for _, j := range b.jobs {
		x.Rows = append(x.Rows, j.ids)
	}
	if !w.info.Padded {
		return
	}
	n := x.Texts * x.Seq
	x.IDs, x.Mask = grown(x.IDs, n), grown(x.Mask, n)
	for i, j := range b.jobs {
		ids, mask := x.IDs[i*x.Seq:(i+1)*x.Seq], x.Mask[i*x.Seq:(i+1)*x.Seq]
		for k, id := range j.ids {
			ids[k], mask[k] = int64(id), 1
		}
		clear(ids[len(j.ids):]) // masked out, so any valid id will do; 0 always is one
		clear(mask[len(j.ids):])
	}
	if !w.info.Types {
		return
	}
	x.Types = grown(x.Types, n)
	clear(x.Types)
	for i, j := range b.jobs {
		for k, t := range j.types {
			x.Types[i*x.Seq+k] = int64(t)
		}
	}
}

// call runs the model and turns a panic of the Go side into an error: it must not take the process down.
func (b *slot) call() (err error) {
	w := b.worker
	if w.metrics != nil { // nil: a run that serves no request
		w.metrics.all.inFlight.Inc()
		defer w.metrics.all.inFlight.Dec()
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("run model: panic: %v\n%s", p, debug.Stack())
		}
	}()
	if w.scores {
		err = w.backend.Score(&b.batch, b.out)
	} else {
		err = w.backend.Embed(&b.batch, b.out)
	}
	if err != nil {
		return fmt.Errorf("run model: %w", err)
	}
	return nil
}

// grown returns s with n values, in new memory where the old does not do.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
