package inference

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// patience is how many interactive batches may pass while bulk work waits: bulk is served late, never starved.
const patience = 16

// worthSharing is how many tokens a batch takes at least, though another slot be free. Below, what a run costs by itself
// outweighs (4 layers × 256: about 5 tokens' time).
const worthSharing = 64

// scheduler gathers the texts of all models into batches and runs them on a fixed number of slots.
//
// It owns no standing goroutine: a slot is a goroutine that starts when work arrives and a slot is free, and ends when
// nothing waits. So a request that finds a free slot is dispatched at once, alone, and batches form only from what
// arrives while all slots are busy; there is no timer. No slot is free while something waits: one that leaves work
// behind wakes the next, and a request of many texts is shared out among the slots that are free. A slot keeps its own
// buffers: a caller who leaves during a run takes nothing away from it.
//
// Among models the one goes first that has been served least: each carries the seconds of slot time that it has used,
// and one that comes back from idleness starts at the present mark, so that it cannot save up (start-time fair
// queueing, Goyal, Vin, Cheng 1996).
type scheduler struct {
	now func() time.Time
	// pick fills a batch from a queue that has work. Benches compare it with other rules.
	pick  func(q *queue, batch []*job, l *limits) []*job
	total int // slots

	slots sync.WaitGroup // running slots

	mu      sync.Mutex
	workers []*worker  // guarded by mu
	idle    []*slot    // guarded by mu
	woken   int        // slots on their way to work; guarded by mu
	waiting [lanes]int // texts of all workers; guarded by mu
	passed  int        // interactive batches since bulk work last ran or had nothing waiting; guarded by mu
	mark    float64    // what the last worker that was picked had used; guarded by mu
	closed  bool       // guarded by mu
}

// worker is a model as the scheduler sees it. Its fields below limits are guarded by scheduler.mu.
type worker struct {
	backend Backend
	info    BackendInfo
	scores  bool // the task wants scores, not vectors
	limits  limits
	metrics *modelMetrics

	queues  [lanes]queue
	running int     // runs in flight
	used    float64 // seconds of slot time, estimates of runs in flight included
	pace    float64 // tokens a second and slot, padding included, smoothed; 0 = unknown
}

func newScheduler(slots int, now func() time.Time) *scheduler {
	s := &scheduler{now: now, pick: nearest, total: slots}
	for range slots {
		s.idle = append(s.idle, &slot{})
	}
	return s
}

