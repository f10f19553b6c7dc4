package inference

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// lane orders requests: a visitor waits for the interactive lane, nobody waits for the bulk lane.
type lane int

const (
	interactive lane = iota
	bulk
	lanes
)

// patience is how many interactive batches may pass while bulk work waits: bulk is served late, never starved.
const patience = 16

// runner computes one padded batch. *onnx.Session is the real one.
type runner interface {
	Run(ids, mask []int64, batch, seq int, out []float32) error
	Close() error
}

// request is what one caller waits for: all its jobs, or the first error.
type request struct {
	lane    lane
	jobs    []job
	pending int           // jobs without a result; guarded by batcher.mu
	gone    bool          // the caller left or the request failed; guarded by batcher.mu
	err     error         // written before done is closed
	done    chan struct{} // closed when pending reaches 0 or err is set
}

// job is one text of a request.
type job struct {
	req    *request
	ids    []int32
	out    []float32 // the row's place in the caller's result; only a slot writes it
	queued time.Time
	taken  bool // in a batch, or dropped; guarded by batcher.mu
}

// queue holds one lane's waiting jobs, by arrival and by length. Jobs that were taken are skipped when met, so that
// taking from one order costs nothing in the other.
type queue struct {
	arrival []*job
	byLen   [][]*job
	dead    []int // jobs in byLen that were dropped, by length
	tokens  int   // of jobs not taken
	texts   int   // of jobs not taken
}

// batcher gathers jobs into padded batches and runs them on a fixed number of slots.
//
// It owns no standing goroutine: a slot is a goroutine that starts when work arrives and a slot is free, and ends when
// the queues are empty. So a request that finds a free slot is dispatched at once, alone, and batches form only from
// what arrives while all slots are busy; there is no timer. A slot keeps its own buffers: a caller who leaves during a
// run takes nothing away from it.
type batcher struct {
	run     runner
	limits  limits
	metrics *metrics
	now     func() time.Time

	slots sync.WaitGroup // running slots

	mu     sync.Mutex
	queues [lanes]queue // guarded by mu
	idle   []*slot      // guarded by mu
	passed int          // interactive batches since bulk work last ran or had nothing waiting; guarded by mu
	closed bool         // guarded by mu
	pace   float64      // tokens a second and slot, smoothed; 0 = unknown; guarded by mu
}

// limits bound what a batcher holds and what one batch may be.
type limits struct {
	dims        int
	maxLen      int // tokens of one text
	batchTokens int // padded tokens of a batch, unless one text alone has more
	batchTexts  int
	queueTokens [lanes]int
	slots       int
}

// slot is the buffers of one run at a time.
type slot struct {
	ids, mask []int64
	out       []float32
	jobs      []*job
}

func newBatcher(r runner, l limits, m *metrics, now func() time.Time) *batcher {
	b := &batcher{run: r, limits: l, metrics: m, now: now}
	for i := range b.queues {
		b.queues[i].byLen = make([][]*job, l.maxLen+1)
		b.queues[i].dead = make([]int, l.maxLen+1)
	}
	size := max(l.batchTokens, l.maxLen)
	for range l.slots {
		b.idle = append(b.idle, &slot{
			ids: make([]int64, size), mask: make([]int64, size), out: make([]float32, l.batchTexts*l.dims),
		})
	}
	return b
}

// do runs all texts of a request and returns when every row of out is written, or with an error. It is refused as a
// whole or taken as a whole. When ctx ends first, its batch mates are not disturbed.
func (b *batcher) do(ctx context.Context, ln lane, texts [][]int32, out []float32) error {
	req := &request{lane: ln, jobs: make([]job, len(texts)), pending: len(texts), done: make(chan struct{})}
	total := 0
	for i, ids := range texts {
		req.jobs[i] = job{req: req, ids: ids, out: out[i*b.limits.dims : (i+1)*b.limits.dims]}
		total += len(ids)
	}
	if err := b.admit(req, total); err != nil {
		return err
	}
	select {
	case <-req.done:
		return req.err
	case <-ctx.Done():
		b.leave(req)
		return fmt.Errorf("wait for inference: %w", context.Cause(ctx))
	}
}

