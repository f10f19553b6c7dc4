package chat

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	// maxBatchRows and maxBatchBytes bound one transaction.
	maxBatchRows  = 256
	maxBatchBytes = 4 << 20
	// lanes is how many held conversations a writer waits for at once.
	lanes = 2
	// batchTimeout bounds one transaction, its wait for a connection included.
	batchTimeout = 10 * time.Second
	// drainTimeout bounds what is still written after the end was asked for.
	drainTimeout = 5 * time.Second
)

// writer stores the rows of its share of conversations in batches: at once when
// it is idle, otherwise when the previous commit returns. No timer gathers rows.
//
// A conversation that another transaction holds leaves the batch: its rows wait
// in a lane of their own, which waits for the lock, so that neither starves.
type writer struct {
	store   LogStore
	log     *slog.Logger
	publish func(...*Row)
	counts  *counters
	limit   int
	fault   func(point string) error // nil in service; see [Config.Fault]

	mu      sync.Mutex        // guards what follows
	pending []*job            // bounded by limit, with the held ones; a full queue refuses (OverloadedError)
	held    map[string][]*job // conversations in the lanes
	queue   []string          // held conversations that no lane has taken yet
	count   int               // jobs in pending and held
	closed  bool

	doubts doubts // rows whose commit is unknown

	wake chan struct{} // 1: pending grew
	lane chan struct{} // 1: queue grew
}

// job is one row on its way: done receives exactly one result, or call is called with it.
type job struct {
	entry Scoped
	done  chan result  // has room for the result; nil with call
	call  func(result) // by the writer's goroutine, outside its lock; must not block
	same  []*job       // the same conversation and cid, folded into this one
	again bool         // a commit with it may have been lost: what it finds stored was perhaps not shown
}

// end gives the job its result.
func (j *job) end(r result) {
	if j.call != nil {
		j.call(r)
		return
	}
	j.done <- r
}

type result struct {
	out Outcome
	err error
}

func newWriter(store LogStore, limit int, log *slog.Logger, publish func(...*Row), counts *counters) *writer {
	return &writer{
		store: store, log: log, publish: publish, counts: counts, limit: limit,
		held: make(map[string][]*job), wake: make(chan struct{}, 1), lane: make(chan struct{}, 1),
	}
}

// append waits until the entry is stored or refused.
func (w *writer) append(ctx context.Context, e Scoped) (Outcome, error) {
	j := &job{entry: e, done: make(chan result, 1)}
	if err := w.enqueue(j); err != nil {
		return Outcome{}, err
	}
	select {
	case r := <-j.done:
		return r.out, r.err
	case <-ctx.Done(): // the row stays in its batch: its neighbours do not wait for its sender
		return Outcome{}, ctx.Err()
	}
}

func (w *writer) enqueue(j *job) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return &OverloadedError{after: 2 * time.Second}
	case w.count >= w.limit:
		w.counts.overloaded.Add(1)
		return &OverloadedError{after: time.Second}
	}
	w.count++
	w.pending = append(w.pending, j)
	signal(w.wake)
	return nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (w *writer) waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

// run writes until ctx ends, then what is left.
func (w *writer) run(ctx context.Context) {
	var wg, held sync.WaitGroup
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	end := context.AfterFunc(ctx, func() {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		signal(w.wake)
		signal(w.lane)
	})
	defer end()
	ended := make(chan struct{})
	wg.Go(func() { // bounds what is written after ctx
		select {
		case <-ctx.Done():
			select {
			case <-time.After(drainTimeout):
				stop()
			case <-ended:
			}
		case <-ended:
		}
	})
	for range lanes {
		held.Go(func() { w.runLane(work) })
	}
	for work.Err() == nil {
		batch := w.take()
		if len(batch) > 0 {
			w.commit(work, batch, false)
			continue
		}
		if w.quiet() { // a lane may still give rows back
			break
		}
		select {
		case <-w.wake:
		case <-work.Done():
		}
	}
	signal(w.lane)
	held.Wait()
	close(ended)
	wg.Wait()
	w.abandon()
}

// take removes the next batch from pending. Rows that are the same as one in the
// batch are folded into it. Rows of a held conversation go behind their elders
// there. A row that expects a last seq must be the first of
// its conversation in the batch; otherwise it and its followers wait for the next.
func (w *writer) take() []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	type key struct{ conv, cid string }
	first := make(map[key]*job, min(len(w.pending), maxBatchRows))
	inBatch := make(map[string]bool)
	later := make(map[string]bool)
	var batch []*job
	bytes := 0
	rest := w.pending[:0]
	for i, j := range w.pending {
		if len(batch) >= maxBatchRows || bytes >= maxBatchBytes {
			rest = append(rest, w.pending[i:]...)
			break
		}
		conv := j.entry.Conversation
		if rows, ok := w.held[conv]; ok {
			w.held[conv] = append(rows, j)
			continue
		}
		if later[conv] || (inBatch[conv] && j.entry.Expect.LastSeq != nil) {
			later[conv] = true
			rest = append(rest, j)
			continue
		}
		k := key{conv, j.entry.CID}
		if f := first[k]; f != nil {
			f.same = append(f.same, j)
			f.entry.NoHead = f.entry.NoHead && j.entry.NoHead
			continue
		}
		first[k], inBatch[conv] = j, true
		batch = append(batch, j)
		bytes += j.entry.sizeBytes()
	}
	clear(w.pending[len(rest):])
	w.pending = rest
	return batch
}