// newWorker makes a worker; it takes part from its first request on.
func (s *scheduler) newWorker(b Backend, scores bool, l limits, m *modelMetrics) *worker {
	w := &worker{backend: b, info: b.Info(), scores: scores, limits: l, metrics: m}
	w.limits.width, w.limits.ragged = w.info.Width, !w.info.Padded
	for i := range w.queues {
		w.queues[i] = newQueue(l.maxLen)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workers = append(s.workers, w)
	return w
}

// forget takes a worker without requests out.
func (s *scheduler) forget(w *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workers = slices.DeleteFunc(s.workers, func(o *worker) bool { return o == w })
}

// sequence is what do takes: the ids of a text or pair, and types for models that want them.
type sequence struct{ ids, types []int32 }

// do runs all texts of a request and returns when every row of out, width values a text, is written, or with an error.
// It is refused as a whole or taken as a whole. When ctx ends first, its batch mates are not disturbed.
func (s *scheduler) do(ctx context.Context, w *worker, ln lane, texts []sequence, out []float32) (queued, ran time.Duration, err error) {
	req := &request{worker: w, lane: ln, jobs: make([]job, len(texts)), pending: len(texts), done: make(chan struct{})}
	total, width := 0, w.limits.width
	for i, t := range texts {
		if n := len(t.ids); n == 0 || n > w.limits.maxLen || len(t.types) > n { // a bug, but no batch mate shall pay for it
			return 0, 0, fmt.Errorf("text %d has %d tokens and %d types; 1 to %d can run", i, n, len(t.types), w.limits.maxLen)
		}
		req.jobs[i] = job{req: req, ids: t.ids, types: t.types, out: out[i*width : (i+1)*width]}
		total += len(t.ids)
	}
	if err := s.admit(req, total); err != nil {
		return 0, 0, err
	}
	select {
	case <-req.done:
		return req.queued, req.ran, req.err
	case <-ctx.Done():
		s.leave(req)
		return 0, 0, fmt.Errorf("wait for inference: %w", context.Cause(ctx))
	}
}

// admit queues all jobs or none, and wakes free slots.
func (s *scheduler) admit(req *request, total int) error {
	w, ln := req.worker, req.lane
	room := w.limits.queueTokens[ln]
	if total > room {
		return fmt.Errorf("%w: %d tokens, %d fit; send fewer texts at once", ErrTooLarge, total, room)
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	q := &w.queues[ln]
	if q.tokens+total > room {
		w.metrics.refused(ln)
		return &OverloadError{after: s.retryAfter(w, q.tokens)}
	}
	if w.running == 0 && w.queues[interactive].texts+w.queues[bulk].texts == 0 {
		w.used = max(w.used, s.mark)
	}
	for i := range req.jobs {
		j := &req.jobs[i]
		j.queued = now
		q.push(j)
	}
	s.waiting[ln] += len(req.jobs)
	w.metrics.queued(ln, q.tokens)
	s.wake()
	return nil
}

// wake starts a free slot. It takes what has gathered until it gets there. The caller holds mu.
func (s *scheduler) wake() {
	if len(s.idle) == 0 {
		return
	}
	slot := s.idle[len(s.idle)-1]
	s.idle = s.idle[:len(s.idle)-1]
	slot.coming = true
	s.woken++
	s.slots.Add(1)
	go s.work(slot)
}

// share is what one batch may be while other slots are free: an even part of what waits. Small batches cost little more
// than large ones, but one large one beside a free slot takes twice as long as two. The caller holds mu.
func (s *scheduler) share(q *queue, l limits) limits {
	if free := len(s.idle) + s.woken; free > 0 {
		part := (q.tokens + free) / (free + 1)
		l.batchTokens = min(l.batchTokens, max(part, worthSharing))
	}
	return l
}

// retryAfter estimates how long the queued tokens will take. The caller holds mu.
func (s *scheduler) retryAfter(w *worker, tokens int) time.Duration {
	d := time.Second
	if w.pace > 0 {
		d = time.Duration(float64(tokens) / (w.pace * float64(s.total)) * float64(time.Second))
	}
	return min(max(d, 50*time.Millisecond), 30*time.Second)
}

// leave drops the queued jobs of a request whose caller has gone. Jobs in a run go on; nobody reads them.
func (s *scheduler) leave(req *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abandon(req)
}

// abandon makes a request final: what it still has in the queue is dropped. The caller holds mu.
func (s *scheduler) abandon(req *request) {
	if req.gone {
		return
	}
	req.gone = true
	q := &req.worker.queues[req.lane]
	for i := range req.jobs {
		if j := &req.jobs[i]; !j.taken {
			q.drop(j)
			s.waiting[req.lane]--
		}
	}
	req.worker.metrics.queued(req.lane, q.tokens)
}

// next fills b with the next batch. If there is none, the slot becomes idle.
func (s *scheduler) next(b *slot) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.coming {
		b.coming = false
		s.woken--
	}
	b.jobs = b.jobs[:0]
	ln := interactive
	switch {
	case s.waiting[bulk] == 0:
		s.passed = 0
	case s.waiting[interactive] == 0 || s.passed >= patience:
		ln, s.passed = bulk, 0
	default:
		s.passed++
	}
	if s.waiting[ln] == 0 {
		s.idle = append(s.idle, b)
		return false
	}
	w := s.least(ln)
	q := &w.queues[ln]
	before := q.texts
	b.worker = w
	l := s.share(q, w.limits)
	b.jobs = s.pick(q, b.jobs, &l)
	s.waiting[ln] -= before - q.texts
	w.metrics.queued(ln, q.tokens)
	if q.texts == 0 {
		q.reset()
	}
	s.mark = w.used
	w.running++
	b.measure()
	if b.estimate = 0; w.pace > 0 {
		b.estimate = float64(b.size) / w.pace
	}
	w.used += b.estimate
	if s.woken == 0 && s.waiting[interactive]+s.waiting[bulk] > 0 {
		s.wake()
	}
	return true
}

// least returns the worker with work in the lane that has been served least. The caller holds mu; there is one.
func (s *scheduler) least(ln lane) *worker {
	var found *worker
	for _, w := range s.workers {
		if w.queues[ln].texts > 0 && (found == nil || w.used < found.used) {
			found = w
		}
	}
	return found
}

// finish copies rows to their requests and wakes the callers that are complete.
func (s *scheduler) finish(b *slot, err error, began time.Time, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := b.worker
	w.running--
	w.used += took.Seconds() - b.estimate
	if sec := took.Seconds(); sec > 0 {
		rate := float64(b.size) / sec
		if w.pace == 0 {
			w.pace = rate
		}
		w.pace += 0.1 * (rate - w.pace)
	}
	for i, j := range b.jobs {
		row, rowErr := b.out[i*w.limits.width:(i+1)*w.limits.width], err
		if rowErr == nil && !finite(row) {
			rowErr = ErrNotFinite
		}
		b.jobs[i] = nil
		req := j.req
		if req.gone {
			continue
		}
		if rowErr != nil {
			req.err = rowErr
			s.abandon(req)
			close(req.done)
			continue
		}
		copy(j.out, row)
		if req.pending--; req.pending == 0 {
			req.gone = true
			req.queued, req.ran = began.Sub(j.queued), took
			close(req.done)
		}
	}
}

// close refuses what comes, fails what waits, and returns when the runs in flight have ended.
func (s *scheduler) close() {
	s.mu.Lock()
	s.closed = true
	for _, w := range s.workers {
		for ln := range w.queues {
			q := &w.queues[ln]
			for _, j := range q.arrival {
				if j == nil || j.taken {
					continue
				}
				j.taken = true
				if req := j.req; !req.gone {
					req.gone, req.err = true, ErrClosed
					close(req.done)
				}
			}
			q.tokens, q.texts = 0, 0
			q.reset()
			w.metrics.queued(lane(ln), 0)
		}
	}
	s.waiting = [lanes]int{}
	s.mu.Unlock()
	s.slots.Wait()
}