// admit queues all jobs or none, and wakes free slots.
func (b *batcher) admit(req *request, total int) error {
	ln := req.lane
	room := b.limits.queueTokens[ln]
	if total > room {
		return fmt.Errorf("%w: %d tokens, %d fit; send fewer texts at once", ErrTooLarge, total, room)
	}
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return ErrClosed
	}
	q := &b.queues[ln]
	if q.tokens+total > room {
		b.metrics.refused(ln)
		return &OverloadError{after: b.retryAfter(q.tokens)}
	}
	for i := range req.jobs {
		j := &req.jobs[i]
		j.queued = now
		q.arrival = append(q.arrival, j)
		q.byLen[len(j.ids)] = append(q.byLen[len(j.ids)], j)
	}
	q.tokens += total
	q.texts += len(req.jobs)
	b.metrics.queued(ln, q.tokens)
	// One slot a batch that is waiting; a woken slot takes what has gathered until it gets there.
	for want := 1 + (total-1)/b.limits.batchTokens; want > 0 && len(b.idle) > 0; want-- {
		s := b.idle[len(b.idle)-1]
		b.idle = b.idle[:len(b.idle)-1]
		b.slots.Add(1)
		go b.work(s)
	}
	return nil
}

// retryAfter estimates how long the queued tokens will take. The caller holds mu.
func (b *batcher) retryAfter(tokens int) time.Duration {
	d := time.Second
	if b.pace > 0 {
		d = time.Duration(float64(tokens) / (b.pace * float64(b.limits.slots)) * float64(time.Second))
	}
	return min(max(d, 50*time.Millisecond), 30*time.Second)
}

// leave drops the queued jobs of a request whose caller has gone. Jobs in a run go on; nobody reads them.
func (b *batcher) leave(req *request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.abandon(req)
}

// abandon makes a request final: what it still has in the queue is dropped. The caller holds mu.
func (b *batcher) abandon(req *request) {
	if req.gone {
		return
	}
	req.gone = true
	for i := range req.jobs {
		b.drop(&req.jobs[i])
	}
}

// drop takes a waiting job out of its queue. The caller holds mu.
func (b *batcher) drop(j *job) {
	if j.taken {
		return
	}
	j.taken = true
	q := &b.queues[j.req.lane]
	q.tokens -= len(j.ids)
	q.texts--
	b.metrics.queued(j.req.lane, q.tokens)
	if q.texts == 0 {
		q.reset()
		return
	}
	n := len(j.ids)
	if q.dead[n]++; 2*q.dead[n] > len(q.byLen[n]) { // or leavers of a rare length would pile up
		q.byLen[n] = slices.DeleteFunc(q.byLen[n], func(j *job) bool { return j.taken })
		q.dead[n] = 0
	}
}

// reset forgets jobs that were taken, when none is left that was not.
func (q *queue) reset() {
	clear(q.arrival)
	q.arrival = q.arrival[:0]
	for i, list := range q.byLen {
		if len(list) > 0 {
			clear(list)
			q.byLen[i] = list[:0]
		}
	}
	clear(q.dead)
}

// work is a slot's life: batches until nothing waits.
func (b *batcher) work(s *slot) {
	defer b.slots.Done()
	for b.next(s) {
		b.serve(s)
	}
}

// next fills s with the next batch. If there is none, the slot becomes idle.
func (b *batcher) next(s *slot) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.jobs = s.jobs[:0]
	ln := interactive
	switch {
	case b.queues[bulk].texts == 0:
		b.passed = 0
	case b.queues[interactive].texts == 0 || b.passed >= patience:
		ln, b.passed = bulk, 0
	default:
		b.passed++
	}
	q := &b.queues[ln]
	if q.texts == 0 {
		b.idle = append(b.idle, s)
		return false
	}
	s.jobs = q.pick(s.jobs, b.limits)
	b.metrics.queued(ln, q.tokens)
	if q.texts == 0 {
		q.reset()
	}
	return true
}