// commit stores jobs in one transaction, or in several when a row is refused.
func (w *writer) commit(ctx context.Context, jobs []*job, wait bool) {
	outs, err := w.try(ctx, jobs, wait)
	switch {
	case err == nil:
		w.deliver(jobs, outs, wait)
	case len(jobs) > 1 && (errors.Is(err, ErrRefused) || errors.Is(err, ErrConflict)):
		w.counts.splits.Add(1)
		w.commit(ctx, jobs[:len(jobs)/2], wait)
		rest := jobs[len(jobs)/2:]
		if !wait {
			rest = w.behindElders(rest)
		}
		if len(rest) > 0 {
			w.commit(ctx, rest, wait)
		}
	default:
		if ctx.Err() != nil { // the end, in the middle of a transaction
			err = errors.Join(ErrUnavailable, err)
		}
		if errors.Is(err, ErrRefused) {
			w.counts.refused.Add(int64(len(jobs)))
		}
		w.log.Error("rows were not stored", "rows", len(jobs), "error", err)
		w.fail(jobs, err)
	}
}

// try sends one transaction, again after a conflict and, since the cids make
// that safe, after a lost connection whose commit is unknown.
func (w *writer) try(ctx context.Context, jobs []*job, wait bool) (outs []Outcome, err error) {
	entries := make([]Scoped, len(jobs))
	for i, j := range jobs {
		entries[i] = j.entry
	}
	pauses := []time.Duration{0, 100 * time.Millisecond, 400 * time.Millisecond, time.Second}
	for attempt := 0; ; attempt++ {
		call, cancel := context.WithTimeoutCause(ctx, batchTimeout, errors.New("the database did not answer within 10 s"))
		outs, err = w.send(call, entries, wait)
		cancel()
		conflict := errors.Is(err, ErrConflict) && attempt == 0
		lost := errors.Is(err, ErrUnavailable) && attempt < len(pauses) && ctx.Err() == nil
		if !conflict && !lost {
			if err == nil {
				w.counts.batches.Add(1)
				w.counts.batchRows.Add(int64(len(jobs)))
			}
			return outs, err
		}
		w.counts.retries.Add(1)
		if lost {
			for _, j := range jobs {
				j.again = true
			}
			pause(ctx, pauses[attempt])
		}
	}
}

// send is one transaction, between its points.
func (w *writer) send(ctx context.Context, entries []Scoped, wait bool) ([]Outcome, error) {
	if err := at(w.fault, PointAppendBefore); err != nil {
		return nil, err
	}
	outs, err := w.store.AppendBatch(ctx, entries, wait)
	if lost := at(w.fault, PointAppendCommitted); lost != nil && err == nil {
		return nil, lost
	}
	return outs, err
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// deliver shows the stored rows and answers the senders. After a lost commit,
// rows that stand in the log already are shown too: it was perhaps that one that
// stored them.
func (w *writer) deliver(jobs []*job, outs []Outcome, wait bool) {
	rows := make([]*Row, 0, len(outs))
	for i := range outs {
		if outs[i].Verdict == Stored {
			w.counts.rows.Add(1)
		}
		if w.doubts.isNews(&jobs[i].entry.Entry, outs[i].Verdict, jobs[i].again) {
			rows = append(rows, &outs[i].Row)
		}
	}
	w.publish(rows...)
	_ = at(w.fault, PointAppendPublished)
	for i := range outs {
		j, out := jobs[i], outs[i]
		switch out.Verdict {
		case Held:
			w.counts.held.Add(1)
			if !wait {
				w.setAside(j)
				continue
			}
		case Stale:
			w.counts.stale.Add(1)
		case Repeated:
			w.counts.repeated.Add(1)
		}
		w.doubts.unlessKnown(&j.entry.Entry, out.Verdict, nil, j.again)
		w.answer(j, result{out: out})
	}
}

// answer ends a job and those folded into it: they found their row stored, or
// have expectations of their own and try again.
func (w *writer) answer(j *job, r result) {
	w.mu.Lock()
	w.count--
	again := r.err == nil && r.out.Verdict != Stored && r.out.Verdict != Repeated
	if again && len(j.same) > 0 {
		w.pending = append(w.pending, j.same...)
		signal(w.wake)
	} else {
		w.count -= len(j.same)
	}
	w.mu.Unlock()
	j.end(r)
	if again {
		return
	}
	if r.out.Verdict == Stored {
		w.counts.repeated.Add(int64(len(j.same)))
		r.out.Verdict = Repeated
	}
	for _, s := range j.same {
		s.end(r)
	}
}

// fail answers jobs that were not stored, as far as is known.
func (w *writer) fail(jobs []*job, err error) {
	if errors.Is(err, ErrConflict) {
		err = errors.Join(ErrUnavailable, err)
	}
	for _, j := range jobs {
		w.doubts.unlessKnown(&j.entry.Entry, 0, err, j.again)
		w.answer(j, result{err: err})
	}
}

// abandon refuses what could not be written before the end.
func (w *writer) abandon() {
	w.mu.Lock()
	left := w.pending
	w.pending = nil
	for _, rows := range w.held {
		left = append(left, rows...)
	}
	clear(w.held)
	w.mu.Unlock()
	if len(left) > 0 {
		w.log.Warn("rows left unwritten at shutdown", "rows", len(left))
		w.fail(left, ErrUnavailable)
	}
}
