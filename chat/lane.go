package chat

import "context"

// setAside moves a job whose conversation is held elsewhere to the lanes.
func (w *writer) setAside(j *job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	conv := j.entry.Conversation
	if _, ok := w.held[conv]; !ok {
		w.queue = append(w.queue, conv)
		signal(w.lane)
	}
	w.held[conv] = append(w.held[conv], j)
}

// behindElders sets those jobs aside whose conversation was set aside while their
// batch was committed in parts, and returns the others.
func (w *writer) behindElders(jobs []*job) []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	var free []*job
	for _, j := range jobs {
		conv := j.entry.Conversation
		if rows, ok := w.held[conv]; ok {
			w.held[conv] = append(rows, j)
			continue
		}
		free = append(free, j)
	}
	return free
}

// runLane stores the rows of held conversations, one conversation at a time,
// waiting for its lock for at most a few seconds. It ends when the writer is
// closed and nothing is left, or with work.
func (w *writer) runLane(work context.Context) {
	for {
		conv, batch, more := w.takeHeld()
		if more {
			signal(w.lane) // wakes the other lane
		}
		if len(batch) > 0 {
			w.commit(work, batch, true)
			w.putBack(conv)
			continue
		}
		if w.quiet() {
			signal(w.lane)
			signal(w.wake)
			return
		}
		select {
		case <-w.lane:
		case <-work.Done():
			return
		}
	}
}

// takeHeld removes the first rows of the next held conversation that may go in
// one transaction; the conversation stays registered until putBack.
func (w *writer) takeHeld() (conv string, batch []*job, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return "", nil, false
	}
	conv, w.queue = w.queue[0], w.queue[1:]
	rows := w.held[conv]
	seen := make(map[string]bool)
	n := 0
	for ; n < min(len(rows), maxBatchRows); n++ {
		e := &rows[n].entry
		if seen[e.CID] || (n > 0 && e.Expect.LastSeq != nil) {
			break
		}
		seen[e.CID] = true
	}
	w.held[conv] = rows[n:]
	return conv, rows[:n:n], len(w.queue) > 0
}

// putBack queues what has come since for the conversation, or lets it go back
// to the ordinary batches.
func (w *writer) putBack(conv string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.held[conv]) == 0 {
		delete(w.held, conv)
	} else {
		w.queue = append(w.queue, conv)
	}
	signal(w.lane)
}

// quiet reports whether the writer is closed and no row is left anywhere.
func (w *writer) quiet() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed && w.count == 0
}