// pick takes the oldest job and the jobs nearest to it in length, as many as the padded budget allows.
func (q *queue) pick(batch []*job, l limits) []*job {
	for q.arrival[0].taken {
		q.arrival[0] = nil
		q.arrival = q.arrival[1:]
	}
	mid := len(q.arrival[0].ids)
	longest := mid
	take := func(n int) bool { // jobs of length n, oldest first; false when the batch is full
		for list := q.byLen[n]; len(list) > 0; list = list[1:] {
			j := list[0]
			if j.taken {
				q.dead[n]--
			} else {
				wide := max(longest, n)
				if len(batch) > 0 && (len(batch) == l.batchTexts || wide*(len(batch)+1) > l.batchTokens) {
					q.byLen[n] = list
					return false
				}
				longest = wide
				j.taken = true
				q.tokens -= n
				q.texts--
				batch = append(batch, j)
			}
			list[0] = nil
			q.byLen[n] = list[1:]
		}
		return true
	}
	if !take(mid) {
		return batch
	}
	for d := 1; q.texts > 0 && (mid-d >= 0 || mid+d < len(q.byLen)); d++ {
		if mid-d >= 0 && !take(mid-d) {
			return batch
		}
		if mid+d < len(q.byLen) && !take(mid+d) {
			return batch
		}
	}
	return batch
}

// serve pads the slot's jobs, runs them and hands out the rows.
func (b *batcher) serve(s *slot) {
	seq, tokens := 0, 0
	for _, j := range s.jobs {
		seq = max(seq, len(j.ids))
		tokens += len(j.ids)
	}
	n := len(s.jobs)
	for i, j := range s.jobs {
		ids, mask := s.ids[i*seq:(i+1)*seq], s.mask[i*seq:(i+1)*seq]
		for k, id := range j.ids {
			ids[k], mask[k] = int64(id), 1
		}
		clear(ids[len(j.ids):]) // masked out, so any valid id will do; 0 always is one
		clear(mask[len(j.ids):])
	}
	start := b.now()
	for _, j := range s.jobs {
		b.metrics.waited(j.req.lane, start.Sub(j.queued))
	}
	err := b.call(s, n, seq)
	took := b.now().Sub(start)
	b.metrics.ran(n, tokens, n*seq, took)
	b.finish(s, err, tokens, took)
}

// call runs the model and turns a panic of the Go side into an error: it must not take the process down.
func (b *batcher) call(s *slot, n, seq int) (err error) {
	b.metrics.enter()
	defer b.metrics.leave()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("run model: panic: %v\n%s", p, debug.Stack())
		}
	}()
	if err := b.run.Run(s.ids, s.mask, n, seq, s.out); err != nil {
		return fmt.Errorf("run model: %w", err)
	}
	return nil
}

// finish copies rows to their requests and wakes the callers that are complete.
func (b *batcher) finish(s *slot, err error, tokens int, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if sec := took.Seconds(); sec > 0 {
		rate := float64(tokens) / sec
		if b.pace == 0 {
			b.pace = rate
		}
		b.pace += 0.1 * (rate - b.pace)
	}
	for i, j := range s.jobs {
		row, rowErr := s.out[i*b.limits.dims:(i+1)*b.limits.dims], err
		if rowErr == nil && !finite(row) {
			rowErr = ErrNotFinite
		}
		s.jobs[i] = nil
		req := j.req
		if req.gone {
			continue
		}
		if rowErr != nil {
			req.err = rowErr
			b.abandon(req)
			close(req.done)
			continue
		}
		copy(j.out, row)
		if req.pending--; req.pending == 0 {
			req.gone = true
			close(req.done)
		}
	}
}

// close refuses what comes, fails what waits, and returns when the runs in flight have ended.
func (b *batcher) close() {
	b.mu.Lock()
	b.closed = true
	for i := range b.queues {
		for _, j := range b.queues[i].arrival {
			if j == nil || j.taken {
				continue
			}
			j.taken = true
			if req := j.req; !req.gone {
				req.gone, req.err = true, ErrClosed
				close(req.done)
			}
		}
		q := &b.queues[i]
		q.tokens, q.texts = 0, 0
		q.reset()
		b.metrics.queued(lane(i), 0)
	}
	b.mu.Unlock()
	b.slots.Wait()
}

// finite reports whether no value is NaN or infinite.
func finite(v []float32) bool {
	for _, x := range v {
		if math.Float32bits(x)&0x7F800000 == 0x7F800000 {
			return false
		}
	}
	return true
}
