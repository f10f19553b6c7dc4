package web

import "sync"

// maxHints bounds the signals of class B that wait; more are dropped.
const maxHints = 64

// outbox is what waits to be written to one socket. Class A (rows, answers) is
// never dropped: when more than budget bytes wait, the socket is closed as slow,
// and its client resumes by seq. Class B (typing, watermarks) is merged by who and where,
// and dropped while much waits.
type outbox struct {
	budget int

	mu      sync.Mutex // guards what follows
	queue   [][]byte
	hints   map[string][]byte
	bytes   int // of queue and of what is being written
	writing bool
	closed  bool
	idle    chan struct{} // closed when nothing waits; nil unless somebody asked
}

// push queues b. start: the caller must start the writer. With more, which says
// that another push follows at once, b waits for that one. ok is false when the
// budget is exceeded: the socket is to be closed.
func (o *outbox) push(b []byte, more bool) (start, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, true
	}
	if o.bytes+len(b) > o.budget {
		o.closed, o.queue, o.hints = true, nil, nil
		return false, false
	}
	o.queue = append(o.queue, b)
	o.bytes += len(b)
	if more {
		return false, true
	}
	return o.startLocked(), true
}

// hint queues a class-B signal under key, replacing an older one. dropped: it,
// or the one before, will not be sent.
func (o *outbox) hint(key string, b []byte) (start, dropped bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, replaces := o.hints[key]
	if o.closed || o.bytes > o.budget/4 || (!replaces && len(o.hints) >= maxHints) {
		return false, true
	}
	if o.hints == nil {
		o.hints = make(map[string][]byte, 1)
	}
	o.hints[key] = b
	return o.startLocked(), replaces
}

func (o *outbox) startLocked() bool {
	start := !o.writing
	o.writing = true
	return start
}

// next returns what to write now, or nil when the writer is to end. written is
// the size of what next returned before.
func (o *outbox) next(written int) (batch [][]byte, size int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes -= written
	batch, o.queue = o.queue, nil
	if len(batch) == 0 {
		for _, b := range o.hints {
			batch = append(batch, b)
			o.bytes += len(b)
		}
		o.hints = nil
	}
	if len(batch) == 0 {
		o.writing = false
		o.signalLocked()
		return nil, 0
	}
	for _, b := range batch {
		size += len(b)
	}
	return batch, size
}

// fail ends the outbox after a write that did not succeed.
func (o *outbox) fail() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.writing, o.queue, o.hints = true, false, nil, nil
	o.signalLocked()
}

// finish takes nothing more, and returns a channel that is closed when what
// waits has been written. start: the caller must start the writer.
func (o *outbox) finish() (flushed <-chan struct{}, start bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.hints = true, nil
	if o.idle == nil {
		o.idle = make(chan struct{})
		switch {
		case o.writing:
		case len(o.queue) > 0: // what waited for another push
			start = o.startLocked()
		default:
			close(o.idle)
		}
	}
	return o.idle, start
}

func (o *outbox) signalLocked() {
	if o.idle == nil {
		return
	}
	select {
	case <-o.idle:
	default:
		close(o.idle)
	}
}

// backlog returns the bytes that wait.
func (o *outbox) backlog() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}
