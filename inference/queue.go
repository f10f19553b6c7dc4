package inference

import (
	"slices"
	"time"
)

// lane orders requests: a visitor waits for the interactive lane, nobody waits for the bulk lane.
type lane int

const (
	interactive lane = iota
	bulk
	lanes
)

// String names the lane in metrics.
func (ln lane) String() string {
	if ln == bulk {
		return "bulk"
	}
	return "interactive"
}

// request is what one caller waits for: all its jobs, or the first error.
type request struct {
	worker  *worker
	lane    lane
	jobs    []job
	pending int           // jobs without a result; guarded by scheduler.mu
	gone    bool          // the caller left or the request failed; guarded by scheduler.mu
	err     error         // written before done is closed
	queued  time.Duration // until the last of its runs began; written before done is closed
	ran     time.Duration // of the last of its runs; written before done is closed
	done    chan struct{} // closed when pending reaches 0 or err is set
}

// job is one text of a request.
type job struct {
	req    *request
	ids    []int32
	types  []int32   // nil = all 0
	out    []float32 // the row's place in the caller's result; only a slot writes it
	queued time.Time
	taken  bool // in a batch, or dropped; guarded by scheduler.mu
}

// queue holds one lane's waiting jobs of one model, by arrival and by length. Jobs that were taken are skipped when met,
// so that taking from one order costs nothing in the other. What it holds is bounded by limits.queueTokens: beyond, a
// request is refused.
type queue struct {
	arrival []*job
	byLen   [][]*job
	dead    []int // jobs in byLen that were dropped, by length
	tokens  int   // of jobs not taken
	texts   int   // of jobs not taken
}

// limits bound what a model's queues hold and what one batch may be.
type limits struct {
	width       int  // values of one text's row
	maxLen      int  // tokens of one text
	batchTokens int  // tokens of a batch, padding included, unless one text alone has more
	batchTexts  int  // texts of a batch
	ragged      bool // batches are not padded
	queueTokens [lanes]int
}

func newQueue(maxLen int) queue {
	return queue{byLen: make([][]*job, maxLen+1), dead: make([]int, maxLen+1)}
}

func (q *queue) push(j *job) {
	q.arrival = append(q.arrival, j)
	q.byLen[len(j.ids)] = append(q.byLen[len(j.ids)], j)
	q.tokens += len(j.ids)
	q.texts++
}

// drop takes a waiting job out of the queue.
func (q *queue) drop(j *job) {
	j.taken = true
	q.tokens -= len(j.ids)
	q.texts--
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

// oldest returns the job that has waited longest; there must be one.
func (q *queue) oldest() *job {
	for q.arrival[0].taken {
		q.arrival[0] = nil
		q.arrival = q.arrival[1:]
	}
	return q.arrival[0]
}

// take marks a job as part of a batch.
func (q *queue) take(j *job) {
	j.taken = true
	q.tokens -= len(j.ids)
	q.texts--
}

// nearest takes the oldest job and the jobs nearest to it in length, as many as the budget allows.
func nearest(q *queue, batch []*job, l *limits) []*job {
	mid := len(q.oldest().ids)
	longest, tokens := mid, 0
	take := func(n int) bool { // jobs of length n, oldest first; false when the batch is full
		for list := q.byLen[n]; len(list) > 0; list = list[1:] {
			j := list[0]
			if j.taken {
				q.dead[n]--
			} else {
				size := max(longest, n) * (len(batch) + 1)
				if l.ragged {
					size = tokens + n
				}
				if len(batch) > 0 && (len(batch) == l.batchTexts || size > l.batchTokens) {
					q.byLen[n] = list
					return false
				}
				longest = max(longest, n)
				tokens += n
				q.take(j)
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
