package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// maxGroup bounds the state changes of one transaction.
const maxGroup = 32

// changing are the state changes that wait for a turn. Whoever has a turn takes
// what waits, of different conversations, into one transaction: alone when it is
// alone, so that nothing is delayed to gather company. Once its own is done it
// passes the turn on to one that still waits; nobody else wakes.
type changing struct {
	mu      sync.Mutex   // guards what follows
	waiting []*changeJob // bounded by the callers, each of whom waits for its one
	turns   int          // taken now
}

// changeJob is one state change on its way.
type changeJob struct {
	entry Scoped
	done  chan Changed  // has room for the result
	turn  chan struct{} // 1: a turn was passed on to it
	again bool          // a commit with it may have been lost
}

// Changed is what became of one entry of [LogStore].Changes: Err stands beside an
// Outcome with the Head where [LogStore].Change returns both.
type Changed struct {
	Outcome
	Err error
}

// add queues a job. It reports whether there is a turn for it, of at most limit.
func (c *changing) add(j *changeJob, limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(c.waiting, j)
	if c.turns >= limit {
		return false
	}
	c.turns++
	return true
}

// pass gives a turn to the job that waits longest, or back.
func (c *changing) pass() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, j := range c.waiting {
		select {
		case j.turn <- struct{}{}:
			return
		default: // it has one already
		}
	}
	c.turns--
}

// withdraw takes a job back that no turn has taken.
func (c *changing) withdraw(j *changeJob) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := len(c.waiting)
	c.waiting = slices.DeleteFunc(c.waiting, func(w *changeJob) bool { return w == j })
	return len(c.waiting) < before
}

// take removes what goes into the next transaction: one change a conversation.
// With nothing to do the turn ends.
func (c *changing) take() []*changeJob {
	c.mu.Lock()
	defer c.mu.Unlock()
	var group []*changeJob
	inGroup := make(map[string]bool)
	rest := c.waiting[:0]
	for _, j := range c.waiting {
		if len(group) >= maxGroup || inGroup[j.entry.Conversation] {
			rest = append(rest, j)
			continue
		}
		inGroup[j.entry.Conversation] = true
		group = append(group, j)
	}
	clear(c.waiting[len(rest):])
	c.waiting = rest
	if len(group) == 0 {
		c.turns--
	}
	return group
}

// change commits a state change. Once it has begun it is not given up with its
// caller, who may be a socket that just closed: what is committed must be shown.
func (s *Service) change(ctx context.Context, e Scoped) (Row, Conversation, error) {
	j := &changeJob{entry: e, done: make(chan Changed, 1), turn: make(chan struct{}, 1)}
	defer func() {
		select {
		case <-j.turn: // passed on to one that needs it no more
			s.turns.pass()
		default:
		}
	}()
	if s.turns.add(j, cap(s.changes)) {
		s.haveTurn(ctx, j)
	}
	limit := time.NewTimer(changeTimeout)
	defer limit.Stop()
	var gone error
	for gone == nil {
		select {
		case r := <-j.done:
			return s.settleChange(&j.entry.Entry, r)
		case <-j.turn:
			s.haveTurn(ctx, j)
		case <-ctx.Done():
			gone = ctx.Err()
		case <-limit.C:
			gone = &OverloadedError{after: time.Second}
		}
	}
	if s.turns.withdraw(j) {
		return Row{}, Conversation{}, gone
	}
	return s.settleChange(&j.entry.Entry, <-j.done) // it has begun, and takes changeTimeout at most
}

// haveTurn commits what waits until j is done.
func (s *Service) haveTurn(ctx context.Context, j *changeJob) {
	for len(j.done) == 0 {
		group := s.turns.take()
		if len(group) == 0 {
			return // another turn has j
		}
		s.changeGroup(ctx, group)
	}
	s.turns.pass()
}

func (s *Service) settleChange(e *Entry, r Changed) (Row, Conversation, error) {
	if r.Err != nil {
		return Row{}, r.Head, fmt.Errorf("%s: %w", e.Change.Act, r.Err)
	}
	return s.settle(e, r.Outcome)
}

// changeGroup commits jobs, in one transaction as far as possible, shows what is
// stored, and answers.
func (s *Service) changeGroup(ctx context.Context, group []*changeJob) {
	ended := false
	defer func() {
		if !ended { // a panic (a sink's) goes on in the one whose turn it is; the others do not wait for it
			s.strand(group)
		}
	}()
	work, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), changeTimeout, errors.New("state change took longer than 5 s"))
	defer cancel()
	left := group
	if len(group) > 1 {
		left = s.changeTogether(work, group)
	}
	for _, j := range left {
		s.endChange(j, s.changeAlone(work, j))
	}
	ended = true
}

// strand answers what a turn that ended by a panic has left, and passes the turn
// on. What is stored of it the senders learn when they repeat it.
func (s *Service) strand(group []*changeJob) {
	for _, j := range group {
		select {
		case j.done <- Changed{Err: ErrUnavailable}:
		default: // it has its answer
		}
	}
	s.turns.pass()
}

// changeTogether commits a group. It returns those that are to be tried alone:
// their conversation was held, or the transaction failed, of whomever's fault.
func (s *Service) changeTogether(ctx context.Context, group []*changeJob) (left []*changeJob) {
	entries := make([]Scoped, len(group))
	for i, j := range group {
		entries[i] = j.entry
	}
	results, err := s.sendChanges(ctx, entries)
	if err != nil {
		for _, j := range group {
			j.again = j.again || errors.Is(err, ErrUnavailable)
		}
		s.counts.retries.Add(1)
		return group
	}
	s.counts.changeGroups.Add(1)
	var rows []*Row
	for i := range results {
		if s.isNews(group[i], &results[i]) {
			rows = append(rows, &results[i].Row)
		}
	}
	s.publish(rows...)
	_ = at(s.fault, PointChangePublished)
	for i, j := range group {
		switch r := results[i]; {
		case r.Err == nil && r.Verdict == Held:
			left = append(left, j)
		default:
			s.countChange(r)
			j.done <- r
		}
	}
	return left
}

// changeAlone commits one change, and waits for its conversation if another transaction holds it.
func (s *Service) changeAlone(ctx context.Context, j *changeJob) (r Changed) {
	for range 3 { // a lost connection or a conflict is safe to repeat, through the cid
		r = Changed{}
		results, err := s.sendChanges(ctx, []Scoped{j.entry})
		if err != nil {
			r.Err = err
		} else {
			r = results[0]
		}
		if ctx.Err() != nil || !errors.Is(r.Err, ErrUnavailable) && !errors.Is(r.Err, ErrConflict) {
			break
		}
		s.counts.retries.Add(1)
		j.again = true
	}
	s.doubtsOf(&j.entry.Entry).unlessKnown(&j.entry.Entry, r.Verdict, r.Err, j.again)
	return r
}

// sendChanges is one transaction, between its points.
func (s *Service) sendChanges(ctx context.Context, entries []Scoped) ([]Changed, error) {
	if err := at(s.fault, PointChangeBefore); err != nil {
		return nil, err
	}
	results, err := s.store.Changes(ctx, entries, s.clock())
	if lost := at(s.fault, PointChangeCommitted); lost != nil && err == nil {
		return nil, lost
	}
	if err == nil && len(results) != len(entries) {
		return nil, fmt.Errorf("change: %d results for %d entries", len(results), len(entries))
	}
	return results, err
}

// endChange shows what one change stored, and answers.
func (s *Service) endChange(j *changeJob, r Changed) {
	if s.isNews(j, &r) {
		s.publish(&r.Row)
	}
	_ = at(s.fault, PointChangePublished)
	s.countChange(r)
	j.done <- r
}

func (s *Service) countChange(r Changed) {
	if r.Err == nil && r.Verdict == Stored {
		s.counts.rows.Add(1)
		s.counts.changes.Add(1)
	}
}

// isNews reports whether the row of a result is to be shown.
func (s *Service) isNews(j *changeJob, r *Changed) bool {
	return r.Err == nil && s.doubtsOf(&j.entry.Entry).isNews(&j.entry.Entry, r.Verdict, j.again)
}
